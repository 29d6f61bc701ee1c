//! How long Slack waits for an answer, in the local run.
//!
//! `cargo bench -p tests --bench chat` starts the local run as it is, with functions that reach AWS over
//! its address, and sends signed commands: one after the other, and four at a time. What they want done
//! goes on meanwhile, in the same process. It fails where the 99th percentile passes 50 ms.

use std::error::Error;
use std::io::{self, Write as _};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hmac::{Hmac, KeyInit, Mac};
use postern_local::house::{Doors, House, Plan};
use postern_local::slack::{APP, CHANNEL, Member, TEAM};
use reqwest::Client;
use rustls::{ClientConfig, RootCertStore};
use sha2::Sha256;
use standin::StandinClock;
use tokio::task::JoinSet;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// What the 99th percentile must not pass.
const BOUND: Duration = Duration::from_millis(50);
/// How many commands there are, after those that are not counted.
const COMMANDS: usize = 2_000;
const FIRST: usize = 50;
/// Who sends them.
const USER: &str = "U0BENCH";

struct Bot {
    house: House,
    http: Client,
}

impl Bot {
    async fn open() -> Outcome<Self> {
        let house = Box::pin(House::start(Plan {
            clock: StandinClock::system(),
            data_dir: None,
            doors: Doors::Loopback { first: None },
            settings: Vec::new(),
        }))
        .await?;
        house.slack().seat(USER, Member::named("Bench"));
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(RootCertStore::empty())
            .with_no_client_auth();
        let http = Client::builder()
            .tls_backend_preconfigured(tls)
            .no_proxy()
            .build()?;
        Ok(Self { house, http })
    }

    /// Sends one command, and gives how long its answer took.
    async fn answer(&self, n: usize) -> Outcome<Duration> {
        let hook = self.house.slack().hook(USER).replace([':', '/'], "%2F");
        let hook = hook.replacen("%2F%2F%2F", "%3A%2F%2F", 1);
        let body = format!(
            "team_id={TEAM}&channel_id={CHANNEL}&user_id={USER}&command=%2Fpostern&text=help\
             &api_app_id={APP}&response_url={hook}&trigger_id=bench.{n}"
        );
        let timestamp = self.house.clock().now().seconds().to_string();
        let secret = self.house.signing_secret().expose();
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes())?;
        mac.update(format!("v0:{timestamp}:{body}").as_bytes());
        let signature = format!("v0={}", hex::encode(mac.finalize().into_bytes()));
        let call = self
            .http
            .post(format!("{}/chat/slack/commands", self.house.url()))
            .header("content-type", "application/x-www-form-urlencoded")
            .header("x-slack-request-timestamp", timestamp)
            .header("x-slack-signature", signature)
            .body(body);
        let begun = Instant::now();
        let answer = call.send().await?;
        let status = answer.status();
        let said = answer.text().await?;
        let took = begun.elapsed();
        match status.as_u16() {
            200 => Ok(took),
            other => Err(format!("answered with {other}: {said}").into()),
        }
    }
}

/// Sends all commands, so many at a time; gives how long each took, in order.
async fn measured(bot: &Arc<Bot>, at_a_time: usize) -> Outcome<Vec<Duration>> {
    let mut all = Vec::with_capacity(COMMANDS);
    let mut tasks = JoinSet::new();
    for lane in 0..at_a_time {
        let bot = Arc::clone(bot);
        tasks.spawn(async move {
            let mut took = Vec::new();
            for n in 0..COMMANDS / at_a_time {
                let n = at_a_time * COMMANDS + n * at_a_time + lane;
                took.push(bot.answer(n).await?);
            }
            Outcome::Ok(took)
        });
    }
    while let Some(lane) = tasks.join_next().await {
        all.extend(lane??);
    }
    all.sort();
    Ok(all)
}

fn at(all: &[Duration], percent: usize) -> Duration {
    let place = (all.len() * percent).div_ceil(100).max(1) - 1;
    all.get(place).copied().unwrap_or_default()
}

async fn bench() -> Outcome<ExitCode> {
    let bot = Arc::new(Bot::open().await?);
    for n in 0..FIRST {
        bot.answer(n).await?;
    }
    let mut out = io::stdout();
    writeln!(
        out,
        "| at a time | answers | p50, ms | p90, ms | p99, ms | max, ms |\n|---:|---:|---:|---:|---:|---:|"
    )?;
    let mut code = ExitCode::SUCCESS;
    for at_a_time in [1, 4] {
        let all = measured(&bot, at_a_time).await?;
        let [p50, p90, p99, max] =
            [50, 90, 99, 100].map(|percent| at(&all, percent).as_secs_f64() * 1_000.0);
        writeln!(
            out,
            "| {at_a_time} | {} | {p50:.2} | {p90:.2} | {p99:.2} | {max:.2} |",
            all.len()
        )?;
        if at(&all, 99) > BOUND {
            writeln!(out, "the 99th percentile passes {} ms", BOUND.as_millis())?;
            code = ExitCode::FAILURE;
        }
    }
    Ok(code)
}

fn main() -> Outcome<ExitCode> {
    // `cargo test --all-targets` runs this as well, and nobody measures there.
    if !std::env::args().any(|argument| argument == "--bench") {
        return Ok(ExitCode::SUCCESS);
    }
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?
        .block_on(Box::pin(bench()))
}
