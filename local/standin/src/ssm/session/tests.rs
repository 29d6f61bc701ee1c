use super::*;

/// 2026-11-24T09:00:00Z.
pub(in crate::ssm) const START: i64 = 1_795_510_800_000;
const MINUTE: i64 = 60_000;

pub(in crate::ssm) fn opening(id: &str) -> Opening {
    Opening {
        id: id.to_owned(),
        account: "111122223333".to_owned(),
        region: "ap-northeast-2".to_owned(),
        target: "i-0123456789abcdef0".to_owned(),
        document: "Shell-60".to_owned(),
        session_type: SessionType::StandardStream,
        inputs: Inputs {
            s3_bucket: "logs".to_owned(),
            s3_prefix: "jit".to_owned(),
            s3_encrypted: true,
            max_minutes: Some(60),
            idle_minutes: Some(20),
        },
        owner: Owner {
            arn: "arn:aws:sts::111122223333:assumed-role/Access/req-1".to_owned(),
            user_id: "AROAEXAMPLE:req-1".to_owned(),
        },
        reason: Some("a ticket".to_owned()),
        refused: false,
    }
}

fn session(habits: &SessionHabits) -> Session {
    Session::start(opening("req-1-aaaa"), START, habits)
}

fn statuses(session: &Session, moments: &[i64]) -> Vec<Option<SessionStatus>> {
    moments
        .iter()
        .map(|after| session.status_at(START + after))
        .collect()
}

#[test]
fn a_session_is_nothing_before_its_start_and_over_at_its_documents_maximum() {
    let session = session(&SessionHabits::default());
    assert_eq!(
        statuses(&session, &[-1, 0, 60 * MINUTE - 1, 60 * MINUTE]),
        [
            None,
            Some(SessionStatus::Connected),
            Some(SessionStatus::Connected),
            Some(SessionStatus::Terminated),
        ]
    );
    let end = START + 60 * MINUTE;
    assert_eq!(session.ended_at(end - 1), None);
    assert_eq!(session.ended_at(end + 5), Some(end));
    assert_eq!(session.cause_at(end), Some(EndCause::MaxDuration));
}

#[test]
fn connecting_and_terminating_take_their_time() {
    let habits = SessionHabits {
        connecting_millis: 500,
        terminating_millis: 2_000,
        ..SessionHabits::default()
    };
    let mut session = session(&habits);
    session.end(START + 10_000, EndCause::Terminated, &habits);
    assert_eq!(
        statuses(
            &session,
            &[0, 499, 500, 9_999, 10_000, 11_999, 12_000, 90 * MINUTE]
        ),
        [
            Some(SessionStatus::Connecting),
            Some(SessionStatus::Connecting),
            Some(SessionStatus::Connected),
            Some(SessionStatus::Connected),
            Some(SessionStatus::Terminating),
            Some(SessionStatus::Terminating),
            Some(SessionStatus::Terminated),
            Some(SessionStatus::Terminated),
        ]
    );
    assert_eq!(session.ended_at(START + 90 * MINUTE), Some(START + 12_000));
}

#[test]
fn a_session_can_be_ended_while_it_is_connecting() {
    let habits = SessionHabits {
        connecting_millis: 5_000,
        ..SessionHabits::default()
    };
    let mut session = session(&habits);
    session.end(START + 1_000, EndCause::Terminated, &habits);
    assert_eq!(
        session.status_at(START + 6_000),
        Some(SessionStatus::Terminated)
    );
}

#[test]
fn what_is_over_or_ending_stays_so() {
    let habits = SessionHabits {
        terminating_millis: 2_000,
        ..SessionHabits::default()
    };
    let mut session = session(&habits);
    session.end(START + 1_000, EndCause::Terminated, &habits);
    let ended = session.clone().changes;
    for now in [START + 1_500, START + 5_000] {
        session.end(now, EndCause::Exited, &habits);
        session.connect(now, &habits);
        session.disconnect(now, &habits);
        assert_eq!(session.changes, ended);
    }
    assert_eq!(session.cause_at(START + 9_000), Some(EndCause::Terminated));
}

#[test]
fn a_session_without_its_client_still_ends_at_its_maximum() {
    let habits = SessionHabits::default();
    let mut session = session(&habits);
    session.disconnect(START + MINUTE, &habits);
    assert_eq!(
        session.status_at(START + MINUTE),
        Some(SessionStatus::Disconnected)
    );
    session.connect(START + 2 * MINUTE, &habits);
    assert_eq!(
        session.status_at(START + 2 * MINUTE),
        Some(SessionStatus::Connected)
    );
    session.disconnect(START + 3 * MINUTE, &habits);
    assert_eq!(
        session.status_at(START + 60 * MINUTE),
        Some(SessionStatus::Terminated)
    );
    assert_eq!(session.ended_at(i64::MAX), Some(START + 60 * MINUTE));
}

#[test]
fn idling_ends_a_session_only_where_the_world_says_so_and_typing_puts_it_off() {
    let mut patient = session(&SessionHabits::default());
    patient.note_typing(START + MINUTE, "ls".to_owned(), &SessionHabits::default());
    assert_eq!(patient.ended_at(i64::MAX), Some(START + 60 * MINUTE));

    let habits = SessionHabits {
        idle_timeout: true,
        ..SessionHabits::default()
    };
    let mut idle = session(&habits);
    assert_eq!(idle.ended_at(i64::MAX), Some(START + 20 * MINUTE));
    idle.note_typing(START + 15 * MINUTE, "ls".to_owned(), &habits);
    assert_eq!(idle.ended_at(i64::MAX), Some(START + 35 * MINUTE));
    assert_eq!(idle.cause_at(i64::MAX), Some(EndCause::Idle));
    for minute in [30, 45, 59] {
        idle.note_typing(START + minute * MINUTE, "ls".to_owned(), &habits);
    }
    assert_eq!(idle.cause_at(i64::MAX), Some(EndCause::MaxDuration));
}

#[test]
fn a_session_without_a_maximum_never_ends_by_itself() {
    let mut opening = opening("req-1-bbbb");
    opening.inputs.max_minutes = None;
    let session = Session::start(opening, START, &SessionHabits::default());
    assert_eq!(session.status_at(i64::MAX), Some(SessionStatus::Connected));
}

#[test]
fn a_session_that_the_agent_refuses_is_over_at_once() {
    let mut opening = opening("req-1-cccc");
    opening.refused = true;
    let session = Session::start(opening, START, &SessionHabits::default());
    assert_eq!(session.ended_at(START), Some(START));
    assert_eq!(session.cause_at(START), Some(EndCause::RefusedByAgent));
}
