//! Who has said something in chat, and where they are answered.

use std::sync::{Mutex, PoisonError};

use rules::chat::ChatUser;
use rules::chat::blocks::{Answer, Modal};
use rules::chat::inbound::ResponseUrl;
use rules::chat::names::TeamId;
use rules::names::Digest;

use super::workspace::Workspace;
use super::{Chat, Trouble};
use crate::ledger::IdempotencyKey;
use crate::slack::Spot;

/// Who has said something.
pub(super) struct Ear<'a> {
    pub(super) user: &'a ChatUser,
    /// The same each time that it comes.
    pub(super) key: Digest,
    pub(super) voice: Voice<'a>,
}

/// Where somebody is answered.
pub(super) enum Voice<'a> {
    /// In Slack.
    Slack {
        workspace: &'a Workspace,
        /// Where answers to what they did may be posted.
        at: Option<&'a ResponseUrl>,
        /// What opens a form.
        trigger: Option<&'a str>,
    },
    /// In another chat system, by the answer to the very call.
    Hook { name: &'a TeamId, said: &'a Said },
}

/// Whether somebody was shown a form.
pub(super) enum Shown {
    /// They were.
    Yes,
    /// Slack has not opened it.
    No,
    /// There are no forms where they are.
    NoForms,
}

/// What was answered so far.
#[derive(Default)]
pub(super) struct Said(Mutex<Vec<Answer>>);

impl Said {
    pub(super) fn all(self) -> Vec<Answer> {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, answer: Answer) {
        let mut said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        said.push(answer);
    }
}

impl Ear<'_> {
    /// The key by which the desk knows it again.
    pub(super) fn key(&self) -> Option<IdempotencyKey> {
        let text: String = self.key.hex().chars().take(60).collect();
        format!("chat{text}").parse().ok()
    }

    /// Where the buttons stand that they may press.
    pub(super) fn home(&self) -> &TeamId {
        match &self.voice {
            Voice::Slack { workspace, .. } => &workspace.home,
            Voice::Hook { name, .. } => name,
        }
    }
}

impl Chat {
    /// Answers whoever has said something, for nobody else's eyes: in Slack where it gave an address
    /// for it, and else by a direct message of which nothing is kept. An answer that does not arrive
    /// undoes nothing.
    pub(super) async fn answer(&self, ear: &Ear<'_>, answer: Answer) {
        let answered = match &ear.voice {
            Voice::Slack { workspace, at, .. } => match at {
                Some(at) => {
                    let answered = workspace.slack.respond(at, &answer).await;
                    answered.map_err(Trouble::from)
                }
                None => self.tell_directly(workspace, ear, &answer).await,
            },
            Voice::Hook { said, .. } => {
                said.add(answer);
                Ok(())
            }
        };
        // What was done stands, and the card shows it; there is nobody to tell that an answer was
        // not heard.
        drop(answered);
    }

    async fn tell_directly(
        &self,
        workspace: &Workspace,
        ear: &Ear<'_>,
        answer: &Answer,
    ) -> Result<(), Trouble> {
        let token = self.token().await?;
        let slack = &workspace.slack;
        let channel = slack.open(&token, ear.user.user.as_str()).await?;
        let spot = Spot {
            channel: &channel,
            under: None,
        };
        let key = ear.key.hex();
        let posted = slack.post(&token, spot, &answer.message, &key).await;
        Ok(posted.map(drop)?)
    }

    /// Opens a form.
    pub(super) async fn show(&self, ear: &Ear<'_>, form: &Modal) -> Result<Shown, Trouble> {
        let Voice::Slack {
            workspace, trigger, ..
        } = &ear.voice
        else {
            return Ok(Shown::NoForms);
        };
        let Some(trigger) = trigger else {
            return Ok(Shown::No);
        };
        let token = self.token().await?;
        let form = serde_json::to_value(form).unwrap_or_default();
        let opened = workspace.slack.open_view(&token, trigger, &form).await;
        Ok(match opened {
            Ok(_) => Shown::Yes,
            Err(_) => Shown::No,
        })
    }
}
