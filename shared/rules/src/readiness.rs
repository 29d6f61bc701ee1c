//! The readiness of an instance: can it be reached, and will its log land?
//!
//! Somebody else collects the [`Facts`]; here they are judged. The answer is a [`Report`] of
//! checks, each of which is ok, fails for reasons that have a code and a mend, is unknown for want
//! of something that it names, or does not matter in this set-up. Three rules hold throughout:
//!
//! - **Unknown is never ok.** A fact that could not be read leaves what hangs on it unknown, and
//!   so do routes, policies and name servers that cannot be followed from here.
//! - **A cause is told once.** Checks that fail for the same reason name the very same finding, and
//!   a symptom, such as a silent agent, takes its cause's finding. So each broken set-up has
//!   exactly its own findings.
//! - **One way is enough.** An instance reaches a service through an endpoint or through a gateway;
//!   only where no way works is there a finding, and it is that of the nearest mend.
//!
//! What is ok here is no promise that a session opens: only the agent's own connection proves the
//! way, and only the log in the bucket proves the log. What fails here does not work.

mod agent;
mod case;
mod check;
mod cidr;
mod dns;
mod documents;
mod facts;
mod finding;
mod ids;
mod keys;
mod known;
mod logs;
mod network;
mod permissions;
mod policy;
mod trust;

use crate::names::{AccessKind, Target};
use crate::place::Place;

use case::{Case, Seat};

pub use check::{Check, CheckName, Question, Status};
pub use cidr::{Cidr, PortRange};
pub use documents::documents_to_read;
pub use facts::*;
pub use finding::{
    AgentFault, DnsFault, DocumentFault, EndpointFault, Finding, Fix, KeyFault, KeyUse, LogFault,
    RoleFault, Site, WayOutFault,
};
pub use ids::*;
pub use known::{Found, Readiness, ReadinessWord};
pub use permissions::to_simulate;
pub use trust::trusts;

#[cfg(test)]
mod tests;

/// What was found out about an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The instance.
    pub target: Target,
    /// Every check, in the order of [`CheckName`].
    pub checks: Vec<Check>,
}

/// The answer to one question, over all checks that bear on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Every check is ok.
    Yes,
    /// A check fails.
    No {
        /// Why, each reason once.
        because: Vec<Finding>,
    },
    /// No check fails, and some are unknown.
    Unknown {
        /// What has to be there before it can be known, each need once.
        needs: Vec<Need>,
    },
    /// The question does not arise, as that of the log for a port forward.
    NotApplicable,
}

/// Judges what was read of an instance in its place, for these kinds of access: those that the
/// place offers, or the one that somebody asks for.
#[must_use]
pub fn inspect(facts: &Facts, place: &Place, kinds: &[AccessKind]) -> Report {
    let case = Case {
        facts,
        place,
        kinds,
    };
    let ways = network::ways(case);
    let mut checks = vec![
        agent::state(case),
        agent::metadata(case),
        agent::hybrid_tier(case),
        permissions::instance_role(case),
        permissions::agent_permissions(case),
        agent::forwards(case),
        documents::exist(case),
        keys::session(case),
        documents::inputs(case),
    ];
    checks.extend(names(case, &ways));
    checks.extend(ways);
    checks.extend(logs::checks(case));
    checks.push(agent::answers(case, &checks));
    checks.sort_by_key(|check| check.name);
    Report {
        target: facts.target.clone(),
        checks,
    }
}

/// The checks of the resolution of names.
fn names(case: Case<'_>, ways: &[Check]) -> [Check; 2] {
    let both = [CheckName::NameResolution, CheckName::DnsHostnames];
    match case.seat() {
        Seat::Instance(instance) => [
            dns::name_resolution(case, instance),
            dns::hostnames(instance, ways),
        ],
        Seat::Hybrid => {
            both.map(|name| Check::not_applicable(name, "not in a network of Amazon's"))
        }
        Seat::Nowhere => both.map(|name| Check::not_applicable(name, "there is no instance")),
        Seat::Unread(need) => both.map(|name| Check::judged(name, agent::unread(need), "not read")),
    }
}

impl Report {
    /// Every reason for which a check fails, once, in the order of the checks.
    #[must_use]
    pub fn findings(&self) -> Vec<&Finding> {
        once(self.checks.iter().flat_map(Check::findings))
    }

    /// The answer to a question.
    #[must_use]
    pub fn answer(&self, question: Question) -> Answer {
        let bearing = || {
            let checks = self.checks.iter();
            checks.filter(move |check| check.name.question() == question)
        };
        let because = once(bearing().flat_map(Check::findings));
        let needs = once(bearing().flat_map(Check::needs));
        if !because.is_empty() {
            Answer::No {
                because: because.into_iter().cloned().collect(),
            }
        } else if !needs.is_empty() {
            Answer::Unknown {
                needs: needs.into_iter().cloned().collect(),
            }
        } else if bearing().any(|check| check.status == Status::Ok) {
            Answer::Yes
        } else {
            Answer::NotApplicable
        }
    }

    /// Whether a session can be opened on the instance.
    #[must_use]
    pub fn reachable(&self) -> Answer {
        self.answer(Question::Reach)
    }

    /// Whether the log of a session lands in the bucket.
    #[must_use]
    pub fn log_lands(&self) -> Answer {
        self.answer(Question::Log)
    }

    /// Whether ports may be forwarded through the agent.
    #[must_use]
    pub fn forwards_safely(&self) -> Answer {
        self.answer(Question::Forward)
    }
}

/// What is listed, each once.
fn once<'a, T: PartialEq>(list: impl Iterator<Item = &'a T>) -> Vec<&'a T> {
    list.fold(Vec::new(), |mut seen, item| {
        if !seen.contains(&item) {
            seen.push(item);
        }
        seen
    })
}
