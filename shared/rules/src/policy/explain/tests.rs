mod properties;

use std::fmt::Write as _;

use std::collections::BTreeSet;

use super::*;
use crate::ask::Ask;
use crate::facts::{Ping, Platform, TargetFacts};
use crate::moment::Moment;
use crate::names::Person;
use crate::policy::Sought;

/// An instance with the tags `Env` = `prod` and `Team` = `a`.
const WEB: &str = "111122223333/ap-northeast-2/i-00000000000000001";
/// An instance without tags.
const BARE: &str = "111122223333/ap-northeast-2/i-00000000000000002";
/// An instance that the inventory does not know.
const GHOST: &str = "111122223333/ap-northeast-2/i-00000000000000003";

fn facts() -> Vec<TargetFacts> {
    let tags = [("Env", "prod"), ("Team", "a")].map(|(key, value)| (key.into(), value.into()));
    [(WEB, tags.into()), (BARE, [].into())]
        .map(|(target, tags)| TargetFacts {
            target: target.parse().unwrap(),
            tags,
            platform: Platform::Linux,
            ping: Ping::Online,
            agent_version: None,
            last_log: None,
            readiness: None,
        })
        .into()
}

/// An engineer asks for ten minutes.
fn ask(targets: &[&str], kind: &str, ticket: Option<&str>) -> Ask {
    let kind = match kind {
        "port" => serde_json::json!({ "type": "port", "host": "localhost", "port": 5432 }),
        kind => serde_json::json!({ "type": kind }),
    };
    serde_json::from_value(serde_json::json!({
        "targets": targets,
        "kind": kind,
        "duration_seconds": 600,
        "reason": "disk full",
        "ticket": ticket,
    }))
    .unwrap()
}

fn anna() -> Person {
    Person {
        iss: "https://login.example.com".parse().unwrap(),
        sub: "anna".parse().unwrap(),
    }
}

/// A set with a policy `p`; a `permit` is given the annotations it needs.
fn set(policy: &str) -> PolicySet {
    let terms = if policy.starts_with("permit") {
        r#"@auto("true") @max_duration("1h")"#
    } else {
        ""
    };
    let text = format!(r#"@id("p") {terms} {policy};"#);
    PolicySet::parse(&text).unwrap_or_else(|faults| panic!("{faults}\n{text}"))
}

fn explained(policies: &PolicySet, ask: &Ask) -> Vec<Explained> {
    policies.explain(&Question {
        ask,
        person: &anna(),
        groups: &BTreeSet::from(["engineers".parse().unwrap()]),
        rotas: &BTreeSet::new(),
        facts: &facts(),
        at: Moment::from_seconds(1_795_514_400),
        sought: Sought::Anew,
    })
}

fn word(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Applies {} => "applies".to_owned(),
        Verdict::Fails {} => "fails".to_owned(),
        Verdict::Unknown {} => "unknown".to_owned(),
        Verdict::DoesNotApply { clauses } => {
            let mut told = "no".to_owned();
            for Clause { part, text } in clauses {
                let part = serde_json::to_value(part).unwrap();
                write!(told, "; {}: {text}", part.as_str().unwrap()).unwrap();
            }
            told
        }
    }
}

/// What a policy says on each of the targets.
fn says(policy: &str, ask: &Ask) -> Vec<String> {
    let explained = explained(&set(policy), ask);
    let targets = explained.iter().flat_map(|one| &one.targets);
    targets.map(|on| word(&on.verdict)).collect()
}

fn shell(targets: &[&str]) -> Ask {
    ask(targets, "shell", None)
}

const IN_PROD: &str = r#"resource.hasTag("Env") && resource.getTag("Env") == "prod""#;

#[test]
fn a_clause_that_says_no_is_told() {
    // What the policy reads, and what it says on an instance in production.
    for (policy, says_of_web) in [
        (
            r#"permit(principal in Postern::Group::"engineers", action, resource)"#,
            "applies",
        ),
        (
            r#"permit(principal in Postern::Group::"leads", action, resource)"#,
            r#"no; principal: principal in Postern::Group::"leads""#,
        ),
        (
            r#"permit(principal, action == Postern::Action::"ssh", resource)"#,
            r#"no; action: action == Postern::Action::"ssh""#,
        ),
        (
            r#"permit(principal, action, resource ==
                 Postern::Target::"111122223333/ap-northeast-2/i-00000000000000002")"#,
            r#"no; resource: resource == Postern::Target::"111122223333/ap-northeast-2/i-00000000000000002""#,
        ),
        (
            r#"permit(principal, action, resource)
               when { resource.hasTag("Owner") && resource.getTag("Owner") == "me" }"#,
            r#"no; when: resource.hasTag("Owner")"#,
        ),
        (
            r#"permit(principal, action, resource)
               when { resource.hasTag("Env") && resource.getTag("Env") == "staging" }"#,
            r#"no; when: resource.getTag("Env") == "staging""#,
        ),
        (
            r#"permit(principal, action, resource)
               when { resource.hasTag("Env") && (resource.getTag("Env") == "staging"
                      || resource.getTag("Env") == "test") }"#,
            r#"no; when: resource.getTag("Env") == "staging" || resource.getTag("Env") == "test""#,
        ),
        (
            r#"permit(principal, action, resource)
               unless { principal.sub == "bert" || principal.sub == "anna"
                        || context.duration_seconds > 300 }"#,
            r#"no; unless: principal.sub == "anna""#,
        ),
        (
            r#"permit(principal, action, resource) unless { principal.sub == "bert" }"#,
            "applies",
        ),
        (
            r#"permit(principal, action, resource)
               when { if resource.hasTag("Env") then context.duration_seconds < 60 else true }"#,
            r#"no; when: if resource.hasTag("Env") then context.duration_seconds < 60 else true"#,
        ),
    ] {
        assert_eq!(says(policy, &shell(&[WEB])), [says_of_web], "{policy}");
    }
}

