//! Somebody's hand in chat, and their browser.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use postern_local::account::BATCH_1;
use postern_local::people::Person;
use postern_local::slack::{APP, CHANNEL, Member, Message, TEAM};
use reqwest::{Client, Method};
use rules::names::RequestId;
use rustls::{ClientConfig, RootCertStore};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::scene::{Reply, Scene};

/// The chat user of Anna.
pub(crate) const ANNA: &str = "U0ANNA";
/// The chat user of Ben.
pub(crate) const BEN: &str = "U0BEN";

/// Somebody's hand.
#[derive(Debug, Clone)]
pub(crate) struct Hand {
    pub(crate) user: String,
    /// The workspace they are at home in.
    pub(crate) team: String,
}

/// A call on its way: what is signed, and where it goes.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) path: &'static str,
    pub(crate) body: String,
}

impl Hand {
    pub(crate) fn of(user: &str) -> Self {
        Self {
            user: user.to_owned(),
            team: TEAM.to_owned(),
        }
    }

    pub(crate) fn at_home_in(mut self, team: &str) -> Self {
        team.clone_into(&mut self.team);
        self
    }

    /// A slash command. `nonce` tells it from others of the same words.
    pub(crate) fn command(&self, scene: &Scene, text: &str, nonce: &str) -> Sent {
        let hook = scene.house().slack().hook(&self.user);
        let trigger = format!("{}.{nonce}", self.user);
        let fields = [
            ("team_id", self.team.as_str()),
            ("team_domain", "postern"),
            ("channel_id", CHANNEL),
            ("user_id", &self.user),
            ("user_name", "somebody.else"),
            ("command", "/postern"),
            ("text", text),
            ("api_app_id", APP),
            ("response_url", &hook),
            ("trigger_id", &trigger),
        ];
        Sent {
            path: "/chat/slack/commands",
            body: form(&fields),
        }
    }

    /// A click on an element of a message.
    pub(crate) fn click(&self, scene: &Scene, message: &Message, id: &str, value: &str) -> Sent {
        let at = format!("{}.000100", scene.now().seconds());
        let payload = json!({
            "type": "block_actions",
            "user": {"id": self.user, "team_id": self.team, "username": "somebody.else"},
            "team": {"id": self.team, "domain": "postern"},
            "api_app_id": APP,
            "token": "not-looked-at",
            "trigger_id": format!("{}.{}", self.user, message.ts),
            "response_url": scene.house().slack().hook(&self.user),
            "channel": {"id": message.channel, "name": "approvals"},
            "message": {"ts": message.ts, "text": message.text},
            "actions": [{"action_id": id, "action_ts": at, "value": value, "type": "button"}],
        });
        Self::interaction(&payload)
    }

    /// A form that is sent off.
    pub(crate) fn form(&self, view: &Value, inputs: &[(&str, &str)]) -> Sent {
        let values: serde_json::Map<String, Value> = inputs
            .iter()
            .map(|(id, value)| {
                let input = json!({"type": "plain_text_input", "value": value});
                ((*id).to_owned(), json!({ *id: input }))
            })
            .collect();
        let payload = json!({
            "type": "view_submission",
            "user": {"id": self.user, "team_id": self.team},
            "team": {"id": self.team},
            "api_app_id": APP,
            "view": {
                "id": "V00000001",
                "callback_id": view["callback_id"],
                "private_metadata": view["private_metadata"],
                "state": {"values": values},
            },
        });
        Self::interaction(&payload)
    }

    pub(crate) fn interaction(payload: &Value) -> Sent {
        Sent {
            path: "/chat/slack/interactions",
            body: form(&[("payload", &payload.to_string())]),
        }
    }
}

/// A form as Slack encodes it.
pub(crate) fn form(fields: &[(&str, &str)]) -> String {
    let encoded = |text: &str| {
        text.bytes().fold(String::new(), |mut all, byte| {
            if byte.is_ascii_alphanumeric() || b"-._".contains(&byte) {
                all.push(char::from(byte));
            } else {
                write!(all, "%{byte:02X}").unwrap();
            }
            all
        })
    };
    let fields = fields
        .iter()
        .map(|(name, value)| format!("{name}={}", encoded(value)));
    fields.collect::<Vec<_>>().join("&")
}

