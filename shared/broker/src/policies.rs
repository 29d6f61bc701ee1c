//! The policy set in force.
//!
//! It is bundled with the function, and then read once, before the function starts; or it stands
//! in S3, and is looked at again when the last look is a while ago. An object that has not changed
//! gives the very same set: nothing is parsed twice.
//!
//! Two things can go wrong, and they are told apart. **An object that cannot be read** says nothing
//! of what operators want, so the last good set stays in force, with a notice at each look, until
//! it has not been confirmed for so long that it might be anybody's. **An object that is not a
//! valid set** is what operators want and cannot mean: the set before it is no longer what they
//! want, and half of a new one never is. From then on there is no policy set, until a valid one is
//! put there. Nothing that needs none is touched by either: answers, revocations and ends go on.

use std::sync::Arc;
use std::time::Duration;

use aws_config::SdkConfig;
use rules::moment::Moment;
use rules::names::{AccountId, Digest};
use rules::policy::{PolicyFaults, PolicySet};

use crate::clock::Clock;
use crate::fault::AwsFault;
use crate::notice::{Notice, Notices};
use crate::rounds::{Rounds, held};
use crate::s3::{Found, Object, ObjectPlace};

/// The largest policy set that is read, in bytes.
pub const LARGEST: usize = 1_024 * 1_024;

/// How long after a look that failed the next may follow.
pub const COOLDOWN: Duration = Duration::from_secs(5);

/// A policy set in S3, and how long it is believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyObject {
    /// Where it is.
    pub place: ObjectPlace,
    /// How long a set is used without looking whether it has changed.
    pub refresh: Duration,
    /// How long a set that cannot be looked at again stays in force.
    pub keep: Duration,
}

/// Why there is no policy set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoPolicy {
    /// It cannot be read, and no set that was read is young enough.
    #[error("the policy set cannot be read")]
    Unavailable {
        /// What failed, for the log.
        #[source]
        cause: NotFetched,
        /// When it is worth trying again.
        retry_after: Duration,
    },
    /// What is to be the policy set is not a valid one.
    #[error("the policy set is not valid")]
    Invalid {
        /// What is wrong with it, for the log.
        #[source]
        cause: InvalidPolicy,
        /// When it is worth trying again.
        retry_after: Duration,
    },
}

/// Why a policy set could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotFetched {
    /// S3 gave no result.
    #[error(transparent)]
    Aws(#[from] AwsFault),
    /// The look itself was broken off.
    #[error("the look at it was broken off")]
    BrokenOff,
}

/// Why an object is not a policy set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPolicy {
    /// It is too large to have been written by hand.
    #[error("it is larger than 1 MiB")]
    TooLarge,
    /// It is no text.
    #[error("it is not UTF-8 text")]
    NotText,
    /// It has faults.
    #[error("it does not validate: {}", in_short(.0))]
    Faults(Arc<PolicyFaults>),
}

/// The first fault, and how many there are: `postern policy check` tells them all.
fn in_short(faults: &PolicyFaults) -> String {
    let first = faults.iter().next().map(ToString::to_string);
    let first = first.unwrap_or_default();
    match faults.iter().count() {
        0 | 1 => first,
        count => format!("{first} (one of {count} faults)"),
    }
}

/// Gives the policy set in force.
#[derive(Debug)]
pub struct Policies(Source);

#[derive(Debug)]
enum Source {
    Bundled(Arc<PolicySet>),
    Watched(Arc<Watched>),
}

#[derive(Debug)]
struct Watched {
    object: Object,
    keep: Duration,
    clock: Clock,
    rounds: Rounds,
    notices: Notices,
    state: std::sync::Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The last object that was a valid set.
    good: Option<Good>,
    /// What is wrong with the newest object that was read.
    invalid: Option<InvalidPolicy>,
    /// The tag of the newest object that was read, valid or not.
    etag: Option<String>,
    /// Why it could not be read again.
    fault: Option<AwsFault>,
}

/// An object that was read and is a valid set.
#[derive(Debug, Clone)]
struct Good {
    set: Arc<PolicySet>,
    /// Of the object itself, so that the same text is not read twice.
    text: Digest,
    /// When the look began that last found it in its place.
    confirmed_at: Moment,
}

impl Policies {
    /// A set that came with the function; it is in force at once.
    #[must_use]
    pub fn bundled(set: Arc<PolicySet>, notices: &Notices) -> Self {
        notices.tell(Notice::PolicyLoaded {
            digest: set.digest(),
            version: None,
        });
        Self(Source::Bundled(set))
    }

    /// A set in a bucket of this account, in the Region of the configuration. Nothing is read yet.
    #[must_use]
    pub fn in_s3(
        object: &PolicyObject,
        owner: AccountId,
        sdk: &SdkConfig,
        clock: Clock,
        notices: Notices,
    ) -> Self {
        Self(Source::Watched(Arc::new(Watched {
            object: Object::new(sdk, object.place.clone(), owner, LARGEST),
            keep: object.keep,
            rounds: Rounds::new(object.refresh, COOLDOWN, clock.clone()),
            clock,
            notices,
            state: std::sync::Mutex::default(),
        })))
    }

