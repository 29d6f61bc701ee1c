//! The index of due work: hours, shards, and a cursor that remembers where to begin.
//!
//! A request is listed under the hour in which it is due, and never under an hour that was over
//! when it was written. So an hour that is past and empty stays empty, and the cursor may pass it
//! for good. The cursor is set before the first request is, so the index has a beginning however
//! late the first sweep comes.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use rules::moment::Moment;
use rules::names::{Digest, RequestId};

use super::fault::LedgerFault;
use super::item::{self, Item, Key, n, s};
use super::table::{Index, Table};
use super::{CONDITION, Ledger, QUERY, SERVICE, UPDATE};
use crate::fault::AwsFault;

/// How many empty hours one call passes at most, so that after a long standstill each call keeps
/// the way it has made.
const MOST_PASSED: i64 = 72;
/// How long an hour is kept in view after it is over: clocks of functions differ, and indexes lag.
const LINGER: Duration = Duration::from_secs(10 * 60);

/// Requests that are due, the most urgent first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DueList {
    /// The requests, each with the moment at which the index says it is due.
    pub rows: Vec<DueRow>,
    /// Whether more are due than are listed.
    pub more: bool,
}

/// One request that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct DueRow {
    /// When. The index lags behind, so the request itself may say otherwise.
    pub at: Moment,
    /// The request.
    pub id: RequestId,
}

impl DueList {
    /// The requests alone.
    #[must_use]
    pub fn ids(&self) -> Vec<RequestId> {
        self.rows.iter().map(|row| row.id).collect()
    }
}

/// Hours since 1970.
fn hour(moment: Moment) -> i64 {
    moment.seconds().div_euclid(3_600)
}

