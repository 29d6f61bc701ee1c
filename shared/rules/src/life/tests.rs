//! The life of a request, told by its rules alone.
//!
//! Every request here was made by the rules, and every caller by the judge of claims: there is no
//! other way to either, for tests neither.

mod again;
mod chat;
mod emergency;
mod extension;
mod golden;
mod identity;
mod model;
mod others;
mod readiness;
mod refusals;
pub(crate) mod scene;
mod shown;
mod stages;

pub(crate) use scene::{Scene, after, start};
