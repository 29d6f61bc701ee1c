//! Buttons: what is pressed is what was seen.

use rules::caller::Caller;
use rules::chat::button::Button;
use rules::chat::says;
use rules::names::{Comment, GrantDuration, Reason, RequestId};
use rules::refusal::Verb;
use rules::wire::{Answer as Word, Approve, Extend, RequestView};

use super::answering::no;
use super::ear::Ear;
use super::{Chat, Trouble};
use crate::desk::Act;

/// What is said with a press.
pub(super) enum With {
    /// A word, or none.
    Word(Option<Comment>),
    /// How much longer, and why.
    Longer(GrantDuration, Reason),
}

impl Chat {
    /// The button of a value. Whoever sends one that is none of ours is told.
    pub(super) async fn button(
        &self,
        ear: &Ear<'_>,
        value: &str,
    ) -> Result<Option<Button>, Trouble> {
        let keys = self.keys().await?;
        let button = Button::open(value, &keys, ear.home()).ok();
        if button.is_none() {
            self.answer(ear, says::foreign()).await;
        }
        Ok(button)
    }

    /// The request as it was seen beside the button. Where it is not that any more, they are told,
    /// and inside is the request whose card has to be brought up to date.
    pub(super) async fn seen(
        &self,
        ear: &Ear<'_>,
        caller: &Caller,
        button: &Button,
    ) -> Result<Result<RequestView, Option<RequestId>>, Trouble> {
        let (answer, changed) = match self.desk.seen(caller, button).await {
            Ok(Ok(view)) => return Ok(Ok(view)),
            Ok(Err(stale)) => (says::stale(&stale), Some(button.request)),
            Err(turned) => (no(&turned)?, None),
        };
        self.answer(ear, answer).await;
        Ok(Err(changed))
    }

    /// Does what a button is for. Gives the request that may have changed.
    pub(super) async fn press(
        &self,
        ear: &Ear<'_>,
        caller: &Caller,
        button: &Button,
        with: With,
    ) -> Result<Option<RequestId>, Trouble> {
        let (id, key) = (button.request, ear.key());
        let key = key.as_ref();
        let act = match (button.verb, with) {
            (Verb::Approve, With::Word(comment)) => {
                let shown = button.shown;
                let body = Approve { shown, comment };
                let done = self.desk.approve(caller, id, body, key).await;
                return self.came_to(ear, id, done.map(drop)).await;
            }
            (Verb::Extend, With::Longer(longer_seconds, reason)) => {
                let body = Extend {
                    longer_seconds,
                    reason,
                };
                let done = self.desk.extend(caller, id, body, key).await;
                return self.came_to(ear, id, done.map(drop)).await;
            }
            (Verb::Deny, With::Word(comment)) => (Act::Deny, comment),
            (Verb::Revoke, With::Word(comment)) => (Act::Revoke, comment),
            (Verb::Withdraw, With::Word(comment)) => (Act::Withdraw, comment),
            (Verb::Release, With::Word(comment)) => (Act::Release, comment),
            // A review wants words and a login, and credentials never go by way of chat.
            (Verb::Review | Verb::Issue | Verb::Extend, With::Word(_))
            | (_, With::Longer(_, _)) => {
                self.answer(ear, says::foreign()).await;
                return Ok(None);
            }
        };
        let (act, comment) = act;
        let done = self.desk.act(caller, id, act, Word { comment }, key).await;
        self.came_to(ear, id, done.map(drop)).await
    }

    /// What something came to is seen on the card; a no is told to whoever tried.
    async fn came_to(
        &self,
        ear: &Ear<'_>,
        id: RequestId,
        done: Result<(), crate::desk::Turned>,
    ) -> Result<Option<RequestId>, Trouble> {
        if let Err(turned) = done {
            self.answer(ear, no(&turned)?).await;
        }
        // Also after a no: the card was not as the request is, or is about to change.
        Ok(Some(id))
    }
}
