use std::io;
use std::sync::Mutex;

use axum::body::Body;
use axum::routing::{get, post};
use serde_json::Value;
use tracing_subscriber::fmt::MakeWriter;

use super::*;
use crate::body::Sent;
use crate::parts::{Asked, Id, Key};
use crate::probe;

/// A place to write log lines to.
#[derive(Clone, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);

impl io::Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Paper {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// The lines that a call leaves in the log, as they stand there.
async fn lines(router: &Router, request: Request) -> (Response, Vec<Value>) {
    let paper = Paper::default();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_max_level(tracing::Level::TRACE)
        .with_writer(paper.clone())
        .finish();
    // One thread runs the whole call, so the subscriber may be this thread's.
    let _writing = tracing::subscriber::set_default(subscriber);
    let response = probe::answer(router, request).await;
    let written = String::from_utf8(paper.0.lock().unwrap().clone()).unwrap();
    let lines = written
        .lines()
        .map(|line| serde_json::from_str(line).expect("a line is JSON"));
    (response, lines.collect())
}

/// Doors that let everything in that they can read.
fn doors() -> Router {
    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Nothing {}
    let all = async |_: Id, _: Key, _: Asked<Nothing>, _: Sent<rules::ask::Ask>| "taken";
    around(
        Router::new().route("/requests/{id}", post(all)),
        Metrics::uncounted(),
    )
}

#[tokio::test]
async fn a_call_leaves_one_line_with_what_an_operator_needs() {
    let request = Request::get("/v1/requests").body(Body::empty()).unwrap();
    let (_, lines) = lines(&probe::api(), request).await;
    let [line] = lines.as_slice() else {
        panic!("{lines:#?}")
    };
    assert_eq!(line["level"], "INFO");
    assert_eq!(line["message"], "answered a call");
    assert_eq!(line["http.method"], "GET");
    assert_eq!(line["http.route"], "/v1/requests");
    assert_eq!(line["http.status"], 401);
    assert_eq!(line["code"], "unauthenticated");
    assert_eq!(line["cause"], "no token was sent");
    assert!(line["duration_ms"].is_u64());
    assert!(line.get("caller").is_none() && line.get("request.id").is_none());
}

#[tokio::test]
async fn a_line_names_the_caller_and_the_request_once_they_are_known() {
    let caller = || {
        let claims = serde_json::json!({
            "iss": "https://login.example.com", "aud": "postern", "sub": "u-7f3a",
            "exp": 2_000_000_600, "iat": 2_000_000_000, "groups": [],
        });
        let expected = rules::claims::Expected {
            issuer: "https://login.example.com".parse().unwrap(),
            audiences: ["postern".parse().unwrap()].into(),
            groups_claim: "groups".parse().unwrap(),
            human_claim: None,
            leeway: rules::claims::Leeway::default(),
        };
        let now = rules::moment::Moment::from_seconds(2_000_000_000);
        rules::claims::judge(&claims, &expected, now).unwrap()
    };
    let known = async move |Id(_): Id, request: Request| {
        Line::of(request.extensions()).called_by(&caller());
        No::of(Code::LostRace)
    };
    let router = around(
        Router::new().route("/requests/{id}", get(known)),
        Metrics::uncounted(),
    );
    let to = format!("/requests/{}", probe::ID);
    let (_, lines) = lines(&router, Request::get(to).body(Body::empty()).unwrap()).await;
    assert_eq!(lines[0]["caller"], "u-7f3a");
    assert_eq!(lines[0]["request.id"], probe::ID);
    assert_eq!(lines[0]["http.route"], "/requests/{id}");
}

#[tokio::test]
async fn a_fault_of_ours_is_louder_and_its_cause_stays_in_the_log() {
    #[derive(Debug, thiserror::Error)]
    #[error("canary-cause\r\nforged line")]
    struct Broken;
    for (code, level) in [(Code::Internal, "ERROR"), (Code::AwsUnavailable, "WARN")] {
        let router = around(
            Router::new().route("/", get(async move || No::of(code).because(&Broken))),
            Metrics::uncounted(),
        );
        let (response, lines) =
            lines(&router, Request::get("/").body(Body::empty()).unwrap()).await;
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0]["level"], level);
        assert!(lines[0]["cause"].as_str().unwrap().contains("canary-cause"));
        let (_, body) = probe::taken(response).await;
        assert!(!String::from_utf8(body).unwrap().contains("canary"));
    }
}

#[tokio::test]
async fn line_breaks_in_any_input_leave_one_line_and_no_input_in_it() {
    let breaks = "canary%0d%0aINFO%20forged";
    let body = "{\"canary\\r\\nforged\":\"\\r\\n\"}";
    let good = format!("/requests/{}", probe::ID);
    let requests = [
        Request::post(format!("/requests/{breaks}")).body(Body::empty()),
        Request::post(format!("{good}?{breaks}={breaks}")).body(Body::empty()),
        Request::post(format!("/{breaks}")).body(Body::empty()),
        Request::post(&good)
            .header("idempotency-key", "canary\tforged")
            .body(Body::empty()),
        Request::post(&good)
            .header("user-agent", "canary\tforged")
            .body(Body::empty()),
        Request::post(&good)
            .header("authorization", "Bearer canary\tforged")
            .body(Body::empty()),
        Request::post(&good)
            .header("content-type", "application/json")
            .body(Body::from(body)),
        Request::post(&good)
            .header("content-type", "canary\t")
            .body(Body::from(body)),
        Request::builder()
            .method("CANARY")
            .uri(&good)
            .body(Body::empty()),
    ];
    for request in requests {
        let request = request.unwrap();
        let shown = format!("{request:?}");
        let is_method = request.method().as_str() == "CANARY";
        let (response, lines) = lines(&doors(), request).await;
        assert!(response.status().is_client_error(), "{shown}");
        assert_eq!(lines.len(), 1, "{shown}: {lines:#?}");
        let line = lines[0].to_string();
        assert!(
            is_method || !line.to_lowercase().contains("canary"),
            "{shown}: {line}"
        );
        assert!(!line.contains("forged"), "{shown}: {line}");
        for value in response.headers().values() {
            assert!(
                !value.as_bytes().iter().any(u8::is_ascii_control),
                "{value:?}"
            );
        }
    }
}

