//! The bot of another chat system: it takes notices on loopback, and signs what its people do.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::net::TcpListener;

use crate::scene::{Reply, Scene};

/// What the chat system is called.
pub(crate) const HOOK: &str = "hook-matrix";

/// The bot.
pub(crate) struct Bot {
    pub(crate) address: String,
    desk: Desk,
}

#[derive(Clone, Default)]
struct Desk(Arc<Mutex<Notices>>);

#[derive(Default)]
struct Notices {
    taken: Vec<(HeaderMap, Bytes)>,
    /// What the next ones are answered with, and whether they are taken all the same.
    troubles: Vec<(u16, bool)>,
}

/// The signature of the parts that go over the wire, by a secret.
pub(crate) fn signature(secret: &str, domain: &str, at: &str, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("{domain}\n{HOOK}\n{at}\n{body}").as_bytes());
    format!("v1={}", hex::encode(mac.finalize().into_bytes()))
}

async fn take(State(desk): State<Desk>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let mut held = desk.0.lock().unwrap();
    let trouble = held.troubles.pop();
    if trouble.is_none_or(|(_, taken)| taken) {
        held.taken.push((headers, body));
    }
    StatusCode::from_u16(trouble.map_or(204, |(status, _)| status)).unwrap()
}

impl Bot {
    pub(crate) async fn listen() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = format!("http://{}/notices", listener.local_addr().unwrap());
        let desk = Desk::default();
        let router = Router::new()
            .route("/notices", post(take))
            .with_state(desk.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, desk }
    }

    /// The next so many notices are answered with that status, and taken all the same or not.
    pub(crate) fn fails(&self, times: usize, status: u16, taken: bool) {
        let mut held = self.desk.0.lock().unwrap();
        held.troubles = vec![(status, taken); times];
    }

    /// All notices that came, as they came; each was signed.
    pub(crate) fn notices(&self, scene: &Scene) -> Vec<Value> {
        let held = self.desk.0.lock().unwrap();
        let secret = scene.house().hook_secret().expose();
        let read = |(headers, body): &(HeaderMap, Bytes)| {
            let header = |name: &str| headers[name].to_str().unwrap();
            let body = std::str::from_utf8(body).unwrap();
            let at = header("x-postern-timestamp");
            assert_eq!(
                header("x-postern-signature"),
                signature(secret, "postern.webhook.out.v1", at, body)
            );
            serde_json::from_str(body).unwrap()
        };
        held.taken.iter().map(read).collect()
    }

    /// The notices that say this, each once however often it came.
    pub(crate) fn said(&self, scene: &Scene, say: &str) -> Vec<Value> {
        let mut seen = Vec::new();
        let mut notices = self.notices(scene);
        notices.retain(|one| one["say"] == say);
        notices.retain(|one| {
            let new = !seen.contains(&one["id"]);
            seen.push(one["id"].clone());
            new
        });
        notices
    }
}

impl Bot {
    /// The value of the yes on the first card for those who may answer.
    pub(crate) fn yes(&self, scene: &Scene) -> String {
        let cards = self.said(scene, "card");
        let card = cards.iter().find(|card| card["to"] == "members");
        press(card.expect("a card for members"), "Approve").expect("a button to approve")
    }
}

/// The value of a button of a notice, by what stands on it.
pub(crate) fn press(notice: &Value, text: &str) -> Option<String> {
    let buttons = notice["buttons"].as_array()?;
    let found = buttons.iter().find(|button| button["text"] == text)?;
    found["value"].as_str().map(str::to_owned)
}

impl Scene {
    /// A deployment with this bot and without Slack.
    pub(crate) async fn with_bot(bot: &Bot) -> Self {
        Self::with(&[
            ("POSTERN_CHAT_TEAMS", ""),
            ("POSTERN_CHAT_HOOK", HOOK),
            ("POSTERN_CHAT_HOOK_ADDRESS", &bot.address),
        ])
        .await
    }

    /// The bot sends a document, signed now.
    pub(crate) async fn bot_sends(&self, document: &Value) -> Reply {
        let secret = self.house().hook_secret().expose();
        let (at, body) = (self.now().seconds().to_string(), document.to_string());
        let signed = signature(secret, "postern.webhook.in.v1", &at, &body);
        self.bot_sends_with(&at, &signed, body).await
    }

    pub(crate) async fn bot_sends_with(&self, at: &str, signed: &str, body: String) -> Reply {
        let sent = self
            .nobody()
            .with_header("content-type", "application/json")
            .with_header("x-postern-timestamp", at)
            .with_header("x-postern-signature", signed)
            .send(Method::POST, "/chat/webhook", Some(body.into()))
            .await;
        self.world().taken_has_run().await;
        sent
    }

    /// Somebody says something to the bot; gives what they are told.
    pub(crate) async fn says_to_bot(&self, user: &str, say: &str) -> Value {
        let id = format!("say-{}-{}", self.now().millis(), hex::encode(say));
        let id: String = id.chars().take(64).collect();
        let document = json!({"id": id, "user": user, "say": say});
        self.bot_sends(&document).await.must_be(200).body
    }
}
