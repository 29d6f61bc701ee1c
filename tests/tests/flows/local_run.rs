//! `cargo run -- --once`, as whoever clones the repository meets it.

use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;
use tokio::time::timeout;

/// A step each, in the order in which they are told; each was checked by the story itself.
const PROMISED: [&str; 18] = [
    "asks for a shell on web-7",
    "is pending",
    "403      self-approval",
    "404      request-not-found",
    "Approved.",
    "has credentials issued",
    "opened   req-",
    "on web-8",
    "denied",
    "Time passes",
    "The grant ends",
    "denied",
    "the sweeper has ended the session",
    "its log has landed",
    "It holds what Anna typed",
    "entries, each with the digest of the one before",
    "forged",
    "Every step was as it should be.",
];

#[tokio::test]
async fn the_story_is_told_to_its_good_end() {
    let told = Command::new(env!("CARGO_BIN_EXE_postern-under-test"))
        .arg("--once")
        .env_clear()
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let told = timeout(Duration::from_secs(180), told).await;
    let told = told.expect("it ends in three minutes").unwrap();
    let text = String::from_utf8(told.stdout).unwrap();
    let log = String::from_utf8_lossy(&told.stderr);
    assert!(told.status.success(), "{text}\n{log}");
    assert_eq!(log, "", "nothing is worth a warning");
    let mut rest = text.as_str();
    for step in PROMISED {
        let (_, after) = rest
            .split_once(step)
            .unwrap_or_else(|| panic!("`{step}` is not told, or not in its place: {text}"));
        rest = after;
    }
}
