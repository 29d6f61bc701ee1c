//! Credentials on their way to the requester: the only secrets in the API.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::moment::Moment;
use crate::names::{Region, RequestId, Target};

/// A text that is never shown: its `Debug` hides it, and it has no `Display`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Hides a text.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The text, for the one place that must have it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(hidden)")
    }
}

/// Credentials of one grant, and how to use them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Credentials {
    /// The request they belong to.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub request: RequestId,
    /// Which issue of the grant this is, from 1.
    pub issue: u32,
    /// The access key id.
    pub access_key_id: String,
    /// The secret access key.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = Password))]
    pub secret_access_key: Secret,
    /// The session token; of no fixed length.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = Password))]
    pub session_token: Secret,
    /// When they stop opening sessions: the end of the grant or their own expiry, whichever comes
    /// first. Ask again for new ones while the grant runs.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub expires_at: Moment,
    /// The end of the grant, exclusive.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub ends_at: Moment,
    /// The Region to call.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub region: Region,
    /// The session document to start sessions with; no other is allowed.
    pub document: String,
    /// The targets they open.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
    pub targets: Vec<Target>,
}

/// The same credentials in the shape that `credential_process` of the AWS CLI and SDKs reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProcessCredentials {
    /// Always 1.
    pub version: u8,
    /// The access key id.
    pub access_key_id: String,
    /// The secret access key.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = Password))]
    pub secret_access_key: Secret,
    /// The session token.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = Password))]
    pub session_token: Secret,
    /// When to run the process again.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub expiration: String,
}

impl From<Credentials> for ProcessCredentials {
    fn from(credentials: Credentials) -> Self {
        Self {
            version: 1,
            access_key_id: credentials.access_key_id,
            secret_access_key: credentials.secret_access_key,
            session_token: credentials.session_token,
            expiration: credentials.expires_at.iso_seconds(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_does_not_show_itself() {
        let secret = Secret::new("canary".into());
        assert!(!format!("{secret:?}").contains("canary"));
        assert_eq!(serde_json::to_string(&secret).unwrap(), "\"canary\"");
    }
}
