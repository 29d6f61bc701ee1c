//! What chat has been told, and what it has yet to be told.
//!
//! Of each request there is one *board* for each chat system: which messages about it stand there, where,
//! and what each shows. Systems know nothing of each other, so one that is down holds up none. A mark says that the board may not be as the request is. It is written before anything is
//! sent and taken away once all is sent, so an outage of chat delays and loses nothing; and it counts,
//! so that what changes while a board is being put right is not forgotten with it.

use std::time::Duration;

use rules::moment::Moment;
use rules::names::RequestId;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::fault::LedgerFault;
use super::item::{self, Item, Key, n};
use super::{CONDITION, Ledger, PUT, SERVICE, UPDATE, due};
use crate::fault::AwsFault;

/// How long a board is kept: longer than logs are looked at again.
const KEPT_FOR: Duration = Duration::from_secs(180 * 24 * 60 * 60);

/// A chat system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChatSystem {
    /// Slack.
    Slack,
    /// Another one, behind a webhook.
    Hook,
}

impl ChatSystem {
    /// Its name in the ledger.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Slack => "slack",
            Self::Hook => "hook",
        }
    }
}

/// That the board of a request may not be as the request is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Untold {
    /// The request.
    pub request: RequestId,
    /// Whose board.
    pub system: ChatSystem,
    /// How often it has been marked.
    pub marks: u64,
    /// Not before.
    pub not_before: Moment,
    /// How often it was tried in vain.
    pub tries: u32,
}

impl Ledger {
    /// Marks the board of a request.
    ///
    /// # Errors
    /// DynamoDB failed.
    pub async fn mark_untold(
        &self,
        id: RequestId,
        system: ChatSystem,
    ) -> Result<Untold, LedgerFault> {
        let call = self
            .client
            .update_item()
            .table_name(&self.table.name)
            .set_key(Some(self.untold_key(id, system).attributes()))
            .update_expression(
                "ADD marks :one SET not_before = if_not_exists(not_before, :zero), \
                 tries = if_not_exists(tries, :zero)",
            )
            .expression_attribute_values(":one", n(1))
            .expression_attribute_values(":zero", n(0))
            .return_values(aws_sdk_dynamodb::types::ReturnValue::AllNew)
            .send();
        let answer = Box::pin(call)
            .await
            .map_err(|error| AwsFault::of(SERVICE, UPDATE, &error))?;
        let found = answer.attributes.as_ref().and_then(read);
        found.ok_or(LedgerFault::Corrupt { request: Some(id) })
    }

    /// Up to `most` marks of each shard.
    ///
    /// # Errors
    /// DynamoDB failed.
    pub async fn untold(&self, most: usize) -> Result<Vec<Untold>, LedgerFault> {
        let mut untold = Vec::new();
        for shard in 0..self.table.shards {
            let items = self.items(&item::untold_pk(shard), None, most).await?;
            untold.extend(items.iter().filter_map(read));
        }
        Ok(untold)
    }

    /// The board is as the request is. Gives whether nobody has marked it since.
    ///
    /// # Errors
    /// DynamoDB failed; the board is looked at once more.
    pub async fn told(&self, untold: &Untold) -> Result<bool, LedgerFault> {
        let call = self
            .client
            .delete_item()
            .table_name(&self.table.name)
            .set_key(Some(self.key_of(untold).attributes()))
            .condition_expression("attribute_not_exists(pk) OR marks = :marks")
            .expression_attribute_values(":marks", n(untold.marks))
            .send();
        match Box::pin(call).await {
            Ok(_) => Ok(true),
            Err(error) => match AwsFault::of(SERVICE, super::DELETE, &error) {
                fault if fault.code == CONDITION => Ok(false),
                fault => Err(fault.into()),
            },
        }
    }

    /// The board is looked at again, and not before that. Gives whether nobody has marked it since.
    ///
    /// # Errors
    /// DynamoDB failed.
    pub async fn tell_at(
        &self,
        untold: &Untold,
        not_before: Moment,
        tries: u32,
    ) -> Result<bool, LedgerFault> {
        let call = self
            .client
            .update_item()
            .table_name(&self.table.name)
            .set_key(Some(self.key_of(untold).attributes()))
            .update_expression("SET not_before = :at, tries = :tries")
            .condition_expression("marks = :marks")
            .expression_attribute_values(":at", n(not_before.millis()))
            .expression_attribute_values(":tries", n(tries))
            .expression_attribute_values(":marks", n(untold.marks))
            .send();
        match Box::pin(call).await {
            Ok(_) => Ok(true),
            Err(error) => match AwsFault::of(SERVICE, UPDATE, &error) {
                fault if fault.code == CONDITION => Ok(false),
                fault => Err(fault.into()),
            },
        }
    }

    /// The mark of a request, where there is one.
    ///
    /// # Errors
    /// DynamoDB failed.
    pub async fn untold_of(
        &self,
        id: RequestId,
        system: ChatSystem,
    ) -> Result<Option<Untold>, LedgerFault> {
        let item = self.get(&self.untold_key(id, system)).await?;
        Ok(item.as_ref().and_then(read))
    }

    /// The board of a request, where there is one.
    ///
    /// # Errors
    /// DynamoDB failed, or the board cannot be read.
    pub async fn board<T: DeserializeOwned>(
        &self,
        id: RequestId,
        system: ChatSystem,
    ) -> Result<Option<T>, LedgerFault> {
        match self.get(&Key::board(id, system.as_str())).await? {
            Some(item) => item::read_document(id, &item).map(Some),
            None => Ok(None),
        }
    }

    /// Keeps the board of a request. Only the holder of its lease does.
    ///
    /// # Errors
    /// DynamoDB failed.
    pub async fn keep_board<T: Serialize>(
        &self,
        id: RequestId,
        system: ChatSystem,
        board: &T,
        now: Moment,
    ) -> Result<(), LedgerFault> {
        let item = Key::board(id, system.as_str()).with([
            (item::DOC, item::document(id, board)?),
            (item::EXPIRES, n(now.plus(KEPT_FOR).seconds())),
        ]);
        let call = self
            .client
            .put_item()
            .table_name(&self.table.name)
            .set_item(Some(item))
            .send();
        match Box::pin(call).await {
            Ok(_) => Ok(()),
            Err(error) => Err(AwsFault::of(SERVICE, PUT, &error).into()),
        }
    }

    fn untold_key(&self, id: RequestId, system: ChatSystem) -> Key {
        Key::untold(due::shard(id, &self.table), id, system.as_str())
    }

    fn key_of(&self, untold: &Untold) -> Key {
        self.untold_key(untold.request, untold.system)
    }
}

fn read(item: &Item) -> Option<Untold> {
    let number = |name| item::number(item, name);
    let (system, request) = item::text(item, "sk")?.split_once('#')?;
    let systems = [ChatSystem::Slack, ChatSystem::Hook];
    Some(Untold {
        request: request.parse().ok()?,
        system: systems.into_iter().find(|one| one.as_str() == system)?,
        marks: number("marks")?.try_into().ok()?,
        not_before: Moment::from_millis(number("not_before")?),
        tries: number("tries")?.try_into().ok()?,
    })
}
