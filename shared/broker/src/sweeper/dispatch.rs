//! The clock: what is due takes the steps that time alone calls for, and goes to its place.

use futures_util::StreamExt as _;
use futures_util::stream::iter;
use rules::moment::Moment;
use rules::names::RequestId;
use rules::request::Request;
use rules::status::Status;
use rules::sweep::{Seen, due, look};

use super::GLANCE;
use super::site::{FORESIGHT, Run};

/// The most rows of the index that are looked at in one pass, most urgent first.
const MOST_ROWS: usize = 5_000;
/// How many requests take their steps at the same time.
const AT_ONCE: usize = 8;
/// A request takes three steps by the clock at most: an issue is closed as orphaned, the end is said
/// to be near, the grant ends.
const MOST_STEPS: usize = 4;

/// What is to be done with a request whose turn it is.
enum Due {
    /// Nothing before then.
    Later(Moment),
    /// It is ending, or there is something to look at after its close.
    Look(Box<Request>),
}

impl Run<'_> {
    /// Goes by the clock until the window is over, and at least once.
    pub(super) async fn dispatch(&self) {
        loop {
            let next = Box::pin(self.dispatch_once()).await;
            let now = self.now();
            self.wake_all(now >= self.until);
            if now >= self.until {
                return;
            }
            let again = now.plus(GLANCE).min(self.until);
            let mut next = next.map_or(again, |next| next.min(again));
            loop {
                tokio::select! {
                    () = self.sweeper.clock.sleep_until(next) => break,
                    () = self.hurried.notified() => next = self.soonest(next),
                }
            }
        }
    }

    /// Does what is due now. Gives the moment at which the next thing within the window is due.
    async fn dispatch_once(&self) -> Option<Moment> {
        let now = self.now();
        let sweeper = self.sweeper;
        self.tally(|tally| tally.pass());
        let found = match sweeper
            .ledger
            .due(self.until.max(now), now, MOST_ROWS)
            .await
        {
            Ok(found) => found,
            Err(fault) => {
                self.report_fault(None, fault).await;
                return None;
            }
        };
        self.tally(|tally| tally.more(found.more));
        let mut next: Option<Moment> = None;
        let mut ripe = Vec::new();
        let mut soon = false;
        for row in found.rows {
            if row.at > now {
                // Its turn comes within the window, and it is read then.
                next = Some(next.map_or(row.at, |next| next.min(row.at)));
                soon |= row.at <= now.plus(FORESIGHT);
            } else if !self.must_wait(row.id) {
                ripe.push(row.id);
            }
        }
        if soon {
            self.sites().for_each(|site| site.foresee(now));
        }
        let mut loaded = match sweeper.ledger.load_each(&ripe).await {
            Ok(loaded) => loaded,
            Err(fault) => {
                self.report_fault(None, fault).await;
                return next;
            }
        };
        let turns = ripe
            .into_iter()
            .filter_map(|id| Some((id, loaded.remove(&id)?)))
            .map(|(id, request)| async move {
                match request {
                    Ok(request) => Box::pin(self.by_the_clock(request)).await,
                    Err(fault) => {
                        self.report_fault(Some(id), fault).await;
                        None
                    }
                }
            });
        // In their order, so that the oldest are first in hand.
        let mut turns = iter(turns).buffered(AT_ONCE);
        while let Some(turn) = turns.next().await {
            match turn {
                Some(Due::Later(at)) => next = Some(next.map_or(at, |next| next.min(at))),
                Some(Due::Look(request)) => match self.site_of(&request) {
                    Some(site) => self.hand_over(site, request.id()),
                    None => Box::pin(self.move_on(&request)).await,
                },
                None => {}
            }
        }
        next
    }

    /// Takes the steps that time alone calls for.
    async fn by_the_clock(&self, mut request: Request) -> Option<Due> {
        let pace = &self.sweeper.pace;
        self.tally(|tally| tally.taken(request.id()));
        for _ in 0..MOST_STEPS {
            let Some(step) = due(&request, self.now(), pace) else {
                break;
            };
            request = self.take(step).await?;
        }
        let at = request.due_at(pace)?;
        if at > self.now() {
            return Some(Due::Later(at));
        }
        match request.status() {
            Status::Ending { .. } | Status::Closed { .. } => Some(Due::Look(Box::new(request))),
            Status::Pending { .. }
            | Status::Approved { .. }
            | Status::Active { .. }
            | Status::Denied { .. }
            | Status::Withdrawn { .. }
            | Status::Lapsed { .. } => None,
        }
    }

    /// Nothing can be seen of a request of a place that is no longer served. Its next look moves all
    /// the same, so that it holds nobody up.
    async fn move_on(&self, request: &Request) {
        let id: RequestId = request.id();
        let what = "its account and Region are no longer served; name them again";
        self.trouble(Some(id), &what);
        let pace = &self.sweeper.pace;
        let sessions = match self.sweeper.ledger.file(id).await {
            Ok(Some(file)) => file.sessions,
            Ok(None) => return,
            Err(fault) => return self.report_fault(Some(id), fault).await,
        };
        let looked = look(request, &sessions, &Seen::default(), self.now(), pace);
        if let Some(step) = looked.step {
            self.take(step).await;
        }
    }
}
