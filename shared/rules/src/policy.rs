//! Who may ask for what, who must approve, and for how long: decided by Cedar.
//!
//! A policy set is a Cedar text, validated strictly against the schema in `postern.cedarschema`.
//! A `permit` that matches offers one *route* to access, written as annotations on that policy
//! (the table is in the source of `policy/annotations.rs`); a `forbid` that matches closes every
//! route.
//!
//! - **One policy is judged as a unit.** An ask for several targets needs one single permit that
//!   matches every one of them, and that permit's own `@max_duration` must cover the ask. Scope of
//!   one and duration of another never combine.
//! - **`forbid` beats everything**, on any of the targets.
//! - **Failing closed.** Cedar skips a policy whose evaluation fails, so that a `forbid` that fails
//!   would forbid nothing. Here any failure of any policy on any target denies the ask and names
//!   the policy. Strict validation leaves few ways to fail; integer overflow is one.
//! - **Choosing.** Where several permits would do: an automatic one first, then the fewest
//!   approvals, then the first id in byte order. So the answer depends on the set and the ask, and
//!   never on the order of the text.
//! - A person without a groups claim is in no group. Groups are compared exactly.
//!
//! Time and facts come in as arguments. That nobody approves their own request is not policy but
//! a rule in code, so no policy can switch it off.

mod annotations;
mod decision;
mod explain;
mod fault;
mod inquiry;
mod lines;
mod outline;
#[cfg(test)]
mod starter;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::ffi::DetailedError;
use cedar_policy::{
    AuthorizationError, Authorizer, Decision as Answer, Policy, PolicySet as Cedar, ValidationMode,
    ValidationWarning, Validator,
};

pub use annotations::{PolicyId, Rule, Terms};
pub use decision::{Decision, Denial, DenialKind, Reason, Why};
pub use explain::{Clause, Effect, Explained, OnTarget, Part, Verdict};
pub use fault::{Fault, PolicyFault, PolicyFaults};
pub use outline::Outline;

use crate::ask::Ask;
use crate::facts::TargetFacts;
use crate::moment::Moment;
use crate::names::{Digest, GrantDuration, Group, Person, Target};
use crate::route::{Consent, Route};
use inquiry::{Inquiry, VOCABULARY};
use lines::Lines;

/// A policy set that was read, validated and found without fault.
#[derive(Debug, Clone)]
pub struct PolicySet {
    /// The policies, each under its `@id`.
    cedar: Cedar,
    /// What the annotations of each say.
    rules: BTreeMap<PolicyId, Rule>,
    /// The line that each stands on.
    lines: BTreeMap<PolicyId, usize>,
    digest: Digest,
}

impl PolicySet {
    /// Reads a policy text. An empty one is a set that permits nothing.
    ///
    /// # Errors
    /// Every fault of the text, each with its policy and annotation: what is not Cedar or not in
    /// the schema, policies that can never apply, templates, annotations that are unknown, missing
    /// or malformed, and ids used twice.
    pub fn parse(text: &str) -> Result<Self, PolicyFaults> {
        let mut faults = Vec::new();
        if let Some(line) = lines::too_deep(text) {
            // Its parts cannot be looked at before it is mended.
            return Err(PolicyFaults::of_depth(line));
        }
        let read: Cedar = match text.parse() {
            Ok(read) => read,
            Err(errors) => {
                let errors: cedar_policy::ParseErrors = errors;
                faults.extend(errors.iter().map(|error| {
                    PolicyFault::of_cedar(None, DetailedError::from(error), text, Fault::Syntax)
                }));
                Cedar::new()
            }
        };
        let policies = in_order(&read);
        let mut cedar = Cedar::new();
        let (mut rules, mut lines) = (BTreeMap::new(), BTreeMap::new());
        let standing = Lines::of(text);
        for (place, (label, policy)) in &policies {
            let before = faults.len();
            if let Some((id, rule)) = annotations::read(policy, label, &mut faults) {
                let named = (*policy)
                    .clone()
                    .new_id(cedar_policy::PolicyId::new(id.as_str()));
                lines.extend(
                    standing
                        .line(*place, Some("id"))
                        .map(|line| (id.clone(), line)),
                );
                if rules.insert(id, rule).is_some() || cedar.add(named).is_err() {
                    faults.push(PolicyFault::of_annotation(label, "id", Fault::DuplicateId));
                }
            }
            for fault in faults.iter_mut().skip(before) {
                fault.line = standing.line(*place, fault.annotation.as_deref());
            }
        }
        faults.extend(read.templates().map(|template| PolicyFault {
            policy: Some(template.annotation("id").unwrap_or("template").to_owned()),
            annotation: None,
            line: standing.line(place_in_text(template.id()), None),
            fault: Fault::Template,
        }));
        faults.extend(invalid(&read, &policies, text));
        let digest = Digest::of("postern.policy-set", text.as_bytes());
        PolicyFaults::none_or(
            faults,
            Self {
                cedar,
                rules,
                lines,
                digest,
            },
        )
    }

