//! One test for each code of a refusal, named after it.

mod words;

use std::time::Duration;

use super::scene::{AUTOMATIC, MINUTE, Scene, after, caller, needing};
use crate::ask::Ask;
use crate::life::{answer, ask, issue, must_see};
use crate::names::{Digest, GrantDuration};
use crate::policy::PolicySet;
use crate::refusal::{Class, Refusal};

/// Defines the tests and the list of what they show.
macro_rules! refusals {
    ($($name:ident: $class:ident = $refusal:expr;)*) => {
        $(
            #[test]
            fn $name() {
                let refusal: Refusal = $refusal;
                assert_eq!(refusal.code(), stringify!($name).replace('_', "-"));
                assert_eq!(refusal.class(), Class::$class);
                let (says, next) = (refusal.to_string(), refusal.next());
                assert!(!says.is_empty() && !says.ends_with('.'), "{says}");
                assert!(next.ends_with('.') && !next.contains('\n'), "{next}");
            }
        )*

        /// Every refusal that is shown here, by the name of its test.
        fn all() -> Vec<(&'static str, Refusal)> {
            vec![$((stringify!($name), $refusal)),*]
        }
    };
}

refusals! {
    request_not_found: NotFound = {
        let scene = Scene::new();
        must_see(&scene.asked(), &caller("dan", &["engineers"]), &scene.offices).unwrap_err()
    };
    self_approval: Forbidden = {
        let scene = Scene::new();
        let anna = caller("anna", &["engineers", "leads"]);
        scene.approve(&scene.asked(), &anna, after(1)).unwrap_err()
    };
    not_an_approver: Forbidden = {
        let scene = Scene::new();
        scene.approve(&scene.asked(), &caller("olga", &["operators"]), after(1)).unwrap_err()
    };
    already_approved: Conflict = {
        let scene = Scene::under(&needing(2));
        let ben = Scene::approver();
        let once = scene.approve(&scene.asked(), &ben, after(1)).unwrap().request().clone();
        scene.approve(&once, &ben, after(2)).unwrap_err()
    };
    shown_changed: Conflict = {
        let (scene, ben) = (Scene::new(), Scene::approver());
        let other = Digest::of("other", b"what somebody else was shown");
        let request = scene.asked();
        answer::approve(&request, &ben, other, None, &scene.offices, &scene.pace, after(1))
            .unwrap_err()
    };
    not_the_requester: Forbidden = {
        let scene = Scene::new();
        scene.begin(&scene.approved(), &Scene::approver(), after(1)).unwrap_err()
    };
    may_not_revoke: Forbidden = {
        let scene = Scene::new();
        scene.revoke(&scene.active(), &caller("carla", &["auditors"]), after(1)).unwrap_err()
    };
    // Listing is asked of the ledger and judged at the desk; only its words stand here.
    may_not_list_all: Forbidden = Refusal::MayNotListAll;
    wrong_status: Conflict = {
        let scene = Scene::new();
        scene.approve(&scene.approved(), &Scene::approver(), after(1)).unwrap_err()
    };
    deadline_passed: Conflict = {
        let scene = Scene::new();
        let request = scene.asked();
        let due = request.due_at(&scene.pace).unwrap();
        assert!(scene.approve(&request, &Scene::approver(), due.minus(Duration::from_millis(1))).is_ok());
        scene.approve(&request, &Scene::approver(), due).unwrap_err()
    };
    grant_over: Conflict = {
        let scene = Scene::new();
        let request = scene.active();
        let end = request.status().grant().unwrap().ends_at;
        let just_before = end.minus(Duration::from_millis(1));
        assert!(scene.begin(&request, &Scene::requester(), just_before).is_ok());
        scene.begin(&request, &Scene::requester(), end).unwrap_err()
    };
    issue_in_progress: Conflict = {
        let scene = Scene::new();
        let refusal = scene.begin(&scene.issuing(), &Scene::requester(), after(1)).unwrap_err();
        assert!(refusal.retry_after().is_some_and(|wait| !wait.is_zero()));
        refusal
    };
    policy_forbids: Forbidden = {
        let forbid = r#"@id("no") forbid (principal, action, resource);"#;
        Scene::under(&(needing(1) + forbid)).ask(&Scene::requester()).unwrap_err()
    };
    policy_unevaluable: Forbidden = {
        let overflow = r#"@id("overflow") @auto("true") @max_duration("1h")
            permit (principal, action, resource)
            when { context.duration_seconds * 9223372036854775807 > 0 };"#;
        Scene::under(overflow).ask(&Scene::requester()).unwrap_err()
    };
    duration_too_long: Forbidden = {
        let scene = Scene::new();
        let duration_seconds = GrantDuration::from_seconds(2 * 3_600).unwrap();
        let long = Ask { duration_seconds, ..Scene::ask_for("shell") };
        let anna = Scene::requester();
        ask::ask(scene.asking(&anna, long), scene.regime(), after(0)).unwrap_err()
    };
    no_route: Forbidden = Scene::new().ask(&caller("guest", &[])).unwrap_err();
    no_longer_allowed: Forbidden = {
        let mut scene = Scene::new();
        let request = scene.approved();
        scene.policy = PolicySet::parse("").unwrap();
        scene.begin(&request, &Scene::requester(), after(1)).unwrap_err()
    };
    approvals_void: Forbidden = {
        let mut scene = Scene::new();
        let request = scene.approved();
        scene.policy = PolicySet::parse(&needing(2)).unwrap();
        scene.begin(&request, &Scene::requester(), after(1)).unwrap_err()
    };
    unknown_target: Impossible = {
        let mut scene = Scene::new();
        scene.facts.clear();
        scene.ask(&Scene::requester()).unwrap_err()
    };
    place_not_served: Impossible = {
        let scene = Scene::new();
        let mut ask = Scene::ask_for("shell");
        let elsewhere = "111122223333/us-east-1/i-00000000000000001";
        ask.targets = vec![elsewhere.parse().unwrap()].try_into().unwrap();
        let anna = Scene::requester();
        ask::ask(scene.asking(&anna, ask), scene.regime(), after(0)).unwrap_err()
    };
    kind_not_offered: Impossible = {
        let mut scene = Scene::new();
        let places = serde_json::json!([{
            "account": "111122223333", "region": "ap-northeast-2", "log_bucket": "session-logs",
            "access_role": "arn:aws:iam::111122223333:role/Access",
        }]);
        scene.places = serde_json::from_value(places).unwrap();
        let anna = Scene::requester();
        let asking = scene.asking(&anna, Scene::ask_for("ssh"));
        ask::ask(asking, scene.regime(), after(0)).unwrap_err()
    };
    agent_too_old: Impossible = {
        let mut scene = Scene::new();
        scene.facts[0].agent_version = Some("3.3.4850.0".to_owned());
        let anna = Scene::requester();
        let asking = scene.asking(&anna, Scene::ask_for("ssh"));
        ask::ask(asking, scene.regime(), after(0)).unwrap_err()
    };
    too_many_pending: TooMany = {
        let (scene, anna) = (Scene::new(), Scene::requester());
        let mut asking = scene.asking(&anna, Scene::ask_for("shell"));
        asking.waiting = scene.pace.most_pending;
        let refusal = ask::ask(asking, scene.regime(), after(0)).unwrap_err();
        assert!(refusal.retry_after().is_some());
        refusal
    };
    too_many_targets: Impossible = {
        let mut scene = Scene::new();
        let places = serde_json::json!([{
            "account": "111122223333", "region": "us-gov-west-1", "log_bucket": "session-logs",
            "access_role": "arn:aws-us-gov:iam::111122223333:role/Access",
            "session_key": "11111111-2222-3333-4444-555555555555", "data_channel": "any",
        }]);
        scene.places = serde_json::from_value(places).unwrap();
        let node = |n: u8| format!("111122223333/us-gov-west-1/mi-0123456789abcdef{n}");
        let mut ask = Scene::ask_for("shell");
        ask.targets = (0..10).map(|n| node(n).parse().unwrap()).collect::<Vec<_>>().try_into().unwrap();
        let anna = Scene::requester();
        ask::ask(scene.asking(&anna, ask), scene.regime(), after(0)).unwrap_err()
    };
}

