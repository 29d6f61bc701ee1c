//! The configuration of a deployment, read from the environment of its functions.
//!
//! Everything is read before anything is used, and all that is wrong is told at once, so that a
//! deployment is mended in one go. No setting is a secret: Postern holds none but the credentials
//! that AWS gives its functions, and the key of the on-call feed, of which the settings say where
//! it is.

mod changing;
mod chat;
mod parts;
mod reading;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use aws_config::SdkConfig;
use rules::claims::{Audience, GroupsClaim, HumanClaim, Leeway};
use rules::names::{AccountId, Group, Issuer as IssuerName};
use rules::offices::Offices;
use rules::pace::Pace;
use rules::place::Places;
use url::Url;

use self::changing::PolicySource;
pub use self::chat::ChatSettings;
use self::reading::Reading;
pub use self::reading::{Fault, Faults};
use crate::aws::{Accounts, Duty, NoCredentials};
use crate::bus::{Bus, BusName};
use crate::clock::Clock;
use crate::doctor::Doctor;
use crate::iam::Iam;
use crate::identity::{Algorithm, IdentityConfig, IdentityFault, Verifier};
use crate::in_force::InForce;
use crate::lambda::FunctionName;
use crate::ledger::{Ledger, Table};
use crate::notice::Notices;
use crate::on_call::{FeedPlace, OnCallFeed};
use crate::policies::Policies;
use crate::s3::{BucketName, Evidence, S3Logs};
use crate::ssm::{CallRate, Ssm};
use crate::sweeper::{EvidencePlan, Reach, Sweeper};
use crate::terms::Terms;

/// What every function needs: where the ledger is, which places there are, and the waits.
///
/// The sweeper needs nothing else. It reads neither the policy set nor who may sign in, so access
/// ends also where those are wrong.
#[derive(Debug, Clone)]
pub struct Ground {
    home: AccountId,
    places: Places,
    table: Table,
    pace: Pace,
    call_rate: CallRate,
    bus: BusName,
    evidence: Option<BucketName>,
    checkpoint_every: Duration,
}

/// A deployment's configuration, for the functions that decide.
#[derive(Debug, Clone)]
pub struct Config {
    ground: Ground,
    terms: Arc<Terms>,
    policy: PolicySource,
    on_call: Option<FeedPlace>,
    doctor: Option<FunctionName>,
    identity: IdentityConfig,
    chat: Option<ChatSettings>,
}

impl Ground {
    /// Reads the settings that [`Config::from_env`] lists under *all functions*.
    ///
    /// # Errors
    /// Everything that is wrong, together.
    pub fn from_env(setting: impl Fn(&str) -> Option<String>) -> Result<Self, Faults> {
        let mut read = Reading::new(&setting);
        let ground = Self::read(&mut read);
        read.done(|| ground)
    }

    fn read(read: &mut Reading<'_>) -> Option<Self> {
        let home = read.needed::<AccountId>("POSTERN_HOME_ACCOUNT");
        let places = read.json::<Places>("POSTERN_PLACES");
        let table = read.needed::<reading::TableName>("POSTERN_TABLE");
        let shards = read.number("POSTERN_TABLE_SHARDS", 4, 1..=16);
        let pace = pace(read);
        let per_second = read.number("POSTERN_SSM_CALLS_PER_SECOND", 2, 1..=20);
        let bus = read.parsed_or::<BusName>("POSTERN_EVENT_BUS", "default");
        let evidence = read.optional::<BucketName>("POSTERN_EVIDENCE_BUCKET");
        let every = Duration::from_secs(5 * 60);
        let checkpoint_every = read.length("POSTERN_CHECKPOINT_EVERY", every);
        Some(Self {
            home: home?,
            places: places?,
            table: Table {
                name: table?.into(),
                shards: u8::try_from(shards?).ok()?,
            },
            pace: pace?,
            call_rate: CallRate {
                every: Duration::from_secs(1).checked_div(u32::try_from(per_second?).ok()?)?,
                ..CallRate::default()
            },
            bus: bus?,
            evidence: evidence?,
            checkpoint_every: checkpoint_every?,
        })
    }

