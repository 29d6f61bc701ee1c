//! What a sweep sees of sessions and logs.

use std::collections::{BTreeMap, BTreeSet};

use rules::moment::Moment;
use rules::names::{AccountId, Region, RequestId, SessionId};
use rules::place::Place;
use rules::request::Request;
use rules::session::{ListedSession, ListedState, SessionLife, SessionRecord};
use rules::status::Status;
use rules::sweep::{Seen, look};

use super::Sweeper;
use super::report::Report;
use crate::ledger::{LedgerFault, RequestFile};
use crate::ssm::Listing;

/// The open sessions of places, each place listed once.
#[derive(Debug, Default)]
pub(super) struct Sight {
    places: BTreeMap<(AccountId, Region), Option<Listing>>,
}

impl Sight {
    /// Lists the open sessions of a place, unless that was done already.
    pub(super) async fn open(
        &mut self,
        sweeper: &Sweeper,
        place: &Place,
        report: &mut Report,
    ) -> Option<&Listing> {
        let key = (place.account.clone(), place.region.clone());
        if !self.places.contains_key(&key) {
            let listing = match sweeper.ssm.active(place).await {
                Ok(listing) => {
                    if let Some(fault) = &listing.cut_short_by {
                        report.trouble(None, fault);
                    }
                    Some(listing)
                }
                Err(fault) => {
                    report.trouble(None, &fault);
                    None
                }
            };
            self.places.insert(key.clone(), listing);
        }
        self.places.get(&key).and_then(Option::as_ref)
    }
}

impl Sweeper {
    /// What can be seen of a request that is ending. Where a part could not be had, what is seen is
    /// less, never wrong: half a listing is not complete, and a log not listed has no verdict.
    pub(super) async fn see(
        &self,
        file: &RequestFile,
        place: &Place,
        open: Option<&Listing>,
        report: &mut Report,
    ) -> Seen {
        let RequestFile { request, sessions } = file;
        let never_issued = request
            .status()
            .grant()
            .is_none_or(|grant| grant.issues == 0);
        if never_issued {
            // Nobody ever held credentials, so there is nothing to see.
            return Seen {
                complete: true,
                ..Seen::default()
            };
        }
        let Some(open) = open else {
            return Seen::default();
        };
        let id = request.id();
        let mut seen = Seen {
            sessions: open
                .sessions
                .iter()
                .filter(|s| s.id.request() == id)
                .cloned()
                .collect(),
            complete: open.complete,
            logs: BTreeMap::new(),
        };
        if past_matters(sessions, &seen.sessions) {
            match self.ssm.history(place, id).await {
                Ok(past) => {
                    seen.complete &= past.complete;
                    seen.sessions.extend(past.sessions);
                }
                Err(fault) => {
                    report.trouble(Some(id), &fault);
                    seen.complete = false;
                }
            }
        }
        if request.ask().kind.loggable() {
            for session in ended_without_verdict(sessions, &seen.sessions) {
                match self.s3.listing(place, &session).await {
                    Ok(listing) => {
                        seen.logs.insert(session, listing);
                    }
                    Err(fault) => report.trouble(Some(id), &fault),
                }
            }
        }
        seen
    }

    /// Looks once at all that is open, whatever is due: sessions of running grants are put on
    /// record while they last, and one that is open where no grant runs is ended.
    pub(super) async fn watch(&self, report: &mut Report) {
        let now = self.clock.now();
        for place in self.places.iter() {
            let mut sight = Sight::default();
            let Some(open) = sight.open(self, place, report).await else {
                continue;
            };
            report.foreign = report.foreign.saturating_add(open.foreign);
            let mut by_request: BTreeMap<RequestId, Vec<ListedSession>> = BTreeMap::new();
            for session in &open.sessions {
                by_request
                    .entry(session.id.request())
                    .or_default()
                    .push(session.clone());
            }
            for (id, sessions) in by_request {
                self.meet(id, place, sessions, now, report).await;
            }
        }
    }

    /// Takes in the open sessions of one request.
    async fn meet(
        &self,
        id: RequestId,
        place: &Place,
        sessions: Vec<ListedSession>,
        now: Moment,
        report: &mut Report,
    ) {
        let file = match self.ledger.file(id).await {
            Ok(Some(file)) if is_in(&file.request, place) => file,
            // Named after a request that was never made, or not made here.
            Ok(_) => {
                report.foreign = report.foreign.saturating_add(sessions.len());
                return;
            }
            Err(fault) => return self.report_fault(Some(id), fault, report).await,
        };
        match file.request.status() {
            // It has its own look, which is due.
            Status::Ending { .. } => return,
            Status::Pending { .. }
            | Status::Approved { .. }
            | Status::Active { .. }
            | Status::Closed { .. }
            | Status::Denied { .. }
            | Status::Withdrawn { .. }
            | Status::Lapsed { .. } => {}
        }
        let seen = Seen {
            sessions,
            complete: false,
            logs: BTreeMap::new(),
        };
        let looked = look(&file.request, &file.sessions, &seen, now, &self.pace);
        self.carry_out(looked, report).await;
    }

    /// Reports a fault of the ledger; a damaged record is taken off the index.
    pub(super) async fn report_fault(
        &self,
        id: Option<RequestId>,
        fault: LedgerFault,
        report: &mut Report,
    ) {
        report.trouble(id, &fault);
        if let (LedgerFault::Corrupt { .. }, Some(id)) = (&fault, id) {
            match self.ledger.quarantine(id, self.clock.now()).await {
                Ok(()) => report.quarantined = report.quarantined.saturating_add(1),
                Err(fault) => report.trouble(Some(id), &fault),
            }
        }
    }
}

fn is_in(request: &Request, place: &Place) -> bool {
    let targets = &request.ask().targets;
    (targets.account(), targets.region()) == (&place.account, &place.region)
}

/// Whether the history has to be read: a session has gone from the open ones, or none is known to
/// be open, so that one may have come and gone unseen. While sessions are open there is nothing in
/// the history that could not wait, and calls are few.
fn past_matters(records: &[SessionRecord], open: &[ListedSession]) -> bool {
    let is_open = |record: &SessionRecord| open.iter().any(|listed| listed.id == record.id);
    open.is_empty()
        || records
            .iter()
            .any(|record| record.lives() && !is_open(record))
}

/// Sessions that are over, on record or as just seen, and whose logs have no final verdict.
fn ended_without_verdict(
    records: &[SessionRecord],
    listed: &[ListedSession],
) -> BTreeSet<SessionId> {
    let judged = |id: &SessionId| records.iter().any(|r| &r.id == id && r.log.is_final());
    let recorded = records
        .iter()
        .filter(|record| matches!(record.life, SessionLife::Over { .. }))
        .map(|record| &record.id);
    let seen = listed
        .iter()
        .filter(|session| matches!(session.state, ListedState::History { ended_at: Some(_) }))
        .map(|session| &session.id);
    recorded
        .chain(seen)
        .filter(|id| !judged(id))
        .cloned()
        .collect()
}
