//! What tests do to nodes, documents and sessions, past every door and policy, and what they see.

use serde_json::Value;

use super::State;
use super::agent::{self, LogBehaviour, Ordered};
use super::document::Schema;
use super::documents::{self, Document};
use super::node::{Node, NodeSpec, PingStatus};
use super::session::{EndCause, Session, SessionHabits, SessionStatus};
use crate::call::AwsError;
use crate::world::World;

/// A session as it is at one moment, without any lag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionSnapshot {
    /// The session id.
    pub id: String,
    /// The account.
    pub account: String,
    /// The Region.
    pub region: String,
    /// The node.
    pub target: String,
    /// The name of the document.
    pub document: String,
    /// The ARN of who opened it.
    pub owner: String,
    /// The reason that was given.
    pub reason: Option<String>,
    /// What it is doing.
    pub status: SessionStatus,
    /// Why it ended or is ending.
    pub cause: Option<EndCause>,
    /// When it was opened, in milliseconds since the Unix epoch.
    pub started_millis: i64,
    /// When it was over, in milliseconds since the Unix epoch.
    pub ended_millis: Option<i64>,
    /// Its maximum duration in minutes.
    pub max_minutes: Option<u16>,
    /// What was typed.
    pub typed: Vec<String>,
    /// Bucket and key of its log; `None` for a session that is never logged.
    pub log: Option<(String, String)>,
    /// How many versions of its log the agent has written.
    pub logs_written: usize,
}

impl SessionSnapshot {
    fn of(session: &Session, now: i64) -> Option<Self> {
        Some(Self {
            id: session.id.clone(),
            account: session.account.clone(),
            region: session.region.clone(),
            target: session.target.clone(),
            document: session.document.clone(),
            owner: session.owner.arn.clone(),
            reason: session.reason.clone(),
            status: session.status_at(now)?,
            cause: session.cause_at(now),
            started_millis: session.started_millis,
            ended_millis: session.ended_at(now),
            max_minutes: session.inputs.max_minutes,
            typed: session.typed.iter().map(|(_, text)| text.clone()).collect(),
            log: agent::log_place(session),
            logs_written: session.uploaded,
        })
    }
}

/// Why a test could not do something to a node or a session.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotThere {
    /// There is no such node.
    #[error("there is no node `{0}`")]
    Node(String),
    /// There is no such session, or it is over or ending.
    #[error("there is no session `{0}` that is alive")]
    LiveSession(String),
}

impl World {
    /// Makes a managed node, or replaces the one of that id.
    pub fn add_node(&self, spec: NodeSpec) {
        let tags = spec.tags.clone();
        let node = Node::register(spec, self.account(), self.region(), self.now_millis());
        let arn = node.arn();
        self.ssm_state().nodes.insert(node.id.clone(), node);
        // Persists.
        self.tag_resource(arn, tags);
    }

    /// Makes a session document in the world's account, or replaces the one of that name.
    ///
    /// # Errors
    /// As `CreateDocument`: `InvalidDocumentContent` and its kin.
    pub fn add_document(&self, name: &str, content: &Value, region: &str) -> Result<(), AwsError> {
        self.add_document_for(self.account(), name, content, region)
    }

    /// Makes a session document in any account, or replaces the one of that name.
    ///
    /// # Errors
    /// As `CreateDocument`: `InvalidDocumentContent` and its kin.
    pub fn add_document_for(
        &self,
        account: &str,
        name: &str,
        content: &Value,
        region: &str,
    ) -> Result<(), AwsError> {
        super::check::document_name("name", name, "")?;
        let content = content.to_string();
        Schema::read(&content)?;
        let document = Document {
            name: name.to_owned(),
            owner: account.to_owned(),
            content,
            created_millis: self.now_millis(),
        };
        let arn = documents::arn(region, account, name);
        self.ssm_state().documents.insert(arn, document);
        self.persist();
        Ok(())
    }

    /// Changes what the service hears of a node's agent.
    ///
    /// # Errors
    /// [`NotThere::Node`].
    pub fn set_ping_status(&self, node: &str, status: PingStatus) -> Result<(), NotThere> {
        self.with_node(node, |node| node.ping_status = status)
    }

    /// Takes a node's agent off its channel, or puts it back: it is heard all the same.
    ///
    /// # Errors
    /// [`NotThere::Node`].
    pub fn set_agent_channel(&self, node: &str, open: bool) -> Result<(), NotThere> {
        self.with_node(node, |node| node.deaf = !open)
    }

    /// Forgets a node, as if its agent had never registered.
    pub fn forget_node(&self, node: &str) {
        self.ssm_state().nodes.remove(node);
        self.persist();
    }

    /// Deletes a document of the world's account.
    pub fn remove_document(&self, name: &str, region: &str) {
        let arn = documents::arn(region, self.account(), name);
        self.ssm_state().documents.remove(&arn);
        self.persist();
    }

