use std::time::Duration;

use broker::fault::{AwsFault, AwsFaultKind};
use broker::ssm::{Haste, Listing};
use rules::eviction::Eviction;
use rules::names::SessionId;
use rules::pace::Pace;
use rules::request::Request;
use rules::session::{ListedSession, ListedState};
use rules::sweep::{Seen, look};
use serde_json::json;
use standin::Service;
use standin::faults::{FaultKind, FaultRule};
use standin::ssm::SessionStatus;

use crate::arranged::{Arranged, INSTANCE, add_access_role, arranged, own_keys};

fn terminating(kind: FaultKind) -> FaultRule {
    FaultRule::always(Service::Ssm, "TerminateSession", kind)
}

fn describing(kind: FaultKind) -> FaultRule {
    FaultRule::always(Service::Ssm, "DescribeSessions", kind)
}

async fn active(arranged: &Arranged) -> Result<Listing, AwsFault> {
    arranged.ssm().active(&arranged.place, Haste::Urgent).await
}

/// The evictions that the rules order for a request that is over.
fn evictions(arranged: &Arranged, over: &Request, sessions: Vec<ListedSession>) -> Vec<Eviction> {
    let seen = Seen {
        sessions,
        complete: true,
        ..Seen::default()
    };
    look(over, &[], &seen, arranged.now(), &Pace::default()).evictions
}

/// The one eviction of a session that this request is said to have.
fn eviction(arranged: &Arranged, request: &Request, id: &SessionId) -> Eviction {
    let listed = ListedSession {
        id: id.clone(),
        owner: String::new(),
        instance: INSTANCE.to_owned(),
        document: "Postern-Shell-30".to_owned(),
        started_at: arranged.now(),
        state: ListedState::Active,
    };
    evictions(arranged, &arranged.released(request), vec![listed])
        .pop()
        .unwrap()
}

fn ids(sessions: &[ListedSession]) -> Vec<SessionId> {
    let mut ids: Vec<SessionId> = sessions.iter().map(|session| session.id.clone()).collect();
    ids.sort();
    ids
}

fn sorted(mut ids: Vec<SessionId>) -> Vec<SessionId> {
    ids.sort();
    ids
}

#[tokio::test]
async fn one_listing_finds_the_sessions_of_all_requests_and_tells_the_others_apart() {
    let arranged = arranged();
    let (_, one) = arranged.minted(1).await;
    let (_, two) = arranged.minted(2).await;
    let first = arranged.open(&one).await.unwrap();
    let second = arranged.open(&two).await.unwrap();
    arranged.open_as(&own_keys(&arranged.world)).await.unwrap();

    let listing = active(&arranged).await.unwrap();
    assert_eq!(ids(&listing.sessions), sorted(vec![first.clone(), second]));
    assert_eq!((listing.foreign.len(), listing.complete), (1, true));
    let found = listing
        .sessions
        .iter()
        .find(|session| session.id == first)
        .unwrap();
    assert_eq!(found.instance, INSTANCE);
    assert_eq!(found.document, "Postern-Shell-30");
    assert_eq!(found.started_at, arranged.now());
    assert_eq!(found.state, ListedState::Active);

    let calls = arranged.world.calls_of(Service::Ssm, "DescribeSessions");
    let said: Vec<_> = calls.iter().map(|call| call.parameters.clone()).collect();
    assert_eq!(said, [json!({"State": "Active", "MaxResults": 200})]);
}

#[tokio::test]
async fn a_role_session_that_borrows_a_requests_name_is_foreign() {
    let arranged = arranged();
    let (request, _) = arranged.granted(1);
    add_access_role(&arranged.world, "Another", "/");
    let borrowed = arranged
        .world
        .function_credentials("Another", &request.id().to_string())
        .unwrap();
    let session = arranged.open_as(&borrowed).await.unwrap();
    assert_eq!(
        session.parse::<SessionId>().unwrap().request(),
        request.id()
    );
    let listing = active(&arranged).await.unwrap();
    assert_eq!((listing.sessions.len(), listing.foreign.len()), (0, 1));
    let foreign = &listing.foreign[0];
    assert_eq!(
        (foreign.id.as_str(), foreign.instance.as_str()),
        (session.as_str(), INSTANCE)
    );
    assert!(foreign.owner.contains("/Another/"));
    assert_eq!(foreign.started_at, arranged.now());
}

