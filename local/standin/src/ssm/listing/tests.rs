use serde_json::{Value, json};

use super::super::session::EndCause;
use super::super::session::tests::{START, opening};
use super::*;

const MINUTE: i64 = 60_000;

/// Ten sessions of two people on two nodes, a minute apart; the odd ones are over.
fn ten() -> Vec<Session> {
    let habits = SessionHabits::default();
    (0..10_i64)
        .map(|n| {
            let mut opening = opening(&format!("req-{n}-suffix"));
            opening.owner.arn = format!("arn:aws:sts::111122223333:assumed-role/Access/req-{n}");
            if n % 3 == 0 {
                opening.target = "i-0fedcba9876543210".to_owned();
            }
            let start = START + n * MINUTE;
            let mut session = Session::start(opening, start, &habits);
            if n % 2 == 1 {
                session.end(start + 30_000, EndCause::Terminated, &habits);
            }
            session
        })
        .collect()
}

fn view(as_of: i64) -> View<'static> {
    View {
        account: "111122223333",
        region: "ap-northeast-2",
        as_of,
    }
}

fn ask(sessions: &[Session], request: Value, as_of: i64) -> Result<Value, AwsError> {
    let habits = SessionHabits::default();
    Query::read(request)?.answer(sessions.iter(), view(as_of), &habits)
}

fn ids(answer: &Value) -> Vec<&str> {
    let listed = answer["Sessions"].as_array().unwrap();
    listed
        .iter()
        .map(|session| session["SessionId"].as_str().unwrap())
        .collect()
}

const LATER: i64 = START + 20 * MINUTE;

#[test]
fn active_and_history_part_the_sessions_newest_first() {
    let sessions = ten();
    let active = ask(&sessions, json!({ "State": "Active" }), LATER).unwrap();
    assert_eq!(
        ids(&active),
        [
            "req-8-suffix",
            "req-6-suffix",
            "req-4-suffix",
            "req-2-suffix",
            "req-0-suffix"
        ]
    );
    let past = ask(&sessions, json!({ "State": "History" }), LATER).unwrap();
    assert_eq!(
        ids(&past),
        [
            "req-9-suffix",
            "req-7-suffix",
            "req-5-suffix",
            "req-3-suffix",
            "req-1-suffix"
        ]
    );
}

#[test]
fn a_session_is_told_in_full() {
    let sessions = ten();
    let request = json!({
        "State": "History",
        "Filters": [{ "key": "SessionId", "value": "req-1-suffix" }],
    });
    let answer = ask(&sessions, request, LATER).unwrap();
    assert_eq!(
        answer["Sessions"][0],
        json!({
            "SessionId": "req-1-suffix",
            "Target": "i-0123456789abcdef0",
            "Status": "Terminated",
            "StartDate": 1_795_510_860.0,
            "EndDate": 1_795_510_890.0,
            "DocumentName": "Shell-60",
            "Owner": "arn:aws:sts::111122223333:assumed-role/Access/req-1",
            "Reason": "a ticket",
            "OutputUrl": {},
            "MaxSessionDuration": "60",
            "AccessType": "Standard",
        })
    );
    let active = ask(&sessions, json!({ "State": "Active" }), LATER).unwrap();
    assert_eq!(active["Sessions"][0].get("EndDate"), None);
}

