//! Chat: people ask, answer and are told in the place where they talk.
//!
//! [`rules::chat`] decides, and this does, in three parts:
//!
//! - **In** ([`hearing`], [`acting`], [`hook`]). A call of Slack is believed by its signature and read strictly,
//!   and then its work is handed on: Slack waits three seconds for an answer, and a decision may take
//!   longer. The work is the signed body itself. It is believed by its signature once more when it is
//!   done, so whoever may invoke the function can put no words into anybody's mouth. What is done is
//!   done by the [`Desk`], the same as in the API, under an idempotency key made of the click.
//! - **Who** ([`linking`], [`members`]). A chat user has power once a login has bound them to a person,
//!   for a bounded time, and while Slack says that they are a full member of the workspace.
//! - **Out** ([`telling`]). What is to be said is on record before it is said. A message whose posting
//!   is unclear is looked for before it is posted again.
//!
//! There is Slack ([`workspace`]), another chat system behind a signed webhook ([`hook`]), or both. What
//! people say and press comes to the same, whichever it was.
//!
//! Nothing here waits for Slack in the name of anybody who asks the API: the two meet in the ledger.

pub mod acting;
mod answering;
mod board;
mod ear;
pub mod hearing;
pub mod hook;
pub mod linking;
mod members;
pub mod page;
mod pressing;
mod saying;
pub mod secrets;
mod telling;
pub mod workspace;

use std::sync::Arc;

use rules::caller::Caller;
use rules::chat::ChatUser;
use rules::chat::card::Setting;
use rules::chat::link::Link;
use rules::chat::names::TeamId;
use rules::chat::signature::Secrets as Keys;
use rules::on_call::BadKeys;
use rules::wire::Secret;

pub use self::acting::{Undone, Work};
pub use self::hearing::{Heard, NotBelieved};
use self::hook::Hook;
pub use self::linking::{Gone, NotLoggedIn};
use self::members::Members;
use self::secrets::Secrets;
pub use self::telling::Told;
use self::workspace::Workspace;
use crate::aws::NoCredentials;
use crate::clock::Clock;
use crate::config::ChatSettings;
use crate::desk::Desk;
use crate::fault::AwsFault;
use crate::identity::{IdentityFault, Login, NoClient};
use crate::ledger::{Ledger, LedgerFault};
use crate::slack::SlackFault;
use crate::ssm::NotAParameter;
use crate::terms::Terms;

/// Why there is no chat although it is configured.
#[derive(Debug, thiserror::Error)]
pub enum NoChat {
    /// A place lies in an account without credentials.
    #[error(transparent)]
    Place(#[from] NoCredentials),
    /// The identity provider cannot be used.
    #[error(transparent)]
    Identity(#[from] IdentityFault),
    /// An HTTP client cannot be built.
    #[error(transparent)]
    Client(#[from] NoClient),
    /// The path of the secrets is none.
    #[error(transparent)]
    Secrets(#[from] NotAParameter),
}

/// What chat is made of.
#[derive(Debug)]
pub struct Parts {
    /// Its settings.
    pub settings: ChatSettings,
    /// The terms that access is given on.
    pub terms: Arc<Terms>,
    /// Where people are served, from wherever they come.
    pub desk: Desk,
    /// The ledger.
    pub ledger: Ledger,
    /// The workspace of Slack, where there is one.
    pub workspace: Option<Workspace>,
    /// Another chat system, where there is one.
    pub hook: Option<Hook>,
    /// The secrets.
    pub secrets: Secrets,
    /// Who logs people in.
    pub login: Login,
    /// The clock.
    pub clock: Clock,
}

/// The chat of a deployment.
#[derive(Debug)]
pub struct Chat {
    settings: ChatSettings,
    terms: Arc<Terms>,
    desk: Desk,
    ledger: Ledger,
    workspace: Option<Workspace>,
    hook: Option<Hook>,
    secrets: Secrets,
    login: Login,
    members: Members,
    clock: Clock,
}

/// Something that chat needs did not work; the same may work later.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerFault),
    /// AWS, such as the secrets there.
    #[error(transparent)]
    Aws(#[from] AwsFault),
    /// A secret is none.
    #[error("a secret cannot be used: {0}")]
    Keys(#[from] BadKeys),
    /// Slack.
    #[error(transparent)]
    Slack(#[from] SlackFault),
    /// No random bytes could be had.
    #[error("no random bytes could be had")]
    Entropy,
}

impl Chat {
    /// Puts the parts together.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let Parts {
            settings,
            terms,
            desk,
            ledger,
            workspace,
            hook,
            secrets,
            login,
            clock,
        } = parts;
        Self {
            settings,
            terms,
            desk,
            ledger,
            workspace,
            hook,
            secrets,
            login,
            members: Members::new(clock.clone()),
            clock,
        }
    }

    /// The links that somebody may see: their own, and everybody's for operators.
    ///
    /// # Errors
    /// The ledger failed.
    pub async fn links(&self, caller: &Caller) -> Result<Vec<Link>, LedgerFault> {
        let offices = &self.terms.offices;
        let mut links = self.ledger.links().await?;
        links.retain(|link| link.is_in_hands_of(caller, offices));
        Ok(links)
    }

    /// Cuts a link; gives whether there was one that the caller may cut.
    ///
    /// # Errors
    /// The ledger failed.
    pub async fn unlink(&self, caller: &Caller, user: &ChatUser) -> Result<bool, LedgerFault> {
        let link = self.ledger.link(user).await?;
        let may = |link: &Link| link.is_in_hands_of(caller, &self.terms.offices);
        if !link.as_ref().is_some_and(may) {
            return Ok(false);
        }
        self.ledger.cut_link(user).await?;
        Ok(true)
    }

    async fn token(&self) -> Result<Arc<Secret>, Trouble> {
        Ok(self.secrets.token.current().await?)
    }

    /// What buttons are sealed with.
    async fn keys(&self) -> Result<Keys, Trouble> {
        let secret = self.secrets.buttons.current().await?;
        Ok(Keys::read(secret.expose())?)
    }

    /// Where a card is put, sealed with these keys for that chat system.
    fn setting<'a>(&'a self, keys: &'a Keys, team: &'a TeamId) -> Setting<'a> {
        Setting {
            secrets: keys,
            team,
            pages: &self.settings.pages,
        }
    }
}

/// Random bytes.
fn random<const N: usize>() -> Result<[u8; N], Trouble> {
    let mut bytes = [0; N];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| Trouble::Entropy)?;
    Ok(bytes)
}
