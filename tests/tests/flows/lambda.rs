//! The Lambda service, as a function sees it: a runtime API on loopback, and the function itself
//! as a process of its own that can be killed at any moment.
//!
//! What runs is the binary that is deployed. It asks for its next invocation, gets an event as an
//! HTTP API sends it (payload format 2.0), and answers; nothing of it knows that it is not in AWS.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::{Path as UrlPath, State};
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use postern_local::account::{Function as Role, REGION};
use postern_local::environment::Environment;
use serde_json::Value;
use tokio::process::{Child, Command};
use tokio::sync::{Mutex, Notify, mpsc, oneshot};

use crate::scene::Scene;

/// How long an invocation is waited for before the test is given up.
const PATIENCE: Duration = Duration::from_secs(60);

/// What became of an invocation.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Outcome {
    /// The function answered.
    Answered(Value),
    /// The function reported an error.
    Failed(Value),
    /// The function died before it said anything.
    Died,
}

/// One function in a process of its own.
pub(crate) struct Function {
    process: Child,
    runtime: Arc<Runtime>,
    invoke: mpsc::UnboundedSender<Invocation>,
}

#[derive(Debug)]
struct Invocation {
    event: Value,
    answer: oneshot::Sender<Outcome>,
}

struct Runtime {
    queue: Mutex<mpsc::UnboundedReceiver<Invocation>>,
    open: Mutex<HashMap<String, oneshot::Sender<Outcome>>>,
    count: AtomicU64,
    /// That the function has asked for an invocation.
    asked: Notify,
}

impl Function {
    /// Starts the binary with this environment and nothing else in it.
    ///
    /// # Panics
    /// When the process cannot be started.
    pub(crate) async fn start(binary: &Path, environment: &BTreeMap<String, String>) -> Self {
        let (invoke, queue) = mpsc::unbounded_channel();
        let runtime = Arc::new(Runtime {
            queue: Mutex::new(queue),
            open: Mutex::default(),
            count: AtomicU64::new(0),
            asked: Notify::new(),
        });
        let address = serve(Arc::clone(&runtime)).await;
        let process = Command::new(binary)
            .env_clear()
            .env("AWS_LAMBDA_FUNCTION_NAME", "postern-under-test")
            .envs(environment)
            .env("AWS_LAMBDA_RUNTIME_API", address.to_string())
            .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
            .env("AWS_LAMBDA_LOG_STREAM_NAME", "log")
            .env("AWS_LAMBDA_LOG_GROUP_NAME", "log")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("{} does not start: {error}", binary.display()));
        Self {
            process,
            runtime,
            invoke,
        }
    }

    /// Waits until the function asks for its first invocation.
    ///
    /// # Panics
    /// When it has not asked for one within a minute.
    pub(crate) async fn is_ready(&self) {
        let asked = tokio::time::timeout(PATIENCE, self.runtime.asked.notified()).await;
        asked.expect("the function starts within a minute");
    }

    /// The number of its process.
    pub(crate) fn id(&self) -> Option<u32> {
        self.process.id()
    }

    /// Hands an event to the function. The outcome comes when it answers or dies.
    pub(crate) fn invoke(&self, event: Value) -> oneshot::Receiver<Outcome> {
        let (answer, outcome) = oneshot::channel();
        // A function that is gone takes no event; the receiver then says so by itself.
        let _ = self.invoke.send(Invocation { event, answer });
        outcome
    }

    /// Hands an event to the function and waits for what becomes of it.
    ///
    /// # Panics
    /// When nothing becomes of it for a minute.
    pub(crate) async fn call(&self, event: Value) -> Outcome {
        let outcome = tokio::time::timeout(PATIENCE, self.invoke(event)).await;
        outcome
            .expect("the function answers within a minute")
            .unwrap_or(Outcome::Died)
    }

    /// Kills the process, as a machine that fails does: without a word to it.
    ///
    /// # Panics
    /// When it cannot be killed.
    pub(crate) async fn kill(mut self) {
        self.process
            .kill()
            .await
            .expect("a process of one's own can be killed");
        // Whoever waits for an answer learns that none will come.
        self.runtime.open.lock().await.clear();
    }
}

