//! One policy is a unit: over random sets, what a set says is what one of its permits says.
//!
//! Nothing here knows how a set is judged. A set is held against its own policies one by one: the
//! permit that offers the route offers the same route where it stands alone, and where the set
//! refuses, no permit would have done beside the same forbids. So nothing of two permits was put
//! together, and nothing of one got lost.

use std::cell::RefCell;
use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::test_runner::TestRunner;

use super::*;
use crate::names::{GrantDuration, Target};
use crate::on_call::Rota;
use crate::seeded::cases;

/// An instance without tags, beside [`WEB`] and [`DB`].
const BARE: &str = "111122223333/ap-northeast-2/i-00000000000000003";

/// What conditions may say of a target; none of it can fail.
const OF_TARGETS: [&str; 4] = [
    r#"resource.hasTag("Role")"#,
    r#"resource.hasTag("Role") && resource.getTag("Role") == "web""#,
    r#"resource.hasTag("Role") && resource.getTag("Role") == "web""#,
    r#"resource.hasTag("Role") && resource.getTag("Role") == "db""#,
];

/// And of the rest.
const OF_THE_REST: [&str; 8] = [
    "context.duration_seconds <= 1800",
    "context.duration_seconds > 600",
    "context.on_call",
    r#"context.rotas.contains("web")"#,
    "context.hour >= 9 && context.hour < 18",
    r#"context.weekday == "tuesday""#,
    "context has ticket",
    "context.break_glass || !context.for_other",
];

/// A policy before it is written down, its id apart.
#[derive(Debug, Clone)]
struct Written {
    permit: bool,
    annotations: String,
    body: String,
}

impl Written {
    fn text(&self, id: &str) -> String {
        let Self {
            annotations, body, ..
        } = self;
        let effect = if self.permit { "permit" } else { "forbid" };
        format!("@id(\"{id}\") {annotations}\n{effect}{body};\n")
    }
}

fn head() -> impl Strategy<Value = String> {
    let principal = select(
        &[
            "principal",
            "principal",
            r#"principal in Postern::Group::"engineers""#,
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
    let resource = prop_oneof![
        6 => Just("resource".to_owned()),
        1 => Just(format!("resource == Postern::Target::\"{WEB}\"")),
    ];
    (principal, action, resource)
        .prop_map(|(principal, action, resource)| format!("({principal}, {action}, {resource})"))
}

/// A clause on the target and one on the rest, each with so much likelihood.
fn conditions(likely: f64) -> impl Strategy<Value = String> {
    let clause = |sayings: &'static [&'static str]| {
        let words = &["when", "when", "when", "unless"][..];
        let one = (select(words), select(sayings));
        prop::option::weighted(likely, one)
    };
    (clause(&OF_TARGETS), clause(&OF_THE_REST)).prop_map(|(target, rest)| {
        let both = target.into_iter().chain(rest);
        both.map(|(word, saying)| format!("\n{word} {{ {saying} }}"))
            .collect()
    })
}

fn zone() -> impl Strategy<Value = &'static str> {
    let zones = [
        "",
        "",
        r#"@time_zone("Asia/Seoul")"#,
        r#"@time_zone("America/New_York")"#,
    ];
    select(zones.to_vec())
}

