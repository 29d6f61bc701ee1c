//! What a sweep costs, by the size of the table.
//!
//! `cargo bench -p tests --bench sweep_cost` fills one table after another with closed requests,
//! lets the same 50 grants end in each, sweeps once, and counts what was read. It fails where two
//! tables differ in that. `-- --quick` leaves the large tables out.
//!
//! What the tables are filled with are copies of records that the ledger wrote for grants which
//! were asked for, used, ended and followed to their close: nine in ten of requests whose logs are
//! no longer looked at, and one in ten of requests that wait in the index of due work for their
//! next look. Nothing but one call after another happens here, and the clock is moved by hand, so
//! that two sweeps of the same work make the same calls.

mod company;

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::DisplayErrorContext;
use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use postern_local::account::{Function, TABLE};
use postern_local::house::Doors;
use rules::moment::Moment;
use rules::names::{Digest, RequestId};
use standin::{Service, StandinClock};

use self::company::{Company, Grant, Outcome};

type Item = HashMap<String, AttributeValue>;

const WHOLE: [usize; 3] = [1_000, 100_000, 1_000_000];
const QUICK: [usize; 2] = [1_000, 10_000];
/// How many grants end at once.
const DUE: usize = 50;
/// How many requests the copies are made of, by as many people; twice.
const PATTERNS: usize = 10;
/// When every table opens: 2026-11-24T09:00:00Z.
const OPENS_AT_MILLIS: i64 = 1_795_510_800_000;
const MINUTE: Duration = Duration::from_secs(60);
/// The most items of one batch.
const BATCH: usize = 25;
/// How often the index is read for its time.
const TIMES: usize = 20;
/// The shards of due work, which is the default of a deployment.
const SHARDS: u8 = 4;
const READS: [&str; 3] = ["GetItem", "BatchGetItem", "Query"];

/// What one sweep took.
struct Measured {
    stored: usize,
    filling: Duration,
    reads: BTreeMap<&'static str, usize>,
    index: Duration,
    sweep: Duration,
}

/// One request that was closed, and the others like it.
struct Pattern {
    id: RequestId,
    item: Item,
}

/// A table being filled.
struct Filling<'a> {
    company: &'a Company,
    table: Client,
}

