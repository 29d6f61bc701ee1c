//! Telling another chat system: notices are posted one after the other until it has taken them.
//!
//! A notice that was taken without that being known is posted again under the same id, which the bot
//! knows again. So nothing has to be looked for there, and nothing is edited: each notice carries the
//! request as it stands.

use rules::chat::notice::Notice;
use rules::chat::signature::Secrets as Keys;
use rules::chat::webhook;
use rules::moment::Moment;

use super::subject::Subject;
use super::{Later, Trouble};
use crate::chat::board::Taken;
use crate::chat::hook::{Hook, HookFault};
use crate::ledger::ChatSystem;

/// The board that another chat system has of a request, at work.
pub(super) struct Work<'a> {
    subject: Subject<'a>,
    hook: &'a Hook,
    taken: Taken,
}

impl<'a> Work<'a> {
    pub(super) async fn of(subject: Subject<'a>, hook: &'a Hook) -> Result<Self, Later> {
        let id = subject.request.id();
        let taken = subject.chat.ledger.board(id, ChatSystem::Hook).await?;
        Ok(Self {
            subject,
            hook,
            taken: taken.unwrap_or_default(),
        })
    }
}

impl Work<'_> {
    /// Says what is to be said now. Gives when there is more, of itself.
    pub(super) async fn run(&mut self) -> Result<Option<Moment>, Later> {
        let chat = self.subject.chat;
        let (id, now) = (self.subject.request.id(), chat.now());
        let outcome = self.post_what_is_new(now).await;
        let kept = chat
            .ledger
            .keep_board(id, ChatSystem::Hook, &self.taken, now);
        kept.await?;
        outcome.map(|()| self.subject.next_nudge(self.hook.routing(), now))
    }

    async fn post_what_is_new(&mut self, now: Moment) -> Result<(), Later> {
        let routing = self.hook.routing();
        for (n, event) in self.subject.news(self.taken.done_to) {
            if let Some(event) = event {
                let notices = routing.notices(&event, &self.subject.view);
                self.post_all(&notices, now).await?;
            }
            self.taken.done_to = n;
        }
        let nudges = routing.nudges(&self.subject.view, now);
        self.post_all(&nudges, now).await
    }

    async fn post_all(&mut self, notices: &[Notice], now: Moment) -> Result<(), Later> {
        for notice in notices {
            if !self.taken.keys.contains(&notice.key) {
                self.post(notice, now).await?;
                self.taken.keys.insert(notice.key);
            }
        }
        Ok(())
    }

    async fn post(&self, notice: &Notice, now: Moment) -> Result<(), Later> {
        let setting = self.subject.setting(self.hook.name());
        let Some(outgoing) = webhook::outgoing(notice, &self.subject.view, &setting) else {
            return Ok(());
        };
        let Ok(document) = serde_json::to_string(&outgoing) else {
            return Err(HookFault::Unsendable.into());
        };
        let secret = self.subject.chat.secrets.hook.current().await?;
        let keys = Keys::read(secret.expose()).map_err(Trouble::from)?;
        Ok(self.hook.send(&keys, document, now).await?)
    }
}
