//! Asking the doctor's function, when somebody asks for access.
//!
//! What it looks at takes permissions that nobody who talks about access should have, so it is a
//! function of its own. It is asked in the time that a caller waits anyway, and not for longer. No
//! answer is one more thing that is not known of the targets, and no reason to turn anybody away.

use std::collections::BTreeMap;
use std::time::Duration;

use rules::ask::Ask;
use rules::facts::TargetFacts;
use rules::names::Target;
use rules::readiness::Readiness;
use rules::wire::{Examination, Examined};

use super::Desk;
use super::turned::Turned;
use crate::lambda::{FunctionName, Functions, NotAnswered};
use crate::notice::Notice;

/// How long the doctor is waited for. It gives up on single targets before that, so that one of
/// them does not cost the answer on the others.
const PATIENCE: Duration = Duration::from_secs(3);

/// The doctor's function.
#[derive(Debug)]
pub struct DoctorsFunction {
    functions: Functions,
    name: FunctionName,
}

impl DoctorsFunction {
    /// The function of that name.
    #[must_use]
    pub fn new(functions: Functions, name: FunctionName) -> Self {
        Self { functions, name }
    }

    /// The readiness of the targets of an ask, for the kind of access that it is for.
    async fn examine(&self, ask: &Ask) -> Result<BTreeMap<Target, Readiness>, NotAnswered> {
        let examination = Examination {
            examine: ask.targets.iter().cloned().collect(),
            kind: ask.kind.clone(),
        };
        let answer = self.functions.invoke(&self.name, &examination, PATIENCE);
        let Examined { examined } = Box::pin(answer).await?;
        Ok(examined
            .into_iter()
            .map(|one| (one.target, one.readiness))
            .collect())
    }
}

impl Desk {
    /// What is known of the targets of an ask: by the inventory, by the ledger, and by the doctor
    /// where there is one.
    pub(super) async fn looked_at(&self, ask: &Ask) -> Result<Vec<TargetFacts>, Turned> {
        let facts = self.files.facts(&self.inventory, &ask.targets);
        let Some(doctor) = &self.doctor else {
            return facts.await;
        };
        let (facts, answer) = tokio::join!(Box::pin(facts), Box::pin(doctor.examine(ask)));
        let mut facts = facts?;
        for known in &mut facts {
            let readiness = match &answer {
                Ok(examined) => match examined.get(&known.target) {
                    Some(readiness) => readiness.clone(),
                    None => Readiness::unknown("an answer of the doctor about this target"),
                },
                Err(fault) => Readiness::unknown(format!("an answer of the doctor ({fault})")),
            };
            known.readiness = Some(readiness);
        }
        if let Err(cause) = answer {
            self.files.in_force.tell(Notice::DoctorSilent { cause });
        }
        Ok(facts)
    }
}
