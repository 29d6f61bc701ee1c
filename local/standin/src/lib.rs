//! A stand-in AWS on one machine: small, faithful and enforcing.
//!
//! It offers the calls of DynamoDB, S3, Systems Manager (sessions, documents, nodes), STS, IAM
//! (roles and their policies), the tagging API, EventBridge, Lambda, and of EC2 and KMS what describes
//! a set-up, as an access broker makes them, and as AWS answers them, and it enforces what AWS
//! enforces: signatures, session tokens, expiry, and IAM
//! policies with their conditions, session policies, boundaries and trust.
//!
//! There are two doors to the same service:
//!
//! - [`World::http_client`] is an HTTP client for SDK clients in the same process. Real
//!   serialisation, signing, retries and error parsing are exercised; only the socket is missing.
//! - [`World::listen`] serves the same on a loopback address, for the AWS CLI and for programs in
//!   other processes.
//!
//! Both doors do the same to a call, in this order (see [`door`]): read it, meet a fault that is
//! due, verify its signature, weigh its demands against policy, do it, meet a fault that is due
//! after the effect, write the journal, answer.
//!
//! A test arranges a world by the seeding methods of [`World`], which go through no door and no
//! policy, and afterwards reads the journal, the sessions, the objects and the events. The clock
//! ([`clock`]) may be moved by hand; nothing happens behind a test's back.
//!
//! ```
//! use std::time::Duration;
//!
//! use standin::faults::{FaultKind, FaultRule};
//! use standin::{Service, StandinClock, World};
//!
//! let world = World::builder().clock(StandinClock::by_hand(1_795_510_800_000)).build()?;
//! world.create_bucket("logs", Default::default());
//! // Give SDK clients `world.http_client()`, `world.clock()` and these keys.
//! let keys = world.admin_keys();
//! // The next answer to a write is lost; the write is not.
//! let lost = FaultKind::TimeoutAfterEffect;
//! world.faults().inject(FaultRule::once(Service::DynamoDb, "PutItem", lost));
//! world.clock().advance(Duration::from_secs(3_600));
//! assert!(world.journal().is_empty() && world.bucket("logs").is_empty());
//! # Ok::<(), standin::WorldError>(())
//! ```

pub mod call;
pub mod clock;
pub mod door;
pub mod dynamodb;
pub mod ec2;
pub mod events;
pub mod faults;
pub mod iam;
pub mod journal;
pub mod kms;
pub mod lambda;
pub mod powers;
mod random;
pub mod s3;
mod signature;
pub mod ssm;
mod store;
pub mod sts;
pub mod tagging;
pub mod world;
mod xml;

pub use call::{Answer, AwsError, Call, Demand, Service};
pub use clock::StandinClock;
pub use world::{World, WorldError};
