//! Who somebody is: issuer and subject, and nothing else that a token says.

use super::scene::{Scene, after, caller, needing};
use crate::policy::PolicySet;
use crate::request::Request;

#[test]
fn the_same_name_and_address_with_another_subject_is_another_person() {
    let scene = Scene::new();
    let (anna, twin) = (Scene::requester(), caller("anna2", &["leads"]));
    assert_eq!(anna.name(), twin.name());
    assert!(scene.approve(&scene.asked(), &twin, after(1)).is_ok());
    assert_eq!(
        scene
            .begin(&scene.approved(), &twin, after(1))
            .unwrap_err()
            .code(),
        "not-the-requester"
    );
}

#[test]
fn the_same_subject_with_other_groups_is_the_same_person() {
    let scene = Scene::new();
    for groups in [
        &["leads"][..],
        &["leads", "operators"],
        &["engineers", "leads"],
    ] {
        let refusal = scene.approve(&scene.asked(), &caller("anna", groups), after(1));
        assert_eq!(refusal.unwrap_err().code(), "self-approval");
    }
}

#[test]
fn a_subject_in_other_case_is_another_person_and_never_an_alias() {
    let scene = Scene::new();
    let other = caller("Anna", &["leads"]);
    assert!(scene.approve(&scene.asked(), &other, after(1)).is_ok());
}

/// The request as somebody who writes to the table would have changed it.
fn edited(request: &Request, pointer: &str, value: &str) -> Request {
    let mut json = serde_json::to_value(request).unwrap();
    *json.pointer_mut(pointer).unwrap() = serde_json::from_str(value).unwrap();
    serde_json::from_value(json).unwrap()
}

#[test]
fn whatever_was_shown_is_changed_afterwards_the_approval_is_void() {
    let scene = Scene::new();
    let request = scene.approved();
    assert!(scene.begin(&request, &Scene::requester(), after(1)).is_ok());
    for (pointer, value) in [
        ("/ask/reason", "\"another reason\""),
        ("/ask/duration_seconds", "3600"),
        ("/ask/kind", r#"{"type":"ssh"}"#),
        ("/facts/0/tags/Name", "\"db-1\""),
        ("/route/max_duration", "28800"),
        ("/route/policy", "\"other\""),
        ("/requester_name", "\"Somebody\""),
    ] {
        let changed = edited(&request, pointer, value);
        let begun = scene.begin(&changed, &Scene::requester(), after(1));
        if pointer == "/requester_name" {
            // A name is for people and no part of what is approved.
            assert!(begun.is_ok());
        } else {
            assert_eq!(begun.unwrap_err().code(), "approvals-void", "{pointer}");
        }
    }
}

#[test]
fn an_approval_counts_only_by_groups_that_may_still_answer() {
    let mut scene = Scene::new();
    let request = scene.approved();
    scene.policy = PolicySet::parse(&needing(1).replace("leads", "directors")).unwrap();
    let refusal = scene
        .begin(&request, &Scene::requester(), after(1))
        .unwrap_err();
    assert_eq!(refusal.code(), "approvals-void");
}

#[test]
fn a_requester_who_has_lost_the_group_gets_nothing_though_it_was_approved() {
    let scene = Scene::new();
    let refusal = scene
        .begin(&scene.approved(), &caller("anna", &[]), after(1))
        .unwrap_err();
    assert_eq!(refusal.code(), "no-longer-allowed");
    let again = scene
        .begin(&scene.active(), &caller("anna", &["interns"]), after(1))
        .unwrap_err();
    assert_eq!(again.code(), "no-longer-allowed");
}

#[test]
fn an_approver_group_that_is_empty_or_unknown_is_nobody() {
    let scene = Scene::new();
    for groups in [&[][..], &["lead"], &["LEADS"], &["leads "], &["engineers"]] {
        let Ok(request) = std::panic::catch_unwind(|| caller("ben", groups)) else {
            continue;
        };
        assert!(
            scene.approve(&scene.asked(), &request, after(1)).is_err(),
            "{groups:?}"
        );
    }
}
