//! A stand-in AWS with a bucket and a parameter, and what was told of them.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_sdk_sts::config::SharedCredentialsProvider;
use broker::aws::with_http;
use broker::clock::Clock;
use broker::notice::{Notice, Notices};
use rules::moment::Moment;
use rules::names::AccountId;
use serde_json::json;
use standin::faults::{FaultKind, FaultRule, RuleId};
use standin::iam::RoleSpec;
use standin::s3::{BucketSpec, PutObject};
use standin::ssm::ParameterType;
use standin::{Service, StandinClock, World};

pub(crate) const ACCOUNT: &str = "111122223333";
const REGION: &str = "ap-northeast-2";
pub(crate) const BUCKET: &str = "postern-config";
pub(crate) const PARAMETER: &str = "/postern/on-call-key";
/// 2026-11-24T10:00:00Z.
const START: i64 = 1_795_514_400;

pub(crate) struct Arranged {
    pub(crate) world: World,
    pub(crate) clock: Clock,
    pub(crate) config: SdkConfig,
    told: Arc<Mutex<Vec<Notice>>>,
}

/// A bucket that keeps versions, and a role that may read the objects in it and the parameter.
pub(crate) fn arranged() -> Arranged {
    reading_with(&["s3:GetObject", "ssm:GetParameter"])
}

/// The same with a role that may do this.
pub(crate) fn reading_with(actions: &[&str]) -> Arranged {
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
    let bucket = BucketSpec {
        versioning: true,
        ..BucketSpec::default()
    };
    world.create_bucket(BUCKET, bucket);
    let statement = json!({"Effect": "Allow", "Action": actions, "Resource": [
        format!("arn:aws:s3:::{BUCKET}/*"),
        format!("arn:aws:ssm:{REGION}:{ACCOUNT}:parameter{PARAMETER}"),
    ]});
    let policy = json!({"Version": "2012-10-17", "Statement": [statement]});
    world
        .add_role(RoleSpec {
            name: "Reader".to_owned(),
            managed: vec![policy.to_string()],
            ..RoleSpec::default()
        })
        .unwrap();
    let keys = world.function_credentials("Reader", "function").unwrap();
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
    Arranged {
        world,
        clock,
        config,
        told: Arc::default(),
    }
}

impl Arranged {
    pub(crate) fn owner(&self) -> AccountId {
        ACCOUNT.parse().unwrap()
    }

    /// Keeps what is told.
    pub(crate) fn notices(&self) -> Notices {
        let told = Arc::clone(&self.told);
        Notices::to(move |notice| told.lock().unwrap().push(notice))
    }

    /// What was told since this was asked last.
    pub(crate) fn told(&self) -> Vec<Notice> {
        std::mem::take(&mut *self.told.lock().unwrap())
    }

    pub(crate) fn now(&self) -> Moment {
        self.clock.now()
    }

    pub(crate) fn pass(&self, seconds: u64) {
        self.world.clock().advance(Duration::from_secs(seconds));
    }

    /// Puts an object in the bucket, and gives its version.
    pub(crate) fn put(&self, key: &str, body: impl Into<Vec<u8>>) -> String {
        let object = PutObject {
            body: body.into().into(),
            ..PutObject::default()
        };
        self.world
            .put_object(BUCKET, key, object)
            .unwrap()
            .version_id
    }

    /// How often AWS was asked for this so far.
    pub(crate) fn calls(&self, operation: &str) -> usize {
        let journal = self.world.journal();
        let those = journal.iter().filter(|call| call.operation == operation);
        those.count()
    }

    /// Sets the key of the on-call feed, or two of them.
    pub(crate) fn set_keys(&self, keys: &str) {
        let secure = ParameterType::SecureString;
        self.world.put_parameter(PARAMETER, secure, keys);
    }

    /// From now on an operation is answered by this, which no client tries again.
    pub(crate) fn break_down(&self, service: Service, operation: &str) -> RuleId {
        let kind = FaultKind::Fail {
            status: 403,
            code: "AccessDenied".to_owned(),
        };
        let rule = FaultRule::always(service, operation, kind);
        self.world.faults().inject(rule)
    }

    pub(crate) fn mend(&self, rule: RuleId) {
        self.world.faults().remove(rule);
    }
}
