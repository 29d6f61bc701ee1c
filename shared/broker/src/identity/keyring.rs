//! The provider's keys, kept between requests.
//!
//! Keys are asked for again when they are older than [`FRESH_FOR`], and when a token names a key
//! that is not among them. Both are held back: after an attempt, whatever came of it, the next one
//! waits for [`COOLDOWN`], so tokens that name a thousand unknown keys cost one fetch. Without any
//! usable key nobody gets in, and the next attempt waits for [`RETRY`] only.
//!
//! When the provider fails, the keys last read stay good until they are [`USABLE_FOR`] old. Tokens
//! live about an hour, so past two hours without a provider hardly anybody holds one that is still
//! valid, and a key that the provider has taken back must not verify for ever.
//!
//! One attempt runs at a time, as a task of its own. Whoever needs its outcome waits for it, and a
//! request that goes away meanwhile does not take the attempt with it: somebody who sends requests
//! and hangs up cannot keep the keys from being read.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rules::moment::Moment;

use super::keys::KeySet;
use super::provider::{KeysFault, Provider};
use crate::clock::Clock;

/// How long keys are used without asking for them again.
pub const FRESH_FOR: Duration = Duration::from_secs(10 * 60);

/// How long after one attempt to read the keys the next may follow, while there are usable keys.
pub const COOLDOWN: Duration = Duration::from_secs(30);

/// How long after one attempt to read the keys the next may follow, while there are none.
pub const RETRY: Duration = Duration::from_secs(5);

/// How long keys that were read may verify when the provider cannot be asked.
pub const USABLE_FOR: Duration = Duration::from_secs(2 * 60 * 60);

/// Why there is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoKey {
    /// The provider was asked, and has no key of that name.
    Unknown,
    /// The provider could not be asked.
    Unavailable {
        cause: KeysFault,
        retry_after: Duration,
    },
}

#[derive(Debug)]
pub(super) struct Keyring {
    provider: Provider,
    clock: Clock,
    state: Mutex<State>,
    /// Held by whoever asks the provider.
    turn: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Debug, Default)]
struct State {
    held: Option<Held>,
    last: Option<Attempt>,
}

#[derive(Debug)]
struct Held {
    keys: Arc<KeySet>,
    read_at: Moment,
}

#[derive(Debug, Clone, Copy)]
struct Attempt {
    started_at: Moment,
    outcome: Result<(), KeysFault>,
}

impl Keyring {
    pub(super) fn new(provider: Provider, clock: Clock) -> Self {
        Self {
            provider,
            clock,
            state: Mutex::default(),
            turn: Arc::default(),
        }
    }

    /// Usable keys with the wanted one among them; any usable keys where none is wanted.
    pub(super) async fn keys(self: &Arc<Self>, wanted: Option<&str>) -> Result<Arc<KeySet>, NoKey> {
        if let Some(answer) = self.state().answer(wanted, self.clock.now()) {
            return answer;
        }
        let turn = Arc::clone(&self.turn).lock_owned().await;
        // Somebody may have asked the provider while this request waited for its turn.
        if let Some(answer) = self.state().answer(wanted, self.clock.now()) {
            return answer;
        }
        let ring = Arc::clone(self);
        let attempt = tokio::spawn(async move {
            ring.attempt().await;
            drop(turn);
        });
        // An attempt that panics has recorded nothing, and is told from the state as such.
        drop(attempt.await);
        self.state().settled(wanted, self.clock.now())
    }

    async fn attempt(&self) {
        let started_at = self.clock.now();
        let read = self.provider.keys().await;
        let mut state = self.state();
        state.last = Some(Attempt {
            started_at,
            outcome: read.as_ref().map(|_| ()).map_err(|fault| *fault),
        });
        if let Ok(keys) = read {
            state.held = Some(Held {
                keys: Arc::new(keys),
                read_at: started_at,
            });
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// What can be said without asking the provider; nothing where it is to be asked.
    fn answer(&self, wanted: Option<&str>, now: Moment) -> Option<Result<Arc<KeySet>, NoKey>> {
        let fresh = self
            .held
            .as_ref()
            .is_some_and(|held| elapsed(held.read_at, now) < FRESH_FOR);
        let may_ask = self
            .last
            .is_none_or(|last| elapsed(last.started_at, now) >= self.pause(now));
        match self.known(wanted, now) {
            Some(keys) if fresh || !may_ask => Some(Ok(keys)),
            Some(_) => None,
            None if may_ask => None,
            None => Some(self.settled(wanted, now)),
        }
    }

    /// What can be said now that the provider was asked, or may not be asked yet.
    fn settled(&self, wanted: Option<&str>, now: Moment) -> Result<Arc<KeySet>, NoKey> {
        if let Some(keys) = self.known(wanted, now) {
            return Ok(keys);
        }
        let (cause, wait) = match self.last {
            Some(Attempt {
                outcome: Ok(()), ..
            }) => return Err(NoKey::Unknown),
            Some(Attempt {
                started_at,
                outcome: Err(cause),
            }) => (
                cause,
                self.pause(now).saturating_sub(elapsed(started_at, now)),
            ),
            None => (KeysFault::BrokenOff, RETRY),
        };
        Err(NoKey::Unavailable {
            cause,
            retry_after: wait.max(Duration::from_secs(1)),
        })
    }

    fn known(&self, wanted: Option<&str>, now: Moment) -> Option<Arc<KeySet>> {
        self.usable(now)
            .filter(|held| wanted.is_none_or(|id| held.keys.get(id).is_some()))
            .map(|held| Arc::clone(&held.keys))
    }

    fn usable(&self, now: Moment) -> Option<&Held> {
        self.held
            .as_ref()
            .filter(|held| now.since(held.read_at) < USABLE_FOR)
    }

    fn pause(&self, now: Moment) -> Duration {
        if self.usable(now).is_some() {
            COOLDOWN
        } else {
            RETRY
        }
    }
}

/// How long ago that was. A clock that was set back makes it long ago, lest nothing be asked until
/// the clock has caught up.
fn elapsed(then: Moment, now: Moment) -> Duration {
    if now < then {
        Duration::MAX
    } else {
        now.since(then)
    }
}

#[cfg(test)]
mod tests;
