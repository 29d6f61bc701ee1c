//! How long a session outlives its grant, in real time.
//!
//! `cargo bench -p tests --bench endings` starts the local run as it is: the clock of the machine,
//! functions that reach AWS over its address, the usual call rate, and the sweeper going on and on.
//! Grants of many people end at random moments, each with a session open, in fair weather and once
//! more while SSM throttles and fails. It fails where the 99th percentile passes two seconds.
//! `-- --quick` is a short run of the same.

mod company;

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use postern_local::house::Doors;
use postern_local::people::Person;
use rules::moment::Moment;
use rules::wire::RequestView;
use standin::faults::{FaultKind, FaultRule};
use standin::{Service, StandinClock};
use tokio::task::JoinSet;

use self::company::{Company, Grant, Outcome};

/// What the 99th percentile must not pass.
const BOUND: Duration = Duration::from_secs(2);
/// The shortest grant that there is, and the longest of this bench.
const SHORTEST: Duration = Duration::from_secs(15);
const LONGEST: Duration = Duration::from_secs(180);
/// How long before the first end the first grants are asked for.
const LEAD: Duration = Duration::from_secs(20);
/// How many people there are.
const PEOPLE: usize = 25;
/// How many grants are revoked, after the others have ended, and over how long.
const REVOKED: usize = 20;
const REVOKING: Duration = Duration::from_secs(30);
/// When a session that is still open is given up.
const GIVEN_UP_AFTER: Duration = Duration::from_secs(120);
const SEED: u64 = 20_261_125;

/// How many grants there are, and over how long they end.
#[derive(Clone, Copy)]
struct Size {
    grants: usize,
    spread: Duration,
}

const WHOLE: Size = Size {
    grants: 200,
    spread: Duration::from_secs(240),
};
const QUICK: Size = Size {
    grants: 40,
    spread: Duration::from_secs(48),
};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Weather {
    Fair,
    Foul,
}

impl Weather {
    fn word(self) -> &'static str {
        match self {
            Self::Fair => "fair",
            Self::Foul => "foul",
        }
    }

    /// Five in a hundred calls that find and end sessions are throttled, and one fails.
    fn break_over(self, company: &Company) {
        let faults = company.house().world().faults();
        faults.seed(SEED);
        if self == Self::Fair {
            return;
        }
        let failing = FaultKind::Fail {
            status: 500,
            code: "InternalServerError".to_owned(),
        };
        for operation in ["DescribeSessions", "TerminateSession"] {
            for (chance, kind) in [(0.05, FaultKind::Throttle), (0.01, failing.clone())] {
                faults.inject(FaultRule {
                    probability: Some(chance),
                    ..FaultRule::always(Service::Ssm, operation, kind)
                });
            }
        }
    }
}

/// By how much sessions outlived what should have ended them, shortest first.
struct Measured {
    weather: Weather,
    what: &'static str,
    all: Vec<Duration>,
}

impl Measured {
    fn at(&self, percent: usize) -> Duration {
        let place = (self.all.len() * percent).div_ceil(100).saturating_sub(1);
        self.all.get(place).copied().unwrap_or_default()
    }
}

/// Numbers by SplitMix64, the same in every run.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn between(&mut self, least: Duration, most: Duration) -> Duration {
        let span = most.saturating_sub(least).as_millis();
        let past = u128::from(self.next()) % span.max(1);
        least.saturating_add(Duration::from_millis(u64::try_from(past).unwrap_or(0)))
    }
}

/// What becomes of many at once; the first that failed, where any did.
async fn all_of<T: 'static>(mut tasks: JoinSet<Outcome<T>>) -> Outcome<Vec<T>> {
    let mut all = Vec::new();
    while let Some(done) = tasks.join_next().await {
        all.push(done??);
    }
    Ok(all)
}

