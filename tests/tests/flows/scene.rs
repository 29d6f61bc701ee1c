//! The scene of a test: one deployment, the people around it, and a clock that stands still.
//!
//! The API is called over a socket. AWS is called inside the process, through real SDK clients.
//! Nothing happens by itself: the clock moves when [`Scene::advance`] is called, and the sweeper
//! works when [`Scene::sweep`] is.

mod aws;
mod visitor;

use std::sync::Arc;
use std::time::Duration;

use functions::gateway;
use lambda_runtime::{Context, LambdaEvent};
use postern_local::account::{ACCOUNT, DOCTOR_FUNCTION, REGION, WEB_7};
use postern_local::house::{Doors, House, Plan};
use postern_local::people::Person::{self, Ada, Anna, Ben};
use reqwest::Client;
use rules::moment::Moment;
use rules::names::RequestId;
use rules::status::StatusWord;
use rules::wire::{Credentials, EntriesView, RequestView, SessionView, SessionsView};
use rustls::{ClientConfig, RootCertStore};
use serde_json::{Value, json};
use standin::{Service, StandinClock, World};
use tower::ServiceExt as _;

pub(crate) use self::aws::Denied;
pub(crate) use self::visitor::{Reply, Visitor};

/// When every scene opens: 2026-11-24T09:00:00Z, a Tuesday.
const OPENS_AT_MILLIS: i64 = 1_795_510_800_000;

/// How long a grant lasts where a test does not say: 30 minutes.
pub(crate) const GRANT: Duration = Duration::from_secs(30 * 60);

/// The starter policies, and one more by which staging is reached without anybody's yes.
pub(crate) const AT_ONCE: (&str, &str) = (
    "POSTERN_POLICY",
    concat!(
        include_str!("../../../policies/starter.cedar"),
        r#"@id("staging-at-once") @auto("true") @max_duration("1h")
        permit (
            principal in Postern::Group::"engineers",
            action == Postern::Action::"shell",
            resource
        )
        when { resource.hasTag("Env") && resource.getTag("Env") == "staging" };"#
    ),
);

/// One deployment, fresh for one test.
pub(crate) struct Scene {
    house: House,
    http: Client,
}

impl Scene {
    /// A deployment with the usual settings.
    pub(crate) async fn open() -> Self {
        Self::with(&[]).await
    }

