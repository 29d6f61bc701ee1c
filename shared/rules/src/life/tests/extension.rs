//! A grant that lasts longer than was asked at first: the policy is asked for the whole of it, and
//! where people said yes, people say yes again.

use std::time::Duration;

use super::scene::{AUTOMATIC, MINUTE, Scene, after, caller, needing};
use crate::life::extend::{self, Longer};
use crate::life::{answer, end, issue};
use crate::moment::Moment;
use crate::policy::PolicySet;
use crate::refusal::Refusal;
use crate::request::Request;
use crate::status::{Status, StatusWord};
use crate::step::Step;
use crate::sweep;

fn end_of(request: &Request) -> Moment {
    request.status().grant().unwrap().ends_at
}

fn words(step: &Step) -> Vec<&'static str> {
    step.entries().iter().map(|e| e.event.word()).collect()
}

/// So much longer.
fn extend_by(scene: &Scene, request: &Request, by: Duration) -> Result<Step, Refusal> {
    let longer = Longer {
        by,
        reason: "the repair takes longer".parse().unwrap(),
    };
    let (anna, facts) = (Scene::requester(), scene.facts.clone());
    extend::extend(
        request,
        &anna,
        longer,
        facts,
        scene.regime(),
        &scene.offices,
        after(1),
    )
}

/// An automatic grant of a minute with one issue complete.
fn automatic(scene: &Scene) -> Request {
    let begun = scene
        .begin(&scene.asked(), &Scene::requester(), after(0))
        .unwrap();
    let step = issue::complete(begun.step.request(), 1, "AKIDEXAMPLE", after(900), after(0));
    step.unwrap().request().clone()
}

#[test]
fn where_the_policy_says_yes_by_itself_the_end_moves_at_once() {
    let scene = Scene::under(AUTOMATIC);
    let request = automatic(&scene);
    let step = scene
        .extend(&request, &Scene::requester(), after(1))
        .unwrap();
    assert_eq!(words(&step), ["extension_asked", "extended"]);
    let longer = step.request();
    assert_eq!(end_of(longer), end_of(&request).plus(MINUTE));
    assert_eq!(longer.due_at(&scene.pace), Some(end_of(longer)));
    // Credentials are issued up to the new end, and with the same session document as before.
    let begun = scene.begin(longer, &Scene::requester(), after(90)).unwrap();
    assert_eq!(begun.permit.ends_at(), end_of(longer));
    assert_eq!(longer.document(), request.document());
}

#[test]
fn nothing_of_it_is_over_at_the_old_end_and_everything_is_at_the_new_one() {
    let scene = Scene::under(AUTOMATIC);
    let request = automatic(&scene);
    let old = end_of(&request);
    let longer = scene
        .extend(&request, &Scene::requester(), after(1))
        .unwrap();
    let longer = longer.request();
    assert!(sweep::due(&request, old, &scene.pace).is_some());
    assert!(sweep::due(longer, old, &scene.pace).is_none());
    let over = sweep::due(longer, end_of(longer), &scene.pace).unwrap();
    assert_eq!(over.request().status().word(), StatusWord::Ending);
}

#[test]
fn where_people_approved_the_end_moves_when_they_approve_again() {
    let scene = Scene::new();
    let request = scene.active();
    let asked = scene.extending();
    assert_eq!(end_of(&asked), end_of(&request));
    assert_eq!(asked.waits_for(), ["leads".parse().unwrap()].into());
    // The yes to the shorter time is none to the longer one.
    assert_ne!(asked.shown(), request.shown());
    let (ben, anna) = (Scene::approver(), Scene::requester());
    let old = answer::approve(
        &asked,
        &ben,
        request.shown(),
        None,
        &scene.offices,
        &scene.pace,
        after(1),
    );
    assert_eq!(old.unwrap_err().code(), "shown-changed");
    let step = scene.approve(&asked, &ben, after(1)).unwrap();
    assert_eq!(words(&step), ["approved", "extended"]);
    let longer = step.request();
    assert_eq!(end_of(longer), end_of(&request).plus(MINUTE));
    assert_eq!(longer.approvals().len(), 2);
    assert!(longer.waits_for().is_empty());
    assert!(scene.begin(longer, &anna, after(90)).is_ok());
}

#[test]
fn while_it_waits_the_grant_goes_on_as_it_was() {
    let scene = Scene::new();
    let (asked, anna) = (scene.extending(), Scene::requester());
    let begun = scene.begin(&asked, &anna, after(1)).unwrap();
    assert_eq!(begun.permit.ends_at(), end_of(&asked));
    // The question is still there when the issue is complete.
    let step = issue::complete(begun.step.request(), 2, "AKIDEXAMPLE", after(900), after(1));
    let request = step.unwrap().request().clone();
    assert!(request.asked_extension().is_some());
    let over = sweep::due(&asked, end_of(&asked), &scene.pace).unwrap();
    assert!(over.request().asked_extension().is_none());
    assert!(over.request().waits_for().is_empty());
}

