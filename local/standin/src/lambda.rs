//! Lambda: functions of this process that can be invoked by their names.
//!
//! A test or the local run gives a world its functions, each an asynchronous closure from event to
//! answer. `Invoke` runs one and waits for it, or takes its event and runs it afterwards. As in
//! Lambda, an invocation goes on when its caller goes away; the error of a function is an answer of
//! status 200 with a header; and an asynchronous invocation that fails is run again a minute later
//! and once more two minutes after that, by the clock of the world, and is then given up. Whatever
//! was taken is kept where a test can see it.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::call::{Answer, AwsError, Call, Demand};
use crate::world::World;

/// The path of `Invoke` around the name of the function.
const PATH: (&str, &str) = ("/2015-03-31/functions/", "/invocations");
/// The largest event that is waited for, in bytes.
const MOST_WAITED_FOR: usize = 6 * 1024 * 1024;
/// The largest event that is taken, in bytes.
const MOST_TAKEN: usize = 1024 * 1024;
/// How long after a failed attempt an event is tried again.
const TRIED_AGAIN: [Duration; 2] = [Duration::from_secs(60), Duration::from_secs(120)];
/// How often a waiting task looks at the clock of the world, which may be moved by hand.
const GLANCE: Duration = Duration::from_millis(10);

/// What a function answers, some time later.
pub type Answering = Pin<Box<dyn Future<Output = Result<Value, FunctionError>> + Send>>;

/// A function: from event to answer.
pub type Function = Arc<dyn Fn(Value) -> Answering + Send + Sync>;

/// The error of a function, as its runtime tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionError {
    /// Its type.
    pub kind: String,
    /// Its text.
    pub message: String,
}

/// An event that was taken, to be run afterwards.
#[derive(Clone, Debug, PartialEq)]
pub struct Taken {
    /// The name of the function.
    pub function: String,
    /// The event.
    pub event: Value,
    /// How often the function has been run with it so far.
    pub attempts: u32,
    /// What has become of it.
    pub state: TakenState,
}

/// What has become of an event that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TakenState {
    /// The function runs, or will.
    Running,
    /// The function failed, and is run again later.
    Waiting(FunctionError),
    /// The function has answered.
    Done,
    /// The function has failed for the last time.
    GivenUp(FunctionError),
}

/// Functions, and the events that were taken for them.
pub(crate) struct State {
    functions: BTreeMap<String, Function>,
    taken: Vec<Taken>,
    running: watch::Sender<usize>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            functions: BTreeMap::new(),
            taken: Vec::new(),
            running: watch::Sender::new(0),
        }
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.functions.keys()).finish()
    }
}

impl World {
    /// Gives the world a function, in every Region of its account; one of the same name is
    /// replaced. The world keeps it until [`World::remove_functions`]: where a function itself
    /// holds the world, that is what lets go of both.
    pub fn add_function<F, A>(&self, name: impl Into<String>, function: F)
    where
        F: Fn(Value) -> A + Send + Sync + 'static,
        A: Future<Output = Result<Value, FunctionError>> + Send + 'static,
    {
        let function: Function = Arc::new(move |event| Box::pin(function(event)));
        self.lambda_state().functions.insert(name.into(), function);
    }

    /// Takes all functions away. Runs that have begun go on.
    pub fn remove_functions(&self) {
        // Dropped after the lock is given back: a function may hold this world.
        let functions = std::mem::take(&mut self.lambda_state().functions);
        drop(functions);
    }

    /// Every event that was taken to be run afterwards, oldest first.
    #[must_use]
    pub fn taken(&self) -> Vec<Taken> {
        self.lambda_state().taken.clone()
    }

    /// Waits until no function runs with an event that was taken; those that are run again later
    /// are not waited for. Give it a time limit in tests.
    pub async fn taken_has_run(&self) {
        let mut running = self.lambda_state().running.subscribe();
        // The sender lives in the world, so the channel cannot close under this wait.
        let _ = running.wait_for(|running| *running == 0).await;
    }

    fn amend_taken(&self, n: usize, change: impl FnOnce(&mut Taken)) {
        if let Some(taken) = self.lambda_state().taken.get_mut(n) {
            change(taken);
        }
    }

    fn count_running(&self, change: impl FnOnce(&mut usize)) {
        self.lambda_state().running.send_modify(change);
    }
}

/// What a call of the service is.
pub(crate) fn operation(method: &http::Method, path: &str) -> Option<&'static str> {
    (method == http::Method::POST && named(path).is_some()).then_some("Invoke")
}

/// The function that a path names: by name, ARN or partial ARN.
fn named(path: &str) -> Option<String> {
    let name = path.strip_prefix(PATH.0)?.strip_suffix(PATH.1)?;
    let name = percent_decode_str(name).decode_utf8().ok()?;
    let name = match name.split_once("function:") {
        Some((_, name)) => name.to_owned(),
        None => name.into_owned(),
    };
    let well_formed = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    ((1..=64).contains(&name.len()) && name.chars().all(well_formed)).then_some(name)
}

