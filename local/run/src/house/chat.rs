//! The chat of a house: the function `chatops`, a workspace of Slack for it to talk to, and what AWS
//! would do around it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aws_config::SdkConfig;
use broker::clock::Clock;
use broker::config::Config;
use broker::identity::Verifier;
use broker::lambda::Functions;
use functions::chatops::{ChatState, Chatops, HandOn};
use functions::metrics::Metrics;
use functions::notices::noted;
use rules::wire::Secret;
use serde_json::{Value, json};
use standin::World;
use standin::lambda::FunctionError;
use standin::ssm::ParameterType;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::{EVERY, House, NoHouse};
use crate::account::{CHAT_SECRETS, CHATOPS};
use crate::issuer::Issuer;
use crate::slack::{self, Slack};

/// How often it is looked whether there are events.
const GLANCE: Duration = Duration::from_millis(500);

/// The function and its workspace.
#[derive(Debug)]
pub(super) struct Chatting {
    pub(super) function: Chatops,
    pub(super) slack: Slack,
    signing: Secret,
    hook: Secret,
    /// How many events of the bus it has been given.
    given: Arc<AtomicUsize>,
}

/// Opens the workspace.
pub(super) async fn workspace(clock: &Clock) -> Result<Slack, NoHouse> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await;
    let listener = listener.map_err(NoHouse::Slack)?;
    Slack::open(listener, clock.clone()).map_err(NoHouse::Slack)
}

/// Where people are sent back to once they have logged in.
pub(super) fn register(issuer: &Issuer, api: &str) {
    issuer.register(&format!("{api}/chat/link/callback"));
}

/// Makes the secrets of chat, anew at each start; gives what Slack and a webhook sign with.
fn seed(world: &World) -> Result<(Secret, Secret), NoHouse> {
    let (signing, hook) = (made()?, made()?);
    for (name, value) in [
        ("signing-secret", signing.as_str()),
        ("hook-secret", &hook),
        ("button-key", &made()?),
        ("bot-token", slack::TOKEN),
    ] {
        let name = format!("{CHAT_SECRETS}/{name}");
        world.put_parameter(&name, ParameterType::SecureString, value);
    }
    Ok((Secret::new(signing), Secret::new(hook)))
}

fn made() -> Result<String, NoHouse> {
    let mut bytes = [0; 32];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| NoHouse::NoKey)?;
    Ok(hex::encode(bytes))
}

impl Chatting {
    /// The function as it is deployed, which Lambda knows by its name.
    pub(super) fn begin(
        world: &World,
        config: &Config,
        sdk: &SdkConfig,
        verifier: &Arc<Verifier>,
        clock: &Clock,
        (slack, metrics): (Slack, Metrics),
    ) -> Result<Self, NoHouse> {
        let (signing, hook) = seed(world)?;
        let in_force = config.in_force(sdk, clock.clone(), noted(metrics.clone()));
        let chat = config.chat(sdk, in_force, clock.clone())?;
        let name = CHATOPS.parse();
        let state = match (chat, name) {
            (Some(chat), Ok(name)) => Some(ChatState {
                chat: Arc::new(chat),
                verifier: Arc::clone(verifier),
                work: HandOn {
                    functions: Functions::new(sdk),
                    name,
                },
                metrics: metrics.clone(),
            }),
            (_, _) => None,
        };
        let function = Chatops::new(state, clock.clone(), metrics);
        let invoked = function.clone();
        world.add_function(CHATOPS, move |event| {
            let invoked = invoked.clone();
            async move { ran(&invoked, &event).await }
        });
        Ok(Self {
            function,
            slack,
            signing,
            hook,
            given: Arc::default(),
        })
    }

    /// Brings events to the function as they come, and wakes it each minute, until the task ends.
    pub(super) fn keep_telling(&self, world: &World, clock: &Clock) -> JoinHandle<()> {
        let (function, given) = (self.function.clone(), Arc::clone(&self.given));
        let (world, clock) = (world.clone(), clock.clone());
        tokio::spawn(async move {
            let mut next_tick = clock.now();
            loop {
                let mut told = Box::pin(give(&function, &world, &given)).await;
                if told.is_ok() && clock.now() >= next_tick {
                    next_tick = clock.now().plus(EVERY);
                    told = Box::pin(tick(&function)).await;
                }
                if let Err(error) = told {
                    tracing::error!(cause = %error, "chat was not told");
                }
                clock.sleep_until(clock.now().plus(GLANCE)).await;
            }
        })
    }
}

/// EventBridge gives the function every event that it has not had yet.
async fn give(
    function: &Chatops,
    world: &World,
    given: &AtomicUsize,
) -> Result<(), lambda_runtime::Error> {
    for event in world.events().iter().skip(given.load(Ordering::Relaxed)) {
        let event = json!({
            "source": event.source,
            "detail-type": event.detail_type,
            "detail": event.detail,
        });
        Box::pin(function.handle_in_background(&event)).await?;
        given.fetch_add(1, Ordering::Relaxed);
    }
    Ok(())
}

/// The schedule wakes the function.
async fn tick(function: &Chatops) -> Result<(), lambda_runtime::Error> {
    let tick = json!({"source": "aws.scheduler"});
    Box::pin(function.handle_in_background(&tick)).await
}

/// What the function came to in the background.
async fn ran(function: &Chatops, event: &Value) -> Result<Value, FunctionError> {
    let ran = Box::pin(function.handle_in_background(event)).await;
    ran.map(|()| Value::Null).map_err(|error| FunctionError {
        kind: "Error".to_owned(),
        message: error.to_string(),
    })
}

impl House {
    /// The workspace of Slack.
    #[must_use]
    pub fn slack(&self) -> &Slack {
        &self.chatting.slack
    }

    /// What the workspace signs its calls with.
    #[must_use]
    pub fn signing_secret(&self) -> &Secret {
        &self.chatting.signing
    }

    /// What a webhook of another chat system is signed with, where the settings name one.
    #[must_use]
    pub fn hook_secret(&self) -> &Secret {
        &self.chatting.hook
    }

    /// EventBridge gives the function every event that it has not had yet.
    ///
    /// # Errors
    /// The function failed; EventBridge would give it the event again.
    pub async fn give_events(&self) -> Result<(), lambda_runtime::Error> {
        let Chatting {
            function, given, ..
        } = &self.chatting;
        give(function, self.world(), given).await
    }

    /// The schedule of the function: it tells what has yet to be told.
    ///
    /// # Errors
    /// The function failed.
    pub async fn tick_chat(&self) -> Result<(), lambda_runtime::Error> {
        tick(&self.chatting.function).await
    }
}
