//! `postern policy`: policies looked at before they are live.

mod cases;
mod check;
mod explain;
mod lint;
mod simulate;
mod spelling;
mod terms;
mod test;

use std::path::PathBuf;

use clap::Subcommand;

use crate::input::Unreadable;
use crate::report::Report;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Read policies as Postern does, and tell every fault with its line
    ///
    /// On success it prints the digest that decisions are recorded under, and the
    /// route that each permit offers.
    #[command(
        verbatim_doc_comment,
        after_help = "\
Exit code:
  0  no fault
  1  faults
  2  the file cannot be read"
    )]
    Check {
        /// The policies, in Cedar
        file: PathBuf,
    },
    /// Find what is valid and yet seldom meant
    ///
    /// Ties; approvers who approve each other; kinds of access that cannot be logged
    /// and need fewer than two approvals; access for more than an hour that nobody
    /// has said yes to; emergencies that nobody else reviews; permits for every
    /// instance. With --people also routes that nobody is left to approve.
    #[command(
        verbatim_doc_comment,
        after_help = "\
Exit code:
  0  no warning, or warnings without --strict
  1  warnings with --strict, or faults
  2  the file cannot be read"
    )]
    Lint {
        /// The policies, in Cedar
        file: PathBuf,
        /// Exit with 1 where there are warnings
        #[arg(long)]
        strict: bool,
        /// Who is in which groups, in TOML: a table `[people]` as in files of cases
        #[arg(long, value_name = "FILE")]
        people: Option<PathBuf>,
    },
    /// Put cases to policies, and compare the answers with what is expected
    #[command(
        verbatim_doc_comment,
        after_help = "\
Exit code:
  0  every case passes
  1  some cases fail
  2  a file cannot be read"
    )]
    Test {
        /// The cases, in TOML
        file: PathBuf,
        /// The policies to test, in place of those that the cases name
        #[arg(long, value_name = "FILE")]
        policy: Option<PathBuf>,
    },
    /// Show what each policy makes of a case, and which clause of it says no
    ///
    /// What the cases expect is not looked at; that is `postern policy test`.
    #[command(
        verbatim_doc_comment,
        after_help = "\
Exit code:
  0  it is shown
  2  a file cannot be read, or has no such case"
    )]
    Explain {
        /// The cases, in TOML
        file: PathBuf,
        /// The policies to look at, in place of those that the cases name
        #[arg(long, value_name = "FILE")]
        policy: Option<PathBuf>,
        /// The name of the one case to show; else all are shown
        #[arg(long, value_name = "NAME")]
        case: Option<String>,
    },
    /// Replay recorded requests against a draft, and list what it would change
    ///
    /// RECORDED is what `GET /v1/audit/entries` answers, one entry of any request on
    /// each line, or what `GET /v1/requests/{id}/entries` does. Each request is judged
    /// for whom it was asked by, with the groups, rotas and instances of that time.
    #[command(
        verbatim_doc_comment,
        after_help = "\
Exit code:
  0  nothing changes
  1  some requests would be answered otherwise
  2  a file, or a part of RECORDED, cannot be read"
    )]
    Simulate {
        /// What was recorded, in JSON Lines or JSON
        recorded: PathBuf,
        /// The policies to try, in Cedar
        draft: PathBuf,
        /// Compare with what these policies answer, in place of what was recorded
        #[arg(long, value_name = "FILE")]
        against: Option<PathBuf>,
    },
}

impl Command {
    /// Does what the command says.
    ///
    /// # Errors
    /// A file that it needs cannot be read.
    pub(crate) fn run(self) -> Result<Report, Unreadable> {
        match self {
            Self::Check { file } => check::run(&file),
            Self::Lint {
                file,
                strict,
                people,
            } => lint::run(&file, strict, people.as_deref()),
            Self::Test { file, policy } => test::run(&file, policy),
            Self::Simulate {
                recorded,
                draft,
                against,
            } => simulate::run(&recorded, &draft, against.as_deref()),
            Self::Explain { file, policy, case } => explain::run(&file, policy, case.as_deref()),
        }
    }
}