#[test]
fn a_no_or_a_second_thought_leaves_the_grant_as_it_was() {
    let scene = Scene::new();
    let (request, asked) = (scene.active(), scene.extending());
    let (ben, anna, offices) = (Scene::approver(), Scene::requester(), &scene.offices);
    let denied = answer::deny(&asked, &ben, None, offices, after(1)).unwrap();
    let withdrawn = answer::withdraw(&asked, &anna, offices, after(1)).unwrap();
    for (step, word) in [
        (denied, "extension_denied"),
        (withdrawn, "extension_withdrawn"),
    ] {
        assert_eq!(words(&step), [word]);
        assert_eq!(step.request().status(), request.status());
        assert_eq!(step.request().shown(), request.shown());
        assert!(scene.begin(step.request(), &anna, after(2)).is_ok());
        // And it may be asked again.
        assert!(scene.extend(step.request(), &anna, after(2)).is_ok());
    }
}

#[test]
fn each_stage_is_passed_again() {
    let scene = Scene::under(&needing(2));
    let (ben, cleo) = (Scene::approver(), caller("cleo", &["leads"]));
    let once = scene.approve(&scene.asked(), &ben, after(0)).unwrap();
    let twice = scene.approve(once.request(), &cleo, after(0)).unwrap();
    let active = scene
        .begin(twice.request(), &Scene::requester(), after(0))
        .unwrap();
    let asked = scene
        .extend(active.step.request(), &Scene::requester(), after(1))
        .unwrap();
    let once = scene.approve(asked.request(), &ben, after(2)).unwrap();
    assert_eq!(end_of(once.request()), end_of(asked.request()));
    let again = scene.approve(once.request(), &ben, after(2)).unwrap_err();
    assert_eq!(again.code(), "already-approved");
    let twice = scene.approve(once.request(), &cleo, after(3)).unwrap();
    assert_eq!(words(&twice), ["approved", "extended"]);
}

#[test]
fn the_whole_length_is_held_to_what_the_one_policy_offers() {
    let scene = Scene::under(AUTOMATIC);
    let request = automatic(&scene);
    // A minute is granted, and two hours are the most.
    let most = Duration::from_secs(2 * 3_600) - MINUTE;
    assert!(extend_by(&scene, &request, most).is_ok());
    let more = extend_by(&scene, &request, most + Duration::from_secs(1)).unwrap_err();
    assert_eq!(more.code(), "duration-too-long");
    assert_eq!(more.next(), "Ask for 2h or less.");
    let beyond_all = extend_by(&scene, &request, Duration::from_secs(28_800)).unwrap_err();
    assert_eq!(beyond_all.code(), "duration-too-long");
    // Another policy that would give more gives nothing to this grant.
    let generous = Scene::under(&format!(
        r#"{AUTOMATIC} @id("more") @auto("true") @max_duration("7h") @extendable_to("8h")
           permit (principal, action, resource);"#
    ));
    let by_other = extend_by(&generous, &request, most + MINUTE).unwrap_err();
    assert_eq!(by_other.code(), "duration-too-long");
}

#[test]
fn an_extension_is_judged_again_at_every_issue() {
    let mut scene = Scene::new();
    let asked = scene.extending();
    let longer = scene.approve(&asked, &Scene::approver(), after(1)).unwrap();
    let longer = longer.request().clone();
    assert!(scene.begin(&longer, &Scene::requester(), after(2)).is_ok());
    // The policy still offers the minute, and no longer the two.
    scene.policy = PolicySet::parse(&needing(1).replace(r#"@extendable_to("2h")"#, "")).unwrap();
    let refused = scene
        .begin(&longer, &Scene::requester(), after(2))
        .unwrap_err();
    assert_eq!(refused.code(), "no-longer-allowed");
    scene.policy = PolicySet::parse(&needing(2)).unwrap();
    let refused = scene
        .begin(&longer, &Scene::requester(), after(2))
        .unwrap_err();
    assert_eq!(refused.code(), "approvals-void");
}

#[test]
fn a_grant_that_is_revoked_meanwhile_is_not_extended() {
    let scene = Scene::new();
    let (asked, ben) = (scene.extending(), Scene::approver());
    let revoked = end::revoke(&asked, &ben, None, &scene.offices, after(1)).unwrap();
    assert!(
        matches!(revoked.request().status(), Status::Ending { grant, .. } if grant.extending.is_none())
    );
    let late = scene
        .approve(revoked.request(), &ben, after(2))
        .unwrap_err();
    assert_eq!(late.code(), "wrong-status");
}

#[test]
fn the_session_document_covers_all_that_the_grant_may_become() {
    let scene = Scene::new();
    assert_eq!(scene.asked().document().as_str(), "Postern-Shell-120");
    let fixed = Scene::under(&needing(1).replace(r#"@extendable_to("2h")"#, ""));
    assert_eq!(fixed.asked().document().as_str(), "Postern-Shell-15");
}
