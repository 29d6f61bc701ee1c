mod codes;
mod faults;
mod readiness;
mod unit;

use std::collections::BTreeSet;

use super::*;
use crate::ask::Ask;
use crate::facts::{Ping, Platform, TargetFacts};
use crate::moment::Moment;
use crate::names::{Group, Person};
use crate::route::{Consent, InChat, Route, Stages};

const WEB: &str = "111122223333/ap-northeast-2/i-00000000000000001";
const DB: &str = "111122223333/ap-northeast-2/i-00000000000000002";
/// 2026-11-24T10:00:00Z.
const NOW: i64 = 1_795_514_400;

fn set(text: &str) -> PolicySet {
    PolicySet::parse(text).unwrap_or_else(|faults| panic!("{faults}"))
}

/// A permit for everybody, with these annotations and this condition.
fn permit(annotations: &str, condition: &str) -> String {
    format!("{annotations} permit(principal, action, resource) when {{ {condition} }};\n")
}

fn facts() -> Vec<TargetFacts> {
    [(WEB, "web"), (DB, "db")]
        .map(|(target, role)| TargetFacts {
            target: target.parse().unwrap(),
            tags: [("Role".to_owned(), role.to_owned())].into(),
            platform: Platform::Linux,
            ping: Ping::Online,
            agent_version: None,
            last_log: None,
            readiness: None,
        })
        .into()
}

fn ask(targets: &[&str], seconds: u32) -> Ask {
    serde_json::from_value(serde_json::json!({
        "targets": targets,
        "kind": { "type": "shell" },
        "duration_seconds": seconds,
        "reason": "disk full",
    }))
    .unwrap()
}

fn anna() -> Person {
    Person {
        iss: "https://login.example.com".parse().unwrap(),
        sub: "anna".parse().unwrap(),
    }
}

fn in_groups(groups: &[&str]) -> BTreeSet<Group> {
    groups.iter().map(|group| group.parse().unwrap()).collect()
}

fn decide(policies: &str, ask: &Ask) -> Decision {
    asked(&set(policies), ask, &anna(), &["engineers"], &facts())
}

fn asked(
    policies: &PolicySet,
    ask: &Ask,
    person: &Person,
    groups: &[&str],
    facts: &[TargetFacts],
) -> Decision {
    policies.decide(&Question {
        ask,
        person,
        groups: &in_groups(groups),
        rotas: &BTreeSet::new(),
        facts,
        at: Moment::from_seconds(NOW),
        sought: Sought::Anew,
    })
}

fn route(decision: Decision) -> Route {
    match decision {
        Decision::Allowed { route } => route,
        Decision::Denied(denial) => panic!("{denial}"),
    }
}

fn denial(decision: Decision) -> Denial {
    match decision {
        Decision::Allowed { route } => panic!("allowed by {}", route.policy),
        Decision::Denied(denial) => denial,
    }
}

const AUTO: &str = r#"@auto("true") @max_duration("1h")"#;
const IS_WEB: &str = r#"resource.hasTag("Role") && resource.getTag("Role") == "web""#;

#[test]
fn an_empty_set_permits_nothing() {
    let denial = denial(decide("", &ask(&[WEB], 60)));
    assert_eq!(
        (denial.kind, denial.reasons.len()),
        (DenialKind::NoPolicy, 0)
    );
}

#[test]
fn a_route_comes_whole_from_one_permit() {
    let text = permit(
        r#"@id("a") @approvals("2") @approvers("leads,oncall") @max_duration("45m") @answer_within("2h")"#,
        "true",
    );
    let policies = set(&text);
    assert_eq!(
        route(decide(&text, &ask(&[WEB, DB], 2_700))),
        Route {
            policy: "a".parse().unwrap(),
            policy_set: policies.digest(),
            consent: Consent::Approvals {
                stages: Stages::one(2, in_groups(&["leads", "oncall"])).unwrap(),
            },
            max_duration: 2_700.try_into().unwrap(),
            extendable_to: None,
            answer_within: std::time::Duration::from_secs(7_200),
            run_as: None,
            reviewers: None,
            chat: InChat::Login,
        }
    );
}

