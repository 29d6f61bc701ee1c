//! Following a session's log to its verdict.

use std::time::Duration;

use super::scene::{Watch, at, log, logged, open, over, seen};
use crate::life::tests::after;
use crate::log_verdict::{LogLook, LogObject};
use crate::moment::Moment;
use crate::names::SessionId;
use crate::status::StatusWord;
use crate::sweep::{Seen, unseen_logs};

/// A session that ended with its grant.
fn with_an_ended_session() -> (Watch, SessionId) {
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
    watch.records[0].log.word().as_str()
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
    assert_eq!(watch.records[0].log.word().as_str(), "pending");
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
fn a_verdict_stands_while_the_request_is_not_closed() {
    let (mut watch, id) = with_an_ended_session();
    let gone = seen(&[over(&id, after(61))]);
    watch.look(&logged(gone.clone(), &id, &[log(after(62), 9)]), after(70));
    let wanted = unseen_logs(&watch.request, &watch.records, &gone.sessions, after(80));
    assert!(wanted.is_empty(), "it has been looked at");
    assert_eq!(watch.records[0].log.word().as_str(), "landed");
}

#[test]
fn a_log_that_cannot_be_looked_at_is_unreadable_when_the_wait_for_it_is_over() {
    let (mut watch, id) = with_an_ended_session();
    let code = "AccessDenied".to_owned();
    let mut refused = seen(&[over(&id, after(61))]);
    refused.logs.insert(id.clone(), LogLook::Refused { code });
    watch.look(&refused, after(3_600));
    assert_eq!(watch.records[0].log.word().as_str(), "pending");
    let (entries, _) = watch.look(&refused, after(61 + 3_600));
    assert_eq!(entries, ["log_judged", "closed"]);
    assert_eq!(watch.records[0].log.word().as_str(), "unreadable");
}

/// A request that has closed with this log.
fn closed(versions: &[LogObject]) -> (Watch, SessionId) {
    let (mut watch, id) = with_an_ended_session();
    let gone = seen(&[over(&id, after(61))]);
    watch.look(&logged(gone, &id, versions), at(Duration::from_secs(3_700)));
    assert_eq!(watch.status(), StatusWord::Closed);
    (watch, id)
}

/// Looks at the logs when their turn comes; gives the words of the entries.
fn recheck(watch: &mut Watch, id: &SessionId, versions: &[LogObject]) -> Vec<&'static str> {
    let now = watch.next();
    let wanted = unseen_logs(&watch.request, &watch.records, &[], now);
    assert_eq!(wanted.len(), 1, "its turn has come");
    watch.look(&logged(Seen::default(), id, versions), now).0
}

#[test]
fn after_the_close_a_log_is_looked_at_again_and_that_it_is_as_it_was_is_written_down() {
    let landed = [log(after(62), 9)];
    let (mut watch, id) = closed(&landed);
    let mut times = 0;
    while watch.request.due_at(&watch.scene.pace).is_some() {
        let early = watch.next().minus(Duration::from_secs(1));
        assert!(unseen_logs(&watch.request, &watch.records, &[], early).is_empty());
        assert_eq!(recheck(&mut watch, &id, &landed), ["logs_rechecked"]);
        times += 1;
    }
    assert_eq!(times, 5);
    assert_eq!(watch.status(), StatusWord::Closed);
}

#[test]
fn what_is_done_to_a_log_after_the_close_is_found() {
    let landed = log(after(62), 9);
    let later = log(after(5_000), 9);
    for versions in [vec![], vec![landed.clone(), later.clone()], vec![later]] {
        let (mut watch, id) = closed(std::slice::from_ref(&landed));
        assert_eq!(recheck(&mut watch, &id, &versions), ["log_judged"]);
        assert_eq!(watch.records[0].log.word().as_str(), "altered");
    }
}

#[test]
fn a_missing_log_comes_back_as_late_and_never_as_landed() {
    let (mut watch, id) = closed(&[]);
    assert_eq!(watch.records[0].log.word().as_str(), "missing");
    assert_eq!(recheck(&mut watch, &id, &[]), ["logs_rechecked"]);
    assert_eq!(
        recheck(&mut watch, &id, &[log(after(62), 9)]),
        ["log_judged"]
    );
    assert_eq!(watch.records[0].log.word().as_str(), "late");
}

#[test]
fn a_log_that_could_not_be_looked_at_again_is_not_said_to_be_as_it_was() {
    let (mut watch, id) = closed(&[log(after(62), 9)]);
    let turn = watch.next();
    let (entries, _) = watch.look(&Seen::default(), turn);
    assert!(entries.is_empty());
    assert_eq!(watch.next(), turn.plus(Duration::from_secs(600)));
    assert_eq!(watch.records[0].log.word().as_str(), "landed");
    assert_eq!(
        recheck(&mut watch, &id, &[log(after(62), 9)]),
        ["logs_rechecked"]
    );
}

#[test]
fn what_cannot_be_logged_says_so_from_the_start_and_is_waited_for_by_nobody() {
    let mut watch = Watch::ended();
    let mut json = serde_json::to_value(&watch.request).unwrap();
    json["ask"]["kind"] = serde_json::json!({"type": "ssh"});
    watch.request = serde_json::from_value(json).unwrap();
    let id = watch.session("a");
    watch.look(&seen(&[open(&id)]), after(60));
    assert_eq!(watch.records[0].log.word().as_str(), "unloggable");
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
    assert_eq!(watch.records[0].log.word().as_str(), "missing");
}
