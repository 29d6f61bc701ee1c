//! Events as API Gateway never sends them, or sends them when somebody tries.

use serde_json::json;

use super::*;

/// An event of a call that is answered with `200`.
const EVENT: &str = event!("default_stage");

/// The headers that are read.
const READ: [&str; 4] = [
    "authorization",
    "content-encoding",
    "content-type",
    "idempotency-key",
];

/// The event with something else in one place.
pub(super) fn with(place: &str, value: Value) -> String {
    let mut event: Value = serde_json::from_str(EVENT).unwrap();
    let (parent, name) = place.rsplit_once('/').unwrap();
    event.pointer_mut(parent).unwrap()[name] = value;
    event.to_string()
}

/// The event without something.
fn without(place: &str) -> String {
    let mut event: Value = serde_json::from_str(EVENT).unwrap();
    let (parent, name) = place.rsplit_once('/').unwrap();
    let parent = event.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    parent.remove(name).unwrap();
    event.to_string()
}

/// The event with one more header.
fn with_header(name: &str, value: Value) -> String {
    let mut event: Value = serde_json::from_str(EVENT).unwrap();
    event["headers"][name] = value;
    event.to_string()
}

/// Values that no header can have.
fn impossible() -> [Value; 9] {
    [
        json!("two\r\nlines"),
        json!("a\u{0}b"),
        json!("\u{7f}"),
        json!("\u{1b}[31m"),
        json!(1),
        json!(true),
        json!(null),
        json!(["a", "b"]),
        json!({"a": "b"}),
    ]
}

#[tokio::test]
async fn what_is_no_call_is_refused_and_not_an_error_of_the_function() {
    let mut odd: Vec<String> = ["null", "[]", "{}", "1", "true", "\"GET /v1/health\""]
        .map(str::to_owned)
        .into();
    odd.extend(
        [
            "/rawPath",
            "/requestContext",
            "/requestContext/http",
            "/requestContext/http/method",
        ]
        .map(without),
    );
    odd.extend(
        [
            ("/rawPath", json!(1)),
            ("/rawPath", json!("")),
            ("/rawPath", json!("v1/health")),
            ("/rawPath", json!(":x/v1/health")),
            ("/rawPath", json!("@example.org/v1/health")),
            ("/rawQueryString", json!(["a=1"])),
            ("/headers", json!("accept: */*")),
            ("/headers", json!([["accept", "*/*"]])),
            ("/cookies", json!("a=1")),
            ("/cookies", json!([1])),
            ("/body", json!({"reason": "a"})),
            ("/isBase64Encoded", json!("yes")),
            ("/requestContext", json!(null)),
            ("/requestContext/stage", json!(1)),
            ("/requestContext/http", json!("GET")),
            ("/requestContext/http/method", json!("")),
            ("/requestContext/http/method", json!("GE T")),
            ("/requestContext/http/method", json!("GET\r\nx: y")),
            ("/requestContext/http/method", json!(null)),
        ]
        .map(|(place, value)| with(place, value)),
    );
    odd.push(EVENT.replace("/v1/health", r"/v1/\ud800"));
    odd.push(EVENT.replace(
        "\"*/*\"",
        &format!("{}{}", "[".repeat(500), "]".repeat(500)),
    ));
    odd.push(EVENT.replacen('{', "{\"rawPath\": \"/v1/requests\",", 1));
    for body in ["%", "e30", r"e30=\n", "디스크"] {
        odd.push(event!("base64_body").replace("\"body\": \"", &format!("\"body\": \"{body}")));
    }
    for event in odd {
        let answer = answer(probe::api(), &event).await;
        assert_eq!(code(&answer), "unreadable-request", "{event}");
        assert_eq!(answer["statusCode"], 400);
        assert_eq!(
            answer["headers"]["content-type"],
            "application/problem+json"
        );
        assert_eq!(answer["headers"]["cache-control"], "no-store");
        assert_eq!(answer["isBase64Encoded"], false);
    }
}

#[tokio::test]
async fn a_call_is_not_read_without_a_header_that_it_hangs_on() {
    for name in READ {
        for value in impossible() {
            for name in [name.to_owned(), name.to_uppercase()] {
                let event = with_header(&name, value.clone());
                let answer = answer(probe::api(), &event).await;
                assert_eq!(code(&answer), "unreadable-request", "{name}: {value}");
                assert_eq!(answer["statusCode"], 400);
                let detail = answer["body"].as_str().unwrap();
                assert!(detail.contains(&format!("`{}`", name.to_lowercase())));
            }
        }
    }
}

