//! Random policies and asks: Cedar alone is believed.

use std::str::FromStr as _;

use cedar_policy::{Authorizer, Policy, PolicySet as Cedar};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::*;
use crate::names::Group;
use crate::policy::explain::clauses::Clauses;
use crate::seeded::cases;

/// A policy before it is written down.
#[derive(Debug, Clone)]
struct Written {
    effect: &'static str,
    head: [&'static str; 3],
    conditions: Vec<(&'static str, String)>,
}

impl Written {
    fn text(&self) -> String {
        let Self {
            effect,
            head: [principal, action, resource],
            ..
        } = self;
        let mut text = format!("{effect}({principal}, {action}, {resource})");
        for (word, condition) in &self.conditions {
            write!(text, "\n{word} {{ {condition} }}").unwrap();
        }
        text
    }
}

/// What can be said of an ask. Those that follow need not be valid, and some of them fail.
const SAYINGS: [&str; 11] = [
    r#"resource.hasTag("Env")"#,
    r#"resource.hasTag("Env") && resource.getTag("Env") == "prod""#,
    r#"resource.hasTag("Team") && resource.getTag("Team") like "*b""#,
    r#"!resource.hasTag("Env") || resource.getTag("Env") != "prod""#,
    r#"context has ticket && context.ticket like "OPS-*""#,
    "context.duration_seconds <= 900",
    r#"principal in Postern::Group::"leads""#,
    r#"[Postern::Action::"shell", Postern::Action::"ssh"].contains(action)"#,
    r#"if context has ticket then context.ticket != "a && (b || c" else principal.sub == "anna""#,
    r#"resource.getTag("Env") == "prod""#,
    "context.duration_seconds * 9223372036854775807 > 0",
];

fn condition() -> impl Strategy<Value = String> {
    let saying = select(&SAYINGS[..]).prop_map(|saying| format!("({saying})"));
    // The head of a chain may stand without brackets.
    let bare = select(&SAYINGS[..8]).prop_map(str::to_owned);
    let condition = saying.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..=3).prop_map(|all| all.join(" && ")),
            prop::collection::vec(inner.clone(), 2..=3).prop_map(|all| all.join(" || ")),
            prop::collection::vec(inner.clone(), 2..=3)
                .prop_map(|all| format!("({})", all.join(" && "))),
            prop::collection::vec(inner.clone(), 2..=3)
                .prop_map(|all| format!("({})", all.join(" || "))),
            inner.prop_map(|one| format!("!({one})")),
        ]
    });
    prop_oneof![
        1 => bare.clone(),
        4 => condition.clone(),
        2 => (bare, select(&[" && ", " || "][..]), condition)
            .prop_map(|(first, operator, rest)| format!("{first}{operator}{rest}")),
    ]
}

fn policies() -> impl Strategy<Value = Written> {
    let principal = select(
        &[
            "principal",
            "principal",
            r#"principal in Postern::Group::"engineers""#,
            r#"principal is Postern::Person in Postern::Group::"leads""#,
            r#"principal == Postern::Person::"https://login.example.com anna""#,
        ][..],
    );
    let action = select(
        &[
            "action",
            "action",
            r#"action == Postern::Action::"shell""#,
            r#"action in [Postern::Action::"shell", Postern::Action::"port"]"#,
        ][..],
    );
    let resource = select(
        &[
            "resource",
            "resource is Postern::Target",
            r#"resource == Postern::Target::"111122223333/ap-northeast-2/i-00000000000000001""#,
        ][..],
    );
    let conditions = prop::collection::vec((select(&["when", "unless"][..]), condition()), 0..=3);
    (
        select(&["permit", "forbid"][..]),
        principal,
        action,
        resource,
        conditions,
    )
        .prop_map(
            |(effect, principal, action, resource, conditions)| Written {
                effect,
                head: [principal, action, resource],
                conditions,
            },
        )
}

