//! Slack's Web API: what Postern sends to Slack, and what it asks of it.
//!
//! Every call is one HTTPS request to the configured address, with a time-out, no redirect and a cap
//! on the answer. What became of it is told apart by what the caller may do next ([`SlackFault`]): a
//! call that was refused had no effect, one that was limited has to wait, and of one without a usable
//! answer nobody knows. A message whose posting is *unclear* is looked for by its metadata before it is
//! posted again ([`Slack::find`]), so it never stands twice.
//!
//! Calls that change nothing, or set what they set, are tried once more where the answer is unclear.
//! Nothing here waits for a rate limit: whoever has something to send keeps it on record and comes
//! again.
//!
//! The bot's token is a [`Secret`] and goes into one header that is marked as sensitive.

mod call;

use std::time::Duration;

use reqwest::Client;
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use rules::chat::blocks::{Answer, Message};
use rules::chat::inbound::{Origin, ResponseUrl};
use rules::wire::Secret;
use serde_json::{Map, Value, json};
use url::Url;

use self::call::Again;
pub(crate) use self::call::wait;
use crate::identity::{BadAddress, FetchFault, NoClient, Reach, client};

/// How long Slack may take over one call.
const PATIENCE: Duration = Duration::from_secs(4);

/// How many of the last messages of a channel one is looked for among.
const LOOKED_AT: usize = 100;

/// The `event_type` of the metadata of Postern's messages.
const METADATA: &str = "postern_message";

/// What became of a call that did not work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SlackFault {
    /// Slack wants calls to wait. This one had no effect.
    #[error("`{method}`: Slack wants calls to wait for {} s", after.as_secs())]
    Limited {
        /// The method.
        method: &'static str,
        /// For how long.
        after: Duration,
    },
    /// Slack refused. The call had no effect.
    #[error("`{method}`: Slack refused: `{code}`")]
    Refused {
        /// The method.
        method: &'static str,
        /// Slack's word for it.
        code: String,
    },
    /// No usable answer. Whether the call took effect is not known.
    #[error("`{method}`: Slack gave no usable answer: {why}")]
    Unclear {
        /// The method.
        method: &'static str,
        /// What came instead.
        why: FetchFault,
    },
    /// The call could not be made.
    #[error("`{method}`: the call could not be made")]
    Unsendable {
        /// The method.
        method: &'static str,
    },
}

impl SlackFault {
    /// Whether the call may have taken effect all the same.
    #[must_use]
    pub fn is_unclear(&self) -> bool {
        matches!(self, Self::Unclear { .. })
    }

    /// For how long Slack wants calls to wait.
    #[must_use]
    pub fn wait(&self) -> Duration {
        match self {
            Self::Limited { after, .. } => *after,
            Self::Refused { .. } | Self::Unclear { .. } | Self::Unsendable { .. } => Duration::ZERO,
        }
    }

    /// Slack's word, where it refused.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Refused { code, .. } => Some(code),
            Self::Limited { .. } | Self::Unclear { .. } | Self::Unsendable { .. } => None,
        }
    }

    /// Whether it is the token that Slack refuses, which may have been changed meanwhile.
    #[must_use]
    pub fn is_of_token(&self) -> bool {
        let words = [
            "invalid_auth",
            "not_authed",
            "token_revoked",
            "token_expired",
            "account_inactive",
        ];
        self.code().is_some_and(|code| words.contains(&code))
    }
}

/// A message that stands in Slack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted {
    /// The conversation, as Slack names it in its answer.
    pub channel: String,
    /// Its time stamp, which is its id there.
    pub ts: String,
}

/// Somebody as Slack knows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlackUser {
    /// Their team.
    pub team: String,
    /// What they call themselves; not an identity.
    pub name: String,
    /// Their time zone, as the IANA names it.
    pub zone: Option<String>,
    /// Whether they are a full member of this team, a human being and not deactivated.
    pub is_member: bool,
}

/// Where a message is to stand.
#[derive(Debug, Clone, Copy)]
pub struct Spot<'a> {
    /// The conversation.
    pub channel: &'a str,
    /// The message under which.
    pub under: Option<&'a str>,
}

