use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::routing::get;

use super::*;
use crate::probe;

async fn read(query: &str) -> String {
    let router = Router::new().route(
        "/",
        get(|Asked(Wanted(query)): Asked<Wanted>| async move { format!("{query:?}") }),
    );
    let request = Request::get(format!("/?{query}"))
        .body(Body::empty())
        .unwrap();
    let response = probe::answer(&router, request).await;
    if response.status().is_success() {
        return String::from_utf8(probe::taken(response).await.1).unwrap();
    }
    let problem = probe::problem(response).await;
    assert_eq!(problem.code, "invalid-query");
    assert!(
        problem.detail.chars().all(rules::names::text::is_plain),
        "{}",
        problem.detail
    );
    "refused".to_owned()
}

#[tokio::test]
async fn a_listing_has_its_defaults() {
    let plain = read("").await;
    assert_eq!(plain, read("view=mine&limit=20").await);
    assert!(
        plain.contains("Mine") && plain.contains("limit: 20"),
        "{plain}"
    );
}

#[tokio::test]
async fn every_parameter_is_read() {
    for (query, holds) in [
        ("view=waiting", "Waiting"),
        ("view=all", "All { day: None }"),
        ("view=all&day=2026-11-24", "All { day: Some("),
        ("status=ending", "Some(Ending)"),
        ("limit=1", "limit: 1,"),
        ("limit=100", "limit: 100,"),
        ("after=req-01KAV3M0000123456789ABCDEF", "after: Some("),
    ] {
        let read = read(query).await;
        assert!(read.contains(holds), "{query}: {read}");
    }
}

#[tokio::test]
async fn what_makes_no_listing_is_refused() {
    for query in [
        "view=everything",
        "view=",
        "view=Mine",
        "status=done",
        "limit=0",
        "limit=101",
        "limit=-1",
        "limit=ten",
        "limit=1000",
        "after=req-1",
        "after=",
        "day=2026-11-24",
        "view=waiting&day=2026-11-24",
        "view=all&day=yesterday",
        "view=mine&view=all",
        "requester=anna",
        "limit=5&limit=5",
        "view=all%0d%0aX-Injected:%201",
    ] {
        assert_eq!(read(query).await, "refused", "{query}");
    }
}
