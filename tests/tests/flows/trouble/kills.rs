//! Functions killed in the middle of a call to AWS, where it hurts most: with the effect done or
//! not done, and nobody left who knows.
//!
//! What is killed is the deployed binary in a process of its own. The rest of the deployment stands
//! as usual, by the machine's clock, which is put ahead where something must become due.

mod api;
mod issue;
mod sweeper;

use std::path::Path;
use std::sync::Arc;

use postern_local::account::{BATCH_1, Function as Role};
use postern_local::environment::Environment;
use postern_local::house::{Doors, Plan};
use postern_local::people::Person::{self, Anna};
use serde_json::{Value, json};
use standin::faults::{FaultKind, FaultRule, Gate, Moment};
use standin::{Service, StandinClock};
use tokio::time::timeout;

use super::reckoning::PATIENCE;
use crate::lambda::{Function, Outcome, event, surroundings};
use crate::scene::{AT_ONCE, Scene, of, shell_on};

const API: &str = env!("CARGO_BIN_EXE_api-under-test");
const ISSUE: &str = env!("CARGO_BIN_EXE_issue-under-test");
const SWEEPER: &str = env!("CARGO_BIN_EXE_sweeper-under-test");

/// One call to AWS that a function is killed in.
#[derive(Debug, Clone, Copy)]
struct Point {
    service: Service,
    operation: &'static str,
    /// Text that the call holds, to tell it from others of its kind.
    holding: &'static str,
    /// Whether the call has had its effect.
    at: Moment,
}

impl Point {
    const fn before(service: Service, operation: &'static str) -> Self {
        Self {
            service,
            operation,
            holding: "",
            at: Moment::BeforeEffect,
        }
    }

    const fn after(service: Service, operation: &'static str) -> Self {
        Self {
            at: Moment::AfterEffect,
            ..Self::before(service, operation)
        }
    }

    const fn holding(self, holding: &'static str) -> Self {
        Self { holding, ..self }
    }

    /// A gate at which the next such call is held.
    fn gate(&self, scene: &Scene) -> Arc<Gate> {
        let gate = Gate::new();
        let pause = FaultKind::Pause(gate.clone(), self.at);
        let rule = FaultRule::once(self.service, self.operation, pause).body_contains(self.holding);
        scene.world().faults().inject(rule);
        gate
    }

    /// Invokes a function and kills it in this call.
    async fn kill(&self, scene: &Scene, role: Role, event: Value) {
        let gate = self.gate(scene);
        let function = deployed(scene, role).await;
        let outcome = function.invoke(event);
        let reached = timeout(PATIENCE, gate.wait_for_arrivals(1)).await;
        reached.unwrap_or_else(|_| panic!("the function never came to {self:?}"));
        function.kill().await;
        assert!(
            outcome.await.is_err(),
            "the function answered, killed in {self:?}"
        );
    }
}

/// A deployment by the machine's clock, which functions in other processes go by as well.
async fn scene() -> Scene {
    Box::pin(Scene::planned(Plan {
        clock: StandinClock::system(),
        data_dir: None,
        doors: Doors::InProcess,
        settings: vec![
            ("POSTERN_SSM_CALLS_PER_SECOND", "20".to_owned()),
            (AT_ONCE.0, AT_ONCE.1.to_owned()),
        ],
    }))
    .await
}

/// A function of this deployment as Lambda runs it: in a process of its own, with credentials of
/// its role.
async fn deployed(scene: &Scene, role: Role) -> Function {
    let settings = Environment::of(scene.house().issuer_url())
        .with(AT_ONCE.0, AT_ONCE.1)
        .with("POSTERN_DOCTOR_FUNCTION", "");
    let environment = surroundings(scene, role, &settings);
    let binary = match role {
        Role::Api => API,
        Role::Issue => ISSUE,
        Role::Sweeper => SWEEPER,
        Role::Doctor => panic!("it changes nothing, so there is nothing to cut in half"),
        Role::Chatops => panic!("nobody kills the bot here: what it does is the desk's"),
    };
    Box::pin(Function::start(Path::new(binary), &environment)).await
}

/// Somebody's call as an event of API Gateway.
fn call(scene: &Scene, who: Person, path: &str, key: Option<&str>, body: &Value) -> Value {
    let token = scene.house().token(who).expect("the issuer signs");
    let bearer = format!("Bearer {token}");
    let mut headers = vec![("authorization", bearer.as_str())];
    headers.extend(key.map(|key| ("idempotency-key", key)));
    event("POST", path, &headers, Some(body))
}

/// The body of a call that says nothing.
fn nothing() -> Value {
    json!({})
}

#[tokio::test]
async fn a_function_that_nobody_kills_does_its_work() {
    let scene = scene().await;
    let api = deployed(&scene, Role::Api).await;
    let ask = call(&scene, Anna, "/v1/requests", None, &shell_on(BATCH_1));
    let Outcome::Answered(asked) = api.call(ask).await else {
        panic!("api does not answer");
    };
    assert_eq!(asked["statusCode"], 201, "{asked}");
    let asked: Value = serde_json::from_str(asked["body"].as_str().unwrap()).unwrap();
    let id = asked["id"].as_str().unwrap().parse().unwrap();

    let issue = deployed(&scene, Role::Issue).await;
    let path = of(id, "credentials");
    let issued = issue
        .call(call(&scene, Anna, &path, None, &nothing()))
        .await;
    let Outcome::Answered(issued) = issued else {
        panic!("issue does not answer: {issued:?}");
    };
    assert_eq!(issued["statusCode"], 200);
    scene.as_(Anna).does("release", id).await.must_be(200);
    assert_eq!(scene.reckon(id).await.count("issued"), 1);
    api.kill().await;
    issue.kill().await;
}