    /// The ledger.
    #[must_use]
    pub fn ledger(&self, sdk: &SdkConfig) -> Ledger {
        Ledger::new(sdk, self.table.clone(), self.pace)
    }

    /// The part that takes access back.
    ///
    /// # Errors
    /// A place lies in an account without credentials.
    pub fn sweeper(&self, sdk: &SdkConfig, clock: Clock) -> Result<Sweeper, NoCredentials> {
        let accounts = self.accounts(sdk, Duty::Operate);
        let reach = Reach {
            ssm: Ssm::new(&accounts, &self.places, self.call_rate)?,
            s3: S3Logs::new(&accounts, &self.places)?,
            iam: Iam::new(&accounts, &self.places)?,
            bus: Bus::new(sdk, self.bus.clone()),
            evidence: self.evidence.as_ref().map(|bucket| EvidencePlan {
                bucket: Evidence::new(sdk, bucket.clone(), self.home.clone()),
                deployment: format!("{}/{}", self.home, self.table.name),
                every: self.checkpoint_every,
            }),
        };
        let (places, pace) = (self.places.clone(), self.pace);
        Ok(Sweeper::new(places, pace, self.ledger(sdk), reach, clock))
    }

    /// The part that tells whether an instance can be reached, and why not.
    ///
    /// # Errors
    /// A place lies in an account without credentials.
    pub fn doctor(&self, sdk: &SdkConfig) -> Result<Doctor, NoCredentials> {
        Doctor::new(&self.accounts(sdk, Duty::Examine), self.places.clone())
    }

    fn accounts(&self, sdk: &SdkConfig, duty: Duty) -> Accounts {
        Accounts::home(self.home.clone(), sdk.clone(), duty)
    }
}

