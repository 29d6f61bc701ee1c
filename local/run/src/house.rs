//! A whole deployment on loopback.
//!
//! Three addresses, as in AWS: the API, the identity provider, and AWS itself. The functions reach
//! AWS over that address too, each with credentials of its own role, or past the socket where a
//! test wants to be quick ([`Doors::InProcess`]); what they say and hear is the same.

mod chat;
mod configured;
mod counted;
mod function;
mod ports;
mod powers;
mod sweeping;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use aws_config::SdkConfig;
use axum::Router;
use broker::aws::NoCredentials;
use broker::chat::NoChat;
use broker::clock::Clock;
use broker::config::{Config, Faults};
use broker::identity::IdentityFault;
use broker::ledger::LedgerFault;
use broker::sweeper::Sweeper;
use functions::api::ApiState;
use functions::doctor::DoctorState;
use functions::issue::IssueState;
use functions::notices::noted;
use rules::moment::Moment;
use rules::place::Place;
use rules::wire::Secret;
use standin::door::Listening;
use standin::iam::Keys;
use standin::{StandinClock, World, WorldError};
use tokio::task::JoinHandle;

use self::chat::Chatting;
pub use self::configured::NotPut;
use self::counted::Counted;
use self::ports::Bound;
pub use self::ports::NoDoor;
pub use self::sweeping::Sweeping;
pub use crate::account::Function;
use crate::account::{self, ACCOUNT, NotSeeded, REGION};
use crate::environment::Environment;
use crate::issuer::{Issuer, KeyTrouble, NoIssuer};
use crate::people::Person;

/// How often a run of the sweeper begins.
const EVERY: Duration = Duration::from_secs(60);

/// How a house is to be.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The clock that all of it goes by.
    pub clock: StandinClock,
    /// Where its state is kept; in memory without.
    pub data_dir: Option<PathBuf>,
    /// How it is reached.
    pub doors: Doors,
    /// Settings that are to be otherwise than usual, by the names that a deployment has for them.
    pub settings: Vec<(&'static str, String)>,
}

/// How a house is reached. Its addresses are open in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doors {
    /// The functions reach AWS inside the process; every port is one that was free.
    InProcess,
    /// The functions reach AWS over its address.
    Loopback {
        /// The first of three ports; the usual three, or any that are free, without.
        first: Option<u16>,
    },
}

