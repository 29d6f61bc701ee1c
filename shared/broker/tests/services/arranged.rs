//! A stand-in AWS with one place, and requests that the rules made.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_sdk_sts::config::SharedCredentialsProvider;
use broker::aws::{Accounts, Duty, with_http};
use broker::clock::Clock;
use broker::iam::Iam;
use broker::inventory::Inventory;
use broker::s3::S3Logs;
use broker::ssm::{CallRate, Ssm};
use broker::sts::{Minted, Sts};
use rules::caller::Caller;
use rules::claims::{self, Expected, Leeway};
use rules::facts::{Ping, Platform, TargetFacts};
use rules::life::ask::{Asking, Regime};
use rules::life::{ask, end, issue};
use rules::moment::Moment;
use rules::names::{RequestId, SessionId, Target};
use rules::offices::Offices;
use rules::on_call::OnCall;
use rules::pace::Pace;
use rules::permit::Permit;
use rules::place::{Place, Places};
use rules::policy::PolicySet;
use rules::request::Request;
use rules::session_document::{DocumentSpec, SessionDocument, User};
use serde_json::json;
use standin::iam::{Keys, RoleSpec};
use standin::s3::BucketSpec;
use standin::ssm::NodeSpec;
use standin::{StandinClock, World};

pub(crate) const ACCOUNT: &str = "111122223333";
pub(crate) const REGION: &str = "ap-northeast-2";
pub(crate) const INSTANCE: &str = "i-0123456789abcdef0";
pub(crate) const BUCKET: &str = "session-logs";
pub(crate) const ROLE: &str = "arn:aws:iam::111122223333:role/postern/Access";
/// 2026-11-24T10:00:00Z.
const START: i64 = 1_795_514_400;

pub(crate) struct Arranged {
    pub(crate) world: World,
    pub(crate) clock: Clock,
    pub(crate) config: SdkConfig,
    pub(crate) place: Place,
    pub(crate) places: Places,
    policy: PolicySet,
}

/// A place with an access role, a log bucket, the shell documents and one instance.
pub(crate) fn arranged() -> Arranged {
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
    let places: Places = serde_json::from_value(json!([{
        "account": ACCOUNT, "region": REGION, "access_role": ROLE,
        "log_bucket": BUCKET, "log_prefix": "sessions",
    }]))
    .unwrap();
    let place = places.iter().next().unwrap().clone();
    add_access_role(&world, "Access", "/postern/");
    world.create_bucket(
        BUCKET,
        BucketSpec {
            versioning: true,
            ..BucketSpec::default()
        },
    );
    for document in SessionDocument::shells(User::Usual) {
        let content = document.content(&DocumentSpec::from(&place));
        world
            .add_document(document.name().as_str(), &content, REGION)
            .unwrap();
    }
    world.add_node(NodeSpec::linux(INSTANCE).tag("Env", "staging"));
    let config = config_of(&world, &clock, &own_keys(&world));
    let policy = PolicySet::parse(
        r#"@id("any-shell") @auto("true") @max_duration("8h")
        permit (
            principal in Postern::Group::"engineers",
            action == Postern::Action::"shell",
            resource
        );"#,
    )
    .unwrap();
    Arranged {
        world,
        clock,
        config,
        place,
        places,
        policy,
    }
}

/// The credentials that Postern itself runs with: those of a function that may do everything.
pub(crate) fn own_keys(world: &World) -> Keys {
    world
        .add_role(RoleSpec {
            name: "Postern".to_owned(),
            managed: vec![allow(&["*"])],
            ..RoleSpec::default()
        })
        .unwrap();
    world.function_credentials("Postern", "function").unwrap()
}

fn allow(actions: &[&str]) -> String {
    let statement = json!({"Effect": "Allow", "Action": actions, "Resource": "*"});
    json!({"Version": "2012-10-17", "Statement": [statement]}).to_string()
}

/// A role that the account may assume and that may do what grants may.
pub(crate) fn add_access_role(world: &World, name: &str, path: &str) {
    let trust = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow",
        "Principal": {"AWS": format!("arn:aws:iam::{ACCOUNT}:root")},
        "Action": ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"],
    }]});
    world
        .add_role(RoleSpec {
            name: name.to_owned(),
            path: path.to_owned(),
            trust: trust.to_string(),
            managed: vec![allow(&["ssm:StartSession", "ssm:TerminateSession"])],
            ..RoleSpec::default()
        })
        .unwrap();
}

pub(crate) fn config_of(world: &World, clock: &Clock, keys: &Keys) -> SdkConfig {
    let credentials = Credentials::new(
        &keys.access_key_id,
        &keys.secret_access_key,
        keys.session_token.clone(),
        None,
        "test",
    );
    with_http(
        clock,
        world.http_client(),
        &REGION.parse().unwrap(),
        SharedCredentialsProvider::new(credentials),
    )
}

