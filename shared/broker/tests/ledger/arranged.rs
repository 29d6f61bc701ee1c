//! A table in a stand-in AWS, people, and steps that the rules made.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_credential_types::Credentials;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_sts::config::SharedCredentialsProvider;
use broker::aws::with_http;
use broker::clock::Clock;
use broker::ledger::{Ledger, Mark, Table};
use rules::ask::Ask;
use rules::caller::Caller;
use rules::claims::{self, Expected, Leeway};
use rules::facts::{Ping, Platform, TargetFacts};
use rules::life::ask::{Asking, Regime};
use rules::life::{answer, ask, issue};
use rules::moment::Moment;
use rules::names::{Digest, RequestId};
use rules::offices::Offices;
use rules::on_call::OnCall;
use rules::pace::Pace;
use rules::place::Places;
use rules::policy::PolicySet;
use rules::request::Request;
use rules::step::Step;
use serde_json::json;
use standin::faults::FaultRule;
use standin::iam::RoleSpec;
use standin::{Service, StandinClock, World};

pub(crate) type Item = HashMap<String, AttributeValue>;

pub(crate) const TABLE: &str = "postern";
pub(crate) const SHARDS: u8 = 4;
const ACCOUNT: &str = "111122223333";
const REGION: &str = "ap-northeast-2";
/// 2026-11-24T10:00:00Z.
const START: i64 = 1_795_514_400;
pub(crate) const HOUR: Duration = Duration::from_secs(60 * 60);

const POLICY: &str = r#"
    @id("by-leads") @approvers("leads,oncall") @approvals("1") @max_duration("8h")
    @for_others("true")
    permit (
        principal in Postern::Group::"engineers",
        action == Postern::Action::"shell",
        resource
    );
    @id("in-stages") @stages("1 of leads; 1 of leads, security") @max_duration("8h")
    permit (
        principal in Postern::Group::"guests",
        action == Postern::Action::"shell",
        resource
    );
    @id("by-itself") @auto("true") @max_duration("8h")
    permit (
        principal in Postern::Group::"trusted",
        action == Postern::Action::"shell",
        resource
    );
    @id("emergency") @break_glass("true") @reviewers("security") @max_duration("1h")
    permit (
        principal in Postern::Group::"engineers",
        action == Postern::Action::"shell",
        resource
    );"#;

/// A ledger in an empty table.
pub(crate) struct Arranged {
    pub(crate) world: World,
    pub(crate) clock: Clock,
    pub(crate) config: SdkConfig,
    pub(crate) client: Client,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) pace: Pace,
    places: Places,
    policy: PolicySet,
    asked: AtomicU16,
}

pub(crate) async fn arranged() -> Arranged {
    arranged_at(Pace::default()).await
}

pub(crate) async fn arranged_at(pace: Pace) -> Arranged {
    let world = World::builder()
        .clock(StandinClock::by_hand(START * 1_000))
        .account(ACCOUNT)
        .region(REGION)
        .build()
        .unwrap();
    let clock = {
        let world = world.clone();
        Clock::from_fn(Arc::new(move || Moment::from_millis(world.now_millis())))
    };
    let statement = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
    world
        .add_role(RoleSpec {
            name: "Postern".to_owned(),
            managed: vec![json!({"Version": "2012-10-17", "Statement": [statement]}).to_string()],
            ..RoleSpec::default()
        })
        .unwrap();
    let keys = world.function_credentials("Postern", "function").unwrap();
    let credentials = Credentials::new(
        &keys.access_key_id,
        &keys.secret_access_key,
        keys.session_token.clone(),
        None,
        "test",
    );
    let config = with_http(
        &clock,
        world.http_client(),
        &REGION.parse().unwrap(),
        SharedCredentialsProvider::new(credentials),
    );
    // Retries as in production, without their waits.
    let retries = RetryConfig::standard()
        .with_max_attempts(3)
        .with_initial_backoff(Duration::from_millis(1));
    let config = config.to_builder().retry_config(retries).build();
    let ledger = ledger_of(&config, pace);
    ledger.create_table().await.unwrap();
    Arranged {
        client: Client::new(&config),
        ledger: Arc::new(ledger),
        world,
        clock,
        config,
        pace,
        places: serde_json::from_value(json!([{
            "account": ACCOUNT, "region": REGION,
            "access_role": format!("arn:aws:iam::{ACCOUNT}:role/postern/Access"),
            "log_bucket": "session-logs", "log_prefix": "sessions",
        }]))
        .unwrap(),
        policy: PolicySet::parse(POLICY).unwrap(),
        asked: AtomicU16::new(0),
    }
}

