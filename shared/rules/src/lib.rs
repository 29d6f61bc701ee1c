//! What Postern decides.
//!
//! Everything here is pure: time, randomness and facts come in as arguments, and nothing is read
//! or written. A rule takes a value and answers with the next value and its audit entry together
//! (a [`Step`](step::Step)) or with a [`Refusal`](refusal::Refusal) that says what to do next.
//! The broker records the step, and only then acts.
//!
//! Power needs a witness that only this crate can build: a [`Caller`](caller::Caller) is a person
//! whose token was judged, a [`Permit`](permit::Permit) may mint credentials, an
//! [`Eviction`](eviction::Eviction) may terminate a session.

pub mod ask;
pub mod audit;
pub mod bypass;
pub mod caller;
pub mod canonical;
pub mod chat;
pub mod claims;
pub mod deny_list;
pub mod eviction;
pub mod facts;
pub mod life;
pub mod log_verdict;
pub mod moment;
pub mod names;
pub mod offices;
pub mod on_call;
pub mod pace;
pub mod permit;
pub mod place;
pub mod policy;
pub mod readiness;
pub mod refusal;
pub mod request;
pub mod route;
#[cfg(test)]
mod seeded;
pub mod session;
pub mod session_document;
pub mod session_policy;
pub mod status;
pub mod step;
pub mod strict_json;
pub mod sweep;
pub mod wire;
