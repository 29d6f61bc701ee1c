//! Ending sessions, and closing when none is left.

use std::time::Duration;

use super::scene::{Watch, log, logged, open, over, seen, session};
use crate::life::tests::after;
use crate::names::RequestId;
use crate::status::StatusWord;
use crate::sweep::{Seen, termination_failed};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn sessions_of_a_running_grant_are_put_on_record_and_left_alone() {
    let mut watch = Watch::running();
    let id = watch.session("a");
    assert_eq!(
        watch.look(&seen(&[open(&id)]), after(20)),
        (vec!["session_seen"], vec![])
    );
    assert_eq!(watch.look(&seen(&[open(&id)]), after(30)), (vec![], vec![]));
    assert_eq!(watch.status(), StatusWord::Active);
}

#[test]
fn a_session_of_another_request_is_none_of_its_business() {
    let mut watch = Watch::ended();
    let other = session(RequestId::new(after(0), [9; 10]), "a");
    assert_eq!(
        watch.look(&seen(&[open(&other)]), after(60)),
        (vec![], vec![])
    );
}

#[test]
fn an_open_session_is_recorded_and_told_to_end_and_told_again_ever_less_often() {
    let mut watch = Watch::ended();
    let id = watch.session("a");
    let listing = seen(&[open(&id)]);
    let (entries, evicted) = watch.look(&listing, after(60));
    assert_eq!(entries, ["session_seen", "session_terminating"]);
    assert_eq!(evicted, [id.to_string()]);
    let mut told = Vec::new();
    for second in 61..=180 {
        let (_, evicted) = watch.look(&listing, after(second));
        if !evicted.is_empty() {
            told.push(second - 60);
        }
    }
    assert_eq!(told, [2, 6, 14, 30, 60, 90, 120]);
    assert_eq!(watch.status(), StatusWord::Ending);
}

#[test]
fn a_session_that_ssm_could_not_be_told_to_end_is_told_again_sooner() {
    let mut watch = Watch::ended();
    let id = watch.session("a");
    let listing = seen(&[open(&id)]);
    watch.look(&listing, after(60));
    assert_eq!(watch.fail(&id, after(60)), ["termination_failed"]);
    let half = Duration::from_millis(500);
    let early = half - Duration::from_millis(1);
    assert!(watch.look(&listing, after(60).plus(early)).1.is_empty());
    let again = after(60).plus(half);
    assert_eq!(watch.look(&listing, again).1, [id.to_string()]);
    // It is told less and less often all the same.
    watch.fail(&id, again);
    assert!(watch.look(&listing, again.plus(half)).1.is_empty());
    assert_eq!(watch.look(&listing, again.plus(SECOND)).1, [id.to_string()]);
    // Once SSM has been told, there is nothing to hurry for.
    assert!(watch.look(&listing, again.plus(SECOND * 5)).1.is_empty());
}

#[test]
fn only_a_session_that_was_told_to_end_can_have_failed_to_be_told() {
    let mut watch = Watch::running();
    let id = watch.session("a");
    watch.look(&seen(&[open(&id)]), after(20));
    let record = &watch.records[0];
    assert!(termination_failed(&watch.request, record, "code", after(21)).is_none());
}

#[test]
fn what_is_absent_from_half_a_listing_is_not_gone() {
    let mut watch = Watch::ended();
    let id = watch.session("a");
    watch.look(&seen(&[open(&id)]), after(60));
    let half = Seen {
        complete: false,
        ..Seen::default()
    };
    for second in 61..4_000 {
        watch.look(&half, after(second));
    }
    assert_eq!(watch.status(), StatusWord::Ending);
    assert!(watch.records[0].lives());
}

#[test]
fn a_request_without_sessions_closes_when_none_can_turn_up_any_more() {
    let mut watch = Watch::ended();
    let mut looks = 0;
    loop {
        let now = watch.next();
        let (entries, _) = watch.look(&seen(&[]), now);
        looks += 1;
        if watch.status() == StatusWord::Closed {
            assert_eq!((entries, now), (vec!["closed"], watch.quiet()));
            break;
        }
        assert!(now < watch.quiet() && looks < 20, "{looks} looks and {now}");
    }
}

