//! The secrets of chat: read where they are kept, and read again, so that a rotation needs no
//! deployment.
//!
//! Each stands in a parameter of its own under one path, a `SecureString`. The path may be
//! `/aws/reference/secretsmanager/…`, and then each is a secret of Secrets Manager: Parameter Store
//! reads those too, by `GetParameter` with decryption and by no listing (Systems Manager User Guide,
//! *Referencing AWS Secrets Manager secrets from Parameter Store parameters*), so nothing else is
//! called here. The role then needs `secretsmanager:GetSecretValue` on them as well.
//!
//! A secret is kept in the process for minutes. Where it cannot be read again it is kept for a while
//! longer, and then the function has none: unset, unreadable and too old all mean nobody.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_config::SdkConfig;
use rules::moment::Moment;
use rules::wire::Secret;

use crate::clock::Clock;
use crate::fault::AwsFault;
use crate::ssm::{NotAParameter, Parameter, ParameterName};

/// How long a secret is used without reading it again.
pub const FRESH_FOR: Duration = Duration::from_secs(5 * 60);

/// How long one is used that cannot be read again.
pub const USABLE_FOR: Duration = Duration::from_secs(60 * 60);

/// How soon one is read again that has just been read and did not fit. It bounds what forged
/// signatures cost.
pub const COOLDOWN: Duration = Duration::from_secs(30);

/// The secrets of chat.
#[derive(Debug)]
pub struct Secrets {
    /// What Slack signs with: one secret, or two on a line each.
    pub signing: Kept,
    /// The bot's token.
    pub token: Kept,
    /// What buttons are sealed with: one key, or two on a line each.
    pub buttons: Kept,
    /// What the webhook of another chat system is signed with, both ways: one secret, or two on a line
    /// each.
    pub hook: Kept,
    /// The secret of the client that people are logged in by, where it has one.
    pub client: Kept,
}

/// One secret.
#[derive(Debug)]
pub struct Kept {
    parameter: Parameter,
    clock: Clock,
    state: Mutex<Option<Read>>,
    /// Held by whoever is reading.
    turn: tokio::sync::Mutex<()>,
}

#[derive(Debug, Clone)]
struct Read {
    secret: Arc<Secret>,
    at: Moment,
    tried_at: Moment,
}

impl Secrets {
    /// The secrets under a path. Nothing is read yet.
    ///
    /// # Errors
    /// The path is none.
    pub fn new(
        sdk: &SdkConfig,
        path: &ParameterName,
        clock: &Clock,
    ) -> Result<Self, NotAParameter> {
        let base = path.to_string();
        let base = base.trim_end_matches('/');
        let kept = |name: &str| -> Result<Kept, NotAParameter> {
            Ok(Kept {
                parameter: Parameter::new(sdk, format!("{base}/{name}").parse()?),
                clock: clock.clone(),
                state: Mutex::default(),
                turn: tokio::sync::Mutex::default(),
            })
        };
        Ok(Self {
            signing: kept("signing-secret")?,
            token: kept("bot-token")?,
            buttons: kept("button-key")?,
            hook: kept("hook-secret")?,
            client: kept("client-secret")?,
        })
    }
}

impl Kept {
    /// The secret as it was read within the last minutes.
    ///
    /// # Errors
    /// It cannot be read, and none may be kept.
    pub async fn current(&self) -> Result<Arc<Secret>, AwsFault> {
        self.younger_than(FRESH_FOR).await
    }

    /// The secret, read again unless that has just been done: for whoever found that it does not fit.
    ///
    /// # Errors
    /// It cannot be read, and none may be kept.
    pub async fn again(&self) -> Result<Arc<Secret>, AwsFault> {
        self.younger_than(COOLDOWN).await
    }

    async fn younger_than(&self, age: Duration) -> Result<Arc<Secret>, AwsFault> {
        if let Some(secret) = self.held(age) {
            return Ok(secret);
        }
        let _turn = self.turn.lock().await;
        if let Some(secret) = self.held(age) {
            return Ok(secret);
        }
        let now = self.clock.now();
        match Box::pin(self.parameter.read()).await {
            Ok(secret) => {
                let secret = Arc::new(secret);
                self.keep(Some(Read {
                    secret: Arc::clone(&secret),
                    at: now,
                    tried_at: now,
                }));
                Ok(secret)
            }
            Err(fault) => {
                let kept = self.read();
                let usable = kept.filter(|kept| now.since(kept.at) < USABLE_FOR);
                self.keep(usable.clone().map(|kept| Read {
                    tried_at: now,
                    ..kept
                }));
                usable.map(|kept| kept.secret).ok_or(fault)
            }
        }
    }

    /// What was read, or tried to be read, no longer ago than that.
    fn held(&self, age: Duration) -> Option<Arc<Secret>> {
        let now = self.clock.now();
        let kept = self.read()?;
        let is_fresh = kept.tried_at <= now && now.since(kept.tried_at) < age.max(COOLDOWN);
        let is_usable = now.since(kept.at) < USABLE_FOR;
        // After a failed try the next one follows soon.
        let tried_well = kept.tried_at == kept.at || now.since(kept.tried_at) < COOLDOWN;
        (is_fresh && is_usable && tried_well).then_some(kept.secret)
    }

    fn read(&self) -> Option<Read> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.clone()
    }

    fn keep(&self, read: Option<Read>) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = read;
    }
}