/// Why there is no house.
#[derive(Debug, thiserror::Error)]
pub enum NoHouse {
    /// The stand-in AWS could not be made.
    #[error(transparent)]
    World(#[from] WorldError),
    /// Its account could not be made.
    #[error(transparent)]
    Seed(#[from] NotSeeded),
    /// A role has no credentials.
    #[error("a function has no credentials: {0}")]
    Credentials(String),
    /// The addresses could not be had.
    #[error(transparent)]
    Door(#[from] NoDoor),
    /// The issuer could not be opened.
    #[error(transparent)]
    Issuer(#[from] NoIssuer),
    /// The settings are wrong.
    #[error("the configuration is wrong: {0}")]
    Settings(#[from] Faults),
    /// The Region of this crate is not one.
    #[error("the account cannot be served: {0}")]
    Place(String),
    /// The identity provider cannot be used.
    #[error(transparent)]
    Identity(#[from] IdentityFault),
    /// A place lies in an account without credentials.
    #[error(transparent)]
    NoCredentials(#[from] NoCredentials),
    /// There is no chat although it is configured.
    #[error(transparent)]
    Chat(#[from] NoChat),
    /// The workspace of Slack could not be opened.
    #[error("the workspace of Slack could not be opened")]
    Slack(#[source] io::Error),
    /// No random bytes could be had for a key.
    #[error("no random bytes could be had")]
    NoKey,
    /// The table could not be made.
    #[error("the table could not be made: {0}")]
    Table(#[from] LedgerFault),
}

/// A deployment in service; dropping it closes its doors.
#[derive(Debug)]
pub struct House {
    world: World,
    clock: Clock,
    issuer: Issuer,
    aws: Listening,
    wire: Wire,
    api: SdkConfig,
    issue: SdkConfig,
    sweep: SdkConfig,
    doctor: SdkConfig,
    chat: SdkConfig,
    config: Config,
    sweeper: Arc<Sweeper>,
    router: Router,
    counted: Counted,
    chatting: Chatting,
    on_call_key: Secret,
    url: String,
    serving: JoinHandle<io::Result<()>>,
}

/// How AWS is reached from here.
#[derive(Debug, Clone)]
struct Wire {
    world: World,
    clock: Clock,
    /// The address; past the socket without.
    endpoint: Option<String>,
}

impl House {
    /// Brings a house up. Where the data directory holds one, it goes on from there.
    ///
    /// # Errors
    /// What is missing.
    pub async fn start(plan: Plan) -> Result<Self, NoHouse> {
        let world = World::builder()
            .clock(plan.clock)
            .account(ACCOUNT)
            .region(REGION)
            .data_dir(plan.data_dir.clone())
            .build()?;
        powers::record(&world);
        let clock = {
            let world = world.clone();
            Clock::from_fn(Arc::new(move || Moment::from_millis(world.now_millis())))
        };
        let data_dir = plan.data_dir.as_deref();
        let Bound {
            api: listener,
            issuer,
            aws,
        } = Box::pin(ports::bind(&world, plan.doors, data_dir)).await?;
        let issuer = Issuer::open(issuer, data_dir, clock.clone())?;
        let url = ports::url(&listener)?;
        let slack = chat::workspace(&clock).await?;
        chat::register(&issuer, &url);
        let usual = Environment::of(issuer.url()).chatting(&slack, &url);
        let environment = plan
            .settings
            .iter()
            .fold(usual, |all, (name, value)| all.with(name, value));
        let config = Config::from_env(|name| environment.get(name))?;
        // Other places have operators of their own, who make what belongs there.
        let is_home =
            |place: &&Place| (place.account.as_str(), place.region.as_str()) == (ACCOUNT, REGION);
        for place in config.terms().places.iter().filter(is_home) {
            account::seed(&world, place)?;
        }
        let on_call_key = configured::seed(&world)?;
        let wire = Wire {
            world: world.clone(),
            clock: clock.clone(),
            endpoint: match plan.doors {
                Doors::InProcess => None,
                Doors::Loopback { .. } => Some(aws.endpoint_url()),
            },
        };
        Box::pin(
            config
                .ground()
                .ledger(&wire.config(&world.admin_keys())?)
                .create_table(),
        )
        .await?;
        let (api, issue, sweep, doctor, chat) = (
            wire.of(Function::Api)?,
            wire.of(Function::Issue)?,
            wire.of(Function::Sweeper)?,
            wire.of(Function::Doctor)?,
            wire.of(Function::Chatops)?,
        );
        let verifier = Arc::new(config.verifier(clock.clone())?);
        let counted = Counted::default();
        let metrics = counted.metrics(Function::Api, &clock);
        let in_force = config.in_force(&api, clock.clone(), noted(metrics.clone()));
        let to_api = functions::api::router(ApiState {
            desk: Arc::new(config.desk(&api, in_force, clock.clone())?),
            verifier: Arc::clone(&verifier),
            metrics,
        });
        let metrics = counted.metrics(Function::Issue, &clock);
        let in_force = config.in_force(&issue, clock.clone(), noted(metrics.clone()));
        let to_issue = functions::issue::router(IssueState {
            issuer: Arc::new(config.issuer(&issue, in_force, clock.clone())?),
            verifier: Arc::clone(&verifier),
            metrics,
        });
        let metrics = counted.metrics(Function::Doctor, &clock);
        let in_force = config.in_force(&doctor, clock.clone(), noted(metrics.clone()));
        let practice = Arc::new(config.practice(&doctor, in_force, clock.clone())?);
        function::examines(&world, &practice);
        let to_doctor = functions::doctor::router(DoctorState {
            practice,
            verifier: Arc::clone(&verifier),
            metrics,
        });
        let metrics = counted.metrics(Function::Chatops, &clock);
        let parts = (slack, metrics);
        let chatting = Chatting::begin(&world, &config, &chat, &verifier, &clock, parts)?;
        let to_chat = chatting.function.router();
        let router = function::one_address(to_api, to_issue, to_doctor, to_chat);
        let sweeper = Arc::new(config.ground().sweeper(&sweep, clock.clone())?);
        let serving = {
            let router = router.clone();
            tokio::spawn(async move { axum::serve(listener, router).await })
        };
        Ok(Self {
            world,
            clock,
            issuer,
            aws,
            wire,
            api,
            issue,
            sweep,
            doctor,
            chat,
            config,
            sweeper,
            router,
            counted,
            chatting,
            on_call_key,
            url,
            serving,
        })
    }

    /// The address of the API.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The address of the issuer, which is also the `iss` of its tokens.
    #[must_use]
    pub fn issuer_url(&self) -> &str {
        self.issuer.url()
    }

    /// The address of AWS.
    #[must_use]
    pub fn aws_url(&self) -> String {
        self.aws.endpoint_url()
    }

    /// AWS itself, past every door and policy.
    #[must_use]
    pub fn world(&self) -> &World {
        &self.world
    }

    /// The clock that all of it goes by.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The issuer.
    #[must_use]
    pub fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    /// A token in somebody's name, for an hour.
    ///
    /// # Errors
    /// The issuer's key would not sign.
    pub fn token(&self, person: Person) -> Result<String, KeyTrouble> {
        self.issuer.token(person)
    }

    /// The routers of the functions at one address, past the socket.
    pub fn router(&self) -> Router {
        self.router.clone()
    }

    /// The sweeper. It sweeps when it is told to; see [`House::keep_sweeping`].
    #[must_use]
    pub fn sweeper(&self) -> &Sweeper {
        &self.sweeper
    }

    /// What the functions have counted so far, as CloudWatch would read it: the lines that a
    /// deployed function writes to its standard output, the newest thousand of them.
    #[must_use]
    pub fn metrics(&self) -> Vec<String> {
        self.counted.lines()
    }

    /// The configuration, read from the environment of the house.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// How a function reaches AWS: with credentials of its own role.
    #[must_use]
    pub fn sdk_config(&self, function: Function) -> &SdkConfig {
        match function {
            Function::Api => &self.api,
            Function::Issue => &self.issue,
            Function::Sweeper => &self.sweep,
            Function::Doctor => &self.doctor,
            Function::Chatops => &self.chat,
        }
    }

    /// How somebody who holds these keys reaches AWS.
    ///
    /// # Errors
    /// None that a caller can bring about.
    pub fn sdk_config_of(&self, keys: &Keys) -> Result<SdkConfig, NoHouse> {
        self.wire.config(keys)
    }
}

impl Drop for House {
    fn drop(&mut self) {
        self.serving.abort();
        powers::tell(&self.world);
        // They hold the world that holds them.
        self.world.remove_functions();
    }
}