/// When the session was gone.
async fn gone(company: &Company, grant: &Grant, after: Moment) -> Outcome<Moment> {
    loop {
        let session = company.house().world().session(&grant.session);
        let session = session.ok_or("the session was opened")?;
        if let Some(at) = session.ended_millis {
            return Ok(Moment::from_millis(at));
        }
        if company.now() > after.plus(GIVEN_UP_AFTER) {
            return Err(format!("session {} is still open", grant.session).into());
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Gives by how much the session of a grant outlives it.
async fn live(
    company: Arc<Company>,
    engineer: usize,
    wait: Duration,
    length: Duration,
) -> Outcome<Duration> {
    tokio::time::sleep(wait).await;
    let grant = Box::pin(company.granted(engineer, length)).await?;
    let left = grant.ends_at.since(company.now());
    tokio::time::sleep(left).await;
    let gone = gone(&company, &grant, grant.ends_at).await?;
    if gone < grant.ends_at {
        return Err(format!("session {} was cut before its end", grant.session).into());
    }
    Ok(gone.since(grant.ends_at))
}

async fn ended(company: &Arc<Company>, size: Size, dice: &mut Dice) -> Outcome<Vec<Duration>> {
    let mut tasks = JoinSet::new();
    for n in 0..size.grants {
        let end = dice.between(LEAD, LEAD + size.spread);
        let length = dice.between(SHORTEST, LONGEST.min(end));
        let length = Duration::from_secs(length.as_secs());
        let company = Arc::clone(company);
        tasks.spawn(Box::pin(live(
            company,
            n % PEOPLE,
            end.saturating_sub(length),
            length,
        )));
    }
    let mut all = all_of(tasks).await?;
    all.sort_unstable();
    Ok(all)
}

/// Gives by how much a session outlives the revocation of its grant.
async fn cut(company: Arc<Company>, engineer: usize, wait: Duration) -> Outcome<Duration> {
    let grant = Box::pin(company.granted(engineer, LONGEST)).await?;
    tokio::time::sleep(wait).await;
    let token = company.house().token(Person::Omar)?;
    let path = format!("/v1/requests/{}/revoke", grant.id);
    let view: RequestView = Box::pin(company.post(&token, &path, None)).await?;
    let revoked = view.state.over_at.ok_or("a revoked grant is over")?;
    Ok(gone(&company, &grant, revoked).await?.since(revoked))
}

async fn revoked(company: &Arc<Company>, dice: &mut Dice) -> Outcome<Vec<Duration>> {
    let mut tasks = JoinSet::new();
    for n in 0..REVOKED {
        let wait = dice.between(Duration::from_secs(5), REVOKING);
        tasks.spawn(Box::pin(cut(Arc::clone(company), n, wait)));
    }
    let mut all = all_of(tasks).await?;
    all.sort_unstable();
    Ok(all)
}

async fn measured(size: Size, weather: Weather) -> Outcome<[Measured; 2]> {
    let doors = Doors::Loopback { first: None };
    let company = Company::open(StandinClock::system(), doors, &[]);
    let company = Arc::new(Box::pin(company).await?);
    weather.break_over(&company);
    let _sweeping = company.house().keep_sweeping();
    let mut dice = Dice(SEED);
    let ended = Measured {
        weather,
        what: "ended",
        all: Box::pin(ended(&company, size, &mut dice)).await?,
    };
    tell(&calls(&company))?;
    let revoked = Measured {
        weather,
        what: "revoked",
        all: Box::pin(revoked(&company, &mut dice)).await?,
    };
    Ok([ended, revoked])
}

/// How often SSM was called, and how many calls went wrong.
fn calls(company: &Company) -> String {
    let mut text = String::new();
    for operation in ["DescribeSessions", "TerminateSession"] {
        let calls = company.house().world().calls_of(Service::Ssm, operation);
        let struck = calls.iter().filter(|call| !call.took_effect).count();
        let _ = writeln!(text, "{operation}: {} calls, {struck} struck", calls.len());
    }
    text
}

fn seconds(length: Duration) -> String {
    format!("{:.3}", length.as_secs_f64())
}

fn line(one: &Measured) -> String {
    let [p50, p90, p99, max] = [50, 90, 99, 100].map(|percent| seconds(one.at(percent)));
    format!(
        "| {:<7} | {:<7} | {:>5} | {p50:>6} | {p90:>6} | {p99:>6} | {max:>6} |\n",
        one.weather.word(),
        one.what,
        one.all.len(),
    )
}

fn tell(text: &str) -> io::Result<()> {
    let mut out = io::stdout();
    out.write_all(text.as_bytes())?;
    out.flush()
}

async fn bench(size: Size) -> Outcome<ExitCode> {
    let mut text = format!(
        "| {:<7} | {:<7} | {:>5} | {:>6} | {:>6} | {:>6} | {:>6} |\n|---|---|---:|---:|---:|---:|---:|\n",
        "weather", "what", "count", "p50, s", "p90, s", "p99, s", "max, s"
    );
    let mut code = ExitCode::SUCCESS;
    let mut verdict = String::new();
    for weather in [Weather::Fair, Weather::Foul] {
        let measured = Box::pin(measured(size, weather)).await?;
        text.extend(measured.iter().map(line));
        let [ended, _] = &measured;
        let p99 = ended.at(99);
        if p99 > BOUND {
            let (weather, p99) = (weather.word(), seconds(p99));
            let bound = seconds(BOUND);
            let _ = writeln!(
                verdict,
                "in {weather} weather the 99th percentile is {p99} s, and {bound} s is the bound"
            );
            code = ExitCode::FAILURE;
        }
    }
    tell(&text)?;
    tell(&verdict)?;
    Ok(code)
}

fn main() -> Outcome<ExitCode> {
    let given = |name: &str| std::env::args().any(|argument| argument == name);
    // `cargo test --all-targets` runs this as well, and nobody waits for minutes there.
    if !given("--bench") {
        return Ok(ExitCode::SUCCESS);
    }
    let size = if given("--quick") { QUICK } else { WHOLE };
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?
        .block_on(Box::pin(bench(size)))
}
