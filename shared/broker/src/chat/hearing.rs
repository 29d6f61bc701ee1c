//! Hearing Slack: who sends is known before anything is read.

use rules::chat::inbound::{self, Interaction, NotServed, Sender, SlashCommand, Unreadable};
use rules::chat::signature::{self, NotSigned, Secrets as Keys};
use rules::moment::Moment;

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
    /// It is not Slack's. The answer is always the same; the reason is for the log.
    #[error("the call is not signed by Slack: {0}")]
    NotSigned(#[from] NotSigned),
    /// The secret that it would be signed with cannot be had.
    #[error(transparent)]
    Trouble(#[from] Trouble),
}

impl Chat {
    /// Believes a call, or does not.
    ///
    /// A signature that does not fit may be of a secret that was changed minutes ago, so the secrets
    /// are read again then, though seldom.
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
        let signing = &self.secrets.signing;
        let secret = signing.current().await.map_err(Trouble::from)?;
        let keys = Keys::read(secret.expose()).map_err(Trouble::from)?;
        match verify(&keys) {
            Err(NotSigned::Signature) => {
                let secret = signing.again().await.map_err(Trouble::from)?;
                let keys = Keys::read(secret.expose()).map_err(Trouble::from)?;
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

    /// Whether this chat serves whoever has sent something.
    ///
    /// # Errors
    /// Why not.
    pub fn must_serve(&self, sender: &Sender) -> Result<(), NotServed> {
        self.settings.served.must_serve(sender)
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