#[tokio::test]
async fn one_listing_of_the_past_serves_all_requests_and_goes_on_past_empty_pages() {
    let arranged = arranged();
    let (_, minted) = arranged.minted(1).await;
    let older = arranged.open(&minted).await.unwrap();
    arranged.world.exit_session(&older.to_string()).unwrap();
    arranged.world.clock().advance(Duration::from_secs(60));
    let since = arranged.now();
    let (_, other) = arranged.minted(2).await;
    let mine = arranged.open(&minted).await.unwrap();
    arranged.world.clock().advance(Duration::from_secs(5));
    let theirs = arranged.open(&other).await.unwrap();
    arranged.world.exit_session(&theirs.to_string()).unwrap();
    arranged.world.exit_session(&mine.to_string()).unwrap();
    arranged
        .world
        .change_session_habits(|habits| habits.largest_session_page = Some(1));

    let listing = arranged.ssm().past(&arranged.place, since).await.unwrap();
    // The older one is on a page of its own, of which the filter leaves nothing.
    assert_eq!(ids(&listing.sessions), sorted(vec![mine, theirs]));
    assert!(listing.complete);
    assert_eq!(
        listing.sessions[0].state,
        ListedState::History {
            ended_at: Some(arranged.now())
        }
    );

    let calls = arranged.world.calls_of(Service::Ssm, "DescribeSessions");
    assert_eq!(calls.len(), 3);
    for call in &calls {
        assert_eq!(call.parameters["State"], "History");
        assert_eq!(
            call.parameters["Filters"],
            json!([{"key": "InvokedAfter", "value": since.iso_seconds()}])
        );
    }
}

#[tokio::test]
async fn a_session_that_ssm_is_still_ending_has_no_end_yet() {
    let arranged = arranged();
    arranged.world.change_session_habits(|habits| {
        habits.terminating_millis = 10_000;
        habits.terminating_in_history = true;
    });
    let (request, minted) = arranged.minted(1).await;
    let id = arranged.open(&minted).await.unwrap();
    arranged
        .ssm()
        .terminate(eviction(&arranged, &request, &id))
        .await
        .unwrap();
    let state = async || {
        let listing = arranged
            .ssm()
            .past(&arranged.place, request.asked_at())
            .await
            .unwrap();
        listing.sessions[0].state
    };
    assert_eq!(state().await, ListedState::History { ended_at: None });
    arranged.world.clock().advance(Duration::from_secs(10));
    assert_eq!(
        state().await,
        ListedState::History {
            ended_at: Some(arranged.now())
        }
    );
}

#[tokio::test]
async fn half_a_listing_says_so_and_keeps_what_it_found() {
    let arranged = arranged();
    arranged
        .world
        .change_session_habits(|habits| habits.largest_session_page = Some(1));
    let (_, minted) = arranged.minted(1).await;
    arranged.open(&minted).await.unwrap();
    arranged.open(&minted).await.unwrap();
    let down = FaultKind::Fail {
        status: 500,
        code: "InternalServerError".to_owned(),
    };
    arranged
        .world
        .faults()
        .inject(describing(down).after_skipping(1));
    let listing = active(&arranged).await.unwrap();
    assert_eq!((listing.sessions.len(), listing.complete), (1, false));
    assert_eq!(listing.cut_short_by.unwrap().code, "InternalServerError");
}

