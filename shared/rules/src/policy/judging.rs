//! Judging a question: what each policy says on each target, and what follows from all of it.

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::{AuthorizationError, Authorizer, Decision as Answer, PolicySet as Cedar};

use super::annotations::{Rule, Terms};
use super::decision::{Decision, Denial, DenialKind, Reason, Why};
use super::inquiry::Inquiry;
use super::zone::Zone;
use super::{Known, PolicyId, PolicySet, Question, Sought};
use crate::facts::TargetFacts;
use crate::names::Target;
use crate::readiness::Readiness;
use crate::route::{Consent, Route};

impl PolicySet {
    /// Whether, and by which route, this person may have what they ask for.
    #[must_use]
    pub fn decide(&self, question: &Question<'_>) -> Decision {
        let mut findings = Findings::default();
        for target in question.ask.targets.iter() {
            let Some(facts) = question.facts_of(target) else {
                let target = target.clone();
                findings.fail(None, Why::UnknownTarget { target });
                continue;
            };
            for (zone, cedar) in &self.cedar {
                match Inquiry::new(question, facts, zone) {
                    Ok(inquiry) => {
                        let before = findings.forbids.len();
                        self.judge(&inquiry, cedar, target, &mut findings);
                        let forbids = findings.forbids.get_mut(before..).unwrap_or_default();
                        tell_readiness(forbids, question, facts, zone, cedar);
                    }
                    Err(error) => {
                        let target = target.clone();
                        findings.fail(None, Why::Fails { target, error });
                    }
                }
            }
        }
        self.conclude(question, findings)
    }

    /// What the annotations of a permit have against the question, wherever its clauses apply:
    /// [`explain`](Self::explain) looks at the clauses alone. Nothing for a `forbid`.
    #[must_use]
    pub fn held_against(&self, question: &Question<'_>, policy: &PolicyId) -> Vec<Why> {
        let Some(Rule::Permit(terms)) = self.known.get(policy).map(|known| &known.rule) else {
            return Vec::new();
        };
        let only_emergencies = terms.break_glass.is_some() && !question.ask.break_glass;
        let all: Vec<&Target> = question.ask.targets.iter().collect();
        only_emergencies
            .then_some(Why::OnlyBreakGlass {})
            .into_iter()
            .chain(shortfalls(question, terms, &all))
            .collect()
    }

    /// Asks Cedar about one target and notes what each policy of one zone says.
    fn judge<'a>(
        &'a self,
        inquiry: &Inquiry,
        cedar: &Cedar,
        target: &'a Target,
        findings: &mut Findings<'a>,
    ) {
        let response = Authorizer::new().is_authorized(&inquiry.request, cedar, &inquiry.entities);
        let known_of = |id: &cedar_policy::PolicyId| {
            // INVARIANT: every policy in `cedar` is named after its key in `known`.
            id.to_string()
                .parse()
                .ok()
                .and_then(|id: PolicyId| self.known.get_key_value(&id))
        };
        for error in response.diagnostics().errors() {
            let AuthorizationError::PolicyEvaluationError(error) = error;
            let policy = known_of(error.policy_id()).map(|(id, _)| id.clone());
            let (target, error) = (target.clone(), error.to_string());
            findings.fail(policy, Why::Fails { target, error });
        }
        for (id, Known { rule, .. }) in response.diagnostics().reason().filter_map(known_of) {
            match (rule, response.decision()) {
                (Rule::Permit(terms), Answer::Allow) => findings.permits(id, terms, target),
                (Rule::Forbid(because), Answer::Deny) => {
                    findings.forbids.push(Reason {
                        policy: Some(id.clone()),
                        why: Why::Forbids {
                            target: target.clone(),
                            because: because.clone(),
                            findings: Vec::new(),
                        },
                    });
                }
                // Cedar names permits only when it allows, and forbids only when it denies.
                (Rule::Permit(_), Answer::Deny) | (Rule::Forbid(_), Answer::Allow) => {}
            }
        }
    }

    /// Weighs what was found on all targets.
    fn conclude(&self, question: &Question<'_>, findings: Findings<'_>) -> Decision {
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
        let mut nearest: Option<Shortfall> = None;
        let mut for_emergencies = Vec::new();
        for (id, (terms, covered)) in permits {
            if !question.is_put_to(id, terms) {
                let all = covered.len() == question.ask.targets.count();
                if all && terms.break_glass.is_some() {
                    for_emergencies.push(Reason {
                        policy: Some(id.clone()),
                        why: Why::OnlyBreakGlass {},
                    });
                }
                continue;
            }
            let short = shortfalls(question, terms, &covered);
            if short.is_empty() {
                // Ids come sorted, so the first of equal cost stays.
                let cost = cost(&terms.consent);
                if best.is_none_or(|(least, _, _)| cost < least) {
                    best = Some((cost, id, terms));
                }
                continue;
            }
            // A permit is as near as the worst that it falls short of.
            let worst: Option<Vec<Shortfall>> = short.iter().map(Shortfall::of).collect();
            nearest = worst
                .and_then(|all| all.into_iter().max_by_key(|one| one.far))
                .into_iter()
                .chain(nearest)
                .min_by_key(|one| one.far);
            reasons.extend(short.into_iter().map(|why| Reason {
                policy: Some(id.clone()),
                why,
            }));
        }
        match (best, nearest) {
            (Some((_, id, terms)), _) => Decision::Allowed {
                route: self.route(id, terms),
            },
            (None, Some(nearest)) => denied(nearest.kind, reasons),
            (None, None) => {
                // Whoever meets a closed door in an emergency must learn of the other one.
                reasons.extend(for_emergencies);
                denied(self.no_route(question, &reasons), reasons)
            }
        }
    }

    /// Why no permit covers what is asked for.
    fn no_route(&self, question: &Question<'_>, reasons: &[Reason]) -> DenialKind {
        let permits = |known: &Known| matches!(known.rule, Rule::Permit(_));
        if !self.known.values().any(permits) {
            DenialKind::NoPolicy
        } else if question.ask.break_glass {
            DenialKind::NoBreakGlass
        } else if question.groups.is_empty() && reasons.is_empty() {
            DenialKind::NoGroups
        } else {
            DenialKind::NoRoute
        }
    }

    fn route(&self, id: &PolicyId, terms: &Terms) -> Route {
        Route {
            policy: id.clone(),
            policy_set: self.digest,
            consent: terms.consent.clone(),
            max_duration: terms.max_duration,
            extendable_to: terms.extendable_to,
            answer_within: terms.answer_within,
            run_as: terms.run_as.clone(),
            reviewers: terms.break_glass.clone(),
            chat: terms.chat,
        }
    }
}