/// The value of a button of a message; nothing where it has no such button.
pub(crate) fn button(blocks: &Value, id: &str) -> Option<String> {
    let elements = blocks.as_array()?.iter().flat_map(|block| {
        let elements = block["elements"].as_array();
        elements.into_iter().flatten()
    });
    let found = elements
        .filter(|element| element["action_id"] == id)
        .find_map(|element| element["value"].as_str().or(element["url"].as_str()));
    found.map(str::to_owned)
}

/// The signature of a body at a time, by a secret.
pub(crate) fn signature(secret: &str, timestamp: &str, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("v0:{timestamp}:{body}").as_bytes());
    format!("v0={}", hex::encode(mac.finalize().into_bytes()))
}

impl Scene {
    /// Sends a call, signed now with the secret of the house, and gives the answer at once.
    pub(crate) async fn slack(&self, sent: &Sent) -> Reply {
        let secret = self.house().signing_secret().expose();
        self.slack_signed_by(secret, sent).await
    }

    pub(crate) async fn slack_signed_by(&self, secret: &str, sent: &Sent) -> Reply {
        let timestamp = self.now().seconds().to_string();
        let signature = signature(secret, &timestamp, &sent.body);
        self.slack_with(
            &[
                ("x-slack-request-timestamp", &timestamp),
                ("x-slack-signature", &signature),
            ],
            sent,
        )
        .await
    }

    /// Sends a call with these headers, and waits until what it wants was done.
    pub(crate) async fn slack_with(&self, headers: &[(&str, &str)], sent: &Sent) -> Reply {
        let kind = "application/x-www-form-urlencoded";
        let caller = self.nobody().with_header("content-type", kind);
        let caller = headers.iter().fold(caller, |caller, (name, value)| {
            caller.with_header(name, value)
        });
        let body = sent.body.clone().into();
        let reply = caller.send(Method::POST, sent.path, Some(body)).await;
        let done = tokio::time::timeout(Duration::from_secs(20), self.world().taken_has_run());
        done.await.expect("what was handed on is done");
        reply
    }

    /// Somebody joins the workspace.
    pub(crate) fn seat(&self, user: &str, name: &str) -> Hand {
        self.house().slack().seat(user, Member::named(name));
        Hand::of(user)
    }

    /// Somebody who has joined the workspace and is linked.
    pub(crate) async fn linked(&self, user: &str, person: Person) -> Hand {
        let hand = self.seat(user, person.name());
        let page = self.link_page(&hand).await;
        let code = Browser::new().links(&page, person).await;
        let said = self.says(&hand, &format!("link {code}")).await;
        assert!(said.contains("Here you act as"), "{said}");
        hand
    }

    /// The page that somebody is told to sign in on.
    pub(crate) async fn link_page(&self, hand: &Hand) -> String {
        self.says(hand, "link").await;
        let told = self.house().slack().whispers();
        button(&told.last().unwrap().blocks, "page").expect("a page to sign in on")
    }

    /// Says something to the bot; gives what only they are told.
    pub(crate) async fn says(&self, hand: &Hand, text: &str) -> String {
        let before = self.house().slack().whispers().len();
        let nonce = format!("{before}-{}", self.now().millis());
        let command = hand.command(self, text, &nonce);
        self.slack(&command).await.must_be(200);
        self.told_since(before)
    }

    /// Taps a button of a message; gives what only they are told.
    pub(crate) async fn taps(&self, hand: &Hand, message: &Message, id: &str) -> String {
        let value = button(&message.blocks, id);
        let value = value.unwrap_or_else(|| panic!("no button {id} in {}", message.blocks));
        let before = self.house().slack().whispers().len();
        let click = hand.click(self, message, id, &value);
        self.slack(&click).await.must_be(200);
        self.told_since(before)
    }

    pub(crate) fn told_since(&self, before: usize) -> String {
        let all = self.house().slack().whispers();
        let texts = all[before..].iter().map(|one| {
            let mut words = one.text.clone();
            words.push_str(&one.blocks.to_string());
            words
        });
        texts.collect::<Vec<_>>().join("\n")
    }

