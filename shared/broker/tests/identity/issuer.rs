//! A small identity provider on loopback. It answers as the test says, and counts.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{Response, Uri};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::OwnedMutexGuard;
use tokio::task::JoinHandle;

/// An answer to a GET.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    status: u16,
    location: Option<String>,
    body: String,
}

impl Answer {
    pub(crate) fn text(body: impl Into<String>) -> Self {
        Self {
            status: 200,
            location: None,
            body: body.into(),
        }
    }

    pub(crate) fn json(body: &Value) -> Self {
        Self::text(body.to_string())
    }

    pub(crate) fn status(status: u16) -> Self {
        Self {
            status,
            ..Self::text("")
        }
    }

    pub(crate) fn redirect(status: u16, location: &str) -> Self {
        Self {
            location: Some(location.to_owned()),
            ..Self::status(status)
        }
    }
}

#[derive(Debug)]
struct Desk {
    discovery: Answer,
    keys: Answer,
    /// The paths that were asked for, in order.
    asked: Vec<String>,
}

#[derive(Debug, Clone)]
struct Door {
    desk: Arc<Mutex<Desk>>,
    /// Whoever holds this keeps all answers back.
    gate: Arc<tokio::sync::Mutex<()>>,
}

/// The provider. It is gone when this is dropped.
#[derive(Debug)]
pub(crate) struct Issuer {
    base: String,
    door: Door,
    serving: JoinHandle<()>,
}

impl Issuer {
    /// A provider that publishes these keys.
    pub(crate) async fn with_keys(keys: &[Value]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let discovery = json!({"issuer": base, "jwks_uri": format!("{base}/keys")});
        let door = Door {
            desk: Arc::new(Mutex::new(Desk {
                discovery: Answer::json(&discovery),
                keys: Answer::json(&json!({"keys": keys})),
                asked: Vec::new(),
            })),
            gate: Arc::default(),
        };
        let router = Router::new().fallback(answer).with_state(door.clone());
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            base,
            door,
            serving,
        }
    }

    /// The `iss` of its tokens.
    pub(crate) fn name(&self) -> &str {
        &self.base
    }

    pub(crate) fn publish(&self, keys: &[Value]) {
        self.answer_keys(Answer::json(&json!({"keys": keys})));
    }

    pub(crate) fn answer_keys(&self, answer: Answer) {
        self.door.desk.lock().unwrap().keys = answer;
    }

    pub(crate) fn answer_discovery(&self, answer: Answer) {
        self.door.desk.lock().unwrap().discovery = answer;
    }

    /// How often the key set was asked for.
    pub(crate) fn key_fetches(&self) -> usize {
        self.asked().iter().filter(|path| *path == "/keys").count()
    }

    /// Every path that was asked for, in order.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.door.desk.lock().unwrap().asked.clone()
    }

    /// Keeps all answers back until the guard is dropped.
    pub(crate) async fn hold(&self) -> OwnedMutexGuard<()> {
        Arc::clone(&self.door.gate).lock_owned().await
    }

    /// Waits until something was asked for that often.
    pub(crate) async fn until_asked(&self, times: usize) {
        let waiting = async {
            while self.asked().len() < times {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(5), waiting)
            .await
            .unwrap();
    }

    /// Goes away: its port refuses connections from now on.
    pub(crate) async fn go_away(&mut self) {
        self.serving.abort();
        assert!((&mut self.serving).await.unwrap_err().is_cancelled());
    }
}

impl Drop for Issuer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn answer(State(door): State<Door>, uri: Uri) -> Response<Body> {
    door.desk.lock().unwrap().asked.push(uri.path().to_owned());
    drop(door.gate.lock().await);
    let answer = {
        let desk = door.desk.lock().unwrap();
        match uri.path() {
            "/.well-known/openid-configuration" => desk.discovery.clone(),
            "/keys" => desk.keys.clone(),
            _ => Answer::status(404),
        }
    };
    let mut response = Response::builder().status(answer.status);
    if let Some(location) = answer.location {
        response = response.header("location", location);
    }
    response.body(Body::from(answer.body)).unwrap()
}
