//! Path, query and headers, each read through its one door.

use axum::extract::{FromRequestParts, Path, Query};
use axum::http::request::Parts;
use broker::ledger::IdempotencyKey;
use rules::names::{RequestId, Target};
use serde::de::DeserializeOwned;
use utoipa::openapi::Required;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};

use crate::boundary::Line;
use crate::code::Code;
use crate::problem::No;

/// The name of the header that makes a repeated call harmless.
pub const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// The request that the path names.
#[derive(Debug, Clone, Copy)]
pub struct Id(pub RequestId);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = No;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, No> {
        let Path(text) = Path::<String>::from_request_parts(parts, state)
            .await
            .map_err(|_| No::of(Code::InvalidRequestId))?;
        let id = text.parse().map_err(|bad: rules::names::BadName| {
            No::about(Code::InvalidRequestId, &bad.to_string())
        })?;
        Line::of(&parts.extensions).about(id);
        Ok(Self(id))
    }
}

/// The target that the path names.
#[derive(Debug, Clone)]
pub struct Named(pub Target);

impl<S: Send + Sync> FromRequestParts<S> for Named {
    type Rejection = No;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, No> {
        let Path((account, region, id)) =
            Path::<(String, String, String)>::from_request_parts(parts, state)
                .await
                .map_err(|_| No::of(Code::InvalidTarget))?;
        format!("{account}/{region}/{id}")
            .parse()
            .map(Self)
            .map_err(|bad: rules::names::BadName| No::about(Code::InvalidTarget, &bad.to_string()))
    }
}

/// The query, of which no parameter is unknown or doubled.
#[derive(Debug)]
pub struct Asked<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Asked<T> {
    type Rejection = No;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, No> {
        match Query::<T>::try_from_uri(&parts.uri) {
            Ok(Query(query)) => Ok(Self(query)),
            Err(rejected) => Err(No::about(Code::InvalidQuery, &rejected.body_text())),
        }
    }
}

/// The `Idempotency-Key`, where the caller sent one.
#[derive(Debug)]
pub struct Key(pub Option<IdempotencyKey>);

impl<S: Send + Sync> FromRequestParts<S> for Key {
    type Rejection = No;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, No> {
        let mut sent = parts.headers.get_all(IDEMPOTENCY_KEY).iter();
        let Some(header) = sent.next() else {
            return Ok(Self(None));
        };
        let key = header.to_str().ok().and_then(|text| text.parse().ok());
        match (key, sent.next()) {
            (Some(key), None) => Ok(Self(Some(key))),
            _ => Err(No::of(Code::InvalidIdempotencyKey)),
        }
    }
}

impl utoipa::IntoParams for Id {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let schema = ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some("^req-[0-7][0-9A-HJKMNP-TV-Z]{25}$"));
        vec![
            ParameterBuilder::new()
                .name("id")
                .parameter_in(ParameterIn::Path)
                .required(Required::True)
                .description(Some("The request"))
                .schema(Some(schema))
                .build(),
        ]
    }
}

impl utoipa::IntoParams for Named {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let part = |name: &str, description: &str, pattern: &str| {
            let schema = ObjectBuilder::new()
                .schema_type(Type::String)
                .pattern(Some(pattern));
            ParameterBuilder::new()
                .name(name)
                .parameter_in(ParameterIn::Path)
                .required(Required::True)
                .description(Some(description))
                .schema(Some(schema))
                .build()
        };
        vec![
            part("account", "The account", "^[0-9]{12}$"),
            part("region", "The Region", "^[a-z0-9-]+$"),
            part(
                "id",
                "The instance",
                "^(i-([0-9a-f]{8}|[0-9a-f]{17})|mi-[0-9a-f]{17})$",
            ),
        ]
    }
}

impl utoipa::IntoParams for Key {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let schema = ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some("^[A-Za-z0-9_-]{8,64}$"));
        let description = "A random key of the caller's. The same call with the same key, within \
                           24 hours, changes nothing a second time.";
        vec![
            ParameterBuilder::new()
                .name("Idempotency-Key")
                .parameter_in(ParameterIn::Header)
                .required(Required::False)
                .description(Some(description))
                .schema(Some(schema))
                .build(),
        ]
    }
}

#[cfg(test)]
mod tests;
