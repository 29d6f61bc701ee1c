//! Doing what was done in Slack: the work that the answer to Slack did not wait for.
//!
//! Work comes at least once. What changes a request carries a key made of the click, so a second time
//! changes nothing and answers the same. What is merely said again is said again.

use std::time::Duration;

use rules::chat::inbound::{Actions, Interaction, Submitted};
use rules::chat::signature::NotSigned;
use rules::chat::{modal, says};
use rules::moment::Moment;
use rules::names::RequestId;
use rules::refusal::Verb;
use serde::{Deserialize, Serialize};

use super::ear::{Ear, Shown, Voice};
use super::hearing::Call;
use super::pressing::With;
use super::{Chat, Heard, NotBelieved, Trouble};

/// How long after it was signed a call is worked on. Answers may be posted for half an hour.
const WORKED_ON_FOR: Duration = Duration::from_secs(25 * 60);

/// A call that was answered, and what it wants done. It is the call itself, with its signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Work {
    /// Which sort of call.
    pub chat: Sort,
    /// `X-Slack-Request-Timestamp`.
    pub timestamp: String,
    /// `X-Slack-Signature`.
    pub signature: String,
    /// The body.
    pub body: String,
}

/// Which sort of call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// A slash command.
    Command,
    /// A click or a form.
    Interaction,
}

/// Why work was not done. It is tried again where that may help.
#[derive(Debug, thiserror::Error)]
pub enum Undone {
    /// Nobody who may say so has said it, or too long ago. Trying again does not help.
    #[error("the work is not signed by Slack: {0}")]
    NotSigned(NotSigned),
    /// It cannot be read. Trying again does not help.
    #[error("the work cannot be read")]
    Unreadable,
    /// Something did not work.
    #[error(transparent)]
    Trouble(#[from] Trouble),
}

impl Chat {
    /// Does what a call wants. Gives the request that it changed.
    ///
    /// # Errors
    /// Why it was not done.
    pub async fn work(&self, work: &Work) -> Result<Option<RequestId>, Undone> {
        let signed_at = work.timestamp.parse().map(Moment::from_seconds);
        let signed_at = signed_at.map_err(|_| Undone::NotSigned(NotSigned::Timestamp))?;
        let call = Call {
            timestamp: Some(work.timestamp.as_bytes()),
            signature: Some(work.signature.as_bytes()),
            body: work.body.as_bytes(),
        };
        // It was in time when it came; it may have waited since.
        if self.now().since(signed_at) > WORKED_ON_FOR {
            return Err(Undone::NotSigned(NotSigned::OutOfTime));
        }
        match self.believe(call, signed_at).await {
            Ok(()) => {}
            Err(NotBelieved::NotSigned(why)) => return Err(Undone::NotSigned(why)),
            Err(NotBelieved::Trouble(trouble)) => return Err(trouble.into()),
        }
        let heard = match work.chat {
            Sort::Command => Heard::command(work.body.as_bytes()),
            Sort::Interaction => Heard::interaction(work.body.as_bytes()),
        };
        let heard = heard.map_err(|_| Undone::Unreadable)?;
        Ok(self.act(&heard).await?)
    }

    async fn act(&self, heard: &Heard) -> Result<Option<RequestId>, Trouble> {
        let Some(workspace) = &self.workspace else {
            return Ok(None);
        };
        let sender = heard.sender();
        let (key, at, trigger) = match heard {
            Heard::Command(command) => {
                let trigger = command.trigger.as_str();
                (command.key(), Some(&command.response_url), Some(trigger))
            }
            Heard::Interaction(Interaction::Actions(actions)) => {
                let trigger = actions.trigger.as_str();
                (actions.key(), actions.response_url.as_ref(), Some(trigger))
            }
            Heard::Interaction(Interaction::Submitted(form)) => (form.key(), None, None),
            Heard::Interaction(Interaction::Closed(_) | Interaction::Other { .. }) => {
                return Ok(None);
            }
        };
        let ear = Ear {
            user: &sender.user,
            key,
            voice: Voice::Slack {
                workspace,
                at,
                trigger,
            },
        };
        let is_served = workspace.must_serve(sender).is_ok();
        if !is_served || !self.is_member(workspace, ear.user).await? {
            self.answer(&ear, says::not_served()).await;
            return Ok(None);
        }
        match heard {
            Heard::Command(command) => Box::pin(self.said(&ear, &command.text)).await,
            Heard::Interaction(Interaction::Actions(actions)) => {
                Box::pin(self.clicked(&ear, actions)).await
            }
            Heard::Interaction(Interaction::Submitted(form)) => {
                Box::pin(self.sent_off(&ear, form)).await
            }
            Heard::Interaction(Interaction::Closed(_) | Interaction::Other { .. }) => Ok(None),
        }
    }

    /// A click. What wants words opens its form.
    async fn clicked(
        &self,
        ear: &Ear<'_>,
        actions: &Actions,
    ) -> Result<Option<RequestId>, Trouble> {
        // A button that leads to a page carries nothing.
        let Some(value) = &actions.action.value else {
            return Ok(None);
        };
        let Some(button) = self.button(ear, value).await? else {
            return Ok(None);
        };
        let Some(caller) = self.person(ear).await? else {
            return Ok(None);
        };
        let view = match self.seen(ear, &caller, &button).await? {
            Ok(view) => view,
            Err(changed) => return Ok(changed),
        };
        let keys = self.keys().await?;
        let setting = self.setting(&keys, ear.home());
        let form = match button.verb {
            Verb::Deny | Verb::Revoke => modal::with_a_word(button.verb, &view, &setting),
            Verb::Extend => Some(modal::extend(&view, &setting)),
            Verb::Approve | Verb::Withdraw | Verb::Release | Verb::Review | Verb::Issue => None,
        };
        let Some(form) = form else {
            return self.press(ear, &caller, &button, With::Word(None)).await;
        };
        if let Shown::No | Shown::NoForms = self.show(ear, &form).await? {
            let said = "Slack has not opened the form. Nothing was changed; click again.";
            self.answer(ear, says::note(said)).await;
        }
        Ok(None)
    }

    /// A form that was sent off. What is wrong in one was said while it was open.
    async fn sent_off(
        &self,
        ear: &Ear<'_>,
        form: &Submitted,
    ) -> Result<Option<RequestId>, Trouble> {
        let Some(caller) = self.person(ear).await? else {
            return Ok(None);
        };
        if form.callback == modal::ASK {
            return match modal::read_ask(form) {
                Ok(wish) => self.ask(ear, &caller, wish).await,
                Err(_) => Ok(None),
            };
        }
        let Some(button) = self.button(ear, &form.metadata).await? else {
            return Ok(None);
        };
        if let Err(changed) = self.seen(ear, &caller, &button).await? {
            return Ok(changed);
        }
        let with = match (form.callback.as_str(), button.verb) {
            (modal::DENY, Verb::Deny) | (modal::REVOKE, Verb::Revoke) => {
                modal::read_word(form).map(With::Word)
            }
            (modal::EXTEND, Verb::Extend) => {
                modal::read_extend(form).map(|(longer, why)| With::Longer(longer, why))
            }
            _ => {
                self.answer(ear, says::foreign()).await;
                return Ok(None);
            }
        };
        match with {
            Ok(with) => self.press(ear, &caller, &button, with).await,
            Err(_) => Ok(None),
        }
    }
}