/// Slack, at one address.
#[derive(Debug)]
pub struct Slack {
    base: Url,
    /// Where answers to commands and buttons go.
    hooks: Origin,
    reach: Reach,
    client: Client,
}

impl Slack {
    /// Slack at an address such as `https://slack.com/api`. Only the local run may have one on
    /// loopback.
    ///
    /// # Errors
    /// The HTTP client cannot be built.
    pub fn new(base: Url, hooks: Origin, allow_loopback_http: bool) -> Result<Self, NoClient> {
        let reach = Reach::of(allow_loopback_http);
        Ok(Self {
            base,
            hooks,
            reach,
            client: client(reach, PATIENCE)?,
        })
    }

    /// Whether an address may be one of Slack's.
    ///
    /// # Errors
    /// Why it may not.
    pub fn judge(base: &Url, allow_loopback_http: bool) -> Result<(), BadAddress> {
        Reach::of(allow_loopback_http).judge(base)
    }

    /// Posts a message to a channel, or under a message there. It is found again by its key.
    ///
    /// # Errors
    /// What became of it instead.
    pub async fn post(
        &self,
        token: &Secret,
        spot: Spot<'_>,
        message: &Message,
        key: &str,
    ) -> Result<Posted, SlackFault> {
        const METHOD: &str = "chat.postMessage";
        let mut body = written(message, key);
        body.insert("channel".to_owned(), spot.channel.into());
        if let Some(under) = spot.under {
            body.insert("thread_ts".to_owned(), under.into());
        }
        let answer = self.json(METHOD, token, &body.into(), Again::Never).await?;
        posted(METHOD, &answer)
    }

    /// Sets what a message says.
    ///
    /// # Errors
    /// What became of it instead.
    pub async fn update(
        &self,
        token: &Secret,
        posted: &Posted,
        message: &Message,
        key: &str,
    ) -> Result<(), SlackFault> {
        let mut body = written(message, key);
        body.insert("channel".to_owned(), posted.channel.as_str().into());
        body.insert("ts".to_owned(), posted.ts.as_str().into());
        self.json("chat.update", token, &body.into(), Again::Harmless)
            .await
            .map(drop)
    }

    /// A message of Postern's own among the last of a channel, by what it is found by.
    ///
    /// # Errors
    /// Slack gave no answer.
    pub async fn find(
        &self,
        token: &Secret,
        spot: Spot<'_>,
        key: &str,
    ) -> Result<Option<Posted>, SlackFault> {
        let limit = LOOKED_AT.to_string();
        let mut form = vec![
            ("channel", spot.channel),
            ("limit", limit.as_str()),
            ("include_all_metadata", "true"),
        ];
        // What stands under a message is no part of the history of its channel.
        let method = match spot.under {
            Some(under) => {
                form.push(("ts", under));
                "conversations.replies"
            }
            None => "conversations.history",
        };
        let answer = self.form(method, token, &form).await?;
        let messages = answer.get("messages").and_then(Value::as_array);
        let is_it = |message: &&Value| {
            let at = |pointer: &str| message.pointer(pointer).and_then(Value::as_str);
            at("/metadata/event_type") == Some(METADATA)
                && at("/metadata/event_payload/key") == Some(key)
        };
        let ts = messages
            .ok_or_else(|| unreadable(method))?
            .iter()
            .find(is_it)
            .and_then(|message| message.get("ts")?.as_str());
        Ok(ts.map(|ts| Posted {
            channel: spot.channel.to_owned(),
            ts: ts.to_owned(),
        }))
    }

    /// The conversation with one person.
    ///
    /// # Errors
    /// Slack gave none.
    pub async fn open(&self, token: &Secret, user: &str) -> Result<String, SlackFault> {
        const METHOD: &str = "conversations.open";
        let body = json!({"users": user});
        let answer = self.json(METHOD, token, &body, Again::Harmless).await?;
        text(&answer, "/channel/id").ok_or_else(|| unreadable(METHOD))
    }

