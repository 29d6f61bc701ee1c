//! The door from inside: requests as they come off the wire, signed by the real SDK and then
//! left alone or tampered with.

use std::sync::{Arc, Mutex};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_sdk_sts::config::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use serde_json::Value;

use super::*;
use crate::clock::StandinClock;
use crate::iam::{Keys, RoleSpec};
use crate::s3::{BucketSpec, PutObject};
use crate::world::locked;

mod authentic;
mod readable;

/// 2026-11-24T09:00:00Z.
const START: i64 = 1_795_510_800_000;

/// A world with a bucket that holds one object, and a role that may do everything.
fn world() -> World {
    let world = World::builder()
        .clock(StandinClock::by_hand(START))
        .build()
        .unwrap();
    world.create_bucket("logs", BucketSpec::default());
    world
        .put_object("logs", "a b/c.log", PutObject::default())
        .unwrap();
    world
        .add_role(RoleSpec {
            name: "All".to_owned(),
            ..all()
        })
        .unwrap();
    world
}

fn all() -> RoleSpec {
    let everything = serde_json::json!({
        "Version": "2012-10-17",
        "Statement": { "Effect": "Allow", "Action": "*", "Resource": "*" },
    });
    RoleSpec {
        inline: vec![("All".to_owned(), everything.to_string())],
        ..RoleSpec::default()
    }
}

/// Takes what an SDK client sends, and answers nothing.
#[derive(Clone, Debug, Default)]
struct Capture(Arc<Mutex<Option<Incoming>>>);

impl HttpClient for Capture {
    fn http_connector(
        &self,
        _settings: &HttpConnectorSettings,
        _components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Capture {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let seen = Arc::clone(&self.0);
        HttpConnectorFuture::new(async move {
            let incoming = inprocess::incoming(request).await?;
            *locked(&seen) = Some(incoming);
            Err(ConnectorError::other("captured".into(), None))
        })
    }
}

/// One of a call of each protocol family, and how that family tells its errors.
#[derive(Clone, Copy, Debug)]
enum Family {
    Query,
    Json,
    Xml,
}

const FAMILIES: [Family; 3] = [Family::Query, Family::Json, Family::Xml];

/// A call of a family as the SDK signs it at the world's time.
async fn signed(world: &World, keys: &Keys, family: Family) -> Incoming {
    let capture = Capture::default();
    let credentials = Credentials::new(
        keys.access_key_id.clone(),
        keys.secret_access_key.clone(),
        keys.session_token.clone(),
        None,
        "test",
    );
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new("ap-northeast-2"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(capture.clone())
        .time_source(world.clock().clone())
        .build();
    match family {
        Family::Query => {
            let sent = aws_sdk_sts::Client::new(&config)
                .get_caller_identity()
                .send()
                .await;
            sent.unwrap_err();
        }
        Family::Json => {
            let sent = aws_sdk_dynamodb::Client::new(&config)
                .list_tables()
                .send()
                .await;
            sent.unwrap_err();
        }
        Family::Xml => {
            let s3 = aws_sdk_s3::Client::new(&config);
            let sent = s3.get_object().bucket("logs").key("a b/c.log").send().await;
            sent.unwrap_err();
        }
    }
    let seen = locked(&capture.0).take();
    seen.unwrap()
}

async fn answer(world: &World, incoming: Incoming) -> http::Response<Bytes> {
    match serve(world, incoming).await {
        Served::Answer(response) => response,
        Served::TimedOut => panic!("no answer came"),
    }
}

/// The status and the error code of an answer; the code is empty for one without.
async fn told(world: &World, incoming: Incoming) -> (u16, String) {
    let response = answer(world, incoming).await;
    (response.status().as_u16(), code(response.body()))
}

fn code(body: &[u8]) -> String {
    let text = std::str::from_utf8(body).unwrap();
    let json: Option<Value> = serde_json::from_str(text).ok();
    let by_json = json.as_ref().and_then(|json| json.get("__type")?.as_str());
    let by_xml = text
        .split_once("<Code>")
        .and_then(|(_, rest)| rest.split('<').next());
    let code = by_json.or(by_xml).unwrap_or_default();
    code.rsplit('#').next().unwrap_or_default().to_owned()
}
