//! `postern`: the person's tool.
//!
//! Every command makes its whole report first and writes it once. The exit code is 0 where all is
//! well, 1 where what was looked at is at fault, and 2 where it could not be looked at.

mod audit;
mod documents;
mod input;
mod on_call;
mod policy;
mod report;
mod trails;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Reach private instances for a short, approved and recorded time.
#[derive(Debug, Parser)]
#[command(name = "postern", version, arg_required_else_help = true)]
struct Line {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check, lint, test and explain policies, and try drafts; needs no network and no account
    #[command(subcommand, arg_required_else_help = true)]
    Policy(policy::Command),
    /// Sign the feed that tells who is on call; needs no network and no account
    #[command(subcommand, arg_required_else_help = true)]
    OnCall(on_call::Command),
    /// Check audit trails; needs no network and no account
    #[command(subcommand, arg_required_else_help = true)]
    Audit(audit::Command),
}

fn main() -> ExitCode {
    let answer = match Line::parse().command {
        Command::Policy(command) => command.run(),
        Command::OnCall(command) => command.run(),
        Command::Audit(command) => command.run(),
    };
    report::write(answer)
}