impl Filling<'_> {
    fn forward(&self, by: Duration) {
        self.company.house().world().clock().advance(by);
    }

    async fn sweep(&self) -> Outcome<broker::sweeper::Report> {
        let now = self.company.now();
        let report = Box::pin(self.company.house().sweeper().run(now)).await;
        match report.troubles.first() {
            Some(trouble) => Err(format!("a sweep met trouble: {}", trouble.what).into()),
            None => Ok(report),
        }
    }

    async fn record(&self, id: RequestId) -> Outcome<Item> {
        let call = self
            .table
            .get_item()
            .table_name(TABLE)
            .key("pk", AttributeValue::S(format!("REQ#{id}")))
            .key("sk", AttributeValue::S("REQ".to_owned()))
            .send();
        let answer = Box::pin(call)
            .await
            .map_err(|error| DisplayErrorContext(error).to_string())?;
        Ok(answer.item.ok_or("the request is there")?)
    }

    async fn grants(&self, count: usize) -> Outcome<Vec<Grant>> {
        let mut grants = Vec::new();
        for engineer in 0..count {
            grants.push(Box::pin(self.company.granted(engineer, 10 * MINUTE)).await?);
        }
        Ok(grants)
    }

    /// Grants that are over and closed, with their logs found.
    async fn closed(&self) -> Outcome<Vec<Pattern>> {
        let grants = self.grants(PATTERNS).await?;
        self.forward(10 * MINUTE);
        let mut closed = 0;
        while closed < PATTERNS {
            let report = Box::pin(self.sweep()).await?;
            let now = report.events.get("closed").copied().unwrap_or_default();
            closed += usize::try_from(now)?;
            self.forward(Duration::from_secs(10));
        }
        let mut patterns = Vec::new();
        for Grant { id, .. } in grants {
            let item = Box::pin(self.record(id)).await?;
            patterns.push(Pattern { id, item });
        }
        Ok(patterns)
    }

    /// Requests whose last look is over, and others that wait for their next.
    async fn patterns(&self) -> Outcome<(Vec<Pattern>, Vec<Pattern>)> {
        let mut over = Box::pin(self.closed()).await?;
        // The last look is due when a request has been closed for some days.
        for pattern in &mut over {
            for _ in 0..60 {
                if !pattern.item.contains_key("due_at") {
                    break;
                }
                self.forward(Duration::from_secs(12 * 60 * 60));
                Box::pin(self.sweep()).await?;
                pattern.item = Box::pin(self.record(pattern.id)).await?;
            }
            if pattern.item.contains_key("due_at") {
                return Err("a closed request is looked at for ever".into());
            }
        }
        let waiting = Box::pin(self.closed()).await?;
        if waiting.iter().any(|one| !one.item.contains_key("due_at")) {
            return Err("the log of a closed request is not looked at again".into());
        }
        Ok((over, waiting))
    }

    async fn fill(&self, stored: usize) -> Outcome<()> {
        let (over, waiting) = Box::pin(self.patterns()).await?;
        let mut last = None;
        for from in (0..stored).step_by(BATCH) {
            let mut batch = Vec::new();
            for n in from..stored.min(from + BATCH) {
                let kind = if n % 10 == 9 { &waiting } else { &over };
                let pattern = kind.get(n / 10 % PATTERNS).ok_or("there are patterns")?;
                let (id, item) = copy(pattern, n)?;
                last = Some((pattern, id));
                let put = PutRequest::builder().set_item(Some(item)).build()?;
                batch.push(WriteRequest::builder().put_request(put).build());
            }
            let call = self
                .table
                .batch_write_item()
                .request_items(TABLE, batch)
                .send();
            let answer = Box::pin(call)
                .await
                .map_err(|error| DisplayErrorContext(error).to_string())?;
            if answer
                .unprocessed_items
                .is_some_and(|items| !items.is_empty())
            {
                return Err("the table did not take all".into());
            }
            self.company.house().world().clear_journal();
        }
        // A copy is what the ledger reads as a request.
        let (pattern, id) = last.ok_or("something is stored")?;
        let house = self.company.house();
        let ledger = house
            .config()
            .ground()
            .ledger(house.sdk_config(Function::Sweeper));
        let read = Box::pin(ledger.load(id)).await?;
        let read = read.ok_or("the copy is there")?;
        let due = pattern.item.contains_key("due_at");
        if read.due_at(&rules::pace::Pace::default()).is_some() != due {
            return Err("a copy is due otherwise than its pattern".into());
        }
        Ok(())
    }
}

/// A copy of a request under an id of its own, as the ledger would have written it.
fn copy(pattern: &Pattern, n: usize) -> Outcome<(RequestId, Item)> {
    let old = pattern.id.to_string();
    let number = Digest::of("postern.bench", &n.to_le_bytes()).hex();
    // `req-`, and ten digits that say when.
    let (head, _) = old.split_at_checked(14).ok_or("an id is long")?;
    // Hexadecimal digits are digits of an id too.
    let tail: String = number.to_uppercase().chars().take(16).collect();
    let new = format!("{head}{tail}");
    let id: RequestId = new.parse()?;
    let mut item = pattern.item.clone();
    for value in item.values_mut() {
        if let AttributeValue::S(text) = value {
            *text = text.replace(&old, &new);
        }
    }
    if let Some(AttributeValue::S(bucket)) = item.get_mut("due_bucket") {
        let (hour, _) = bucket.rsplit_once('#').ok_or("a bucket has a shard")?;
        let digest = Digest::of("postern.shard", new.as_bytes()).hex();
        let byte = u8::from_str_radix(digest.get(..2).unwrap_or_default(), 16)?;
        *bucket = format!("{hour}#{:02}", byte % SHARDS);
    }
    Ok((id, item))
}

