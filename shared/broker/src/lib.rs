//! What Postern does: it reads tokens, keeps the ledger, and calls AWS.
//!
//! The rules decide and this crate acts, always in the same order: ask the rules, record their
//! step in the ledger under a condition, and only then act on it. Whatever is lost between the two
//! is found in the ledger by the sweeper. An act without a record cannot happen, because the acts
//! that matter take a witness that comes with a step: minting takes a
//! [`Permit`](rules::permit::Permit), terminating an [`Eviction`](rules::eviction::Eviction).
//!
//! There is one file for each AWS service, and it holds concrete SDK clients: no trait stands
//! between them and the callers, and the tests exercise real serialisation, signing, paging and
//! retries against a stand-in. Nothing here logs; a fault goes up to the function's edge as an
//! [`AwsFault`](fault::AwsFault), what no call fails of as a [`Notice`](notice::Notice), and is
//! logged there, once.

pub mod aws;
pub mod bus;
pub mod chat;
pub mod clock;
pub mod config;
pub mod desk;
pub mod doctor;
pub mod fault;
pub mod iam;
pub mod identity;
pub mod in_force;
pub mod inventory;
pub mod lambda;
pub mod ledger;
pub mod notice;
pub mod on_call;
pub mod policies;
pub mod practice;
mod rounds;
pub mod s3;
pub mod slack;
pub mod ssm;
pub mod sts;
pub mod sweeper;
pub mod terms;
