//! The API, described by its own handlers in OpenAPI 3.1.
//!
//! Paths, bodies and successes come from the handlers and the wire types; every way in which a
//! route says no comes from one table. One document covers all routers. It is committed as
//! `docs/openapi.json`, and a test holds the two together.

mod problems;

use std::sync::LazyLock;

use axum::body::Bytes;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use rules::wire::Problem;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Components, OpenApi};
use utoipa_axum::router::OpenApiRouter;

use crate::{api, chatops, doctor, issue};

/// What the document says of the whole API.
#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Postern",
        description = "Short, approved, recorded access to private EC2 instances through Session \
                       Manager.\n\nEvery error is an `application/problem+json` with a stable \
                       `code` and, in `next`, what to do. A path that does not exist is \
                       `no-such-route` (404), a method that it does not take `method-not-allowed` \
                       (405).",
        license(name = "Apache-2.0 OR MIT"),
    ),
    components(schemas(Problem)),
    security(("bearer" = [])),
    tags(
        (name = "requests", description = "Requests, and the grants that they become"),
        (name = "targets", description = "What may be asked for"),
        (name = "policy", description = "What the policy set says"),
        (name = "chat", description = "The bot in chat; where there is no chat, these paths do not exist"),
        (name = "about", description = "The function itself; no token is needed"),
    ),
)]
struct Whole;

/// The document.
#[must_use]
pub fn document() -> OpenApi {
    let mut whole = <Whole as utoipa::OpenApi>::openapi();
    for part in [
        described(api::routes()),
        described(issue::routes()),
        described(doctor::routes()),
        described(chatops::routes()),
    ] {
        whole.merge(part);
    }
    let components = whole.components.get_or_insert_with(Components::new);
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .description(Some("A token of the configured OpenID Connect provider"))
        .build();
    components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    for (name, header, says) in [
        (
            "slack",
            "X-Slack-Signature",
            "Slack's signature of the time in `X-Slack-Request-Timestamp` and the raw body",
        ),
        (
            "webhook",
            "X-Postern-Signature",
            "The webhook's signature of the time in `X-Postern-Timestamp` and the raw body \
             (docs/chatops.md)",
        ),
    ] {
        let signature = ApiKeyValue::with_description(header, says);
        let scheme = SecurityScheme::ApiKey(ApiKey::Header(signature));
        components.add_security_scheme(name, scheme);
    }
    for item in whole.paths.paths.values_mut() {
        operations(item).for_each(problems::declare);
    }
    whole
}

fn described<S: Clone + Send + Sync + 'static>(router: OpenApiRouter<S>) -> OpenApi {
    router.into_openapi()
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.post, &mut item.delete]
        .into_iter()
        .flatten()
}

/// The document as it is served.
static SERVED: LazyLock<Bytes> = LazyLock::new(|| document().to_json().unwrap_or_default().into());

/// Describe the API
///
/// This document.
#[utoipa::path(
    get,
    path = "/v1/openapi.json",
    tag = "about",
    security(()),
    responses((status = 200, description = "The description, in OpenAPI 3.1", body = Object)),
)]
pub(crate) async fn openapi() -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], SERVED.clone())
}

#[cfg(test)]
mod agreement;
#[cfg(test)]
mod tests;
