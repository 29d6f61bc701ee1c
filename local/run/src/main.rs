//! `cargo run`: Postern on one machine, its story, and then yours.

use std::io::{self, Write as _};
use std::process::ExitCode;
use std::time::Duration;

use postern_local::account::ACCOUNT;
use postern_local::arguments::{Arguments, HELP, Wanted};
use postern_local::house::{Doors, House, NoHouse, NotPut, Plan};
use postern_local::people::Person;
use postern_local::screen::{Screen, Tone};
use postern_local::story::{self, Amiss};
use rules::on_call::Feed;
use standin::StandinClock;
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let mut screen = Screen::stdout();
    let arguments = match Wanted::read(std::env::args_os().skip(1)) {
        Ok(Wanted::Run(arguments)) => arguments,
        Ok(Wanted::Help) => {
            return match screen.line(HELP.trim_end()) {
                Ok(()) => ExitCode::SUCCESS,
                Err(_) => ExitCode::FAILURE,
            };
        }
        Err(fault) => {
            complain(&fault);
            return ExitCode::from(2);
        }
    };
    log();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let ended = match runtime {
        Ok(runtime) => {
            let ended = runtime.block_on(Box::pin(run(&arguments, &mut screen)));
            // Whatever still waits for an answer is not waited for.
            runtime.shutdown_timeout(Duration::from_millis(100));
            ended
        }
        Err(error) => Err(Ended::Screen(error)),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(Ended::Story) => ExitCode::FAILURE,
        // Whoever reads has gone, as `| head` does.
        Err(Ended::Screen(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::FAILURE,
        Err(fault @ Ended::Screen(_)) => {
            complain(&fault);
            ExitCode::FAILURE
        }
        Err(Ended::House(fault)) => {
            complain(&fault);
            ExitCode::from(2)
        }
        Err(Ended::OnCall(fault)) => {
            complain(&fault);
            ExitCode::from(2)
        }
    }
}

/// Why a run ended badly.
#[derive(Debug, thiserror::Error)]
enum Ended {
    /// A step of the story was not as it should be.
    #[error("the story went wrong")]
    Story,
    /// Nothing can be written.
    #[error(transparent)]
    Screen(#[from] io::Error),
    /// There is no house.
    #[error(transparent)]
    House(#[from] NoHouse),
    /// Nobody could be put on call.
    #[error(transparent)]
    OnCall(#[from] NotPut),
}

async fn run(arguments: &Arguments, screen: &mut Screen) -> Result<(), Ended> {
    let house = Box::pin(House::start(Plan {
        clock: StandinClock::system(),
        data_dir: arguments.data.clone(),
        doors: Doors::Loopback {
            first: arguments.port,
        },
        settings: story::settings(),
    }))
    .await?;
    // Anna is on call for a day, so staging is open to her without anybody's yes.
    house.put_on_call(&[("web", &[Person::Anna])], Feed::LONGEST)?;
    let _sweeping = house.keep_sweeping();
    greet(arguments, &house, screen)?;
    let told = Box::pin(story::tell(&house, screen)).await;
    screen.line("")?;
    let went_well = match told {
        Ok(()) => {
            screen.toned(Tone::Good, "Every step was as it should be.")?;
            Ok(())
        }
        Err(Amiss::Screen(error)) => return Err(error.into()),
        Err(amiss @ (Amiss::Unexpected { .. } | Amiss::NoAnswer(_))) => {
            screen.toned(Tone::Bad, &format!("Not as it should be: {amiss}"))?;
            Err(Ended::Story)
        }
    };
    if arguments.once {
        return went_well;
    }
    story::guide(&house, screen)?;
    tokio::signal::ctrl_c().await?;
    screen.line("")?;
    went_well
}

/// What is up, and where.
fn greet(arguments: &Arguments, house: &House, screen: &mut Screen) -> io::Result<()> {
    screen.toned(Tone::Strong, "Postern on one machine")?;
    screen.line(&format!(
        "    API      {}    the functions `api` and `issue`, and the sweeper",
        house.url()
    ))?;
    screen.line(&format!(
        "    Issuer   {}    a token for anybody, for development only",
        house.issuer_url()
    ))?;
    screen.line(&format!(
        "    AWS      {}    a stand-in that enforces IAM; account {ACCOUNT}",
        house.aws_url()
    ))?;
    let state = match &arguments.data {
        Some(dir) => format!("in {}", dir.display()),
        None => "in memory".to_owned(),
    };
    screen.line(&format!("    State    {state}"))
}

/// Logs to standard error: what is wrong, unless more is asked for. Libraries stay quiet, for the
/// AWS SDK writes whole bodies at its most talkative.
fn log() {
    let wanted = std::env::var("POSTERN_LOG").unwrap_or_default();
    let level = ["error", "warn", "info", "debug", "trace"]
        .into_iter()
        .find(|level| wanted.trim().eq_ignore_ascii_case(level))
        .unwrap_or("warn");
    let filter =
        format!("error,functions={level},broker={level},rules={level},postern_local={level}");
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(filter))
        .with_writer(io::stderr)
        .init();
}

/// Tells standard error what is wrong, and what is behind it.
fn complain(fault: &dyn std::error::Error) {
    let mut text = format!("postern-local: {fault}");
    let mut source = fault.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    // Where nobody can be told, nothing is left to do.
    let _ = writeln!(io::stderr(), "{text}");
}
