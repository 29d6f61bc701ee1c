//! The function as it is deployed, in a process of its own: its first answer comes in time, and what it
//! hands on is done.
//!
//! `POSTERN_CHATOPS` names another binary than that of the tests, such as one built for release; what it
//! takes is printed. Where control groups of the first kind can be made, the process has as much of a
//! processor after its start as Lambda gives at 128 MB.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use postern_local::account::Function as Role;
use postern_local::environment::Environment;
use postern_local::house::{Doors, Plan};
use serde_json::{Value, json};
use standin::StandinClock;

use super::ANNA;
use super::hand::{Hand, signature};
use crate::lambda::{Function, Outcome, event, surroundings};
use crate::scene::Scene;

const CHATOPS: &str = env!("CARGO_BIN_EXE_chatops-under-test");
/// How long Slack waits.
const IN_TIME: Duration = Duration::from_secs(3);
/// A 1,769th of a processor for each megabyte (AWS Lambda Developer Guide, *Configure memory*), of each
/// 20 ms, in microseconds.
const SHARE: u32 = 20_000 * 128 / 1_769;

/// A control group that a process is put in.
struct Throttle(PathBuf);

impl Throttle {
    /// Holds a process to its share; none where that cannot be done.
    fn of(process: u32) -> Option<Self> {
        let group = PathBuf::from(format!("/sys/fs/cgroup/cpu/postern-{process}"));
        fs::create_dir(&group).ok()?;
        let throttle = Self(group);
        let write = |name: &str, value: u32| fs::write(throttle.0.join(name), value.to_string());
        let set = write("cpu.cfs_period_us", 20_000)
            .and_then(|()| write("cpu.cfs_quota_us", SHARE))
            .and_then(|()| write("cgroup.procs", process));
        set.ok().map(|()| throttle)
    }
}

impl Drop for Throttle {
    fn drop(&mut self) {
        // The process is gone by then, or the group stays until somebody removes it.
        let _ = fs::remove_dir(&self.0);
    }
}

/// What API Gateway makes of a command.
fn call(scene: &Scene, hand: &Hand, nonce: &str) -> Value {
    let sent = hand.command(scene, "help", nonce);
    let at = scene.now().seconds().to_string();
    let secret = scene.house().signing_secret().expose();
    let signed = signature(secret, &at, &sent.body);
    let headers = [
        ("content-type", "application/x-www-form-urlencoded"),
        ("x-slack-request-timestamp", at.as_str()),
        ("x-slack-signature", &signed),
    ];
    let mut call = event("POST", sent.path, &headers, None);
    call["body"] = json!(sent.body);
    call
}

#[tokio::test]
async fn the_first_answer_of_the_deployed_function_comes_in_time() {
    let scene = Box::pin(Scene::planned(Plan {
        clock: StandinClock::system(),
        data_dir: None,
        doors: Doors::InProcess,
        settings: vec![("POSTERN_DOCTOR_FUNCTION", String::new())],
    }))
    .await;
    let house = scene.house();
    let hand = scene.seat(ANNA, "Anna");
    let settings = Environment::of(house.issuer_url())
        .chatting(house.slack(), house.url())
        .with("POSTERN_DOCTOR_FUNCTION", "")
        .with("AWS_LAMBDA_FUNCTION_NAME", "postern-chatops");
    let environment = surroundings(&scene, Role::Chatops, &settings);
    let named = std::env::var("POSTERN_CHATOPS").unwrap_or_else(|_| CHATOPS.to_owned());
    let begun = Instant::now();
    let function = Function::start(Path::new(&named), &environment).await;
    function.is_ready().await;
    let init = begun.elapsed();
    let throttle = function.id().and_then(Throttle::of);
    let mut took = Vec::new();
    for n in 0..10 {
        let begun = Instant::now();
        let outcome = function.call(call(&scene, &hand, &n.to_string())).await;
        took.push(begun.elapsed());
        let Outcome::Answered(answer) = outcome else {
            panic!("{outcome:?}")
        };
        assert_eq!(answer["statusCode"], 200, "{answer}");
    }
    function.kill().await;
    let limited = throttle.map_or("not limited", |_| "limited as at 128 MB");
    took[1..].sort();
    eprintln!(
        "{limited}: init {init:?}, first {:?}, then {:?} at the median",
        took[0], took[5]
    );
    assert!(init + took[0] < IN_TIME, "{init:?} and {:?}", took[0]);
    // What was handed on is done by the function that Lambda finds under its name.
    scene.world().taken_has_run().await;
    assert_eq!(scene.house().slack().whispers().len(), 10);
}