/// What a function of this role finds around it: its settings, where AWS is, and credentials of its
/// own.
///
/// # Panics
/// When there is no such role.
pub(crate) fn surroundings(
    scene: &Scene,
    role: Role,
    settings: &Environment,
) -> BTreeMap<String, String> {
    let keys = scene.world().function_credentials(role.role(), role.role());
    let keys = keys.expect("the role is there");
    let aws = [
        ("AWS_ENDPOINT_URL", scene.house().aws_url()),
        ("AWS_REGION", REGION.to_owned()),
        ("AWS_ACCESS_KEY_ID", keys.access_key_id),
        ("AWS_SECRET_ACCESS_KEY", keys.secret_access_key),
        ("AWS_SESSION_TOKEN", keys.session_token.unwrap_or_default()),
    ];
    let settings = settings
        .iter()
        .map(|(name, value)| (name, value.to_owned()));
    let all = settings.chain(aws);
    all.map(|(name, value)| (name.to_owned(), value)).collect()
}

/// An HTTP API's event (payload format 2.0) for a call.
#[must_use]
pub(crate) fn event(
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: Option<&Value>,
) -> Value {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let mut all: BTreeMap<String, String> = headers
        .iter()
        .map(|(name, value)| (name.to_lowercase(), (*value).to_owned()))
        .collect();
    if body.is_some() {
        all.insert("content-type".to_owned(), "application/json".to_owned());
    }
    serde_json::json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": all,
        "requestContext": {
            "accountId": "111122223333",
            "apiId": "api",
            "domainName": "api.example.com",
            "domainPrefix": "api",
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.7",
                "userAgent": "flow",
            },
            "requestId": "id",
            "routeKey": "$default",
            "stage": "$default",
            "time": "25/Nov/2026:00:00:00 +0000",
            "timeEpoch": 1_795_564_800_000_u64,
        },
        "body": body.map(Value::to_string),
        "isBase64Encoded": false,
    })
}

async fn serve(runtime: Arc<Runtime>) -> SocketAddr {
    let router = Router::new()
        .route("/2018-06-01/runtime/invocation/next", get(next))
        .route(
            "/2018-06-01/runtime/invocation/{id}/response",
            post(answered),
        )
        .route("/2018-06-01/runtime/invocation/{id}/error", post(failed))
        .route(
            "/2018-06-01/runtime/init/error",
            post(|| async { StatusCode::ACCEPTED }),
        )
        .with_state(runtime);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await;
    let listener = listener.expect("loopback has a free port");
    let address = listener.local_addr().expect("a listener has an address");
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

async fn next(State(runtime): State<Arc<Runtime>>) -> Response {
    runtime.asked.notify_one();
    let Some(invocation) = runtime.queue.lock().await.recv().await else {
        // Nobody will invoke any more. Lambda would freeze the function here.
        return std::future::pending().await;
    };
    let id = format!(
        "invocation-{}",
        runtime.count.fetch_add(1, Ordering::Relaxed)
    );
    runtime
        .open
        .lock()
        .await
        .insert(id.clone(), invocation.answer);
    let deadline = std::time::SystemTime::now()
        .duration_since(std::time::SystemTime::UNIX_EPOCH)
        .unwrap_or_default()
        .as_millis()
        + 29_000;
    let header = |name: &'static str| HeaderName::from_static(name);
    let headers = [
        (header("lambda-runtime-aws-request-id"), id),
        (header("lambda-runtime-deadline-ms"), deadline.to_string()),
        (header("lambda-runtime-trace-id"), "Root=1-0-0".to_owned()),
        (
            header("lambda-runtime-invoked-function-arn"),
            "arn:aws:lambda:ap-northeast-2:111122223333:function:postern".to_owned(),
        ),
    ];
    (headers, axum::Json(invocation.event)).into_response()
}

async fn answered(
    State(runtime): State<Arc<Runtime>>,
    UrlPath(id): UrlPath<String>,
    body: String,
) -> StatusCode {
    settle(&runtime, &id, Outcome::Answered(read(&body))).await
}

async fn failed(
    State(runtime): State<Arc<Runtime>>,
    UrlPath(id): UrlPath<String>,
    body: String,
) -> StatusCode {
    settle(&runtime, &id, Outcome::Failed(read(&body))).await
}

async fn settle(runtime: &Runtime, id: &str, outcome: Outcome) -> StatusCode {
    if let Some(answer) = runtime.open.lock().await.remove(id) {
        // Whoever invoked may have stopped waiting.
        let _ = answer.send(outcome);
    }
    StatusCode::ACCEPTED
}

fn read(body: &str) -> Value {
    serde_json::from_str(body).unwrap_or_else(|_| Value::String(body.to_owned()))
}
