//! A binary as a process, and its log.

use std::io::Read;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

pub(crate) const API: &str = env!("CARGO_BIN_EXE_api");
pub(crate) const ISSUE: &str = env!("CARGO_BIN_EXE_issue");
pub(crate) const DOCTOR: &str = env!("CARGO_BIN_EXE_doctor");
pub(crate) const SWEEPER: &str = env!("CARGO_BIN_EXE_sweeper");

/// A binary with nothing in its environment but this.
pub(crate) fn start(binary: &str, settings: &[(&str, &str)]) -> Child {
    Command::new(binary)
        .env_clear()
        .envs(settings.iter().copied())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// What a binary wrote to its log until it ended; each line is JSON.
pub(crate) fn log(child: &mut Child) -> Vec<Value> {
    let mut text = String::new();
    child
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).expect(line))
        .collect()
}
