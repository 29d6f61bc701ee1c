//! Why a call is not authentic, and how each family of services says so.

use crate::call::{AwsError, Protocol};

/// Why a call is not authentic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unauthentic {
    /// No `Authorization` header.
    Missing,
    /// An `Authorization` header that cannot be read, or that leaves out what must be signed.
    Malformed(String),
    /// No such access key.
    UnknownKey,
    /// A session token is missing, or is not the one of the key.
    WrongToken {
        /// Whether any token was sent.
        sent: bool,
    },
    /// The signature is not that of the secret over this request.
    WrongSignature,
    /// The body is not the one whose digest was signed.
    WrongBody,
    /// The time of the call is too far from the world's.
    Skewed(String),
    /// The credentials have expired.
    Expired,
}

impl Unauthentic {
    /// The error in the words of a protocol family.
    pub(crate) fn told(self, protocol: Protocol) -> AwsError {
        const INVALID_TOKEN: &str = "The security token included in the request is invalid.";
        const EXPIRED_TOKEN: &str = "The security token included in the request is expired";
        const MISMATCH: &str = "The request signature we calculated does not match the signature \
                                you provided. Check your AWS Secret Access Key and signing method.";
        let family = match protocol {
            Protocol::Json10 | Protocol::Json11 | Protocol::RestJson => Family::Json,
            Protocol::Query | Protocol::Ec2 => Family::Query,
            Protocol::RestXml => Family::S3,
        };
        let (status, code, message): (u16, &'static str, String) = match (self, family) {
            (Self::Missing, Family::Json) => (
                400,
                "MissingAuthenticationTokenException",
                "Request is missing Authentication Token".to_owned(),
            ),
            (Self::Missing, Family::Query) => (
                403,
                "MissingAuthenticationToken",
                "Request is missing Authentication Token".to_owned(),
            ),
            (Self::Missing, Family::S3) => (403, "AccessDenied", "Access Denied".to_owned()),
            (Self::Malformed(why), Family::Json) => (400, "IncompleteSignatureException", why),
            (Self::Malformed(why), Family::Query) => (400, "IncompleteSignature", why),
            (Self::Malformed(why), Family::S3) => (400, "AuthorizationHeaderMalformed", why),
            (Self::UnknownKey | Self::WrongToken { .. }, Family::Json) => {
                (400, "UnrecognizedClientException", INVALID_TOKEN.to_owned())
            }
            (Self::UnknownKey | Self::WrongToken { .. }, Family::Query) => {
                (403, "InvalidClientTokenId", INVALID_TOKEN.to_owned())
            }
            (Self::UnknownKey | Self::WrongToken { sent: false }, Family::S3) => (
                403,
                "InvalidAccessKeyId",
                "The AWS Access Key Id you provided does not exist in our records.".to_owned(),
            ),
            (Self::WrongToken { sent: true }, Family::S3) => (
                400,
                "InvalidToken",
                "The provided token is malformed or otherwise invalid.".to_owned(),
            ),
            (Self::WrongSignature | Self::WrongBody, Family::Json) => {
                (400, "InvalidSignatureException", MISMATCH.to_owned())
            }
            (Self::WrongSignature | Self::WrongBody, Family::Query) => {
                (403, "SignatureDoesNotMatch", MISMATCH.to_owned())
            }
            (Self::WrongSignature, Family::S3) => {
                (403, "SignatureDoesNotMatch", MISMATCH.to_owned())
            }
            (Self::WrongBody, Family::S3) => (
                400,
                "XAmzContentSHA256Mismatch",
                "The provided 'x-amz-content-sha256' header does not match what was computed."
                    .to_owned(),
            ),
            (Self::Skewed(why), Family::Json) => (400, "InvalidSignatureException", why),
            (Self::Skewed(why), Family::Query) => (403, "SignatureDoesNotMatch", why),
            (Self::Skewed(_), Family::S3) => (
                403,
                "RequestTimeTooSkewed",
                "The difference between the request time and the current time is too large."
                    .to_owned(),
            ),
            (Self::Expired, Family::Json) => {
                (400, "ExpiredTokenException", EXPIRED_TOKEN.to_owned())
            }
            (Self::Expired, Family::Query) => (403, "ExpiredToken", EXPIRED_TOKEN.to_owned()),
            (Self::Expired, Family::S3) => (
                400,
                "ExpiredToken",
                "The provided token has expired.".to_owned(),
            ),
        };
        // Where the JSON protocols are REST, the status says it too.
        let status = if protocol == Protocol::RestJson {
            403
        } else {
            status
        };
        AwsError::new(status, code, message)
    }
}

#[derive(Clone, Copy)]
enum Family {
    Json,
    Query,
    S3,
}
