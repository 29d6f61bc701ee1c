//! The doors, and what happens to a call between them and the services.
//!
//! A call is read just far enough to know its service and operation (`reading`), meets the faults
//! that are due before any effect, is authenticated (`signature`), weighed (every
//! [`Demand`](crate::call::Demand) of its service must be allowed by [`crate::iam`]), done, and
//! written to disk where there is a disk. Then it meets the faults that are due after the effect,
//! and is answered in the protocol of its service (`render`).
//!
//! A caller that goes away takes its call with it at the next point where the call waits, and
//! only there: services are synchronous, so an effect is never cut in half. A function that a call
//! has invoked goes on without it.

mod inprocess;
mod loopback;
mod reading;
pub(crate) mod render;

use std::time::Duration;

use bytes::Bytes;

use crate::call::{Answer, AwsError, Call, Service};
use crate::faults::{FaultKind, Moment};
use crate::journal::{CallView, JournalEntry, Outcome, Verdict, parameters};
use crate::signature::{self, Signable};
use crate::world::World;
use crate::{dynamodb, ec2, events, iam, kms, lambda, random, s3, ssm, sts, tagging};

pub use inprocess::InProcess;
pub use loopback::Listening;

/// The largest body that is read, in bytes; no call that is offered needs more.
const MAX_BODY: usize = 64 * 1024 * 1024;

/// A request as it came in at either door.
#[derive(Clone, Debug)]
pub(crate) struct Incoming {
    pub(crate) method: http::Method,
    /// The path of the wire.
    pub(crate) path: String,
    /// The query of the wire, without its question mark.
    pub(crate) raw_query: String,
    /// The authority that the caller meant: the `Host` header, or that of the URI.
    pub(crate) host: String,
    pub(crate) headers: http::HeaderMap,
    pub(crate) body: Bytes,
    /// Whether the call came, or would have come, over TLS.
    pub(crate) secure: bool,
}

/// What becomes of a request.
#[derive(Debug)]
pub(crate) enum Served {
    Answer(http::Response<Bytes>),
    /// No answer will come; the caller's read times out.
    TimedOut,
}

/// The answer to a body beyond [`MAX_BODY`], before anything is known of the call.
fn too_large() -> http::Response<Bytes> {
    let mut refused = http::Response::new(Bytes::new());
    *refused.status_mut() = http::StatusCode::PAYLOAD_TOO_LARGE;
    refused
}

/// Serves one request.
pub(crate) async fn serve(world: &World, incoming: Incoming) -> Served {
    if incoming.body.len() > MAX_BODY {
        return Served::Answer(too_large());
    }
    let request_id = random::request_id();
    let now = world.now_millis();
    let told = match reading::read(&incoming) {
        Ok(reading) => match attend(world, &incoming, reading).await {
            Some(told) => told,
            None => return Served::TimedOut,
        },
        Err(unread) => {
            tracing::info!(aws.code = %unread.error.code, "a call could not be read");
            render::Told {
                protocol: unread.protocol,
                service: None,
                result: Err(unread.error),
            }
        }
    };
    Served::Answer(told.response(&request_id, now, &incoming.method))
}

