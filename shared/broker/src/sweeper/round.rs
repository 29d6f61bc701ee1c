//! One round of a sweep: the clock, the sight, the look.

use std::time::Duration;

use rules::moment::Moment;
use rules::names::RequestId;
use rules::place::Place;
use rules::request::Request;
use rules::status::{EndReason, Status};
use rules::step::Step;
use rules::sweep::{Look, Seen, due, look};

use super::Sweeper;
use super::report::Report;
use super::sight::Sight;
use crate::ledger::{LedgerFault, RequestFile};

/// The most requests of one round; the rest waits for the next, oldest first.
const MOST: usize = 200;
/// How long after its window a round still starts on requests: a run must end before its function
/// is killed, though being killed does no harm.
const OVERTIME: Duration = Duration::from_secs(5);
/// A request takes two steps by the clock at most: an issue is closed as orphaned, the grant ends.
const MOST_STEPS: usize = 3;

/// One round in progress.
pub(super) struct Round<'a> {
    sweeper: &'a Sweeper,
    until: Moment,
    report: &'a mut Report,
    first: bool,
}

impl<'a> Round<'a> {
    pub(super) fn new(sweeper: &'a Sweeper, until: Moment, report: &'a mut Report) -> Self {
        report.rounds = report.rounds.saturating_add(1);
        Self {
            sweeper,
            until,
            report,
            first: true,
        }
    }

    /// Does what is due now. Gives the moment at which the next thing within the window is due.
    pub(super) async fn run(mut self) -> Option<Moment> {
        let sweeper = self.sweeper;
        let now = sweeper.clock.now();
        let found = match sweeper.ledger.due(self.until.max(now), now, MOST).await {
            Ok(found) => found,
            Err(fault) => {
                sweeper.report_fault(None, fault, self.report).await;
                return None;
            }
        };
        // What did not fit is due no earlier than the last that did.
        self.report.backlog |= found.more;
        let mut next = found.rows.last().filter(|_| found.more).map(|last| last.at);
        let mut ending = Vec::new();
        for row in found.rows {
            if row.at > sweeper.clock.now() {
                // Its turn comes within the window, and it is read then.
                next = Some(next.map_or(row.at, |next| next.min(row.at)));
                continue;
            }
            match self.by_the_clock(row.id).await {
                Some(Due::Later(at)) => next = Some(next.map_or(at, |next| next.min(at))),
                Some(Due::Look(file)) => ending.push(*file),
                None => {}
            }
        }
        if let Some(at) = self.look_at_all(ending).await {
            next = Some(next.map_or(at, |next| next.min(at)));
        }
        next
    }

    /// Takes the steps that time alone calls for.
    async fn by_the_clock(&mut self, id: RequestId) -> Option<Due> {
        let sweeper = self.sweeper;
        let RequestFile {
            mut request,
            sessions,
        } = match sweeper.ledger.file(id).await {
            Ok(file) => file?,
            Err(fault) => {
                sweeper.report_fault(Some(id), fault, self.report).await;
                return None;
            }
        };
        for _ in 0..MOST_STEPS {
            let Some(step) = due(&request, sweeper.clock.now(), &sweeper.pace) else {
                break;
            };
            request = self.sweeper.take(step, self.report).await?;
        }
        let at = request.due_at(&sweeper.pace)?;
        if at > sweeper.clock.now() {
            return Some(Due::Later(at));
        }
        match request.status() {
            Status::Ending { .. } | Status::Closed { .. } => {
                Some(Due::Look(Box::new(RequestFile { request, sessions })))
            }
            Status::Pending { .. }
            | Status::Approved { .. }
            | Status::Active { .. }
            | Status::Denied { .. }
            | Status::Withdrawn { .. }
            | Status::Lapsed { .. } => None,
        }
    }

    /// Looks at every request that is ending and due. Gives when the first of them is due again.
    async fn look_at_all(&mut self, ending: Vec<RequestFile>) -> Option<Moment> {
        let sweeper = self.sweeper;
        // A look is as old as the oldest thing that was seen for it.
        let seen_at = sweeper.clock.now();
        let mut sight = Sight::default();
        let mut next: Option<Moment> = None;
        for file in ending {
            if !self.first && sweeper.clock.now() >= self.until.plus(OVERTIME) {
                return next;
            }
            self.first = false;
            let targets = &file.request.ask().targets;
            let place = sweeper.places.of(targets.account(), targets.region());
            let seen = match place {
                Some(place) => {
                    let open = sight.open(sweeper, place, self.report).await;
                    sweeper.see(&file, place, open, self.report).await
                }
                None => {
                    let what = "its account and Region are no longer served; name them again";
                    self.report.trouble(Some(file.request.id()), &what);
                    // Nothing seen still moves its next look, so that it holds nobody up.
                    Seen::default()
                }
            };
            let looked = look(&file.request, &file.sessions, &seen, seen_at, &sweeper.pace);
            let Some(request) = sweeper.carry_out(looked, self.report).await else {
                continue;
            };
            if let Some(at) = request.due_at(&sweeper.pace) {
                next = Some(next.map_or(at, |next| next.min(at)));
            }
            if let Some(place) = place {
                sweeper.deny(&request, place, self.report).await;
            }
        }
        next
    }
}

/// What is to be done with a request whose turn it is.
enum Due {
    /// Nothing before then.
    Later(Moment),
    /// It is ending, or had a session after its close, and what became of them must be seen.
    Look(Box<RequestFile>),
}

impl Sweeper {
    /// Records a step. Gives the request after it, or nothing where that did not work.
    pub(super) async fn take(&self, step: Step, report: &mut Report) -> Option<Request> {
        let id = step.request().id();
        match self.ledger.record(&step, None, self.clock.now()).await {
            Ok(()) => {
                report.count(&step);
                Some(step.request().clone())
            }
            // Whoever was faster has changed what the step was judged on.
            Err(LedgerFault::LostRace) => {
                report.lost_races = report.lost_races.saturating_add(1);
                None
            }
            Err(fault) => {
                self.report_fault(Some(id), fault, report).await;
                None
            }
        }
    }

    /// Records what a look found, and only then terminates. Gives the request after it.
    pub(super) async fn carry_out(&self, looked: Look, report: &mut Report) -> Option<Request> {
        let request = self.take(looked.step?, report).await?;
        for eviction in looked.evictions {
            match self.ssm.terminate(eviction).await {
                Ok(()) => report.terminated = report.terminated.saturating_add(1),
                // It is on record as told, and told again when the wait for it is over.
                Err(fault) => report.trouble(Some(request.id()), &fault),
            }
        }
        Some(request)
    }

    /// Denies the credentials of a grant that was ended before its time, while they are of use to
    /// anybody. Those of a grant whose time was up carry their own end.
    async fn deny(&self, request: &Request, place: &Place, report: &mut Report) {
        let Status::Ending {
            grant,
            why: EndReason::Revoked | EndReason::Released,
            ..
        } = request.status()
        else {
            return;
        };
        let now = self.clock.now();
        if grant.issues == 0 || grant.inert_at() <= now {
            return;
        }
        let until = grant.credentials_until;
        if let Err(fault) = self.iam.deny(place, request.id(), until, now).await {
            report.trouble(Some(request.id()), &fault);
        }
    }
}
