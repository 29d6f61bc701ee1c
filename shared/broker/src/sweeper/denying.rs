//! The second line behind ending sessions: credentials of grants that were ended early are denied.
//!
//! IAM has no conditions on writes, so a list is changed by one run at a time: by whoever holds the
//! lease of its role (AWS-FACTS 5.5). Who does not get it comes again with the next look.

use std::collections::BTreeSet;
use std::time::Duration;

use rules::deny_list::Denied;
use rules::place::Place;
use rules::request::Request;
use rules::status::{EndReason, Status};

use super::site::{Run, Site};
use crate::iam::DenyFault;
use crate::ledger::Lease;
use crate::rounds::held;

/// How long after credentials were denied that is done anew: an entry may be lost to somebody who
/// wrote the same list by hand.
const DENY_AGAIN: Duration = Duration::from_secs(30);
/// How long a lease is held at most: longer than reading and writing a list may take.
const LEASE: Duration = Duration::from_secs(30);

impl Run<'_> {
    /// Denies the credentials of a grant that was ended before its time, while they are of use to
    /// anybody. Those of a grant whose time was up carry their own end.
    pub(super) async fn deny(&self, site: &Site<'_>, request: &Request) {
        let Status::Ending {
            grant,
            ended_at,
            why: EndReason::Revoked | EndReason::Released,
            ..
        } = request.status()
        else {
            return;
        };
        let (id, now) = (request.id(), self.now());
        let lately = held(&site.denied)
            .get(&id)
            .is_some_and(|at| now.since(*at) < DENY_AGAIN);
        if grant.issues == 0 || grant.inert_at() <= now || lately {
            return;
        }
        let Some(lease) = self.lease(site.place).await else {
            return;
        };
        let times = (*ended_at, grant.credentials_until);
        let denied = self.sweeper.iam.deny(site.place, id, times, now).await;
        self.give_back(lease).await;
        match denied {
            Ok(denied) => {
                held(&site.denied).insert(id, now);
                if denied == Some(Denied::WithAllOthers) {
                    let what = "the deny list is full, so all credentials of its access role that \
                                were issued until now are denied; whoever still has a grant must \
                                have new ones issued";
                    self.trouble(Some(id), &what);
                }
            }
            Err(fault) => self.trouble(Some(id), &fault),
        }
    }

    /// Takes entries off the deny lists whose credentials have expired.
    pub(super) async fn forgive(&self) {
        let mut roles = BTreeSet::new();
        for place in self.sweeper.places.iter() {
            // Places in several Regions of one account may share a role, and roles have no Region.
            if !self.is_over()
                && roles.insert(place.access_role.to_string())
                && let Err(fault) = self.forgive_at(place).await
            {
                self.trouble(None, &fault);
            }
        }
    }

    async fn forgive_at(&self, place: &Place) -> Result<(), DenyFault> {
        let iam = &self.sweeper.iam;
        if !iam.has_expired(place, self.now()).await? {
            return Ok(());
        }
        let Some(lease) = self.lease(place).await else {
            return Ok(());
        };
        let pruned = iam.prune(place, self.now()).await;
        self.give_back(lease).await;
        pruned.map(|_| ())
    }

    /// The lease of a place's deny list, where nobody else holds it.
    async fn lease(&self, place: &Place) -> Option<Lease> {
        let now = self.now();
        let name = place.access_role.to_string();
        match self
            .sweeper
            .ledger
            .take_lease(name, now.plus(LEASE), now)
            .await
        {
            Ok(lease) => lease,
            Err(fault) => {
                self.trouble(None, &fault);
                None
            }
        }
    }

    async fn give_back(&self, lease: Lease) {
        if let Err(fault) = self.sweeper.ledger.give_back(lease).await {
            self.trouble(None, &fault);
        }
    }
}
