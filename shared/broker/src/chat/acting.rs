//! Doing what was said in chat: the work that the answer to Slack did not wait for.
//!
//! Work comes at least once. What changes a request carries a key made of the click, so a second time
//! changes nothing and answers the same. What is merely said again is said again.

use std::time::Duration;

use rules::caller::Caller;
use rules::chat::ChatUser;
use rules::chat::blocks::Answer;
use rules::chat::button::Button;
use rules::chat::inbound::{Actions, Interaction, ResponseUrl, SlashCommand, Submitted};
use rules::chat::signature::NotSigned;
use rules::chat::words::Words;
use rules::chat::{modal, says, words};
use rules::moment::Moment;
use rules::names::{Digest, RequestId};
use rules::refusal::Verb;
use rules::wire::{Answer as Word, Approve, Extend};
use serde::{Deserialize, Serialize};

use super::answering::no;
use super::hearing::Call;
use super::{Chat, Heard, NotBelieved, Trouble};
use crate::desk::{Act, Filed, Turned};
use crate::ledger::IdempotencyKey;

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

/// Who has said something, and where they are answered.
pub(super) struct Ear<'a> {
    pub(super) user: &'a ChatUser,
    pub(super) at: Option<&'a ResponseUrl>,
    /// The same each time that it comes.
    pub(super) key: Digest,
}

