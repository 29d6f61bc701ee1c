//! Finding requests for people: by requester, by whom they wait for, by day.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use rules::moment::Moment;
use rules::names::{Group, Person, RequestId};

use super::fault::LedgerFault;
use super::item::{self, s};
use super::table::Index;
use super::{Ledger, QUERY, SERVICE};
use crate::fault::AwsFault;

/// Which part of a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// The most requests.
    pub limit: usize,
    /// Only those that are older than this one.
    pub after: Option<RequestId>,
}

/// Requests that an index lists, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ids {
    /// The requests.
    pub ids: Vec<RequestId>,
    /// Whether older ones are listed too.
    pub more: bool,
}

/// A day in UTC, spelled `2026-11-24`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day(Moment);

/// A text that is no day.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a day such as `2026-11-24`")]
pub struct BadDay(String);

impl Day {
    /// The day of a moment.
    #[must_use]
    pub fn of(moment: Moment) -> Self {
        Self(moment)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.day())
    }
}

impl FromStr for Day {
    type Err = BadDay;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || BadDay(text.chars().take(40).collect());
        let midnight: Moment = format!("{text}T00:00:00Z").parse().map_err(|_| bad())?;
        let day = Self(midnight);
        // One spelling only, so that a day names one partition.
        if day.to_string() == text {
            Ok(day)
        } else {
            Err(bad())
        }
    }
}

impl Ledger {
    /// The requests that a person made.
    ///
    /// # Errors
    /// DynamoDB failed.
    pub async fn mine(&self, person: &Person, page: &Page) -> Result<Ids, LedgerFault> {
        self.listed(Index::Requester, &person.key().hex(), page)
            .await
    }

    /// The requests that were made on a day.
    ///
    /// # Errors
    /// DynamoDB failed.
    pub async fn on_day(&self, day: Day, page: &Page) -> Result<Ids, LedgerFault> {
        self.listed(Index::Day, &day.to_string(), page).await
    }

    /// The requests that wait for any of these groups, each once.
    ///
    /// # Errors
    /// DynamoDB failed.
    pub async fn waiting_for(
        &self,
        groups: &BTreeSet<Group>,
        page: &Page,
    ) -> Result<Ids, LedgerFault> {
        let mut found = BTreeSet::new();
        let mut more = false;
        for group in groups {
            let part = self.listed(Index::Waiting, group.as_str(), page).await?;
            more |= part.more;
            found.extend(part.ids);
        }
        // The newest of all are among the newest of each, so what is cut off comes on a later page.
        more |= found.len() > page.limit;
        let ids = found.into_iter().rev().take(page.limit).collect();
        Ok(Ids { ids, more })
    }

    async fn listed(&self, index: Index, value: &str, page: &Page) -> Result<Ids, LedgerFault> {
        let mut ids = Vec::new();
        let mut from = None;
        let wanted = page.limit.saturating_add(1);
        loop {
            let left = i32::try_from(wanted.saturating_sub(ids.len())).unwrap_or(i32::MAX);
            let mut query = self
                .client
                .query()
                .table_name(&self.table.name)
                .index_name(index.name())
                .expression_attribute_names("#value", index.partition())
                .expression_attribute_values(":value", s(value))
                .scan_index_forward(false)
                .limit(left)
                .set_exclusive_start_key(from.take());
            query = match page.after {
                Some(after) => query
                    .key_condition_expression("#value = :value AND id < :after")
                    .expression_attribute_values(":after", s(after.to_string())),
                None => query.key_condition_expression("#value = :value"),
            };
            let answer = Box::pin(query.send())
                .await
                .map_err(|error| AwsFault::of(SERVICE, QUERY, &error))?;
            for found in answer.items() {
                ids.push(item::request_id(found).ok_or(LedgerFault::Corrupt { request: None })?);
            }
            from = answer.last_evaluated_key.filter(|key| !key.is_empty());
            if from.is_none() || ids.len() >= wanted {
                let more = ids.len() > page.limit;
                ids.truncate(page.limit);
                return Ok(Ids { ids, more });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_has_one_spelling() {
        assert_eq!(
            "2026-11-24".parse::<Day>().unwrap().to_string(),
            "2026-11-24"
        );
        for bad in [
            "",
            "2026-11-24T00",
            "2026-13-01",
            "2026-02-30",
            "26-11-24",
            "2026-1-2",
            "2026-11-24\n",
        ] {
            assert!(bad.parse::<Day>().is_err(), "{bad:?}");
        }
    }
}
