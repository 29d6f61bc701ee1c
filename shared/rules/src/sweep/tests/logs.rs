//! Following a session's log to its verdict.

use std::time::Duration;

use super::scene::{Watch, at, log, logged, open, over, seen};
use crate::life::tests::after;
use crate::moment::Moment;
use crate::status::StatusWord;

/// A session that ended with its grant.
fn with_an_ended_session() -> (Watch, crate::names::SessionId) {
    let mut watch = Watch::ended();
    let id = watch.session("a");
    watch.look(&seen(&[open(&id)]), after(60));
    watch.look(&seen(&[over(&id, after(61))]), after(61));
    (watch, id)
}

/// The verdict once these versions are seen at that moment.
fn verdict(stored: &[(Moment, u64)], now: Moment) -> &'static str {
    let (mut watch, id) = with_an_ended_session();
    let versions: Vec<_> = stored.iter().map(|(at, size)| log(*at, *size)).collect();
    watch.look(&logged(seen(&[over(&id, after(61))]), &id, &versions), now);
    watch.records[0].log.word()
}

#[test]
fn each_finding_leads_to_its_verdict() {
    let hour = Duration::from_secs(3_600);
    assert_eq!(verdict(&[], after(120)), "pending");
    assert_eq!(
        verdict(&[], at(hour).plus(Duration::from_secs(62))),
        "missing"
    );
    assert_eq!(verdict(&[(after(62), 9)], after(120)), "landed");
    assert_eq!(verdict(&[(after(62), 0)], after(120)), "empty");
    assert_eq!(verdict(&[(after(900), 9)], after(901)), "late");
    assert_eq!(
        verdict(&[(after(62), 9), (after(70), 9)], after(120)),
        "altered"
    );
    assert_eq!(verdict(&[(after(1), 9)], after(120)), "altered");
}

#[test]
fn without_a_look_at_the_bucket_there_is_no_verdict() {
    let (mut watch, id) = with_an_ended_session();
    let late = after(100_000);
    watch.look(&seen(&[over(&id, after(61))]), late);
    assert_eq!(watch.records[0].log.word(), "pending");
    assert_eq!(watch.status(), StatusWord::Ending);
}

#[test]
fn a_request_closes_with_the_last_verdict_and_not_before() {
    let (mut watch, id) = with_an_ended_session();
    let gone = seen(&[over(&id, after(61))]);
    watch.look(&gone, watch.quiet());
    assert_eq!(watch.status(), StatusWord::Ending);
    let (entries, _) = watch.look(&logged(gone, &id, &[log(after(62), 9)]), watch.quiet());
    assert_eq!(entries, ["log_judged", "closed"]);
}

#[test]
fn a_verdict_is_final() {
    let (mut watch, id) = with_an_ended_session();
    let gone = seen(&[over(&id, after(61))]);
    watch.look(&logged(gone.clone(), &id, &[log(after(62), 9)]), after(70));
    let twice = [log(after(62), 9), log(after(80), 9)];
    let (entries, _) = watch.look(&logged(gone, &id, &twice), after(80));
    assert!(entries.is_empty());
    assert_eq!(watch.records[0].log.word(), "landed");
}

#[test]
fn what_cannot_be_logged_says_so_from_the_start_and_is_waited_for_by_nobody() {
    let mut watch = Watch::ended();
    let mut json = serde_json::to_value(&watch.request).unwrap();
    json["ask"]["kind"] = serde_json::json!({"type": "ssh"});
    watch.request = serde_json::from_value(json).unwrap();
    let id = watch.session("a");
    watch.look(&seen(&[open(&id)]), after(60));
    assert_eq!(watch.records[0].log.word(), "unloggable");
    let (entries, _) = watch.look(&seen(&[over(&id, after(61))]), watch.quiet());
    assert_eq!(entries, ["session_over", "closed"]);
}

#[test]
fn a_log_that_does_not_come_is_looked_for_ever_less_often_and_given_up_in_time() {
    let (mut watch, id) = with_an_ended_session();
    let gone = seen(&[over(&id, after(61))]);
    let mut looks = 0;
    while watch.status() != StatusWord::Closed {
        let now = watch.next();
        watch.look(&logged(gone.clone(), &id, &[]), now);
        looks += 1;
        assert!(looks < 100, "{looks} looks");
        assert!(watch.status() == StatusWord::Closed || watch.next() > now);
    }
    assert_eq!(watch.records[0].log.word(), "missing");
}
