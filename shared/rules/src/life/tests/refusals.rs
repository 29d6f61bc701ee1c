//! One test for each code of a refusal, named after it.

mod words;

use std::time::Duration;

use super::scene::{AUTOMATIC, EMERGENCY, MINUTE, Scene, after, caller, needing, somebody};
use crate::ask::Ask;
use crate::caller::{Caller, Channel};
use crate::facts::{Platform, TargetFacts};
use crate::life::ask::Asking;
use crate::life::examine::examine;
use crate::life::{answer, ask, issue, must_see};
use crate::names::{AccessKind, Digest, GrantDuration, KindWord, Person};
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

/// What the requester is told who asks for a shell, otherwise changed, under a policy with this
/// annotation.
fn asked_under(annotation: &str, change: impl FnOnce(&mut Ask)) -> Refusal {
    let policy = needing(1).replace(r#"@unlogged("true")"#, annotation);
    Scene::under(&policy).try_asking(change).unwrap_err()
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
    reason_too_short: Forbidden = asked_under(r#"@reason_length("40")"#, |_| {});
    reason_unlike: Forbidden = asked_under(r#"@reason_pattern("INC-[0-9]+: .+")"#, |_| {});
    ticket_unlike: Forbidden = asked_under(r#"@ticket_pattern("OPS-[0-9]+")"#, |ask| {
        ask.ticket = Some("HELP-1".parse().unwrap());
    });
    not_for_others: Forbidden = asked_under("", |ask| ask.for_person = Some(somebody("cleo")));
    not_unlogged: Forbidden = asked_under("", |ask| *ask = Scene::ask_for("ssh"));
    not_extendable: Forbidden = {
        let scene = Scene::under(&needing(1).replace(r#"@extendable_to("2h")"#, ""));
        scene.extend(&scene.active(), &Scene::requester(), after(1)).unwrap_err()
    };
    no_break_glass: Forbidden = asked_under("", |ask| ask.break_glass = true);
    no_groups: Forbidden = Scene::new().ask(&caller("guest", &[])).unwrap_err();
    no_policy: Forbidden = Scene::under("").ask(&Scene::requester()).unwrap_err();
    no_route: Forbidden = Scene::new().ask(&caller("guest", &["guests"])).unwrap_err();
    no_longer_allowed: Forbidden = {
        let mut scene = Scene::new();
        let request = scene.approved();
        scene.policy = PolicySet::parse("").unwrap();
        scene.begin(&request, &Scene::requester(), after(1)).unwrap_err()
    };
    user_changed: Forbidden = {
        let mut scene = Scene::new();
        let request = scene.approved();
        let as_deploy = needing(1).replace(r#"@unlogged("true")"#, r#"@run_as("deploy")"#);
        scene.policy = PolicySet::parse(&as_deploy).unwrap();
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
    too_early: Conflict = {
        let mut scene = Scene::under(AUTOMATIC);
        scene.pace.activate_within = MINUTE;
        let request = scene.asked_with(|ask| ask.starts_at = Some(after(3_600)));
        let anna = Scene::requester();
        assert!(scene.begin(&request, &anna, after(3_600)).is_ok());
        let late = scene.begin(&request, &anna, after(3_660)).unwrap_err();
        assert_eq!(late.code(), "deadline-passed");
        let just_before = after(3_600).minus(Duration::from_millis(1));
        scene.begin(&request, &anna, just_before).unwrap_err()
    };
    start_out_of_range: Impossible = {
        let scene = Scene::new();
        let starting = |at| scene.try_asking(|ask| ask.starts_at = Some(at));
        let week = scene.pace.starts_within;
        assert!(starting(after(0).plus(week)).is_ok());
        assert!(starting(after(0).plus(Duration::from_millis(1))).is_ok());
        let too_far = starting(after(1).plus(week)).unwrap_err();
        assert_eq!(starting(after(0)).unwrap_err(), too_far);
        too_far
    };
    emergency_later: Impossible = {
        let scene = Scene::under(EMERGENCY);
        let later = |ask: &mut Ask| {
            ask.break_glass = true;
            ask.starts_at = Some(after(60));
        };
        scene.try_asking(later).unwrap_err()
    };
    other_issuer: Impossible = {
        let scene = Scene::under(&needing(1).replace("@unlogged", "@for_others"));
        let other = |iss: &str| Person { iss: iss.parse().unwrap(), ..somebody("cleo") };
        let asking = |person| scene.try_asking(|ask| ask.for_person = Some(person));
        assert!(asking(other("https://login.example.com")).is_ok());
        asking(other("https://other.example.com")).unwrap_err()
    };
    review_open: Forbidden = {
        let scene = Scene::under(EMERGENCY);
        let anna = Scene::requester();
        let unreviewed = scene.broken().id();
        let mut ask = Scene::ask_for("shell");
        ask.break_glass = true;
        let asking = Asking { unreviewed: Some(unreviewed), ..scene.asking(&anna, ask) };
        ask::ask(asking, scene.regime(), after(1)).unwrap_err()
    };
    not_a_reviewer: Forbidden = {
        let scene = Scene::under(EMERGENCY);
        scene.review(&scene.over(), &caller("olga", &["operators"]), after(9)).unwrap_err()
    };
    nothing_to_review: Conflict = {
        let scene = Scene::new();
        scene.review(&scene.active(), &Scene::approver(), after(9)).unwrap_err()
    };
    already_reviewed: Conflict = {
        let scene = Scene::under(EMERGENCY);
        let sam = caller("sam", &["security"]);
        let once = scene.review(&scene.over(), &sam, after(9)).unwrap().request().clone();
        scene.review(&once, &caller("tim", &["security"]), after(10)).unwrap_err()
    };
    extension_waiting: Conflict = {
        let scene = Scene::new();
        scene.extend(&scene.extending(), &Scene::requester(), after(1)).unwrap_err()
    };
    target_not_found: NotFound = {
        let scene = Scene::new();
        let facts = &scene.facts[0];
        let examined = |by: &Caller, known: Option<&TargetFacts>, kind| {
            let (regime, offices) = (scene.regime(), &scene.offices);
            examine(&facts.target, known, kind, by, regime, offices, after(0))
        };
        let anna = Scene::requester();
        let (_, kinds) = examined(&anna, Some(facts), None).unwrap();
        assert_eq!(kinds.len(), 2);
        let (_, kinds) = examined(&anna, Some(facts), Some(KindWord::Ssh)).unwrap();
        assert_eq!(kinds, [AccessKind::Ssh {}]);
        let port = examined(&anna, Some(facts), Some(KindWord::Port)).unwrap_err();
        assert_eq!(port.code(), "kind-not-offered");
        // Those who have to mend it, whatever they may ask for.
        assert!(examined(&caller("olga", &["operators"]), Some(facts), None).is_ok());
        assert!(examined(&caller("aron", &["auditors"]), Some(facts), None).is_ok());
        let stranger = examined(&caller("mara", &["sales"]), Some(facts), None).unwrap_err();
        assert_eq!(examined(&anna, None, None).unwrap_err(), stranger);
        stranger
    };
    chat_needs_login: Forbidden = {
        let scene = Scene::new();
        let ben = Scene::approver().by(Channel::ChatTap);
        scene.approve(&scene.asked(), &ben, after(1)).unwrap_err()
    };
    not_in_chat: Forbidden = {
        let scene = Scene::new();
        let anna = Scene::requester().by(Channel::ChatLogin);
        scene.begin(&scene.approved(), &anna, after(1)).unwrap_err()
    };
    run_as_impossible: Impossible = {
        let mut scene = Scene::under(&needing(1).replace(r#"@unlogged("true")"#, r#"@run_as("deploy")"#));
        let not_deployed = scene.try_asking(|_| {}).unwrap_err();
        scene.runs_as();
        assert!(scene.try_asking(|_| {}).is_ok());
        scene.facts[0].platform = Platform::Windows;
        assert_eq!(scene.try_asking(|_| {}).unwrap_err(), not_deployed);
        not_deployed
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
        let known = scene.facts[0].clone();
        let facts = ask.targets.iter().map(|target| TargetFacts { target: target.clone(), ..known.clone() });
        scene.facts = facts.collect();
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
