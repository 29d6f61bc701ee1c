//! The doctor's practice: where instances are examined, for people who may know of them and for
//! `api`, which asks on behalf of whoever asks for access.
//!
//! It reads and records nothing of requests, so its function needs nothing of the ledger.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use rules::caller::Caller;
use rules::life::ask::Regime;
use rules::life::examine;
use rules::names::{AccessKind, KindWord, Target};
use rules::readiness::Readiness;
use rules::refusal::Refusal;
use rules::wire::{Examination, Examined, ReadinessView, TargetReadiness};

use crate::clock::Clock;
use crate::desk::Turned;
use crate::doctor::{Doctor, NotExamined};
use crate::in_force::InForce;
use crate::inventory::Inventory;
use crate::terms::Terms;

/// How long one target may take when `api` asks. It waits a little longer itself, and is told of the
/// others then.
const EACH: Duration = Duration::from_millis(2_500);

/// Has instances examined.
#[derive(Debug)]
pub struct Practice {
    terms: Arc<Terms>,
    in_force: InForce,
    inventory: Inventory,
    doctor: Doctor,
    clock: Clock,
}

impl Practice {
    /// A practice of that doctor.
    #[must_use]
    pub fn new(
        terms: Arc<Terms>,
        in_force: InForce,
        inventory: Inventory,
        doctor: Doctor,
        clock: Clock,
    ) -> Self {
        Self {
            terms,
            in_force,
            inventory,
            doctor,
            clock,
        }
    }

    /// The readiness of a target for all kinds of access that its place offers, or for those of one
    /// word, to somebody who may know of it.
    ///
    /// # Errors
    /// The target is not known or not theirs to know of, its place does not offer that kind, there
    /// is no policy set, or AWS failed.
    pub async fn readiness(
        &self,
        caller: &Caller,
        target: &Target,
        kind: Option<KindWord>,
    ) -> Result<ReadinessView, Turned> {
        crate::desk::in_time(async {
            let facts = match self.terms.places.of(&target.account, &target.region) {
                Some(_) => self.inventory.facts(std::slice::from_ref(target)).await?,
                None => Vec::new(),
            };
            let ruling = self.in_force.now().await?;
            let now = self.clock.now();
            let regime: Regime<'_> = ruling.regime(&self.terms, now);
            let offices = &self.terms.offices;
            let (place, kinds) =
                examine::examine(target, facts.first(), kind, caller, regime, offices, now)
                    .map_err(turned)?;
            let examined = Box::pin(self.doctor.examine(target, &kinds)).await;
            let report =
                examined.map_err(|NotExamined::NotServed(_)| turned(Refusal::TargetNotFound))?;
            Ok(ReadinessView::of(&report, place))
        })
        .await
    }

    /// The readiness of targets for one kind of access. A target that cannot be examined in time is
    /// not known to be ready, and says why.
    pub async fn examine(&self, examination: &Examination) -> Examined {
        let Examination { examine, kind } = examination;
        let each = examine.iter().map(|target| async move {
            TargetReadiness {
                readiness: self.examine_one(target, kind).await,
                target: target.clone(),
            }
        });
        Examined {
            examined: join_all(each).await,
        }
    }

    async fn examine_one(&self, target: &Target, kind: &AccessKind) -> Readiness {
        let Some(place) = self.terms.places.of(&target.account, &target.region) else {
            return Readiness::unknown("its place, which is not served");
        };
        let kinds = std::slice::from_ref(kind);
        match Box::pin(self.doctor.examine_within(target, kinds, EACH)).await {
            Ok(report) => Readiness::of(&report, place),
            Err(NotExamined::NotServed(_)) => Readiness::unknown("its place, which is not served"),
        }
    }
}

fn turned(refusal: Refusal) -> Turned {
    Turned::Refused {
        refusal,
        request: None,
    }
}
