//! Binding a chat user to a person, once, by a login.
//!
//! ```text
//! chat: /postern link ─► attempt (state) ─► page: sign in ─► proof (code on the page)
//!                                               chat: /postern link CODE ─► link
//! ```
//!
//! A login alone would not do. Whoever is sent somebody else's address and signs in there would bind
//! that other chat user to themselves, and hand them their approvals. So the page shows a code, and
//! the chat user has to say it: the two ends are in one hand, or somebody has been talked into
//! reading out a code under a sentence that says to tell nobody.
//!
//! State, verifier and code are random and come as arguments. What is stored of state and code is
//! their digest. A link counts for a bounded time, and the groups in it are those of the login:
//! whoever has lost a group since keeps it in chat until then and no longer, and every issue of
//! credentials is judged by a new token anyway.

mod random;

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use self::random::{Code, State, Verifier};
use super::names::ChatUser;
use crate::caller::{Caller, Channel};
use crate::moment::Moment;
use crate::names::{BadName, Digest, Group, Identity};
use crate::offices::Offices;

/// How long an attempt lasts, from the word in chat to the code in chat.
pub const ATTEMPT: Duration = Duration::from_secs(10 * 60);
/// How many wrong codes end an attempt.
const MOST_TRIES: u8 = 5;

/// How long links count. A new login makes a new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinkAge(Duration);

/// An attempt to bind a chat user, at most ten minutes old.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attempt {
    /// Whose.
    pub user: ChatUser,
    /// The digest of its state, by which it is found.
    pub state: Digest,
    /// What the login must prove to know.
    pub verifier: Verifier,
    /// It ends then.
    pub ends_at: Moment,
    /// How far it is.
    pub stage: Stage,
}

/// How far an attempt is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "stage", rename_all = "snake_case", deny_unknown_fields)]
pub enum Stage {
    /// Nobody has signed in.
    Begun {},
    /// Somebody has, and the page shows them a code.
    SignedIn {
        /// Who.
        identity: Identity,
        /// Their name, for people.
        #[serde(deserialize_with = "Option::deserialize")]
        name: Option<String>,
        /// The groups that their token named.
        groups: BTreeSet<Group>,
        /// When.
        at: Moment,
        /// The digest of the code.
        code: Digest,
        /// How many wrong ones were said.
        tries: u8,
    },
}

/// A chat user who is bound to a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// The chat user.
    pub user: ChatUser,
    /// Who they are.
    pub identity: Identity,
    /// Their name, for people.
    #[serde(deserialize_with = "Option::deserialize")]
    pub name: Option<String>,
    /// The groups that their token named.
    pub groups: BTreeSet<Group>,
    /// When they signed in.
    pub made_at: Moment,
    /// Until when it counts, exclusive.
    pub until: Moment,
}

/// Why nothing was bound.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotLinked {
    /// The time is over.
    #[error("this attempt to link is over")]
    Over,
    /// Somebody has signed in by it, or nobody yet.
    #[error("this attempt to link is at another step")]
    OtherStep,
    /// The state or the chat user is another one's.
    #[error("this attempt to link is somebody else's")]
    OtherUser,
    /// The code is wrong. The attempt goes on as it is in here, where it does.
    #[error("the code is not the one that the page shows")]
    WrongCode(Option<Box<Attempt>>),
}

/// A link that no longer counts, or is another user's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the link is over; link anew")]
pub struct LinkOver;

impl LinkAge {
    /// How long links count where nobody says: a working day.
    pub const USUAL: Self = Self(Duration::from_secs(12 * 60 * 60));
    /// The longest: a week.
    pub const MOST: Duration = Duration::from_secs(7 * 24 * 60 * 60);
    /// The shortest: ten minutes.
    pub const LEAST: Duration = Duration::from_secs(10 * 60);

