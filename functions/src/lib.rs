//! The Lambda functions: routing and parsing, split by privilege.
//!
//! [`api`] is where people talk about access, [`chatops`] where they do so in chat, [`issue`] where it
//! is handed out, the sweeper ([`sweep`]) takes it back, and the [`doctor`] examines instances. Each is
//! a binary of its own with a role of its own; the routers are the same under Lambda and under a plain
//! listener, so what is tested is what is deployed.
//!
//! One call goes through these steps, and each can end it:
//! 1. Under Lambda, [`gateway`]: what is no call at all is `unreadable-request`.
//! 2. [`boundary`]: the caps on the head of the request; the log line; `no-store`.
//! 3. Routing: `no-such-route`, `method-not-allowed`.
//! 4. [`authentication`]: the one `401`. Nothing of the call but its `Authorization` has been
//!    looked at before it.
//! 5. Path, query, `Idempotency-Key` and body ([`parts`], [`body`]), each through its one door.
//! 6. The desk or the issuer, whose answer [`problem`] turns into HTTP where it is a no.
//!
//! What the broker meets between calls is logged and counted by [`notices`].

pub mod api;
pub mod authentication;
pub mod body;
pub mod boundary;
pub mod chatops;
pub mod code;
pub mod doctor;
pub mod filed;
pub mod gateway;
pub mod issue;
pub mod metrics;
pub mod notices;
pub mod openapi;
pub mod parts;
pub mod problem;
pub mod start;
pub mod sweep;

#[cfg(test)]
mod probe;
#[cfg(test)]
mod refusals;