    /// The policy set in force now.
    ///
    /// # Errors
    /// There is none.
    pub async fn current(&self) -> Result<Arc<PolicySet>, NoPolicy> {
        match &self.0 {
            Source::Bundled(set) => Ok(Arc::clone(set)),
            Source::Watched(watched) => {
                let looking = Arc::clone(watched);
                let look = |began_at| async move { looking.look(began_at).await };
                watched.rounds.keep_up(look).await;
                watched.current()
            }
        }
    }
}

impl Watched {
    fn current(&self) -> Result<Arc<PolicySet>, NoPolicy> {
        let state = held(&self.state);
        let retry_after = self.rounds.wait();
        if let Some(cause) = state.invalid.clone() {
            return Err(NoPolicy::Invalid { cause, retry_after });
        }
        if let Some(good) = self.usable(&state) {
            return Ok(Arc::clone(&good.set));
        }
        let cause = state.fault.clone();
        let cause = cause.map_or(NotFetched::BrokenOff, NotFetched::Aws);
        Err(NoPolicy::Unavailable { cause, retry_after })
    }

    fn usable<'a>(&self, state: &'a State) -> Option<&'a Good> {
        let now = self.clock.now();
        let young = |good: &&Good| now.since(good.confirmed_at) < self.keep;
        state.good.as_ref().filter(young)
    }

    /// Looks whether the object has changed; whether it could be looked at.
    async fn look(&self, began_at: Moment) -> bool {
        let known = held(&self.state).etag.clone();
        let (notice, read) = match self.object.look(known.as_deref()).await {
            Err(fault) => (Some(self.failed(fault)), false),
            Ok(Found::Unchanged) => (self.confirmed(began_at), true),
            Ok(Found::Changed {
                etag,
                version,
                bytes,
            }) => {
                let notice = match self.read(bytes, began_at) {
                    Ok(good) => self.replaced(good, etag, version),
                    Err(cause) => Some(self.spoilt(cause, etag)),
                };
                (notice, true)
            }
        };
        if let Some(notice) = notice {
            self.notices.tell(notice);
        }
        read
    }

    /// Reads a set, unless it is the one that was read last.
    fn read(&self, bytes: Option<Vec<u8>>, began_at: Moment) -> Result<Good, InvalidPolicy> {
        let bytes = bytes.ok_or(InvalidPolicy::TooLarge)?;
        let digest = Digest::of("postern.policy-object", &bytes);
        let last = held(&self.state).good.clone();
        let set = match last.filter(|good| good.text == digest) {
            Some(same) => same.set,
            None => {
                let text = String::from_utf8(bytes).map_err(|_| InvalidPolicy::NotText)?;
                let set = PolicySet::parse(&text);
                Arc::new(set.map_err(|faults| InvalidPolicy::Faults(Arc::new(faults)))?)
            }
        };
        Ok(Good {
            set,
            text: digest,
            confirmed_at: began_at,
        })
    }

    fn failed(&self, fault: AwsFault) -> Notice {
        let mut state = held(&self.state);
        state.fault = Some(fault.clone());
        let cause = NotFetched::Aws(fault);
        match self.usable(&state).filter(|_| state.invalid.is_none()) {
            Some(good) => Notice::PolicyKept {
                cause,
                confirmed_at: good.confirmed_at,
            },
            None => Notice::PolicyUnavailable { cause },
        }
    }

    /// Told again at each look while it is invalid, so that an alarm does not fall asleep.
    fn confirmed(&self, began_at: Moment) -> Option<Notice> {
        let mut state = held(&self.state);
        state.fault = None;
        if let Some(cause) = state.invalid.clone() {
            return Some(Notice::PolicyInvalid { cause });
        }
        if let Some(good) = &mut state.good {
            good.confirmed_at = began_at;
        }
        None
    }

    fn replaced(
        &self,
        good: Good,
        etag: Option<String>,
        version: Option<String>,
    ) -> Option<Notice> {
        let mut state = held(&self.state);
        let digest = good.set.digest();
        let last = state.good.as_ref().filter(|_| state.invalid.is_none());
        let same = last.is_some_and(|last| last.text == good.text);
        *state = State {
            good: Some(good),
            invalid: None,
            etag,
            fault: None,
        };
        (!same).then_some(Notice::PolicyLoaded { digest, version })
    }

    fn spoilt(&self, cause: InvalidPolicy, etag: Option<String>) -> Notice {
        let mut state = held(&self.state);
        state.invalid = Some(cause.clone());
        state.etag = etag;
        state.fault = None;
        Notice::PolicyInvalid { cause }
    }
}
