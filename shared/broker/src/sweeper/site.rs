//! A run in progress, and what is in hand at each place.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt::Display;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rules::moment::Moment;
use rules::names::{RequestId, SessionId};
use rules::place::Place;
use rules::request::Request;
use rules::session::ListedSession;
use rules::step::Step;
use tokio::sync::Notify;

use super::report::Tally;
use super::{OVERTIME, Report, Sweeper};
use crate::rounds::held;

/// The most requests that are in hand at one place at once. The others are left due, oldest first.
const MOST_IN_HAND: usize = 200;

/// How long before something is due all that is open is looked at, and how often at most.
pub(super) const FORESIGHT: Duration = Duration::from_secs(10);

/// One run in progress.
pub(super) struct Run<'a> {
    pub(super) sweeper: &'a Sweeper,
    pub(super) until: Moment,
    sites: Vec<Site<'a>>,
    /// Which place a request belongs to, for those that were loaded in this run.
    homes: Mutex<BTreeMap<RequestId, Option<usize>>>,
    in_hand: Mutex<BTreeSet<RequestId>>,
    tally: Mutex<Tally>,
    /// Set when the clock has been gone by for the last time.
    closing: AtomicBool,
    /// Set when every place has done its work.
    finished: AtomicBool,
    pub(super) finish: Notify,
    /// When something is due that the clock does not know of yet.
    sooner: Mutex<Option<Moment>>,
    pub(super) hurried: Notify,
}

/// What is to be done at one place.
pub(super) struct Site<'a> {
    pub(super) place: &'a Place,
    due: Mutex<VecDeque<RequestId>>,
    gone: Mutex<VecDeque<Gone>>,
    pub(super) woken: Notify,
    pub(super) gone_woken: Notify,
    /// Set when what was due at first has been dealt with.
    pub(super) begun: AtomicBool,
    /// Set when nothing more will be due in this run.
    pub(super) ended: AtomicBool,
    /// Requests that are ending, for which what is open could not be listed to its end.
    pub(super) unseen: Mutex<BTreeSet<RequestId>>,
    /// Sessions that were met when all that is open was looked at.
    pub(super) met: Mutex<BTreeSet<SessionId>>,
    /// When that was, and whether it is to be done again.
    pub(super) watched_at: Mutex<Option<Moment>>,
    foreseen: AtomicBool,
    /// When credentials were last denied, by request.
    pub(super) denied: Mutex<BTreeMap<RequestId, Moment>>,
}

/// A request whose sessions are gone from the listing, or whose logs are to be looked at.
pub(super) struct Gone {
    pub(super) id: RequestId,
    /// Since when its sessions may have been opened, where the history is to be looked at.
    pub(super) since: Option<Moment>,
    /// Those of them that are open.
    pub(super) open: Vec<ListedSession>,
    /// Whether the listing of those that are open was read to its end.
    pub(super) complete: bool,
    /// When that was.
    pub(super) seen_at: Moment,
}

impl<'a> Run<'a> {
    pub(super) fn new(sweeper: &'a Sweeper, until: Moment) -> Self {
        Self {
            sweeper,
            until,
            sites: sweeper.places.iter().map(Site::new).collect(),
            homes: Mutex::default(),
            in_hand: Mutex::default(),
            tally: Mutex::default(),
            closing: AtomicBool::new(false),
            finished: AtomicBool::new(false),
            finish: Notify::new(),
            sooner: Mutex::default(),
            hurried: Notify::new(),
        }
    }

    pub(super) fn now(&self) -> Moment {
        self.sweeper.clock.now()
    }

    /// Whether it is too late to begin on anything but the first.
    pub(super) fn is_over(&self) -> bool {
        self.now() >= self.until.plus(OVERTIME)
    }

