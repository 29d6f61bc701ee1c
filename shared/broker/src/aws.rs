//! How Postern calls AWS: one clock, one set of time limits, and one client per place.
//!
//! An API function must answer within the 30 s of its gateway, so a call that hangs must not use
//! them up: an attempt has 4 s, and an operation, retries included, 12 s. Retries are the SDK's
//! standard ones, with jitter; three attempts in all (AWS-FACTS 10.5).
//!
//! Everything regional is called in the account and Region of a [`Place`], through a client that
//! was built for that place when the function started. A place without credentials of its account
//! is an error then. Were the nearest client taken instead, a listing in the wrong account would
//! come back empty and complete, and an open session would count as gone.
//!
//! In accounts other than its own Postern acts as the place's operator role. It is assumed when the
//! first call of a client needs credentials, so an account that cannot be reached delays and fails
//! the calls that are about it, and no others.

mod operator;

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_sts::config::SharedCredentialsProvider;
use aws_smithy_async::time::TimeSource;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_types::DateTime;
use rules::moment::Moment;
use rules::names::{AccountId, Region};
use rules::place::{Place, Places};

pub use self::operator::Duty;
use crate::clock::Clock;

/// The SDK behaviour that Postern is tested with (AWS-FACTS 10.4).
fn behaviour() -> BehaviorVersion {
    BehaviorVersion::v2026_01_12()
}

fn retries() -> RetryConfig {
    RetryConfig::standard()
        .with_max_attempts(3)
        .with_initial_backoff(Duration::from_millis(500))
        .with_max_backoff(Duration::from_secs(2))
}

fn time_limits() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(2))
        .operation_attempt_timeout(Duration::from_secs(4))
        .operation_timeout(Duration::from_secs(12))
        .build()
}

/// The configuration of a deployed function: credentials, Region and endpoints from its
/// environment. `AWS_ENDPOINT_URL` and its service-specific forms are honoured (AWS-FACTS 10.3).
pub async fn sdk_config(clock: &Clock) -> SdkConfig {
    let loading = aws_config::defaults(behaviour())
        .retry_config(retries())
        .timeout_config(time_limits())
        .time_source(SigningTime(clock.clone()))
        .load();
    Box::pin(loading).await
}

/// The same configuration over another HTTP client and other credentials: for AWS in the same
/// process.
#[must_use]
pub fn with_http(
    clock: &Clock,
    http: SharedHttpClient,
    region: &Region,
    credentials: SharedCredentialsProvider,
) -> SdkConfig {
    SdkConfig::builder()
        .behavior_version(behaviour())
        .retry_config(retries())
        .timeout_config(time_limits())
        .time_source(SigningTime(clock.clone()))
        .http_client(http)
        .region(sdk_region(region))
        .credentials_provider(credentials)
        .build()
}

fn sdk_region(region: &Region) -> aws_config::Region {
    aws_config::Region::new(region.as_str().to_owned())
}

/// Postern's clock as the SDK reads it: signatures and the expiry of credentials go by the same
/// time as the rules do.
#[derive(Debug, Clone)]
struct SigningTime(Clock);

impl TimeSource for SigningTime {
    fn now(&self) -> SystemTime {
        let millis = u64::try_from(self.0.now().millis()).unwrap_or(0);
        SystemTime::UNIX_EPOCH + Duration::from_millis(millis)
    }
}

/// A moment that AWS reported; one beyond the year 9999 is held there.
pub(crate) fn moment(time: &DateTime) -> Moment {
    Moment::from_millis(time.to_millis().unwrap_or(i64::MAX))
}

/// The accounts that Postern has credentials for.
#[derive(Debug, Clone)]
pub struct Accounts {
    by_account: BTreeMap<AccountId, SdkConfig>,
    home: SdkConfig,
    duty: Duty,
}

impl Accounts {
    /// The account that Postern itself runs in, and its configuration. Others are reached from it,
    /// by their operator roles.
    #[must_use]
    pub fn home(account: AccountId, config: SdkConfig, duty: Duty) -> Self {
        Self {
            by_account: BTreeMap::from([(account, config.clone())]),
            home: config,
            duty,
        }
    }

    /// Adds an account with a configuration of its own, whose credentials belong to it.
    #[must_use]
    pub fn and(mut self, account: AccountId, config: SdkConfig) -> Self {
        self.by_account.insert(account, config);
        self
    }

    /// How a place is called.
    fn config_of(&self, place: &Place) -> Result<SdkConfig, NoCredentials> {
        let config = match &place.operator_role {
            Some(role) => operator::config(&self.home, role, place.external_id.as_ref(), self.duty),
            None => self
                .by_account
                .get(&place.account)
                .cloned()
                .ok_or_else(|| NoCredentials {
                    account: place.account.clone(),
                    region: place.region.clone(),
                })?,
        };
        Ok(config
            .into_builder()
            .region(sdk_region(&place.region))
            .build())
    }
}

/// A place in an account that no credentials are configured for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "account `{account}` is to be served in Region `{region}`, and no credentials of it are \
     configured; name the place's `operator_role`"
)]
pub struct NoCredentials {
    /// The account.
    pub account: AccountId,
    /// The Region.
    pub region: Region,
}

/// One client, or set of clients, for each place. Connections are shared between them.
#[derive(Debug)]
pub(crate) struct PerPlace<C> {
    clients: BTreeMap<(AccountId, Region), C>,
}

impl<C> PerPlace<C> {
    /// Builds the clients of all places.
    pub(crate) fn build(
        accounts: &Accounts,
        places: &Places,
        client: impl Fn(&SdkConfig) -> C,
    ) -> Result<Self, NoCredentials> {
        let clients = places
            .iter()
            .map(|place| {
                let key = (place.account.clone(), place.region.clone());
                Ok((key, client(&accounts.config_of(place)?)))
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { clients })
    }

    /// The client of a place.
    pub(crate) fn of(&self, account: &AccountId, region: &Region) -> Option<&C> {
        self.clients.get(&(account.clone(), region.clone()))
    }
}
