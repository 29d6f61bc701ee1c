//! The watch: all that is open at a place, whatever is due there.

use std::collections::BTreeMap;

use rules::bypass::{AccessType, Bypass, OpenSession, Watched};
use rules::moment::Moment;
use rules::names::RequestId;
use rules::request::Request;
use rules::session::ListedSession;
use rules::status::Status;
use rules::sweep::{Seen, look};

use super::site::{Run, Site};
use crate::rounds::held;
use crate::ssm::Haste;

impl Run<'_> {
    /// Looks at all that is open: sessions of running grants are put on record while they last, one
    /// that is open where its grant is over is ended, and one that no grant covers is told of, once
    /// in a run.
    pub(super) async fn watch(&self, site: &Site<'_>, haste: Haste) {
        if self.is_over() {
            return;
        }
        let now = self.now();
        let again = held(&site.watched_at).replace(now).is_some();
        let Some(open) = self.open(site, haste).await else {
            return;
        };
        let mut by_request: BTreeMap<RequestId, Vec<ListedSession>> = BTreeMap::new();
        for session in open.sessions {
            by_request
                .entry(session.id.request())
                .or_default()
                .push(session);
        }
        let mut foreign = open.foreign;
        for (id, sessions) in by_request {
            let all: Vec<_> = sessions.iter().map(|one| one.id.clone()).collect();
            let met = |id| held(&site.met).contains(id);
            if again && all.iter().all(met) {
                continue;
            }
            held(&site.met).extend(all);
            if !Box::pin(self.meet(site, id, &sessions, now)).await {
                foreign.extend(sessions.into_iter().map(uncovered));
            }
        }
        if !again && !foreign.is_empty() {
            Box::pin(self.tell_of(site, &foreign)).await;
        }
    }

    /// Takes in the open sessions of one request. Gives whether they are a matter of its.
    async fn meet(
        &self,
        site: &Site<'_>,
        id: RequestId,
        sessions: &[ListedSession],
        now: Moment,
    ) -> bool {
        let file = match self.sweeper.ledger.file(id).await {
            Ok(Some(file)) if is_at(&file.request, site) => file,
            // Named after a request that was never made, or not made here.
            Ok(_) => return false,
            Err(fault) => {
                self.report_fault(Some(id), fault).await;
                return true;
            }
        };
        match file.request.status() {
            // It has its own look, which is due.
            Status::Ending { .. } => return true,
            Status::Active { .. } | Status::Closed { .. } => {}
            // No credentials were ever issued for it.
            Status::Pending { .. }
            | Status::Approved { .. }
            | Status::Denied { .. }
            | Status::Withdrawn { .. }
            | Status::Lapsed { .. } => return false,
        }
        let seen = Seen {
            sessions: sessions.to_vec(),
            ..Seen::default()
        };
        let pace = &self.sweeper.pace;
        let looked = look(&file.request, &file.sessions, &seen, now, pace);
        Box::pin(self.carry_out(looked)).await;
        true
    }

    /// Tells of sessions that no grant covers, once of each, and ends them where the place wants
    /// that.
    async fn tell_of(&self, site: &Site<'_>, foreign: &[OpenSession]) {
        let watched = match &site.place.bypass.tag {
            None => Watched::All,
            Some(tag) => match self.sweeper.ssm.tagged(site.place, tag).await {
                Ok(ids) => Watched::Some(ids),
                Err(fault) => return self.trouble(None, &fault),
            },
        };
        let bypasses = foreign
            .iter()
            .filter_map(|session| Bypass::of(session, site.place, &watched));
        for bypass in bypasses {
            match self.sweeper.ledger.note_bypass(&bypass, self.now()).await {
                Ok(new) => self.tally(|tally| tally.bypass(&bypass, new)),
                Err(fault) => {
                    // What is not on record is not ended either; the next run meets it again.
                    self.trouble(None, &fault);
                    continue;
                }
            }
            let Some(eviction) = bypass.eviction() else {
                continue;
            };
            match self.sweeper.ssm.terminate(eviction).await {
                Ok(()) => self.tally(|tally| tally.terminated()),
                Err(fault) => self.trouble(None, &fault),
            }
        }
    }
}

fn is_at(request: &Request, site: &Site<'_>) -> bool {
    let targets = &request.ask().targets;
    (targets.account(), targets.region()) == (&site.place.account, &site.place.region)
}

/// A session that is named after a request which has no grant.
fn uncovered(session: ListedSession) -> OpenSession {
    OpenSession {
        id: session.id.to_string(),
        owner: session.owner,
        instance: session.instance,
        document: session.document,
        started_at: session.started_at,
        access: AccessType::Standard,
    }
}