#[test]
fn a_grant_that_ended_early_waits_until_its_credentials_open_nothing() {
    let mut watch = Watch::running();
    let revoked = watch.scene.revoke(
        &watch.request,
        &crate::life::tests::Scene::approver(),
        after(5),
    );
    watch.request = revoked.unwrap().request().clone();
    let id = watch.session("late");
    watch.look(&seen(&[]), after(5));
    // Opened with credentials that were still good, and listed only now.
    let (entries, evicted) = watch.look(&seen(&[open(&id)]), after(50));
    assert_eq!(entries, ["session_seen", "session_terminating"]);
    assert_eq!(evicted.len(), 1);
    let just_before = watch.quiet().minus(SECOND);
    watch.look(&seen(&[over(&id, after(51))]), just_before);
    assert_eq!(watch.status(), StatusWord::Ending);
}

#[test]
fn a_session_that_turns_up_after_the_close_is_ended_and_the_request_stays_closed() {
    let mut watch = Watch::ended();
    watch.look(&seen(&[]), watch.quiet());
    assert_eq!(watch.status(), StatusWord::Closed);
    let id = watch.session("ghost");
    let (entries, evicted) = watch.look(&seen(&[open(&id)]), after(900));
    assert_eq!(entries, ["session_seen", "session_terminating"]);
    assert_eq!(
        (evicted, watch.status()),
        (vec![id.to_string()], StatusWord::Closed)
    );
    // Its log is followed like any other, and only then is the request over for good.
    let gone = seen(&[over(&id, after(905))]);
    assert_eq!(watch.look(&gone, watch.next()).0, ["session_over"]);
    let found = logged(gone, &id, &[log(after(906), 9)]);
    assert_eq!(watch.look(&found, watch.next()).0, ["log_judged"]);
    assert_eq!(watch.status(), StatusWord::Closed);
    // It is looked at again as if it had been there when the request closed.
    let age = watch.next().since(watch.quiet());
    assert_eq!(age, watch.scene.pace.recheck_after);
}

#[test]
fn an_issue_that_was_open_when_the_grant_ended_can_hand_nothing_out() {
    let mut watch = Watch::running();
    watch.request = watch.scene.issuing();
    let revoked = watch.scene.revoke(
        &watch.request,
        &crate::life::tests::Scene::approver(),
        after(5),
    );
    watch.request = revoked.unwrap().request().clone();
    let done = crate::life::issue::complete(&watch.request, 1, "AKIDEXAMPLE", after(900), after(6));
    assert_eq!(done.unwrap_err().code(), "grant-over");
    assert_eq!(watch.look(&seen(&[]), after(6)).0, ["issue_orphaned"]);
}

#[test]
fn the_same_look_twice_writes_nothing_twice() {
    let mut watch = Watch::ended();
    let id = watch.session("a");
    for listing in [seen(&[open(&id)]), seen(&[over(&id, after(61))])] {
        assert!(!watch.look(&listing, after(61)).0.is_empty());
        assert_eq!(watch.look(&listing, after(61)), (vec![], vec![]));
    }
}

#[test]
fn very_many_sessions_are_ended_in_steps_that_fit_a_transaction() {
    let mut watch = Watch::ended();
    let ids: Vec<_> = (0..150).map(|n| watch.session(&format!("s{n}"))).collect();
    let listing = seen(&ids.iter().map(open).collect::<Vec<_>>());
    let (mut ended, mut looks) = (0, 0);
    while ended < ids.len() {
        let looked = watch.judge(&listing, after(60));
        let step = looked.step.as_ref().unwrap();
        assert!(step.entries().len() + step.sessions().len() <= 90);
        ended += watch.look(&listing, after(60)).1.len();
        looks += 1;
        assert!(
            looks < 20,
            "only {ended} of {} after {looks} looks",
            ids.len()
        );
    }
    let gone = seen(&ids.iter().map(|id| over(id, after(61))).collect::<Vec<_>>());
    // All are over, and many of them not on record as such: that is no time to close.
    watch.look(&gone, watch.quiet());
    assert_eq!(watch.status(), StatusWord::Ending);
}
