//! The routers do what the description says: every operation is asked with a valid token and one
//! thing wrong, and answers with the code that it declares for that.

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::http::request::Builder;

use crate::body::LONGEST;
use crate::openapi::document;
use crate::probe::{self, Login};

/// An operation, as the description has it.
struct Operation {
    method: String,
    path: String,
    declared: String,
}

impl Operation {
    fn to(&self, id: &str, query: &str) -> Builder {
        // What is no request id is no instance either.
        let is_of_target = self.path.contains("{account}");
        let id = match is_of_target && id == probe::ID {
            true => "i-0123456789abcdef0",
            false => id,
        };
        let path = self
            .path
            .replace("{account}", "111122223333")
            .replace("{region}", "ap-northeast-2")
            .replace("{id}", id);
        Request::builder()
            .method(self.method.as_str())
            .uri(format!("{path}?{query}"))
    }
}

/// Every operation that takes a token.
fn operations() -> Vec<Operation> {
    let document = serde_json::to_value(document()).unwrap();
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            // What proves itself otherwise is called by the flows of chat.
            if operation.get("security").is_some() {
                continue;
            }
            let responses = operation["responses"].as_object().unwrap().values();
            let descriptions = responses.map(|one| one["description"].as_str().unwrap());
            all.push(Operation {
                method: method.to_uppercase(),
                path: path.clone(),
                declared: descriptions.collect::<Vec<_>>().join(", "),
            });
        }
    }
    all
}

/// One thing wrong with a call, by the code that it should come to.
fn wrong(operation: &Operation, code: &str) -> Request<Body> {
    let good = |query: &str| operation.to(probe::ID, query);
    let json = || good("").header("content-type", "application/json");
    let request = match code {
        "invalid-request-id" | "invalid-target" => operation.to("req-1", "").body(Body::empty()),
        "invalid-query" => good("nonsense=1").body(Body::empty()),
        "invalid-idempotency-key" => good("").header("idempotency-key", "1").body(Body::empty()),
        "unsupported-media-type" => good("")
            .header("content-type", "text/plain")
            .body("{}".into()),
        "body-too-large" => json().body(vec![b' '; LONGEST + 1].into()),
        "unreadable-body" => json().body("{".into()),
        "invalid-body" => json().body(r#"{"nonsense":1}"#.into()),
        other => panic!("nothing is known to cause `{other}`"),
    };
    request.unwrap()
}

#[tokio::test]
async fn every_operation_refuses_what_it_says_with_the_code_it_says() {
    let login = Login::of("anna").await;
    let mut asked = 0;
    for operation in operations() {
        let router: Router = if operation.path.ends_with("/credentials") {
            probe::issue_for(login.verifier.clone())
        } else if operation.path.ends_with("/readiness") {
            probe::doctor_for(login.verifier.clone())
        } else {
            probe::api_for(login.verifier.clone())
        };
        for code in [
            "invalid-request-id",
            "invalid-target",
            "invalid-query",
            "invalid-idempotency-key",
            "unsupported-media-type",
            "body-too-large",
            "unreadable-body",
            "invalid-body",
        ] {
            if !operation.declared.contains(&format!("`{code}`")) {
                continue;
            }
            let mut request = wrong(&operation, code);
            let authorization = login.authorization.parse().unwrap();
            request.headers_mut().insert("authorization", authorization);
            let problem = probe::problem(probe::answer(&router, request).await).await;
            assert_eq!(
                problem.code, code,
                "{} {}",
                operation.method, operation.path
            );
            asked += 1;
        }
    }
    assert_eq!(asked, 65, "the routes and their parts, counted by hand");
}
