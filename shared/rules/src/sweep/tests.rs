//! What a sweep must do, told by its rules alone.

mod ending;
mod logs;
mod scene;

use std::time::Duration;

use super::due;
use crate::life::tests::{Scene, after};
use crate::status::{LapseReason, Status, StatusWord};

const MOMENT: Duration = Duration::from_millis(1);

#[test]
fn nothing_is_due_before_its_moment_and_everything_is_due_at_it() {
    let scene = Scene::new();
    for (status, then) in [
        (StatusWord::Pending, StatusWord::Lapsed),
        (StatusWord::Approved, StatusWord::Lapsed),
        (StatusWord::Active, StatusWord::Ending),
    ] {
        let request = scene.in_status(status);
        let at = request.due_at(&scene.pace).unwrap();
        assert!(
            due(&request, at.minus(MOMENT), &scene.pace).is_none(),
            "{status}"
        );
        let step = due(&request, at, &scene.pace).unwrap();
        assert_eq!(step.request().status().word(), then);
    }
}

#[test]
fn what_is_over_is_never_due() {
    let scene = Scene::new();
    for status in [
        StatusWord::Closed,
        StatusWord::Denied,
        StatusWord::Withdrawn,
        StatusWord::Lapsed,
    ] {
        let request = scene.in_status(status);
        assert_eq!(request.due_at(&scene.pace), None, "{status}");
        assert!(
            due(&request, after(1_000_000), &scene.pace).is_none(),
            "{status}"
        );
    }
}

#[test]
fn an_unanswered_request_and_an_unused_approval_lapse_for_their_own_reasons() {
    let scene = Scene::new();
    for (status, reason) in [
        (StatusWord::Pending, LapseReason::Unanswered),
        (StatusWord::Approved, LapseReason::Unused),
    ] {
        let request = scene.in_status(status);
        let at = request.due_at(&scene.pace).unwrap();
        let step = due(&request, at, &scene.pace).unwrap();
        assert_eq!(step.request().status(), &Status::Lapsed { at, why: reason });
    }
}

#[test]
fn an_issue_without_an_outcome_is_orphaned_before_the_grant_ends() {
    let mut scene = Scene::new();
    scene.pace.orphan_after = Duration::from_secs(30);
    let request = scene.issuing();
    let at = after(30);
    assert_eq!(request.due_at(&scene.pace), Some(at));
    assert!(due(&request, at.minus(MOMENT), &scene.pace).is_none());
    let step = due(&request, at, &scene.pace).unwrap();
    assert_eq!(step.entries()[0].event.word(), "issue_orphaned");
    let after_it = step.request();
    assert!(after_it.status().grant().unwrap().issuing.is_none());
    assert_eq!(after_it.due_at(&scene.pace), Some(after(60)));
}

#[test]
fn a_sweep_that_comes_late_ends_a_grant_at_its_end_and_not_when_it_came() {
    let scene = Scene::new();
    let step = due(&scene.active(), after(5_000), &scene.pace).unwrap();
    let Status::Ending {
        ended_at, look_at, ..
    } = step.request().status()
    else {
        panic!("{:?}", step.request().status())
    };
    assert_eq!((*ended_at, *look_at), (after(60), after(5_000)));
}

#[test]
fn a_grant_is_said_to_end_once_for_each_of_its_ends_and_not_when_it_is_over() {
    let mut scene = Scene::new();
    scene.pace.remind_before = Duration::from_secs(15);
    let request = scene.active();
    let at = after(45);
    assert_eq!(request.due_at(&scene.pace), Some(at));
    assert!(due(&request, at.minus(MOMENT), &scene.pace).is_none());
    let step = due(&request, at, &scene.pace).unwrap();
    assert_eq!(step.entries()[0].event.word(), "end_near");
    let told = step.request();
    assert_eq!(told.status().word(), StatusWord::Active);
    assert_eq!(told.due_at(&scene.pace), Some(after(60)));
    assert!(due(told, after(59), &scene.pace).is_none());
    // Whoever comes after the end ends it, and says nothing of its being near.
    let late = due(&request, after(60), &scene.pace).unwrap();
    assert_eq!(late.entries()[0].event.word(), "ended");
}

#[test]
fn a_grant_that_is_shorter_than_the_reminder_is_not_said_to_end() {
    let mut scene = Scene::new();
    for seconds in [0, 60, 300] {
        scene.pace.remind_before = Duration::from_secs(seconds);
        assert_eq!(scene.active().due_at(&scene.pace), Some(after(60)));
    }
}