    /// The digest of the text the set was read from.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The ids of the policies, sorted.
    pub fn ids(&self) -> impl Iterator<Item = &PolicyId> {
        self.rules.keys()
    }

    /// What each policy says, by id.
    pub fn outlines(&self) -> impl Iterator<Item = Outline<'_>> {
        self.rules.iter().filter_map(|(id, rule)| {
            let policy = self
                .cedar
                .policy(&cedar_policy::PolicyId::new(id.as_str()))?;
            let line = self.lines.get(id).copied();
            Some(Outline {
                id,
                line,
                rule,
                policy,
            })
        })
    }

    /// Whether, and by which route, this person may have what they ask for.
    ///
    /// `groups` are those of the person's token, `facts` what the inventory says of each target;
    /// `now` is the time of the decision.
    #[must_use]
    pub fn decide(
        &self,
        ask: &Ask,
        person: &Person,
        groups: &BTreeSet<Group>,
        facts: &[TargetFacts],
        now: Moment,
    ) -> Decision {
        let mut findings = Findings::default();
        for target in ask.targets.iter() {
            let Some(known) = facts.iter().find(|known| known.target == *target) else {
                findings.fail(
                    None,
                    Why::UnknownTarget {
                        target: target.clone(),
                    },
                );
                continue;
            };
            match Inquiry::new(ask, person, groups, known, now) {
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
        self.conclude(ask, findings)
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
    fn conclude(&self, ask: &Ask, findings: Findings<'_>) -> Decision {
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

/// The policies by their place in the text, each with the label that faults call it by.
fn in_order(read: &Cedar) -> BTreeMap<usize, (String, &Policy)> {
    read.policies()
        .map(|policy| {
            let place = place_in_text(policy.id());
            let id = policy
                .annotation("id")
                .and_then(|id| id.parse::<PolicyId>().ok());
            let label = id.map_or_else(|| format!("#{}", place.saturating_add(1)), String::from);
            (place, (label, policy))
        })
        .collect()
}

/// Cedar calls the policies of a text `policy0`, `policy1`, and so on.
fn place_in_text(id: &cedar_policy::PolicyId) -> usize {
    let id: &str = id.as_ref();
    id.strip_prefix("policy")
        .and_then(|n| n.parse().ok())
        .unwrap_or(usize::MAX)
}

/// What Cedar's validator has against the policies.
fn invalid(
    read: &Cedar,
    policies: &BTreeMap<usize, (String, &Policy)>,
    text: &str,
) -> Vec<PolicyFault> {
    let result = Validator::new(VOCABULARY.schema.clone()).validate(read, ValidationMode::Strict);
    let errors = result
        .validation_errors()
        .map(|error| (error.policy_id(), DetailedError::from(error)));
    let warnings = result
        .validation_warnings()
        .filter(|warning| !mere_mixture(warning))
        .map(|warning| (warning.policy_id(), DetailedError::from(warning)));
    let mut faults: Vec<(usize, PolicyFault)> = errors
        .chain(warnings)
        .map(|(id, error)| {
            let place = place_in_text(id);
            let label = policies.get(&place).map(|(label, _)| label.clone());
            (
                place,
                PolicyFault::of_cedar(label, error, text, Fault::Invalid),
            )
        })
        .collect();
    faults.sort_by_key(|(place, fault)| (*place, fault.line));
    faults.into_iter().map(|(_, fault)| fault).collect()
}

/// A warning counts as a fault: a policy that can never apply protects nobody, and invisible
/// characters make it read as something else. Scripts mixed in one string are let pass, because
/// Hangul beside Latin letters is an ordinary group name.
fn mere_mixture(warning: &ValidationWarning) -> bool {
    matches!(
        warning,
        ValidationWarning::MixedScriptString(_) | ValidationWarning::MixedScriptIdentifier(_)
    )
}
