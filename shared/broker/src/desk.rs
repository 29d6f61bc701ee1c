//! The desk: where people ask, answer and look.
//!
//! Every change goes the same way: *load, ask the rules, record, act*. The request is read
//! consistently, a rule judges the call on it, and the rule's step is recorded under the condition
//! that nothing has changed since. Whoever loses a race is judged again on what the winner left,
//! so the answer to the loser is the rules' own: "already approved" and not "try again".
//!
//! The desk *talks about* access. Handing it out is the [`Issuer`]'s, which alone holds a client
//! for STS; taking it back is the [sweeper](crate::sweeper)'s.
//!
//! Asking, extending, issuing and explaining need a policy set; nothing else does, so that people
//! can be let go and access ended whatever became of the policies.
//!
//! Whoever gives an idempotency key may say the same thing twice: the second time changes nothing
//! and answers with the request as it stands. A refusal is not remembered, because it recorded
//! nothing; the same call is simply judged again.

mod answering;
mod asking;
mod calling;
mod consulting;
mod exporting;
mod issuing;
mod reading;
mod turned;

use std::sync::Arc;

use rules::ask::Targets;
use rules::caller::Caller;
use rules::facts::TargetFacts;
use rules::life;
use rules::moment::Moment;
use rules::names::{RequestId, Target};
use rules::refusal::Refusal;
use rules::request::Request;
use rules::step::Step;
use rules::wire::RequestView;

pub use self::answering::Act;
pub use self::asking::Explained;
pub(crate) use self::calling::in_time;
pub use self::consulting::DoctorsFunction;
pub use self::exporting::Export;
pub use self::issuing::Issuer;
pub use self::reading::{ListQuery, ListView};
pub use self::turned::{Cause, Turned};
use crate::clock::Clock;
use crate::in_force::InForce;
use crate::inventory::Inventory;
use crate::ledger::{Ledger, LedgerFault, Mark};
use crate::notice::Notice;
use crate::terms::Terms;

/// Takes what people say about access, and shows them what there is.
#[derive(Debug)]
pub struct Desk {
    files: Files,
    inventory: Inventory,
    doctor: Option<DoctorsFunction>,
}

/// A call that was taken.
#[derive(Debug)]
pub struct Filed {
    /// The request as it stands.
    pub request: RequestView,
    /// The same call had been taken before under the same idempotency key, and nothing was changed
    /// this time.
    pub replayed: bool,
}

impl Desk {
    /// A desk over a ledger and an inventory, and the function of a doctor where one is asked.
    #[must_use]
    pub fn new(
        terms: Arc<Terms>,
        in_force: InForce,
        ledger: Ledger,
        inventory: Inventory,
        doctor: Option<DoctorsFunction>,
        clock: Clock,
    ) -> Self {
        Self {
            files: Files {
                terms,
                in_force,
                ledger,
                clock,
            },
            inventory,
            doctor,
        }
    }
}

/// The ledger as one caller may see it: what the desk and the issuer share.
#[derive(Debug)]
struct Files {
    terms: Arc<Terms>,
    in_force: InForce,
    ledger: Ledger,
    clock: Clock,
}

impl Files {
    fn now(&self) -> Moment {
        self.clock.now()
    }

    /// A request that the caller may know of.
    async fn load(&self, caller: &Caller, id: RequestId) -> Result<Request, Turned> {
        let request = self.ledger.load(id).await?.ok_or_else(Turned::not_found)?;
        match life::must_see(&request, caller, &self.terms.offices) {
            Ok(()) => Ok(request),
            Err(_) => Err(Turned::not_found()),
        }
    }

    fn view(&self, request: &Request, caller: &Caller) -> RequestView {
        let Terms { offices, pace, .. } = self.terms.as_ref();
        RequestView::of(request, caller, offices, pace, self.now())
    }

    /// A rule's no, with the request as it stands for whoever may see it.
    fn refused(&self, refusal: Refusal, request: &Request, caller: &Caller) -> Turned {
        let visible = request.is_visible_to(caller, &self.terms.offices);
        Turned::Refused {
            refusal,
            request: visible.then(|| Box::new(self.view(request, caller))),
        }
    }

    /// What an earlier call with the same mark came to, where there was one.
    async fn remembered(&self, mark: Option<&Mark>) -> Result<Option<RequestId>, Turned> {
        let Some(mark) = mark else { return Ok(None) };
        let found = self
            .ledger
            .remembered(&mark.person, &mark.key, self.now())
            .await?;
        match found {
            Some(found) if found.fingerprint == mark.fingerprint => Ok(Some(found.request)),
            Some(_) => Err(Turned::KeyReused),
            None => Ok(None),
        }
    }

    /// The request as it stands, for a call that was taken before.
    async fn replay(&self, caller: &Caller, id: RequestId) -> Result<Filed, Turned> {
        let request = self.load(caller, id).await?;
        Ok(Filed {
            request: self.view(&request, caller),
            replayed: true,
        })
    }

    /// What is known of targets: by the inventory, and by the ledger of the last log on each.
    async fn facts(
        &self,
        inventory: &Inventory,
        targets: &Targets,
    ) -> Result<Vec<TargetFacts>, Turned> {
        let targets: Vec<Target> = targets.iter().cloned().collect();
        let mut facts = inventory.facts(&targets).await?;
        self.ledger.add_last_logs(&mut facts).await?;
        Ok(facts)
    }

    /// Records a step. Nothing where others were faster, so that the caller judges again.
    async fn record(&self, step: &Step, mark: Option<&Mark>) -> Result<Option<Recorded>, Turned> {
        match self.ledger.record(step, mark, self.now()).await {
            Ok(()) => {
                for notice in Notice::of(step) {
                    self.in_force.tell(notice);
                }
                Ok(Some(Recorded::Now))
            }
            // The same call at the same time: whichever was first has done it for both.
            Err(LedgerFault::LostRace | LedgerFault::KeyTaken) => {
                Ok(self.remembered(mark).await?.map(Recorded::Before))
            }
            Err(fault) => Err(fault.into()),
        }
    }
}

/// Which call recorded a step.
enum Recorded {
    /// This one.
    Now,
    /// An earlier one with the same mark, about this request.
    Before(RequestId),
}
