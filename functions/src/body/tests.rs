use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use axum::body::HttpBody;
use axum::response::IntoResponse;
use http_body_util::Full;
use rules::ask::Ask;
use rules::wire::{Answer, Approve};

use super::*;
use crate::probe;

const ASK: &str = r#"{"targets":["111122223333/ap-northeast-2/i-0123456789abcdef0"],
    "kind":{"type":"shell"},"duration_seconds":900,"reason":"disk full on web-7"}"#;

fn sent(body: impl Into<Body>) -> Request {
    Request::post("/")
        .header("content-type", "application/json")
        .body(body.into())
        .unwrap()
}

async fn ask(request: Request) -> Result<Ask, rules::wire::Problem> {
    match Sent::<Ask>::from_request(request, &()).await {
        Ok(Sent(ask)) => Ok(ask),
        Err(no) => Err(probe::problem(no.into_response()).await),
    }
}

async fn code(body: impl Into<Body>) -> String {
    ask(sent(body))
        .await
        .map_or_else(|problem| problem.code, |_| "taken".to_owned())
}

#[tokio::test]
async fn an_honest_body_is_read() {
    assert_eq!(
        ask(sent(ASK)).await.unwrap().reason.as_str(),
        "disk full on web-7"
    );
    assert_eq!(code(format!(" \n{ASK}\r\n\t")).await, "taken");
}

