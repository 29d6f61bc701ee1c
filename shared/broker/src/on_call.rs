//! Who is on call, as the operators' tool last said.
//!
//! The tool puts a signed feed ([`Feed`]) in S3, and Postern looks at it again every half minute.
//! The key is a secret of Parameter Store. It is read before the first feed, again when it is
//! minutes old, and at once when a signature is not good: whoever rotates a key may change the
//! parameter and the feed in either order. A key that was taken out of the parameter ends what it
//! has signed as soon as the parameter is read again.
//!
//! A feed carries its own end, so whatever fails, the last good one counts until then and no
//! longer. The exception is a bad signature: somebody writes there who should not, or the key was
//! changed because it is known, and nobody is on call until that is settled. A feed that is older
//! than the one before it is somebody's copy, and is refused.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_config::SdkConfig;
use rules::moment::Moment;
use rules::names::AccountId;
use rules::on_call::{BadFeed, BadKeys, Feed, Keys};

use crate::clock::Clock;
use crate::fault::AwsFault;
use crate::notice::{Notice, Notices};
use crate::rounds::{Rounds, held};
use crate::s3::{Found, Object, ObjectPlace};
use crate::ssm::{Parameter, ParameterName};

/// How long a feed is used without looking whether there is another.
pub const REFRESH: Duration = Duration::from_secs(30);

/// How long after a look that failed the next may follow.
pub const COOLDOWN: Duration = Duration::from_secs(5);

/// How long a look may take in all, the key included: an API call waits for it.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long the keys are used without reading them again.
pub const KEYS_FRESH_FOR: Duration = Duration::from_secs(5 * 60);

/// Where the feed is, and the key that it is signed with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedPlace {
    /// The object.
    pub object: ObjectPlace,
    /// The parameter that holds the key, or two keys on a line each.
    pub key: ParameterName,
}

/// Why it could not be read who is on call.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotRead {
    /// AWS gave no result.
    #[error(transparent)]
    Aws(#[from] AwsFault),
    /// AWS took too long over it.
    #[error("reading it took longer than {} seconds", PATIENCE.as_secs())]
    TooLate,
    /// The parameter holds no keys.
    #[error("the parameter holds no key: {0}")]
    Keys(#[from] BadKeys),
}

/// Why what stands in the place of the feed does not count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RefusedFeed {
    /// It is not a feed with a good signature.
    #[error(transparent)]
    Bad(#[from] BadFeed),
    /// It was made before the one that was read last.
    #[error("it is older than the last one")]
    Older,
}

/// Gives the feed in force.
#[derive(Debug)]
pub struct OnCallFeed(Option<Arc<Watched>>);

#[derive(Debug)]
struct Watched {
    object: Object,
    parameter: Parameter,
    clock: Clock,
    rounds: Rounds,
    notices: Notices,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    keys: Option<HeldKeys>,
    feed: Option<Arc<Feed>>,
    /// The tag of the object that `feed` was read from.
    etag: Option<String>,
}

#[derive(Debug, Clone)]
struct HeldKeys {
    keys: Keys,
    read_at: Moment,
}

impl OnCallFeed {
    /// No feed is configured, and nobody is on call.
    #[must_use]
    pub fn none() -> Self {
        Self(None)
    }

    /// A feed in a bucket of this account, in the Region of the configuration. Nothing is read yet.
    #[must_use]
    pub fn in_s3(
        place: &FeedPlace,
        owner: AccountId,
        sdk: &SdkConfig,
        clock: Clock,
        notices: Notices,
    ) -> Self {
        Self(Some(Arc::new(Watched {
            object: Object::new(sdk, place.object.clone(), owner, Feed::LARGEST),
            parameter: Parameter::new(sdk, place.key.clone()),
            rounds: Rounds::new(REFRESH, COOLDOWN, clock.clone()),
            clock,
            notices,
            state: Mutex::default(),
        })))
    }

    /// The feed that counts now; whoever asks it gives the time. Nobody is on call without one.
    pub async fn current(&self) -> Option<Arc<Feed>> {
        let watched = self.0.as_ref()?;
        let looking = Arc::clone(watched);
        let look = |began_at| async move { looking.look(began_at).await };
        watched.rounds.keep_up(look).await;
        held(&watched.state).feed.clone()
    }
}

impl Watched {
    /// Looks for another feed; whether it could be looked for.
    async fn look(&self, began_at: Moment) -> bool {
        let looked = tokio::time::timeout(PATIENCE, Box::pin(self.renew(began_at)))
            .await
            .unwrap_or(Err(NotRead::TooLate));
        if let Err(cause) = &looked {
            let cause = cause.clone();
            self.notices.tell(Notice::OnCallUnread { cause });
        }
        let feed = held(&self.state).feed.clone();
        let over = feed.map(|feed| feed.good_until());
        if let Some(good_until) = over.filter(|over| *over <= self.clock.now()) {
            self.notices.tell(Notice::OnCallStale { good_until });
        }
        looked.is_ok()
    }

    async fn renew(&self, began_at: Moment) -> Result<(), NotRead> {
        let keys = self.keys(began_at).await?;
        let known = held(&self.state).etag.clone();
        let Found::Changed { etag, bytes, .. } = self.object.look(known.as_deref()).await? else {
            return Ok(());
        };
        let read = match &bytes {
            None => Err(BadFeed::TooLarge),
            Some(bytes) => match Feed::read(bytes, &keys.keys) {
                // The key may have been changed since it was read.
                Err(BadFeed::Signature) if keys.read_at != began_at => {
                    let keys = self.read_keys(began_at).await?;
                    Feed::read(bytes, &keys.keys)
                }
                read => read,
            },
        };
        if let Err(cause) = self.take(read, etag) {
            self.notices.tell(Notice::OnCallRefused { cause });
        }
        Ok(())
    }

    fn take(&self, read: Result<Feed, BadFeed>, etag: Option<String>) -> Result<(), RefusedFeed> {
        let mut state = held(&self.state);
        // What is refused is looked at whole again: a key that is put right makes it good.
        state.etag = None;
        match read {
            Ok(feed) => {
                let last = state.feed.as_ref().map(|last| last.issued_at());
                if last.is_some_and(|last| feed.issued_at() < last) {
                    return Err(RefusedFeed::Older);
                }
                state.feed = Some(Arc::new(feed));
                state.etag = etag;
                Ok(())
            }
            Err(cause) => {
                if cause == BadFeed::Signature {
                    state.feed = None;
                }
                Err(cause.into())
            }
        }
    }

    /// The keys, read again where they are old.
    async fn keys(&self, now: Moment) -> Result<HeldKeys, NotRead> {
        let known = held(&self.state).keys.clone();
        let fresh =
            |keys: &HeldKeys| keys.read_at <= now && now.since(keys.read_at) < KEYS_FRESH_FOR;
        match known.filter(fresh) {
            Some(keys) => Ok(keys),
            None => self.read_keys(now).await,
        }
    }

    async fn read_keys(&self, now: Moment) -> Result<HeldKeys, NotRead> {
        let secret = self.parameter.read().await?;
        let keys = HeldKeys {
            keys: Keys::read(secret.expose())?,
            read_at: now,
        };
        let mut state = held(&self.state);
        let other = |last: &HeldKeys| last.keys != keys.keys;
        if state.keys.as_ref().is_some_and(other) {
            // What was signed with the last keys has to be good by these.
            state.etag = None;
        }
        state.keys = Some(keys.clone());
        Ok(keys)
    }
}