/// Takes a readable call through to its result; `None` when no answer is to come.
async fn attend(
    world: &World,
    incoming: &Incoming,
    reading: reading::Reading,
) -> Option<render::Told> {
    let reading::Reading {
        service, operation, ..
    } = &reading;
    let (service, operation) = (*service, operation.clone());
    let query = reading.query.clone();
    let n = world.journal_state().open(JournalEntry {
        n: 0,
        at_millis: world.now_millis(),
        service,
        operation: operation.clone(),
        region: reading.claim.region.clone(),
        caller: None,
        parameters: parameters(&CallView {
            service,
            host: &incoming.host,
            path: &incoming.path,
            query: &query,
            body: &incoming.body,
        }),
        verdict: Verdict::Unasked,
        took_effect: false,
        outcome: Outcome::Unanswered,
    });
    let due = world.faults().due(service, &operation, &incoming.body);

    let result = match before_effect(&due, service, &operation, &incoming.body).await {
        Before::GoOn => {
            let result = match perform(world, incoming, reading, n) {
                Ok(lambda::Begun::Answered(answer)) => Ok(answer),
                Ok(lambda::Begun::Running(function)) => Ok(lambda::answer(function).await),
                Err(error) => Err(error),
            };
            // On disk before the answer: what a caller was told, a restarted world knows.
            world.persist();
            if result.is_ok() {
                world
                    .journal_state()
                    .amend(n, |entry| entry.took_effect = true);
            }
            if !after_effect(&due).await {
                return timed_out(world, n);
            }
            result
        }
        Before::Fail(error) => Err(error),
        Before::TimeOut => return timed_out(world, n),
    };

    let result = result.map_err(|error| render::in_family(error, service.protocol()));
    let outcome = match &result {
        Ok(answer) => Outcome::Answered {
            status: answer.status,
        },
        Err(error) => Outcome::Failed {
            status: error.status,
            code: error.code.to_string(),
        },
    };
    tracing::debug!(
        aws.service = service.scope(),
        aws.operation = %operation,
        outcome = ?outcome,
        "a call was answered"
    );
    world
        .journal_state()
        .amend(n, |entry| entry.outcome = outcome);
    Some(render::Told {
        protocol: service.protocol(),
        service: Some(service),
        result,
    })
}

fn timed_out(world: &World, n: u64) -> Option<render::Told> {
    world
        .journal_state()
        .amend(n, |entry| entry.outcome = Outcome::TimedOut);
    None
}

/// Authenticates, weighs and does a call; a function that it invokes has begun.
fn perform(
    world: &World,
    incoming: &Incoming,
    reading: reading::Reading,
    n: u64,
) -> Result<lambda::Begun, AwsError> {
    let now_millis = world.now_millis();
    let service = reading.service;
    let signable = Signable {
        method: &incoming.method,
        path: &incoming.path,
        raw_query: &incoming.raw_query,
        host: &incoming.host,
        headers: &incoming.headers,
        body: &incoming.body,
    };
    let caller = signature::verify(world, &reading.claim, &signable, now_millis)
        .map_err(|why| why.told(service.protocol()))?;
    world
        .journal_state()
        .amend(n, |entry| entry.caller = Some(caller.arn()));

    let mut headers = incoming.headers.clone();
    let body = match service {
        Service::S3 => s3::payload(&mut headers, &incoming.body)?,
        Service::DynamoDb
        | Service::Ssm
        | Service::Sts
        | Service::Iam
        | Service::Tagging
        | Service::Events
        | Service::Ec2
        | Service::Kms
        | Service::Lambda => incoming.body.clone(),
    };
    // Wherever the host came from, services read it from one place.
    if let Ok(host) = http::HeaderValue::from_str(&incoming.host) {
        headers.insert(http::header::HOST, host);
    }
    let call = Call {
        service,
        operation: reading.operation,
        region: reading.claim.region,
        caller,
        now_millis,
        method: incoming.method.clone(),
        path: incoming.path.clone(),
        query: reading.query,
        headers,
        body,
    };
    weigh(world, &call, incoming.secure).inspect_err(|error| {
        if error.code == "AccessDenied" {
            world
                .journal_state()
                .amend(n, |entry| entry.verdict = Verdict::Denied);
        }
    })?;
    world
        .journal_state()
        .amend(n, |entry| entry.verdict = Verdict::Allowed);
    match service {
        Service::DynamoDb => dynamodb::handle(world, &call),
        Service::S3 => s3::handle(world, &call),
        Service::Ssm => ssm::handle(world, &call),
        Service::Sts => sts::handle(world, &call),
        Service::Iam => iam::handle(world, &call),
        Service::Tagging => tagging::handle(world, &call),
        Service::Events => events::handle(world, &call),
        Service::Ec2 => ec2::handle(world, &call),
        Service::Kms => kms::handle(world, &call),
        Service::Lambda => return lambda::begin(world, &call),
    }
    .map(lambda::Begun::Answered)
}

