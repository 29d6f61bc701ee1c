//! The starter set loads, and who may do what under it is a table that people can read.
//!
//! `policies/starter.routes.txt` is compared line by line; run with `UPDATE_GOLDEN=1` to write it
//! anew, and read the difference before committing it.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::*;
use crate::ask::Ask;
use crate::facts::{Ping, Platform, TargetFacts};
use crate::moment::Moment;
use crate::names::{Group, Person, Target};
use crate::on_call::Rota;
use crate::route::{Consent, InChat};

const SET: &str = include_str!("../../../../policies/starter.cedar");
const TABLE: &str = "../../policies/starter.routes.txt";

/// Somebody who asks: their name here, their groups, and what they are on call for.
type Persona = (
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
);

const PERSONAS: [Persona; 7] = [
    ("engineer", &["engineers"], &[]),
    ("engineer on call", &["engineers"], &["web"]),
    ("lead-and-engineer", &["engineers", "leads"], &[]),
    ("lead", &["leads"], &[]),
    ("contractor", &["contractors", "engineers"], &[]),
    ("Engineer", &["Engineers"], &[]),
    ("nobody", &[], &[]),
];

/// Instances by name: a number for the id, and the tag `Env`.
const INSTANCES: [(&str, u8, Option<&str>); 4] = [
    ("staging", 1, Some("staging")),
    ("prod", 2, Some("prod")),
    ("Prod", 3, Some("Prod")),
    ("untagged", 4, None),
];

const TARGETS: [&[&str]; 5] = [
    &["staging"],
    &["prod"],
    &["Prod"],
    &["untagged"],
    &["staging", "prod"],
];

const KINDS: [&str; 4] = [
    r#"{"type":"shell"}"#,
    r#"{"type":"command","name":"restart-nginx"}"#,
    r#"{"type":"port","host":"localhost","port":5432}"#,
    r#"{"type":"ssh"}"#,
];

fn target(number: u8) -> Target {
    format!("111122223333/ap-northeast-2/i-{number:017x}")
        .parse()
        .unwrap()
}

fn facts() -> Vec<TargetFacts> {
    INSTANCES
        .iter()
        .map(|(name, number, env)| TargetFacts {
            target: target(*number),
            tags: [("Name", Some(*name)), ("Env", *env)]
                .into_iter()
                .filter_map(|(key, value)| Some((key.to_owned(), value?.to_owned())))
                .collect(),
            platform: Platform::Linux,
            ping: Ping::Online,
            agent_version: None,
            last_log: None,
            readiness: None,
        })
        .collect()
}

fn ask(names: &[&str], kind: &str, seconds: u32) -> Ask {
    let targets: Vec<Target> = INSTANCES
        .iter()
        .filter(|(name, _, _)| names.contains(name))
        .map(|(_, number, _)| target(*number))
        .collect();
    let kind: serde_json::Value = serde_json::from_str(kind).unwrap();
    serde_json::from_value(serde_json::json!({
        "targets": targets,
        "kind": kind,
        "duration_seconds": seconds,
        "reason": "what this table shows to people",
    }))
    .unwrap()
}

fn decide(policies: &PolicySet, ask: &Ask, (name, groups, rotas): Persona) -> Decision {
    let person = Person {
        iss: "https://login.example.com".parse().unwrap(),
        sub: name.replace(' ', "-").parse().unwrap(),
    };
    let groups: BTreeSet<Group> = groups.iter().map(|group| group.parse().unwrap()).collect();
    let rotas: BTreeSet<Rota> = rotas.iter().map(|rota| rota.parse().unwrap()).collect();
    policies.decide(&Question {
        ask,
        person: &person,
        groups: &groups,
        rotas: &rotas,
        facts: &facts(),
        at: Moment::from_seconds(1_795_514_400),
        sought: Sought::Anew,
    })
}

fn in_chat(rung: InChat) -> &'static str {
    match rung {
        InChat::Tap => " (a tap in chat)",
        InChat::Login => "",
        InChat::None => " (not in chat)",
    }
}

