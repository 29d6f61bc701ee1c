//! What the workspace answers over HTTP.

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use futures_util::stream;
use serde_json::{Value, json};

use super::{Member, Message, Shared, State as Workspace, Trouble, View, Whisper};

/// The most blocks of a message.
const MOST_BLOCKS: usize = 50;
/// The longest text of a block, in characters.
const LONGEST_TEXT: usize = 3_000;

pub(super) fn router(shared: Shared) -> Router {
    Router::new()
        .route("/api/{method}", post(method))
        .route("/hooks/{name}", post(hook))
        .with_state(shared)
}

/// What a method comes to: its answer, or Slack's word.
type Did = Result<Value, &'static str>;

async fn method(
    State(shared): State<Shared>,
    Path(method): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let now = shared.1.now().millis();
    let mut state = shared.held();
    state.calls.push(method.clone());
    let trouble = state.trouble(&method);
    let before = match &trouble {
        Some(Trouble::AnswerLost) | None => None,
        Some(Trouble::Limited(seconds)) => {
            let limited = json!({"ok": false, "error": "ratelimited"});
            let head = [(RETRY_AFTER, seconds.to_string())];
            Some((StatusCode::TOO_MANY_REQUESTS, head, Json(limited)).into_response())
        }
        Some(Trouble::Refused(word)) => Some(said(Err(*word))),
        Some(Trouble::Down) => Some(StatusCode::SERVICE_UNAVAILABLE.into_response()),
        Some(Trouble::CallLost) => Some(broken_off()),
    };
    if let Some(failed) = before {
        return failed;
    }
    let bearer = format!("Bearer {}", state.token);
    if headers.get(AUTHORIZATION).map(|value| value.as_bytes()) != Some(bearer.as_bytes()) {
        return said(Err("invalid_auth"));
    }
    let Some(asked) = read(&headers, &body) else {
        return said(Err("invalid_json"));
    };
    let did = match method.as_str() {
        "chat.postMessage" => state.post(&asked, now),
        "chat.update" => state.update(&asked),
        "chat.postEphemeral" => state.whisper(&asked, now),
        "conversations.open" => state.conversation(&asked),
        "conversations.history" => state.history(&asked, None),
        "conversations.replies" => state.history(&asked, Some(text(&asked, "ts"))),
        "users.info" => state.user(&asked),
        "views.open" => state.open_view(&asked),
        "views.update" => state.update_view(&asked),
        _ => Err("unknown_method"),
    };
    if trouble == Some(Trouble::AnswerLost) {
        broken_off()
    } else {
        said(did)
    }
}

/// The address that came with a command.
async fn hook(State(shared): State<Shared>, Path(name): Path<String>, body: Bytes) -> Response {
    let mut state = shared.held();
    state.calls.push("hook".to_owned());
    if state.trouble("hook").is_some() {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let Ok(asked) = serde_json::from_slice::<Value>(&body) else {
        return (StatusCode::BAD_REQUEST, "invalid_payload").into_response();
    };
    if let Err(word) = blocks(&asked) {
        return (StatusCode::BAD_REQUEST, word).into_response();
    }
    state.whispers.push(Whisper {
        at: name,
        text: text(&asked, "text"),
        blocks: asked.get("blocks").cloned().unwrap_or_default(),
    });
    "ok".into_response()
}

fn said(did: Did) -> Response {
    let answer = match did {
        Ok(mut answer) => {
            if let Some(answer) = answer.as_object_mut() {
                answer.insert("ok".to_owned(), true.into());
            }
            answer
        }
        Err(word) => json!({"ok": false, "error": word}),
    };
    Json(answer).into_response()
}

/// An answer of which the beginning comes, and then the connection breaks.
fn broken_off() -> Response {
    let broken = stream::iter([
        Ok(Bytes::from_static(b"{\"ok\":")),
        Err(std::io::Error::other("broken off")),
    ]);
    Body::from_stream(broken).into_response()
}

/// Slack reads JSON and forms.
fn read(headers: &HeaderMap, body: &[u8]) -> Option<Value> {
    let kind = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    if kind.starts_with("application/json") {
        return serde_json::from_slice(body).ok();
    }
    let text = std::str::from_utf8(body).ok()?;
    let fields = url::form_urlencoded::parse(text.as_bytes());
    let fields = fields.map(|(name, value)| (name.into_owned(), Value::from(value.into_owned())));
    Some(Value::Object(fields.collect()))
}

fn text(asked: &Value, name: &str) -> String {
    let text = asked.get(name).and_then(Value::as_str);
    text.unwrap_or_default().to_owned()
}

/// That blocks are a list of what Slack takes.
fn blocks(asked: &Value) -> Result<(), &'static str> {
    let Some(blocks) = asked.get("blocks") else {
        return Ok(());
    };
    let list = blocks.as_array().ok_or("invalid_blocks_format")?;
    let too_long = |block: &Value| {
        let said = block.pointer("/text/text").and_then(Value::as_str);
        said.is_some_and(|said| said.is_empty() || said.chars().count() > LONGEST_TEXT)
    };
    match list.len() > MOST_BLOCKS || list.iter().any(too_long) {
        true => Err("invalid_blocks"),
        false => Ok(()),
    }
}

