//! Access for somebody else, and people with several accounts.

use proptest::prelude::*;
use serde_json::json;

use super::scene::{Scene, after, caller, needing, somebody, start};
use crate::caller::Caller;
use crate::claims::{self, Expected, Leeway};
use crate::life::answer;
use crate::policy::PolicySet;
use crate::request::Request;
use crate::seeded::cases;

/// Leads and engineers, who may ask for each other.
fn for_others() -> String {
    needing(1)
        .replace("@unlogged", "@for_others")
        .replace(r#"principal in Postern::Group::"engineers""#, "principal")
}

/// Dora, a manager, has asked for Anna.
fn asked(scene: &Scene) -> Request {
    let dora = caller("dora", &["engineers", "leads"]);
    let mut ask = Scene::ask_for("shell");
    ask.for_person = Some(somebody("anna"));
    let step = crate::life::ask::ask(scene.asking(&dora, ask), scene.regime(), start());
    step.unwrap().request().clone()
}

#[test]
fn only_the_one_it_is_for_has_credentials_issued_and_neither_answers() {
    let scene = Scene::under(&for_others());
    let request = asked(&scene);
    assert_eq!(request.requester().sub.as_str(), "anna");
    let dora = caller("dora", &["engineers", "leads"]);
    let anna_in_all = caller("anna", &["engineers", "leads"]);
    for own in [&dora, &anna_in_all] {
        let refused = scene.approve(&request, own, after(1)).unwrap_err();
        assert_eq!(refused.code(), "self-approval");
    }
    let approved = scene
        .approve(&request, &Scene::approver(), after(1))
        .unwrap();
    let by_dora = scene
        .begin(approved.request(), &dora, after(2))
        .unwrap_err();
    assert_eq!(by_dora.code(), "not-the-requester");
    assert!(
        scene
            .begin(approved.request(), &Scene::requester(), after(2))
            .is_ok()
    );
}

#[test]
fn the_policy_is_asked_about_the_one_it_is_for_when_they_activate() {
    let mut scene = Scene::under(&for_others());
    let request = scene
        .approve(&asked(&scene), &Scene::approver(), after(1))
        .unwrap();
    let no_interns =
        r#"@id("interns") forbid (principal in Postern::Group::"interns", action, resource);"#;
    scene.policy = PolicySet::parse(&(for_others() + no_interns)).unwrap();
    let intern = caller("anna", &["interns"]);
    let refused = scene
        .begin(request.request(), &intern, after(2))
        .unwrap_err();
    assert_eq!(refused.code(), "no-longer-allowed");
}

#[test]
fn whoever_asked_may_withdraw_it_and_see_it_and_nothing_more() {
    let scene = Scene::under(&for_others());
    let request = asked(&scene);
    let dora = caller("dora", &["managers"]);
    assert!(request.is_visible_to(&dora, &scene.offices));
    assert_eq!(request.counts_for().sub.as_str(), "dora");
    assert!(answer::withdraw(&request, &dora, &scene.offices, after(1)).is_ok());
    let approved = scene
        .approve(&request, &Scene::approver(), after(1))
        .unwrap();
    let released = crate::life::end::release(approved.request(), &dora, &scene.offices, after(2));
    assert_eq!(released.unwrap_err().code(), "not-the-requester");
}

#[test]
fn whoever_names_themselves_asks_for_themselves() {
    let scene = Scene::under(&for_others());
    let request = scene.asked_with(|ask| ask.for_person = Some(somebody("anna")));
    assert_eq!(request.asker(), None);
    assert_eq!(request.ask().for_person, None);
}

/// An account of somebody, with who is behind it.
fn account(sub: &str, human: &str, groups: &[&str]) -> Caller {
    let expected = Expected {
        issuer: "https://login.example.com".parse().unwrap(),
        audiences: ["postern".parse().unwrap()].into(),
        groups_claim: "groups".parse().unwrap(),
        human_claim: Some("employee_id".parse().unwrap()),
        leeway: Leeway::default(),
    };
    let claims = json!({
        "iss": "https://login.example.com", "aud": "postern", "sub": sub, "groups": groups,
        "employee_id": human, "exp": start().seconds() + 600,
    });
    claims::judge(&claims, &expected, start()).unwrap()
}

#[test]
fn a_second_account_of_the_requester_does_not_answer() {
    let scene = Scene::new();
    let anna = account("anna", "7", &["engineers"]);
    let request = scene.ask(&anna).unwrap().request().clone();
    let admin = account("anna-admin", "7", &["leads"]);
    assert_eq!(
        scene
            .approve(&request, &admin, after(1))
            .unwrap_err()
            .code(),
        "self-approval"
    );
    assert_eq!(
        answer::deny(&request, &admin, None, &scene.offices, after(1))
            .unwrap_err()
            .code(),
        "self-approval"
    );
    // Nor is it hers to activate: credentials are for the account that was named.
    let approved = scene
        .approve(&request, &account("ben", "8", &["leads"]), after(1))
        .unwrap();
    let other = account("anna-admin", "7", &["engineers", "leads"]);
    let refused = scene
        .begin(approved.request(), &other, after(2))
        .unwrap_err();
    assert_eq!(refused.code(), "not-the-requester");
}

#[test]
fn an_approval_of_a_second_account_does_not_count_once_it_is_known_for_one() {
    // It was asked for Anna, so that nobody knew who is behind her account when Ben said yes.
    let scene = Scene::under(&for_others());
    let request = scene.approve(&asked(&scene), &account("ben", "7", &["leads"]), after(1));
    let request = request.unwrap().request().clone();
    let stranger = scene.begin(&request, &account("anna", "8", &["engineers"]), after(2));
    assert!(stranger.is_ok());
    let herself = scene.begin(&request, &account("anna", "7", &["engineers"]), after(2));
    assert_eq!(herself.unwrap_err().code(), "approvals-void");
}

proptest! {
    #![proptest_config(cases(96))]

    /// Whoever has which accounts: a request of one human being is approved by so many others.
    #[test]
    fn one_human_being_counts_once_and_never_for_themselves(
        needed in 1_usize..=3,
        tries in prop::collection::vec((0_u8..6, 0_u8..4), 1..12),
    ) {
        let scene = Scene::under(&needing(u8::try_from(needed).unwrap()));
        let anna = account("anna", "0", &["engineers"]);
        let mut request = scene.ask(&anna).unwrap().request().clone();
        let mut people = std::collections::BTreeSet::new();
        for (account_of, human) in tries {
            let sub = format!("account-{account_of}-{human}");
            let who = account(&sub, &human.to_string(), &["leads"]);
            let open = request.status().word() == crate::status::StatusWord::Pending;
            match scene.approve(&request, &who, after(1)) {
                Ok(step) => {
                    prop_assert!(open && human != 0 && people.insert(human));
                    request = step.request().clone();
                }
                Err(refusal) => {
                    let expected = if human == 0 {
                        "self-approval"
                    } else if open {
                        "already-approved"
                    } else {
                        "wrong-status"
                    };
                    prop_assert_eq!(refusal.code(), expected);
                }
            }
        }
        let approved = request.status().word() == crate::status::StatusWord::Approved;
        prop_assert_eq!(approved, people.len() >= needed);
    }
}