#[test]
fn scope_of_one_permit_and_duration_of_another_never_combine() {
    // `wide` covers both targets for a minute, `long` covers one of them for an hour.
    let text = permit(r#"@id("wide") @auto("true") @max_duration("1m")"#, "true")
        + &permit(&format!(r#"@id("long") {AUTO}"#), IS_WEB);
    let refused = denial(decide(&text, &ask(&[WEB, DB], 3_600)));
    assert_eq!(
        refused.kind,
        DenialKind::TooLong {
            longest: 60.try_into().unwrap()
        }
    );
    assert_eq!(
        refused.to_string(),
        format!(
            "no policy allows it for so long: policy `long` does not cover `{DB}`; \
             policy `wide` allows at most 1m"
        )
    );
    assert_eq!(refused.next(), "Ask for 1m or less.");
    assert_eq!(
        route(decide(&text, &ask(&[WEB, DB], 60))).policy.as_str(),
        "wide"
    );
    assert_eq!(
        route(decide(&text, &ask(&[WEB], 3_600))).policy.as_str(),
        "long"
    );
}

#[test]
fn two_permits_that_cover_one_target_each_are_no_route_to_both() {
    let text = permit(&format!(r#"@id("web") {AUTO}"#), IS_WEB)
        + &permit(&format!(r#"@id("rest") {AUTO}"#), &format!("!({IS_WEB})"));
    let refused = denial(decide(&text, &ask(&[WEB, DB], 60)));
    assert_eq!(refused.kind, DenialKind::NoRoute);
    let named: Vec<&str> = refused
        .reasons
        .iter()
        .filter_map(|r| r.policy.as_ref())
        .map(PolicyId::as_str)
        .collect();
    assert_eq!(named, ["rest", "web"]);
}

#[test]
fn a_forbid_on_one_target_beats_every_permit_and_says_why() {
    let text = permit(&format!(r#"@id("all") {AUTO}"#), "true")
        + &format!(
            r#"@id("not-web") @because("web is frozen") forbid(principal, action, resource) when {{ {IS_WEB} }};"#
        );
    let refused = denial(decide(&text, &ask(&[DB, WEB], 60)));
    assert_eq!(refused.kind, DenialKind::Forbidden);
    assert_eq!(
        refused.to_string(),
        format!("a policy forbids it: policy `not-web` forbids `{WEB}`: web is frozen")
    );
    assert_eq!(route(decide(&text, &ask(&[DB], 60))).policy.as_str(), "all");
}

#[test]
fn a_policy_that_fails_denies_whatever_the_others_say() {
    // Cedar alone would skip the forbid that overflows, and allow.
    let overflow = "context.now * 9223372036854775807 > 0";
    let all = permit(&format!(r#"@id("all") {AUTO}"#), "true");
    let forbid =
        format!(r#"@id("broken") forbid(principal, action, resource) when {{ {overflow} }};"#);
    let refused = denial(decide(&(all.clone() + &forbid), &ask(&[WEB], 60)));
    assert_eq!(refused.kind, DenialKind::Unevaluable);
    assert_eq!(
        refused.reasons[0].policy.as_ref().unwrap().as_str(),
        "broken"
    );
    let told = serde_json::to_string(&refused).unwrap();
    assert!(
        !told.contains("overflow"),
        "a policy's insides are for the log: {told}"
    );

    let permits = all.clone() + &permit(&format!(r#"@id("broken") {AUTO}"#), overflow);
    let refused = denial(decide(&permits, &ask(&[WEB], 60)));
    assert_eq!(refused.kind, DenialKind::Unevaluable);

    let certain = r#"@id("no") forbid(principal, action, resource);"#;
    let refused = denial(decide(&(all + &forbid + certain), &ask(&[WEB], 60)));
    assert_eq!(refused.kind, DenialKind::Forbidden);
}

#[test]
fn a_target_without_facts_is_denied() {
    let text = permit(&format!(r#"@id("all") {AUTO}"#), "true");
    let known = &facts()[..1];
    let refused = denial(asked(
        &set(&text),
        &ask(&[WEB, DB], 60),
        &anna(),
        &[],
        known,
    ));
    assert_eq!(refused.kind, DenialKind::Unevaluable);
    assert_eq!(
        refused.reasons,
        [Reason {
            policy: None,
            why: Why::UnknownTarget {
                target: DB.parse().unwrap()
            }
        }]
    );
}

#[test]
fn the_choice_is_automatic_then_fewest_approvals_then_first_id() {
    let by = |id: &str, terms: &str| {
        permit(
            &format!(r#"@id("{id}") @max_duration("1h") {terms}"#),
            "true",
        )
    };
    let two = by("a-two", r#"@approvals("2") @approvers("leads")"#);
    let one = by("c-one", r#"@approvals("1") @approvers("leads")"#);
    let other_one = by("b-one", r#"@approvals("1") @approvers("security")"#);
    let auto = by("z-auto", r#"@auto("true")"#);
    let chosen = |texts: &[&String]| {
        let forward: String = texts.iter().map(|text| text.as_str()).collect();
        let backward: String = texts.iter().rev().map(|text| text.as_str()).collect();
        let policy = route(decide(&forward, &ask(&[WEB], 60))).policy;
        assert_eq!(route(decide(&backward, &ask(&[WEB], 60))).policy, policy);
        policy.to_string()
    };
    assert_eq!(chosen(&[&two, &one, &other_one, &auto]), "z-auto");
    assert_eq!(chosen(&[&two, &one, &other_one]), "b-one");
    assert_eq!(chosen(&[&two, &one]), "c-one");
    assert_eq!(chosen(&[&two]), "a-two");
}

#[test]
fn groups_are_compared_exactly_and_no_claim_is_no_group() {
    let text = format!(
        r#"@id("e") {AUTO} permit(principal in Postern::Group::"engineers", action, resource);"#
    );
    let policies = set(&text);
    let allowed = |groups: &[&str]| {
        let decision = asked(&policies, &ask(&[WEB], 60), &anna(), groups, &facts());
        matches!(decision, Decision::Allowed { .. })
    };
    assert!(allowed(&["engineers"]) && allowed(&["leads", "engineers"]));
    for groups in [
        &[][..],
        &["Engineers"],
        &["engineers-eu"],
        &["engineer"],
        &["engineers\u{301}"],
    ] {
        assert!(!allowed(groups), "{groups:?}");
    }
}

#[test]
fn a_policy_can_name_one_person_and_means_issuer_and_subject() {
    let by_uid = format!(
        r#"@id("anna") {AUTO} permit(principal == Postern::Person::"https://login.example.com anna", action, resource);"#
    );
    let by_parts = permit(
        &format!(r#"@id("anna") {AUTO}"#),
        r#"principal.iss == "https://login.example.com" && principal.sub == "anna""#,
    );
    for text in [by_uid, by_parts] {
        assert_eq!(
            route(decide(&text, &ask(&[WEB], 60))).policy.as_str(),
            "anna"
        );
        let namesake = Person {
            iss: "https://other.example.com".parse().unwrap(),
            ..anna()
        };
        let refused = asked(&set(&text), &ask(&[WEB], 60), &namesake, &["a"], &facts());
        assert_eq!(denial(refused).kind, DenialKind::NoRoute);
    }
}

#[test]
fn policies_see_the_kind_the_target_and_the_time() {
    let seen = [
        r#"action == Postern::Action::"shell""#,
        r#"resource.account == "111122223333" && resource.region == "ap-northeast-2""#,
        r#"resource.platform == "linux" && !(resource has name)"#,
        r#"resource.instance == "i-00000000000000001""#,
        r#"resource == Postern::Target::"111122223333/ap-northeast-2/i-00000000000000001""#,
        r#"context.duration_seconds == 60 && context.reason == "disk full""#,
        "!(context has ticket) && context.now == 1795514400",
        r#"!(context has command) && !(context has port)"#,
    ];
    for condition in seen {
        let text = permit(&format!(r#"@id("p") {AUTO}"#), condition);
        assert_eq!(
            route(decide(&text, &ask(&[WEB], 60))).policy.as_str(),
            "p",
            "{condition}"
        );
    }
    let port: Ask = serde_json::from_value(serde_json::json!({
        "targets": [WEB],
        "kind": { "type": "port", "host": "db.internal", "port": 5432 },
        "duration_seconds": 60,
        "reason": "look at a table",
        "ticket": "OPS-7",
    }))
    .unwrap();
    let text = format!(
        r#"@id("p") {AUTO} @unlogged("true")
           permit(principal, action == Postern::Action::"port", resource)
           when {{ context.host == "db.internal" && context.port == 5432
                   && context has ticket && context.ticket == "OPS-7" }};"#
    );
    assert_eq!(route(decide(&text, &port)).policy.as_str(), "p");
}

#[test]
fn the_digest_is_of_the_text() {
    let text = r#"@id("n") forbid(principal, action, resource);"#;
    assert_eq!(set(text).digest(), set(text).digest());
    assert_ne!(set(text).digest(), set(&format!("{text} ")).digest());
    let ids: Vec<String> = set(text).ids().map(ToString::to_string).collect();
    assert_eq!(ids, ["n"]);
}

#[test]
fn a_decision_reads_back_from_json() {
    let text = permit(r#"@id("a") @auto("true") @max_duration("1m")"#, "true");
    for seconds in [60, 61] {
        let decision = decide(&text, &ask(&[WEB], seconds));
        let json = serde_json::to_string(&decision).unwrap();
        assert_eq!(
            serde_json::from_str::<Decision>(&json).unwrap(),
            decision,
            "{json}"
        );
    }
    let refused = serde_json::to_value(decide(&text, &ask(&[WEB], 61))).unwrap();
    assert_eq!(
        refused,
        serde_json::json!({
            "decision": "denied",
            "denial": "too-long",
            "longest_seconds": 60,
            "reasons": [{ "policy": "a", "why": "allows-at-most", "longest_seconds": 60 }],
        })
    );
}
