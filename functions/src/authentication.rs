//! Who is calling: the first thing that a handler asks for.
//!
//! The token in the one `Authorization` header is all that is believed. No header, cookie or
//! gateway context names a caller, so none can be forged (S5).

use std::sync::Arc;

use axum::extract::{FromRef, FromRequestParts};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use broker::identity::Verifier;
use rules::caller::Caller;

use crate::boundary::Line;
use crate::code::Code;
use crate::problem::No;

/// A caller whose token was verified. As the first argument of a handler it is judged before any
/// other part of the call.
#[derive(Debug)]
pub struct Authenticated(pub Caller);

/// More than one `Authorization` header: which of them counts is not for Postern to guess.
#[derive(Debug, thiserror::Error)]
#[error("more than one `Authorization` header was sent")]
struct TwoTokens;

impl<S> FromRequestParts<S> for Authenticated
where
    Arc<Verifier>: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = No;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, No> {
        let mut sent = parts.headers.get_all(AUTHORIZATION).iter();
        let header = sent.next();
        if sent.next().is_some() {
            return Err(No::of(Code::Unauthenticated).because(&TwoTokens));
        }
        let verifier = Arc::<Verifier>::from_ref(state);
        let caller = verifier.caller(header.map(AsRef::as_ref)).await?;
        Line::of(&parts.extensions).called_by(&caller);
        Ok(Self(caller))
    }
}

#[cfg(test)]
mod tests;