fn row(policies: &PolicySet, persona: Persona, names: &[&str], ask: &Ask) -> String {
    let answer = match decide(policies, ask, persona) {
        Decision::Allowed { route } => match route.consent {
            Consent::Automatic => {
                format!("{}: automatic{}", route.policy, in_chat(route.chat))
            }
            Consent::Approvals { stages } => {
                let stages: Vec<String> = stages
                    .iter()
                    .map(|stage| {
                        let groups: Vec<&str> = stage.groups.iter().map(Group::as_str).collect();
                        format!("{} of {}", stage.needed, groups.join(", "))
                    })
                    .collect();
                let stages = stages.join("; then ");
                format!("{}: {stages}{}", route.policy, in_chat(route.chat))
            }
        },
        Decision::Denied(denial) => match denial.kind {
            DenialKind::TooLong { longest } => format!("- {}: {longest} at most", denial.code()),
            DenialKind::Forbidden
            | DenialKind::Unevaluable
            | DenialKind::ReasonTooShort { .. }
            | DenialKind::ReasonUnlike
            | DenialKind::TicketUnlike
            | DenialKind::NotForOthers
            | DenialKind::NotUnlogged
            | DenialKind::NotExtendable
            | DenialKind::NoBreakGlass
            | DenialKind::NoGroups
            | DenialKind::NoPolicy
            | DenialKind::NoRoute => {
                let named: BTreeSet<String> = denial
                    .reasons
                    .iter()
                    .filter_map(|reason| reason.policy.as_ref().map(ToString::to_string))
                    .collect();
                let named: Vec<String> = named.into_iter().collect();
                format!("- {} {}", denial.code(), named.join(", "))
            }
        },
    };
    let (who, _, _) = persona;
    let (targets, emergency) = (names.join("+"), if ask.break_glass { "!" } else { "" });
    let kind = format!("{}{emergency}", ask.kind.word());
    let duration = ask.duration_seconds.to_string();
    let line = format!("{who:<18} {targets:<13} {kind:<8} {duration:<7} {answer}");
    line.trim_end().to_owned()
}

fn table() -> String {
    let policies = PolicySet::parse(SET).unwrap_or_else(|faults| panic!("{faults}"));
    let mut table = format!(
        "{:<18} {:<13} {:<8} {:<7} {}\n",
        "who", "target by Env", "kind", "how long", "answer"
    );
    let mut write = |persona, names: &[&str], ask: &Ask| {
        writeln!(table, "{}", row(&policies, persona, names, ask)).unwrap();
    };
    for persona in PERSONAS {
        for names in TARGETS {
            for kind in KINDS {
                write(persona, names, &ask(names, kind, 1_800));
            }
            // As an emergency.
            let mut emergency = ask(names, KINDS[0], 1_800);
            emergency.break_glass = true;
            write(persona, names, &emergency);
        }
    }
    let [engineer, on_call, ..] = PERSONAS;
    for seconds in [3_600, 3_601] {
        write(on_call, &["staging"], &ask(&["staging"], KINDS[0], seconds));
    }
    for names in [&["staging"], &["prod"]] {
        for kind in KINDS {
            for seconds in [3_600, 3_601, 7_200, 14_400, 14_401, 28_800] {
                write(engineer, names, &ask(names, kind, seconds));
            }
        }
    }
    table
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "the golden table is a file that the test may write"
)]
fn who_may_do_what_under_the_starter_set_is_as_written() {
    let table = table();
    let path = format!("{}/{TABLE}", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &table).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    for (n, (is, was)) in table.lines().zip(written.lines()).enumerate() {
        assert_eq!(
            is,
            was,
            "line {}; run with UPDATE_GOLDEN=1 if this is meant",
            n + 1
        );
    }
    assert_eq!(table.lines().count(), written.lines().count());
}

#[test]
fn contractors_are_told_why_they_are_refused() {
    let policies = PolicySet::parse(SET).unwrap();
    let contractor = PERSONAS
        .into_iter()
        .find(|(name, ..)| *name == "contractor");
    let ask = ask(&["prod"], KINDS[0], 900);
    let Decision::Denied(denial) = decide(&policies, &ask, contractor.unwrap()) else {
        panic!("a contractor got to production");
    };
    assert!(
        denial
            .to_string()
            .contains("ask a lead to do it together with you"),
        "{denial}"
    );
}