impl Workspace {
    fn trouble(&mut self, method: &str) -> Option<Trouble> {
        let at = self
            .troubles
            .iter()
            .position(|(of, _)| of == method || of == "*")?;
        self.troubles.remove(at).map(|(_, trouble)| trouble)
    }

    fn is_there(&self, channel: &str) -> bool {
        let user = channel.strip_prefix('D').map(|user| format!("U{user}"));
        channel.starts_with('C') || user.is_some_and(|user| self.users.contains_key(&user))
    }

    fn post(&mut self, asked: &Value, now: i64) -> Did {
        let channel = text(asked, "channel");
        if !self.is_there(&channel) {
            return Err("channel_not_found");
        }
        blocks(asked)?;
        self.made += 1;
        let ts = format!("{}.{:06}", now / 1_000, self.made);
        self.messages.push(Message {
            channel: channel.clone(),
            ts: ts.clone(),
            under: Some(text(asked, "thread_ts")).filter(|under| !under.is_empty()),
            text: text(asked, "text"),
            blocks: asked.get("blocks").cloned().unwrap_or_default(),
            metadata: asked.get("metadata").cloned().unwrap_or_default(),
            edits: 0,
        });
        Ok(json!({"channel": channel, "ts": ts}))
    }

    fn update(&mut self, asked: &Value) -> Did {
        let (channel, ts) = (text(asked, "channel"), text(asked, "ts"));
        blocks(asked)?;
        let found = self
            .messages
            .iter_mut()
            .find(|message| message.channel == channel && message.ts == ts)
            .ok_or("message_not_found")?;
        found.text = text(asked, "text");
        found.blocks = asked.get("blocks").cloned().unwrap_or_default();
        found.edits += 1;
        Ok(json!({"channel": channel, "ts": ts}))
    }

    fn whisper(&mut self, asked: &Value, now: i64) -> Did {
        let channel = text(asked, "channel");
        if !self.is_there(&channel) {
            return Err("channel_not_found");
        }
        blocks(asked)?;
        self.made += 1;
        self.whispers.push(Whisper {
            at: channel,
            text: text(asked, "text"),
            blocks: asked.get("blocks").cloned().unwrap_or_default(),
        });
        Ok(json!({"message_ts": format!("{}.{:06}", now / 1_000, self.made)}))
    }

    fn conversation(&self, asked: &Value) -> Did {
        let user = text(asked, "users");
        match self.users.get(&user) {
            None => Err("user_not_found"),
            Some(Member { deleted: true, .. }) => Err("user_disabled"),
            Some(_) => {
                let id = format!("D{}", user.trim_start_matches('U'));
                Ok(json!({"channel": {"id": id}}))
            }
        }
    }

    /// The newest messages of a conversation, or those under one of them.
    fn history(&self, asked: &Value, under: Option<String>) -> Did {
        let channel = text(asked, "channel");
        let limit = text(asked, "limit").parse().unwrap_or(100);
        let metadata = text(asked, "include_all_metadata") == "true";
        let newest_first = self.messages.iter().rev();
        let messages = newest_first
            .filter(|message| message.channel == channel && message.under == under)
            .take(limit)
            .map(|message| {
                let shown = match metadata {
                    true => message.metadata.clone(),
                    false => Value::Null,
                };
                json!({
                    "type": "message",
                    "ts": message.ts,
                    "text": message.text,
                    "blocks": message.blocks,
                    "metadata": shown,
                })
            });
        Ok(json!({"messages": messages.collect::<Vec<_>>(), "has_more": false}))
    }

    fn user(&self, asked: &Value) -> Did {
        let id = text(asked, "user");
        let member = self.users.get(&id).ok_or("user_not_found")?;
        Ok(json!({"user": {
            "id": id,
            "team_id": member.team,
            "name": member.name.to_lowercase(),
            "real_name": member.name,
            "tz": member.zone,
            "deleted": member.deleted,
            "is_bot": member.bot,
            "is_restricted": member.guest,
            "is_ultra_restricted": false,
            "is_stranger": member.stranger,
            "profile": {"display_name": member.name},
        }}))
    }

    fn open_view(&mut self, asked: &Value) -> Did {
        let trigger = text(asked, "trigger_id");
        if self.views.iter().any(|view| view.trigger == trigger) {
            return Err("exchanged_trigger_id");
        }
        let view = asked.get("view").cloned().ok_or("invalid_arguments")?;
        blocks(&view)?;
        let id = format!("V{:08}", self.views.len() + 1);
        self.views.push(View {
            id: id.clone(),
            trigger,
            view,
        });
        Ok(json!({"view": {"id": id}}))
    }

    fn update_view(&mut self, asked: &Value) -> Did {
        let id = text(asked, "view_id");
        let view = asked.get("view").cloned().ok_or("invalid_arguments")?;
        blocks(&view)?;
        let found = self.views.iter_mut().find(|one| one.id == id);
        found.ok_or("not_found")?.view = view;
        Ok(json!({"view": {"id": id}}))
    }
}
