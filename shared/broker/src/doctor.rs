//! The doctor: reads what an instance and its surroundings are, and has the rules judge it.
//!
//! Everything is read with the doctor's own role, or in other accounts with the place's operator
//! role under a session policy of reads alone. Nothing is changed, and no log and no object is
//! read. What could not be read is a fact too: it says which permission is lacking, or what else
//! kept it from being read, and the examination goes on. So there is always a report.
//!
//! Whatever does not hang on something else is read side by side. All of it has one deadline, well
//! within the 30 s of the gateway (AWS-FACTS 6.4); what is not there by then counts as unread.

mod agent;
mod bucket;
mod keys;
mod machine;
mod network;
mod reading;
mod role;

use std::time::Duration;

use aws_config::SdkConfig;
use futures_util::FutureExt as _;
use rules::names::{AccessKind, Target};
use rules::place::{Place, Places};
use rules::readiness::{Facts, Report, documents_to_read, inspect};

use self::keys::arns;
use self::reading::{Until, fact};
use crate::aws::{Accounts, NoCredentials, PerPlace};

/// How long an examination takes at most.
const LONGEST: Duration = Duration::from_secs(8);

/// Examines instances.
#[derive(Debug)]
pub struct Doctor {
    places: Places,
    clients: PerPlace<Clients>,
    longest: Duration,
}

/// Why there is no report.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotExamined {
    /// The target lies in no place that is served.
    #[error("`{0}` lies in no account and Region that is served")]
    NotServed(Target),
}

/// What a place is read with.
#[derive(Debug)]
struct Clients {
    ec2: aws_sdk_ec2::Client,
    ssm: aws_sdk_ssm::Client,
    s3: aws_sdk_s3::Client,
    iam: aws_sdk_iam::Client,
    kms: aws_sdk_kms::Client,
    /// For buckets and keys of another Region.
    config: SdkConfig,
}

/// One examination.
#[derive(Debug, Clone, Copy)]
struct Look<'a> {
    clients: &'a Clients,
    target: &'a Target,
    place: &'a Place,
    /// The other accounts that a bucket of the place may belong to.
    places: &'a Places,
    until: Until,
}

impl Doctor {
    /// Clients for all places.
    ///
    /// # Errors
    /// A place lies in an account without credentials.
    pub fn new(accounts: &Accounts, places: Places) -> Result<Self, NoCredentials> {
        let clients = PerPlace::build(accounts, &places, |config| Clients {
            ec2: aws_sdk_ec2::Client::new(config),
            ssm: aws_sdk_ssm::Client::new(config),
            s3: aws_sdk_s3::Client::new(config),
            iam: aws_sdk_iam::Client::new(config),
            kms: aws_sdk_kms::Client::new(config),
            config: config.clone(),
        })?;
        Ok(Self {
            places,
            clients,
            longest: LONGEST,
        })
    }

    /// Gives every examination so long at most, instead of 8 s.
    #[must_use]
    pub fn within(mut self, longest: Duration) -> Self {
        self.longest = longest;
        self
    }

    /// Whether an instance can be reached by these kinds of access, and whether its logs will land;
    /// by all that the place offers, where none is named. AWS is asked anew each time.
    ///
    /// # Errors
    /// The target lies in no place that is served.
    pub async fn examine(
        &self,
        target: &Target,
        kinds: &[AccessKind],
    ) -> Result<Report, NotExamined> {
        Box::pin(self.examine_within(target, kinds, self.longest)).await
    }

    /// The same within a time of the caller's; what has not been read by then counts as unread.
    ///
    /// # Errors
    /// The target lies in no place that is served.
    pub async fn examine_within(
        &self,
        target: &Target,
        kinds: &[AccessKind],
        within: Duration,
    ) -> Result<Report, NotExamined> {
        let elsewhere = || NotExamined::NotServed(target.clone());
        let place = self.places.of_target(target).ok_or_else(elsewhere)?;
        let served = self.clients.of(&target.account, &target.region);
        let look = Look {
            clients: served.ok_or_else(elsewhere)?,
            target,
            place,
            places: &self.places,
            until: Until::after(within),
        };
        let kinds = if kinds.is_empty() {
            place.kinds.as_slice()
        } else {
            kinds
        };
        let facts = Box::pin(look.facts(kinds)).await;
        Ok(inspect(&facts, place, kinds))
    }
}

impl Look<'_> {
    async fn facts(self, kinds: &[AccessKind]) -> Facts {
        let bucket = self.bucket().boxed().shared();
        let session_key = self.session_key().boxed().shared();
        let node = self.node().boxed().shared();
        // What a role may do with keys is asked once it is known which keys there are.
        let keys = {
            let (bucket, session_key) = (bucket.clone(), session_key.clone());
            async move {
                let (bucket, session_key) = tokio::join!(bucket, session_key);
                arns(&bucket, session_key.as_ref())
            }
        };
        let keys = keys.boxed().shared();
        let names = documents_to_read(self.place, kinds);
        let (machine, node, connected, bucket, session_key, documents) = tokio::join!(
            Box::pin(self.machine(node.clone(), keys)),
            node,
            Box::pin(self.connected()),
            bucket,
            session_key,
            Box::pin(self.documents(names)),
        );
        Facts {
            target: self.target.clone(),
            machine,
            agent: fact(node.map(|node| node.map(|node| node.agent))),
            connected: fact(connected),
            bucket: fact(bucket),
            session_key,
            documents,
        }
    }
}
