//! A Slack workspace on loopback: enough of the Web API for a bot that posts, edits, whispers and
//! opens views, and the ways in which it fails.
//!
//! It answers as Slack does: `200` with `ok: false` and a word for most of what it refuses, `429` with
//! `Retry-After` where calls come too fast. What the bot has put into the workspace is read by tests,
//! and shown by the local run, through [`Slack`].

mod door;

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use broker::clock::Clock;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// The team of the workspace.
pub const TEAM: &str = "T0POSTERN";
/// The app that the bot is.
pub const APP: &str = "A0POSTERN";
/// The channel that approvers are asked in.
pub const CHANNEL: &str = "C0APPROVALS";
/// The token that the bot must send. It is a word, and opens nothing anywhere else.
pub const TOKEN: &str = "local-bot-token";

/// A workspace in service; dropping it closes its door.
#[derive(Debug)]
pub struct Slack {
    url: String,
    shared: Shared,
    task: JoinHandle<io::Result<()>>,
}

/// What the door and its owner share.
#[derive(Debug, Clone)]
struct Shared(Arc<Mutex<State>>, Clock);

#[derive(Debug, Default)]
struct State {
    messages: Vec<Message>,
    whispers: Vec<Whisper>,
    views: Vec<View>,
    users: BTreeMap<String, Member>,
    troubles: VecDeque<(String, Trouble)>,
    calls: Vec<String>,
    token: String,
    made: u64,
}

/// A message that stands in the workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The conversation: a channel, or `D` and the user's id for one with a person.
    pub channel: String,
    /// Its id in the conversation.
    pub ts: String,
    /// The message that it stands under.
    pub under: Option<String>,
    /// What notifications show.
    pub text: String,
    /// Its blocks.
    pub blocks: Value,
    /// Its metadata.
    pub metadata: Value,
    /// How often it was edited.
    pub edits: u32,
}

/// Something that only one person has seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whisper {
    /// At which hook, or in which channel.
    pub at: String,
    /// What it says.
    pub text: String,
    /// Its blocks.
    pub blocks: Value,
}

/// A view that was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// Its id.
    pub id: String,
    /// By what it was opened.
    pub trigger: String,
    /// What it shows now.
    pub view: Value,
}

/// Somebody in the workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Their team.
    pub team: String,
    /// Their name.
    pub name: String,
    /// Their time zone.
    pub zone: String,
    /// `is_restricted`: a guest.
    pub guest: bool,
    /// `is_stranger`: of a shared channel.
    pub stranger: bool,
    /// `is_bot`.
    pub bot: bool,
    /// `deleted`: deactivated.
    pub deleted: bool,
}

/// A way in which a call fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// `429`, with so many seconds to wait.
    Limited(u64),
    /// `200` with `ok: false` and this word.
    Refused(&'static str),
    /// `503` before anything was done.
    Down,
    /// It is done, and then the answer breaks off.
    AnswerLost,
    /// The answer breaks off before anything was done.
    CallLost,
}

impl Member {
    /// A full member of the team.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self {
            team: TEAM.to_owned(),
            name: name.to_owned(),
            zone: "Asia/Seoul".to_owned(),
            guest: false,
            stranger: false,
            bot: false,
            deleted: false,
        }
    }
}

impl Slack {
    /// Opens the workspace at a listener that is already bound.
    ///
    /// # Errors
    /// The listener has no address.
    pub fn open(listener: TcpListener, clock: Clock) -> io::Result<Self> {
        let url = format!("http://{}", listener.local_addr()?);
        let state = State {
            token: TOKEN.to_owned(),
            ..State::default()
        };
        let shared = Shared(Arc::new(Mutex::new(state)), clock);
        let router = door::router(shared.clone());
        let task = tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { url, shared, task })
    }

    /// Its address.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.url
    }

    /// The address of its Web API.
    #[must_use]
    pub fn api(&self) -> String {
        format!("{}/api", self.url)
    }

    /// An address that an answer to a command may go to.
    #[must_use]
    pub fn hook(&self, name: &str) -> String {
        format!("{}/hooks/{name}", self.url)
    }

    /// Somebody joins, or becomes otherwise.
    pub fn seat(&self, id: &str, member: Member) {
        self.shared.held().users.insert(id.to_owned(), member);
    }

    /// The bot has another token from now on.
    pub fn change_token(&self, token: &str) {
        token.clone_into(&mut self.shared.held().token);
    }

    /// The next calls of a method fail in this way; `*` is every method.
    pub fn trouble(&self, method: &str, trouble: &Trouble, times: usize) {
        let mut state = self.shared.held();
        for _ in 0..times {
            let one = (method.to_owned(), trouble.clone());
            state.troubles.push_back(one);
        }
    }

    /// Nothing fails any more.
    pub fn mend(&self) {
        self.shared.held().troubles.clear();
    }

    /// The messages that stand in a conversation, oldest first.
    #[must_use]
    pub fn messages(&self, channel: &str) -> Vec<Message> {
        let state = self.shared.held();
        let there = |message: &&Message| message.channel == channel;
        state.messages.iter().filter(there).cloned().collect()
    }

    /// What only one person has seen, oldest first.
    #[must_use]
    pub fn whispers(&self) -> Vec<Whisper> {
        self.shared.held().whispers.clone()
    }

    /// The views, oldest first.
    #[must_use]
    pub fn views(&self) -> Vec<View> {
        self.shared.held().views.clone()
    }

    /// The methods that were called, oldest first.
    #[must_use]
    pub fn calls(&self) -> Vec<String> {
        self.shared.held().calls.clone()
    }
}

impl Drop for Slack {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Shared {
    fn held(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
