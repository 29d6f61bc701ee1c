use broker::desk::Cause;
use broker::fault::{AwsFault, AwsFaultKind};
use broker::identity::{KeysFault, Rejected};

use super::*;
use crate::{probe, refusals};

/// The status, the `Retry-After`, the problem, and what the log is told.
async fn told(no: impl Into<No>) -> (u16, Option<String>, Problem, Noted) {
    let response = no.into().into_response();
    let status = response.status().as_u16();
    let wait = response
        .headers()
        .get(RETRY_AFTER)
        .map(|wait| wait.to_str().unwrap().to_owned());
    let noted = response.extensions().get::<Noted>().unwrap().clone();
    (status, wait, probe::problem(response).await, noted)
}

#[tokio::test]
async fn every_refusal_keeps_its_code_and_has_the_status_of_its_class() {
    for refusal in refusals::examples() {
        let (status, wait, problem, noted) = told(Turned::Refused {
            refusal: refusal.clone(),
            request: None,
        })
        .await;
        let expected = match refusal.class() {
            Class::Forbidden => 403,
            Class::NotFound => 404,
            Class::Conflict => 409,
            Class::Impossible => 422,
            Class::TooMany => 429,
        };
        assert_eq!(status, expected, "{refusal:?}");
        assert_eq!(
            (problem.code.as_str(), noted.code),
            (refusal.code(), refusal.code())
        );
        assert_eq!(problem.detail, refusal.to_string());
        assert_eq!(problem.next, refusal.next());
        assert_eq!(
            wait.is_some(),
            refusal.retry_after().is_some(),
            "{refusal:?}"
        );
        assert!(problem.request.is_none() && noted.cause.is_none());
    }
}

#[tokio::test]
async fn a_wait_is_told_in_whole_seconds_and_never_too_short() {
    for (millis, expected) in [
        (0, "1"),
        (1, "1"),
        (1_000, "1"),
        (1_001, "2"),
        (59_500, "60"),
    ] {
        let (.., wait, _, _) = told(Turned::Unavailable {
            cause: Cause::Entropy,
            retry_after: Duration::from_millis(millis),
        })
        .await;
        assert_eq!(wait.as_deref(), Some(expected), "{millis} ms");
    }
}

#[tokio::test]
async fn what_failed_behind_postern_is_told_to_the_log_alone() {
    let fault = AwsFault {
        service: "dynamodb",
        operation: "TransactWriteItems",
        code: "canary".into(),
        kind: AwsFaultKind::Throttled,
    };
    let retry_after = Duration::from_secs(3);
    let unavailable = Turned::Unavailable {
        cause: Cause::Aws(fault),
        retry_after,
    };
    let (status, wait, problem, noted) = told(unavailable).await;
    assert_eq!((status, wait.as_deref()), (503, Some("3")));
    assert_eq!(problem.code, "aws-unavailable");
    assert!(!serde_json::to_string(&problem).unwrap().contains("canary"));
    assert!(
        noted
            .cause
            .unwrap()
            .contains("`dynamodb:TransactWriteItems` was throttled: `canary`")
    );

    let id = probe::ID.parse().unwrap();
    let (status, _, problem, noted) = told(Turned::Damaged { request: Some(id) }).await;
    assert_eq!((status, problem.code.as_str()), (500, "internal"));
    assert_eq!(problem.detail, Code::Internal.meaning());
    assert_eq!(noted.request, Some(id));
    assert!(noted.cause.is_some());
}

#[tokio::test]
async fn a_key_reused_and_a_race_lost_are_told_apart() {
    let (status, _, problem, _) = told(Turned::KeyReused).await;
    assert_eq!(
        (status, problem.code.as_str()),
        (422, "idempotency-key-reused")
    );
    let (status, _, problem, _) = told(Turned::LostRace { request: None }).await;
    assert_eq!((status, problem.code.as_str()), (409, "lost-race"));
}

#[tokio::test]
async fn only_a_provider_that_cannot_be_asked_is_told_apart_from_a_bad_token() {
    let (status, wait, problem, noted) =
        told(NotVerified::Unauthenticated(Rejected::Signature)).await;
    assert_eq!((status, wait), (401, None));
    assert_eq!(problem.detail, Code::Unauthenticated.meaning());
    assert_eq!(noted.cause.unwrap(), "the signature is not that of the key");
    let unknown = told(NotVerified::Unauthenticated(Rejected::UnknownKey)).await;
    assert_eq!(unknown.2, problem);

    let unavailable = NotVerified::Unavailable {
        cause: KeysFault::TooLate,
        retry_after: Duration::from_secs(30),
    };
    let (status, wait, problem, _) = told(unavailable).await;
    assert_eq!((status, wait.as_deref()), (503, Some("30")));
    assert_eq!(problem.code, "identity-provider-unavailable");
}
