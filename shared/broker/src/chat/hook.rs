//! Another chat system, behind a signed webhook ([`rules::chat::webhook`]).
//!
//! Its bot sends what people say and press, and is answered in the same breath: nothing is as short of
//! time as Slack. What happens to requests is posted to its address until it is taken.

use std::time::Duration;

use reqwest::Client;
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use rules::chat::names::TeamId;
use rules::chat::notice::{Asked, Nudges, Routing};
use rules::chat::says;
use rules::chat::signature::Secrets as Keys;
use rules::chat::webhook::{self, Act, Inbound, Reply};
use rules::moment::Moment;
use rules::names::Reason;
use rules::refusal::Verb;
use url::Url;

use super::ear::{Ear, Said, Voice};
use super::hearing::Call;
use super::pressing::With;
use super::{Chat, NotBelieved, Trouble};
use crate::identity::{BadAddress, FetchFault, NoClient, Reach, client};
use crate::slack::wait;

/// How long the bot may take over one notice.
const PATIENCE: Duration = Duration::from_secs(4);

/// The header with the time of a signature.
pub const TIMESTAMP: &str = "x-postern-timestamp";
/// The header with a signature.
pub const SIGNATURE: &str = "x-postern-signature";

/// Another chat system.
#[derive(Debug)]
pub struct Hook {
    name: TeamId,
    address: Url,
    client: Client,
    routing: Routing,
}

/// A notice was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HookFault {
    /// The bot has not taken it.
    #[error("the webhook has not taken a notice: {0}")]
    NotTaken(FetchFault),
    /// It wants notices to wait.
    #[error("the webhook wants notices to wait for {} s", .0.as_secs())]
    Limited(Duration),
    /// It cannot be sent.
    #[error("a notice cannot be sent to the webhook")]
    Unsendable,
}

impl HookFault {
    /// For how long the bot wants notices to wait.
    #[must_use]
    pub fn wait(&self) -> Duration {
        match self {
            Self::Limited(wait) => *wait,
            Self::NotTaken(_) | Self::Unsendable => Duration::ZERO,
        }
    }
}

impl Hook {
    /// The chat system of that name, whose bot listens at that address. Only the local run may have one
    /// on loopback.
    ///
    /// # Errors
    /// The HTTP client cannot be built.
    pub fn new(
        name: TeamId,
        address: Url,
        nudges: Nudges,
        allow_loopback_http: bool,
    ) -> Result<Self, NoClient> {
        Ok(Self {
            name,
            address,
            client: client(Reach::of(allow_loopback_http), PATIENCE)?,
            // Where its people talk is for the bot to know.
            routing: Routing {
                asked: Asked::Direct,
                channels: [].into(),
                usual: None,
                alarms: None,
                nudges,
            },
        })
    }

    /// Whether a bot may listen at an address.
    ///
    /// # Errors
    /// Why it may not.
    pub fn judge(address: &Url, allow_loopback_http: bool) -> Result<(), BadAddress> {
        Reach::of(allow_loopback_http).judge(address)
    }

    /// Its name, which its users are of.
    pub(super) fn name(&self) -> &TeamId {
        &self.name
    }

    /// Who is told what there.
    pub(super) fn routing(&self) -> &Routing {
        &self.routing
    }

    /// Sends a document.
    pub(super) async fn send(
        &self,
        keys: &Keys,
        document: String,
        now: Moment,
    ) -> Result<(), HookFault> {
        let (timestamp, signature) = webhook::sign(keys, &self.name, document.as_bytes(), now);
        let call = self
            .client
            .post(self.address.clone())
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .header(TIMESTAMP, timestamp)
            .header(SIGNATURE, signature)
            .body(document);
        let answer = call.send().await;
        let answer = answer.map_err(|error| HookFault::NotTaken(FetchFault::of(&error)))?;
        match answer.status().as_u16() {
            200..=299 => Ok(()),
            429 | 503 => Err(HookFault::Limited(wait(&answer))),
            300..=399 => Err(HookFault::NotTaken(FetchFault::Redirect)),
            status => Err(HookFault::NotTaken(FetchFault::Status(status))),
        }
    }
}

impl Chat {
    /// Believes a document of the other chat system, or does not.
    ///
    /// # Errors
    /// Why not; also where there is no other chat system.
    pub async fn believe_hook(&self, call: Call<'_>, now: Moment) -> Result<(), NotBelieved> {
        let Some(hook) = &self.hook else {
            return Err(NotBelieved::NotSigned(
                rules::chat::signature::NotSigned::Signature,
            ));
        };
        let Call {
            timestamp,
            signature,
            body,
        } = call;
        let verify =
            |keys: &Keys| webhook::verify(keys, hook.name(), timestamp, signature, body, now);
        self.believed(&self.secrets.hook, verify).await
    }

    /// Reads a document that is believed.
    ///
    /// # Errors
    /// What is wrong with it; also where there is no other chat system.
    pub fn read_hook(&self, body: &[u8]) -> Result<Inbound, webhook::Unreadable> {
        let hook = self.hook.as_ref().ok_or(webhook::Unreadable::Shape)?;
        webhook::read(hook.name(), body)
    }

    /// Does what somebody has done in the other chat system, and says what came of it.
    ///
    /// # Errors
    /// Something did not work; the same document may be sent again.
    pub async fn hear(&self, inbound: Inbound) -> Result<Reply, Trouble> {
        let said = Said::default();
        let ear = Ear {
            user: &inbound.user,
            key: inbound.key,
            voice: Voice::Hook {
                name: &inbound.user.team,
                said: &said,
            },
        };
        let changed = match inbound.act {
            Act::Said(text) => Box::pin(self.said(&ear, &text)).await?,
            Act::Pressed {
                value,
                comment,
                longer,
            } => Box::pin(self.pressed(&ear, &value, comment, longer)).await?,
        };
        Ok(webhook::reply(said.all(), changed))
    }

    async fn pressed(
        &self,
        ear: &Ear<'_>,
        value: &str,
        comment: Option<rules::names::Comment>,
        longer: Option<rules::names::GrantDuration>,
    ) -> Result<Option<rules::names::RequestId>, Trouble> {
        let Some(button) = self.button(ear, value).await? else {
            return Ok(None);
        };
        let Some(caller) = self.person(ear).await? else {
            return Ok(None);
        };
        if let Err(changed) = self.seen(ear, &caller, &button).await? {
            return Ok(changed);
        }
        let why = comment
            .as_ref()
            .and_then(|comment| comment.as_str().parse::<Reason>().ok());
        let with = match (button.verb, longer, why) {
            (Verb::Extend, Some(longer), Some(why)) => With::Longer(longer, why),
            (Verb::Extend, _, _) => {
                let said = "Nothing was changed. To ask for longer, send `for`, such as 30m, and a \
                            reason of 3 to 300 characters as `comment`.";
                self.answer(ear, says::note(said)).await;
                return Ok(None);
            }
            (_, None, _) => With::Word(comment),
            (_, Some(_), _) => {
                let said = "Nothing was changed: only a button to extend takes `for`.";
                self.answer(ear, says::note(said)).await;
                return Ok(None);
            }
        };
        self.press(ear, &caller, &button, with).await
    }
}
