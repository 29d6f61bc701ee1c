//! Slack's own Python library drives the bot, and reads what it has said from the workspace.
//!
//! `POSTERN_SLACK_PYTHON` names a Python that has `slack_sdk`, as `.ci/chat` installs it; without it
//! nothing is tried, and that is said.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use postern_local::account::BATCH_1;
use postern_local::people::Person::{Anna, Ben};
use postern_local::slack::{APP, CHANNEL, TEAM, TOKEN};
use rules::status::StatusWord;
use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;
use tokio::time::timeout;

use super::{ANNA, BEN};
use crate::scene::Scene;

#[tokio::test]
async fn slacks_own_library_asks_and_approves() {
    let named = std::env::var_os("POSTERN_SLACK_PYTHON").filter(|name| !name.is_empty());
    let Some(python) = named else {
        eprintln!("!! SKIPPED: POSTERN_SLACK_PYTHON names no Python, so NOTHING was tried");
        return;
    };
    let scene = Scene::open().await;
    scene.linked(ANNA, Anna).await;
    scene.linked(BEN, Ben).await;
    let slack = scene.house().slack();
    let given = json!({
        "url": scene.house().url(),
        "slack": format!("{}/", slack.api()),
        "hook": slack.hook(ANNA),
        "token": TOKEN,
        "secret": scene.house().signing_secret().expose(),
        "now": scene.now().seconds(),
        "team": TEAM,
        "app": APP,
        "channel": CHANNEL,
        "requester": ANNA,
        "approver": BEN,
        "instance": BATCH_1,
    });
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../checks/chat/drive.py");
    let mut child = Command::new(python)
        .arg(script)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("Python starts");
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(given.to_string().as_bytes()).await.unwrap();
    drop(stdin);
    let done = timeout(Duration::from_secs(60), child.wait_with_output()).await;
    let output = done.expect("it ends").expect("it has run");
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{out}{err}");
    let requests = scene.as_(Anna).get("/v1/requests?view=mine").await;
    let id = requests.must_be(200).body["requests"][0]["id"].clone();
    let id = id.as_str().unwrap().parse().unwrap();
    assert_eq!(scene.status(id).await, StatusWord::Approved);
    let by = &scene.view(id).await.approvals[0];
    assert_eq!(serde_json::to_value(by.channel).unwrap(), "chat_tap");
}