#[test]
fn an_orphan_is_waited_for_and_then_another_issue_may_begin() {
    let scene = Scene::new();
    let (request, anna) = (scene.issuing(), Scene::requester());
    let dead_at = after(0).plus(scene.pace.orphan_after);
    assert!(
        scene
            .begin(&request, &anna, dead_at.minus(Duration::from_millis(1)))
            .is_err()
    );
    // The grant here is as short as the wait for orphans, and its end comes first.
    let wait = MINUTE.saturating_sub(Duration::from_secs(1));
    let mut impatient = Scene::new();
    impatient.pace.orphan_after = wait;
    let begun = impatient
        .begin(&request, &anna, after(0).plus(wait))
        .unwrap();
    assert_eq!(begun.permit.issue(), 2);
    let late = issue::complete(
        begun.step.request(),
        1,
        "AKIDEXAMPLE",
        after(900),
        after(59),
    );
    assert_eq!(late.unwrap_err().code(), "wrong-status");
}

#[test]
fn a_policy_that_says_yes_by_itself_needs_nobody() {
    let scene = Scene::under(AUTOMATIC);
    let begun = scene
        .begin(&scene.asked(), &Scene::requester(), after(1))
        .unwrap();
    assert_eq!(begun.permit.request(), scene.asked().id());
}