/// Where a request that is due then is listed, as written now.
pub(super) fn place(
    id: RequestId,
    due_at: Moment,
    now: Moment,
    table: &Table,
) -> [(&'static str, AttributeValue); 2] {
    let shard = shard(id, table);
    [
        (
            item::DUE_BUCKET,
            s(bucket(hour(due_at).max(hour(now)), shard)),
        ),
        (
            item::DUE_AT,
            s(format!("{:015}#{id}", due_at.millis().max(0))),
        ),
    ]
}

/// Which of the shards a request's work is in.
pub(super) fn shard(id: RequestId, table: &Table) -> u8 {
    let digest = Digest::of("postern.shard", id.to_string().as_bytes()).hex();
    let byte = digest
        .get(..2)
        .and_then(|byte| u8::from_str_radix(byte, 16).ok())
        .unwrap_or(0);
    byte.checked_rem(table.shards).unwrap_or(0)
}

fn bucket(hour: i64, shard: u8) -> String {
    format!("DUE#{hour}#{shard:02}")
}

impl Ledger {
    /// Up to `most` requests that are due at `until` or before, the most urgent first. The index
    /// lags behind: whoever acts on a request loads it first.
    ///
    /// # Errors
    /// DynamoDB failed.
    pub async fn due(
        &self,
        until: Moment,
        now: Moment,
        most: usize,
    ) -> Result<DueList, LedgerFault> {
        self.begin(now).await?;
        let cursor = self.cursor().await?;
        // The hours before this one are over for every function, and those without work stay so.
        let over = hour(now.min(until).minus(LINGER));
        let mut passed = cursor;
        let mut more = false;
        let mut found: Vec<DueRow> = Vec::new();
        // What was overdue when it was written is listed under the hour of its writing.
        for hour in cursor..=hour(until.max(now)) {
            if found.len() > most || passed.saturating_sub(cursor) >= MOST_PASSED {
                more = true;
                break;
            }
            let mut empty = true;
            for shard in 0..self.table.shards {
                let rows = self.bucket(&bucket(hour, shard), until, most).await?;
                empty &= rows.is_empty();
                for row in rows {
                    match read(&row) {
                        Some(due) => found.push(due),
                        // It names no request, so no sweep could ever deal with it.
                        None => self.take_off(row, now).await?,
                    }
                }
            }
            if empty && passed == hour && hour < over {
                passed = hour.saturating_add(1);
            }
        }
        if passed > cursor {
            self.advance(passed).await?;
        }
        found.sort();
        more |= found.len() > most;
        found.truncate(most);
        Ok(DueList { rows: found, more })
    }

    /// Takes a request whose record cannot be read off the index, so that it holds nobody up. The
    /// record itself stays as it is.
    ///
    /// # Errors
    /// DynamoDB failed.
    pub async fn quarantine(&self, id: RequestId, now: Moment) -> Result<(), LedgerFault> {
        self.take_off(Key::request(id).attributes(), now).await
    }

    /// Takes a row off the index; the item that it stands for stays otherwise as it is.
    async fn take_off(&self, row: Item, now: Moment) -> Result<(), LedgerFault> {
        let mut key = row;
        key.retain(|name, _| name == "pk" || name == "sk");
        let call = self
            .client
            .update_item()
            .table_name(&self.table.name)
            .set_key(Some(key))
            .update_expression("SET quarantined_at = :now REMOVE due_bucket, due_at")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":now", s(now.to_string()))
            .send();
        match Box::pin(call).await {
            Ok(_) => Ok(()),
            Err(error) => match AwsFault::of(SERVICE, UPDATE, &error) {
                // It is not there any more, which serves as well.
                fault if fault.code == CONDITION => Ok(()),
                fault => Err(fault.into()),
            },
        }
    }

    async fn bucket(
        &self,
        bucket: &str,
        until: Moment,
        most: usize,
    ) -> Result<Vec<Item>, LedgerFault> {
        let mut found = Vec::new();
        let mut from = None;
        loop {
            let left = most.saturating_add(1).saturating_sub(found.len());
            let call = self
                .client
                .query()
                .table_name(&self.table.name)
                .index_name(Index::Due.name())
                .key_condition_expression("due_bucket = :bucket AND due_at <= :until")
                .expression_attribute_values(":bucket", s(bucket))
                // Every id sorts before the tilde.
                .expression_attribute_values(":until", s(format!("{:015}#~", until.millis().max(0))))
                .limit(i32::try_from(left).unwrap_or(i32::MAX))
                .set_exclusive_start_key(from.take())
                .send();
            let answer = Box::pin(call)
                .await
                .map_err(|error| AwsFault::of(SERVICE, QUERY, &error))?;
            found.extend(answer.items.unwrap_or_default());
            from = answer.last_evaluated_key.filter(|key| !key.is_empty());
            if from.is_none() || found.len() > most {
                return Ok(found);
            }
        }
    }

    /// Sees to it, once, that there is a cursor, in an hour that is over for every function.
    pub(super) async fn begin(&self, now: Moment) -> Result<(), LedgerFault> {
        self.begun
            .get_or_try_init(|| {
                self.set_cursor(hour(now).saturating_sub(1), "attribute_not_exists(#hour)")
            })
            .await
            .map(|_| ())
    }

    /// The oldest hour that may still hold work.
    async fn cursor(&self) -> Result<i64, LedgerFault> {
        self.get(&Key::cursor())
            .await?
            .and_then(|item| item::number(&item, item::HOUR))
            .ok_or(LedgerFault::Corrupt { request: None })
    }

    /// Moves the cursor forward. Of two sweeps at once the one that is behind changes nothing.
    async fn advance(&self, hour: i64) -> Result<(), LedgerFault> {
        self.set_cursor(hour, "#hour < :hour").await
    }

    /// Sets the cursor where the condition holds, and leaves it as it is elsewhere.
    async fn set_cursor(&self, hour: i64, condition: &'static str) -> Result<(), LedgerFault> {
        let call = self
            .client
            .update_item()
            .table_name(&self.table.name)
            .set_key(Some(Key::cursor().attributes()))
            .update_expression("SET #hour = :hour")
            .condition_expression(condition)
            .expression_attribute_names("#hour", item::HOUR)
            .expression_attribute_values(":hour", n(hour))
            .send();
        match Box::pin(call).await {
            Ok(_) => Ok(()),
            Err(error) => match AwsFault::of(SERVICE, UPDATE, &error) {
                fault if fault.code == CONDITION => Ok(()),
                fault => Err(fault.into()),
            },
        }
    }
}

/// The sort key of a row and the request that it names.
fn read(row: &Item) -> Option<DueRow> {
    let (millis, _) = item::text(row, item::DUE_AT)?.split_once('#')?;
    Some(DueRow {
        at: Moment::from_millis(millis.parse().ok()?),
        id: item::request_id(row)?,
    })
}
