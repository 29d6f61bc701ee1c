//! `postern audit`: audit trails, checked by whoever has nothing but the file.

mod trail;
mod verify;

use std::path::PathBuf;

use clap::Subcommand;
use rules::names::{Digest, RequestId};

use crate::input::Unreadable;
use crate::report::Report;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Check audit trails, and name the first entry that is not as it was written
    ///
    /// The file holds what `GET /v1/requests/{id}/entries` answers: one such answer,
    /// or several, or their entries, one JSON document after the other. Every digest
    /// is worked out again from the entries alone; no AWS account is asked.
    ///
    /// A trail that was cut off at its end is whole as far as it goes. Name a digest
    /// that you know of it with --head, and it must be in there.
    #[command(
        verbatim_doc_comment,
        after_help = "\
Exit code:
  0  every trail is whole
  1  some trail is not
  2  the file cannot be read, or holds no trail"
    )]
    Verify {
        /// The trails, in JSON
        file: PathBuf,
        /// A digest that the trail of a request must hold: `req-…=<64 hex digits>`
        #[arg(long, value_name = "REQUEST=DIGEST", value_parser = head)]
        head: Vec<Head>,
    },
}

/// A digest that is known of a request's trail.
#[derive(Debug, Clone)]
pub(crate) struct Head {
    request: RequestId,
    digest: Digest,
}

fn head(text: &str) -> Result<Head, String> {
    let (request, digest) = text
        .split_once('=')
        .ok_or("it is not of the form `req-…=<64 hex digits>`")?;
    Ok(Head {
        request: request.parse().map_err(|bad| format!("{bad}"))?,
        digest: digest.parse().map_err(|bad| format!("{bad}"))?,
    })
}

impl Command {
    /// Does what the command says.
    ///
    /// # Errors
    /// A file that it needs cannot be read.
    pub(crate) fn run(self) -> Result<Report, Unreadable> {
        match self {
            Self::Verify { file, head } => verify::run(&file, &head),
        }
    }
}