/// Puts every demand of a call before policy.
fn weigh(world: &World, call: &Call, secure: bool) -> Result<(), AwsError> {
    let demands = match call.service {
        Service::DynamoDb => dynamodb::demands(world, call),
        Service::S3 => s3::demands(world, call),
        Service::Ssm => ssm::demands(world, call),
        Service::Sts => sts::demands(world, call),
        Service::Iam => iam::demands(world, call),
        Service::Tagging => tagging::demands(world, call),
        Service::Events => events::demands(world, call),
        Service::Ec2 => ec2::demands(world, call),
        Service::Kms => kms::demands(world, call),
        Service::Lambda => lambda::demands(world, call),
    }?;
    for demand in demands {
        let demand = demand
            .with("aws:RequestedRegion", call.region.clone())
            .with("aws:SecureTransport", secure.to_string());
        world.note_power(&call.caller, &demand);
        iam::authorize(world, &call.caller, &demand, call.now_millis)?;
    }
    Ok(())
}

/// What the faults leave of a call before it has an effect.
enum Before {
    GoOn,
    Fail(AwsError),
    TimeOut,
}

async fn before_effect(
    due: &[FaultKind],
    service: Service,
    operation: &str,
    body: &[u8],
) -> Before {
    for kind in due {
        match kind {
            FaultKind::Throttle => return Before::Fail(render::throttled(service)),
            FaultKind::Fail { status, code } => {
                return Before::Fail(AwsError::new(*status, code.clone(), "an injected fault"));
            }
            FaultKind::TimeoutBeforeEffect => return Before::TimeOut,
            FaultKind::TransactionConflict => {
                let conflict = dynamodb::transaction_conflict(operation, body);
                if let (Service::DynamoDb, Some(error)) = (service, conflict) {
                    return Before::Fail(error);
                }
            }
            FaultKind::DelayMillis(millis) => {
                tokio::time::sleep(Duration::from_millis(*millis)).await;
            }
            FaultKind::Hang => std::future::pending::<()>().await,
            FaultKind::Pause(gate, Moment::BeforeEffect) => gate.pass().await,
            FaultKind::Pause(_, Moment::AfterEffect) | FaultKind::TimeoutAfterEffect => {}
        }
    }
    Before::GoOn
}

/// Whether the answer still goes out.
async fn after_effect(due: &[FaultKind]) -> bool {
    let mut answered = true;
    for kind in due {
        match kind {
            FaultKind::TimeoutAfterEffect => answered = false,
            FaultKind::Pause(gate, Moment::AfterEffect) => gate.pass().await,
            FaultKind::Pause(_, Moment::BeforeEffect)
            | FaultKind::Throttle
            | FaultKind::Fail { .. }
            | FaultKind::TimeoutBeforeEffect
            | FaultKind::TransactionConflict
            | FaultKind::DelayMillis(_)
            | FaultKind::Hang => {}
        }
    }
    answered
}

impl Answer {
    /// The answer as an HTTP response; a header that HTTP does not allow is left out.
    fn into_response(self) -> http::Response<Bytes> {
        let mut response = http::Response::new(self.body);
        *response.status_mut() =
            http::StatusCode::from_u16(self.status).unwrap_or(http::StatusCode::OK);
        for (name, value) in self.headers {
            let parts = (
                http::HeaderName::from_bytes(name.as_bytes()),
                http::HeaderValue::from_str(&value),
            );
            if let (Ok(name), Ok(value)) = parts {
                response.headers_mut().append(name, value);
            }
        }
        response
    }
}

#[cfg(test)]
mod tests;
