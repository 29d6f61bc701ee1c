//! Somebody who calls the API, and what they are told.

use std::str::FromStr as _;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Body, Client, Method};
use rules::names::RequestId;
use rules::wire::RequestView;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::of;

/// Somebody who calls the API over the socket, with the same headers every time.
#[derive(Debug, Clone)]
pub(crate) struct Visitor {
    http: Client,
    url: String,
    headers: HeaderMap,
}

/// What somebody is told.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    /// The body as JSON; `null` where it is none.
    pub(crate) body: Value,
    text: String,
}

impl Visitor {
    pub(super) fn new(http: Client, url: &str) -> Self {
        Self {
            http,
            url: url.to_owned(),
            headers: HeaderMap::new(),
        }
    }

    /// The same person, sending one more header.
    pub(crate) fn with_header(mut self, name: &str, value: &str) -> Self {
        let name = HeaderName::from_str(name).expect("the name of a header");
        let value = HeaderValue::from_str(value).expect("the value of a header");
        self.headers.append(name, value);
        self
    }

    /// The same person, saying everything under this idempotency key.
    pub(crate) fn with_key(self, key: &str) -> Self {
        self.with_header("idempotency-key", key)
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.send(Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Reply {
        let json = self.clone().with_header("content-type", "application/json");
        json.send(Method::POST, path, Some(body.to_string().into()))
            .await
    }

    /// Sends whatever it is, with no header but this person's own.
    pub(crate) async fn send(&self, method: Method, path: &str, body: Option<Body>) -> Reply {
        let mut call = self
            .http
            .request(method, format!("{}{path}", self.url))
            .headers(self.headers.clone());
        if let Some(body) = body {
            call = call.body(body);
        }
        Box::pin(Reply::to(call)).await
    }

    /// Asks for access.
    pub(crate) async fn ask(&self, body: &Value) -> Reply {
        self.post("/v1/requests", body).await
    }

    /// Looks at a request.
    pub(crate) async fn show(&self, id: RequestId) -> Reply {
        self.get(&of(id, "")).await
    }

    /// Reads a request and says yes to what it shows.
    pub(crate) async fn approve(&self, id: RequestId) -> Reply {
        let request: RequestView = self.show(id).await.must_be(200).read();
        self.post(&of(id, "approve"), &json!({"shown": request.shown}))
            .await
    }

    /// Does to a request what takes no body: `deny`, `withdraw`, `revoke`, `release`,
    /// `credentials`.
    pub(crate) async fn does(&self, verb: &str, id: RequestId) -> Reply {
        self.send(Method::POST, &of(id, verb), None).await
    }
}

impl Reply {
    async fn to(call: reqwest::RequestBuilder) -> Self {
        let answer = call.send().await.expect("the API answers");
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let text = answer.text().await.expect("the API answers with text");
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Self {
            status,
            headers,
            body,
            text,
        }
    }

    /// The answer that a function hands back to API Gateway (payload format 2.0).
    pub(super) fn handed_back(answer: &Value) -> Self {
        let status = answer["statusCode"].as_u64().unwrap_or_default();
        let headers = answer["headers"].as_object().expect("headers are named");
        let headers = headers.iter().map(|(name, value)| {
            let value = value.as_str().expect("a header is text");
            (
                HeaderName::from_str(name).expect("the name of a header"),
                HeaderValue::from_str(value).expect("the value of a header"),
            )
        });
        let text = answer["body"].as_str().unwrap_or_default().to_owned();
        Self {
            status: u16::try_from(status).expect("a status is short"),
            headers: headers.collect(),
            body: serde_json::from_str(&text).unwrap_or(Value::Null),
            text,
        }
    }

    /// That the answer has this status.
    #[track_caller]
    pub(crate) fn must_be(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    /// That the answer is a problem of this status and code, told in the one form that problems
    /// have.
    #[track_caller]
    pub(crate) fn must_say(self, status: u16, code: &str) -> Self {
        assert_eq!((self.status, self.code()), (status, code), "{}", self.text);
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json")
        );
        assert_eq!(self.body["status"], status);
        assert_eq!(self.body["type"], format!("urn:postern:problem:{code}"));
        for said in ["title", "detail", "next"] {
            assert!(
                self.body[said]
                    .as_str()
                    .is_some_and(|text| !text.is_empty()),
                "{}",
                self.text
            );
        }
        self
    }

    /// The code of the problem; empty where the answer is none.
    pub(crate) fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    /// A header, as text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Whether nothing was changed because the same had been said before.
    pub(crate) fn is_replay(&self) -> bool {
        self.header("idempotency-replayed") == Some("true")
    }

    /// The id of the request that the answer shows.
    #[track_caller]
    pub(crate) fn id(&self) -> RequestId {
        let id = self.body["id"]
            .as_str()
            .unwrap_or_else(|| panic!("no request in {}", self.text));
        id.parse().expect("the id of a request")
    }

    /// The body as it was sent.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The body as what it should be.
    #[track_caller]
    pub(crate) fn read<T: DeserializeOwned>(&self) -> T {
        serde_json::from_str(&self.text).unwrap_or_else(|fault| panic!("{fault}: {}", self.text))
    }
}