    /// A deployment with some settings changed, by their names in the environment.
    pub(crate) async fn with(settings: &[(&'static str, &str)]) -> Self {
        // Readiness has tests of its own; in all others nobody is examined, which takes many calls.
        let mut all = vec![
            ("POSTERN_SSM_CALLS_PER_SECOND", "20".to_owned()),
            ("POSTERN_DOCTOR_FUNCTION", String::new()),
        ];
        all.extend(
            settings
                .iter()
                .map(|(name, value)| (*name, (*value).to_owned())),
        );
        Self::planned(Plan {
            clock: StandinClock::by_hand(OPENS_AT_MILLIS),
            data_dir: None,
            doors: Doors::InProcess,
            settings: all,
        })
        .await
    }

    /// A deployment in which `api` asks the doctor, as in the local run.
    pub(crate) async fn with_doctor() -> Self {
        Self::with(&[("POSTERN_DOCTOR_FUNCTION", DOCTOR_FUNCTION)]).await
    }

    /// A deployment of any other plan.
    pub(crate) async fn planned(plan: Plan) -> Self {
        let house = Box::pin(House::start(plan)).await;
        Self {
            house: house.expect("the house stands"),
            http: http_client(),
        }
    }

    /// The deployment itself.
    pub(crate) fn house(&self) -> &House {
        &self.house
    }

    /// AWS itself, past every door and policy.
    pub(crate) fn world(&self) -> &World {
        self.house.world()
    }

    /// Somebody of the local run, with a token of theirs that is valid now.
    pub(crate) fn as_(&self, person: Person) -> Visitor {
        self.bearing(&self.house.token(person).expect("the issuer signs"))
    }

    /// Somebody else of this subject, in these groups.
    pub(crate) fn somebody(&self, subject: &str, groups: &[&str]) -> Visitor {
        let mut claims = self.house.issuer().claims(Anna);
        claims["sub"] = subject.into();
        claims["name"] = subject.into();
        claims["groups"] = json!(groups);
        self.claiming(&claims)
    }

    /// Whoever these claims of the issuer make them.
    pub(crate) fn claiming(&self, claims: &Value) -> Visitor {
        self.bearing(&self.house.issuer().sign(claims).expect("the issuer signs"))
    }

    /// Whoever sends this token.
    pub(crate) fn bearing(&self, token: &str) -> Visitor {
        self.nobody()
            .with_header("authorization", &format!("Bearer {token}"))
    }

    /// Whoever sends no token.
    pub(crate) fn nobody(&self) -> Visitor {
        Visitor::new(self.http.clone(), self.house.url())
    }

    /// What API Gateway gets back for an event.
    pub(crate) async fn handed(&self, event: &Value) -> Reply {
        let event = serde_json::from_str(&event.to_string()).expect("it is JSON");
        let event = LambdaEvent::new(event, Context::default());
        let answer = gateway::behind(self.house.router()).oneshot(event).await;
        let answer = answer.unwrap_or_else(|never| match never {});
        Reply::handed_back(&serde_json::to_value(answer).expect("an answer is JSON"))
    }

    /// A request that waits: Anna has asked for a shell on `web-7`, for [`GRANT`].
    pub(crate) async fn asked(&self) -> RequestId {
        self.as_(Anna).ask(&shell_on(WEB_7)).await.must_be(201).id()
    }

    /// A request of Anna's that Ben has approved.
    pub(crate) async fn approved(&self) -> RequestId {
        let id = self.asked().await;
        self.as_(Ben).approve(id).await.must_be(200);
        id
    }

    /// A grant of Anna's that runs from now on, with its first credentials.
    pub(crate) async fn active(&self) -> (RequestId, Credentials) {
        let id = self.approved().await;
        (id, self.credentials(id).await)
    }

    /// New credentials of a request of Anna's.
    pub(crate) async fn credentials(&self, id: RequestId) -> Credentials {
        let reply = self
            .as_(Anna)
            .post(&of(id, "credentials"), &json!({}))
            .await;
        reply.must_be(200).read()
    }

    /// One round of the sweeper, now.
    ///
    /// # Panics
    /// When it met trouble.
    pub(crate) async fn sweep(&self) -> broker::sweeper::Report {
        let report = self.sweep_in_trouble().await;
        assert_eq!(report.troubles, [], "a sweep met trouble");
        report
    }

    /// One round of the sweeper, whatever trouble it meets.
    pub(crate) async fn sweep_in_trouble(&self) -> broker::sweeper::Report {
        Box::pin(self.house.sweeper().run(self.now())).await
    }

    /// The time.
    pub(crate) fn now(&self) -> Moment {
        self.house.clock().now()
    }

    /// Moves the clock forward.
    pub(crate) fn advance(&self, by: Duration) {
        self.world().clock().advance(by);
    }

    /// Moves the clock forward to a moment.
    pub(crate) fn advance_to(&self, moment: Moment) {
        assert!(self.now() <= moment, "{moment} is over");
        self.advance(moment.since(self.now()));
    }

    /// Where a request is in its life, as the auditor sees it.
    pub(crate) async fn status(&self, id: RequestId) -> StatusWord {
        self.view(id).await.status
    }

    /// A request, as the auditor sees it.
    pub(crate) async fn view(&self, id: RequestId) -> RequestView {
        self.as_(Ada).get(&of(id, "")).await.must_be(200).read()
    }

    /// The sessions of a request, as the auditor sees them.
    pub(crate) async fn sessions(&self, id: RequestId) -> Vec<SessionView> {
        let reply = self.as_(Ada).get(&of(id, "sessions")).await;
        reply.must_be(200).read::<SessionsView>().sessions
    }

    /// The audit trail of a request, as the auditor sees it.
    pub(crate) async fn entries(&self, id: RequestId) -> EntriesView {
        self.as_(Ada)
            .get(&of(id, "entries"))
            .await
            .must_be(200)
            .read()
    }

    /// The audit trail of a request, one word for each entry.
    pub(crate) async fn trail(&self, id: RequestId) -> Vec<&'static str> {
        let entries = self.entries(id).await.entries;
        entries.iter().map(|view| view.entry.event.word()).collect()
    }

    /// How many writes to the table have taken effect. Whatever was recorded raises it, if only by
    /// writing the same again.
    pub(crate) fn writes(&self) -> usize {
        let reads = ["GetItem", "BatchGetItem", "Query"];
        let took_effect = |call: &&standin::journal::JournalEntry| {
            call.service == Service::DynamoDb
                && call.took_effect
                && !reads.contains(&call.operation.as_str())
        };
        self.world().journal().iter().filter(took_effect).count()
    }
}

/// The body of asking for a shell on an instance, for [`GRANT`].
pub(crate) fn shell_on(instance: &str) -> Value {
    ask(&json!({"type": "shell"}), &[instance])
}

/// The body of asking for access of a kind to instances, for [`GRANT`].
pub(crate) fn ask(kind: &Value, instances: &[&str]) -> Value {
    let targets: Vec<String> = instances.iter().map(|instance| target(instance)).collect();
    json!({
        "targets": targets,
        "kind": kind,
        "duration_seconds": GRANT.as_secs(),
        "reason": "disk full",
    })
}

/// An instance as a target of the place that is served.
pub(crate) fn target(instance: &str) -> String {
    format!("{ACCOUNT}/{REGION}/{instance}")
}

/// The path of a request, or of something under it.
pub(crate) fn of(id: RequestId, what: &str) -> String {
    let slash = if what.is_empty() { "" } else { "/" };
    format!("/v1/requests/{id}{slash}{what}")
}

fn http_client() -> Client {
    // All that is called is on loopback, without TLS; the client wants to know of some.
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let tls = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the provider has its versions")
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    Client::builder()
        .tls_backend_preconfigured(tls)
        .no_proxy()
        .timeout(Duration::from_secs(60))
        .build()
        .expect("an HTTP client")
}
