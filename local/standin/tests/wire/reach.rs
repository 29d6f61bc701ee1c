//! Worlds, and clients that reach them.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, GlobalSecondaryIndex, KeySchemaElement,
    KeyType, Projection, ProjectionType, ScalarAttributeType,
};
use aws_sdk_sts::config::SharedCredentialsProvider;
use aws_sdk_sts::error::{ProvideErrorMetadata, SdkError};
use standin::door::Listening;
use standin::iam::Keys;
use standin::{StandinClock, World};

/// 2026-11-24T09:00:00Z.
pub(crate) const START: i64 = 1_795_510_800_000;
pub(crate) const TABLE: &str = "Requests";

pub(crate) fn world() -> World {
    World::builder()
        .clock(StandinClock::by_hand(START))
        .build()
        .unwrap()
}

/// Clients in this process, which do not retry.
pub(crate) fn inside(world: &World, keys: Keys) -> SdkConfig {
    config(world, keys)
        .into_builder()
        .http_client(world.http_client())
        .build()
}

/// Clients over a socket, which do not retry and do not wait long.
pub(crate) fn outside(world: &World, keys: Keys, listening: &Listening) -> SdkConfig {
    let patience = TimeoutConfig::builder()
        .read_timeout(Duration::from_millis(250))
        .build();
    config(world, keys)
        .into_builder()
        .endpoint_url(listening.endpoint_url())
        .timeout_config(patience)
        .build()
}

/// Clients of the admin, in this process.
pub(crate) fn admin(world: &World) -> SdkConfig {
    inside(world, world.admin_keys())
}

fn config(world: &World, keys: Keys) -> SdkConfig {
    let credentials = Credentials::new(
        keys.access_key_id,
        keys.secret_access_key,
        keys.session_token,
        None,
        "test",
    );
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new("ap-northeast-2"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .retry_config(RetryConfig::disabled())
        .time_source(world.clock().clone())
        .build()
}

/// The error code, or `timeout`, or `none`.
pub(crate) fn code<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> String {
    let lost = matches!(error, SdkError::DispatchFailure(failure) if failure.is_timeout());
    if lost || matches!(error, SdkError::TimeoutError(_)) {
        return "timeout".to_owned();
    }
    error.code().unwrap_or("none").to_owned()
}

/// A table of the partition key `pk`, with an index of the partition key `who`.
pub(crate) async fn create_table(tables: &aws_sdk_dynamodb::Client) {
    let attribute = |name: &str| {
        AttributeDefinition::builder()
            .attribute_name(name)
            .attribute_type(ScalarAttributeType::S)
            .build()
            .unwrap()
    };
    let hash = |name: &str| {
        KeySchemaElement::builder()
            .attribute_name(name)
            .key_type(KeyType::Hash)
            .build()
            .unwrap()
    };
    let by_who = GlobalSecondaryIndex::builder()
        .index_name("by-who")
        .key_schema(hash("who"))
        .projection(
            Projection::builder()
                .projection_type(ProjectionType::All)
                .build(),
        )
        .build()
        .unwrap();
    tables
        .create_table()
        .table_name(TABLE)
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(attribute("pk"))
        .attribute_definitions(attribute("who"))
        .key_schema(hash("pk"))
        .global_secondary_indexes(by_who)
        .send()
        .await
        .unwrap();
}

pub(crate) fn s(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

/// Clients of the admin for a world that has the table.
pub(crate) async fn with_table(world: &World) -> aws_sdk_dynamodb::Client {
    let tables = aws_sdk_dynamodb::Client::new(&admin(world));
    create_table(&tables).await;
    tables
}

/// Whether an item of this key is in the table, seen past every fault.
pub(crate) async fn has_item(world: &World, pk: &str) -> bool {
    let tables = aws_sdk_dynamodb::Client::new(&admin(world));
    let got = tables
        .get_item()
        .table_name(TABLE)
        .key("pk", s(pk))
        .send()
        .await;
    got.unwrap().item().is_some()
}
