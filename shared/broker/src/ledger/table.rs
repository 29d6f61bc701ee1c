//! The table: its keys and indexes, in one place.

use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType, TableStatus,
};

use super::fault::LedgerFault;
use super::{Ledger, SERVICE, item};
use crate::fault::AwsFault;

const CREATE: &str = "CreateTable";
const DESCRIBE: &str = "DescribeTable";

/// Which table, and how its due work is spread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// How many partitions the due work of one hour is spread over, 1 to 16. It may grow and must
    /// never shrink: work in a partition that is no longer read would be forgotten.
    pub shards: u8,
}

/// An index. All are sparse and hold keys only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Index {
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
    const ALL: [Self; 4] = [Self::Due, Self::Requester, Self::Waiting, Self::Day];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Due => "due",
            Self::Requester => "requester",
            Self::Waiting => "waiting",
            Self::Day => "day",
        }
    }

    pub(super) fn partition(self) -> &'static str {
        match self {
            Self::Due => item::DUE_BUCKET,
            Self::Requester => item::REQUESTER,
            Self::Waiting => item::WAITING_GROUP,
            Self::Day => item::DAY,
        }
    }

    fn sort(self) -> &'static str {
        match self {
            Self::Due => item::DUE_AT,
            Self::Requester | Self::Waiting | Self::Day => item::ID,
        }
    }
}

impl Ledger {
    /// Makes the table where there is none: for the local run and for tests. A deployment's table
    /// is made by its template, with backups, deletion protection and expiry of the attribute
    /// `expires`.
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
            .set_key_schema(Some(keys("pk", "sk").ok_or_else(unsendable)?));
        let mut attributes = vec!["pk", "sk"];
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
            attributes.extend([index.partition(), index.sort()]);
        }
        attributes.sort_unstable();
        attributes.dedup();
        for name in attributes {
            let attribute = AttributeDefinition::builder()
                .attribute_name(name)
                .attribute_type(ScalarAttributeType::S)
                .build()
                .map_err(|_| unsendable())?;
            create = create.attribute_definitions(attribute);
        }
        match Box::pin(create.send()).await {
            Ok(_) => self.must_be_usable().await,
            Err(error) => match AwsFault::of(SERVICE, CREATE, &error) {
                fault if fault.code == "ResourceInUseException" => Ok(()),
                fault => Err(fault.into()),
            },
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