#[tokio::test]
async fn a_listing_that_cannot_begin_is_a_fault() {
    let arranged = arranged();
    let denied = FaultKind::Fail {
        status: 400,
        code: "AccessDeniedException".to_owned(),
    };
    arranged.world.faults().inject(describing(denied).times(1));
    let fault = active(&arranged).await.unwrap_err();
    assert_eq!(fault.kind, AwsFaultKind::Denied);
    // One call is one call, whatever becomes of it: the place's call rate counts them.
    arranged
        .world
        .faults()
        .inject(describing(FaultKind::Throttle).times(1));
    let before = arranged
        .world
        .calls_of(Service::Ssm, "DescribeSessions")
        .len();
    let fault = active(&arranged).await.unwrap_err();
    assert_eq!(fault.kind, AwsFaultKind::Throttled);
    let after = arranged
        .world
        .calls_of(Service::Ssm, "DescribeSessions")
        .len();
    assert_eq!(after - before, 1);
    assert!(active(&arranged).await.unwrap().complete);
}

#[tokio::test]
async fn ending_one_grant_leaves_another_on_the_same_instance_alone() {
    let arranged = arranged();
    let (ending, one) = arranged.minted(1).await;
    let (_, two) = arranged.minted(2).await;
    let over = arranged.open(&one).await.unwrap();
    let on = arranged.open(&two).await.unwrap();
    let ssm = arranged.ssm();
    let listing = ssm.active(&arranged.place, Haste::Urgent).await.unwrap();
    let ordered = evictions(&arranged, &arranged.released(&ending), listing.sessions);
    assert_eq!(ordered.len(), 1);
    for eviction in ordered {
        ssm.terminate(eviction).await.unwrap();
    }
    let status = |id: &SessionId| arranged.world.session(&id.to_string()).unwrap().status;
    assert_eq!(status(&over), SessionStatus::Terminated);
    assert_eq!(status(&on), SessionStatus::Connected);
    let calls = arranged.world.calls_of(Service::Ssm, "TerminateSession");
    let said: Vec<_> = calls.iter().map(|call| call.parameters.clone()).collect();
    assert_eq!(said, [json!({"SessionId": over.to_string()})]);
}

#[tokio::test]
async fn ending_what_is_gone_or_unknown_is_no_fault_whichever_answer_ssm_gives() {
    let arranged = arranged();
    let (request, minted) = arranged.minted(1).await;
    let gone = arranged.open(&minted).await.unwrap();
    arranged.world.exit_session(&gone.to_string()).unwrap();
    let unknown: SessionId = format!("{}-07a16060613c408b5", request.id())
        .parse()
        .unwrap();
    for fails in [false, true] {
        arranged
            .world
            .change_session_habits(|habits| habits.terminating_the_gone_fails = fails);
        for id in [&gone, &unknown] {
            arranged
                .ssm()
                .terminate(eviction(&arranged, &request, id))
                .await
                .unwrap();
        }
    }
    assert_eq!(
        arranged
            .world
            .calls_of(Service::Ssm, "TerminateSession")
            .len(),
        4
    );
}

#[tokio::test]
async fn a_session_that_may_still_be_open_is_never_reported_as_told() {
    let arranged = arranged();
    let (request, minted) = arranged.minted(1).await;
    let id = arranged.open(&minted).await.unwrap();
    let fail = |status, code: &str| FaultKind::Fail {
        status,
        code: code.to_owned(),
    };
    for (fault, kind) in [
        (FaultKind::Throttle, AwsFaultKind::Throttled),
        (FaultKind::TimeoutBeforeEffect, AwsFaultKind::Unreachable),
        (fail(500, "InternalServerError"), AwsFaultKind::Unreachable),
        (fail(400, "AccessDeniedException"), AwsFaultKind::Denied),
    ] {
        arranged.world.faults().inject(terminating(fault));
        let told = arranged
            .ssm()
            .terminate(eviction(&arranged, &request, &id))
            .await;
        assert_eq!(told.unwrap_err().kind, kind);
        arranged.world.faults().clear();
    }
    arranged
        .ssm()
        .terminate(eviction(&arranged, &request, &id))
        .await
        .unwrap();
    let status = arranged.world.session(&id.to_string()).unwrap().status;
    assert_eq!(status, SessionStatus::Terminated);
}
