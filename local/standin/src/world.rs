//! The world: one AWS account (and whatever foreign accounts the seeds name) on one machine.
//!
//! State is split by service, each behind its own lock. Locks are short: taken to read or change,
//! never across an await, and never while waiting for a lock that comes earlier in the order
//! *iam, ssm, s3, ec2, kms, tags, events, lambda, faults, journal, powers*. A poisoned lock is
//! absorbed: the stand-in is most useful exactly when a test has just failed.
//!
//! Effects that happen later (a log that the agent uploads, a listing that lags) are computed
//! from the clock when somebody looks; there are no background threads. Functions that were invoked
//! (see [`lambda`](crate::lambda)) alone run by themselves, as tasks of their own.
//!
//! With a data directory, tables live in an SQLite file and everything else but functions in one
//! JSON snapshot (see `store`), so that a killed process restarted on the directory goes on.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::StandinClock;
use crate::faults::Faults;
use crate::store::Store;
use crate::{dynamodb, ec2, events, iam, journal, kms, lambda, powers, s3, ssm, tagging};

/// A handle to one stand-in AWS. Clones share everything.
#[derive(Clone)]
pub struct World {
    inner: Arc<Inner>,
}

struct Inner {
    clock: StandinClock,
    account: String,
    region: String,
    iam: Mutex<iam::State>,
    ssm: Mutex<ssm::State>,
    s3: Mutex<s3::State>,
    ec2: Mutex<ec2::State>,
    kms: Mutex<kms::State>,
    tags: Mutex<tagging::State>,
    events: Mutex<events::State>,
    lambda: Mutex<lambda::State>,
    journal: Mutex<journal::State>,
    powers: Mutex<powers::State>,
    faults: Faults,
    dynamodb: dynamodb::Engine,
    store: Option<Store>,
}

/// Why a world could not be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WorldError {
    /// The table engine refused its database.
    #[error("the table engine could not open its database: {0}")]
    Tables(String),
    /// The data directory could not be read or written.
    #[error("the data directory `{path}` could not be used")]
    DataDir {
        /// The directory or file in question.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// The snapshot is there and cannot be understood.
    #[error("the snapshot `{path}` is not readable")]
    Snapshot {
        /// The snapshot file.
        path: PathBuf,
        /// What the parser said.
        #[source]
        source: serde_json::Error,
    },
}

/// How a world is to be.
#[derive(Clone, Debug)]
pub struct Builder {
    clock: StandinClock,
    account: String,
    region: String,
    data_dir: Option<PathBuf>,
    listing_lag: Option<Duration>,
}

impl Builder {
    /// The clock that everything in the world goes by. Default: the machine's.
    #[must_use]
    pub fn clock(mut self, clock: StandinClock) -> Self {
        self.clock = clock;
        self
    }

    /// The account id, twelve digits. Default: `111122223333`, an id that AWS uses in examples.
    #[must_use]
    pub fn account(mut self, account: impl Into<String>) -> Self {
        self.account = account.into();
        self
    }

    /// The Region that seeds belong to unless they say otherwise. Default: `ap-northeast-2`.
    #[must_use]
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.region = region.into();
        self
    }

    /// Where to keep the world on disk; `None` keeps it in memory only. Default: `None`.
    #[must_use]
    pub fn data_dir(mut self, dir: Option<PathBuf>) -> Self {
        self.data_dir = dir;
        self
    }

    /// How long `DescribeSessions` lags behind the truth (AWS-FACTS 2.11): one of the
    /// [`SessionHabits`](ssm::SessionHabits), which a test may change later. Default: none.
    #[must_use]
    pub fn listing_lag(mut self, lag: Duration) -> Self {
        self.listing_lag = Some(lag);
        self
    }

    /// Builds the world, going on from the data directory where there is one.
    ///
    /// # Errors
    /// [`WorldError`] when the data directory, its snapshot or its database cannot be used.
    pub fn build(self) -> Result<World, WorldError> {
        let (store, saved) = match &self.data_dir {
            Some(dir) => {
                let (store, saved) = Store::open(dir)?;
                (Some(store), saved)
            }
            None => (None, crate::store::Snapshot::default()),
        };
        let dynamodb = dynamodb::Engine::open(self.data_dir.as_deref(), &self.clock)?;
        let world = World {
            inner: Arc::new(Inner {
                clock: self.clock,
                account: self.account,
                region: self.region,
                iam: Mutex::new(saved.iam),
                ssm: Mutex::new(saved.ssm),
                s3: Mutex::new(saved.s3),
                ec2: Mutex::new(saved.ec2),
                kms: Mutex::new(saved.kms),
                tags: Mutex::new(saved.tags),
                events: Mutex::new(saved.events),
                lambda: Mutex::default(),
                journal: Mutex::default(),
                powers: Mutex::default(),
                faults: Faults::default(),
                dynamodb,
                store,
            }),
        };
        if let Some(lag) = self.listing_lag {
            let millis = u32::try_from(lag.as_millis()).unwrap_or(u32::MAX);
            world.change_session_habits(|habits| habits.listing_lag_millis = millis);
        }
        Ok(world)
    }
}