async fn measured(stored: usize) -> Outcome<Measured> {
    let clock = StandinClock::by_hand(OPENS_AT_MILLIS);
    // The rate of calls to SSM is no matter here; a sweep of 50 would wait for it most of its time.
    let settings = [("POSTERN_SSM_CALLS_PER_SECOND", "20")];
    let company = Box::pin(Company::open(clock, Doors::InProcess, &settings)).await?;
    let house = company.house();
    let sdk = house.sdk_config_of(&house.world().admin_keys())?;
    let filling = Filling {
        company: &company,
        table: Client::new(&sdk),
    };
    let begun = Instant::now();
    Box::pin(filling.fill(stored)).await?;
    let filled = begun.elapsed();
    let due = Box::pin(filling.grants(DUE)).await?;
    // Their sessions are put on record, and nothing else is left to do.
    Box::pin(filling.sweep()).await?;
    let end: Moment = due.first().ok_or("something is due")?.ends_at;
    house.world().clock().set(end.millis());

    let ledger = house
        .config()
        .ground()
        .ledger(house.sdk_config(Function::Sweeper));
    Box::pin(ledger.due(end, end, 100)).await?;
    let begun = Instant::now();
    for _ in 0..TIMES {
        let found = Box::pin(ledger.due(end, end, 100)).await?;
        if found.rows.len() != DUE {
            return Err(format!("{} are due", found.rows.len()).into());
        }
    }
    let index = begun.elapsed() / u32::try_from(TIMES)?;

    house.world().clear_journal();
    let begun = Instant::now();
    let report = Box::pin(filling.sweep()).await?;
    let sweep = begun.elapsed();
    let open = |grant: &&Grant| {
        let session = house.world().session(&grant.session);
        session.is_none_or(|session| session.ended_millis.is_none())
    };
    let open = due.iter().filter(open).count();
    if report.due != u32::try_from(DUE)? || open > 0 {
        return Err(format!("{} were due, and {open} are open", report.due).into());
    }
    let reads = READS.map(|operation| {
        let calls = house.world().calls_of(Service::DynamoDb, operation);
        (operation, calls.len())
    });
    Ok(Measured {
        stored,
        filling: filled,
        reads: reads.into(),
        index,
        sweep,
    })
}

fn line(one: &Measured) -> String {
    let reads: Vec<String> = READS
        .iter()
        .filter_map(|operation| one.reads.get(operation))
        .map(|count| format!("{count:>12}"))
        .collect();
    format!(
        "| {:>9} | {} | {:>10.2} | {:>8.2} | {:>10.1} |\n",
        one.stored,
        reads.join(" | "),
        one.index.as_secs_f64() * 1_000.0,
        one.sweep.as_secs_f64(),
        one.filling.as_secs_f64(),
    )
}

fn tell(text: &str) -> io::Result<()> {
    let mut out = io::stdout();
    out.write_all(text.as_bytes())?;
    out.flush()
}

async fn bench(sizes: &[usize]) -> Outcome<ExitCode> {
    let mut head = "|    stored |".to_owned();
    for operation in READS {
        let _ = write!(head, " {operation:>12} |");
    }
    tell(&format!(
        "{head}  index, ms | sweep, s | filling, s |\n|---:|---:|---:|---:|---:|---:|---:|\n"
    ))?;
    let mut first: Option<BTreeMap<&str, usize>> = None;
    let mut code = ExitCode::SUCCESS;
    for stored in sizes {
        let one = Box::pin(measured(*stored)).await?;
        tell(&line(&one))?;
        if *first.get_or_insert_with(|| one.reads.clone()) != one.reads {
            tell("another table took another number of reads\n")?;
            code = ExitCode::FAILURE;
        }
    }
    Ok(code)
}

fn main() -> Outcome<ExitCode> {
    let given = |name: &str| std::env::args().any(|argument| argument == name);
    // `cargo test --all-targets` runs this as well, and nobody waits for minutes there.
    if !given("--bench") {
        return Ok(ExitCode::SUCCESS);
    }
    let sizes = if given("--quick") {
        QUICK.as_slice()
    } else {
        WHOLE.as_slice()
    };
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(Box::pin(bench(sizes)))
}
