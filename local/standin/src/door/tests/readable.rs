use http::{HeaderMap, HeaderValue};

use super::*;
use crate::call::Service;

fn unsigned(content_type: Option<&'static str>, target: Option<&'static str>) -> Incoming {
    let mut headers = HeaderMap::new();
    if let Some(content_type) = content_type {
        headers.insert("content-type", HeaderValue::from_static(content_type));
    }
    if let Some(target) = target {
        headers.insert("x-amz-target", HeaderValue::from_static(target));
    }
    Incoming {
        method: http::Method::POST,
        path: "/".to_owned(),
        raw_query: String::new(),
        host: "localhost".to_owned(),
        headers,
        body: Bytes::new(),
        secure: false,
    }
}

#[tokio::test]
async fn a_call_without_a_signature_is_refused_in_the_words_of_its_protocol() {
    let world = world();
    let dynamodb = unsigned(
        Some("application/x-amz-json-1.0"),
        Some("DynamoDB_20120810.X"),
    );
    let ssm = unsigned(
        Some("application/x-amz-json-1.1"),
        Some("AmazonSSM.StartSession"),
    );
    let sts = unsigned(Some("application/x-www-form-urlencoded"), None);
    for (incoming, status, code) in [
        (dynamodb, 400, "MissingAuthenticationTokenException"),
        (ssm, 400, "MissingAuthenticationTokenException"),
        (sts, 403, "MissingAuthenticationToken"),
        (unsigned(None, None), 403, "AccessDenied"),
    ] {
        assert_eq!(told(&world, incoming).await, (status, code.to_owned()));
    }
    assert!(
        world.journal().is_empty(),
        "a call without a service is no call"
    );
}

#[tokio::test]
async fn only_the_operations_that_are_offered_exist() {
    let world = world();
    let keys = world.admin_keys();
    let mut incoming = signed(&world, &keys, Family::Json).await;
    let other_version = HeaderValue::from_static("DynamoDB_20990101.ListTables");
    incoming.headers.insert("x-amz-target", other_version);
    // Told before the signature is looked at: nothing of it depends on who calls.
    assert_eq!(
        told(&world, incoming).await,
        (400, "UnknownOperationException".to_owned())
    );
    let mut incoming = signed(&world, &keys, Family::Xml).await;
    "acl".clone_into(&mut incoming.raw_query);
    assert_eq!(
        told(&world, incoming).await,
        (501, "NotImplemented".to_owned())
    );
    let mut incoming = signed(&world, &keys, Family::Query).await;
    let scope = incoming.headers["authorization"]
        .to_str()
        .unwrap()
        .replace("/sts/", "/sqs/");
    incoming
        .headers
        .insert("authorization", HeaderValue::from_str(&scope).unwrap());
    assert_eq!(
        told(&world, incoming).await,
        (400, "UnknownService".to_owned())
    );
}

#[tokio::test]
async fn every_answer_names_its_request_and_its_time() {
    let world = world();
    let keys = world.admin_keys();
    for (family, id) in
        FAMILIES
            .into_iter()
            .zip(["x-amzn-requestid", "x-amzn-requestid", "x-amz-request-id"])
    {
        let response = answer(&world, signed(&world, &keys, family).await).await;
        assert_eq!(response.headers()["date"], "Tue, 24 Nov 2026 09:00:00 GMT");
        assert_eq!(response.headers()[id].len(), 36);
    }
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_not_looked_at() {
    let world = world();
    let mut incoming = signed(&world, &world.admin_keys(), Family::Query).await;
    incoming.body = vec![0; MAX_BODY + 1].into();
    let response = answer(&world, incoming).await;
    assert_eq!(response.status().as_u16(), 413);
    assert!(response.body().is_empty());
    assert!(world.journal().is_empty());
}

#[tokio::test]
async fn who_is_allowed_nothing_is_refused_in_each_family_and_the_journal_says_why() {
    let world = world();
    world
        .add_role(RoleSpec {
            name: "None".to_owned(),
            ..RoleSpec::default()
        })
        .unwrap();
    let keys = world.function_credentials("None", "req-1").unwrap();
    for (family, expected) in [
        (Family::Json, (400, "AccessDeniedException".to_owned())),
        (Family::Xml, (403, "AccessDenied".to_owned())),
        // Nobody can be forbidden to ask who they are.
        (Family::Query, (200, String::new())),
    ] {
        assert_eq!(
            told(&world, signed(&world, &keys, family).await).await,
            expected
        );
    }
    let verdicts: Vec<_> = world
        .journal()
        .iter()
        .map(|entry| (entry.service, entry.verdict, entry.took_effect))
        .collect();
    assert_eq!(
        verdicts,
        [
            (Service::DynamoDb, Verdict::Denied, false),
            (Service::S3, Verdict::Denied, false),
            (Service::Sts, Verdict::Allowed, true),
        ]
    );
    let caller = "arn:aws:sts::111122223333:assumed-role/None/req-1";
    assert!(
        world
            .journal()
            .iter()
            .all(|entry| entry.caller.as_deref() == Some(caller))
    );
}
