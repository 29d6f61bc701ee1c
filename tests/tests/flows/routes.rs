//! Who is told what on which route: every route of the API's own description, called by everybody
//! there is, as a table that people can read and review.
//!
//! The table is `tests/golden/routes.md`. `UPDATE_GOLDEN=1` writes it anew.

use std::fmt::Write as _;
use std::path::Path;

use postern_local::account::{ACCOUNT, REGION, WEB_7};
use postern_local::people::Person::{Ada, Anna, Ben, Cleo, Omar};
use postern_local::slack::TEAM;
use reqwest::Method;
use rules::names::RequestId;
use serde_json::{Value, json};

use crate::chat::{ANNA, Bot, HOOK};
use crate::scene::{Reply, Scene, Visitor, shell_on};

/// The description as it is committed; the functions' own tests hold it to the code.
const DESCRIPTION: &str = include_str!("../../../docs/openapi.json");

const HEAD: &str = "\
# Who is told what

Every route of [openapi.json](../../docs/openapi.json), called with a well-formed call by everybody
there is. The requester is Anna, an engineer; the stranger is Cleo, another engineer; the approver
is Ben, who is an engineer and a lead; operator and auditor are only that. Routes about one request
are called on one of Anna's that is in the state that the route is for: pending for an answer,
approved for `credentials`, an emergency that is over for `review`, active for all else. The link of a
chat user is Anna's. What chat systems send is not signed here, and pages are come to without a login:
a token is no proof there.

This page is written by the tests.

";

/// The columns: who calls.
const CALLERS: [&str; 7] = [
    "no token",
    "bad token",
    "stranger",
    "requester",
    "approver",
    "operator",
    "auditor",
];

impl Scene {
    fn caller(&self, name: &str) -> Visitor {
        match name {
            "no token" => self.nobody(),
            "bad token" => {
                let mut claims = self.house().issuer().claims(Anna);
                claims["aud"] = "somebody-else".into();
                self.claiming(&claims)
            }
            "stranger" => self.as_(Cleo),
            "requester" => self.as_(Anna),
            "approver" => self.as_(Ben),
            "operator" => self.as_(Omar),
            "auditor" => self.as_(Ada),
            other => panic!("nobody is called {other}"),
        }
    }

    /// A request in the state that a route is for.
    async fn request_for(&self, path: &str) -> RequestId {
        match path.rsplit_once('/').unwrap().1 {
            "approve" | "deny" | "withdraw" => self.asked().await,
            "credentials" => self.approved().await,
            "review" => {
                let broken = self.breaks_glass(Anna).await;
                let open = &broken.body["facts"]["unreviewed"];
                if let Some(id) = open.as_str() {
                    // The one before has not been reviewed.
                    return id.parse().unwrap();
                }
                let id = broken.must_be(201).id();
                self.as_(Anna).does("release", id).await.must_be(200);
                id
            }
            _ => self.active().await.0,
        }
    }

    /// Calls a route as it is meant to be called.
    async fn call(&self, method: &str, path: &str, caller: &Visitor) -> Reply {
        let asks = ["/v1/requests", "/v1/policy/explain"].contains(&path);
        let mut body = (asks && method == "post").then(|| shell_on(WEB_7));
        let mut at = path.to_owned();
        if path.contains("{account}") {
            at = path
                .replace("{account}", ACCOUNT)
                .replace("{region}", REGION)
                .replace("{id}", WEB_7);
        } else if path == "/v1/chat/links/{id}" {
            self.linked(ANNA, Anna).await;
            at = path.replace("{id}", &format!("{TEAM}.{ANNA}"));
        } else if path.contains("{id}") {
            let id = self.request_for(path).await;
            at = path.replace("{id}", &id.to_string());
            if path.ends_with("/approve") {
                body = Some(json!({"shown": self.view(id).await.shown}));
            }
            if path.ends_with("/review") {
                body = Some(json!({"comment": "read the transcript"}));
            }
            if path.ends_with("/extend") {
                body = Some(json!({"longer_seconds": 600, "reason": "it takes longer"}));
            }
        }
        if path == "/v1/audit/entries" {
            at.push_str("?day=2026-11-24");
        }
        assert!(!at.contains('{'), "{path} wants more than a request");
        match (method, body) {
            ("get", None) => caller.get(&at).await,
            ("post", Some(body)) => caller.post(&at, &body).await,
            ("post", None) => caller.send(Method::POST, &at, None).await,
            ("delete", None) => caller.send(Method::DELETE, &at, None).await,
            other => panic!("{path} is called in a new way: {other:?}"),
        }
    }
}

#[tokio::test]
async fn every_route_tells_everybody_what_the_table_says() {
    let bot = Bot::listen().await;
    let scene = Scene::with(&[
        ("POSTERN_MOST_PENDING", "1000"),
        ("POSTERN_CHAT_HOOK", HOOK),
        ("POSTERN_CHAT_HOOK_ADDRESS", &bot.address),
    ])
    .await;
    let description: Value = serde_json::from_str(DESCRIPTION).unwrap();
    let mut table = HEAD.to_owned();
    writeln!(table, "| route | {} |", CALLERS.join(" | ")).unwrap();
    writeln!(table, "|---|{}", "---|".repeat(CALLERS.len())).unwrap();
    for (path, methods) in description["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            write!(table, "| `{} {path}` |", method.to_uppercase()).unwrap();
            for name in CALLERS {
                let caller = scene.caller(name);
                let said = scene.call(method, path, &caller).await;
                let status = said.status.to_string();
                let described = operation["responses"].get(&status).is_some();
                assert!(
                    described,
                    "{method} {path} is not described to say {status}"
                );
                let cell = format!("{status} {}", said.code());
                write!(table, " {} |", cell.trim_end()).unwrap();
            }
            table.push('\n');
        }
    }

    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/routes.md");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&page, &table).unwrap();
    }
    let golden = std::fs::read_to_string(&page).unwrap_or_default();
    for (n, (is, was)) in table.lines().zip(golden.lines()).enumerate() {
        assert_eq!(
            is,
            was,
            "line {}; run with UPDATE_GOLDEN=1 if this is meant",
            n + 1
        );
    }
    assert_eq!(
        table.len(),
        golden.len(),
        "run with UPDATE_GOLDEN=1 if this is meant"
    );
}
