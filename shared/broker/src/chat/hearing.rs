//! Hearing Slack: who sends is known before anything is read.

use rules::chat::inbound::{self, Interaction, Sender, SlashCommand, Unreadable};
use rules::chat::signature::{self, NotSigned, Secrets as Keys};
use rules::moment::Moment;

use super::secrets::Kept;
use super::{Chat, Trouble};

/// What Slack sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// A slash command.
    Command(SlashCommand),
    /// A click or a form.
    Interaction(Interaction),
}

/// A call as it came.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// `X-Slack-Request-Timestamp`; nothing where it is missing or came twice.
    pub timestamp: Option<&'a [u8]>,
    /// `X-Slack-Signature`; nothing where it is missing or came twice.
    pub signature: Option<&'a [u8]>,
    /// The body, before anybody has read it.
    pub body: &'a [u8],
}

/// Why a call is not listened to.
#[derive(Debug, thiserror::Error)]
pub enum NotBelieved {
    /// It is not of whom it says. The answer is always the same; the reason is for the log.
    #[error("the call is not signed: {0}")]
    NotSigned(#[from] NotSigned),
    /// The secret that it would be signed with cannot be had.
    #[error(transparent)]
    Trouble(#[from] Trouble),
}

impl Chat {
    /// Believes a call, or does not.
    ///
    /// # Errors
    /// Why not.
    pub async fn believe(&self, call: Call<'_>, now: Moment) -> Result<(), NotBelieved> {
        let Call {
            timestamp,
            signature,
            body,
        } = call;
        let verify = |keys: &Keys| signature::verify(keys, timestamp, signature, body, now);
        self.believed(&self.secrets.signing, verify).await
    }

    /// Whether a signature is of this secret.
    ///
    /// One that does not fit may be of a secret that was changed minutes ago, so the secrets are read
    /// again then, though seldom.
    pub(super) async fn believed(
        &self,
        secret: &Kept,
        verify: impl Fn(&Keys) -> Result<(), NotSigned>,
    ) -> Result<(), NotBelieved> {
        let current = secret.current().await.map_err(Trouble::from)?;
        let keys = Keys::read(current.expose()).map_err(Trouble::from)?;
        match verify(&keys) {
            Err(NotSigned::Signature) => {
                let again = secret.again().await.map_err(Trouble::from)?;
                let keys = Keys::read(again.expose()).map_err(Trouble::from)?;
                Ok(verify(&keys)?)
            }
            verified => Ok(verified?),
        }
    }

    /// The time by the clock that everything here goes by.
    #[must_use]
    pub fn now(&self) -> Moment {
        self.clock.now()
    }

    /// Whether Slack is served, and there whoever has sent something.
    #[must_use]
    pub fn serves(&self, sender: &Sender) -> bool {
        let workspace = self.workspace.as_ref();
        workspace.is_some_and(|workspace| workspace.must_serve(sender).is_ok())
    }

    /// Whether there is a workspace of Slack.
    #[must_use]
    pub fn has_slack(&self) -> bool {
        self.workspace.is_some()
    }

    /// Whether there is another chat system behind a webhook.
    #[must_use]
    pub fn has_hook(&self) -> bool {
        self.hook.is_some()
    }
}

impl Heard {
    /// Reads the body of a believed call.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn command(body: &[u8]) -> Result<Self, Unreadable> {
        inbound::read_command(body).map(Self::Command)
    }

    /// Reads the body of a believed call.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn interaction(body: &[u8]) -> Result<Self, Unreadable> {
        inbound::read_interaction(body).map(Self::Interaction)
    }

    /// Who has sent it.
    #[must_use]
    pub fn sender(&self) -> &Sender {
        match self {
            Self::Command(command) => &command.sender,
            Self::Interaction(Interaction::Actions(actions)) => &actions.sender,
            Self::Interaction(Interaction::Submitted(form)) => &form.sender,
            Self::Interaction(Interaction::Closed(form)) => &form.sender,
            Self::Interaction(Interaction::Other { sender, .. }) => sender,
        }
    }
}