    /// Stops a node: it is in no listing, and its sessions are over without a log.
    ///
    /// # Errors
    /// [`NotThere::Node`].
    pub fn stop_node(&self, node: &str) -> Result<(), NotThere> {
        let now = self.now_millis();
        agent::settle(self, now);
        self.with_node(node, |node| node.stopped = true)?;
        {
            let mut state = self.ssm_state();
            let State {
                sessions, habits, ..
            } = &mut *state;
            for session in sessions
                .values_mut()
                .filter(|session| session.target == node)
            {
                session.end(now, EndCause::NodeStopped, habits);
            }
        }
        self.persist();
        Ok(())
    }

    /// Starts a stopped node.
    ///
    /// # Errors
    /// [`NotThere::Node`].
    pub fn start_node(&self, node: &str) -> Result<(), NotThere> {
        self.with_node(node, |node| node.stopped = false)
    }

    /// Orders what the agent does with logs from now on: of one session by its id, or of all
    /// sessions of a node by the node's. An order for the session goes before one for the node.
    pub fn set_agent_log(&self, session_or_node: impl Into<String>, behaviour: LogBehaviour) {
        let now = self.now_millis();
        agent::settle(self, now);
        let order = Ordered {
            behaviour,
            since_millis: now,
        };
        self.ssm_state()
            .log_orders
            .insert(session_or_node.into(), order);
        self.persist();
    }

    /// Every session there ever was, as it is now, by id.
    #[must_use]
    pub fn sessions(&self) -> Vec<SessionSnapshot> {
        let now = self.now_millis();
        agent::settle(self, now);
        let state = self.ssm_state();
        state
            .sessions
            .values()
            .filter_map(|one| SessionSnapshot::of(one, now))
            .collect()
    }

    /// One session as it is now.
    #[must_use]
    pub fn session(&self, id: &str) -> Option<SessionSnapshot> {
        self.sessions().into_iter().find(|session| session.id == id)
    }

    /// Makes a session one of AWS's own just-in-time node access.
    ///
    /// # Errors
    /// [`NotThere::LiveSession`].
    pub fn mark_just_in_time(&self, id: &str) -> Result<(), NotThere> {
        let there = match self.ssm_state().sessions.get_mut(id) {
            Some(session) => {
                session.just_in_time = true;
                Ok(())
            }
            None => Err(NotThere::LiveSession(id.to_owned())),
        };
        self.persist();
        there
    }

    /// Types a line into a session; it will be in its log.
    ///
    /// # Errors
    /// [`NotThere::LiveSession`].
    pub fn type_into_session(&self, id: &str, text: &str) -> Result<(), NotThere> {
        let text = text.to_owned();
        self.with_session(id, |session, now, habits| {
            session.note_typing(now, text, habits)
        })
    }

    /// Ends a session from inside, as `exit` does.
    ///
    /// # Errors
    /// [`NotThere::LiveSession`].
    pub fn exit_session(&self, id: &str) -> Result<(), NotThere> {
        self.with_session(id, |session, now, habits| {
            session.end(now, EndCause::Exited, habits)
        })
    }

    /// Takes the client away from a session, which goes on.
    ///
    /// # Errors
    /// [`NotThere::LiveSession`].
    pub fn disconnect_session(&self, id: &str) -> Result<(), NotThere> {
        self.with_session(id, Session::disconnect)
    }

    /// Changes how sessions are in this world.
    pub fn change_session_habits(&self, change: impl FnOnce(&mut SessionHabits)) {
        change(&mut self.ssm_state().habits);
        self.persist();
    }

    /// Whether the account's SSM calls per second are limited (AWS-FACTS 0.7).
    pub fn enforce_ssm_rate_limits(&self, enforced: bool) {
        self.change_session_habits(|habits| habits.rate_limits = enforced);
    }

    fn with_node(&self, id: &str, change: impl FnOnce(&mut Node)) -> Result<(), NotThere> {
        let found = self.ssm_state().nodes.get_mut(id).map(change);
        self.persist();
        found.ok_or_else(|| NotThere::Node(id.to_owned()))
    }

    pub(super) fn with_session(
        &self,
        id: &str,
        change: impl FnOnce(&mut Session, i64, &SessionHabits),
    ) -> Result<(), NotThere> {
        let now = self.now_millis();
        let found = {
            let mut state = self.ssm_state();
            let State {
                sessions, habits, ..
            } = &mut *state;
            sessions
                .get_mut(id)
                .filter(|session| session.is_usable(now))
                .map(|session| change(session, now, habits))
        };
        agent::settle(self, now);
        self.persist();
        found.ok_or_else(|| NotThere::LiveSession(id.to_owned()))
    }
}
