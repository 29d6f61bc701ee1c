use super::super::SessionType;
use super::super::session::SessionHabits;
use super::super::session::tests::{START, opening};
use super::*;

fn session_with(prefix: &str, kind: SessionType) -> Session {
    let mut opening = opening("req-1:x-suffix");
    opening.inputs.s3_prefix = prefix.to_owned();
    opening.session_type = kind;
    Session::start(opening, START, &SessionHabits::default())
}

#[test]
fn the_key_is_joined_as_the_agent_joins_it() {
    for (prefix, expected) in [
        ("jit", "jit/req-1x-suffix.log"),
        ("", "req-1x-suffix.log"),
        ("jit/", "jit/req-1x-suffix.log"),
        ("a//b/./c/../d", "a/b/d/req-1x-suffix.log"),
        ("/jit", "/jit/req-1x-suffix.log"),
        ("a:b", "ab/req-1x-suffix.log"),
        ("../up", "../up/req-1x-suffix.log"),
        ("/../up", "/up/req-1x-suffix.log"),
    ] {
        let place = log_place(&session_with(prefix, SessionType::StandardStream)).unwrap();
        assert_eq!(place, ("logs".to_owned(), expected.to_owned()));
    }
}

#[test]
fn ports_have_no_log_and_commands_do() {
    assert_eq!(log_place(&session_with("jit", SessionType::Port)), None);
    assert!(log_place(&session_with("jit", SessionType::InteractiveCommands)).is_some());
}

#[test]
fn delays_add_up_and_versions_differ() {
    let behaviour = LogBehaviour::AfterDelay {
        millis: 5_000,
        then: Box::new(LogBehaviour::AfterDelay {
            millis: 500,
            then: Box::new(LogBehaviour::Duplicate),
        }),
    };
    let versions = behaviour.versions("log");
    let delays: Vec<i64> = versions.iter().map(|(delay, _)| *delay).collect();
    assert_eq!(delays, [5_500, 6_500]);
    assert_ne!(versions[0].1, versions[1].1);
    assert_eq!(LogBehaviour::Truncate.versions("log"), [(0, Bytes::new())]);
    assert!(LogBehaviour::Withhold.versions("log").is_empty());
    assert_eq!(LogBehaviour::DelayMillis(7).versions("log")[0].0, 7);
}

#[test]
fn the_transcript_has_what_was_typed_between_a_head_and_a_foot() {
    let mut session = session_with("jit", SessionType::StandardStream);
    session.note_typing(START + 1, "uptime\n".to_owned(), &SessionHabits::default());
    let text = transcript(&session, START + 60_000);
    assert!(text.starts_with("Script started on 2026-11-24 09:00:00+00:00"));
    assert!(text.contains("$ uptime\r\n"));
    assert!(text.contains("Script done on 2026-11-24 09:01:00+00:00"));
}