impl World {
    /// A world to be described; every setting has a default.
    #[must_use]
    pub fn builder() -> Builder {
        Builder {
            clock: StandinClock::system(),
            account: "111122223333".to_owned(),
            region: "ap-northeast-2".to_owned(),
            data_dir: None,
            listing_lag: None,
        }
    }

    /// The clock of this world.
    #[must_use]
    pub fn clock(&self) -> &StandinClock {
        &self.inner.clock
    }

    /// The world's time in milliseconds since the Unix epoch.
    #[must_use]
    pub fn now_millis(&self) -> i64 {
        self.inner.clock.now_millis()
    }

    /// The account id.
    #[must_use]
    pub fn account(&self) -> &str {
        &self.inner.account
    }

    /// The Region that seeds belong to unless they say otherwise.
    #[must_use]
    pub fn region(&self) -> &str {
        &self.inner.region
    }

    /// The faults to come; see [`Faults`].
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.inner.faults
    }

    /// Roles, keys and issued credentials: first in the lock order.
    pub(crate) fn iam_state(&self) -> MutexGuard<'_, iam::State> {
        locked(&self.inner.iam)
    }

    /// Nodes, documents and sessions: after iam in the lock order.
    pub(crate) fn ssm_state(&self) -> MutexGuard<'_, ssm::State> {
        locked(&self.inner.ssm)
    }

    /// Buckets and objects: after ssm in the lock order.
    pub(crate) fn s3_state(&self) -> MutexGuard<'_, s3::State> {
        locked(&self.inner.s3)
    }

    /// Networks: after s3 in the lock order.
    pub(crate) fn ec2_state(&self) -> MutexGuard<'_, ec2::State> {
        locked(&self.inner.ec2)
    }

    /// Keys: after ec2 in the lock order.
    pub(crate) fn kms_state(&self) -> MutexGuard<'_, kms::State> {
        locked(&self.inner.kms)
    }

    /// Tags of resources: after kms in the lock order.
    pub(crate) fn tags_state(&self) -> MutexGuard<'_, tagging::State> {
        locked(&self.inner.tags)
    }

    /// Events put on the bus: after tags in the lock order.
    pub(crate) fn events_state(&self) -> MutexGuard<'_, events::State> {
        locked(&self.inner.events)
    }

    /// Functions and the events taken for them: after events in the lock order.
    pub(crate) fn lambda_state(&self) -> MutexGuard<'_, lambda::State> {
        locked(&self.inner.lambda)
    }

    /// What was called: after faults in the lock order.
    pub(crate) fn journal_state(&self) -> MutexGuard<'_, journal::State> {
        locked(&self.inner.journal)
    }

    /// What was demanded of policy: last in the lock order.
    pub(crate) fn powers_state(&self) -> MutexGuard<'_, powers::State> {
        locked(&self.inner.powers)
    }

    /// The table engine.
    pub(crate) fn tables(&self) -> &dynamodb::Engine {
        &self.inner.dynamodb
    }

    /// Writes the snapshot when there is a data directory and something changed. Called by the
    /// doors after every call and by every seeding method after its change; must be called with
    /// no state lock held.
    pub(crate) fn persist(&self) {
        if let Some(store) = &self.inner.store {
            store.save(self);
        }
    }
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("World")
            .field("account", &self.inner.account)
            .field("region", &self.inner.region)
            .finish_non_exhaustive()
    }
}

/// Takes a lock whatever became of its last holder.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
