use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::http::HeaderMap;
use axum::routing::{get, post};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use crate::process::{API, ISSUE, SWEEPER, log, start};

const CALL: &str = include_str!("../events/default_stage.json");
const SCHEDULE: &str = include_str!("../events/schedule.json");
const INVOCATION: &str = "5f3b0f0e-2a6a-4c55-9f0f-0d8f6c1c7e11";
/// Nothing listens there, so whoever asks is refused at once.
const NOWHERE: &str = "http://127.0.0.1:9";

/// What a binary answers to an event, and its log. The interface gives out one event, of which the
/// deadline is over, and then none.
async fn invoke(binary: &'static str, event: &str) -> (Value, Vec<Value>) {
    let policy = include_str!("../../../policies/starter.cedar");
    invoke_with(binary, event, &[("POSTERN_POLICY", policy)]).await
}

/// The same with these settings, which say where the policy set is.
async fn invoke_with(
    binary: &'static str,
    event: &str,
    settings: &[(&str, &str)],
) -> (Value, Vec<Value>) {
    let event = event.to_owned();
    let given = Arc::new(AtomicBool::new(false));
    let (told, mut answers) = mpsc::channel::<Value>(1);
    let next = async move || {
        if given.swap(true, Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
        let headers: HeaderMap = [
            ("lambda-runtime-aws-request-id", INVOCATION),
            ("lambda-runtime-deadline-ms", "0"),
            (
                "lambda-runtime-invoked-function-arn",
                "arn:aws:lambda:ap-northeast-2:111122223333:function:api",
            ),
        ]
        .into_iter()
        .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
        .collect();
        (headers, event)
    };
    let take = async move |body: String| {
        told.send(serde_json::from_str(&body).unwrap())
            .await
            .unwrap();
        axum::http::StatusCode::ACCEPTED
    };
    let runtime = "/2018-06-01/runtime/invocation";
    let router = Router::new()
        .route(&format!("{runtime}/next"), get(next))
        .route(&format!("{runtime}/{INVOCATION}/response"), post(take));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move { axum::serve(listener, router).await });

    // Every call to AWS is told that there is nothing, which no client tries again.
    let aws = format!("http://{address}");
    let mut child = start(
        binary,
        &[
            ("AWS_LAMBDA_RUNTIME_API", address.as_str()),
            ("AWS_LAMBDA_FUNCTION_NAME", "postern"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
            ("AWS_REGION", "ap-northeast-2"),
            ("AWS_ENDPOINT_URL", aws.as_str()),
            ("AWS_ACCESS_KEY_ID", "example"),
            ("AWS_SECRET_ACCESS_KEY", "example"),
            ("POSTERN_HOME_ACCOUNT", "111122223333"),
            ("POSTERN_PLACES", include_str!("../places.json")),
            ("POSTERN_TABLE", "postern"),
            ("POSTERN_ISSUER", NOWHERE),
            ("POSTERN_ALLOW_LOOPBACK_ISSUER", "true"),
            ("POSTERN_AUDIENCES", "postern"),
        ]
        .into_iter()
        .chain(settings.iter().copied())
        .collect::<Vec<_>>(),
    );
    let answer = tokio::time::timeout(Duration::from_secs(20), answers.recv()).await;
    child.kill().unwrap();
    child.wait().unwrap();
    let log = log(&mut child);
    (
        answer
            .unwrap_or_else(|_| panic!("{binary} did not answer: {log:#?}"))
            .unwrap(),
        log,
    )
}

#[tokio::test]
async fn each_function_answers_an_event_and_logs_it_with_its_invocation() {
    for (binary, status, kind) in [
        (API, 200, "application/json"),
        (ISSUE, 404, "application/problem+json"),
    ] {
        let (answer, log) = invoke(binary, CALL).await;
        assert_eq!(answer["statusCode"], status, "{answer}");
        assert_eq!(answer["headers"]["content-type"], kind);
        assert_eq!(answer["isBase64Encoded"], false);
        let lines = calls(&log);
        assert_eq!(lines.len(), 1, "{log:#?}");
        assert_eq!(lines[0]["http.status"], status);
        assert_eq!(lines[0]["span"]["requestId"], INVOCATION, "{log:#?}");
    }
}

#[tokio::test]
async fn a_function_starts_without_a_policy_set_and_tells_of_it() {
    let in_s3 = [
        ("POSTERN_POLICY_OBJECT", "s3://postern-config/policy.cedar"),
        ("POSTERN_ON_CALL_OBJECT", "s3://postern-config/on-call.json"),
        ("POSTERN_ON_CALL_KEY_PARAMETER", "/postern/on-call-key"),
    ];
    let (answer, log) = invoke_with(API, CALL, &in_s3).await;
    assert_eq!(answer["statusCode"], 200, "{answer}");
    for (message, metric) in [
        (
            "the policy set cannot be read, and nothing is asked for or issued",
            "PolicyUnavailable",
        ),
        ("the on-call feed cannot be read", "OnCallUnread"),
    ] {
        let told: Vec<&Value> = log
            .iter()
            .filter(|line| line["message"] == message)
            .collect();
        assert_eq!(told.len(), 1, "{log:#?}");
        let counted: Vec<&Value> = log.iter().filter(|line| line[metric] == 1).collect();
        assert_eq!(counted.len(), 1, "{log:#?}");
        assert_eq!(counted[0]["Function"], "postern");
        assert_eq!(
            counted[0]["_aws"]["CloudWatchMetrics"][0]["Namespace"],
            "Postern"
        );
    }
}

/// The lines about calls.
fn calls(log: &[Value]) -> Vec<&Value> {
    let calls = log
        .iter()
        .filter(|line| line["message"] == "answered a call");
    calls.collect()
}

#[tokio::test]
async fn an_event_that_is_no_call_is_answered_and_logged_like_one() {
    let header = CALL.replace("\"*/*\"", "\"*/*\", \"authorization\": \"a\\nb\"");
    for (event, cause) in [
        (header.as_str(), Value::Null),
        (
            SCHEDULE,
            "the event is not of a call in payload format 2.0".into(),
        ),
    ] {
        for binary in [API, ISSUE] {
            let (answer, log) = invoke(binary, event).await;
            assert_eq!(answer["statusCode"], 400, "{answer}");
            let problem: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
            assert_eq!(problem["code"], "unreadable-request");
            let lines = calls(&log);
            assert_eq!(lines.len(), 1, "{log:#?}");
            assert_eq!(lines[0]["level"], "INFO");
            assert_eq!(lines[0]["http.status"], 400);
            assert_eq!(lines[0]["http.method"], "none");
            assert_eq!(lines[0]["http.route"], "none");
            assert_eq!(lines[0]["code"], "unreadable-request");
            assert_eq!(lines[0]["cause"], cause);
            assert_eq!(lines[0]["span"]["requestId"], INVOCATION);
            assert!(log.iter().all(|line| line["level"] != "ERROR"), "{log:#?}");
        }
    }
}

#[tokio::test]
async fn a_header_in_another_script_or_out_of_all_form_does_not_stop_a_call() {
    for value in ["디스크 full", r"two\r\nlines"] {
        let event = CALL.replace("\"*/*\"", &format!("\"*/*\", \"x-note\": \"{value}\""));
        let (answer, log) = invoke(API, &event).await;
        assert_eq!(answer["statusCode"], 200, "{answer}");
        assert_eq!(calls(&log).len(), 1);
    }
}

#[tokio::test]
async fn the_sweeper_answers_whatever_the_schedule_sends_with_its_report() {
    let (report, log) = invoke(SWEEPER, SCHEDULE).await;
    assert_eq!(report["passes"], 1, "{report}");
    // There is no table here, and the report says so.
    assert!(
        !report["troubles"].as_array().unwrap().is_empty(),
        "{report}"
    );
    let swept = log.iter().find(|line| line["message"] == "swept").unwrap();
    assert_eq!(swept["span"]["requestId"], INVOCATION);
    assert_eq!(
        serde_json::from_str::<Value>(swept["report"].as_str().unwrap()).unwrap(),
        report
    );
    assert!(
        log.iter()
            .any(|line| line["message"] == "met trouble" && line["level"] == "ERROR")
    );
}
