//! What would come of asking, told without asking.
//!
//! The very rule of asking is put to work and its step is dropped, so the answer is the one that
//! asking gives. Beside it stands what each policy makes of the ask, clause by clause.

use super::ask::{Asking, Regime, ask};
use crate::moment::Moment;
use crate::policy::{Explained, Question, Sought};
use crate::refusal::Refusal;
use crate::request::Request;

/// What would come of asking.
#[derive(Debug)]
pub struct Explanation {
    /// The request as it would be recorded, or why there would be none.
    pub outcome: Result<Request, Refusal>,
    /// What each policy makes of it.
    pub policies: Vec<Explained>,
}

/// Explains what asking would come to.
#[must_use]
pub fn explain(asking: Asking<'_>, regime: Regime<'_>, now: Moment) -> Explanation {
    let caller = asking.caller;
    let policies = regime.policy.explain(&Question {
        ask: &asking.ask,
        person: caller.person(),
        groups: caller.groups(),
        rotas: &regime.on_call.rotas_of(caller.person()),
        facts: &asking.facts,
        at: asking.ask.starts_at.unwrap_or(now),
        sought: Sought::Anew,
    });
    Explanation {
        outcome: ask(asking, regime, now).map(|step| step.request().clone()),
        policies,
    }
}
