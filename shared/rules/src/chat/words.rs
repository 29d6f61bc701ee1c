//! The words of the slash command.
//!
//! ```text
//! (nothing)                                   a form
//! request TARGETS [KIND] [for] LENGTH [ticket:T] REASON…
//! list | help | link [CODE] | links | unlink [USER]
//! ```
//!
//! Targets are `i-…`, `mi-…` or `account/region/i-…`, with commas between them. What cannot be read
//! comes with what to type instead; nothing is guessed.

use crate::names::duration::read_length;
use crate::names::{AccessKind, GrantDuration, InstanceId, Reason, Target, Ticket};

use super::link::Code;
use super::names::UserId;

/// The most characters of a command; Slack's own messages are shorter.
const LONGEST: usize = 3_000;
/// What a ticket begins with.
const TICKET: &str = "ticket:";

/// What somebody typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Words {
    /// Nothing: they want the form.
    Form,
    /// What there is to say.
    Help,
    /// The requests that are theirs or wait for them.
    List,
    /// To be bound to a person; with the code of the page once they have signed in.
    Link(Option<Code>),
    /// Which chat users are bound to them.
    Links,
    /// To cut a link: their own, or that of a user of this workspace.
    Unlink(Option<UserId>),
    /// Access.
    Request(Wish),
}

/// What somebody asks for in words. Where they name an instance alone, the inventory knows the
/// rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// 1 to 10 instances.
    pub targets: Vec<Place>,
    /// Which kind of access.
    pub kind: AccessKind,
    /// For how long.
    pub duration: GrantDuration,
    /// Why.
    pub reason: Reason,
    /// The ticket.
    pub ticket: Option<Ticket>,
}

/// An instance as somebody names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// By itself.
    Instance(InstanceId),
    /// With account and Region.
    Target(Target),
}

/// Why words are not understood; one sentence, and [`instead`](Self::instead) says what to type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotUnderstood {
    /// Too much of it.
    #[error("this is longer than a command may be")]
    TooLong,
    /// No such word.
    #[error("there is no such command")]
    Unknown,
    /// More than the word takes.
    #[error("`{0}` takes nothing behind it")]
    TooMuch(&'static str),
    /// What is to be a code is none.
    #[error("this is not a code of the link page")]
    Code,
    /// Who is to be cut off is no user.
    #[error("this is not a chat user")]
    User,
    /// No instance is named.
    #[error("no instance is named")]
    NoTarget,
    /// What is to be an instance is none.
    #[error("instance {0} of the list cannot be read")]
    Target(usize),
    /// More than ten instances.
    #[error("a request names 1 to 10 instances, not {0}")]
    TooManyTargets(usize),
    /// The kind of access lacks its own part.
    #[error("this kind of access cannot be read")]
    Kind,
    /// Somebody else is to have the access.
    #[error("access for somebody else is not asked for here")]
    ForOthers,
    /// No length is named where one is due.
    #[error("no length such as `45m` stands behind the instance")]
    NoLength,
    /// A length that no grant has.
    #[error("a grant lasts 15 seconds to 8 hours")]
    Length,
    /// No ticket of that form.
    #[error("this is not a ticket number")]
    Ticket,
    /// There is no reason, or not one plain line of 3 to 300 characters.
    #[error("a reason is one plain line of 3 to 300 characters")]
    Reason,
}

impl NotUnderstood {
    /// What to type instead.
    #[must_use]
    pub fn instead(&self) -> &'static str {
        match self {
            Self::TooLong | Self::Unknown => "/postern help",
            Self::TooMuch("list") => "/postern list",
            Self::TooMuch("links") => "/postern links",
            Self::TooMuch(_) => "/postern help",
            Self::Code => "/postern link, then /postern link and the code that the page shows",
            Self::User => "/postern unlink, or /postern unlink U0123ABCD",
            Self::NoTarget | Self::Target(_) => {
                "/postern request i-0123456789abcdef0 45m disk full on web-7"
            }
            Self::TooManyTargets(_) => "/postern request i-…,i-… 45m why",
            Self::Kind => "/postern request i-… port localhost:5432 30m look into slow queries",
            Self::ForOthers => "POST /v1/requests with `for`, in the API",
            Self::NoLength | Self::Length => "/postern request i-… 1h30m why",
            Self::Ticket => "/postern request i-… 45m ticket:OPS-1 why",
            Self::Reason => "/postern request i-… 45m what is the matter, in a few words",
        }
    }
}

