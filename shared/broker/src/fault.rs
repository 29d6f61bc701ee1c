//! What went wrong in a call to AWS, in the one shape that all services share.
//!
//! The error codes that matter most, of throttling and of missing permission, are not in the
//! models of many services, so nothing here looks at modelled errors: a fault is judged by its
//! code, and where AWS sent none by its HTTP status (AWS-FACTS 2.7). A timeout says nothing about
//! whether the call took effect; every caller records its intent first for that reason.
//!
//! A fault holds no message and no body. AWS puts ARNs, user names and pieces of the request in
//! its messages; a log line needs the call and the code, which stand here.

use std::fmt;
use std::time::Duration;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

/// A call to AWS that gave no result, after the retries that its client makes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{service}:{operation}` {kind}: `{code}`")]
pub struct AwsFault {
    /// The service as IAM names it, such as `ssm`.
    pub service: &'static str,
    /// The operation, such as `TerminateSession`.
    pub operation: &'static str,
    /// AWS's code; `timeout`, `unreachable` or `unreadable` where no answer could be read,
    /// `unsendable` or `place-not-served` where no call was made, `http-<status>` for an answer
    /// without a code.
    pub code: String,
    /// What the code means for the caller.
    pub kind: AwsFaultKind,
}

/// What a fault means for the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AwsFaultKind {
    /// AWS says that calls come too fast. The call had no effect.
    Throttled,
    /// No answer, or one that says AWS itself failed. Whether the call took effect is not known.
    Unreachable,
    /// AWS refused for want of permission or of valid credentials. The call had no effect.
    Denied,
    /// AWS refused the call as it stands. The call had no effect.
    Rejected,
}

impl fmt::Display for AwsFaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Throttled => "was throttled",
            Self::Unreachable => "gave no usable answer",
            Self::Denied => "was denied",
            Self::Rejected => "was rejected",
        })
    }
}

impl AwsFault {
    /// Codes are names; a longer one is cut, so that a fault stays one line.
    const CODE_LENGTH: usize = 64;

    /// The fault behind an SDK error.
    #[must_use]
    pub fn of<E>(
        service: &'static str,
        operation: &'static str,
        error: &SdkError<E, HttpResponse>,
    ) -> Self
    where
        E: ProvideErrorMetadata,
    {
        let (code, kind) = match error {
            SdkError::TimeoutError(_) => ("timeout".to_owned(), AwsFaultKind::Unreachable),
            SdkError::DispatchFailure(failure) if failure.is_timeout() => {
                ("timeout".to_owned(), AwsFaultKind::Unreachable)
            }
            SdkError::DispatchFailure(_) => ("unreachable".to_owned(), AwsFaultKind::Unreachable),
            SdkError::ResponseError(_) => ("unreadable".to_owned(), AwsFaultKind::Unreachable),
            SdkError::ServiceError(refused) => {
                let status = refused.raw().status().as_u16();
                let code = refused
                    .err()
                    .code()
                    .map_or_else(|| format!("http-{status}"), plain);
                let kind =
                    AwsFaultKind::of_code(&code).unwrap_or_else(|| AwsFaultKind::of_status(status));
                (code, kind)
            }
            SdkError::ConstructionFailure(_) => ("unsendable".to_owned(), AwsFaultKind::Rejected),
            // The SDK may add kinds of failure; nothing is known of their effect.
            _ => ("unreadable".to_owned(), AwsFaultKind::Unreachable),
        };
        Self {
            service,
            operation,
            code,
            kind,
        }
    }

    /// A fault in an answer that AWS gave as a success: a part without which it means nothing is
    /// missing or malformed.
    pub(crate) fn unreadable(service: &'static str, operation: &'static str) -> Self {
        let (code, kind) = ("unreadable".to_owned(), AwsFaultKind::Unreachable);
        Self {
            service,
            operation,
            code,
            kind,
        }
    }

    /// A call that took longer than whoever waits for it can wait.
    pub(crate) fn timed_out(service: &'static str, operation: &'static str) -> Self {
        let (code, kind) = ("timeout".to_owned(), AwsFaultKind::Unreachable);
        Self {
            service,
            operation,
            code,
            kind,
        }
    }

    /// A call that could not even be built.
    pub(crate) fn unsendable(service: &'static str, operation: &'static str) -> Self {
        let (code, kind) = ("unsendable".to_owned(), AwsFaultKind::Rejected);
        Self {
            service,
            operation,
            code,
            kind,
        }
    }

    /// A call that AWS says came too fast, in an answer that counts as a success.
    pub(crate) fn throttled(service: &'static str, operation: &'static str) -> Self {
        let (code, kind) = ("ThrottlingException".to_owned(), AwsFaultKind::Throttled);
        Self {
            service,
            operation,
            code,
            kind,
        }
    }

    /// A part of a call that AWS refused with this code.
    pub(crate) fn of_code(service: &'static str, operation: &'static str, code: &str) -> Self {
        let kind = AwsFaultKind::of_code(code).unwrap_or(AwsFaultKind::Rejected);
        Self {
            service,
            operation,
            code: plain(code),
            kind,
        }
    }

    /// A call about an account and Region that Postern has no client for, which was not made: in
    /// another account it would have given a true answer to another question.
    pub(crate) fn not_served(service: &'static str, operation: &'static str) -> Self {
        let (code, kind) = ("place-not-served".to_owned(), AwsFaultKind::Rejected);
        Self {
            service,
            operation,
            code,
            kind,
        }
    }

