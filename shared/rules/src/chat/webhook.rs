//! Another chat system: plain signed JSON, out and in.
//!
//! Whoever runs a bot of their own gets each notice as a document with the request and its buttons,
//! shows it as they like, and sends back what people say and press. The bot vouches for who its
//! users are, as Slack does for its own; a user has power only once they are linked, by the same
//! login. A bot that lies can press for the people who are linked there, taps and nothing more, so
//! the ladder bounds what it can do.
//!
//! Both directions are signed: HMAC-SHA256 over a domain, the name of the webhook, the time and the
//! body, so that no signature of one direction or one webhook is good in another.

mod out;

use serde::Deserialize;

pub use self::out::{HookButton, Outgoing, Reply, outgoing, reply};
use super::names::{ChatUser, TeamId, UserId};
use super::signature::{self, NotSigned, Secrets};
use crate::canonical;
use crate::moment::Moment;
use crate::names::duration::read_length;
use crate::names::{Comment, Digest, GrantDuration, made_of, text_name};
use crate::strict_json;

const IN: &[u8] = b"postern.webhook.in.v1\n";
const OUT: &[u8] = b"postern.webhook.out.v1\n";
/// What a signature begins with.
const VERSION: &str = "v1=";
/// The most bytes of a document that comes in.
pub const LONGEST: usize = 16 * 1_024;
/// Objects in each other: there is one.
const DEEPEST: u8 = 2;

text_name!(
    /// What the bot calls a document that it sends, the same when it sends it again: 8 to 64
    /// letters, digits or `-_`.
    DocumentId,
    "the id of a document: 8 to 64 letters, digits or `-_`",
    |text| made_of(text, 8, 64, |c| c.is_ascii_alphanumeric() || "-_".contains(c))
);

/// What somebody did in the other chat system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inbound {
    /// Who.
    pub user: ChatUser,
    /// The same for the same document, however often it comes.
    pub key: Digest,
    /// What.
    pub act: Act,
}

/// What somebody did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// They said something: what would stand behind the slash command.
    Said(String),
    /// They pressed a button.
    Pressed {
        /// Its value, as it was sent out.
        value: String,
        /// What they say with it.
        comment: Option<Comment>,
        /// For how much longer, where they ask for that.
        longer: Option<GrantDuration>,
    },
}

/// Why a signed document is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// It is larger than 16 KiB.
    #[error("the document is larger than 16 KiB")]
    TooLarge,
    /// It is not JSON that two readers read the same.
    #[error("the document is not JSON that can be read in one way only")]
    Json,
    /// It has other members than it should have.
    #[error("the document has not exactly the members that are described")]
    Shape,
}

/// A document as it is sent: either `say` or `press`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Document {
    /// What the bot calls it, the same when it sends it again: 8 to 64 letters, digits or `-_`.
    #[cfg_attr(feature = "openapi", schema(value_type = String, example = "9f6d2c1e-say"))]
    id: DocumentId,
    /// What the other chat system calls whoever does it.
    #[cfg_attr(feature = "openapi", schema(value_type = String, example = "ben"))]
    user: UserId,
    /// What they say: what would stand behind the slash command.
    say: Option<String>,
    /// The value of the button that they press.
    press: Option<String>,
    /// What they say with it; the reason, with a button to extend.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    comment: Option<Comment>,
    /// How much longer, with a button to extend.
    #[cfg_attr(feature = "openapi", schema(example = "30m"))]
    r#for: Option<String>,
}

/// Whether a document is one of this webhook's bot: `X-Postern-Timestamp` and
/// `X-Postern-Signature`, each nothing where it is missing or came more than once.
///
/// # Errors
/// Why not.
pub fn verify(
    secrets: &Secrets,
    hook: &TeamId,
    timestamp: Option<&[u8]>,
    signature: Option<&[u8]>,
    body: &[u8],
    now: Moment,
) -> Result<(), NotSigned> {
    let (timestamp, signature) = signature::headers(timestamp, signature, VERSION.as_bytes(), now)?;
    if secrets.verify(&parts(IN, hook, timestamp, body), &signature) {
        Ok(())
    } else {
        Err(NotSigned::Signature)
    }
}

/// The headers of a document that goes out: the time and the signature.
#[must_use]
pub fn sign(secrets: &Secrets, hook: &TeamId, body: &[u8], now: Moment) -> (String, String) {
    let timestamp = now.seconds().to_string();
    let signature = secrets.sign(&parts(OUT, hook, timestamp.as_bytes(), body));
    (timestamp, format!("{VERSION}{}", hex::encode(signature)))
}

/// Neither a domain, a name nor a time holds a line break inside.
fn parts<'a>(domain: &'a [u8], hook: &'a TeamId, time: &'a [u8], body: &'a [u8]) -> [&'a [u8]; 6] {
    [domain, hook.as_str().as_bytes(), b"\n", time, b"\n", body]
}

/// Reads a document whose signature is good.
///
/// # Errors
/// What is wrong with it.
pub fn read(hook: &TeamId, body: &[u8]) -> Result<Inbound, Unreadable> {
    if body.len() > LONGEST {
        return Err(Unreadable::TooLarge);
    }
    let members = strict_json::object(body, DEEPEST).map_err(|_| Unreadable::Json)?;
    let document = Document::deserialize(&members).map_err(|_| Unreadable::Shape)?;
    let longer = match document.r#for {
        None => None,
        Some(text) => Some(length(&text).ok_or(Unreadable::Shape)?),
    };
    let act = match (document.say, document.press, document.comment, longer) {
        (Some(said), None, None, None) => Act::Said(said),
        (None, Some(value), comment, longer) => Act::Pressed {
            value,
            comment,
            longer,
        },
        _ => return Err(Unreadable::Shape),
    };
    let user = ChatUser {
        team: hook.clone(),
        user: document.user,
    };
    let named = canonical::encode(&(&user, &document.id));
    Ok(Inbound {
        key: Digest::of("postern.chat.document", named.as_bytes()),
        user,
        act,
    })
}

/// A length of time such as `30m`.
fn length(text: &str) -> Option<GrantDuration> {
    GrantDuration::from_seconds(read_length(text)?.as_secs()).ok()
}