/// Reads what was typed behind the command.
///
/// # Errors
/// What cannot be read.
pub fn read(text: &str) -> Result<Words, NotUnderstood> {
    if text.len() > LONGEST {
        return Err(NotUnderstood::TooLong);
    }
    // Slack sends these three escaped, and no others.
    let text = text
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&");
    let (word, rest) = next(&text);
    let alone = |words: Words, name| {
        if rest.is_empty() {
            Ok(words)
        } else {
            Err(NotUnderstood::TooMuch(name))
        }
    };
    match word.to_ascii_lowercase().as_str() {
        "" => Ok(Words::Form),
        "help" => Ok(Words::Help),
        "list" => alone(Words::List, "list"),
        "links" => alone(Words::Links, "links"),
        "link" if rest.is_empty() => Ok(Words::Link(None)),
        "link" => {
            let code = rest.parse().map_err(|_| NotUnderstood::Code)?;
            Ok(Words::Link(Some(code)))
        }
        "unlink" if rest.is_empty() => Ok(Words::Unlink(None)),
        "unlink" => user(rest).map(|user| Words::Unlink(Some(user))),
        "request" => request(rest).map(Words::Request),
        _ => Err(NotUnderstood::Unknown),
    }
}

/// The first word, and what is behind it.
fn next(text: &str) -> (&str, &str) {
    let text = text.trim();
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    (word, rest.trim_start())
}

/// `U0123ABCD`, `<@U0123ABCD>` or `<@U0123ABCD|ben>`.
fn user(text: &str) -> Result<UserId, NotUnderstood> {
    let inner = text
        .strip_prefix("<@")
        .and_then(|text| text.strip_suffix('>'));
    let id = match inner {
        Some(inner) => inner.split('|').next().unwrap_or(inner),
        None => text,
    };
    id.parse().map_err(|_| NotUnderstood::User)
}

fn request(text: &str) -> Result<Wish, NotUnderstood> {
    let (names, rest) = next(text);
    let targets = targets(names)?;
    let (kind, rest) = kind(rest)?;
    let rest = match next(rest) {
        // `for 45m` reads well, and means no more than `45m`.
        (word, behind) if word.eq_ignore_ascii_case("for") => {
            if read_length(next(behind).0).is_none() {
                return Err(NotUnderstood::ForOthers);
            }
            behind
        }
        _ => rest,
    };
    let (word, rest) = next(rest);
    let length = read_length(word).ok_or(NotUnderstood::NoLength)?;
    let duration =
        GrantDuration::from_seconds(length.as_secs()).map_err(|_| NotUnderstood::Length)?;
    let (ticket, rest) = match next(rest) {
        (word, behind) if word.starts_with(TICKET) => {
            let number = word.strip_prefix(TICKET).unwrap_or_default();
            let number = number.parse().map_err(|_| NotUnderstood::Ticket)?;
            (Some(number), behind)
        }
        _ => (None, rest),
    };
    Ok(Wish {
        targets,
        kind,
        duration,
        reason: rest.parse().map_err(|_| NotUnderstood::Reason)?,
        ticket,
    })
}

fn targets(names: &str) -> Result<Vec<Place>, NotUnderstood> {
    if names.is_empty() {
        return Err(NotUnderstood::NoTarget);
    }
    let targets: Vec<Place> = (1..)
        .zip(names.split(','))
        .map(|(n, name)| place(name).ok_or(NotUnderstood::Target(n)))
        .collect::<Result<_, _>>()?;
    if targets.len() > crate::ask::Targets::MOST {
        return Err(NotUnderstood::TooManyTargets(targets.len()));
    }
    Ok(targets)
}

fn place(name: &str) -> Option<Place> {
    let instance = name.parse().map(Place::Instance);
    instance.or_else(|_| name.parse().map(Place::Target)).ok()
}

/// The kind of access, and what is behind it. Without a word it is a shell.
fn kind(text: &str) -> Result<(AccessKind, &str), NotUnderstood> {
    let (word, behind) = next(text);
    let (part, rest) = next(behind);
    match word.to_ascii_lowercase().as_str() {
        "shell" => Ok((AccessKind::Shell {}, behind)),
        "ssh" => Ok((AccessKind::Ssh {}, behind)),
        "command" => {
            let name = part.parse().map_err(|_| NotUnderstood::Kind)?;
            Ok((AccessKind::Command { name }, rest))
        }
        "port" => {
            let (host, port) = part.rsplit_once(':').ok_or(NotUnderstood::Kind)?;
            let (host, port) = host
                .parse()
                .ok()
                .zip(port.parse().ok())
                .ok_or(NotUnderstood::Kind)?;
            Ok((AccessKind::Port { host, port }, rest))
        }
        _ => Ok((AccessKind::Shell {}, text)),
    }
}