/// An ask for both instances, and the groups of who asks.
fn asks() -> impl Strategy<Value = (Ask, Vec<&'static str>)> {
    (
        select(&["shell", "port", "ssh"][..]),
        select(&[None, Some("OPS-1"), Some("HR-1")][..]),
        select(&[600_u64, 1_800][..]),
        subsequence(vec!["engineers", "leads"], 0..=2),
    )
        .prop_map(|(kind, ticket, seconds, groups)| {
            let duration_seconds = seconds.try_into().unwrap();
            let ask = ask(&[WEB, BARE], kind, ticket);
            (
                Ask {
                    duration_seconds,
                    ..ask
                },
                groups,
            )
        })
}

/// What Cedar is asked of each instance.
fn inquiries(ask: &Ask, groups: &[&str]) -> Vec<Inquiry> {
    let groups: BTreeSet<Group> = groups.iter().map(|one| one.parse().unwrap()).collect();
    let all = facts();
    let question = Question {
        ask,
        person: &anna(),
        groups: &groups,
        rotas: &BTreeSet::new(),
        facts: &all,
        at: Moment::from_seconds(1_795_514_400),
        sought: Sought::Anew,
    };
    all.iter()
        .map(|facts| Inquiry::new(&question, facts, &Zone::utc()).unwrap())
        .collect()
}

/// What Cedar says to a policy without any other: whether it applies; nothing where it fails.
fn applies(policy: &str, inquiry: &Inquiry) -> Option<bool> {
    let set = Cedar::from_str(&format!("{policy};")).unwrap();
    let response = Authorizer::new().is_authorized(&inquiry.request, &set, &inquiry.entities);
    let failed = response.diagnostics().errors().count() > 0;
    (!failed).then(|| response.diagnostics().reason().count() == 1)
}

/// Whether an expression is true; nothing where it fails.
fn is_true(expression: &str, inquiry: &Inquiry) -> Option<bool> {
    let policy = format!("permit(principal, action, resource) when {{ {expression} }}");
    applies(&policy, inquiry)
}

proptest! {
    #![proptest_config(cases(96))]

    #[test]
    fn the_verdict_is_cedars_and_every_clause_told_says_no(
        written in policies(),
        (ask, groups) in asks(),
    ) {
        let policy = Policy::parse(None, format!("{};", written.text())).unwrap();
        let clauses = Clauses::of(&policy);
        for inquiry in &inquiries(&ask, &groups) {
            let verdict = clauses.verdict(inquiry);
            let Verdict::DoesNotApply { clauses } = verdict else {
                let expected = match applies(&written.text(), inquiry) {
                    Some(true) => Verdict::Applies {},
                    None => Verdict::Fails {},
                    Some(false) => Verdict::Unknown {},
                };
                prop_assert_eq!(verdict, expected);
                continue;
            };
            prop_assert_eq!(applies(&written.text(), inquiry), Some(false));
            prop_assert!(!clauses.is_empty());
            for Clause { part, text } in &clauses {
                let says_no = match part {
                    Part::Unless => true,
                    Part::Principal | Part::Action | Part::Resource | Part::When => false,
                };
                prop_assert_eq!(is_true(text, inquiry), Some(says_no), "{}", text);
                let turned = format!("!({text})");
                prop_assert_eq!(is_true(&turned, inquiry), Some(!says_no), "{}", text);
            }

            // All of the head that says no is told, and nothing of the conditions is left out
            // where the kind of access is the policy's.
            let of = |wanted: &[Part]| -> Vec<&str> {
                let clauses = clauses.iter().filter(|clause| wanted.contains(&clause.part));
                clauses.map(|clause| clause.text.as_str()).collect()
            };
            let head: Vec<&str> = written
                .head
                .into_iter()
                .filter(|constraint| constraint.contains(' '))
                .filter(|constraint| is_true(constraint, inquiry) == Some(false))
                .collect();
            prop_assert_eq!(of(&[Part::Principal, Part::Action, Part::Resource]), head.clone());
            let against = written.conditions.iter().filter(|(word, condition)| {
                is_true(condition, inquiry) == Some(*word == "unless")
            });
            let another_kind = head.iter().any(|constraint| constraint.starts_with("action"));
            let expected = if another_kind { 0 } else { against.count() };
            prop_assert_eq!(of(&[Part::When, Part::Unless]).len(), expected, "{:?}", clauses);
        }
    }
}
