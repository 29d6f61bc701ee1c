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

pub mod moment;
pub mod names;
pub mod ask;
pub mod caller;
pub mod facts;
pub mod route;
