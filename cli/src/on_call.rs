//! `postern on-call`: the feed that tells Postern who is on call.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use rules::on_call::{Feed, Keys};

use crate::input::{self, Unreadable};
use crate::report::Report;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Sign a payload, and print the document to put in the bucket
    ///
    /// The payload is JSON, good for at most 24 hours:
    ///
    ///   {"issued_at": "2026-11-24T10:00:00Z", "good_until": "2026-11-24T18:00:00Z",
    ///    "rotas": {"payments": [{"iss": "https://login.example.com", "sub": "u-7f3a"}]}}
    ///
    /// It is read first as Postern will read it. The key is never printed.
    #[command(
        verbatim_doc_comment,
        after_help = "\
Exit code:
  0  signed
  1  the payload is at fault
  2  a file cannot be read, or holds no key"
    )]
    Sign {
        /// The payload, in JSON
        file: PathBuf,
        /// The key, as the parameter holds it: one line of 32 to 256 characters; of
        /// two lines the first signs
        #[arg(long, value_name = "FILE", verbatim_doc_comment)]
        key_file: PathBuf,
    },
}

impl Command {
    /// Does what the command says.
    ///
    /// # Errors
    /// A file that it needs cannot be read.
    pub(crate) fn run(self) -> Result<Report, Unreadable> {
        match self {
            Self::Sign { file, key_file } => sign(&file, &key_file),
        }
    }
}

fn sign(file: &Path, key_file: &Path) -> Result<Report, Unreadable> {
    let keys = Keys::read(&input::text(key_file)?).map_err(|fault| Unreadable::Keys {
        path: key_file.to_owned(),
        fault,
    })?;
    let payload = input::text(file)?;
    Ok(match Feed::sign(&payload, &keys) {
        Ok(document) => Report::new(format!("{document}\n"), true),
        Err(fault) => Report::new(format!("{}: not signed: {fault}\n", file.display()), false),
    })
}