    /// Somebody, as Slack knows them now.
    ///
    /// # Errors
    /// Slack gave no answer.
    pub async fn user(&self, token: &Secret, user: &str) -> Result<SlackUser, SlackFault> {
        const METHOD: &str = "users.info";
        let answer = self.form(METHOD, token, &[("user", user)]).await?;
        let found = answer.get("user").ok_or_else(|| unreadable(METHOD))?;
        let is = |name: &str| found.get(name).and_then(Value::as_bool);
        // What must be said is said: a field that is missing makes nobody a member.
        let may_be = ["deleted", "is_bot", "is_restricted", "is_ultra_restricted"];
        let is_member = may_be.iter().all(|name| is(name) == Some(false))
            && !is("is_stranger").unwrap_or(false)
            && text(found, "/id").as_deref() == Some(user);
        let name = ["/profile/display_name", "/real_name", "/name"]
            .iter()
            .filter_map(|at| text(found, at))
            .find(|name| !name.trim().is_empty());
        Ok(SlackUser {
            team: text(found, "/team_id").ok_or_else(|| unreadable(METHOD))?,
            name: name.unwrap_or_else(|| user.to_owned()),
            zone: text(found, "/tz"),
            is_member,
        })
    }

    /// Opens a view for whoever has just done something; gives the view's id.
    ///
    /// # Errors
    /// What became of it instead.
    pub async fn open_view(
        &self,
        token: &Secret,
        trigger: &str,
        view: &Value,
    ) -> Result<String, SlackFault> {
        const METHOD: &str = "views.open";
        let body = json!({"trigger_id": trigger, "view": view});
        let answer = self.json(METHOD, token, &body, Again::Never).await?;
        text(&answer, "/view/id").ok_or_else(|| unreadable(METHOD))
    }

    /// Sets what a view shows.
    ///
    /// # Errors
    /// What became of it instead.
    pub async fn update_view(
        &self,
        token: &Secret,
        view_id: &str,
        view: &Value,
    ) -> Result<(), SlackFault> {
        let body = json!({"view_id": view_id, "view": view});
        self.json("views.update", token, &body, Again::Harmless)
            .await
            .map(drop)
    }

    /// Answers a command or a button at the address that came with it, to be seen by that one person
    /// only. Said twice it would be seen twice, by the one who asked; that is better than not at all.
    ///
    /// # Errors
    /// What became of it instead.
    pub async fn respond(&self, address: &ResponseUrl, answer: &Answer) -> Result<(), SlackFault> {
        const METHOD: &str = "response_url";
        let unsendable = || SlackFault::Unsendable { method: METHOD };
        let url = address.at(&self.hooks).ok_or_else(unsendable)?;
        let url = self.reach.document(url).map_err(|_| unsendable())?;
        let body = serde_json::to_string(answer).map_err(|_| unsendable())?;
        let call = || {
            let kind = HeaderValue::from_static("application/json");
            let call = self.client.post(url.clone()).header(CONTENT_TYPE, kind);
            call.body(body.clone())
        };
        match self.read(METHOD, call()).await {
            Err(fault) if fault.is_unclear() => self.read(METHOD, call()).await.map(drop),
            answer => answer.map(drop),
        }
    }
}

/// A message as a method takes it: nothing in it is read as a name or an address.
fn written(message: &Message, key: &str) -> Map<String, Value> {
    let body = json!({
        "text": message.text,
        "blocks": message.blocks,
        "unfurl_links": message.unfurl_links,
        "unfurl_media": message.unfurl_media,
        "metadata": {"event_type": METADATA, "event_payload": {"key": key}},
        "parse": "none",
        "link_names": false,
    });
    body.as_object().cloned().unwrap_or_default()
}

fn posted(method: &'static str, answer: &Value) -> Result<Posted, SlackFault> {
    match (text(answer, "/channel"), text(answer, "/ts")) {
        (Some(channel), Some(ts)) => Ok(Posted { channel, ts }),
        (_, _) => Err(unreadable(method)),
    }
}

fn text(value: &Value, at: &str) -> Option<String> {
    value.pointer(at)?.as_str().map(str::to_owned)
}

/// An answer that says nothing of the effect.
fn unreadable(method: &'static str) -> SlackFault {
    SlackFault::Unclear {
        method,
        why: FetchFault::Status(200),
    }
}
