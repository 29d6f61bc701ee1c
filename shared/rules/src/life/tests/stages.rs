//! Approval in stages: in order, each by its own people, one person once.

use super::scene::{Scene, after, caller};
use crate::life::answer;
use crate::names::Group;
use crate::policy::PolicySet;
use crate::status::StatusWord;

const TWO: &str = r#"@id("shell") @stages("1 of leads; 2 of security, directors") @max_duration("1h")
    permit (principal in Postern::Group::"engineers", action, resource);"#;

fn waiting(request: &crate::request::Request) -> Vec<String> {
    request.waits_for().iter().map(Group::to_string).collect()
}

#[test]
fn a_request_waits_for_one_stage_after_the_other() {
    let scene = Scene::under(TWO);
    let mut request = scene.asked();
    let yes = [
        (caller("ben", &["leads"]), vec!["directors", "security"]),
        (caller("cleo", &["security"]), vec!["directors", "security"]),
        (caller("dora", &["directors"]), vec![]),
    ];
    assert_eq!(waiting(&request), ["leads"]);
    for (person, next) in yes {
        assert_eq!(request.status().word(), StatusWord::Pending);
        request = scene
            .approve(&request, &person, after(1))
            .unwrap()
            .request()
            .clone();
        assert_eq!(waiting(&request), next);
    }
    assert_eq!(request.status().word(), StatusWord::Approved);
    assert!(scene.begin(&request, &Scene::requester(), after(2)).is_ok());
}

#[test]
fn nobody_speaks_before_their_stage_and_they_are_told_whose_it_is() {
    let scene = Scene::under(TWO);
    let early = scene.approve(&scene.asked(), &caller("cleo", &["security"]), after(1));
    let refusal = early.unwrap_err();
    assert_eq!(refusal.code(), "not-an-approver");
    assert_eq!(refusal.next(), "Members of leads may answer it now.");
}

#[test]
fn one_person_in_the_groups_of_both_stages_counts_once() {
    let scene = Scene::under(TWO);
    let all = caller("ben", &["leads", "security", "directors"]);
    let once = scene
        .approve(&scene.asked(), &all, after(1))
        .unwrap()
        .request()
        .clone();
    assert_eq!(once.approvals()[0].groups.len(), 1);
    let again = scene.approve(&once, &all, after(2)).unwrap_err();
    assert_eq!(again.code(), "already-approved");
}

#[test]
fn whoever_answers_at_a_later_stage_may_say_no_at_once() {
    let scene = Scene::under(TWO);
    let director = caller("dora", &["directors"]);
    let denied = answer::deny(&scene.asked(), &director, None, &scene.offices, after(1)).unwrap();
    assert_eq!(denied.request().status().word(), StatusWord::Denied);
}

#[test]
fn a_stage_that_is_added_afterwards_voids_what_was_approved_without_it() {
    let mut scene = Scene::new();
    let request = scene.approved();
    scene.policy = PolicySet::parse(TWO).unwrap();
    let refusal = scene
        .begin(&request, &Scene::requester(), after(1))
        .unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "policy `shell` now needs 3 approvals, and 1 of those given count"
    );
}
