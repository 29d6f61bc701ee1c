//! Lambda: one function of Postern's calls another, where each has powers that the other must not
//! have.
//!
//! [`Functions::invoke`] waits for the answer, and no longer than it is given. [`Functions::hand_on`]
//! leaves an event with Lambda, which runs the function with it at least once, and again where it
//! fails. A function that failed is told apart from a call that did: the call may be made again,
//! the function has been run. Of its error only the type goes any further; the text may hold
//! anything.

use std::fmt;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_lambda::Client;
use aws_sdk_lambda::config::Config;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::InvocationType;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::fault::{AwsFault, plain};

const SERVICE: &str = "lambda";
const INVOKE: &str = "Invoke";

/// The name of a function of Postern's own account and Region: 1 to 64 letters, digits, `-` or `_`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionName(String);

/// A text that is no name of a function.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not the name of a function: 1 to 64 letters, digits, `-` or `_`")]
pub struct NotAFunction(String);

impl std::str::FromStr for FunctionName {
    type Err = NotAFunction;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let of_name = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
        match (1..=64).contains(&text.len()) && text.chars().all(of_name) {
            true => Ok(Self(text.to_owned())),
            false => Err(NotAFunction(text.to_owned())),
        }
    }
}

impl fmt::Display for FunctionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a function that was waited for gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAnswered {
    /// It was not run, or nothing was heard of it in time.
    #[error(transparent)]
    Call(#[from] AwsFault),
    /// It was run, and failed.
    #[error("the function failed: `{kind}`")]
    Function {
        /// The type of its error; `untyped` where it has none.
        kind: String,
    },
    /// It answered, and with something else than was expected.
    #[error("the answer of the function cannot be read")]
    Unreadable,
}

/// The functions of Postern's own account and Region.
#[derive(Debug, Clone)]
pub struct Functions {
    client: Client,
}

impl Functions {
    /// The functions of the account and Region of the configuration.
    #[must_use]
    pub fn new(sdk: &SdkConfig) -> Self {
        Self {
            client: Client::new(sdk),
        }
    }

    /// Runs a function with an event and waits for its answer, within a time that retries of
    /// throttled calls are part of. A function that is given up goes on all the same.
    ///
    /// # Errors
    /// The call failed, or the function did, or its answer is not of the form expected.
    pub async fn invoke<Q, A>(
        &self,
        function: &FunctionName,
        event: &Q,
        within: Duration,
    ) -> Result<A, NotAnswered>
    where
        Q: Serialize + Sync,
        A: DeserializeOwned,
    {
        // An attempt has all the time there is: one that is cut short may have run the function,
        // and would run it again.
        let limits = TimeoutConfig::builder()
            .operation_attempt_timeout(within)
            .operation_timeout(within)
            .build();
        let call = self
            .client
            .invoke()
            .function_name(&function.0)
            .invocation_type(InvocationType::RequestResponse)
            .payload(payload(event)?)
            .customize()
            .config_override(Config::builder().timeout_config(limits))
            .send();
        let answer = tokio::time::timeout(within, Box::pin(call))
            .await
            .map_err(|_| AwsFault::timed_out(SERVICE, INVOKE))?
            .map_err(|error| AwsFault::of(SERVICE, INVOKE, &error))?;
        let payload = answer.payload.map(Blob::into_inner).unwrap_or_default();
        if answer.function_error.is_some() {
            return Err(NotAnswered::Function {
                kind: kind_of(&payload),
            });
        }
        serde_json::from_slice(&payload).map_err(|_| NotAnswered::Unreadable)
    }

    /// Leaves an event with Lambda, which runs the function with it afterwards: at least once, and
    /// up to twice more where it fails.
    ///
    /// # Errors
    /// The call failed. Where it gave no answer, Lambda may have the event all the same.
    pub async fn hand_on<Q>(&self, function: &FunctionName, event: &Q) -> Result<(), AwsFault>
    where
        Q: Serialize + Sync,
    {
        let call = self
            .client
            .invoke()
            .function_name(&function.0)
            .invocation_type(InvocationType::Event)
            .payload(payload(event)?)
            .send();
        Box::pin(call)
            .await
            .map(drop)
            .map_err(|error| AwsFault::of(SERVICE, INVOKE, &error))
    }
}

fn payload<Q: Serialize>(event: &Q) -> Result<Blob, AwsFault> {
    serde_json::to_vec(event)
        .map(Blob::new)
        .map_err(|_| AwsFault::unsendable(SERVICE, INVOKE))
}

/// The type of a function's error, from what its runtime tells of it.
fn kind_of(payload: &[u8]) -> String {
    serde_json::from_slice::<serde_json::Value>(payload)
        .ok()
        .and_then(|told| told.get("errorType")?.as_str().map(plain))
        .unwrap_or_else(|| "untyped".to_owned())
}