    /// What has happened since reaches chat.
    pub(crate) async fn chat_hears(&self) {
        // What the first round records, the second may have yet to put on the bus.
        self.sweep().await;
        self.sweep().await;
        self.house().give_events().await.expect("chat is told");
        self.house().tick_chat().await.expect("chat is told");
    }

    /// Anna asks in chat for a shell on `batch-1`, which a tap may approve; the card of the channel.
    pub(crate) async fn asked_in_chat(&self, anna: &Hand) -> (RequestId, Message) {
        let words = format!("request {BATCH_1} 30m disk full on batch-1");
        let said = self.says(anna, &words).await;
        assert!(said.contains("Asked."), "{said}");
        let id = said
            .match_indices("req-")
            .find_map(|(at, _)| said.get(at..at + 30)?.parse().ok())
            .unwrap_or_else(|| panic!("no request in {said}"));
        (id, self.card(id))
    }

    /// The card of a request in the channel, as it stands.
    pub(crate) fn card(&self, id: RequestId) -> Message {
        let messages = self.house().slack().messages(CHANNEL);
        let about = |message: &Message| {
            let header = message.blocks[0]["type"] == "header";
            header && message.blocks.to_string().contains(&id.to_string())
        };
        let mut cards = messages.into_iter().filter(about);
        let card = cards.next().expect("a card in the channel");
        assert_eq!(cards.next(), None, "one card of {id}");
        card
    }
}

/// A browser that follows nothing by itself.
pub(crate) struct Browser {
    http: Client,
    cookie: Option<String>,
}

impl Browser {
    pub(crate) fn new() -> Self {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(RootCertStore::empty())
            .with_no_client_auth();
        let http = Client::builder()
            .tls_backend_preconfigured(tls)
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none());
        Self {
            http: http.build().unwrap(),
            cookie: None,
        }
    }

    /// Opens a page; gives its status, where it leads, and what it says.
    pub(crate) async fn get(&mut self, url: &str) -> (u16, String, String) {
        self.call(self.http.get(url)).await
    }

    pub(crate) async fn post(&mut self, url: &str, form: String) -> (u16, String, String) {
        let kind = "application/x-www-form-urlencoded";
        let call = self.http.post(url).header("content-type", kind).body(form);
        self.call(call).await
    }

    async fn call(&mut self, call: reqwest::RequestBuilder) -> (u16, String, String) {
        let call = match &self.cookie {
            Some(cookie) => call.header("cookie", cookie),
            None => call,
        };
        let answer = call.send().await.unwrap();
        let header = |name: &str| {
            let value = answer.headers().get(name)?;
            Some(value.to_str().unwrap().to_owned())
        };
        let (status, to) = (
            answer.status().as_u16(),
            header("location").unwrap_or_default(),
        );
        if let Some(cookie) = header("set-cookie") {
            for flag in ["__Host-", "Secure", "HttpOnly", "SameSite=Lax", "Path=/"] {
                assert!(cookie.contains(flag), "{cookie}");
            }
            self.cookie = cookie.split(';').next().map(str::to_owned);
        }
        (status, to, answer.text().await.unwrap())
    }

    /// Signs in as somebody from a page on; gives the address that they are sent back to.
    pub(crate) async fn signs_in(&mut self, page: &str, person: Person) -> String {
        let (status, provider, said) = self.get(page).await;
        assert_eq!(status, 303, "{said}");
        let (status, _, said) = self.get(&provider).await;
        assert_eq!(status, 200, "{said}");
        let as_whom = format!("{provider}&person={}", person.subject());
        let (status, back, said) = self.post(&as_whom, String::new()).await;
        assert_eq!(status, 303, "{said}");
        back
    }

    /// Signs in to link a chat user; gives the code that the page shows.
    pub(crate) async fn links(&mut self, page: &str, person: Person) -> String {
        let back = self.signs_in(page, person).await;
        let (status, _, said) = self.get(&back).await;
        assert_eq!(status, 200, "{said}");
        let code = said.split("/postern link ").nth(1).expect("a code");
        code.get(..9).unwrap().to_owned()
    }
}