    /// An age within the bounds.
    ///
    /// # Errors
    /// Under ten minutes or over seven days.
    pub fn new(age: Duration) -> Result<Self, BadName> {
        if (Self::LEAST..=Self::MOST).contains(&age) {
            Ok(Self(age))
        } else {
            let seconds = age.as_secs().to_string();
            Err(BadName::new(&seconds, "an age of `10m` to `7d`"))
        }
    }
}

impl Attempt {
    /// A chat user wants to be bound.
    #[must_use]
    pub fn begin(user: ChatUser, state: &State, verifier: Verifier, now: Moment) -> Self {
        Self {
            user,
            state: state.key(),
            verifier,
            ends_at: now.plus(ATTEMPT),
            stage: Stage::Begun {},
        }
    }

    /// Somebody has signed in with this state; the page shows them the code.
    ///
    /// # Errors
    /// The state is another one's, somebody has signed in already, or the time is over.
    pub fn signed_in(
        &self,
        state: &State,
        caller: &Caller,
        code: &Code,
        now: Moment,
    ) -> Result<Self, NotLinked> {
        self.must_last(now)?;
        if state.key() != self.state {
            return Err(NotLinked::OtherUser);
        }
        match self.stage {
            Stage::Begun {} => {}
            Stage::SignedIn { .. } => return Err(NotLinked::OtherStep),
        }
        let stage = Stage::SignedIn {
            identity: caller.identity().clone(),
            name: caller.name().map(str::to_owned),
            groups: caller.groups().clone(),
            at: now,
            code: code.digest(&self.user),
            tries: 0,
        };
        Ok(Self {
            stage,
            ..self.clone()
        })
    }

    /// The chat user says the code. The attempt is used up then, whatever comes of it, unless the
    /// error says how it goes on.
    ///
    /// # Errors
    /// Another user says it, the code is wrong, nobody has signed in, or the time is over.
    pub fn confirmed(
        &self,
        user: &ChatUser,
        said: &Code,
        age: LinkAge,
        now: Moment,
    ) -> Result<Link, NotLinked> {
        self.must_last(now)?;
        if *user != self.user {
            return Err(NotLinked::OtherUser);
        }
        let Stage::SignedIn {
            identity,
            name,
            groups,
            at,
            code,
            tries,
        } = &self.stage
        else {
            return Err(NotLinked::OtherStep);
        };
        // Digests are compared, so the time it takes tells nothing of the code.
        if said.digest(user) != *code {
            let tries = tries.saturating_add(1);
            let mut next = self.clone();
            if let Stage::SignedIn { tries: said, .. } = &mut next.stage {
                *said = tries;
            }
            return Err(NotLinked::WrongCode(
                (tries < MOST_TRIES).then(|| Box::new(next)),
            ));
        }
        Ok(Link {
            user: user.clone(),
            identity: identity.clone(),
            name: name.clone(),
            groups: groups.clone(),
            made_at: *at,
            until: at.plus(age.0),
        })
    }

    fn must_last(&self, now: Moment) -> Result<(), NotLinked> {
        if now < self.ends_at {
            Ok(())
        } else {
            Err(NotLinked::Over)
        }
    }
}

impl Link {
    /// The person that this chat user is, as long as the link counts. They call by a tap, whatever
    /// they do.
    ///
    /// # Errors
    /// It no longer counts, or is another user's.
    pub fn caller(&self, user: &ChatUser, now: Moment) -> Result<Caller, LinkOver> {
        if *user != self.user || now >= self.until || now < self.made_at {
            return Err(LinkOver);
        }
        let caller = Caller::judged(
            self.identity.clone(),
            self.groups.clone(),
            self.name.clone(),
        );
        Ok(caller.by(Channel::ChatTap))
    }

    /// Whether somebody may see the link and cut it: its owner, by whatever account, and operators.
    #[must_use]
    pub fn is_in_hands_of(&self, caller: &Caller, offices: &Offices) -> bool {
        self.identity.is_one_with(caller.identity()) || offices.is_operator(caller)
    }
}
