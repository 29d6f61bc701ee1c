//! Whether a chat user is a full member of the workspace, as Slack says now.
//!
//! A payload does not tell guests, bots and closed accounts apart from members, so Slack is asked
//! before anybody has power, and its answer is believed for minutes. Where Slack does not answer,
//! nobody has power: what can wait for chat can wait for it, and the API does not.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rules::chat::ChatUser;
use rules::moment::Moment;

use super::workspace::Workspace;
use super::{Chat, Trouble};
use crate::clock::Clock;
use crate::slack::SlackUser;

/// How long an answer is believed.
const BELIEVED_FOR: Duration = Duration::from_secs(5 * 60);

/// How many answers are kept.
const MOST: usize = 1_000;

/// What Slack has said of its users of late.
#[derive(Debug)]
pub(super) struct Members {
    clock: Clock,
    known: Mutex<BTreeMap<ChatUser, (SlackUser, Moment)>>,
}

impl Members {
    pub(super) fn new(clock: Clock) -> Self {
        Self {
            clock,
            known: Mutex::default(),
        }
    }

    fn known(&self, user: &ChatUser) -> Option<SlackUser> {
        let now = self.clock.now();
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let (found, at) = known.get(user)?;
        let believed = *at <= now && now.since(*at) < BELIEVED_FOR;
        believed.then(|| found.clone())
    }

    fn keep(&self, user: &ChatUser, found: SlackUser) {
        let now = self.clock.now();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(user.clone(), (found, now));
    }
}

impl Chat {
    /// Whether somebody is a full member of the workspace that they say they are at home in.
    pub(super) async fn is_member(
        &self,
        workspace: &Workspace,
        user: &ChatUser,
    ) -> Result<bool, Trouble> {
        if !user.user.is_of_slack() {
            return Ok(false);
        }
        let found = match self.members.known(user) {
            Some(found) => found,
            None => {
                let token = self.token().await?;
                let asked = workspace.slack.user(&token, user.user.as_str()).await;
                let found = match asked {
                    Err(fault) if fault.is_of_token() => {
                        let token = self.secrets.token.again().await?;
                        workspace.slack.user(&token, user.user.as_str()).await?
                    }
                    // Nobody of that name.
                    Err(fault) if fault.code().is_some_and(|code| code.starts_with("user_")) => {
                        return Ok(false);
                    }
                    asked => asked?,
                };
                self.members.keep(user, found.clone());
                found
            }
        };
        Ok(found.is_member && found.team == user.team.as_str())
    }
}