/// Another ledger over the same table, as another function has one.
pub(crate) fn ledger_of(config: &SdkConfig, pace: Pace) -> Ledger {
    let table = Table {
        name: TABLE.to_owned(),
        shards: SHARDS,
    };
    Ledger::new(config, table, pace)
}

impl Arranged {
    pub(crate) fn now(&self) -> Moment {
        self.clock.now()
    }

    pub(crate) fn forward(&self, time: Duration) {
        self.world.clock().advance(time);
    }

    /// Somebody whose token was judged.
    pub(crate) fn person(&self, sub: &str, groups: &[&str]) -> Caller {
        self.account(sub, None, groups)
    }

    /// An account, whose token says who is behind it or need not.
    pub(crate) fn account(&self, sub: &str, human: Option<&str>, groups: &[&str]) -> Caller {
        let issuer = "https://login.example.com";
        let expected = Expected {
            issuer: issuer.parse().unwrap(),
            audiences: ["postern".parse().unwrap()].into(),
            groups_claim: "groups".parse().unwrap(),
            human_claim: human.map(|_| "employee_id".parse().unwrap()),
            leeway: Leeway::default(),
        };
        let claims = json!({
            "iss": issuer, "aud": "postern", "sub": sub, "groups": groups, "employee_id": human,
            "iat": self.now().seconds(), "exp": self.now().seconds() + 600,
        });
        claims::judge(&claims, &expected, self.now()).unwrap()
    }

    /// Whose requests wait for `leads` or `oncall`.
    pub(crate) fn engineer(&self) -> Caller {
        self.person("engineer-7", &["engineers"])
    }

    pub(crate) fn lead(&self) -> Caller {
        self.person("lead-1", &["leads"])
    }

