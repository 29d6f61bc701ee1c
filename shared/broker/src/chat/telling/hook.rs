//! Telling another chat system: notices are posted one after the other until it has taken them.
//!
//! A notice that was taken without that being known is posted again under the same id, which the bot
//! knows again. So nothing has to be looked for there, and nothing is edited: each notice carries the
//! request as it stands.

use rules::audit::Entry;
use rules::chat::notice::Notice;
use rules::chat::webhook;
use rules::moment::Moment;

use super::work::Work;
use super::{Later, Trouble};
use crate::chat::hook::{Hook, HookFault};
use rules::chat::signature::Secrets as Keys;

impl Work<'_> {
    pub(super) async fn tell_hook(
        &mut self,
        hook: &Hook,
        entries: &[Entry],
        now: Moment,
    ) -> Result<(), Later> {
        for (n, event) in self.news(entries, self.board.hook.done_to) {
            if let Some(event) = event {
                let notices = hook.routing().notices(&event, &self.view);
                self.post_all(hook, &notices, now).await?;
            }
            self.board.hook.done_to = n;
        }
        let nudges = hook.routing().nudges(&self.view, now);
        self.post_all(hook, &nudges, now).await
    }

    async fn post_all(
        &mut self,
        hook: &Hook,
        notices: &[Notice],
        now: Moment,
    ) -> Result<(), Later> {
        for notice in notices {
            if self.board.hook.keys.contains(&notice.key) {
                continue;
            }
            self.post_one(hook, notice, now).await?;
            self.board.hook.keys.insert(notice.key);
        }
        Ok(())
    }

    async fn post_one(&self, hook: &Hook, notice: &Notice, now: Moment) -> Result<(), Later> {
        let setting = self.chat.setting(&self.keys, hook.name());
        let Some(outgoing) = webhook::outgoing(notice, &self.view, &setting) else {
            return Ok(());
        };
        let Ok(document) = serde_json::to_string(&outgoing) else {
            return Err(Later::Hook(HookFault::Unsendable));
        };
        let secret = self.chat.secrets.hook.current().await?;
        let keys = Keys::read(secret.expose()).map_err(Trouble::from)?;
        hook.send(&keys, document, now).await.map_err(Later::Hook)
    }
}