/// What a call needs to be allowed: to invoke that function.
pub(crate) fn demands(world: &World, call: &Call) -> Result<Vec<Demand>, AwsError> {
    let function = name_in(call)?;
    Ok(vec![Demand::new(
        "lambda:InvokeFunction",
        arn(world, call, &function),
    )])
}

fn name_in(call: &Call) -> Result<String, AwsError> {
    named(&call.path).ok_or_else(|| AwsError::unknown_operation(call.service, &call.operation))
}

fn arn(world: &World, call: &Call, function: &str) -> String {
    let account = world.account();
    format!(
        "arn:aws:lambda:{}:{account}:function:{function}",
        call.region
    )
}

/// What becomes of a call: an answer at once, or that of a function which runs now.
pub(crate) enum Begun {
    Answered(Answer),
    Running(JoinHandle<Result<Value, FunctionError>>),
}

/// Begins an invocation.
pub(crate) fn begin(world: &World, call: &Call) -> Result<Begun, AwsError> {
    let name = name_in(call)?;
    let function = world.lambda_state().functions.get(&name).cloned();
    let function = function.ok_or_else(|| {
        let arn = arn(world, call, &name);
        AwsError::new(
            404,
            "ResourceNotFoundException",
            format!("Function not found: {arn}"),
        )
    })?;
    let event = event(call)?;
    let most = match call.header("x-amz-invocation-type") {
        None | Some("RequestResponse") => {
            within(call, MOST_WAITED_FOR)?;
            return Ok(Begun::Running(tokio::spawn(function(event))));
        }
        Some("Event") => MOST_TAKEN,
        Some(other) => {
            return Err(AwsError::new(
                400,
                "InvalidParameterValueException",
                format!("the stand-in does not offer the invocation type `{other}`"),
            ));
        }
    };
    within(call, most)?;
    take(world, name, event, function);
    Ok(Begun::Answered(Answer::empty(202)))
}

/// The event of a call; no body is the event `{}`.
fn event(call: &Call) -> Result<Value, AwsError> {
    if call.body.is_empty() {
        return Ok(json!({}));
    }
    serde_json::from_slice(&call.body).map_err(|error| {
        AwsError::new(
            400,
            "InvalidRequestContentException",
            format!("Could not parse request body into json: {error}"),
        )
    })
}

fn within(call: &Call, most: usize) -> Result<(), AwsError> {
    if call.body.len() <= most {
        return Ok(());
    }
    let message =
        format!("Request must be smaller than {most} bytes for the InvokeFunction operation");
    Err(AwsError::new(413, "RequestTooLargeException", message))
}

/// The answer of a function that was waited for.
pub(crate) async fn answer(running: JoinHandle<Result<Value, FunctionError>>) -> Answer {
    match ran(running).await {
        Ok(value) => told(&value),
        Err(error) => {
            let told = told(&json!({"errorType": error.kind, "errorMessage": error.message}));
            told.header("x-amz-function-error", "Unhandled")
        }
    }
}

fn told(value: &Value) -> Answer {
    Answer {
        status: 200,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: value.to_string().into(),
    }
    .header("x-amz-executed-version", "$LATEST")
}

/// What a run came to. A function that panics fails, and takes nobody with it.
async fn ran(running: JoinHandle<Result<Value, FunctionError>>) -> Result<Value, FunctionError> {
    running.await.unwrap_or_else(|error| {
        Err(FunctionError {
            kind: "Runtime.ExitError".to_owned(),
            message: error.to_string(),
        })
    })
}

/// Keeps an event and runs the function with it, again where it fails.
fn take(world: &World, name: String, event: Value, function: Function) {
    let n = {
        let mut state = world.lambda_state();
        state.taken.push(Taken {
            function: name,
            event: event.clone(),
            attempts: 0,
            state: TakenState::Running,
        });
        state
            .running
            .send_modify(|running| *running = running.saturating_add(1));
        state.taken.len().saturating_sub(1)
    };
    tokio::spawn(run_taken(world.clone(), n, event, function));
}

async fn run_taken(world: World, n: usize, event: Value, function: Function) {
    let mut waits = TRIED_AGAIN.into_iter();
    loop {
        let outcome = ran(tokio::spawn(function(event.clone()))).await;
        let next = waits.next();
        world.amend_taken(n, |taken| {
            taken.attempts = taken.attempts.saturating_add(1);
            taken.state = match (&outcome, next) {
                (Ok(_), _) => TakenState::Done,
                (Err(error), Some(_)) => TakenState::Waiting(error.clone()),
                (Err(error), None) => TakenState::GivenUp(error.clone()),
            };
        });
        world.count_running(|running| *running = running.saturating_sub(1));
        let (Err(_), Some(wait)) = (outcome, next) else {
            return;
        };
        let wait = i64::try_from(wait.as_millis()).unwrap_or(i64::MAX);
        let again_at = world.now_millis().saturating_add(wait);
        while world.now_millis() < again_at {
            tokio::time::sleep(GLANCE).await;
        }
        world.count_running(|running| *running = running.saturating_add(1));
        world.amend_taken(n, |taken| taken.state = TakenState::Running);
    }
}