impl Config {
    /// Reads the configuration. `setting` gives the value of an environment variable; one that is
    /// empty counts as not set.
    ///
    /// All functions:
    ///
    /// | variable | what | default |
    /// |---|---|---|
    /// | `POSTERN_HOME_ACCOUNT` | the account that the functions run in | |
    /// | `POSTERN_PLACES` | the accounts and Regions served: a JSON list of [`Place`](rules::place::Place) | |
    /// | `POSTERN_TABLE` | the table | |
    /// | `POSTERN_TABLE_SHARDS` | partitions of one hour of due work: 1 to 16; it must never shrink | `4` |
    /// | `POSTERN_ACTIVATE_WITHIN` | how long an approval may be activated | `4h` |
    /// | `POSTERN_ORPHAN_AFTER` | when an issue without outcome counts as dead; longer than functions run | `60s` |
    /// | `POSTERN_SETTLE` | how long sessions are looked for after the last that could begin | `30s` |
    /// | `POSTERN_LOG_GRACE` | when a log counts as late | `5m` |
    /// | `POSTERN_LOG_MISSING` | when a log counts as missing | `1h` |
    /// | `POSTERN_RECHECK_AFTER` | how long after the close of a request its logs are looked at again; then when it is four times as old, and so on | `1h` |
    /// | `POSTERN_RECHECK_UNTIL` | how old it is when they are no longer: before the bucket's life-cycle rules take them away; or `never` | `30d` |
    /// | `POSTERN_REMIND_BEFORE` | how long before its end a grant is said to end, or `never` | `5m` |
    /// | `POSTERN_STARTS_WITHIN` | how far ahead access may be asked for | `7d` |
    /// | `POSTERN_MOST_PENDING` | requests of one person that may wait at once | `10` |
    /// | `POSTERN_SSM_CALLS_PER_SECOND` | calls to SSM in each place: 1 to 20 | `2` |
    /// | `POSTERN_EVENT_BUS` | the event bus, in the home account and the function's own Region | `default` |
    /// | `POSTERN_EVIDENCE_BUCKET` | the locked bucket for checkpoints, in the home account | no checkpoints |
    /// | `POSTERN_CHECKPOINT_EVERY` | how long after one checkpoint the next is made | `5m` |
    ///
    /// The functions that decide:
    ///
    /// | variable | what | default |
    /// |---|---|---|
    /// | `POSTERN_POLICY` | the policy set, in Cedar; this or one of the next two | |
    /// | `POSTERN_POLICY_FILE` | the file of the policy set: environments hold 4 KB in all | |
    /// | `POSTERN_POLICY_OBJECT` | the object of the policy set: `s3://bucket/key`, or with `?versionId=…` one version of it; in the home account and the function's own Region | |
    /// | `POSTERN_POLICY_REFRESH` | how long a set from S3 is used without looking for another | `60s` |
    /// | `POSTERN_POLICY_KEEP` | how long a set from S3 stays in force when it cannot be read again | `24h` |
    /// | `POSTERN_ON_CALL_OBJECT` | the object of the signed on-call feed: `s3://bucket/key` | nobody is on call |
    /// | `POSTERN_ON_CALL_KEY_PARAMETER` | the parameter that holds the feed's key, or two on a line each: a `SecureString` | |
    /// | `POSTERN_DOCTOR_FUNCTION` | the function that `api` asks for the readiness of targets, in the home account and its own Region | readiness is not known |
    /// | `POSTERN_OPERATOR_GROUPS` | groups of operators, with commas between | nobody |
    /// | `POSTERN_AUDITOR_GROUPS` | groups of auditors, with commas between | nobody |
    /// | `POSTERN_ISSUER` | the OpenID Connect issuer | |
    /// | `POSTERN_JWKS_URI` | where its keys are | as its discovery document says |
    /// | `POSTERN_AUDIENCES` | whom tokens must be for, with commas between | |
    /// | `POSTERN_ALGORITHMS` | what tokens may be signed with, with commas between | `RS256,ES256` |
    /// | `POSTERN_GROUPS_CLAIM` | the claim that holds the groups | `groups` |
    /// | `POSTERN_HUMAN_CLAIM` | the claim that says who is behind an account, the same in all accounts of one human being; every token must have it then | people have one account |
    /// | `POSTERN_LEEWAY_SECONDS` | how far clocks may differ: 0 to 30 | `5` |
    /// | `POSTERN_ALLOW_LOOPBACK_ISSUER` | `true` lets the issuer be on loopback without TLS, and Slack too; for the local run | `false` |
    ///
    /// The function `chatops` reads those of [`ChatSettings`] too.
    ///
    /// # Errors
    /// Everything that is wrong, together.
    pub fn from_env(setting: impl Fn(&str) -> Option<String>) -> Result<Self, Faults> {
        let mut read = Reading::new(&setting);
        let ground = Ground::read(&mut read);
        let policy = read.policy();
        let on_call = read.on_call();
        let doctor = read.optional::<FunctionName>("POSTERN_DOCTOR_FUNCTION");
        let operators = read.list::<Group>("POSTERN_OPERATOR_GROUPS");
        let auditors = read.list::<Group>("POSTERN_AUDITOR_GROUPS");
        let identity = identity(&mut read);
        let local = identity
            .as_ref()
            .is_some_and(|identity| identity.allow_loopback_http);
        let chat = read.chat(local);
        read.done(|| {
            let ground = ground?;
            let terms = Terms {
                places: ground.places.clone(),
                pace: ground.pace,
                offices: Offices {
                    operators: operators?.into_iter().collect(),
                    auditors: auditors?.into_iter().collect(),
                },
            };
            Some(Self {
                ground,
                terms: Arc::new(terms),
                policy: policy?,
                on_call: on_call?,
                doctor: doctor?,
                identity: identity?,
                chat: chat?,
            })
        })
    }

    /// What the sweeper needs of it.
    #[must_use]
    pub fn ground(&self) -> &Ground {
        &self.ground
    }

    /// The terms that access is given on.
    #[must_use]
    pub fn terms(&self) -> Arc<Terms> {
        Arc::clone(&self.terms)
    }

