//! Judging a question: what each policy says on each target, and what follows from all of it.

use std::collections::BTreeMap;

use cedar_policy::{AuthorizationError, Authorizer, Decision as Answer};

use super::annotations::{Rule, Terms};
use super::decision::{Decision, Denial, DenialKind, Reason, Why};
use super::inquiry::Inquiry;
use super::{PolicyId, PolicySet, Question};
use crate::names::{GrantDuration, Target};
use crate::route::{Consent, Route};

impl PolicySet {
    /// Whether, and by which route, this person may have what they ask for.
    #[must_use]
    pub fn decide(&self, question: &Question<'_>) -> Decision {
        let mut findings = Findings::default();
        for target in question.ask.targets.iter() {
            let Some(known) = question.facts_of(target) else {
                findings.fail(
                    None,
                    Why::UnknownTarget {
                        target: target.clone(),
                    },
                );
                continue;
            };
            match Inquiry::new(question, known) {
                Ok(inquiry) => self.judge(&inquiry, target, &mut findings),
                Err(error) => findings.fail(
                    None,
                    Why::Fails {
                        target: target.clone(),
                        error,
                    },
                ),
            }
        }
        self.conclude(question, findings)
    }

    /// Asks Cedar about one target and notes what each policy says.
    fn judge<'a>(&'a self, inquiry: &Inquiry, target: &'a Target, findings: &mut Findings<'a>) {
        let response =
            Authorizer::new().is_authorized(&inquiry.request, &self.cedar, &inquiry.entities);
        let rule_of = |id: &cedar_policy::PolicyId| {
            // INVARIANT: every policy in `cedar` is named after its key in `rules`.
            id.to_string()
                .parse()
                .ok()
                .and_then(|id: PolicyId| self.rules.get_key_value(&id))
        };
        for error in response.diagnostics().errors() {
            let AuthorizationError::PolicyEvaluationError(error) = error;
            let policy = rule_of(error.policy_id()).map(|(id, _)| id.clone());
            let error = error.to_string();
            findings.fail(
                policy,
                Why::Fails {
                    target: target.clone(),
                    error,
                },
            );
        }
        for (id, rule) in response.diagnostics().reason().filter_map(rule_of) {
            match (rule, response.decision()) {
                (Rule::Permit(terms), Answer::Allow) => {
                    findings
                        .permits
                        .entry(id)
                        .or_insert((terms, Vec::new()))
                        .1
                        .push(target);
                }
                (Rule::Forbid(because), Answer::Deny) => {
                    let (target, because) = (target.clone(), because.clone());
                    let why = Why::Forbids { target, because };
                    findings.forbids.push(Reason {
                        policy: Some(id.clone()),
                        why,
                    });
                }
                // Cedar names permits only when it allows, and forbids only when it denies.
                (Rule::Permit(_), Answer::Deny) | (Rule::Forbid(_), Answer::Allow) => {}
            }
        }
    }

    /// Weighs what was found on all targets.
    fn conclude(&self, question: &Question<'_>, findings: Findings<'_>) -> Decision {
        let ask = question.ask;
        let Findings {
            forbids,
            failures,
            permits,
        } = findings;
        if !forbids.is_empty() {
            return denied(DenialKind::Forbidden, forbids);
        }
        if !failures.is_empty() {
            return denied(DenialKind::Unevaluable, failures);
        }
        let mut reasons = Vec::new();
        let mut best: Option<(u8, &PolicyId, &Terms)> = None;
        let mut longest: Option<GrantDuration> = None;
        for (id, (terms, covered)) in permits {
            let why = if covered.len() < ask.targets.count() {
                let left_out = ask
                    .targets
                    .iter()
                    .filter(|target| !covered.contains(target));
                Why::LeavesOut {
                    targets: left_out.cloned().collect(),
                }
            } else if terms.max_duration < ask.duration_seconds {
                longest = longest.max(Some(terms.max_duration));
                Why::AllowsAtMost {
                    longest: terms.max_duration,
                }
            } else {
                // Ids come sorted, so the first of equal cost stays.
                let cost = cost(&terms.consent);
                if best.is_none_or(|(least, _, _)| cost < least) {
                    best = Some((cost, id, terms));
                }
                continue;
            };
            reasons.push(Reason {
                policy: Some(id.clone()),
                why,
            });
        }
        match (best, longest) {
            (Some((_, id, terms)), _) => Decision::Allowed {
                route: self.route(id, terms),
            },
            (None, Some(longest)) => denied(DenialKind::TooLong { longest }, reasons),
            (None, None) => denied(DenialKind::NoRoute, reasons),
        }
    }

    fn route(&self, id: &PolicyId, terms: &Terms) -> Route {
        Route {
            policy: id.as_str().to_owned(),
            policy_set: self.digest,
            consent: terms.consent.clone(),
            max_duration: terms.max_duration,
            answer_within: terms.answer_within,
        }
    }
}

/// What the policies said on the targets looked at so far.
#[derive(Default)]
struct Findings<'a> {
    forbids: Vec<Reason>,
    failures: Vec<Reason>,
    /// The permits that matched, each with its terms and the targets it matched.
    permits: BTreeMap<&'a PolicyId, (&'a Terms, Vec<&'a Target>)>,
}

impl Findings<'_> {
    fn fail(&mut self, policy: Option<PolicyId>, why: Why) {
        self.failures.push(Reason { policy, why });
    }
}

fn denied(kind: DenialKind, mut reasons: Vec<Reason>) -> Decision {
    // Cedar's order is not defined; a stable sort keeps the targets of one policy in their order.
    reasons.sort_by(|one, other| one.policy.cmp(&other.policy));
    Decision::Denied(Denial { kind, reasons })
}

/// What a route costs other people: nothing where it is automatic, else so many approvals.
fn cost(consent: &Consent) -> u8 {
    match consent {
        Consent::Automatic => 0,
        Consent::Approvals { stages } => stages.people(),
    }
}