impl Arranged {
    pub(crate) fn accounts(&self) -> Accounts {
        Accounts::home(ACCOUNT.parse().unwrap(), self.config.clone(), Duty::Operate)
    }

    pub(crate) fn sts(&self) -> Sts {
        Sts::new(&self.config)
    }

    /// Without a call rate, so that tests do not wait.
    pub(crate) fn ssm(&self) -> Ssm {
        let rate = CallRate {
            every: Duration::ZERO,
            burst: 1,
        };
        Ssm::new(&self.accounts(), &self.places, rate).unwrap()
    }

    pub(crate) fn s3(&self) -> S3Logs {
        S3Logs::new(&self.accounts(), &self.places).unwrap()
    }

    pub(crate) fn iam(&self) -> Iam {
        Iam::new(&self.accounts(), &self.places).unwrap()
    }

    pub(crate) fn inventory(&self) -> Inventory {
        Inventory::new(&self.accounts(), &self.places).unwrap()
    }

    pub(crate) fn now(&self) -> Moment {
        self.clock.now()
    }

    /// The engineer whose requests the policy approves.
    pub(crate) fn engineer(&self) -> Caller {
        let expected = Expected {
            issuer: "https://login.example.com".parse().unwrap(),
            audiences: ["postern".parse().unwrap()].into(),
            groups_claim: "groups".parse().unwrap(),
            human_claim: None,
            leeway: Leeway::default(),
        };
        let claims = json!({
            "iss": "https://login.example.com", "aud": "postern", "sub": "engineer-7",
            "groups": ["engineers"], "iat": self.now().seconds(),
            "exp": self.now().seconds() + 600,
        });
        claims::judge(&claims, &expected, self.now()).unwrap()
    }

    /// A granted request, as it stands once its issue has begun, and the permit of that issue.
    pub(crate) fn granted(&self, entropy: u8) -> (Request, Permit) {
        let (pace, caller) = (Pace::default(), self.engineer());
        let regime = Regime {
            places: &self.places,
            policy: &self.policy,
            on_call: OnCall::nobody(),
            pace: &pace,
        };
        let facts = vec![TargetFacts {
            target: target(INSTANCE),
            tags: BTreeMap::new(),
            platform: Platform::Linux,
            ping: Ping::Online,
            agent_version: None,
            last_log: None,
            readiness: None,
        }];
        let asking = Asking {
            id: RequestId::new(self.now(), [entropy; 10]),
            caller: &caller,
            ask: serde_json::from_value(json!({
                "targets": [target(INSTANCE)], "kind": {"type": "shell"},
                "duration_seconds": 1_800, "reason": "disk full on web-7",
            }))
            .unwrap(),
            facts: facts.clone(),
            waiting: 0,
            unreviewed: None,
        };
        let asked = ask::ask(asking, regime, self.now())
            .unwrap()
            .request()
            .clone();
        let begun = issue::begin(
            &asked,
            &caller,
            &facts,
            regime,
            &Offices::default(),
            self.now(),
        )
        .unwrap();
        (begun.step.request().clone(), begun.permit)
    }

    /// A granted request and its credentials.
    pub(crate) async fn minted(&self, entropy: u8) -> (Request, Minted) {
        let (request, permit) = self.granted(entropy);
        let issue = permit.issue();
        let minted = self.sts().mint(permit).await.unwrap();
        let (id, expires_at) = (&minted.access_key_id, minted.expires_at);
        let step = issue::complete(&request, issue, id, expires_at, self.now()).unwrap();
        (step.request().clone(), minted)
    }

    /// The request once its requester has handed the grant back.
    pub(crate) fn released(&self, request: &Request) -> Request {
        let step = end::release(request, &self.engineer(), &Offices::default(), self.now());
        step.unwrap().request().clone()
    }

    /// Opens a shell with minted credentials, as the requester's own tools do.
    pub(crate) async fn open(&self, minted: &Minted) -> Result<SessionId, String> {
        let keys = Keys {
            access_key_id: minted.access_key_id.clone(),
            secret_access_key: minted.secret.expose().to_owned(),
            session_token: Some(minted.token.expose().to_owned()),
        };
        self.open_as(&keys).await.map(|id| id.parse().unwrap())
    }

    /// Opens a shell with any keys; gives the session's id or the error's code.
    pub(crate) async fn open_as(&self, keys: &Keys) -> Result<String, String> {
        use aws_sdk_ssm::error::ProvideErrorMetadata as _;

        let client = aws_sdk_ssm::Client::new(&config_of(&self.world, &self.clock, keys));
        let call = client
            .start_session()
            .target(INSTANCE)
            .document_name("Postern-Shell-30")
            .send();
        match Box::pin(call).await {
            Ok(answer) => Ok(answer.session_id().unwrap().to_owned()),
            Err(error) => Err(error.code().unwrap_or_default().to_owned()),
        }
    }
}

pub(crate) fn target(instance: &str) -> Target {
    format!("{ACCOUNT}/{REGION}/{instance}").parse().unwrap()
}