#[test]
fn every_filter_filters() {
    let sessions = ten();
    let found = |key: &str, value: &str| {
        let request = json!({ "State": "Active", "Filters": [{ "key": key, "value": value }] });
        let answer = ask(&sessions, request, LATER).unwrap();
        ids(&answer)
            .join(" ")
            .replace("-suffix", "")
            .replace("req-", "")
    };
    assert_eq!(found("InvokedAfter", "2026-11-24T09:04:00Z"), "8 6 4");
    assert_eq!(found("InvokedBefore", "2026-11-24T09:04:00Z"), "2 0");
    assert_eq!(found("Target", "i-0fedcba9876543210"), "6 0");
    assert_eq!(
        found(
            "Owner",
            "arn:aws:sts::111122223333:assumed-role/Access/req-4"
        ),
        "4"
    );
    assert_eq!(found("Owner", "req-4"), "");
    assert_eq!(found("Status", "Connected"), "8 6 4 2 0");
    assert_eq!(found("Status", "Disconnected"), "");
    assert_eq!(found("SessionId", "req-2-suffix"), "2");
    assert_eq!(found("SessionId", "req-2"), "");
    assert_eq!(found("AccessType", "Standard"), "8 6 4 2 0");
    assert_eq!(found("AccessType", "JustInTime"), "");

    let both = json!({ "State": "Active", "Filters": [
        { "key": "Target", "value": "i-0fedcba9876543210" },
        { "key": "InvokedBefore", "value": "2026-11-24T09:04:00Z" },
    ] });
    assert_eq!(ids(&ask(&sessions, both, LATER).unwrap()), ["req-0-suffix"]);
}

#[test]
fn the_page_is_cut_before_it_is_filtered() {
    let sessions = ten();
    let mut request = json!({
        "State": "Active",
        "MaxResults": 2,
        "Filters": [{ "key": "SessionId", "value": "req-0-suffix" }],
    });
    let mut pages = Vec::new();
    loop {
        let answer = ask(&sessions, request.clone(), LATER).unwrap();
        pages.push(ids(&answer).len());
        match answer.get("NextToken") {
            Some(token) => request["NextToken"] = token.clone(),
            None => break,
        }
    }
    assert_eq!(pages, [0, 0, 1]);
}

#[test]
fn paging_is_not_disturbed_by_sessions_that_come_and_go() {
    let mut sessions = ten();
    let mut request = json!({ "State": "Active", "MaxResults": 2 });
    let first = ask(&sessions, request.clone(), LATER).unwrap();
    assert_eq!(ids(&first), ["req-8-suffix", "req-6-suffix"]);
    sessions[6].end(LATER, EndCause::Exited, &SessionHabits::default());
    let new = opening("req-new-suffix");
    sessions.push(Session::start(new, LATER, &SessionHabits::default()));
    request["NextToken"] = first["NextToken"].clone();
    let second = ask(&sessions, request, LATER).unwrap();
    assert_eq!(ids(&second), ["req-4-suffix", "req-2-suffix"]);
}

#[test]
fn the_service_may_give_smaller_pages_than_asked_for() {
    let sessions = ten();
    let habits = SessionHabits {
        largest_session_page: Some(1),
        ..SessionHabits::default()
    };
    let query = Query::read(json!({ "State": "Active", "MaxResults": 200 })).unwrap();
    let answer = query.answer(sessions.iter(), view(LATER), &habits).unwrap();
    assert_eq!(ids(&answer), ["req-8-suffix"]);
    assert!(answer.get("NextToken").is_some());
}

#[test]
fn a_token_belongs_to_its_query() {
    let sessions = ten();
    let answer = ask(
        &sessions,
        json!({ "State": "Active", "MaxResults": 2 }),
        LATER,
    )
    .unwrap();
    let token = answer["NextToken"].clone();
    let refused = [
        json!({ "State": "History", "NextToken": token }),
        json!({ "State": "Active", "NextToken": token,
                "Filters": [{ "key": "Status", "value": "Connected" }] }),
        json!({ "State": "Active", "NextToken": "made-up" }),
    ];
    for request in refused {
        assert_eq!(
            ask(&sessions, request, LATER).unwrap_err().code,
            "InvalidNextToken"
        );
    }
    // The size of the next page is free.
    let request = json!({ "State": "Active", "NextToken": token, "MaxResults": 3 });
    assert_eq!(ids(&ask(&sessions, request, LATER).unwrap()).len(), 3);
}

