//! What callers send. The body of asking is [`Ask`](crate::ask::Ask) itself.

use serde::{Deserialize, Serialize};

use crate::names::{Comment, Digest, GrantDuration, Reason};

/// The body of `approve`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Approve {
    /// The `shown` of the request as the approver read it. An approval of something else is void.
    #[cfg_attr(feature = "openapi", schema(value_type = String, pattern = "^[0-9a-f]{64}$"))]
    pub shown: Digest,
    /// What to say with it: one line of at most 300 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 300))]
    pub comment: Option<Comment>,
}

/// The body of `deny`, `revoke`, `withdraw`, `release` and of having credentials issued; it may be
/// left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Answer {
    /// What to say with it: one line of at most 300 characters. Recorded with `deny` and `revoke`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 300))]
    pub comment: Option<Comment>,
}

/// The body of `extend`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Extend {
    /// How much longer the grant is to last, in seconds: 15 to 28,800.
    #[cfg_attr(feature = "openapi", schema(
        value_type = u32, minimum = 15, maximum = 28800, example = 1800))]
    pub longer_seconds: GrantDuration,
    /// Why: one line of 3 to 300 characters.
    #[cfg_attr(feature = "openapi", schema(
        value_type = String, min_length = 3, max_length = 300, example = "the repair takes longer"))]
    pub reason: Reason,
}

/// The body of `review`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Review {
    /// What became of the emergency: one line of at most 300 characters.
    #[cfg_attr(feature = "openapi", schema(
        value_type = String, min_length = 1, max_length = 300,
        example = "read the transcript; nothing but the restart"))]
    pub comment: Comment,
}