impl Ear<'_> {
    /// The key by which the desk knows it again.
    pub(super) fn key(&self) -> Option<IdempotencyKey> {
        let text: String = self.key.hex().chars().take(60).collect();
        format!("chat{text}").parse().ok()
    }
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
        let sender = heard.sender();
        let ear = match heard {
            Heard::Command(command) => Ear {
                user: &sender.user,
                at: Some(&command.response_url),
                key: command.key(),
            },
            Heard::Interaction(Interaction::Actions(actions)) => Ear {
                user: &sender.user,
                at: actions.response_url.as_ref(),
                key: actions.key(),
            },
            Heard::Interaction(Interaction::Submitted(form)) => Ear {
                user: &sender.user,
                at: None,
                key: form.key(),
            },
            Heard::Interaction(Interaction::Closed(_) | Interaction::Other { .. }) => {
                return Ok(None);
            }
        };
        if self.must_serve(sender).is_err() || !self.is_member(ear.user).await? {
            self.answer(&ear, &says::not_served()).await;
            return Ok(None);
        }
        match heard {
            Heard::Command(command) => Box::pin(self.command(&ear, command)).await,
            Heard::Interaction(Interaction::Actions(actions)) => {
                Box::pin(self.clicked(&ear, actions)).await
            }
            Heard::Interaction(Interaction::Submitted(form)) => {
                Box::pin(self.sent_off(&ear, form)).await
            }
            Heard::Interaction(Interaction::Closed(_) | Interaction::Other { .. }) => Ok(None),
        }
    }

    /// The person that a chat user is; whoever is nobody is told how to change that.
    pub(super) async fn person(&self, ear: &Ear<'_>) -> Result<Option<Caller>, Trouble> {
        let link = self.ledger.link(ear.user).await?;
        let caller = link.and_then(|link| link.caller(ear.user, self.now()).ok());
        if caller.is_none() {
            self.answer(ear, &says::unlinked()).await;
        }
        Ok(caller)
    }

    async fn command(
        &self,
        ear: &Ear<'_>,
        command: &SlashCommand,
    ) -> Result<Option<RequestId>, Trouble> {
        let words = match words::read(&command.text) {
            Ok(words) => words,
            Err(why) => {
                self.answer(ear, &says::not_understood(&why)).await;
                return Ok(None);
            }
        };
        match words {
            Words::Help => self.answer(ear, &says::help()).await,
            Words::Link(None) => {
                let page = self.begin_link(ear.user).await?;
                self.answer(ear, &says::sign_in(&page)).await;
            }
            Words::Link(Some(code)) => {
                let said = match self.confirm_link(ear.user, &code).await? {
                    Ok(link) => says::linked(&link),
                    Err(why) => says::note(format!("Nothing was linked: {why}.")),
                };
                self.answer(ear, &said).await;
            }
            Words::Links => {
                let Some(caller) = self.person(ear).await? else {
                    return Ok(None);
                };
                let mut links = self.links(&caller).await?;
                links.retain(|link| link.identity.is_one_with(caller.identity()));
                self.answer(ear, &says::links(&links)).await;
            }
            Words::Unlink(other) => self.unlinked(ear, other).await?,
            Words::List => {
                let Some(caller) = self.person(ear).await? else {
                    return Ok(None);
                };
                let said = match self.listed(&caller).await {
                    Ok((views, more)) => says::list(&views, more),
                    Err(turned) => no(&turned)?,
                };
                self.answer(ear, &said).await;
            }
            Words::Form => {
                let Some(caller) = self.person(ear).await? else {
                    return Ok(None);
                };
                self.show_form(ear, &caller, command.trigger.as_str())
                    .await?;
            }
            Words::Request(wish) => {
                let Some(caller) = self.person(ear).await? else {
                    return Ok(None);
                };
                return self.ask(ear, &caller, wish).await;
            }
        }
        Ok(None)
    }

    async fn clicked(
        &self,
        ear: &Ear<'_>,
        actions: &Actions,
    ) -> Result<Option<RequestId>, Trouble> {
        // A button that leads to a page carries nothing.
        let Some(value) = &actions.action.value else {
            return Ok(None);
        };
        let keys = self.keys().await?;
        let Ok(button) = Button::open(value, &keys, &self.settings.home) else {
            self.answer(ear, &says::foreign()).await;
            return Ok(None);
        };
        let Some(caller) = self.person(ear).await? else {
            return Ok(None);
        };
        let view = match self.desk.seen(&caller, &button).await {
            Ok(Ok(view)) => view,
            Ok(Err(stale)) => {
                self.answer(ear, &says::stale(&stale)).await;
                return Ok(Some(button.request));
            }
            Err(turned) => {
                self.answer(ear, &no(&turned)?).await;
                return Ok(None);
            }
        };
        let setting = self.setting(&keys);
        let form = match button.verb {
            Verb::Deny | Verb::Revoke => modal::with_a_word(button.verb, &view, &setting),
            Verb::Extend => Some(modal::extend(&view, &setting)),
            Verb::Approve | Verb::Withdraw | Verb::Release | Verb::Review | Verb::Issue => None,
        };
        if let Some(form) = form {
            let token = self.token().await?;
            let form = serde_json::to_value(form).unwrap_or_default();
            let opened = self
                .slack
                .open_view(&token, actions.trigger.as_str(), &form)
                .await;
            if opened.is_err() {
                let said = "Slack has not opened the form. Nothing was changed; click again.";
                self.answer(ear, &says::note(said)).await;
            }
            return Ok(None);
        }
        let key = ear.key();
        let done = match button.verb {
            Verb::Approve => {
                let body = Approve {
                    shown: button.shown,
                    comment: None,
                };
                let id = button.request;
                self.desk.approve(&caller, id, body, key.as_ref()).await
            }
            Verb::Withdraw => self.does(&caller, &button, Act::Withdraw, None, key).await,
            Verb::Release => self.does(&caller, &button, Act::Release, None, key).await,
            // A review wants words and a login, credentials never go by way of chat, and the others
            // have their forms.
            Verb::Review | Verb::Issue | Verb::Deny | Verb::Revoke | Verb::Extend => {
                self.answer(ear, &says::foreign()).await;
                return Ok(None);
            }
        };
        self.came_to(ear, button.request, done).await
    }

    async fn sent_off(
        &self,
        ear: &Ear<'_>,
        form: &Submitted,
    ) -> Result<Option<RequestId>, Trouble> {
        let Some(caller) = self.person(ear).await? else {
            return Ok(None);
        };
        if form.callback == modal::ASK {
            // What is wrong in a form was said while it was open.
            return match modal::read_ask(form) {
                Ok(wish) => self.ask(ear, &caller, wish).await,
                Err(_) => Ok(None),
            };
        }
        let keys = self.keys().await?;
        let Ok(button) = Button::open(&form.metadata, &keys, &self.settings.home) else {
            self.answer(ear, &says::foreign()).await;
            return Ok(None);
        };
        let key = ear.key();
        match self.desk.seen(&caller, &button).await {
            Ok(Ok(_)) => {}
            Ok(Err(stale)) => {
                self.answer(ear, &says::stale(&stale)).await;
                return Ok(Some(button.request));
            }
            Err(turned) => {
                self.answer(ear, &no(&turned)?).await;
                return Ok(None);
            }
        }
        let done = match (form.callback.as_str(), button.verb) {
            (modal::DENY, Verb::Deny) | (modal::REVOKE, Verb::Revoke) => {
                let Ok(comment) = modal::read_word(form) else {
                    return Ok(None);
                };
                let act = match button.verb == Verb::Deny {
                    true => Act::Deny,
                    false => Act::Revoke,
                };
                self.does(&caller, &button, act, comment, key).await
            }
            (modal::EXTEND, Verb::Extend) => {
                let Ok((longer_seconds, reason)) = modal::read_extend(form) else {
                    return Ok(None);
                };
                let body = Extend {
                    longer_seconds,
                    reason,
                };
                let id = button.request;
                self.desk.extend(&caller, id, body, key.as_ref()).await
            }
            _ => {
                self.answer(ear, &says::foreign()).await;
                return Ok(None);
            }
        };
        self.came_to(ear, button.request, done).await
    }

    async fn does(
        &self,
        caller: &Caller,
        button: &Button,
        act: Act,
        comment: Option<rules::names::Comment>,
        key: Option<IdempotencyKey>,
    ) -> Result<Filed, Turned> {
        let word = Word { comment };
        self.desk
            .act(caller, button.request, act, word, key.as_ref())
            .await
    }

    /// What something came to is seen on the card; a no is told to whoever tried.
    async fn came_to(
        &self,
        ear: &Ear<'_>,
        id: RequestId,
        done: Result<Filed, Turned>,
    ) -> Result<Option<RequestId>, Trouble> {
        if let Err(turned) = done {
            let said: Answer = no(&turned)?;
            self.answer(ear, &said).await;
        }
        // Also after a no: the card was not as the request is, or is about to change.
        Ok(Some(id))
    }
}