#[test]
fn a_listing_of_a_moment_ago_has_what_was_then() {
    let habits = SessionHabits::default();
    let mut sessions = [Session::start(opening("req-1-suffix"), START, &habits)];
    let listed = |sessions: &[Session], state: &str, as_of: i64| {
        ids(&ask(sessions, json!({ "State": state }), as_of).unwrap()).len()
    };
    assert_eq!(listed(&sessions, "Active", START - 1), 0);
    assert_eq!(listed(&sessions, "Active", START), 1);
    sessions[0].end(START + MINUTE, EndCause::Terminated, &habits);
    assert_eq!(listed(&sessions, "Active", START + MINUTE - 1), 1);
    assert_eq!(listed(&sessions, "History", START + MINUTE - 1), 0);
    assert_eq!(listed(&sessions, "History", START + MINUTE), 1);
}

#[test]
fn the_history_forgets_after_thirty_days() {
    let habits = SessionHabits::default();
    let mut session = Session::start(opening("req-1-suffix"), START, &habits);
    session.end(START, EndCause::Exited, &habits);
    let listed = |as_of: i64| {
        let one = std::slice::from_ref(&session);
        ids(&ask(one, json!({ "State": "History" }), as_of).unwrap()).len()
    };
    let month = 30 * 24 * 60 * MINUTE;
    assert_eq!(listed(START + month), 1);
    assert_eq!(listed(START + month + 1), 0);
}

#[test]
fn a_terminating_session_is_where_the_world_says() {
    let mut habits = SessionHabits {
        terminating_millis: 5_000,
        ..SessionHabits::default()
    };
    let mut session = Session::start(opening("req-1-suffix"), START, &habits);
    session.end(START, EndCause::Terminated, &habits);
    for (in_history, state) in [(false, "Active"), (true, "History")] {
        habits.terminating_in_history = in_history;
        let query = Query::read(json!({ "State": state })).unwrap();
        let answer = query
            .answer([&session].into_iter(), view(START), &habits)
            .unwrap();
        assert_eq!(answer["Sessions"][0]["Status"], "Terminating");
    }
}

#[test]
fn sessions_of_another_account_or_region_are_not_to_be_seen() {
    let sessions = ten();
    let query = Query::read(json!({ "State": "Active" })).unwrap();
    for (account, region) in [
        ("444455556666", "ap-northeast-2"),
        ("111122223333", "us-east-1"),
    ] {
        let view = View {
            account,
            region,
            as_of: LATER,
        };
        let answer = query
            .answer(sessions.iter(), view, &SessionHabits::default())
            .unwrap();
        assert!(ids(&answer).is_empty());
    }
}

#[test]
fn requests_out_of_bounds_are_refused() {
    let filter = |key: &str, value: &str| json!([{ "key": key, "value": value }]);
    let seven: Vec<Value> = (0..7)
        .map(|_| json!({ "key": "Status", "value": "Connected" }))
        .collect();
    let cases = [
        (json!({}), "ValidationException"),
        (json!({ "State": "Past" }), "ValidationException"),
        (
            json!({ "State": "Active", "MaxResults": 0 }),
            "ValidationException",
        ),
        (
            json!({ "State": "Active", "MaxResults": 201 }),
            "ValidationException",
        ),
        (
            json!({ "State": "Active", "Filters": [] }),
            "ValidationException",
        ),
        (
            json!({ "State": "Active", "Filters": seven }),
            "ValidationException",
        ),
        (
            json!({ "State": "Active", "Filters": filter("Colour", "red") }),
            "InvalidFilterKey",
        ),
        (
            json!({ "State": "Active", "Filters": filter("Status", "Odd") }),
            "ValidationException",
        ),
        (
            json!({ "State": "Active", "Filters": filter("Owner", "") }),
            "ValidationException",
        ),
        (
            json!({ "State": "Active", "Filters": filter("Owner", &"x".repeat(401)) }),
            "ValidationException",
        ),
        (
            json!({ "State": "Active", "Filters": filter("InvokedAfter", "yesterday") }),
            "ValidationException",
        ),
        (json!({ "State": 1 }), "SerializationException"),
    ];
    for (request, code) in cases {
        assert_eq!(
            Query::read(request.clone()).unwrap_err().code,
            code,
            "{request}"
        );
    }
    assert!(
        Query::read(json!({ "State": "Active", "MaxResults": 200,
        "Filters": filter("Owner", &"x".repeat(400)) }))
        .is_ok()
    );
}
