//! One call to AWS as a fact: what it gave, or what was in the way.

use std::error::Error;
use std::time::Duration;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use rules::readiness::{Fact, Need};
use serde_json::Value;
use tokio::time::{Instant, timeout_at};

use crate::fault::{AwsFault, AwsFaultKind};

/// The most items of a page, which every describing call of EC2 allows.
pub(super) const PAGE: i32 = 100;

/// A call, and the permission that it takes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Call {
    service: &'static str,
    operation: &'static str,
    permission: &'static str,
}

impl Call {
    /// A call whose permission has its name.
    pub(super) const fn new(
        service: &'static str,
        operation: &'static str,
        permission: &'static str,
    ) -> Self {
        Self {
            service,
            operation,
            permission,
        }
    }

    /// What is lacking where the answer holds something that cannot be understood.
    pub(super) fn unreadable(self) -> Need {
        self.need(&AwsFault::unreadable(self.service, self.operation))
    }

    fn need(self, fault: &AwsFault) -> Need {
        let Self {
            service, operation, ..
        } = self;
        let call = format!("`{service}:{operation}`");
        let code = fault.code.as_str();
        let other = Need::Other;
        match fault.kind {
            AwsFaultKind::Denied if is_for_want_of_permission(code) => {
                match self.permission.parse() {
                    Ok(permission) => Need::Permission(permission),
                    Err(_) => other(format!("permission `{}`", self.permission)),
                }
            }
            AwsFaultKind::Denied => other(format!("credentials for {call}, refused as `{code}`")),
            AwsFaultKind::Throttled => other(format!("an answer to {call}, which is throttled")),
            AwsFaultKind::Unreachable => match code {
                "timeout" => other(format!("an answer to {call}, which did not come in time")),
                "unreadable" => other(format!("an answer to {call} that can be understood")),
                _ => other(format!("an answer to {call}, which failed as `{code}`")),
            },
            // Nothing was sent: the operator role of the place could not be assumed.
            AwsFaultKind::Rejected if code == "unsendable" => {
                other(format!("credentials for {call}, which could not be had"))
            }
            AwsFaultKind::Rejected => other(format!(
                "an answer to {call}, which was refused as `{code}`"
            )),
        }
    }
}

/// Codes of want of permission; an answer to `HEAD` has none but its status.
fn is_for_want_of_permission(code: &str) -> bool {
    let codes = [
        "AccessDenied",
        "AccessDeniedException",
        "UnauthorizedOperation",
        "http-403",
    ];
    codes.contains(&code)
}

/// Why a call gave nothing.
#[derive(Debug)]
pub(super) struct Missed {
    call: Call,
    fault: AwsFault,
    /// The Region that S3 says a bucket is in.
    pub(super) bucket_region: Option<String>,
}

impl Missed {
    /// Whether AWS refused with this code.
    pub(super) fn is(&self, code: &str) -> bool {
        self.fault.code == code
    }
}

impl From<Missed> for Need {
    fn from(missed: Missed) -> Self {
        missed.call.need(&missed.fault)
    }
}

/// When an examination has to be over.
#[derive(Debug, Clone, Copy)]
pub(super) struct Until(Instant);

impl Until {
    /// So long from now.
    pub(super) fn after(time: Duration) -> Self {
        Self(Instant::now() + time)
    }

    /// Makes a call, or reads a listing to its end.
    pub(super) async fn call<T, E>(
        self,
        call: Call,
        answer: impl Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    ) -> Result<T, Missed>
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let (service, operation) = (call.service, call.operation);
        let (fault, bucket_region) = match timeout_at(self.0, Box::pin(answer)).await {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(error)) => {
                let headers = error.raw_response().map(HttpResponse::headers);
                let region = headers.and_then(|headers| headers.get("x-amz-bucket-region"));
                let region = region.map(str::to_owned);
                let fault = if lacks_credentials(&error) {
                    AwsFault::unsendable(service, operation)
                } else {
                    AwsFault::of(service, operation, &error)
                };
                (fault, region)
            }
            Err(_) => (AwsFault::timed_out(service, operation), None),
        };
        Err(Missed {
            call,
            fault,
            bucket_region,
        })
    }
}

/// Whether nothing was sent for want of credentials, which the SDK tells as a lost connection.
fn lacks_credentials(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.is::<CredentialsError>() {
            return true;
        }
        cause = error.source();
    }
    false
}

/// What was read, or what was in the way.
pub(super) fn fact<T>(read: Result<T, Need>) -> Fact<T> {
    match read {
        Ok(value) => Fact::Known(value),
        Err(need) => Fact::Unread(need),
    }
}

/// An id as AWS gave it.
pub(super) fn id<T: std::str::FromStr>(call: Call, text: Option<&str>) -> Result<T, Need> {
    text.and_then(|text| text.parse().ok())
        .ok_or_else(|| call.unreadable())
}

/// A policy as AWS gave it.
pub(super) fn policy(call: Call, text: Option<&str>) -> Result<Value, Need> {
    let value: Option<Value> = text.and_then(|text| serde_json::from_str(text).ok());
    value
        .filter(Value::is_object)
        .ok_or_else(|| call.unreadable())
}