#[tokio::test]
async fn a_header_that_nothing_reads_may_be_anything() {
    let names = async |headers: HeaderMap| {
        let names: Vec<&str> = headers.keys().map(|name| name.as_str()).collect();
        names.join(" ")
    };
    let router = Router::new().route("/v1/health", get(names));
    let plain = answer(router.clone(), EVENT).await;
    assert!(plain["body"].as_str().unwrap().contains("user-agent"));
    for value in impossible() {
        for name in ["x-note", "cookie", "forwarded"] {
            let odd = answer(router.clone(), &with_header(name, value.clone())).await;
            assert_eq!(odd["body"], plain["body"], "{name}: {value}");
        }
    }
    for name in [
        "",
        " ",
        "x note",
        "authorization ",
        "디스크",
        "a\r\nb",
        "a:b",
        "a\u{0}",
    ] {
        let odd = answer(router.clone(), &with_header(name, json!("a"))).await;
        assert_eq!(odd["body"], plain["body"], "{name:?}");
    }
}

#[tokio::test]
async fn a_header_of_other_than_ascii_is_for_its_reader_to_judge() {
    let requests = EVENT.replace("/v1/health", "/v1/requests");
    let mut event: Value = serde_json::from_str(&requests).unwrap();
    event["headers"]["authorization"] = "Bearer 디스크".into();
    let refused = answer(probe::api(), &event.to_string()).await;
    assert_eq!(code(&refused), "unauthenticated");
    let typed = event!("text_body").replace("application/json", "application/디스크");
    assert_eq!(
        code(&answer(doors(), &typed).await),
        "unsupported-media-type"
    );
    for name in ["user-agent", "x-note"] {
        let event = with_header(name, "디스크".into());
        assert_eq!(answer(probe::api(), &event).await["statusCode"], 200);
    }
}

#[tokio::test]
async fn what_is_no_part_of_a_call_may_be_anything() {
    for (place, value) in [
        ("/version", json!(3)),
        ("/routeKey", json!(null)),
        ("/queryStringParameters", json!("view=all")),
        ("/pathParameters", json!([1])),
        ("/stageVariables", json!(1)),
        ("/requestContext/authorizer", json!(["anna"])),
        (
            "/requestContext/authorizer",
            json!({"jwt": {"claims": {"groups": ["leads"]}}}),
        ),
        ("/requestContext/domainName", json!("a b\u{0}:x/@")),
        ("/requestContext/timeEpoch", json!("now")),
        ("/requestContext/http/path", json!("/v1/requests")),
        ("/requestContext/http/sourceIp", json!(1)),
        ("/requestContext/stage", json!(null)),
        ("/requestContext/stage", json!("a b?#\u{0}")),
        ("/headers", json!(null)),
        ("/headers", json!({})),
        ("/headers/host", json!("a b:x/@")),
        ("/cookies", json!(["a=\r\n"])),
        ("/rawQueryString", json!(null)),
    ] {
        let event = with(place, value);
        assert_eq!(
            answer(probe::api(), &event).await["statusCode"],
            200,
            "{event}"
        );
    }
}

#[tokio::test]
async fn no_size_of_a_head_breaks_its_reading() {
    let many = |count: usize| {
        let headers = (0..count).map(|number| (format!("x-{number}"), "a".into()));
        with("/headers", Value::Object(headers.collect()))
    };
    assert_eq!(answer(probe::api(), &many(100)).await["statusCode"], 200);
    for event in [
        many(101),
        // More than a map of headers takes.
        many(40_000),
        with_header("x-note", "a".repeat(100_000).into()),
        // Longer than an address may be at all.
        with("/rawPath", format!("/v1/{}", "a".repeat(70_000)).into()),
        with("/rawPath", format!("/v1/{}", "디".repeat(8_000)).into()),
        with("/rawQueryString", "<".repeat(30_000).into()),
        with("/cookies", json!(vec!["a=1"; 20_000])),
    ] {
        let answer = answer(probe::api(), &event).await;
        assert_eq!(code(&answer), "head-too-large");
        assert_eq!(answer["statusCode"], 431);
    }
}
