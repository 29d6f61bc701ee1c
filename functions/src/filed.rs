//! How a call that was taken is answered.

use axum::Json;
use axum::http::header::LOCATION;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use broker::desk::Filed;

use crate::boundary::About;

/// The header that says that nothing was changed this time.
pub const IDEMPOTENCY_REPLAYED: &str = "idempotency-replayed";

/// The request as it stands; for a new one, where it is found.
pub(crate) fn answer(status: StatusCode, filed: Filed) -> Response {
    let id = filed.request.id;
    let mut response = (status, Json(filed.request)).into_response();
    let headers = response.headers_mut();
    if status == StatusCode::CREATED
        && let Ok(location) = HeaderValue::try_from(format!("/v1/requests/{id}"))
    {
        headers.insert(LOCATION, location);
    }
    if filed.replayed {
        headers.insert(IDEMPOTENCY_REPLAYED, HeaderValue::from_static("true"));
    }
    response.extensions_mut().insert(About(id));
    response
}
