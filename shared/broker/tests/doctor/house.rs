//! Sound set-ups in a stand-in AWS, which tests then break.

use std::sync::Arc;

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_sdk_sts::config::SharedCredentialsProvider;
use broker::aws::with_http;
use broker::clock::Clock;
use broker::config::Ground;
use broker::doctor::Doctor;
use rules::moment::Moment;
use rules::names::{AccessKind, Target};
use rules::place::{Place, Places};
use rules::readiness::{Report, documents_to_read};
use rules::session_document::{DocumentSpec, SessionDocument, User};
use serde_json::{Value, json};
use standin::ec2::Network;
use standin::iam::RoleSpec;
use standin::kms::Key;
use standin::s3::{BucketSpec, Encryption};
use standin::ssm::NodeSpec;
use standin::{StandinClock, World};

use crate::network::{IGW, NAT, fill, lead_out};

pub(crate) const HOME: &str = "111122223333";
pub(crate) const REGION: &str = "ap-northeast-2";
pub(crate) const INSTANCE: &str = "i-0123456789abcdef0";
pub(crate) const HYBRID: &str = "mi-0123456789abcdef0";
pub(crate) const BUCKET: &str = "postern-session-logs";
pub(crate) const LOG_KEY: &str = "00000000-0000-4000-8000-000000000001";
pub(crate) const SESSION_KEY: &str = "00000000-0000-4000-8000-000000000002";
/// The role of instances.
pub(crate) const ROLE: &str = "Web";
/// The setting that names the role of Default Host Management.
pub(crate) const HOST_MANAGEMENT: &str =
    "/ssm/managed-instance/default-ec2-instance-management-role";
pub(crate) const TIER: &str = "/ssm/managed-instance/activation-tier";
/// 2026-11-24T10:00:00Z.
const START: i64 = 1_795_514_400;

/// The sorts of sound set-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Base {
    /// In a private subnet, with endpoints and nothing else.
    Endpoints,
    /// In a private subnet, with a NAT gateway and no endpoints.
    Nat,
    /// In a public subnet, with a public address and no endpoints.
    Public,
    /// With endpoints, and a role by Default Host Management.
    HostManagement,
    /// A machine elsewhere.
    Hybrid,
}

impl Base {
    pub(crate) const ALL: [Self; 5] = [
        Self::Endpoints,
        Self::Nat,
        Self::Public,
        Self::HostManagement,
        Self::Hybrid,
    ];
}

/// A stand-in AWS with one place, its instance, and the doctor's role.
pub(crate) struct House {
    pub(crate) world: World,
    pub(crate) account: &'static str,
    pub(crate) target: Target,
    places: Value,
}

impl House {
    pub(crate) fn of(base: Base) -> Self {
        let house = Self::private(HOME, &json!({}));
        house.turn_into(base)
    }

    /// The sound set-up with endpoints, in an account, whose place says these things more.
    pub(crate) fn private(account: &'static str, more: &Value) -> Self {
        let world = World::builder()
            .clock(StandinClock::by_hand(START * 1_000))
            .account(HOME)
            .region(REGION)
            .build()
            .unwrap();
        let mut place = json!({
            "account": account, "region": REGION,
            "access_role": format!("arn:aws:iam::{account}:role/PosternAccess"),
            "log_bucket": BUCKET, "log_prefix": "sessions", "session_key": SESSION_KEY,
            "kinds": [
                { "type": "shell" },
                { "type": "command", "name": "restart-nginx" },
                { "type": "port", "host": "localhost", "port": 5432 },
            ],
        });
        for (name, value) in more.as_object().unwrap() {
            place[name] = value.clone();
        }
        let house = Self {
            world,
            account,
            target: format!("{account}/{REGION}/{INSTANCE}").parse().unwrap(),
            places: json!([place]),
        };
        house.add_doctor(&doctors_policy());
        house.add_role("ec2.amazonaws.com", &agent_policy());
        let profile = house.world.add_instance_profile(account, ROLE, Some(ROLE));
        house.network(|net| fill(net, &profile));
        let node = NodeSpec {
            account: Some(account.to_owned()),
            iam_role: Some(ROLE.to_owned()),
            ..NodeSpec::linux(INSTANCE)
        };
        house.world.add_node(node);
        house.add_bucket_and_keys();
        house.add_documents(|_| {});
        house
    }

