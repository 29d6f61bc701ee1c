//! The errors that are HTTP's and not the rules': one stable code each.
//!
//! What the rules say no to has its codes in [`rules::refusal`]; the two lists share no code, and
//! `docs/errors.md` shows both.

use axum::http::StatusCode;

/// Why a call got no further than HTTP, or why no rule could judge it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// What API Gateway hands on of the request cannot be read.
    UnreadableRequest,
    /// The head of the request is over its cap.
    HeadTooLarge,
    /// No such path.
    NoSuchRoute,
    /// The path takes other methods.
    MethodNotAllowed,
    /// No valid token.
    Unauthenticated,
    /// The identity provider cannot be asked for its keys.
    IdentityProviderUnavailable,
    /// The id in the path is not a request id.
    InvalidRequestId,
    /// The path does not name a target.
    InvalidTarget,
    /// The query cannot be read.
    InvalidQuery,
    /// The `Idempotency-Key` is not of its form.
    InvalidIdempotencyKey,
    /// No such link of a chat user that the caller may cut.
    LinkNotFound,
    /// The body is something else than JSON in UTF-8, or is compressed.
    UnsupportedMediaType,
    /// The body is over its cap.
    BodyTooLarge,
    /// The body cannot be read as JSON.
    UnreadableBody,
    /// The body is JSON of another shape.
    InvalidBody,
    /// The `Idempotency-Key` was used for another call.
    IdempotencyKeyReused,
    /// The policy set cannot be read.
    PolicyUnavailable,
    /// The policy set is not valid.
    PolicyInvalid,
    /// Others changed the request at the same time.
    LostRace,
    /// AWS failed, or took too long.
    AwsUnavailable,
    /// Postern itself failed.
    Internal,
}

impl Code {
    /// Every code, in the order in which a call meets them.
    pub const ALL: [Self; 21] = [
        Self::UnreadableRequest,
        Self::HeadTooLarge,
        Self::NoSuchRoute,
        Self::MethodNotAllowed,
        Self::Unauthenticated,
        Self::IdentityProviderUnavailable,
        Self::InvalidRequestId,
        Self::InvalidTarget,
        Self::InvalidQuery,
        Self::InvalidIdempotencyKey,
        Self::LinkNotFound,
        Self::UnsupportedMediaType,
        Self::BodyTooLarge,
        Self::UnreadableBody,
        Self::InvalidBody,
        Self::IdempotencyKeyReused,
        Self::PolicyUnavailable,
        Self::PolicyInvalid,
        Self::LostRace,
        Self::AwsUnavailable,
        Self::Internal,
    ];

