//! Starting a function: everything is built once, before the first call.
//!
//! A function whose configuration is wrong does not start. It tells all that is wrong at once, one
//! log line each.

use std::process::ExitCode;
use std::sync::Arc;

use aws_config::SdkConfig;
use axum::Router;
use broker::aws::{NoCredentials, sdk_config};
use broker::chat::NoChat;
use broker::clock::Clock;
use broker::config::{Config, Faults, Ground};
use broker::identity::{IdentityFault, Verifier};
use broker::in_force::InForce;
use broker::lambda::Functions;
use broker::sweeper::Sweeper;
use tracing_subscriber::EnvFilter;

use crate::api::ApiState;
use crate::chatops::{ChatState, Chatops, HandOn};
use crate::doctor::DoctorState;
use crate::gateway;
use crate::issue::IssueState;
use crate::metrics::Metrics;
use crate::notices::noted;
use crate::problem::chain;

/// Why a function does not start, or has stopped.
#[derive(Debug, thiserror::Error)]
pub enum NotStarted {
    /// The settings are wrong.
    #[error("the configuration is wrong")]
    Faults(#[from] Faults),
    /// The identity provider that is configured cannot be used.
    #[error("the identity provider cannot be used")]
    Identity(#[from] IdentityFault),
    /// A place lies in an account without credentials.
    #[error("a place cannot be served")]
    Place(#[from] NoCredentials),
    /// The chat that is configured cannot be had.
    #[error("there is no chat")]
    Chat(#[from] NoChat),
    /// The function does not know its own name, and could hand nothing on to itself.
    #[error("`AWS_LAMBDA_FUNCTION_NAME` is not set")]
    NoName,
    /// The Lambda runtime gave up.
    #[error("the Lambda runtime stopped: {0}")]
    Runtime(lambda_runtime::Error),
}

/// The surroundings of a function that decides, read and ready.
#[derive(Debug)]
pub struct Deployment {
    config: Config,
    sdk: SdkConfig,
    clock: Clock,
    metrics: Metrics,
}

impl Deployment {
    /// Reads the environment.
    ///
    /// # Errors
    /// Everything that is wrong with the settings, together.
    pub async fn from_env() -> Result<Self, NotStarted> {
        let config = Config::from_env(|name| std::env::var(name).ok())?;
        let clock = Clock::system();
        let sdk = sdk_config(&clock).await;
        let metrics = metrics(&clock);
        Ok(Self {
            config,
            sdk,
            clock,
            metrics,
        })
    }

    /// What `api` works with.
    ///
    /// # Errors
    /// The identity provider or a place cannot be used.
    pub async fn api(&self) -> Result<ApiState, NotStarted> {
        let in_force = self.in_force().await;
        let desk = self.config.desk(&self.sdk, in_force, self.clock.clone())?;
        Ok(ApiState {
            desk: Arc::new(desk),
            verifier: self.verifier().await?,
            metrics: self.metrics.clone(),
        })
    }

    /// What `issue` works with.
    ///
    /// # Errors
    /// The identity provider or a place cannot be used.
    pub async fn issue(&self) -> Result<IssueState, NotStarted> {
        let in_force = self.in_force().await;
        let issuer = self
            .config
            .issuer(&self.sdk, in_force, self.clock.clone())?;
        Ok(IssueState {
            issuer: Arc::new(issuer),
            verifier: self.verifier().await?,
            metrics: self.metrics.clone(),
        })
    }

    /// What `doctor` works with.
    ///
    /// # Errors
    /// The identity provider or a place cannot be used.
    pub async fn doctor(&self) -> Result<DoctorState, NotStarted> {
        let in_force = self.in_force().await;
        let practice = self
            .config
            .practice(&self.sdk, in_force, self.clock.clone())?;
        Ok(DoctorState {
            practice: Arc::new(practice),
            verifier: self.verifier().await?,
            metrics: self.metrics.clone(),
        })
    }

    /// The function `chatops`. Without the settings of chat it serves nobody.
    ///
    /// # Errors
    /// The identity provider or a place cannot be used.
    pub async fn chatops(&self) -> Result<Chatops, NotStarted> {
        let in_force = self.in_force().await;
        let chat = self.config.chat(&self.sdk, in_force, self.clock.clone())?;
        let state = match chat {
            None => None,
            Some(chat) => {
                let name = std::env::var("AWS_LAMBDA_FUNCTION_NAME").ok();
                let name = name.and_then(|name| name.parse().ok());
                Some(ChatState {
                    chat: Arc::new(chat),
                    verifier: self.verifier().await?,
                    work: HandOn {
                        functions: Functions::new(&self.sdk),
                        name: name.ok_or(NotStarted::NoName)?,
                    },
                    metrics: self.metrics.clone(),
                })
            }
        };
        Ok(Chatops::new(
            state,
            self.clock.clone(),
            self.metrics.clone(),
        ))
    }

    /// The policy set and who is on call, read where they can be had. A function starts without
    /// them: what needs no policy set must work whatever became of it. What is wrong is told as a
    /// notice, and the first call asks again.
    async fn in_force(&self) -> InForce {
        let (clock, metrics) = (self.clock.clone(), self.metrics.clone());
        let in_force = self.config.in_force(&self.sdk, clock, noted(metrics));
        drop(in_force.now().await);
        in_force
    }

    /// A verifier with its keys fetched where they can be had; the first call asks again.
    async fn verifier(&self) -> Result<Arc<Verifier>, NotStarted> {
        let verifier = self.config.verifier(self.clock.clone())?;
        match verifier.warm().await {
            Ok(warmed) => {
                for fault in &warmed.left_out {
                    tracing::warn!(
                        cause = chain(fault),
                        "left out a key of the identity provider"
                    );
                }
                tracing::info!(
                    keys = warmed.usable,
                    "fetched the keys of the identity provider"
                );
            }
            Err(fault) => {
                tracing::warn!(
                    cause = chain(&fault),
                    "the keys of the identity provider are not to be had yet"
                );
            }
        }
        Ok(Arc::new(verifier))
    }
}

/// The sweeper, the clock it goes by, and where its figures go. It reads neither the policy set nor who may sign in: what
/// is over ends, whatever else is wrong with a deployment.
///
/// # Errors
/// Everything that is wrong with its settings, together; or a place cannot be used.
pub async fn sweeper() -> Result<(Sweeper, Clock, Metrics), NotStarted> {
    let ground = Ground::from_env(|name| std::env::var(name).ok())?;
    let clock = Clock::system();
    let sdk = sdk_config(&clock).await;
    let metrics = metrics(&clock);
    Ok((ground.sweeper(&sdk, clock.clone())?, clock, metrics))
}

/// Where this function's figures go; it is called what Lambda calls it.
fn metrics(clock: &Clock) -> Metrics {
    let function = std::env::var("AWS_LAMBDA_FUNCTION_NAME").ok();
    Metrics::to_stdout(function.as_deref().unwrap_or("unnamed"), clock.clone())
}

/// Serves a router behind API Gateway until Lambda ends the sandbox.
///
/// # Errors
/// The Lambda runtime gave up.
pub async fn serve(router: Router) -> Result<(), NotStarted> {
    lambda_runtime::run(gateway::behind(router))
        .await
        .map_err(NotStarted::Runtime)
}

/// Logs in JSON to standard output, at the level that `POSTERN_LOG` names: `error`, `warn`, `info`,
/// `debug` or `trace`; `info` where it names none.
///
/// The level is that of Postern's own code. Libraries stay at `warn` whatever is set, because the
/// AWS SDK writes bodies, and with them secrets, at its most talkative; the Lambda runtime has its
/// span at `info`, which holds the id of the invocation.
pub fn log() {
    let wanted = std::env::var("POSTERN_LOG").unwrap_or_default();
    let filter = EnvFilter::new(filter(&wanted));
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_env_filter(filter)
        .init();
}

fn filter(wanted: &str) -> String {
    let level = ["error", "warn", "info", "debug", "trace"]
        .into_iter()
        .find(|level| wanted.trim().eq_ignore_ascii_case(level))
        .unwrap_or("info");
    format!("warn,lambda_runtime=info,functions={level},broker={level},rules={level}")
}

/// Tells the log why a function stopped, and the process how it ended.
#[must_use]
pub fn ended(outcome: Result<(), NotStarted>) -> ExitCode {
    match outcome {
        Ok(()) => return ExitCode::SUCCESS,
        Err(NotStarted::Faults(faults)) => {
            for fault in faults.iter() {
                tracing::error!(
                    setting = fault.name,
                    cause = fault.what,
                    "the configuration is wrong"
                );
            }
        }
        Err(
            fault @ (NotStarted::Identity(_)
            | NotStarted::Place(_)
            | NotStarted::Chat(_)
            | NotStarted::NoName
            | NotStarted::Runtime(_)),
        ) => {
            tracing::error!(cause = chain(&fault), "the function stopped")
        }
    }
    ExitCode::FAILURE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_postern_itself_can_be_made_talkative() {
        for (wanted, level) in [
            ("", "info"),
            ("DEBUG", "debug"),
            ("aws_smithy_runtime=trace", "info"),
        ] {
            let filter = filter(wanted);
            assert!(filter.starts_with("warn,"), "{filter}");
            assert!(filter.contains(&format!("functions={level},")), "{filter}");
        }
    }
}
