use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::routing::get;

use super::*;
use crate::probe;

/// Tells what the three doors let in.
fn doors() -> Router {
    Router::new()
        .route("/ids/{id}", get(|Id(id): Id| async move { id.to_string() }))
        .route(
            "/keys",
            get(|Key(key): Key| async move { format!("{}", key.is_some()) }),
        )
}

async fn code(request: Request<Body>) -> String {
    let response = probe::answer(&doors(), request).await;
    if response.status().is_success() {
        return String::from_utf8(probe::taken(response).await.1).unwrap();
    }
    probe::problem(response).await.code
}

#[tokio::test]
async fn an_id_has_one_spelling() {
    let to = |id: &str| {
        Request::get(format!("/ids/{id}"))
            .body(Body::empty())
            .unwrap()
    };
    assert_eq!(code(to(probe::ID)).await, probe::ID);
    let bad = [
        "req-",
        "1",
        "..",
        "%00",
        "%0d%0aSet-Cookie:%20a=b",
        "%ff",
        "req-01kav3m0000123456789abcdef",
        "REQ-01KAV3M0000123456789ABCDEF",
        "req-01KAV3M0000123456789ABCDEF%20",
        "req-01KAV3M0000123456789ABCDEF%2Fapprove",
        "req-01KAV3M0000123456789ABCDEFG",
        "req-81KAV3M0000123456789ABCDEF",
    ];
    for id in bad {
        assert_eq!(code(to(id)).await, "invalid-request-id", "{id}");
    }
}

#[tokio::test]
async fn an_idempotency_key_is_one_plain_word() {
    let with = |keys: &[&[u8]]| {
        let mut request = Request::get("/keys");
        for key in keys {
            request = request.header("Idempotency-Key", *key);
        }
        request.body(Body::empty()).unwrap()
    };
    assert_eq!(code(with(&[])).await, "false");
    let longest = "k".repeat(64);
    for good in [
        "8chars-8",
        "b0f1e6a2-5c1d-4e0a-9a51-3f6f1c2d7e88",
        "a_B-0123",
        &longest,
    ] {
        assert_eq!(code(with(&[good.as_bytes()])).await, "true", "{good}");
    }
    let too_long = "k".repeat(65);
    let bad: [&[u8]; 9] = [
        b"",
        b"7-chars",
        too_long.as_bytes(),
        b"has space",
        b"IDEM#other",
        b"\"quoted-key\"",
        b"first-key,second-key",
        b"caf\xc3\xa9-cafe",
        b"\xff\xff\xff\xff\xff\xff\xff\xff",
    ];
    for key in bad {
        assert_eq!(
            code(with(&[key])).await,
            "invalid-idempotency-key",
            "{key:?}"
        );
    }
    assert_eq!(
        code(with(&[b"first-key", b"second-key"])).await,
        "invalid-idempotency-key"
    );
    assert_eq!(
        code(with(&[b"first-key", b"first-key"])).await,
        "invalid-idempotency-key"
    );
}