    /// What reads tokens.
    ///
    /// # Errors
    /// The issuer cannot be used.
    pub fn verifier(&self, clock: Clock) -> Result<Verifier, IdentityFault> {
        Verifier::new(self.identity.clone(), clock)
    }

    /// What keeps the policy set and who is on call, and tells these of what it meets. Nothing is
    /// read from AWS yet.
    #[must_use]
    pub fn in_force(&self, sdk: &SdkConfig, clock: Clock, notices: Notices) -> InForce {
        let home = &self.ground.home;
        let policies = match &self.policy {
            PolicySource::Bundled(set) => Policies::bundled(Arc::clone(set), &notices),
            PolicySource::Object(object) => {
                let (clock, notices) = (clock.clone(), notices.clone());
                Policies::in_s3(object, home.clone(), sdk, clock, notices)
            }
        };
        let on_call = match &self.on_call {
            Some(place) => OnCallFeed::in_s3(place, home.clone(), sdk, clock, notices.clone()),
            None => OnCallFeed::none(),
        };
        InForce::new(policies, on_call, notices)
    }
}

fn identity(read: &mut Reading<'_>) -> Option<IdentityConfig> {
    let issuer = read.needed::<IssuerName>("POSTERN_ISSUER");
    let jwks_uri = read.optional::<Url>("POSTERN_JWKS_URI");
    let audiences = read.needed_list::<Audience>("POSTERN_AUDIENCES");
    let algorithms = read.list_or("POSTERN_ALGORITHMS", &[Algorithm::Rs256, Algorithm::Es256]);
    let groups_claim = read.parsed_or::<GroupsClaim>("POSTERN_GROUPS_CLAIM", "groups");
    let human_claim = read.optional::<HumanClaim>("POSTERN_HUMAN_CLAIM");
    let leeway = read.number("POSTERN_LEEWAY_SECONDS", 5, 0..=30);
    let allow_loopback_http = read.switch("POSTERN_ALLOW_LOOPBACK_ISSUER");
    Some(IdentityConfig {
        issuer: issuer?,
        jwks_uri: jwks_uri?,
        audiences: audiences?.into_iter().collect::<BTreeSet<_>>(),
        algorithms: algorithms?,
        groups_claim: groups_claim?,
        human_claim: human_claim?,
        leeway: Leeway::of_seconds(leeway?).ok()?,
        allow_loopback_http: allow_loopback_http?,
    })
}

fn pace(read: &mut Reading<'_>) -> Option<Pace> {
    let usual = Pace::default();
    let activate_within = read.length("POSTERN_ACTIVATE_WITHIN", usual.activate_within);
    let orphan_after = read.length("POSTERN_ORPHAN_AFTER", usual.orphan_after);
    let settle = read.length("POSTERN_SETTLE", usual.settle);
    let log_grace = read.length("POSTERN_LOG_GRACE", usual.log_grace);
    let log_missing = read.length("POSTERN_LOG_MISSING", usual.log_missing);
    let recheck_after = read.length("POSTERN_RECHECK_AFTER", usual.recheck_after);
    let recheck_until = read.length_or_never("POSTERN_RECHECK_UNTIL", usual.recheck_until);
    let remind_before = read.length_or_never("POSTERN_REMIND_BEFORE", usual.remind_before);
    let starts_within = read.length("POSTERN_STARTS_WITHIN", usual.starts_within);
    let most_pending = read.number("POSTERN_MOST_PENDING", usual.most_pending as u64, 1..=1_000);
    let pace = Pace {
        activate_within: activate_within?,
        orphan_after: orphan_after?,
        settle: settle?,
        log_grace: log_grace?,
        log_missing: log_missing?,
        recheck_after: recheck_after?,
        recheck_until: recheck_until?,
        remind_before: remind_before?,
        starts_within: starts_within?,
        most_pending: usize::try_from(most_pending?).ok()?,
    };
    if pace.log_missing < pace.log_grace {
        let what = "a log counts as late before it counts as missing; make it `POSTERN_LOG_GRACE` or longer";
        read.fault("POSTERN_LOG_MISSING", what.to_owned());
        return None;
    }
    Some(pace)
}
