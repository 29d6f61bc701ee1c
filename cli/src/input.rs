//! Files that people name, read with a bound.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use rules::on_call::BadKeys;
use rules::policy::PolicySet;

/// The largest file that is read: policies and cases are written by hand.
const MOST_BYTES: u64 = 1024 * 1024;

/// Why nothing could be looked at.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unreadable {
    /// There is nothing under the name.
    #[error("`{}` does not exist", .0.display())]
    Missing(PathBuf),
    /// The operating system refuses.
    #[error("`{}` cannot be read: {fault}", .path.display())]
    Refused { path: PathBuf, fault: io::Error },
    /// It is no file that a person wrote.
    #[error("`{}` is larger than 1 MiB", .0.display())]
    TooLarge(PathBuf),
    /// It is no text.
    #[error("`{}` is not UTF-8 text: line {line} holds other bytes", .path.display())]
    NotText { path: PathBuf, line: usize },
    /// The file that a command needs besides is not a set of policies.
    #[error("`{}` is not a policy set; see `postern policy check`\n{faults}", .path.display())]
    Policies { path: PathBuf, faults: String },
    /// It has no case of the name that was asked for.
    #[error("`{}` has no case `{name}`; its cases are\n{others}", .path.display())]
    NoCase {
        path: PathBuf,
        name: String,
        others: String,
    },
    /// It names no people.
    #[error("`{}` is not a file of people: {what}", .path.display())]
    People { path: PathBuf, what: String },
    /// The file that is to hold a key holds none. It is not shown.
    #[error("`{}` is not a file with a key: {fault}", .path.display())]
    Keys { path: PathBuf, fault: BadKeys },
    /// It holds no audit trail.
    #[error("`{}` is not a file of audit trails: {what}", .path.display())]
    Trails { path: PathBuf, what: String },
    /// It holds no checkpoints, or something besides.
    #[error("`{}` is not a file of checkpoints: {what}", .path.display())]
    Checkpoints { path: PathBuf, what: String },
    /// It is no file of cases.
    #[error("`{}` is not a file of cases: {what}", .path.display())]
    Cases { path: PathBuf, what: String },
}

/// Why the operating system does not give a file.
pub(crate) fn refused(path: &Path, fault: io::Error) -> Unreadable {
    let path = path.to_owned();
    if fault.kind() == io::ErrorKind::NotFound {
        Unreadable::Missing(path)
    } else {
        Unreadable::Refused { path, fault }
    }
}

/// The text of a file that somebody wrote.
pub(crate) fn text(path: &Path) -> Result<String, Unreadable> {
    let named = || path.to_owned();
    let refused = |fault| refused(path, fault);
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(refused)?;
    file.take(MOST_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(refused)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > MOST_BYTES) {
        let path = named();
        return Err(Unreadable::TooLarge(path));
    }
    String::from_utf8(bytes).map_err(|fault| {
        let (good, _) = fault.as_bytes().split_at(fault.utf8_error().valid_up_to());
        let breaks = good.iter().filter(|byte| **byte == b'\n').count();
        Unreadable::NotText {
            path: named(),
            line: breaks + 1,
        }
    })
}

/// The policy set in a file that has to be one.
pub(crate) fn policies(path: &Path) -> Result<PolicySet, Unreadable> {
    PolicySet::parse(&text(path)?).map_err(|faults| Unreadable::Policies {
        path: path.to_owned(),
        faults: faults.to_string(),
    })
}