    pub(super) fn sites(&self) -> impl Iterator<Item = &Site<'a>> {
        self.sites.iter()
    }

    /// The place of a request, where it is served.
    pub(super) fn site_of(&self, request: &Request) -> Option<&Site<'a>> {
        let targets = &request.ask().targets;
        let key = (targets.account(), targets.region());
        let at = self
            .sites
            .iter()
            .position(|site| (&site.place.account, &site.place.region) == key);
        held(&self.homes).insert(request.id(), at);
        self.sites.get(at?)
    }

    /// Whether a request need not be loaded: it is in hand, or its place has its hands full.
    pub(super) fn must_wait(&self, id: RequestId) -> bool {
        if held(&self.in_hand).contains(&id) {
            return true;
        }
        let home = held(&self.homes).get(&id).copied().flatten();
        let full = home
            .and_then(|at| self.sites.get(at))
            .is_some_and(|site| !site.has_room());
        if full {
            self.tally(|tally| tally.left(id));
        }
        full
    }

    /// Hands a request that is ending to its place; it is left due where that has its hands full.
    pub(super) fn hand_over(&self, site: &Site<'_>, id: RequestId) {
        if !site.has_room() {
            self.tally(|tally| tally.left(id));
        } else if held(&self.in_hand).insert(id) {
            self.tally(|tally| tally.taken(id));
            held(&site.due).push_back(id);
        }
    }

    /// A request is no longer in hand.
    pub(super) fn let_go(&self, id: RequestId) {
        held(&self.in_hand).remove(&id);
    }

    /// Has the clock gone by at this moment, if it would go by later only.
    pub(super) fn hurry(&self, at: Moment) {
        let mut sooner = held(&self.sooner);
        *sooner = Some(sooner.map_or(at, |other| other.min(at)));
        self.hurried.notify_one();
    }

    /// The sooner of this moment and those that were asked for, once for each time.
    pub(super) fn soonest(&self, at: Moment) -> Moment {
        held(&self.sooner).take().map_or(at, |other| other.min(at))
    }

    /// What could not be begun on any more.
    pub(super) fn leave(&self, id: RequestId) {
        self.let_go(id);
        self.tally(|tally| tally.left(id));
    }

    pub(super) fn tally<T>(&self, note: impl FnOnce(&mut Tally) -> T) -> T {
        note(&mut held(&self.tally))
    }

    pub(super) fn trouble(&self, id: Option<RequestId>, what: &impl Display) {
        self.tally(|tally| tally.trouble(id, what));
    }

    pub(super) fn count(&self, step: &Step) {
        self.tally(|tally| tally.count(step));
    }

    /// Wakes every place; it has nothing more to wait for where this was the last time.
    pub(super) fn wake_all(&self, last: bool) {
        self.closing.fetch_or(last, Ordering::Relaxed);
        for site in &self.sites {
            site.woken.notify_one();
        }
    }

    pub(super) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Relaxed)
    }

    pub(super) fn finish(&self) {
        self.finished.store(true, Ordering::Relaxed);
        self.finish.notify_one();
    }

    pub(super) fn is_finished(&self) -> bool {
        self.finished.load(Ordering::Relaxed)
    }

    pub(super) fn into_report(self) -> Report {
        let tally = self.tally.into_inner();
        tally
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .report()
    }
}

impl<'a> Site<'a> {
    fn new(place: &'a Place) -> Self {
        Self {
            place,
            due: Mutex::default(),
            gone: Mutex::default(),
            woken: Notify::new(),
            gone_woken: Notify::new(),
            begun: AtomicBool::new(false),
            ended: AtomicBool::new(false),
            unseen: Mutex::default(),
            met: Mutex::default(),
            watched_at: Mutex::default(),
            foreseen: AtomicBool::new(false),
            denied: Mutex::default(),
        }
    }

    /// Something is due soon: what is open then had better be known.
    pub(super) fn foresee(&self, now: Moment) {
        let lately = |at: Moment| now.since(at) < FORESIGHT;
        if held(&self.watched_at).is_some_and(|at| !lately(at)) {
            self.foreseen.store(true, Ordering::Relaxed);
            self.gone_woken.notify_one();
        }
    }

    /// Whether something is due soon, once for each time.
    pub(super) fn is_foreseen(&self) -> bool {
        self.foreseen.swap(false, Ordering::Relaxed)
    }

    fn has_room(&self) -> bool {
        held(&self.due).len().saturating_add(held(&self.gone).len()) < MOST_IN_HAND
    }

    /// All that is due, oldest first.
    pub(super) fn take_due(&self) -> Vec<RequestId> {
        held(&self.due).drain(..).collect()
    }

    /// What was taken is due again before all else.
    pub(super) fn take_back(&self, ids: impl Iterator<Item = RequestId>) {
        let mut due = held(&self.due);
        ids.for_each(|id| due.push_front(id));
    }

    /// All that is to be followed.
    pub(super) fn take_gone(&self) -> Vec<Gone> {
        held(&self.gone).drain(..).collect()
    }

    pub(super) fn follow(&self, gone: Gone) {
        held(&self.gone).push_back(gone);
        self.gone_woken.notify_one();
    }
}
