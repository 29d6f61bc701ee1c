//! The table.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::{KeySchemaElement, ProjectionType, TimeToLiveStatus};
use broker::ledger::{EXPIRES, Index, PARTITION_KEY, SORT_KEY, key_attributes};

use super::arranged::{TABLE, arranged};

fn names(keys: &[KeySchemaElement]) -> Vec<&str> {
    keys.iter().map(KeySchemaElement::attribute_name).collect()
}

#[tokio::test]
async fn making_the_table_twice_changes_nothing() {
    let arranged = arranged().await;
    let pending = arranged.pending().await;
    arranged.ledger.create_table().await.unwrap();
    assert_eq!(
        arranged.ledger.load(pending.id()).await.unwrap(),
        Some(pending)
    );
}

#[tokio::test]
async fn the_table_is_as_it_is_defined() {
    let arranged = arranged().await;
    let call = arranged.client.describe_table().table_name(TABLE);
    let table = Box::pin(call.send()).await.unwrap().table.unwrap();
    assert_eq!(names(table.key_schema()), [PARTITION_KEY, SORT_KEY]);
    let defined: BTreeSet<&str> = table
        .attribute_definitions()
        .iter()
        .map(|attribute| attribute.attribute_name())
        .collect();
    assert_eq!(defined, key_attributes());
    assert_eq!(table.global_secondary_indexes().len(), Index::ALL.len());
    for index in Index::ALL {
        let made = table
            .global_secondary_indexes()
            .iter()
            .find(|made| made.index_name() == Some(index.name()))
            .unwrap();
        assert_eq!(names(made.key_schema()), [index.partition(), index.sort()]);
        let projection = made.projection().and_then(|made| made.projection_type());
        assert_eq!(projection, Some(&ProjectionType::KeysOnly));
    }
    let call = arranged.client.describe_time_to_live().table_name(TABLE);
    let expiry = Box::pin(call.send())
        .await
        .unwrap()
        .time_to_live_description
        .unwrap();
    assert_eq!(expiry.attribute_name(), Some(EXPIRES));
    assert_eq!(
        expiry.time_to_live_status(),
        Some(&TimeToLiveStatus::Enabled)
    );
}
