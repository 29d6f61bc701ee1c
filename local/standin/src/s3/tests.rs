use http::{HeaderMap, HeaderValue, Method};

use super::*;
use crate::call::Service;
use crate::iam::Caller;

fn incoming(method: Method, host: &str, path: &str) -> Incoming {
    Incoming {
        method,
        path: path.to_owned(),
        raw_query: String::new(),
        host: host.to_owned(),
        headers: HeaderMap::new(),
        body: bytes::Bytes::new(),
        secure: false,
    }
}

fn named(query: &str) -> Vec<(String, String)> {
    if query.is_empty() {
        Vec::new()
    } else {
        vec![(query.to_owned(), String::new())]
    }
}

#[test]
fn a_bucket_is_named_by_the_host_or_by_the_path() {
    let is = |host: &str, path: &str, bucket: Option<&str>, key: Option<&str>| {
        let found = address(host, path);
        assert_eq!(
            (found.0.as_deref(), found.1.as_deref()),
            (bucket, key),
            "{host} {path}"
        );
    };
    is(
        "logs.s3.ap-northeast-2.amazonaws.com",
        "/a%20b/c",
        Some("logs"),
        Some("a b/c"),
    );
    is("my.logs.s3.amazonaws.com", "/", Some("my.logs"), None);
    is("logs.localhost:8080", "/k", Some("logs"), Some("k"));
    is(
        "s3.ap-northeast-2.amazonaws.com",
        "/logs/a//b",
        Some("logs"),
        Some("a//b"),
    );
    is("127.0.0.1:8080", "/logs", Some("logs"), None);
    is("localhost:8080", "/logs/", Some("logs"), None);
    is("localhost", "/", None, None);
    is("s3.localhost", "/logs/k", Some("logs"), Some("k"));
}

#[test]
fn what_is_not_offered_is_never_taken_for_something_that_is() {
    let of = |method: Method, path: &str, query: &str| {
        operation(&incoming(method, "localhost", path), &named(query))
    };
    assert_eq!(of(Method::GET, "/logs/k", ""), Some("GetObject"));
    assert_eq!(
        of(Method::GET, "/logs", "versions"),
        Some("ListObjectVersions")
    );
    assert_eq!(
        of(Method::DELETE, "/logs/k", "versionId"),
        Some("DeleteObject")
    );
    for foreign in FOREIGN_SUBRESOURCES {
        for (method, path) in [
            (Method::GET, "/logs/k"),
            (Method::PUT, "/logs/k"),
            (Method::DELETE, "/logs/k"),
        ] {
            assert_eq!(of(method, path, foreign), None, "{foreign}");
        }
    }
    for (method, path, query) in [
        (Method::GET, "/logs", ""),
        (Method::PUT, "/logs", ""),
        (Method::DELETE, "/logs", ""),
        (Method::POST, "/logs/k", ""),
        (Method::PUT, "/logs/k", "retention"),
    ] {
        assert_eq!(
            of(method.clone(), path, query),
            None,
            "{method} {path} {query}"
        );
    }
    let mut copy = incoming(Method::PUT, "localhost", "/logs/k");
    copy.headers
        .insert("x-amz-copy-source", HeaderValue::from_static("/other/k"));
    assert_eq!(operation(&copy, &[]), None);
}

fn demanded(
    operation: &str,
    query: &[(&str, &str)],
    headers: &[(&'static str, &str)],
) -> Vec<Demand> {
    let world = World::builder().build().unwrap();
    let mut sent = HeaderMap::new();
    sent.insert("host", HeaderValue::from_static("localhost"));
    for (name, value) in headers {
        sent.insert(*name, HeaderValue::from_str(value).unwrap());
    }
    let call = Call {
        service: Service::S3,
        operation: operation.to_owned(),
        region: "ap-northeast-2".to_owned(),
        caller: Caller::of_role("111122223333", "Reader", "r-1"),
        now_millis: 0,
        method: Method::GET,
        path: "/logs/a%20b.log".to_owned(),
        query: query
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect(),
        headers: sent,
        body: bytes::Bytes::new(),
    };
    demands(&world, &call).unwrap()
}

#[test]
fn a_version_has_actions_of_its_own() {
    let object = "arn:aws:s3:::logs/a b.log";
    let of = |operation: &str, query: &[(&str, &str)]| demanded(operation, query, &[]);
    let id = &[("versionId", "v1")][..];
    assert_eq!(of("GetObject", &[]), [Demand::new("s3:GetObject", object)]);
    assert_eq!(
        of("HeadObject", id),
        [Demand::new("s3:GetObjectVersion", object)]
    );
    assert_eq!(
        of("DeleteObject", &[]),
        [Demand::new("s3:DeleteObject", object)]
    );
    assert_eq!(
        of("DeleteObject", id),
        [Demand::new("s3:DeleteObjectVersion", object)]
    );
    let listed = of(
        "ListObjectVersions",
        &[("prefix", "jit/"), ("max-keys", "2")],
    );
    let listing = Demand::new("s3:ListBucketVersions", "arn:aws:s3:::logs");
    assert_eq!(
        listed,
        [listing.with("s3:prefix", "jit/").with("s3:max-keys", "2")]
    );
}

#[test]
fn a_write_that_sets_an_acl_or_a_lock_demands_that_too() {
    let acl = ("x-amz-acl", "bucket-owner-full-control");
    let demanded = demanded(
        "PutObject",
        &[],
        &[acl, ("x-amz-object-lock-mode", "GOVERNANCE")],
    );
    let actions: Vec<_> = demanded
        .iter()
        .map(|demand| demand.action.as_str())
        .collect();
    assert_eq!(
        actions,
        ["s3:PutObject", "s3:PutObjectAcl", "s3:PutObjectRetention"]
    );
    assert_eq!(
        demanded[0].context["s3:x-amz-acl"],
        ["bucket-owner-full-control"]
    );
}
