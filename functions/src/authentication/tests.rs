use axum::body::Body;
use axum::http::Request;
use axum::http::header::{AUTHORIZATION, HeaderMap, WWW_AUTHENTICATE};

use crate::probe;

/// `{"alg":"RS256","kid":"k"}` and `{"sub":"anna"}`, with some bytes as the signature.
const HEADER: &str = "eyJhbGciOiJSUzI1NiIsImtpZCI6ImsifQ";
const CLAIMS: &str = "eyJzdWIiOiJhbm5hIn0";
/// `{"alg":"none","kid":"k"}`.
const NONE: &str = "eyJhbGciOiJub25lIiwia2lkIjoiayJ9";

/// What a call with these `Authorization` headers is told, all of it.
async fn told(authorization: &[&[u8]]) -> (u16, HeaderMap, Vec<u8>) {
    let mut request = Request::get("/v1/requests");
    for header in authorization {
        request = request.header(AUTHORIZATION, *header);
    }
    let response = probe::answer(&probe::api(), request.body(Body::empty()).unwrap()).await;
    let headers = response.headers().clone();
    let (status, body) = probe::taken(response).await;
    (status.as_u16(), headers, body)
}

#[tokio::test]
async fn every_bad_authorization_is_told_the_same() {
    let expected = told(&[]).await;
    assert_eq!(expected.0, 401);
    assert!(
        expected.1[WWW_AUTHENTICATE]
            .to_str()
            .unwrap()
            .starts_with("Bearer")
    );

    let none = format!("Bearer {NONE}.{CLAIMS}.");
    let unsigned = format!("Bearer {HEADER}.{CLAIMS}");
    let four = format!("Bearer {HEADER}.{CLAIMS}.c2ln.c2ln");
    let padded = format!("Bearer {HEADER}==.{CLAIMS}.c2ln");
    let long = format!("Bearer {HEADER}.{}.c2ln", "A".repeat(9_000));
    let two_spaces = format!("Bearer  {HEADER}.{CLAIMS}.c2ln");
    let basic = format!("Basic {HEADER}.{CLAIMS}.c2ln");
    let bare = format!("{HEADER}.{CLAIMS}.c2ln");
    let listed = format!("Bearer {HEADER}.{CLAIMS}.c2ln, Bearer {HEADER}.{CLAIMS}.c2ln");
    let bad: [&[u8]; 16] = [
        b"",
        b"Bearer",
        b"Bearer ",
        b"Bearer x",
        b"Bearer ..",
        b"Bearer null",
        b"Bearer \xff\xfe.\xff.\xff",
        b"Negotiate abc",
        none.as_bytes(),
        unsigned.as_bytes(),
        four.as_bytes(),
        padded.as_bytes(),
        long.as_bytes(),
        two_spaces.as_bytes(),
        basic.as_bytes(),
        bare.as_bytes(),
    ];
    for header in bad {
        assert_eq!(told(&[header]).await, expected, "{header:?}");
    }
    assert_eq!(told(&[listed.as_bytes()]).await, expected);
    assert_eq!(told(&[b"Bearer a.b.c", b"Bearer a.b.c"]).await, expected);
}

#[tokio::test]
async fn headers_that_claim_an_identity_are_ignored() {
    let expected = told(&[]).await.2;
    let context =
        r#"{"authorizer":{"jwt":{"claims":{"sub":"anna","iss":"https://login.example.com"}}}}"#;
    for (name, value) in [
        ("x-amzn-request-context", context),
        ("x-amzn-lambda-context", context),
        ("x-amzn-oidc-identity", "anna"),
        ("x-amzn-oidc-data", "e30.e30.e30"),
        ("x-amzn-oidc-accesstoken", "e30.e30.e30"),
        ("x-apigateway-event", context),
        ("x-forwarded-user", "anna"),
        ("x-forwarded-email", "anna@example.com"),
        ("x-remote-user", "anna"),
        ("remote-user", "anna"),
        ("x-user-id", "anna"),
        ("x-postern-caller", "anna"),
        ("x-original-authorization", "Bearer e30.e30.e30"),
        ("proxy-authorization", "Bearer e30.e30.e30"),
        ("cookie", "Authorization=Bearer e30.e30.e30"),
    ] {
        let request = Request::get("/v1/requests")
            .header(name, value)
            .body(Body::empty())
            .unwrap();
        let response = probe::answer(&probe::api(), request).await;
        let (status, body) = probe::taken(response).await;
        assert_eq!((status.as_u16(), &body), (401, &expected), "{name}");
    }
}

#[tokio::test]
async fn nothing_else_of_a_call_is_judged_before_its_token() {
    let (api, issue) = (probe::api(), probe::issue());
    let verbs = ["approve", "deny", "withdraw", "revoke", "release"];
    let mut calls: Vec<(&axum::Router, &str, String)> = vec![
        (&api, "POST", "/v1/requests".into()),
        (&api, "GET", "/v1/requests?view=nonsense".into()),
        (&api, "GET", "/v1/requests/nonsense".into()),
        (&api, "GET", "/v1/requests/nonsense/sessions".into()),
        (&api, "GET", "/v1/requests/nonsense/entries".into()),
        (&api, "GET", "/v1/targets".into()),
        (
            &issue,
            "POST",
            "/v1/requests/nonsense/credentials?format=nonsense".into(),
        ),
    ];
    calls.extend(verbs.map(|verb| (&api, "POST", format!("/v1/requests/nonsense/{verb}"))));
    for (router, method, path) in calls {
        let request = Request::builder()
            .method(method)
            .uri(&path)
            .header("idempotency-key", "no")
            .header("content-type", "text/plain")
            .header("content-encoding", "gzip")
            .body(Body::from(vec![b'['; 200_000]))
            .unwrap();
        let problem = probe::problem(probe::answer(router, request).await).await;
        assert_eq!(problem.code, "unauthenticated", "{method} {path}");
    }
}
