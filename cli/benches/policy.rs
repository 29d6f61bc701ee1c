//! How long loading, deciding and explaining take, by the size of the set.
//!
//! `cargo bench -p postern-cli --bench policy` prints a table and fails where a bound is passed:
//! a decision among 100 policies takes less than a millisecond, and loading them less than twenty,
//! at the median. A function loads its set once and decides on every call.

use std::collections::BTreeSet;
use std::error::Error;
use std::fmt::Write as _;
use std::hint::black_box;
use std::io::{self, Write as _};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use rules::ask::Ask;
use rules::facts::{Ping, Platform, TargetFacts};
use rules::moment::Moment;
use rules::names::{Group, Person, Target};
use rules::policy::{Decision, PolicySet, Question, Sought};

/// So many times each is measured; fewer would make a 99th percentile of the slowest alone.
const TIMES: usize = 200;
/// And before, without a look at the clock.
const WARM_UP: usize = 10;

const SIZES: [usize; 3] = [10, 100, 1_000];
const MOST_DECIDING: Duration = Duration::from_millis(1);
const MOST_LOADING: Duration = Duration::from_millis(20);

/// What was measured of one thing.
struct Measured {
    what: &'static str,
    policies: usize,
    targets: usize,
    median: Duration,
    p99: Duration,
    /// What the median must stay below.
    bound: Option<Duration>,
}

fn measure(mut once: impl FnMut()) -> (Duration, Duration) {
    for _ in 0..WARM_UP {
        once();
    }
    let mut all: Vec<Duration> = (0..TIMES)
        .map(|_| {
            let begun = Instant::now();
            once();
            begun.elapsed()
        })
        .collect();
    all.sort_unstable();
    let at = |percent: usize| {
        let place = (all.len() * percent).div_ceil(100).saturating_sub(1);
        all.get(place).copied().unwrap_or_default()
    };
    (at(50), at(99))
}

/// A set as a company of many teams writes it: each team has its own instances, approvers and
/// hours, in two time zones, and every tenth policy is a `forbid`.
fn text(policies: usize) -> String {
    let mut text = String::new();
    for n in 0..policies {
        let zone = if n % 5 == 0 { "Asia/Seoul" } else { "UTC" };
        let _ = if n % 10 == 9 {
            writeln!(
                text,
                r#"@id("freeze-{n}") @time_zone("{zone}") @because("team {n} is frozen")
forbid (principal, action, resource)
when {{
    resource.hasTag("Team") && resource.getTag("Team") == "team-{n}" &&
    context.weekday == "sunday"
}};"#
            )
        } else {
            writeln!(
                text,
                r#"@id("team-{n}") @time_zone("{zone}")
@approvals("1") @approvers("leads-{n},security") @max_duration("4h") @extendable_to("8h")
permit (
    principal in Postern::Group::"team-{n}",
    action in [Postern::Action::"shell", Postern::Action::"command"],
    resource
)
when {{
    resource.hasTag("Team") && resource.getTag("Team") == "team-{n}" &&
    resource.hasTag("Env") && resource.getTag("Env") == "prod" &&
    context.hour >= 0 && context.hour < 24
}};"#
            )
        };
    }
    text
}

/// Somebody of a team asks for instances of the middle of the set.
struct Scene {
    ask: Ask,
    person: Person,
    groups: BTreeSet<Group>,
    facts: Vec<TargetFacts>,
}

impl Scene {
    fn new(team: usize, owner: usize, targets: usize) -> Result<Self, Box<dyn Error>> {
        let ids: Vec<String> = (0..targets)
            .map(|n| format!("111122223333/ap-northeast-2/i-{n:017x}"))
            .collect();
        let tags = [("Team", format!("team-{owner}")), ("Env", "prod".into())];
        let facts = ids.iter().map(|id| {
            Ok(TargetFacts {
                target: id.parse::<Target>()?,
                tags: tags
                    .clone()
                    .map(|(key, value)| (key.to_owned(), value))
                    .into(),
                platform: Platform::Linux,
                ping: Ping::Online,
                agent_version: None,
                last_log: None,
                readiness: None,
            })
        });
        Ok(Self {
            facts: facts.collect::<Result<_, Box<dyn Error>>>()?,
            ask: serde_json::from_value(serde_json::json!({
                "targets": ids,
                "kind": { "type": "shell" },
                "duration_seconds": 3_600,
                "reason": "disk full on web-7",
            }))?,
            person: Person {
                iss: "https://login.example.com".parse()?,
                sub: "anna".parse()?,
            },
            groups: BTreeSet::from([format!("team-{team}").parse()?, "engineers".parse()?]),
        })
    }