#[tokio::test]
async fn what_is_not_plain_json_is_unreadable() {
    let doubled = ASK.replacen('{', r#"{"reason":"shown to nobody","#, 1);
    let spelt_doubled = ASK.replacen('{', r#"{"\u0072eason":"shown to nobody","#, 1);
    let doubled_deep = ASK.replace(r#""type":"shell""#, r#""type":"shell","type":"ssh""#);
    let nul = ASK.replace("disk full", r"disk\u0000full");
    let mut not_utf8 = ASK.as_bytes().to_vec();
    let place = ASK.find("disk").unwrap();
    not_utf8[place] = 0xff;
    let lone_surrogate = ASK.replace("disk", r"\ud800");
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("nothing", vec![]),
        ("white space", b" \n".to_vec()),
        ("words", b"grant me access".to_vec()),
        ("half", ASK.as_bytes()[..40].to_vec()),
        ("a form", b"reason=x&kind=shell".to_vec()),
        ("doubled", doubled.into()),
        ("doubled in another spelling", spelt_doubled.into()),
        ("doubled deep inside", doubled_deep.into()),
        ("a NUL in a text", nul.into()),
        ("a NUL byte", b"{\"reason\":\"a\0b\"}".to_vec()),
        ("a NUL after it", format!("{ASK}\0").into()),
        ("not UTF-8", not_utf8),
        ("a lone surrogate", lone_surrogate.into()),
        (
            "UTF-16",
            ASK.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        ),
        ("a byte order mark", format!("\u{FEFF}{ASK}").into()),
        ("something after it", format!("{ASK}x").into()),
        ("another after it", format!("{ASK}{ASK}").into()),
        ("a trailing comma", ASK.replace("900,", "900,,").into()),
        ("a comment", format!("// ask\n{ASK}").into()),
        ("not a number", ASK.replace("900", "NaN").into()),
        (
            "more than a number holds",
            ASK.replace("900", "1e999").into(),
        ),
        ("brackets", vec![b'['; 20_000]),
        ("braces", r#"{"a":"#.repeat(10_000).into()),
    ];
    for (name, body) in cases {
        assert_eq!(code(body).await, "unreadable-body", "{name}");
    }
}

#[tokio::test]
async fn depth_is_capped_before_shape_is_looked_at() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(code(nested(DEEPEST.into())).await, "invalid-body");
    assert_eq!(
        code(nested(usize::from(DEEPEST) + 1)).await,
        "unreadable-body"
    );
}

#[tokio::test]
async fn json_of_another_shape_is_invalid_and_the_detail_names_the_field() {
    for (body, field) in [
        (ASK.replace("900", "\"900\""), "duration_seconds"),
        (ASK.replace("900", "900.5"), "duration_seconds"),
        (ASK.replace("900", "14"), "duration_seconds"),
        (ASK.replace("900", "-900"), "duration_seconds"),
        (
            ASK.replace("900", "99999999999999999999999"),
            "duration_seconds",
        ),
        (ASK.replace("900", "null"), "duration_seconds"),
        (ASK.replace("disk full on web-7", "two\\nlines"), "reason"),
        (ASK.replace("disk full on web-7", "to\\u202Eleft"), "reason"),
        (ASK.replace("disk full on web-7", "x"), "reason"),
        (
            ASK.replace("\"disk full on web-7\"", "[\"disk full\"]"),
            "reason",
        ),
        (ASK.replace("i-0123456789abcdef0", "i-*"), "targets[0]"),
        (ASK.replace("shell", "root"), "kind"),
        (ASK.replace(r#"{"type":"shell"}"#, r#"["ssh"]"#), "kind"),
        (ASK.replace(r#"{"type":"shell"}"#, "\"ssh\""), "kind"),
        (
            ASK.replace(r#"{"type":"shell"}"#, r#"["command","restart-nginx"]"#),
            "kind",
        ),
        (ASK.replace("\"reason\"", "\"Reason\""), "Reason"),
        (
            ASK.replacen('{', r#"{"approved_by":"anna","#, 1),
            "approved_by",
        ),
        (ASK.replacen('{', r#"{"__proto__":{},"#, 1), "__proto__"),
        ("{}".to_owned(), "targets"),
    ] {
        let problem = ask(sent(body.clone())).await.unwrap_err();
        assert_eq!(problem.code, "invalid-body", "{body}");
        assert!(
            problem.detail.contains(field),
            "{field}: {}",
            problem.detail
        );
    }
    let by_order = r#"[["111122223333/ap-northeast-2/i-0123456789abcdef0"],{"type":"shell"},900,"by order",null]"#;
    for other in ["null", "[]", by_order, "\"text\"", "1", "true"] {
        assert_eq!(code(other).await, "invalid-body", "{other}");
    }
}

#[tokio::test]
async fn a_detail_is_one_short_line_whatever_was_sent() {
    let hostile = format!("{}\r\n\u{202E}\u{1b}[31m", "x".repeat(40_000));
    let name = serde_json::to_string(&hostile).unwrap();
    for body in [
        ASK.replacen('{', &format!("{{{name}:1,"), 1),
        ASK.replace("\"disk full on web-7\"", &name),
        ASK.replace("\"shell\"", &name),
    ] {
        let problem = ask(sent(body)).await.unwrap_err();
        assert_eq!(problem.code, "invalid-body");
        assert!(
            problem.detail.chars().all(rules::names::text::is_plain),
            "{}",
            problem.detail
        );
        assert!(problem.detail.len() < 4_000, "{}", problem.detail.len());
    }
}

#[tokio::test]
async fn a_body_that_may_be_left_out_is_read_strictly_where_it_is_sent() {
    async fn read(request: Request) -> Result<Answer, String> {
        match MaybeSent::<Answer>::from_request(request, &()).await {
            Ok(MaybeSent(answer)) => Ok(answer),
            Err(no) => Err(probe::problem(no.into_response()).await.code),
        }
    }
    let nothing = || Request::post("/").body(Body::empty()).unwrap();
    assert_eq!(read(nothing()).await, Ok(Answer::default()));
    assert_eq!(read(sent("")).await, Ok(Answer::default()));
    assert_eq!(read(sent("{}")).await, Ok(Answer::default()));
    let comment = read(sent(r#"{"comment":"not today"}"#))
        .await
        .unwrap()
        .comment;
    assert_eq!(comment.unwrap().as_str(), "not today");
    assert_eq!(read(sent(" ")).await.unwrap_err(), "unreadable-body");
    assert_eq!(read(sent("null")).await, Ok(Answer::default()));
    assert_eq!(read(sent("[]")).await.unwrap_err(), "invalid-body");
    assert_eq!(
        read(sent(r#"{"shown":"x"}"#)).await.unwrap_err(),
        "invalid-body"
    );
    let undeclared = Request::post("/").body("{}".into()).unwrap();
    assert_eq!(
        read(undeclared).await.unwrap_err(),
        "unsupported-media-type"
    );
}

#[tokio::test]
async fn a_body_that_is_needed_is_missed() {
    let nothing = Request::post("/").body(Body::empty()).unwrap();
    let no = Sent::<Approve>::from_request(nothing, &())
        .await
        .unwrap_err();
    assert_eq!(
        probe::problem(no.into_response()).await.code,
        "unreadable-body"
    );
}

#[tokio::test]
async fn only_plain_json_may_be_declared() {
    for good in [
        "application/json",
        "Application/JSON",
        "application/json; charset=utf-8",
        "application/json;charset=\"UTF-8\"",
    ] {
        let request = Request::post("/")
            .header("content-type", good)
            .body(ASK.into())
            .unwrap();
        assert!(ask(request).await.is_ok(), "{good}");
    }
    for bad in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=utf-16",
        "application/json; charset=utf-8; charset=utf-7",
        "application/json, text/plain",
        "application/jsonp",
        "application/problem+json",
        "",
    ] {
        let request = Request::post("/")
            .header("content-type", bad)
            .body(ASK.into())
            .unwrap();
        assert_eq!(
            ask(request).await.unwrap_err().code,
            "unsupported-media-type",
            "{bad}"
        );
    }
    let twice = Request::post("/")
        .header("content-type", "application/json")
        .header("content-type", "text/plain")
        .body(ASK.into())
        .unwrap();
    assert_eq!(ask(twice).await.unwrap_err().code, "unsupported-media-type");
}

#[tokio::test]
async fn compressed_bodies_are_not_taken() {
    for (encoding, expected) in [
        ("gzip", "unsupported-media-type"),
        ("br", "unsupported-media-type"),
        ("identity, gzip", "unsupported-media-type"),
        ("identity", "taken"),
    ] {
        let request = Request::post("/")
            .header("content-type", "application/json")
            .header("content-encoding", encoding)
            .body(ASK.into())
            .unwrap();
        let code = ask(request)
            .await
            .map_or_else(|problem| problem.code, |_| "taken".to_owned());
        assert_eq!(code, expected, "{encoding}");
    }
}

/// A body that says nothing of its length, gives a kibibyte at a time, and counts what it gave.
struct Dripping {
    left: usize,
    given: Arc<AtomicUsize>,
}

/// What polling a body gives, named without a dependency of its own.
type Piece = <http_body_util::combinators::Frame<'static, Full<Bytes>> as Future>::Output;

impl HttpBody for Dripping {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Piece> {
        let piece = self.left.min(1_024);
        self.left -= piece;
        self.given.fetch_add(piece, Ordering::Relaxed);
        Pin::new(&mut Full::new(Bytes::from(vec![b' '; piece]))).poll_frame(context)
    }
}

#[tokio::test]
async fn ten_megabytes_are_refused_without_reading_them() {
    const TEN_MEGABYTES: usize = 10 * 1_024 * 1_024;
    assert_eq!(code(vec![b' '; TEN_MEGABYTES]).await, "body-too-large");

    let given = Arc::new(AtomicUsize::new(0));
    let body = Body::new(Dripping {
        left: TEN_MEGABYTES,
        given: Arc::clone(&given),
    });
    assert_eq!(code(body).await, "body-too-large");
    assert!(
        given.load(Ordering::Relaxed) <= LONGEST + 2_048,
        "{given:?}"
    );

    given.store(0, Ordering::Relaxed);
    let body = Body::new(Dripping {
        left: TEN_MEGABYTES,
        given: Arc::clone(&given),
    });
    let announced = Request::post("/")
        .header("content-type", "application/json")
        .header("content-length", TEN_MEGABYTES)
        .body(body)
        .unwrap();
    assert_eq!(ask(announced).await.unwrap_err().code, "body-too-large");
    assert_eq!(
        given.load(Ordering::Relaxed),
        0,
        "an announced length is enough"
    );
}

#[tokio::test]
async fn the_cap_is_exact() {
    let padded = |length: usize| format!("{ASK}{}", " ".repeat(length - ASK.len()));
    assert_eq!(code(padded(LONGEST)).await, "taken");
    assert_eq!(code(padded(LONGEST + 1)).await, "body-too-large");
}
