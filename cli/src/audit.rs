//! `postern audit`: audit trails, checked by whoever has nothing but the files.

mod checkpoints;
mod hash;
mod trail;
mod verify;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use rules::names::RequestId;

use self::hash::Hash;
use crate::input::Unreadable;
use crate::report::Report;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Check audit trails, and name the first entry that is not as it was written
    ///
    /// A file holds what `GET /v1/audit/entries` answers, one entry on each line, or
    /// what `GET /v1/requests/{id}/entries` does. Every digest is worked out again from
    /// the entries alone; no AWS account is asked.
    ///
    /// A trail that was cut off at its end, or written anew from its beginning, is whole
    /// by itself. What it once was stands in the checkpoints: name them, and each trail
    /// must hold what they say of it.
    #[command(
        verbatim_doc_comment,
        after_help = "\
Exit code:
  0  every trail is whole, and the checkpoints are
  1  something is not
  2  a file cannot be read, or there is no trail"
    )]
    Verify(Verify),
}

#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// The trails, in JSON Lines or JSON
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Checkpoints: a file of them, or a folder with every `*.json` in it and below
    #[arg(long, value_name = "PATH")]
    checkpoints: Vec<PathBuf>,
    /// The files hold only some of the trails that the checkpoints know
    #[arg(long, requires = "checkpoints")]
    some: bool,
    /// A digest that the trail of a request must hold, `req-…=<64 hex digits>`, or that
    /// the checkpoint of a number must have, `12=<64 hex digits>`
    #[arg(long, value_name = "WHAT=DIGEST", value_parser = head, verbatim_doc_comment)]
    head: Vec<Head>,
}

/// A digest that somebody knows from elsewhere.
#[derive(Debug, Clone)]
enum Head {
    /// Of an entry of this request.
    Request(RequestId, Hash),
    /// Of the checkpoint of this number.
    Checkpoint(u64, Hash),
}

fn head(text: &str) -> Result<Head, String> {
    let (what, digest) = text
        .split_once('=')
        .ok_or("it is not of the form `req-…=<64 hex digits>`")?;
    let hash = || {
        Hash::read(digest)
            .ok_or_else(|| format!("`{digest}` is no digest of 64 lower-case hexadecimal digits"))
    };
    if let Ok(number) = what.parse() {
        return Ok(Head::Checkpoint(number, hash()?));
    }
    let request = what.parse().map_err(|bad| format!("{bad}"))?;
    Ok(Head::Request(request, hash()?))
}

impl Command {
    /// Does what the command says.
    ///
    /// # Errors
    /// A file that it needs cannot be read.
    pub(crate) fn run(self) -> Result<Report, Unreadable> {
        match self {
            Self::Verify(verify) => verify::run(&verify),
        }
    }
}
