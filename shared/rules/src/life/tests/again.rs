//! A yes is judged again whenever it matters, and the trail tells which policy took it back.

use super::scene::{AUTOMATIC, Scene, after, caller, needing, start};
use crate::audit::Event;
use crate::life::issue::{self, NotBegun};
use crate::moment::Moment;
use crate::policy::PolicySet;
use crate::request::Request;

/// What the trail is told of an issue that is refused: code, policies, and whether it was told at
/// all.
fn told(not: &NotBegun) -> Option<(String, Vec<String>)> {
    let step = not.step.as_ref()?;
    let Event::IssueRefused { code, policies, .. } = &step.entries()[0].event else {
        panic!("the trail is told something else");
    };
    let policies = policies.iter().map(ToString::to_string).collect();
    Some((code.clone(), policies))
}

fn refused(scene: &Scene, request: &Request) -> Box<NotBegun> {
    scene
        .begin_or_not(request, &Scene::requester(), after(1))
        .unwrap_err()
}

#[test]
fn the_trail_names_the_policy_that_changed_the_answer() {
    let mut scene = Scene::new();
    let request = scene.approved();
    let frozen = r#"@id("frozen") forbid (principal, action, resource);"#;
    let owner = r#"@id("shell") @approvals("1") @approvers("directors") @max_duration("1h")
        permit (principal, action, resource);"#;
    for (policy, code, policies) in [
        (needing(1) + frozen, "no-longer-allowed", ["frozen"]),
        (needing(2), "approvals-void", ["shell"]),
        (owner.to_owned(), "approvals-void", ["shell"]),
        // No policy says anything: the one that offered it no longer does.
        (String::new(), "no-longer-allowed", ["shell"]),
    ] {
        scene.policy = PolicySet::parse(&policy).unwrap();
        let not = refused(&scene, &request);
        assert_eq!(not.refusal.code(), code);
        assert_eq!(
            told(&not),
            Some((code.to_owned(), policies.map(str::to_owned).into()))
        );
    }
}

#[test]
fn the_same_answer_is_written_once_however_often_it_is_asked_for() {
    let mut scene = Scene::new();
    let request = scene.approved();
    scene.policy = PolicySet::parse("").unwrap();
    let first = refused(&scene, &request).step.unwrap();
    let again = refused(&scene, first.request());
    assert_eq!(again.step, None);
    assert_eq!(again.refusal.code(), "no-longer-allowed");
    // Another answer is written again, and so is the same one after an issue has begun.
    scene.policy = PolicySet::parse(&needing(2)).unwrap();
    assert!(refused(&scene, first.request()).step.is_some());
    scene.policy = PolicySet::parse(&needing(1)).unwrap();
    let begun = scene
        .begin(first.request(), &Scene::requester(), after(1))
        .unwrap();
    let failed = issue::fail(begun.step.request(), 1, "AccessDenied", after(1)).unwrap();
    scene.policy = PolicySet::parse("").unwrap();
    assert!(refused(&scene, failed.request()).step.is_some());
}

#[test]
fn other_refusals_leave_the_trail_as_it_is() {
    let scene = Scene::new();
    let late = scene.approved().due_at(&scene.pace).unwrap();
    for (request, who, now) in [
        (scene.approved(), Scene::approver(), after(1)),
        (scene.approved(), Scene::requester(), late),
        (scene.asked(), Scene::requester(), after(1)),
    ] {
        let not = scene.begin_or_not(&request, &who, now).unwrap_err();
        assert_eq!(not.step, None, "{}", not.refusal.code());
    }
}

#[test]
fn who_lost_their_group_since_then_gets_nothing_and_it_is_told() {
    let scene = Scene::new();
    let left = caller("anna", &["interns"]);
    let not = scene
        .begin_or_not(&scene.approved(), &left, after(1))
        .unwrap_err();
    assert_eq!(
        told(&not),
        Some(("no-longer-allowed".to_owned(), vec!["shell".to_owned()]))
    );
}

/// A policy that is for working hours in Seoul, where it is seven in the evening at the start.
const BY_DAY: &str = r#"@id("day") @auto("true") @max_duration("1h") @time_zone("Asia/Seoul")
    permit (principal, action, resource)
    when { context.hour >= 9 && context.hour < 18 && context.weekday != "sunday" };"#;

#[test]
fn access_that_begins_later_is_judged_for_its_beginning_and_again_when_it_begins() {
    let scene = Scene::under(BY_DAY);
    assert_eq!(scene.try_asking(|_| {}).unwrap_err().code(), "no-route");
    // Nine in the morning of the next day, there.
    let morning: Moment = "2026-11-25T00:00:00Z".parse().unwrap();
    let request = scene.asked_with(|ask| ask.starts_at = Some(morning));
    assert!(scene.begin(&request, &Scene::requester(), morning).is_ok());
    let early = scene
        .begin(&request, &Scene::requester(), start())
        .unwrap_err();
    assert_eq!(early.code(), "too-early");
    // Whoever comes after hours is judged by the clock on the wall.
    let mut patient = Scene::under(BY_DAY);
    patient.pace.activate_within = std::time::Duration::from_secs(86_400);
    let request = patient.asked_with(|ask| ask.starts_at = Some(morning));
    let evening: Moment = "2026-11-25T09:00:00Z".parse().unwrap();
    let refused = patient
        .begin(&request, &Scene::requester(), evening)
        .unwrap_err();
    assert_eq!(refused.code(), "no-longer-allowed");
    // And whoever has lost their group by then gets nothing.
    let mut strict = Scene::under(AUTOMATIC);
    strict.pace.activate_within = std::time::Duration::from_secs(86_400);
    let request = strict.asked_with(|ask| ask.starts_at = Some(morning));
    let left = strict
        .begin(&request, &caller("anna", &[]), morning)
        .unwrap_err();
    assert_eq!(left.code(), "no-longer-allowed");
}
