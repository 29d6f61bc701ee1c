//! Behind API Gateway: an HTTP API with payload format 2.0.
//!
//! What a call is made of is read here ([`event`]), and nothing else of what an event holds. What
//! cannot be read is answered like every other call that is refused: left to the Lambda runtime it
//! would be an error of the function, which the gateway tells callers as a `500`.
//!
//! On a stage other than `$default` the path begins with the stage, unless the call came through a
//! custom domain. A stage in front of `/v1/` or `/chat/` is taken off, so the same template works on every
//! stage.
//!
//! `lambda_http` 1.3 panics where the parts of an event do not come to an address or a body, so it
//! is handed only parts that do: a path and a query that are escaped and not too long, no name of a
//! host, and Base64 that has been read once before.

mod event;

use std::convert::Infallible;

use axum::Router;
use lambda_http::{Adapter, LambdaEvent, Service};
use serde::Serialize;
use serde_json::value::RawValue;
use tower::service_fn;

use crate::boundary;

/// The router as the Lambda runtime calls it, with whatever JSON an event is.
pub fn behind(
    router: Router,
) -> impl Service<
    LambdaEvent<Box<RawValue>>,
    Response: Serialize + std::fmt::Debug,
    Error = Infallible,
    Future: Send,
> {
    // A router is always ready, so nothing is lost by not asking.
    let mut reached = Adapter::from(router);
    service_fn(move |event: LambdaEvent<Box<RawValue>>| {
        let (event, context) = event.into_parts();
        match event::read(event.get()) {
            Ok(call) => reached.call(LambdaEvent::new(call, context)),
            Err(why) => Adapter::from(boundary::refusing(why))
                .call(LambdaEvent::new(event::unread(), context)),
        }
    })
}

#[cfg(test)]
mod tests;