/// Tells with each of these forbids on a target what is in the way there, where it is for that that it
/// forbids: were nothing known of the readiness of the target, it would not.
fn tell_readiness(
    forbids: &mut [Reason],
    question: &Question<'_>,
    facts: &TargetFacts,
    zone: &Zone,
    cedar: &Cedar,
) {
    let in_the_way = facts.readiness.as_ref().map(Readiness::findings);
    let Some(in_the_way @ [_, ..]) = in_the_way else {
        return;
    };
    if forbids.is_empty() {
        return;
    }
    let without = TargetFacts {
        readiness: None,
        ..facts.clone()
    };
    let Ok(inquiry) = Inquiry::new(question, &without, zone) else {
        return;
    };
    let response = Authorizer::new().is_authorized(&inquiry.request, cedar, &inquiry.entities);
    let still: BTreeSet<String> = match response.decision() {
        Answer::Deny => response
            .diagnostics()
            .reason()
            .map(ToString::to_string)
            .collect(),
        Answer::Allow => BTreeSet::new(),
    };
    for Reason { policy, why } in forbids {
        let stays = policy
            .as_ref()
            .is_some_and(|id| still.contains(&id.to_string()));
        if let Why::Forbids { findings, .. } = why
            && !stays
        {
            *findings = in_the_way.to_vec();
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

impl<'a> Findings<'a> {
    fn fail(&mut self, policy: Option<PolicyId>, why: Why) {
        self.failures.push(Reason { policy, why });
    }

    fn permits(&mut self, id: &'a PolicyId, terms: &'a Terms, target: &'a Target) {
        let (_, covered) = self.permits.entry(id).or_insert((terms, Vec::new()));
        covered.push(target);
    }
}

impl Question<'_> {
    /// Whether a permit is one that this may be answered by: permits for emergencies are for them
    /// alone and nothing else is, and an extension is the matter of one policy.
    fn is_put_to(&self, id: &PolicyId, terms: &Terms) -> bool {
        self.ask.break_glass == terms.break_glass.is_some()
            && match self.sought {
                Sought::Anew | Sought::Perhaps => true,
                Sought::Longer { by, .. } => by == id,
            }
    }
}

/// What a permit that matched some of the targets falls short of; nothing where it will do.
fn shortfalls(question: &Question<'_>, terms: &Terms, covered: &[&Target]) -> Vec<Why> {
    let ask = question.ask;
    let mut short = Vec::new();
    let left_out: Vec<Target> = ask
        .targets
        .iter()
        .filter(|target| !covered.contains(target))
        .cloned()
        .collect();
    if !left_out.is_empty() {
        short.push(Why::LeavesOut { targets: left_out });
    }
    let longest = match question.sought {
        Sought::Anew | Sought::Perhaps => Some(terms.max_duration),
        Sought::Longer { .. } => terms.extendable_to,
    };
    match longest {
        None => short.push(Why::NotExtendable {}),
        Some(longest) if longest < question.duration() => {
            short.push(Why::AllowsAtMost { longest });
        }
        Some(_) => {}
    }
    match question.sought {
        Sought::Anew | Sought::Longer { .. } => short.extend(terms.wanted.missing(ask)),
        Sought::Perhaps => {}
    }
    if ask.for_person.is_some() && !terms.for_others {
        short.push(Why::NotForOthers {});
    }
    if !ask.kind.loggable() && !terms.unlogged {
        short.push(Why::NotUnlogged {});
    }
    short
}

/// Something that a permit which covers every target falls short of.
#[derive(Debug, Clone, Copy)]
struct Shortfall {
    /// How much would have to be asked for otherwise; less is nearer.
    far: (u8, u32),
    kind: DenialKind,
}

impl Shortfall {
    /// Nothing where the permit is for something else altogether.
    fn of(why: &Why) -> Option<Self> {
        let (far, kind) = match why {
            Why::ReasonTooShort { least } => (
                (0, u32::from(*least)),
                DenialKind::ReasonTooShort { least: *least },
            ),
            Why::ReasonUnlike { .. } => ((1, 0), DenialKind::ReasonUnlike),
            Why::TicketUnlike { .. } => ((2, 0), DenialKind::TicketUnlike),
            Why::AllowsAtMost { longest } => (
                (3, u32::MAX - longest.seconds()),
                DenialKind::TooLong { longest: *longest },
            ),
            Why::NotExtendable {} => ((4, 0), DenialKind::NotExtendable),
            Why::NotForOthers {} => ((5, 0), DenialKind::NotForOthers),
            Why::NotUnlogged {} => ((6, 0), DenialKind::NotUnlogged),
            Why::Forbids { .. }
            | Why::Fails { .. }
            | Why::LeavesOut { .. }
            | Why::OnlyBreakGlass {}
            | Why::UnknownTarget { .. } => return None,
        };
        Some(Self { far, kind })
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