    pub(crate) fn regime(&self) -> Regime<'_> {
        Regime {
            places: &self.places,
            policy: &self.policy,
            on_call: OnCall::nobody(),
            pace: &self.pace,
        }
    }

    fn facts() -> Vec<TargetFacts> {
        let target = format!("{ACCOUNT}/{REGION}/i-0123456789abcdef0");
        vec![TargetFacts {
            target: target.parse().unwrap(),
            tags: BTreeMap::new(),
            platform: Platform::Linux,
            ping: Ping::Online,
            agent_version: None,
            last_log: None,
            readiness: None,
        }]
    }

    /// The step of asking, not recorded; every one has an id of its own, newer than those before.
    pub(crate) fn asking(&self, caller: &Caller) -> Step {
        self.asking_as(self.new_id(), caller)
    }

    /// An id that is newer than those before.
    pub(crate) fn new_id(&self) -> RequestId {
        let [high, low] = self.asked.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        RequestId::new(self.now(), [high, low, 0, 0, 0, 0, 0, 0, 0, 0])
    }

    pub(crate) fn asking_as(&self, id: RequestId, caller: &Caller) -> Step {
        self.asking_for(id, caller, |_| {})
    }

    /// The step of asking otherwise than usual.
    pub(crate) fn asking_for(
        &self,
        id: RequestId,
        caller: &Caller,
        change: impl FnOnce(&mut Ask),
    ) -> Step {
        let facts = Self::facts();
        let mut ask: Ask = serde_json::from_value(json!({
            "targets": [&facts[0].target], "kind": {"type": "shell"},
            "duration_seconds": 1_800, "reason": "disk full on web-7",
        }))
        .unwrap();
        change(&mut ask);
        let asking = Asking {
            id,
            caller,
            ask,
            facts,
            waiting: 0,
            unreviewed: None,
        };
        ask::ask(asking, self.regime(), self.now()).unwrap()
    }

    pub(crate) fn withdrawing(&self, request: &Request) -> Step {
        let (person, offices) = (self.engineer(), Offices::default());
        answer::withdraw(request, &person, &offices, self.now()).unwrap()
    }

    pub(crate) fn approving(&self, request: &Request, caller: &Caller) -> Step {
        let offices = Offices::default();
        let shown = request.shown();
        answer::approve(
            request,
            caller,
            shown,
            None,
            &offices,
            &self.pace,
            self.now(),
        )
        .unwrap()
    }

    pub(crate) fn issuing(&self, request: &Request, caller: &Caller) -> Step {
        let offices = Offices::default();
        let (facts, now) = (Self::facts(), self.now());
        let begun = issue::begin(request, caller, &facts, self.regime(), &offices, now);
        begun.unwrap().step
    }

    /// Records a step that nothing stands against.
    pub(crate) async fn recorded(&self, step: Step) -> Request {
        self.ledger.record(&step, None, self.now()).await.unwrap();
        step.request().clone()
    }

    /// A request of the engineer that waits for an answer.
    pub(crate) async fn pending(&self) -> Request {
        self.recorded(self.asking(&self.engineer())).await
    }

    /// A request of the engineer that a lead approved.
    pub(crate) async fn approved(&self) -> Request {
        let pending = self.pending().await;
        self.recorded(self.approving(&pending, &self.lead())).await
    }

    pub(crate) fn mark(&self, caller: &Caller, key: &str, said: &str) -> Mark {
        Mark {
            person: caller.person().clone(),
            key: key.parse().unwrap(),
            fingerprint: Digest::of("test", said.as_bytes()),
        }
    }

    /// Every item of a partition as it stands, by its sort key.
    pub(crate) async fn partition(&self, pk: &str) -> BTreeMap<String, Item> {
        let call = self
            .client
            .query()
            .table_name(TABLE)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", AttributeValue::S(pk.to_owned()))
            .consistent_read(true);
        let answer = Box::pin(call.send()).await.unwrap();
        let by_sort_key = |item: Item| (text(&item, "sk").to_owned(), item);
        answer.items.unwrap().into_iter().map(by_sort_key).collect()
    }

    pub(crate) async fn of_request(&self, id: RequestId) -> BTreeMap<String, Item> {
        self.partition(&format!("REQ#{id}")).await
    }

    /// Changes one attribute of an item, as nobody should.
    pub(crate) async fn tamper(&self, pk: &str, sk: &str, name: &str, value: AttributeValue) {
        let call = self
            .client
            .update_item()
            .table_name(TABLE)
            .key("pk", AttributeValue::S(pk.to_owned()))
            .key("sk", AttributeValue::S(sk.to_owned()))
            .update_expression("SET #name = :value")
            .expression_attribute_names("#name", name)
            .expression_attribute_values(":value", value);
        Box::pin(call.send()).await.unwrap();
    }

    pub(crate) fn inject(&self, rule: FaultRule) {
        self.world.faults().inject(rule);
    }

    pub(crate) fn calls(&self, operation: &str) -> usize {
        self.world.calls_of(Service::DynamoDb, operation).len()
    }
}

pub(crate) fn text<'a>(item: &'a Item, name: &str) -> &'a str {
    item[name].as_s().unwrap()
}

pub(crate) fn number(item: &Item, name: &str) -> i64 {
    item[name].as_n().unwrap().parse().unwrap()
}