    /// The stable code.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UnreadableRequest => "unreadable-request",
            Self::HeadTooLarge => "head-too-large",
            Self::NoSuchRoute => "no-such-route",
            Self::MethodNotAllowed => "method-not-allowed",
            Self::Unauthenticated => "unauthenticated",
            Self::IdentityProviderUnavailable => "identity-provider-unavailable",
            Self::InvalidRequestId => "invalid-request-id",
            Self::InvalidTarget => "invalid-target",
            Self::InvalidQuery => "invalid-query",
            Self::InvalidIdempotencyKey => "invalid-idempotency-key",
            Self::LinkNotFound => "link-not-found",
            Self::UnsupportedMediaType => "unsupported-media-type",
            Self::BodyTooLarge => "body-too-large",
            Self::UnreadableBody => "unreadable-body",
            Self::InvalidBody => "invalid-body",
            Self::IdempotencyKeyReused => "idempotency-key-reused",
            Self::PolicyUnavailable => "policy-unavailable",
            Self::PolicyInvalid => "policy-invalid",
            Self::LostRace => "lost-race",
            Self::AwsUnavailable => "aws-unavailable",
            Self::Internal => "internal",
        }
    }

    /// Its HTTP status.
    #[must_use]
    pub fn status(self) -> StatusCode {
        match self {
            Self::UnreadableRequest
            | Self::InvalidRequestId
            | Self::InvalidTarget
            | Self::InvalidQuery
            | Self::InvalidIdempotencyKey
            | Self::UnreadableBody => StatusCode::BAD_REQUEST,
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::NoSuchRoute | Self::LinkNotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::LostRace => StatusCode::CONFLICT,
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::InvalidBody | Self::IdempotencyKeyReused => StatusCode::UNPROCESSABLE_ENTITY,
            Self::HeadTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::IdentityProviderUnavailable
            | Self::PolicyUnavailable
            | Self::PolicyInvalid
            | Self::AwsUnavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// What is the matter, where there is no more to say than the code says.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Self::UnreadableRequest => "the request cannot be read",
            Self::HeadTooLarge => "the address and headers are longer than 16 KiB or more than 100",
            Self::NoSuchRoute => "there is nothing at this path",
            Self::MethodNotAllowed => "this path does not take this method",
            Self::Unauthenticated => "no valid token was sent",
            Self::IdentityProviderUnavailable => "the identity provider cannot be asked",
            Self::InvalidRequestId => "the path does not name a request id",
            Self::InvalidTarget => "the path does not name an instance in an account and Region",
            Self::InvalidQuery => "the query cannot be read",
            Self::InvalidIdempotencyKey => {
                "the `Idempotency-Key` is not one key of 8 to 64 letters, digits, `-` or `_`"
            }
            Self::LinkNotFound => "there is no such link that you may cut",
            Self::UnsupportedMediaType => {
                "the body is not `application/json` in UTF-8 as it stands"
            }
            Self::BodyTooLarge => "the body is longer than 64 KiB",
            Self::UnreadableBody => "the body cannot be read as JSON",
            Self::InvalidBody => "the body is JSON, and not of the shape that this route takes",
            Self::IdempotencyKeyReused => "the `Idempotency-Key` was used for another call",
            Self::PolicyUnavailable => "the policy set that access is given by cannot be read",
            Self::PolicyInvalid => "the policy set that access is given by is not valid",
            Self::LostRace => "others changed the request at the same time",
            Self::AwsUnavailable => "AWS did not give a usable answer in time",
            Self::Internal => "Postern failed",
        }
    }

    /// What to do next, in one sentence.
    #[must_use]
    pub fn next(self) -> &'static str {
        match self {
            Self::UnreadableRequest => "Send headers of visible ASCII characters only.",
            Self::HeadTooLarge => "Send fewer and shorter headers.",
            Self::NoSuchRoute => "`GET /v1/openapi.json` describes every path.",
            Self::MethodNotAllowed => "Use a method that the `Allow` header names.",
            Self::Unauthenticated => {
                "Send a current token of the identity provider as `Authorization: Bearer <token>`."
            }
            Self::IdentityProviderUnavailable => {
                "Send the same call again after the seconds that `Retry-After` names."
            }
            Self::InvalidRequestId => {
                "Use an id as Postern gave it: `req-` and 26 upper-case characters."
            }
            Self::InvalidTarget => {
                "Use a target as `GET /v1/targets` gives it: account, Region and instance."
            }
            Self::InvalidQuery => "Use the parameters that `GET /v1/openapi.json` describes.",
            Self::InvalidIdempotencyKey => "Send one new random key, such as a UUID, or none.",
            Self::LinkNotFound => "`GET /v1/chat/links` shows the links that you may cut.",
            Self::UnsupportedMediaType => {
                "Send `Content-Type: application/json`, without `Content-Encoding`."
            }
            Self::BodyTooLarge => "Send a shorter body; no honest one comes near the cap.",
            Self::UnreadableBody => {
                "Send one JSON object in UTF-8, without doubled members and deep nesting."
            }
            Self::InvalidBody => "Correct the field that the detail names.",
            Self::IdempotencyKeyReused => "Send a new key with a new call.",
            Self::PolicyUnavailable => {
                "Send the same call again after the seconds that `Retry-After` names; answers, \
                 revocations and ends work meanwhile."
            }
            Self::PolicyInvalid => {
                "Tell the operators of Postern, who have to mend it; answers, revocations and ends \
                 work meanwhile."
            }
            Self::LostRace => "Read the request again, and decide anew.",
            Self::AwsUnavailable => {
                "Send the same call again, with the same `Idempotency-Key`, after the seconds that \
                 `Retry-After` names."
            }
            Self::Internal => "Tell the operators of Postern what you did, and when.",
        }
    }
}
