//! The table: its keys and indexes, in one place. A deployment's template must say the same.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType, TableStatus, TimeToLiveSpecification, TimeToLiveStatus,
};

use super::fault::LedgerFault;
use super::{Ledger, SERVICE, item};
use crate::fault::AwsFault;

const CREATE: &str = "CreateTable";
const DESCRIBE: &str = "DescribeTable";
const DESCRIBE_EXPIRY: &str = "DescribeTimeToLive";
const EXPIRE: &str = "UpdateTimeToLive";

/// Which table, and how its due work is spread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// How many partitions the due work of one hour is spread over, 1 to 16. It may grow and must
    /// never shrink: work in a partition that is no longer read would be forgotten.
    pub shards: u8,
}

/// The attribute that is the partition key of the table.
pub const PARTITION_KEY: &str = "pk";
/// The attribute that is the sort key of the table.
pub const SORT_KEY: &str = "sk";
/// The attribute by which DynamoDB deletes items, in seconds since 1970. It does so days late, and
/// nothing relies on it (AWS-FACTS 7.4).
pub const EXPIRES: &str = item::EXPIRES;

/// An index. All are sparse and hold keys only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Index {
    /// What is due, by hour and shard.
    Due,
    /// By requester.
    Requester,
    /// By group that may answer, while it may.
    Waiting,
    /// By the day on which it was asked.
    Day,
}

impl Index {
    /// Every index.
    pub const ALL: [Self; 4] = [Self::Due, Self::Requester, Self::Waiting, Self::Day];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Due => "due",
            Self::Requester => "requester",
            Self::Waiting => "waiting",
            Self::Day => "day",
        }
    }

    /// The attribute that is its partition key.
    #[must_use]
    pub fn partition(self) -> &'static str {
        match self {
            Self::Due => item::DUE_BUCKET,
            Self::Requester => item::REQUESTER,
            Self::Waiting => item::WAITING_GROUP,
            Self::Day => item::DAY,
        }
    }

    /// The attribute that is its sort key.
    #[must_use]
    pub fn sort(self) -> &'static str {
        match self {
            Self::Due => item::DUE_AT,
            Self::Requester | Self::Waiting | Self::Day => item::ID,
        }
    }
}

/// The attributes that are keys of the table or of an index, each once. All are strings.
#[must_use]
pub fn key_attributes() -> BTreeSet<&'static str> {
    let of_indexes = Index::ALL.map(|index| [index.partition(), index.sort()]);
    let of_table = [PARTITION_KEY, SORT_KEY];
    of_indexes.into_iter().flatten().chain(of_table).collect()
}

impl Ledger {
    /// Makes the table where there is none: for the local run and for tests. A deployment's table
    /// is made by its template, with backups and deletion protection.
    ///
    /// # Errors
    /// DynamoDB failed.
    pub async fn create_table(&self) -> Result<(), LedgerFault> {
        let unsendable = || AwsFault::unsendable(SERVICE, CREATE);
        let mut create = self
            .client
            .create_table()
            .table_name(&self.table.name)
            .billing_mode(BillingMode::PayPerRequest)
            .set_key_schema(Some(keys(PARTITION_KEY, SORT_KEY).ok_or_else(unsendable)?));
        for index in Index::ALL {
            let keys = keys(index.partition(), index.sort()).ok_or_else(unsendable)?;
            let projection = Projection::builder()
                .projection_type(ProjectionType::KeysOnly)
                .build();
            let built = GlobalSecondaryIndex::builder()
                .index_name(index.name())
                .set_key_schema(Some(keys))
                .projection(projection)
                .build()
                .map_err(|_| unsendable())?;
            create = create.global_secondary_indexes(built);
        }
        for name in key_attributes() {
            let attribute = AttributeDefinition::builder()
                .attribute_name(name)
                .attribute_type(ScalarAttributeType::S)
                .build()
                .map_err(|_| unsendable())?;
            create = create.attribute_definitions(attribute);
        }
        if let Err(error) = Box::pin(create.send()).await {
            let fault = AwsFault::of(SERVICE, CREATE, &error);
            if fault.code != "ResourceInUseException" {
                return Err(fault.into());
            }
        }
        self.must_be_usable().await?;
        self.must_expire().await
    }

    /// Turns expiry on where it is not; DynamoDB refuses to turn it on twice.
    async fn must_expire(&self) -> Result<(), LedgerFault> {
        let call = self.client.describe_time_to_live();
        let call = call.table_name(&self.table.name).send();
        let answer = Box::pin(call)
            .await
            .map_err(|error| AwsFault::of(SERVICE, DESCRIBE_EXPIRY, &error))?;
        let status = answer
            .time_to_live_description
            .and_then(|expiry| expiry.time_to_live_status);
        if let Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling) = status {
            return Ok(());
        }
        let expiry = TimeToLiveSpecification::builder()
            .enabled(true)
            .attribute_name(EXPIRES)
            .build()
            .map_err(|_| AwsFault::unsendable(SERVICE, EXPIRE))?;
        let call = self.client.update_time_to_live();
        let call = call
            .table_name(&self.table.name)
            .time_to_live_specification(expiry)
            .send();
        match Box::pin(call).await {
            Ok(_) => Ok(()),
            Err(error) => Err(AwsFault::of(SERVICE, EXPIRE, &error).into()),
        }
    }

    async fn must_be_usable(&self) -> Result<(), LedgerFault> {
        for _ in 0..100 {
            let call = self
                .client
                .describe_table()
                .table_name(&self.table.name)
                .send();
            let answer = Box::pin(call)
                .await
                .map_err(|error| AwsFault::of(SERVICE, DESCRIBE, &error))?;
            let status = answer.table.and_then(|table| table.table_status);
            if status == Some(TableStatus::Active) {
                return Ok(());
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        Err(AwsFault::unreadable(SERVICE, DESCRIBE).into())
    }
}

fn keys(partition: &str, sort: &str) -> Option<Vec<KeySchemaElement>> {
    let key = |name: &str, kind: KeyType| {
        KeySchemaElement::builder()
            .attribute_name(name)
            .key_type(kind)
            .build()
            .ok()
    };
    Some(vec![
        key(partition, KeyType::Hash)?,
        key(sort, KeyType::Range)?,
    ])
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// What the template of a deployment is held against (checks/template).
    const FACTS: &str = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../checks/template/facts/table.json"
    );

    #[test]
    fn the_template_is_held_against_these_keys() {
        let indexes =
            Index::ALL.map(|index| (index.name(), json!([index.partition(), index.sort()])));
        let said = json!({
            "partition_key": PARTITION_KEY,
            "sort_key": SORT_KEY,
            "expires": EXPIRES,
            "indexes": std::collections::BTreeMap::from(indexes),
        });
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            let text = serde_json::to_string_pretty(&said).unwrap();
            std::fs::write(FACTS, text + "\n").unwrap();
        }
        let written = std::fs::read_to_string(FACTS).unwrap_or_default();
        assert_eq!(
            serde_json::from_str::<Value>(&written).ok(),
            Some(said),
            "run with UPDATE_GOLDEN=1 if this is meant"
        );
    }
}
