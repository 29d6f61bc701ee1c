//! One secret of Parameter Store.
//!
//! A secret is read when it is needed and kept for minutes, in the process alone (AWS-FACTS 6.13):
//! an environment is shown to everybody who may look at a function. Nothing is traced of the call,
//! whatever log level a deployment sets.

use std::fmt;
use std::str::FromStr;

use aws_config::SdkConfig;
use aws_sdk_ssm::Client;
use rules::wire::Secret;
use tracing::instrument::WithSubscriber as _;
use tracing::subscriber::NoSubscriber;

use super::SERVICE;
use crate::fault::AwsFault;

const GET_PARAMETER: &str = "GetParameter";

/// The full name of a parameter, such as `/postern/on-call-key`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParameterName(String);

/// A text that names no parameter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not the full name of a parameter such as `/postern/on-call-key`")]
pub struct NotAParameter(String);

impl FromStr for ParameterName {
    type Err = NotAParameter;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "_.-/".contains(c);
        let fits =
            text.starts_with('/') && (2..=1_011).contains(&text.len()) && text.chars().all(allowed);
        fits.then(|| Self(text.to_owned()))
            .ok_or_else(|| NotAParameter(text.to_owned()))
    }
}

impl fmt::Display for ParameterName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A parameter, and the client that reads it: in the account and Region of its configuration.
#[derive(Debug)]
pub(crate) struct Parameter {
    client: Client,
    name: ParameterName,
}

impl Parameter {
    pub(crate) fn new(sdk: &SdkConfig, name: ParameterName) -> Self {
        Self {
            client: Client::new(sdk),
            name,
        }
    }

    /// Its value, decrypted.
    pub(crate) async fn read(&self) -> Result<Secret, AwsFault> {
        let call = self
            .client
            .get_parameter()
            .name(&self.name.0)
            .with_decryption(true)
            .send()
            .with_subscriber(NoSubscriber::default());
        let answer = Box::pin(call)
            .await
            .map_err(|error| AwsFault::of(SERVICE, GET_PARAMETER, &error))?;
        let value = answer.parameter.and_then(|parameter| parameter.value);
        value
            .map(Secret::new)
            .ok_or_else(|| AwsFault::unreadable(SERVICE, GET_PARAMETER))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_full_one() {
        for (text, good) in [
            ("/postern/on-call-key", true),
            ("/k", true),
            ("", false),
            ("/", false),
            ("on-call-key", false),
            ("/postern/on call", false),
            (
                "arn:aws:ssm:ap-northeast-2:111122223333:parameter/postern",
                false,
            ),
        ] {
            assert_eq!(text.parse::<ParameterName>().is_ok(), good, "{text}");
        }
    }
}
