use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use axum::body::Body;
use axum::http::Request;
use serde_json::Value;

use super::problems::ROUTES;
use super::*;
use crate::code::Code;
use crate::problem::status_of;
use crate::{probe, refusals};

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/openapi.json");
const ERRORS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/errors.md");

/// A file says what it should; with `UPDATE_GOLDEN=1` it is made to.
/// What is said to callers by way of chat alone; no operation of the API says it.
const OF_CHAT: [&str; 2] = ["chat-needs-login", "not-in-chat"];

fn must_be_current(file: &str, should: &str) {
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(file, should).unwrap();
    }
    let is = std::fs::read_to_string(file).unwrap_or_default();
    assert!(
        is == should,
        "{file} is not current; run the tests with UPDATE_GOLDEN=1"
    );
}

fn json() -> Value {
    serde_json::to_value(document()).unwrap()
}

/// Every operation, by its id.
fn operations_of(document: &Value) -> BTreeMap<String, Value> {
    let paths = document["paths"].as_object().unwrap().values();
    paths
        .flat_map(|item| item.as_object().unwrap().values())
        .map(|operation| {
            (
                operation["operationId"].as_str().unwrap().to_owned(),
                operation.clone(),
            )
        })
        .collect()
}

#[test]
fn the_committed_description_is_current() {
    must_be_current(DOCUMENT, &(document().to_pretty_json().unwrap() + "\n"));
}

#[test]
fn the_committed_table_of_errors_is_current() {
    must_be_current(ERRORS, &errors());
}

#[tokio::test]
async fn the_description_is_served_as_it_is_committed() {
    let request = Request::get("/v1/openapi.json")
        .body(Body::empty())
        .unwrap();
    let response = probe::answer(&probe::api(), request).await;
    assert_eq!(response.headers()["content-type"], "application/json");
    let (_, body) = probe::taken(response).await;
    assert_eq!(serde_json::from_slice::<Value>(&body).unwrap(), json());
    assert_eq!(json()["openapi"], "3.1.0");
}

#[test]
fn every_operation_of_both_routers_is_described_with_its_problems() {
    let described: BTreeSet<String> = operations_of(&json()).into_keys().collect();
    let listed: BTreeSet<String> = ROUTES
        .iter()
        .map(|route| route.operation.to_owned())
        .collect();
    assert_eq!(described, listed);
    assert!(described.contains("issue") && described.contains("ask"));
}

#[test]
fn every_problem_is_declared_with_its_status_and_shape() {
    let operations = operations_of(&json());
    for route in ROUTES {
        for (status, codes) in route.by_status() {
            let response = &operations[route.operation]["responses"][status.to_string()];
            for code in codes {
                let described = response["description"].as_str().unwrap();
                assert!(
                    described.contains(&format!("`{code}`")),
                    "{code} of {}",
                    route.operation
                );
            }
            let shape = &response["content"]["application/problem+json"]["schema"]["$ref"];
            assert_eq!(
                shape, "#/components/schemas/Problem",
                "{status} of {}",
                route.operation
            );
            let headers = response["headers"].as_object();
            let holds = |name| headers.is_some_and(|headers| headers.contains_key(name));
            assert_eq!(holds("WWW-Authenticate"), status == 401);
            assert_eq!(holds("Retry-After"), [409, 429, 503].contains(&status));
        }
    }
}

#[test]
fn the_rules_codes_are_declared_in_their_class_and_each_somewhere() {
    let classes: BTreeMap<&str, String> = refusals::examples()
        .iter()
        .map(|refusal| (refusal.code(), format!("{:?}", refusal.class())))
        .collect();
    let mut declared = BTreeSet::new();
    for route in ROUTES {
        for (class, codes) in route.rules {
            for code in *codes {
                assert_eq!(classes.get(code), Some(&format!("{class:?}")), "{code}");
                declared.insert(*code);
            }
        }
    }
    for code in OF_CHAT {
        assert!(
            classes.contains_key(code) && declared.insert(code),
            "{code}"
        );
    }
    assert_eq!(declared, classes.into_keys().collect());
}

#[test]
fn every_code_of_http_is_declared_somewhere_or_belongs_to_no_route() {
    let declared: Vec<Code> = ROUTES
        .iter()
        .flat_map(|route| route.http.iter().copied().flatten())
        .copied()
        .collect();
    for code in Code::ALL {
        let routeless = [Code::NoSuchRoute, Code::MethodNotAllowed].contains(&code);
        assert_ne!(declared.contains(&code), routeless, "{code:?}");
    }
}

#[test]
fn only_what_is_about_the_function_itself_and_pages_ask_for_no_proof() {
    let document = json();
    assert_eq!(document["security"], serde_json::json!([{"bearer": []}]));
    assert_eq!(
        document["components"]["securitySchemes"]["bearer"]["scheme"],
        "bearer"
    );
    let by = |security: Option<Value>| -> Vec<String> {
        operations_of(&document)
            .into_iter()
            .filter(|(_, operation)| operation.get("security") == security.as_ref())
            .map(|(id, _)| id)
            .collect()
    };
    let open = by(Some(serde_json::json!([{}])));
    let pages = [
        "answer_by_page",
        "answer_page",
        "link_page",
        "login_callback",
    ];
    let all: BTreeSet<&str> = pages.into_iter().chain(["health", "openapi"]).collect();
    assert_eq!(
        open.iter().map(String::as_str).collect::<BTreeSet<_>>(),
        all
    );
    let slack = by(Some(serde_json::json!([{"slack": []}])));
    assert_eq!(slack, ["slack_command", "slack_interaction"]);
    assert_eq!(by(Some(serde_json::json!([{"webhook": []}]))), ["webhook"]);
    for (id, operation) in operations_of(&document) {
        assert_eq!(
            operation["responses"].get("401").is_none(),
            open.contains(&id),
            "{id}"
        );
    }
}

