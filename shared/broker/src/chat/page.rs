//! The page that a card leads to: a request is answered there with a fresh login.
//!
//! It takes what chat does not take by a tap. Who answers is judged as in the API, and their token was
//! made for this page a few minutes ago.

use rules::caller::Caller;
use rules::names::{Comment, Digest, RequestId};
use rules::wire::{Answer, Approve, RequestView, Review};

use super::Chat;
use super::linking::NotLoggedIn;
use crate::desk::{Act, Turned};
use crate::ledger::IdempotencyKey;

/// What somebody says on the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// Yes, to what the page showed.
    Approve {
        /// What it showed.
        shown: Digest,
        /// A word with it.
        comment: Option<Comment>,
    },
    /// No.
    Deny {
        /// A word with it.
        comment: Option<Comment>,
    },
    /// What became of an emergency.
    Review {
        /// What.
        comment: Comment,
    },
}

impl Chat {
    /// A request, as whoever has logged in sees it.
    ///
    /// # Errors
    /// There is none that they may see, or AWS failed.
    pub async fn look(&self, caller: &Caller, id: RequestId) -> Result<RequestView, Turned> {
        self.desk.show(caller, id).await
    }

    /// Somebody has answered on the page. Its ticket is good once.
    ///
    /// # Errors
    /// The ticket is not theirs or was used. Inside, whatever the desk says.
    pub async fn say(
        &self,
        ticket: &str,
        browser: Option<&str>,
        said: Said,
    ) -> Result<(RequestId, Result<RequestView, Turned>), NotLoggedIn> {
        let (id, caller) = self.known_by(ticket, browser).await?;
        let key = Digest::of("postern.chat.page", ticket.as_bytes()).hex();
        let key: Option<IdempotencyKey> = key.parse().ok();
        let (caller, key) = (&caller, key.as_ref());
        let filed = match said {
            Said::Approve { shown, comment } => {
                let body = Approve { shown, comment };
                self.desk.approve(caller, id, body, key).await
            }
            Said::Deny { comment } => {
                let body = Answer { comment };
                self.desk.act(caller, id, Act::Deny, body, key).await
            }
            Said::Review { comment } => {
                let body = Review { comment };
                self.desk.review(caller, id, body, key).await
            }
        };
        Ok((id, filed.map(|filed| filed.request)))
    }
}
