//! The real AWS CLI with issued credentials, against the stand-in AWS on loopback.
//!
//! `POSTERN_AWS_CLI` names the `aws` that is to be used; without it nothing is tried, and that is
//! said. The Session Manager plugin, which would open the terminal, is played by a script that
//! keeps what it was given.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::Duration;

use postern_local::account::{REGION, WEB_7, WEB_8};
use postern_local::house::{Doors, Plan};
use postern_local::people::Person::{Anna, Ben};
use rules::names::RequestId;
use serde_json::Value;
use standin::StandinClock;
use tokio::process::Command;
use tokio::time::timeout;

use crate::scene::{Scene, of, shell_on};

const PLUGIN: &str = r#"#!/bin/sh
case "$1" in
    --version) echo 1.2.0.0 ;;
    *) printf '%s\n' "$@" > "$PLUGIN_WAS_GIVEN" ;;
esac
"#;

/// The `aws` that is to be used, where there is one.
fn cli() -> Option<PathBuf> {
    let named = std::env::var_os("POSTERN_AWS_CLI").filter(|name| !name.is_empty());
    if named.is_none() {
        eprintln!("!! SKIPPED: POSTERN_AWS_CLI names no `aws`, so NOTHING was tried with the CLI");
    }
    named.map(PathBuf::from)
}

/// Anna's shell: a directory with her configuration, gone when the test is.
struct Shell {
    cli: PathBuf,
    home: PathBuf,
}

impl Shell {
    fn new(cli: PathBuf, name: &str) -> Self {
        let name = format!("postern-cli-{name}-{}", std::process::id());
        let home = std::env::temp_dir().join(name);
        // Of a process of that number that was killed.
        let _ = fs::remove_dir_all(&home);
        fs::create_dir_all(&home).unwrap();
        Self { cli, home }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.home.join(name)
    }

    /// A profile whose credentials are what the API gives for `credential_process`.
    async fn configure(&self, scene: &Scene, id: RequestId) {
        let path = of(id, "credentials?format=credential_process");
        let issued = scene
            .as_(Anna)
            .post(&path, &serde_json::json!({}))
            .await
            .must_be(200);
        let kept = self.file("credentials.json");
        fs::write(&kept, issued.text()).unwrap();
        let profile = format!(
            "[default]\nregion = {REGION}\nendpoint_url = {}\ncredential_process = cat {}\n",
            scene.house().aws_url(),
            kept.display(),
        );
        fs::write(self.file("config"), profile).unwrap();
    }

    /// Puts the plugin on the path.
    fn install_plugin(&self) {
        let plugin = self.file("session-manager-plugin");
        fs::write(&plugin, PLUGIN).unwrap();
        fs::set_permissions(&plugin, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// What the plugin was given, and forgets it.
    fn given(&self) -> Option<String> {
        let given = fs::read_to_string(self.file("given")).ok()?;
        fs::remove_file(self.file("given")).unwrap();
        Some(given)
    }

    async fn aws(&self, arguments: &[&str]) -> Output {
        let mut path = OsString::from(&self.home);
        path.push(":/usr/bin:/bin");
        let call = Command::new(&self.cli)
            .args(arguments)
            .env_clear()
            .env("PATH", path)
            .env("HOME", &self.home)
            .env("AWS_CONFIG_FILE", self.file("config"))
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("PLUGIN_WAS_GIVEN", self.file("given"))
            .kill_on_drop(true)
            .output();
        let answered = timeout(Duration::from_secs(60), call).await;
        answered.expect("the CLI ends in a minute").unwrap()
    }

    async fn start_session(&self, instance: &str, document: &str) -> Output {
        let arguments = ["--target", instance, "--document-name", document];
        self.aws(&[&["ssm", "start-session"], arguments.as_slice()].concat())
            .await
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all::<&Path>(&self.home);
    }
}

fn said(output: &Output) -> String {
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stdout) + &text(&output.stderr)
}

#[track_caller]
fn must_be_denied(output: &Output) {
    assert!(!output.status.success());
    assert!(said(output).contains("AccessDenied"), "{}", said(output));
}

/// A deployment by the machine's clock, which the CLI goes by as well, and a grant in it.
async fn scene() -> (Scene, RequestId) {
    let scene = Box::pin(Scene::planned(Plan {
        clock: StandinClock::system(),
        data_dir: None,
        doors: Doors::InProcess,
        settings: vec![("POSTERN_SSM_CALLS_PER_SECOND", "20".to_owned())],
    }))
    .await;
    let mut ask = shell_on(WEB_7);
    ask["duration_seconds"] = 120.into();
    let id = scene.as_(Anna).ask(&ask).await.must_be(201).id();
    scene.as_(Ben).approve(id).await.must_be(200);
    (scene, id)
}

#[tokio::test]
async fn the_cli_opens_the_session_of_its_grant_and_no_other_and_none_after_the_end() {
    let Some(cli) = cli() else { return };
    let (scene, id) = scene().await;
    let shell = Shell::new(cli, "opens");
    shell.install_plugin();
    shell.configure(&scene, id).await;

    let identity = shell.aws(&["sts", "get-caller-identity"]).await;
    let identity: Value = serde_json::from_slice(&identity.stdout).unwrap();
    let arn = identity["Arn"].as_str().unwrap();
    assert!(
        arn.ends_with(&format!("assumed-role/PosternAccess/{id}")),
        "{arn}"
    );

    let opened = shell.start_session(WEB_7, "Postern-Shell-240").await;
    assert!(opened.status.success(), "{}", said(&opened));
    let given = shell.given().expect("the plugin was called");
    let [session] = scene.sessions_of(id).try_into().expect("one session");
    assert!(session.status.is_usable());
    for part in [
        &session.id,
        "StreamUrl",
        "TokenValue",
        "StartSession",
        WEB_7,
    ] {
        assert!(given.contains(part), "{part}");
    }

    must_be_denied(&shell.start_session(WEB_8, "Postern-Shell-240").await);
    must_be_denied(&shell.start_session(WEB_7, "Postern-Shell-480").await);
    let without = shell
        .aws(&["ssm", "start-session", "--target", WEB_7])
        .await;
    must_be_denied(&without);
    let listing = shell
        .aws(&["ssm", "describe-sessions", "--state", "Active"])
        .await;
    must_be_denied(&listing);

    scene.advance(Duration::from_secs(120));
    must_be_denied(&shell.start_session(WEB_7, "Postern-Shell-240").await);
    assert_eq!(
        shell.given(),
        None,
        "the plugin was called for a session that is denied"
    );
    scene.sweep().await;
    assert!(scene.sessions_of(id).iter().all(|one| one.status.is_over()));
    scene.settle(id).await;
}

#[tokio::test]
async fn without_the_plugin_the_cli_ends_the_session_that_it_cannot_use() {
    let Some(cli) = cli() else { return };
    let (scene, id) = scene().await;
    let shell = Shell::new(cli, "without");
    shell.configure(&scene, id).await;
    let opened = shell.start_session(WEB_7, "Postern-Shell-240").await;
    assert!(!opened.status.success());
    assert!(
        said(&opened).contains("SessionManagerPlugin"),
        "{}",
        said(&opened)
    );
    let [session] = scene.sessions_of(id).try_into().expect("one session");
    assert!(
        session.status.is_over(),
        "the credentials may end what they opened"
    );
    scene.settle(id).await;
}