    fn turn_into(mut self, base: Base) -> Self {
        match base {
            Base::Endpoints => {}
            Base::Nat => self.network(|net| lead_out(net, NAT)),
            Base::Public => self.network(|net| {
                lead_out(net, IGW);
                let instance = net.instances.get_mut(INSTANCE).unwrap();
                instance.public_address = Some("198.51.100.7".to_owned());
            }),
            Base::HostManagement => {
                self.add_role("ssm.amazonaws.com", &agent_policy());
                self.world.set_service_setting(HOST_MANAGEMENT, Some(ROLE));
                self.network(|net| net.instances.get_mut(INSTANCE).unwrap().profile = None);
            }
            Base::Hybrid => {
                self.add_role("ssm.amazonaws.com", &agent_policy());
                self.world.set_service_setting(TIER, Some("advanced"));
                self.world.add_node(NodeSpec {
                    iam_role: Some(ROLE.to_owned()),
                    ..NodeSpec::linux(HYBRID)
                });
                self.target = format!("{HOME}/{REGION}/{HYBRID}").parse().unwrap();
            }
        }
        self
    }

    pub(crate) fn network<T>(&self, change: impl FnOnce(&mut Network) -> T) -> T {
        self.world.change_network_of(self.account, REGION, change)
    }

    pub(crate) fn place(&self) -> Place {
        let places: Places = serde_json::from_value(self.places.clone()).unwrap();
        places.iter().next().unwrap().clone()
    }

    pub(crate) fn key_arn(&self, key: &str) -> String {
        format!("arn:aws:kms:{REGION}:{}:key/{key}", self.account)
    }

    /// The role that the doctor itself runs with.
    pub(crate) fn add_doctor(&self, policy: &Value) {
        self.world
            .add_role(RoleSpec {
                name: "PosternDoctor".to_owned(),
                managed: vec![policy.to_string()],
                ..RoleSpec::default()
            })
            .unwrap();
    }

    /// The role that agents act as, trusted by a service.
    pub(crate) fn add_role(&self, service: &str, policy: &Value) {
        self.role_with(service, policy, None);
    }

    pub(crate) fn role_with(&self, service: &str, policy: &Value, boundary: Option<&Value>) {
        let trust = json!({ "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": { "Service": service },
        }]});
        self.world
            .add_role(RoleSpec {
                account: Some(self.account.to_owned()),
                name: ROLE.to_owned(),
                trust: trust.to_string(),
                managed: vec![policy.to_string()],
                boundary: boundary.map(Value::to_string),
                ..RoleSpec::default()
            })
            .unwrap();
    }

    fn add_bucket_and_keys(&self) {
        for key in [LOG_KEY, SESSION_KEY] {
            self.set_key(key, "Enabled", &self.open_key_policy());
        }
        let key_id = self.key_arn(LOG_KEY);
        let spec = BucketSpec {
            encryption: Encryption::Kms { key_id },
            owner: Some(self.account.to_owned()),
            policy: Some(tls_only().to_string()),
            ..BucketSpec::default()
        };
        self.world.create_bucket(BUCKET, spec);
    }

    pub(crate) fn set_key(&self, key: &str, state: &str, policy: &Value) {
        let key_arn = self.key_arn(key);
        let key = Key {
            state: state.to_owned(),
            policy: policy.to_string(),
            of_aws: false,
        };
        self.world.add_key(&key_arn, key);
    }

    /// A policy that leaves a key to its account, as the console makes them.
    pub(crate) fn open_key_policy(&self) -> Value {
        json!({ "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Action": "kms:*", "Resource": "*",
            "Principal": { "AWS": format!("arn:aws:iam::{}:root", self.account) },
        }]})
    }

    /// Every session document of the place, with its inputs changed so.
    pub(crate) fn add_documents(&self, change: impl Fn(&mut Value)) {
        let place = self.place();
        for name in documents_to_read(&place, &place.kinds) {
            let of_name = |one: &SessionDocument| one.name() == name;
            let shell = SessionDocument::shells(User::Usual).find(of_name);
            let document = shell.unwrap_or_else(|| match place.kinds.as_slice() {
                _ if name.as_str() == "Postern-Command-restart-nginx" => SessionDocument::Command {
                    name: "restart-nginx".parse().unwrap(),
                    line: "systemctl restart nginx".parse().unwrap(),
                    user: User::Usual,
                },
                [.., AccessKind::Port { host, port }] => SessionDocument::Port {
                    host: host.clone(),
                    port: *port,
                },
                kinds => panic!("{name} of {kinds:?}"),
            });
            let mut content = document.content(&DocumentSpec::from(&place));
            if content["inputs"]["s3BucketName"].as_str() == Some(BUCKET) {
                change(&mut content["inputs"]);
            }
            self.world
                .add_document_for(self.account, name.as_str(), &content, REGION)
                .unwrap();
        }
    }

    /// The doctor as its function builds it, and how it calls AWS.
    pub(crate) fn doctor_with(&self, change: impl FnOnce(SdkConfig) -> SdkConfig) -> Doctor {
        let keys = self.world.function_credentials("PosternDoctor", "function");
        let keys = keys.unwrap();
        let token = keys.session_token.clone();
        let credentials = Credentials::new(
            keys.access_key_id,
            keys.secret_access_key,
            token,
            None,
            "test",
        );
        let world = self.world.clone();
        let clock = Clock::from_fn(Arc::new(move || Moment::from_millis(world.now_millis())));
        let config = with_http(
            &clock,
            self.world.http_client(),
            &REGION.parse().unwrap(),
            SharedCredentialsProvider::new(credentials),
        );
        let places = self.places.to_string();
        let ground = Ground::from_env(|name| match name {
            "POSTERN_HOME_ACCOUNT" => Some(HOME.to_owned()),
            "POSTERN_PLACES" => Some(places.clone()),
            "POSTERN_TABLE" => Some("postern".to_owned()),
            _ => None,
        });
        ground.unwrap().doctor(&change(config)).unwrap()
    }

    pub(crate) async fn examined(&self) -> Report {
        let doctor = self.doctor_with(|config| config);
        Box::pin(doctor.examine(&self.target, &[])).await.unwrap()
    }
}