#[test]
fn all_of_the_head_and_the_first_of_each_condition_are_told() {
    let policy = r#"permit(principal in Postern::Group::"leads", action, resource is Postern::Target)
        when { context.duration_seconds < 60 && principal.sub == "bert" }
        when { resource.platform == "linux" }
        unless { resource.platform == "windows" || resource.hasTag("Team") }"#;
    assert_eq!(
        says(policy, &shell(&[WEB])),
        [
            r#"no; principal: principal in Postern::Group::"leads"; when: context.duration_seconds < 60; unless: resource.hasTag("Team")"#
        ]
    );
}

#[test]
fn a_ticket_can_be_missing_or_wrong() {
    let policy = r#"permit(principal, action, resource)
        when { context has ticket } when { context.ticket like "OPS-*" }"#;
    let with = |ticket| says(policy, &ask(&[WEB], "shell", ticket));
    assert_eq!(with(None), ["no; when: context has ticket"]);
    assert_eq!(
        with(Some("HR-1")),
        [r#"no; when: context.ticket like "OPS-*""#]
    );
    assert_eq!(with(Some("OPS-1")), ["applies"]);
}

#[test]
fn a_policy_about_another_kind_is_told_by_its_action_alone() {
    let policy = r#"permit(principal, action in [Postern::Action::"port"], resource)
        when { context.port == 22 } unless { principal.sub == "anna" }"#;
    assert_eq!(
        says(policy, &shell(&[WEB])),
        [r#"no; action: action in [Postern::Action::"port"]"#]
    );
    assert_eq!(
        says(policy, &ask(&[WEB], "port", None)),
        [r#"no; when: context.port == 22; unless: principal.sub == "anna""#]
    );
}

#[test]
fn each_target_has_its_own_answer() {
    let asked = shell(&[GHOST, BARE, WEB]);
    for head in ["permit", "forbid"] {
        let policy = format!("{head}(principal, action, resource) when {{ {IN_PROD} }}");
        assert_eq!(
            says(&policy, &asked),
            ["applies", r#"no; when: resource.hasTag("Env")"#, "unknown"]
        );
    }
}

#[test]
fn a_policy_that_fails_is_told_so_unless_something_before_says_no() {
    let overflow = "context.now * 9223372036854775807 > 0";
    let fails = format!("forbid(principal, action, resource) when {{ {overflow} }}");
    assert_eq!(says(&fails, &shell(&[WEB])), ["fails"]);
    let guarded = format!("forbid(principal, action, resource) when {{ {IN_PROD} && {overflow} }}");
    assert_eq!(
        says(&guarded, &shell(&[WEB, BARE])),
        ["fails", r#"no; when: resource.hasTag("Env")"#]
    );
    let other = format!(
        r#"forbid(principal in Postern::Group::"leads", action, resource) when {{ {overflow} }}"#
    );
    assert_eq!(
        says(&other, &shell(&[WEB])),
        [r#"no; principal: principal in Postern::Group::"leads""#]
    );
}

#[test]
fn a_forbid_that_applies_hides_no_permit() {
    let terms = r#"@auto("true") @max_duration("15s")"#;
    let policies = PolicySet::parse(&format!(
        r#"@id("z") {terms} permit(principal, action, resource);
           @id("a") forbid(principal, action, resource);
           @id("m") forbid(principal, action == Postern::Action::"ssh", resource);"#
    ))
    .unwrap();
    let told: Vec<(String, Effect, String)> = explained(&policies, &shell(&[WEB]))
        .iter()
        .map(|one| {
            (
                one.policy.to_string(),
                one.effect,
                word(&one.targets[0].verdict),
            )
        })
        .collect();
    let of = |id: &str, effect, verdict: &str| (id.to_owned(), effect, verdict.to_owned());
    let no = r#"no; action: action == Postern::Action::"ssh""#;
    assert_eq!(
        told,
        [
            of("a", Effect::Forbid, "applies"),
            of("m", Effect::Forbid, no),
            of("z", Effect::Permit, "applies")
        ]
    );
}

#[test]
fn an_explanation_reads_back_from_json() {
    let policy = "forbid(principal, action, resource) when { context.duration_seconds > 900 }";
    let told = explained(&set(policy), &shell(&[WEB, GHOST]));
    let json = serde_json::to_value(&told).unwrap();
    assert_eq!(
        json,
        serde_json::json!([{
            "policy": "p",
            "effect": "forbid",
            "targets": [
                {
                    "target": WEB,
                    "verdict": "does-not-apply",
                    "clauses": [{ "part": "when", "text": "context.duration_seconds > 900" }],
                },
                { "target": GHOST, "verdict": "unknown" },
            ],
        }])
    );
    assert_eq!(
        serde_json::from_value::<Vec<Explained>>(json).unwrap(),
        told
    );
}