    fn question<'a>(&'a self, rotas: &'a BTreeSet<rules::on_call::Rota>) -> Question<'a> {
        Question {
            ask: &self.ask,
            person: &self.person,
            groups: &self.groups,
            rotas,
            facts: &self.facts,
            at: Moment::from_seconds(1_795_514_400),
            sought: Sought::Anew,
        }
    }
}

fn measured() -> Result<Vec<Measured>, Box<dyn Error>> {
    let mut all = Vec::new();
    let nobody = BTreeSet::new();
    for policies in SIZES {
        let text = text(policies);
        let (median, p99) = measure(|| {
            let _ = black_box(PolicySet::parse(black_box(&text)));
        });
        all.push(Measured {
            what: "load",
            policies,
            targets: 0,
            median,
            p99,
            bound: (policies == 100).then_some(MOST_LOADING),
        });
        let set = PolicySet::parse(&text)?;
        let owner = policies / 2;
        for targets in [1, 10] {
            for (what, team, allowed) in [("allow", owner, true), ("deny", owner + 1, false)] {
                let scene = Scene::new(team, owner, targets)?;
                let question = scene.question(&nobody);
                let decision = set.decide(&question);
                if matches!(decision, Decision::Allowed { .. }) != allowed {
                    return Err(
                        format!("{what} is measured, and the answer is {decision:?}").into(),
                    );
                }
                let (median, p99) = measure(|| {
                    black_box(set.decide(black_box(&question)));
                });
                all.push(Measured {
                    what,
                    policies,
                    targets,
                    median,
                    p99,
                    bound: (policies == 100 && targets == 1).then_some(MOST_DECIDING),
                });
            }
            if policies == 100 {
                let scene = Scene::new(owner, owner, targets)?;
                let question = scene.question(&nobody);
                let (median, p99) = measure(|| {
                    black_box(set.explain(black_box(&question)));
                });
                all.push(Measured {
                    what: "explain",
                    policies,
                    targets,
                    median,
                    p99,
                    bound: None,
                });
            }
        }
    }
    Ok(all)
}

/// A length in milliseconds, with as much behind the point as there is to see.
fn milliseconds(length: Duration) -> String {
    let length = length.as_secs_f64() * 1_000.0;
    if length < 10.0 {
        format!("{length:.3}")
    } else {
        format!("{length:.1}")
    }
}

fn table(all: &[Measured]) -> String {
    let mut text = format!(
        "| {:<8} | {:>8} | {:>7} | {:>10} | {:>10} |\n|---|---:|---:|---:|---:|\n",
        "what", "policies", "targets", "median, ms", "p99, ms"
    );
    for one in all {
        let targets = match one.targets {
            0 => String::new(),
            targets => targets.to_string(),
        };
        let _ = writeln!(
            text,
            "| {:<8} | {:>8} | {targets:>7} | {:>10} | {:>10} |",
            one.what,
            one.policies,
            milliseconds(one.median),
            milliseconds(one.p99)
        );
    }
    text
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    // `cargo test --all-targets` runs this as well, without optimisation: those figures are worth
    // nothing.
    if !std::env::args().any(|argument| argument == "--bench") {
        return Ok(ExitCode::SUCCESS);
    }
    let all = measured()?;
    let mut text = table(&all);
    let mut code = ExitCode::SUCCESS;
    for one in &all {
        if let Some(bound) = one.bound.filter(|bound| one.median >= *bound) {
            let (median, bound) = (milliseconds(one.median), milliseconds(bound));
            let _ = writeln!(
                text,
                "{} with {} policies takes {median} ms at the median, and {bound} ms is the bound",
                one.what, one.policies
            );
            code = ExitCode::FAILURE;
        }
    }
    io::stdout().write_all(text.as_bytes())?;
    Ok(code)
}