    /// How long a client should wait before it tries again, for `Retry-After`.
    #[must_use]
    pub fn retry_after(&self) -> Duration {
        Duration::from_secs(match self.kind {
            AwsFaultKind::Throttled => 2,
            AwsFaultKind::Unreachable => 5,
            // Somebody has to repair permissions or settings first.
            AwsFaultKind::Denied | AwsFaultKind::Rejected => 60,
        })
    }
}

impl AwsFaultKind {
    /// The meaning of a code, where the code alone tells; its spelling differs between the
    /// families of services.
    pub(crate) fn of_code(code: &str) -> Option<Self> {
        match code {
            "Throttling"
            | "ThrottlingException"
            | "ThrottledException"
            | "RequestThrottled"
            | "RequestThrottledException"
            | "TooManyRequestsException"
            | "RequestLimitExceeded"
            | "ProvisionedThroughputExceededException"
            | "BandwidthLimitExceeded"
            | "PriorRequestNotComplete"
            | "SlowDown"
            | "EC2ThrottledException"
            | "TransactionInProgressException"
            | "ThrottlingError"
            | "ProvisionedThroughputExceeded" => Some(Self::Throttled),
            "AccessDenied"
            | "AccessDeniedException"
            | "UnauthorizedOperation"
            | "UnrecognizedClientException"
            | "InvalidClientTokenId"
            | "InvalidAccessKeyId"
            | "SignatureDoesNotMatch"
            | "ExpiredToken"
            | "ExpiredTokenException"
            | "InvalidToken"
            | "RegionDisabledException" => Some(Self::Denied),
            _ => None,
        }
    }

    fn of_status(status: u16) -> Self {
        match status {
            429 => Self::Throttled,
            401 | 403 => Self::Denied,
            500.. => Self::Unreachable,
            _ => Self::Rejected,
        }
    }
}

/// A code as it may stand in a log line. Codes come over the network.
pub(crate) fn plain(code: &str) -> String {
    code.chars()
        .take(AwsFault::CODE_LENGTH)
        .map(|c| {
            if c.is_ascii_alphanumeric() || "._:-".contains(c) {
                c
            } else {
                '?'
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use aws_smithy_runtime_api::client::result::ConnectorError;
    use aws_smithy_types::body::SdkBody;
    use aws_smithy_types::error::ErrorMetadata;

    use super::*;

    fn refused(status: u16, code: Option<&str>) -> AwsFault {
        let mut metadata = ErrorMetadata::builder();
        if let Some(code) = code {
            metadata = metadata.code(code);
        }
        let metadata = metadata
            .message("arn:aws:iam::111122223333:role/Secretive")
            .build();
        let raw = HttpResponse::new(status.try_into().unwrap(), SdkBody::empty());
        AwsFault::of(
            "ssm",
            "TerminateSession",
            &SdkError::service_error(metadata, raw),
        )
    }

    #[test]
    fn a_fault_is_judged_by_its_code_and_else_by_its_status() {
        use AwsFaultKind::{Denied, Rejected, Throttled, Unreachable};
        for (status, code, kind) in [
            (400, Some("ThrottlingException"), Throttled),
            (400, Some("Throttling"), Throttled),
            (503, Some("SlowDown"), Throttled),
            (429, None, Throttled),
            (400, Some("AccessDeniedException"), Denied),
            (403, Some("AccessDenied"), Denied),
            (400, Some("ExpiredTokenException"), Denied),
            (403, None, Denied),
            (500, Some("InternalServerError"), Unreachable),
            (503, Some("ServiceUnavailable"), Unreachable),
            (502, None, Unreachable),
            (400, Some("ValidationException"), Rejected),
            (404, Some("NoSuchEntity"), Rejected),
        ] {
            assert_eq!(refused(status, code).kind, kind, "{status} {code:?}");
        }
        assert_eq!(refused(502, None).code, "http-502");
    }

    #[test]
    fn no_answer_is_never_taken_for_a_refusal() {
        let lost: [SdkError<ErrorMetadata, HttpResponse>; 3] = [
            SdkError::timeout_error("late"),
            SdkError::dispatch_failure(ConnectorError::timeout("late".into())),
            SdkError::dispatch_failure(ConnectorError::io("reset".into())),
        ];
        let codes: Vec<(String, AwsFaultKind)> = lost
            .iter()
            .map(|error| AwsFault::of("sts", "AssumeRole", error))
            .map(|fault| (fault.code, fault.kind))
            .collect();
        let no = AwsFaultKind::Unreachable;
        assert_eq!(
            codes,
            [
                ("timeout".into(), no),
                ("timeout".into(), no),
                ("unreachable".into(), no)
            ]
        );
    }

    #[test]
    fn a_fault_shows_the_call_and_the_code_and_nothing_else() {
        let fault = refused(400, Some("AccessDeniedException"));
        assert_eq!(
            fault.to_string(),
            "`ssm:TerminateSession` was denied: `AccessDeniedException`"
        );
        let hostile = refused(400, Some(&format!("X\n{}", "y".repeat(500))));
        let shown = format!("{hostile} {hostile:?}");
        assert!(
            !shown.contains('\n') && !shown.contains("Secretive"),
            "{shown}"
        );
        assert!(hostile.code.len() <= AwsFault::CODE_LENGTH);
    }
}