/// One of these annotations or none.
fn maybe(annotations: &[&'static str]) -> impl Strategy<Value = &'static str> {
    let mut all = vec![""];
    all.extend(annotations);
    select(all)
}

fn terms() -> impl Strategy<Value = String> {
    let consent = prop_oneof![
        2 => Just(r#"@auto("true")"#),
        2 => Just(r#"@approvals("1") @approvers("leads")"#),
        1 => Just(r#"@approvals("2") @approvers("leads,security") @answer_within("1h")"#),
        1 => Just(r#"@stages("1 of leads; 1 of security")"#),
        3 => Just(r#"@break_glass("true") @reviewers("security")"#),
    ];
    (
        consent,
        select(&["15m", "1h", "2h"][..]),
        maybe(&[r#"@extendable_to("4h")"#, r#"@extendable_to("8h")"#]),
        maybe(&[r#"@unlogged("true")"#]),
        maybe(&[r#"@for_others("true")"#]),
        maybe(&["", "", r#"@reason_length("20")"#]),
        maybe(&[
            "",
            "",
            r#"@ticket_pattern("OPS-[0-9]+")"#,
            r#"@chat("none")"#,
        ]),
        zone(),
    )
        .prop_map(
            |(consent, longest, extendable, unlogged, others, reason, ticket, zone)| {
                // Whoever breaks the glass does it in their own name.
                let others = if consent.contains("break_glass") {
                    ""
                } else {
                    others
                };
                format!(
                    "{consent} @max_duration(\"{longest}\") {extendable} {unlogged} {others} \
                     {reason} {ticket} {zone}"
                )
            },
        )
}

fn permits() -> impl Strategy<Value = Written> {
    (terms(), head(), conditions(0.2)).prop_map(|(annotations, head, conditions)| Written {
        permit: true,
        annotations,
        body: head + &conditions,
    })
}

fn forbids() -> impl Strategy<Value = Written> {
    (zone(), head(), conditions(0.9)).prop_map(|(zone, head, conditions)| Written {
        permit: false,
        annotations: zone.to_owned(),
        body: head + &conditions,
    })
}

fn sets() -> impl Strategy<Value = Vec<Written>> {
    let one = || prop_oneof![6 => permits(), 1 => forbids()];
    // Two permits that share the instances out, which tempts to put them together.
    let shared = prop::collection::vec(one(), 0..=3).prop_map(|mut all| {
        all.extend(OF_TARGETS[2..].iter().map(|clause| Written {
            permit: true,
            annotations: r#"@auto("true") @max_duration("2h") @unlogged("true")"#.to_owned(),
            body: format!("(principal, action, resource) when {{ {clause} }}"),
        }));
        all
    });
    prop_oneof![2 => prop::collection::vec(one(), 2..=6), 1 => shared]
}

/// What somebody asks, with all that a question borrows.
#[derive(Debug, Clone)]
struct Put {
    ask: Ask,
    groups: BTreeSet<Group>,
    rotas: BTreeSet<Rota>,
    at: Moment,
    /// Which policy is to make it longer, and how long it is to be in all.
    longer: Option<(usize, GrantDuration)>,
}

fn questions() -> impl Strategy<Value = Put> {
    let who = (
        subsequence(vec!["engineers", "engineers", "leads"], 0..=3),
        subsequence(vec!["web"], 0..=1),
    );
    let what = (
        subsequence(vec![WEB, DB, BARE], 1..=2),
        select(&["shell", "shell", "shell", "port", "ssh"][..]),
        select(&[600_u32, 900, 1_800, 3_600, 3_601][..]),
        select(
            &[
                "disk full",
                "the disk is full on web-7",
                "the disk is full on db-1",
            ][..],
        ),
        select(&[None, Some("OPS-1"), Some("OPS-2")][..]),
        prop::bool::weighted(0.2),
        prop::bool::weighted(0.3),
    );
    let longer = prop::option::weighted(
        0.3,
        (0_usize..6, select(&[9_000_u64, 9_001, 14_400, 14_401][..])),
    );
    // Around the edges of a working day in the three zones, and of a Tuesday.
    let at = (0_i64..48).prop_map(|hours| Moment::from_seconds(NOW + hours * 3_600));
    (who, what, longer, at).prop_map(
        |((groups, rotas), (targets, kind, seconds, reason, ticket, glass, other), longer, at)| {
            let kind = match kind {
                "port" => serde_json::json!({ "type": "port", "host": "localhost", "port": 1 }),
                kind => serde_json::json!({ "type": kind }),
            };
            let ask = serde_json::json!({
                "targets": targets,
                "kind": kind,
                "duration_seconds": seconds,
                "reason": reason,
                "ticket": ticket,
                "break_glass": glass,
                "for": (other && !glass).then(|| Person { sub: "ben".parse().unwrap(), ..anna() }),
            });
            Put {
                ask: serde_json::from_value(ask).unwrap(),
                groups: in_groups(&groups),
                rotas: rotas.iter().map(|rota| rota.parse().unwrap()).collect(),
                at,
                longer: longer.map(|(place, total)| (place, total.try_into().unwrap())),
            }
        },
    )
}

fn known() -> Vec<TargetFacts> {
    let mut all = facts();
    let bare = TargetFacts {
        target: BARE.parse().unwrap(),
        tags: BTreeMap::new(),
        ..all[0].clone()
    };
    all.push(bare);
    all
}

impl Put {
    fn to(&self, set: &PolicySet, ask: &Ask, ids: &[PolicyId]) -> Decision {
        set.decide(&Question {
            ask,
            person: &anna(),
            groups: &self.groups,
            rotas: &self.rotas,
            facts: &known(),
            at: self.at,
            sought: match self.longer {
                None => Sought::Anew,
                Some((place, total)) => Sought::Longer {
                    by: &ids[place % ids.len()],
                    total,
                },
            },
        })
    }

    /// Whether each target by itself is let through.
    fn each_alone(&self, set: &PolicySet, ids: &[PolicyId]) -> bool {
        self.ask.targets.iter().all(|target| {
            let only: Vec<Target> = vec![target.clone()];
            let ask = Ask {
                targets: only.try_into().unwrap(),
                ..self.ask.clone()
            };
            matches!(self.to(set, &ask, ids), Decision::Allowed { .. })
        })
    }
}

/// The answer, whatever the text is that it was given by.
fn of_any_set(decision: Decision) -> Decision {
    match decision {
        Decision::Allowed { route } => Decision::Allowed {
            route: Route {
                policy_set: set("").digest(),
                ..route
            },
        },
        Decision::Denied(denial) => Decision::Denied(denial),
    }
}

/// How many cases were of each sort: a property that is never put to the test holds of everything.
#[derive(Debug, Default)]
struct Met {
    allowed: u32,
    longer: u32,
    emergencies: u32,
    for_others: u32,
    unlogged: u32,
    over_several_targets: u32,
    beside_a_forbid: u32,
    denied: u32,
    forbidden: u32,
    only_apart: u32,
}

fn holds(all: &[Written], put: &Put, met: &mut Met) -> Result<(), TestCaseError> {
    let ids: Vec<PolicyId> = (0..all.len())
        .map(|n| format!("p{n}").parse().unwrap())
        .collect();
    let texts: Vec<String> = all
        .iter()
        .zip(&ids)
        .map(|(one, id)| one.text(id.as_str()))
        .collect();
    let whole = set(&texts.concat());
    let answer = of_any_set(put.to(&whole, &put.ask, &ids));
    let decide = |text: &str| of_any_set(put.to(&set(text), &put.ask, &ids));

    let reversed: String = texts.iter().rev().map(String::as_str).collect();
    prop_assert_eq!(&decide(&reversed), &answer, "in reversed order");

    let forbids = || texts.iter().zip(all).filter(|(_, one)| !one.permit);
    let permits = || texts.iter().zip(all).filter(|(_, one)| one.permit);
    match &answer {
        Decision::Allowed { route } => {
            let place = ids.iter().position(|id| *id == route.policy).unwrap();
            prop_assert_eq!(&decide(&texts[place]), &answer, "by its policy alone");
            for (text, _) in forbids() {
                let Decision::Denied(denial) = decide(text) else {
                    return Err(TestCaseError::fail("a forbid offers a route"));
                };
                prop_assert_eq!(denial.kind, DenialKind::NoPolicy, "{}", text);
            }
            met.allowed += 1;
            met.longer += u32::from(put.longer.is_some());
            met.emergencies += u32::from(put.ask.break_glass);
            met.for_others += u32::from(put.ask.for_person.is_some());
            met.unlogged += u32::from(!put.ask.kind.loggable());
            met.over_several_targets += u32::from(put.ask.targets.count() > 1);
            met.beside_a_forbid += u32::from(forbids().next().is_some());
        }
        Decision::Denied(denial) => {
            prop_assert_ne!(denial.kind, DenialKind::Unevaluable);
            let closed: String = forbids().map(|(text, _)| text.as_str()).collect();
            for (text, _) in permits() {
                let alone = decide(&(text.clone() + &closed));
                let refused = matches!(alone, Decision::Denied(_));
                prop_assert!(refused, "{} would do by itself: {:?}", text, denial);
            }
            met.denied += 1;
            met.forbidden += u32::from(denial.kind == DenialKind::Forbidden);
            met.only_apart += u32::from(put.each_alone(&whole, &ids));
        }
    }
    Ok(())
}

#[test]
fn what_a_set_says_is_what_one_of_its_policies_says() {
    const CASES: u32 = 320;
    let met = RefCell::new(Met::default());
    TestRunner::new(cases(CASES))
        .run(&(sets(), questions()), |(all, put)| {
            holds(&all, &put, &mut met.borrow_mut())
        })
        .unwrap_or_else(|fault| panic!("{fault}"));
    let met = met.into_inner();
    let enough = met.allowed >= CASES / 5 && met.denied >= CASES / 5;
    assert!(enough, "{met:?}");
    for (what, count) in [
        ("longer", met.longer),
        ("emergencies", met.emergencies),
        ("for others", met.for_others),
        ("unlogged", met.unlogged),
        ("over several targets", met.over_several_targets),
        ("beside a forbid", met.beside_a_forbid),
        ("forbidden", met.forbidden),
        ("only apart", met.only_apart),
    ] {
        assert!(count >= 3, "{what}: {met:?}");
    }
}