#[test]
fn everything_that_is_referred_to_exists() {
    let document = json();
    let operations = operations_of(&document);
    let mut pending = vec![&document];
    let mut references = 0;
    while let Some(value) = pending.pop() {
        if let Some(reference) = value.get("$ref").and_then(Value::as_str) {
            let target = document.pointer(reference.trim_start_matches('#'));
            assert!(target.is_some(), "{reference}");
            references += 1;
        }
        if let Some(links) = value.get("links").and_then(Value::as_object) {
            for link in links.values() {
                let id = link["operationId"].as_str().unwrap();
                assert!(operations.contains_key(id), "{id}");
                references += 1;
            }
        }
        match value {
            Value::Object(members) => pending.extend(members.values()),
            Value::Array(items) => pending.extend(items),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    assert!(references > 50, "{references}");
}

#[test]
fn every_change_takes_an_idempotency_key_and_nothing_else_does() {
    for item in json()["paths"].as_object().unwrap().values() {
        for (method, operation) in item.as_object().unwrap() {
            let takes = operation["parameters"]
                .as_array()
                .is_some_and(|all| all.iter().any(|one| one["name"] == "Idempotency-Key"));
            // To explain is to change nothing, and what comes from chat has an identity of its own.
            let changes = method == "post"
                && operation["operationId"] != "explain"
                && operation["tags"] != serde_json::json!(["chat"]);
            assert_eq!(takes, changes, "{}", operation["operationId"]);
        }
    }
}

#[test]
fn no_code_has_two_meanings_and_none_is_missing_from_the_table() {
    let http = Code::ALL.map(Code::as_str);
    let refusals = refusals::examples();
    let codes: Vec<&str> = http
        .into_iter()
        .chain(refusals.iter().map(|refusal| refusal.code()))
        .collect();
    assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), codes.len());
    let table = errors();
    for code in codes {
        assert!(table.contains(&format!("| `{code}` | ")), "{code}");
        let kebab = |c: char| c.is_ascii_lowercase() || c == '-';
        assert!(code.chars().all(kebab), "{code}");
    }
}

/// The table of every code, as people read it.
fn errors() -> String {
    let mut said_by = BTreeMap::<&str, Vec<&str>>::new();
    for route in ROUTES {
        for code in route.by_status().into_values().flatten() {
            said_by.entry(code).or_default().push(route.operation);
        }
    }
    let with_token = said_by[Code::IdentityProviderUnavailable.as_str()].clone();
    // Pages say what they say to people.
    let all = ROUTES.iter().filter(|route| !route.http.is_empty()).count();
    let said_by = |code| match said_by.get(code) {
        None if OF_CHAT.contains(&code) => "the chat bot".to_owned(),
        None => "the router".to_owned(),
        Some(routes) if routes.len() == all => "every route".to_owned(),
        Some(routes) if with_token.iter().all(|one| routes.contains(one)) => {
            let mut words = vec!["every route that takes a token"];
            words.extend(routes.iter().filter(|one| !with_token.contains(one)));
            words.join(", ")
        }
        Some(routes) => routes.join(", "),
    };
    let mut text = String::from(
        "# Errors\n\n\
         Every error is an `application/problem+json` (RFC 9457). Its `code` is stable, and `type` \
         is `urn:postern:problem:` and the code; `detail` says what was the matter this time, \
         `next` what to do, `facts` what belongs to the code, and `request` shows the request as \
         it stands where the caller may see it. `Retry-After` is in whole seconds.\n\n\
         This page is written by the tests from the code. *Said by* names the operations of \
         [openapi.json](openapi.json).\n\n\
         ## Before any rule is asked\n\n\
         | code | status | what is the matter | what to do next | said by |\n|---|---|---|---|---|\n",
    );
    for code in Code::ALL {
        let (word, status) = (code.as_str(), code.status().as_u16());
        let (meaning, next) = (code.meaning(), code.next());
        writeln!(
            text,
            "| `{word}` | {status} | {meaning} | {next} | {} |",
            said_by(word)
        )
        .unwrap();
    }
    text.push_str(
        "\n## What the rules say\n\n\
         Names and numbers stand for those of the call.\n\n\
         | code | status | what is the matter | what to do next | said by |\n|---|---|---|---|---|\n",
    );
    for refusal in refusals::examples() {
        let (word, status) = (refusal.code(), status_of(refusal.class()).as_u16());
        let next = refusal.next();
        writeln!(
            text,
            "| `{word}` | {status} | {refusal} | {next} | {} |",
            said_by(word)
        )
        .unwrap();
    }
    text
}
