//! Breaking the glass: at once, in the open, and not again before somebody has looked at it.

use super::scene::{EMERGENCY, Scene, after, caller, needing};
use crate::audit::Severity;
use crate::life::ask::{self, Asking};
use crate::status::StatusWord;

#[test]
fn an_emergency_waits_for_nobody_and_is_the_loudest_of_events() {
    let scene = Scene::under(&(needing(1) + EMERGENCY));
    let step = scene.try_asking(|ask| ask.break_glass = true).unwrap();
    assert_eq!(step.request().status().word(), StatusWord::Approved);
    assert!(step.breaks_glass());
    let words: Vec<&str> = step.entries().iter().map(|e| e.event.word()).collect();
    assert_eq!(words, ["asked", "glass_broken", "approved_by_policy"]);
    let loudest = step.entries().iter().max_by_key(|e| e.event.severity());
    assert_eq!(loudest.unwrap().event.word(), "glass_broken");
    assert_eq!(loudest.unwrap().event.severity(), Severity::Critical);
    let begun = scene.begin(step.request(), &Scene::requester(), after(1));
    assert!(begun.is_ok());
}

#[test]
fn nobody_breaks_the_glass_by_asking_as_usual() {
    let scene = Scene::under(EMERGENCY);
    let refused = scene.try_asking(|_| {}).unwrap_err();
    assert_eq!(refused.code(), "no-route");
    assert!(
        refused.next().contains("`break_glass`"),
        "{}",
        refused.next()
    );
    // Where another policy offers a route, the emergency's is not taken in its place.
    let both = Scene::under(&(needing(1) + EMERGENCY));
    let asked = both.asked();
    assert_eq!(asked.route().policy.as_str(), "shell");
    assert!(asked.route().reviewers.is_none());
}

#[test]
fn an_ordinary_policy_is_no_way_to_break_the_glass() {
    let scene = Scene::new();
    let refused = scene.try_asking(|ask| ask.break_glass = true).unwrap_err();
    assert_eq!(refused.code(), "no-break-glass");
}

#[test]
fn a_forbid_holds_in_an_emergency_unless_it_says_otherwise() {
    let frozen = r#"@id("frozen") forbid (principal, action, resource)"#;
    let asked = |forbid: &str| {
        let scene = Scene::under(&format!("{EMERGENCY} {forbid};"));
        scene.try_asking(|ask| ask.break_glass = true)
    };
    assert_eq!(asked(frozen).unwrap_err().code(), "policy-forbids");
    assert!(asked(&format!("{frozen} unless {{ context.break_glass }}")).is_ok());
}

#[test]
fn the_review_waits_for_its_groups_once_all_is_over_and_is_somebody_elses() {
    let scene = Scene::under(EMERGENCY);
    let security = ["security".parse().unwrap()].into();
    assert!(scene.broken().waits_for().is_empty());
    let over = scene.over();
    assert_eq!(over.waits_for(), security);
    let own = caller("anna", &["engineers", "security"]);
    let refused = scene.review(&over, &own, after(1)).unwrap_err();
    assert_eq!(refused.code(), "self-approval");
    let step = scene
        .review(&over, &caller("sam", &["security"]), after(1))
        .unwrap();
    assert!(step.reviews());
    assert!(step.request().waits_for().is_empty());
    assert_eq!(step.request().status(), over.status());
    let review = step.request().review().unwrap();
    assert_eq!(review.by.person.sub.as_str(), "sam");
    assert_eq!(
        step.must_not_be_requested_by().unwrap().person.sub.as_str(),
        "sam"
    );
}

#[test]
fn whoever_owes_a_review_asks_as_usual_and_does_not_break_the_glass() {
    let scene = Scene::under(&(needing(1) + EMERGENCY));
    let anna = Scene::requester();
    let unreviewed = Some(scene.broken().id());
    let asking = |break_glass| {
        let mut ask = Scene::ask_for("shell");
        ask.break_glass = break_glass;
        let asking = Asking {
            unreviewed,
            ..scene.asking(&anna, ask)
        };
        ask::ask(asking, scene.regime(), after(1))
    };
    assert!(asking(false).is_ok());
    assert_eq!(asking(true).unwrap_err().code(), "review-open");
}

#[test]
fn reviewers_may_end_an_emergency_before_its_time() {
    let scene = Scene::under(EMERGENCY);
    let sam = caller("sam", &["security"]);
    let ended = scene.revoke(&scene.broken(), &sam, after(1)).unwrap();
    assert_eq!(ended.request().status().word(), StatusWord::Closed);
    let other = scene.revoke(&scene.broken(), &caller("carla", &["auditors"]), after(1));
    assert_eq!(other.unwrap_err().code(), "may-not-revoke");
}