#[tokio::test]
async fn missing_routes_and_methods_are_problems() {
    for router in [probe::api(), probe::issue()] {
        for path in ["/", "/v1", "/v1/", "/v2/requests", "/v1/requests/"] {
            let request = Request::get(path).body(Body::empty()).unwrap();
            let (response, lines) = lines(&router, request).await;
            assert_eq!(lines[0]["http.route"], "none", "{path}");
            assert_eq!(
                probe::problem(response).await.code,
                "no-such-route",
                "{path}"
            );
        }
    }
    let credentials = format!("/v1/requests/{}/credentials", probe::ID);
    for (router, method, path, allow) in [
        (probe::api(), "DELETE", "/v1/requests", "GET,HEAD,POST"),
        (probe::api(), "PUT", "/v1/targets", "GET,HEAD"),
        (probe::api(), "OPTIONS", "/v1/targets", "GET,HEAD"),
        (probe::api(), "TRACE", "/v1/requests", "GET,HEAD,POST"),
        (
            probe::api(),
            "GET",
            &format!("/v1/requests/{}/approve", probe::ID),
            "POST",
        ),
        (
            probe::api(),
            "HEAD",
            &format!("/v1/requests/{}/approve", probe::ID),
            "POST",
        ),
        (probe::issue(), "GET", &credentials, "POST"),
        (probe::issue(), "HEAD", &credentials, "POST"),
        (probe::issue(), "OPTIONS", &credentials, "POST"),
    ] {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .body(Body::empty())
            .unwrap();
        let response = probe::answer(&router, request).await;
        assert_eq!(response.status(), 405, "{method} {path}");
        let mut allowed: Vec<_> = response.headers()["allow"]
            .to_str()
            .unwrap()
            .split(',')
            .map(str::trim)
            .collect();
        allowed.sort_unstable();
        assert_eq!(allowed.join(","), allow, "{method} {path}");
        if method != "HEAD" {
            assert_eq!(probe::problem(response).await.code, "method-not-allowed");
        }
    }
}

#[tokio::test]
async fn api_does_not_hand_out_and_issue_does_nothing_else() {
    let to = format!("/v1/requests/{}/credentials", probe::ID);
    let request = Request::post(&to).body(Body::empty()).unwrap();
    let problem = probe::problem(probe::answer(&probe::api(), request).await).await;
    assert_eq!(problem.code, "no-such-route");
    let request = Request::post("/v1/requests").body(Body::empty()).unwrap();
    let problem = probe::problem(probe::answer(&probe::issue(), request).await).await;
    assert_eq!(problem.code, "no-such-route");
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let get = Request::get("/v1/health").body(Body::empty()).unwrap();
    let head = Request::head("/v1/health").body(Body::empty()).unwrap();
    let api = probe::api();
    let (get, head) = (
        probe::answer(&api, get).await,
        probe::answer(&api, head).await,
    );
    assert_eq!(
        head.headers()["content-type"],
        get.headers()["content-type"]
    );
    assert_eq!(
        probe::taken(head).await,
        (axum::http::StatusCode::OK, Vec::new())
    );
    let health = serde_json::json!({"status": "ok", "version": env!("CARGO_PKG_VERSION")});
    let (_, body) = probe::taken(get).await;
    assert_eq!(serde_json::from_slice::<Value>(&body).unwrap(), health);
}

#[tokio::test]
async fn no_answer_is_kept_by_anybody() {
    let credentials = format!("/v1/requests/{}/credentials", probe::ID);
    for (router, request) in [
        (probe::api(), Request::get("/v1/health")),
        (probe::api(), Request::get("/v1/openapi.json")),
        (probe::api(), Request::get("/v1/requests")),
        (probe::api(), Request::get("/nothing")),
        (probe::api(), Request::put("/v1/targets")),
        (probe::issue(), Request::post(&credentials)),
    ] {
        let response = probe::answer(&router, request.body(Body::empty()).unwrap()).await;
        assert_eq!(response.headers()["cache-control"], "no-store");
        assert_eq!(response.headers()["x-content-type-options"], "nosniff");
    }
}

#[tokio::test]
async fn the_head_of_a_call_is_capped() {
    let long = "x".repeat(LONGEST_HEAD);
    let mut many = Request::get("/v1/health");
    for n in 0..=MOST_HEADERS {
        many = many.header(format!("x-{n}"), "1");
    }
    for request in [
        Request::get("/v1/health").header("x-long", &long),
        Request::get(format!("/v1/health?{long}")),
        many,
    ] {
        let response = probe::answer(&probe::api(), request.body(Body::empty()).unwrap()).await;
        assert_eq!(probe::problem(response).await.code, "head-too-large");
    }
}
