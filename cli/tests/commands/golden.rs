//! What commands print, compared with `tests/golden/*.txt`.
//!
//! Run with `UPDATE_GOLDEN=1` to write them anew, and read the difference before committing it.

use std::fmt::Write as _;
use std::path::Path;

use crate::ran::{postern, words};

/// Runs command lines in a folder and compares the whole transcript with the golden file.
pub(crate) fn compare(golden: &str, folder: &Path, lines: &[&str]) {
    let mut transcript = String::new();
    for line in lines {
        let ran = postern(folder, &words(line));
        writeln!(transcript, "$ postern {line}").unwrap();
        transcript.push_str(&ran.stdout);
        if !ran.stderr.is_empty() {
            write!(transcript, "(stderr)\n{}", ran.stderr).unwrap();
        }
        writeln!(transcript, "(exit code {})\n", ran.code).unwrap();
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/{golden}.txt"));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &transcript).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == transcript,
        "{golden}.txt is otherwise; run with UPDATE_GOLDEN=1 if this is meant\n{transcript}"
    );
}