/// What the doctor's role may do, as it is deployed.
pub(crate) fn doctors_policy() -> Value {
    /// What the function reads to know who may have an instance examined; no examination needs it.
    const OF_THE_PRACTICE: [&str; 4] = [
        "s3:GetObject",
        "ssm:GetParameter",
        "ssm:ListTagsForResource",
        "tag:GetResources",
    ];

    let text = include_str!("../../../../local/run/roles/doctor.json");
    without(serde_json::from_str(text).unwrap(), &OF_THE_PRACTICE)
}

/// What the role of an instance may do: the agent's own actions, logs and keys.
pub(crate) fn agent_policy() -> Value {
    json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Resource": "*", "Action": [
            "ssm:UpdateInstanceInformation",
            "ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel",
            "ssmmessages:OpenControlChannel", "ssmmessages:OpenDataChannel",
        ]},
        { "Effect": "Allow", "Action": "s3:PutObject",
          "Resource": format!("arn:aws:s3:::{BUCKET}/sessions/*") },
        { "Effect": "Allow", "Action": "s3:GetEncryptionConfiguration",
          "Resource": format!("arn:aws:s3:::{BUCKET}") },
        { "Effect": "Allow", "Action": ["kms:GenerateDataKey", "kms:Decrypt"],
          "Resource": format!("arn:aws:kms:{REGION}:*:key/*") },
    ]})
}

/// The actions of a statement.
fn actions_of(statement: &Value) -> Vec<Value> {
    let actions = &statement["Action"];
    let list = actions.as_array().cloned();
    list.unwrap_or_else(|| vec![actions.clone()])
}

/// Every action of a policy.
pub(crate) fn actions(policy: &Value) -> Vec<String> {
    let statements = policy["Statement"].as_array().unwrap();
    let actions = statements.iter().flat_map(actions_of);
    actions
        .map(|action| action.as_str().unwrap().to_owned())
        .collect()
}

/// A policy without some of its actions.
pub(crate) fn without(mut policy: Value, taken: &[&str]) -> Value {
    let statements = policy["Statement"].as_array_mut().unwrap();
    for statement in statements.iter_mut() {
        let mut actions = actions_of(statement);
        actions.retain(|action| !taken.contains(&action.as_str().unwrap()));
        statement["Action"] = Value::Array(actions);
    }
    statements.retain(|statement| !statement["Action"].as_array().unwrap().is_empty());
    policy
}

fn tls_only() -> Value {
    json!({ "Version": "2012-10-17", "Statement": [{
        "Sid": "TlsOnly", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*",
        "Condition": { "Bool": { "aws:SecureTransport": "false" } },
    }]})
}
