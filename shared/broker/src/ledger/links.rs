//! Who speaks in chat: links made by a login, and logins that are under way.
//!
//! A login is kept under the digest of what its bearer knows (an address that was shown to one chat
//! user, a state, a cookie), so that whoever reads the table can take none over. It is good once: who
//! takes it deletes it, under the condition that it was still there.

use rules::chat::ChatUser;
use rules::chat::link::{Attempt, Link};
use rules::moment::Moment;
use rules::names::Digest;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tracing::instrument::WithSubscriber as _;
use tracing::subscriber::NoSubscriber;

use super::draft::{Draft, Part};
use super::fault::LedgerFault;
use super::item::{self, Item, Key, n, s};
use super::record::Written;
use super::{CONDITION, DELETE, Ledger, PUT, SERVICE, TRANSACT};
use crate::fault::AwsFault;

/// The most links that are looked through.
const MOST_LINKS: usize = 5_000;

impl Ledger {
    /// Whom a chat user is bound to, read consistently.
    ///
    /// # Errors
    /// DynamoDB failed, or the link cannot be read.
    pub async fn link(&self, user: &ChatUser) -> Result<Option<Link>, LedgerFault> {
        match self.get(&Key::link(&name(user))).await? {
            Some(item) => document(&item).map(Some),
            None => Ok(None),
        }
    }

    /// Binds a chat user, in the place of what they were bound to before.
    ///
    /// # Errors
    /// DynamoDB failed.
    pub async fn keep_link(&self, link: &Link) -> Result<(), LedgerFault> {
        let (doc, user) = (s(written(link)?), name(&link.user));
        let mut draft = Draft::new()?;
        for key in [Key::link(&user), Key::linked(&user)] {
            let put = self.put(key.with([(item::DOC, doc.clone())]));
            draft.put(Part::Plain, put)?;
        }
        self.all_of(&draft).await
    }

    /// Cuts a link. A second time changes nothing.
    ///
    /// # Errors
    /// DynamoDB failed.
    pub async fn cut_link(&self, user: &ChatUser) -> Result<(), LedgerFault> {
        let user = name(user);
        let mut draft = Draft::new()?;
        for key in [Key::link(&user), Key::linked(&user)] {
            draft.delete(self.delete(&key)?);
        }
        self.all_of(&draft).await
    }

    /// The attempt to bind a chat user, where there is one.
    ///
    /// # Errors
    /// DynamoDB failed, or the attempt cannot be read.
    pub async fn attempt(
        &self,
        user: &ChatUser,
        now: Moment,
    ) -> Result<Option<Attempt>, LedgerFault> {
        let item = self.get(&Key::attempt(&name(user))).await?;
        item.filter(|item| is_good(item, now))
            .map(|item| document(&item))
            .transpose()
    }

    /// Keeps a new attempt to bind a chat user, in the place of one before.
    ///
    /// # Errors
    /// DynamoDB failed.
    pub async fn keep_attempt(&self, attempt: &Attempt) -> Result<(), LedgerFault> {
        let item = Key::attempt(&name(&attempt.user)).with([
            (item::DOC, s(written(attempt)?)),
            (item::EXPIRES, n(attempt.ends_at.seconds())),
        ]);
        let mut draft = Draft::new()?;
        draft.put(Part::Plain, self.put(item))?;
        self.all_of(&draft).await
    }

    /// Puts another attempt in the place of one, or ends it, where nobody has done so before. Gives
    /// whether that was so.
    ///
    /// # Errors
    /// DynamoDB failed.
    pub async fn change_attempt(
        &self,
        old: &Attempt,
        new: Option<&Attempt>,
    ) -> Result<bool, LedgerFault> {
        let key = Key::attempt(&name(&old.user));
        let was = s(written(old)?);
        let changed = match new {
            Some(new) => {
                let item = key.with([
                    (item::DOC, s(written(new)?)),
                    (item::EXPIRES, n(new.ends_at.seconds())),
                ]);
                let call = self
                    .client
                    .put_item()
                    .table_name(&self.table.name)
                    .set_item(Some(item))
                    .condition_expression("doc = :was")
                    .expression_attribute_values(":was", was)
                    .send();
                let sent = Box::pin(call).await;
                sent.map(drop)
                    .map_err(|error| AwsFault::of(SERVICE, PUT, &error))
            }
            None => {
                let call = self
                    .client
                    .delete_item()
                    .table_name(&self.table.name)
                    .set_key(Some(key.attributes()))
                    .condition_expression("doc = :was")
                    .expression_attribute_values(":was", was)
                    .send();
                let sent = Box::pin(call).await;
                sent.map(drop)
                    .map_err(|error| AwsFault::of(SERVICE, DELETE, &error))
            }
        };
        match changed {
            Ok(()) => Ok(true),
            Err(fault) if fault.code == CONDITION => Ok(false),
            Err(fault) => Err(fault.into()),
        }
    }

    /// Everybody who is linked. One that cannot be read is left out.
    ///
    /// # Errors
    /// DynamoDB failed.
    pub async fn links(&self) -> Result<Vec<Link>, LedgerFault> {
        let items = self.items(item::LINKED, None, MOST_LINKS).await?;
        Ok(items
            .iter()
            .filter_map(|item| document(item).ok())
            .collect())
    }

    /// Keeps a login until a moment, under what its bearer knows.
    ///
    /// # Errors
    /// DynamoDB failed.
    pub async fn keep_login<T: Serialize>(
        &self,
        known: &str,
        login: &T,
        until: Moment,
    ) -> Result<(), LedgerFault> {
        let item = Key::login(&ticket(known)).with([
            (item::DOC, s(written(login)?)),
            (item::EXPIRES, n(until.seconds())),
        ]);
        let call = self
            .client
            .put_item()
            .table_name(&self.table.name)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(pk)")
            .send()
            // It may hold a token.
            .with_subscriber(NoSubscriber::default());
        match Box::pin(call).await {
            Ok(_) => Ok(()),
            Err(error) => Err(AwsFault::of(SERVICE, PUT, &error).into()),
        }
    }

    /// A login that is under way.
    ///
    /// # Errors
    /// DynamoDB failed, or the login cannot be read.
    pub async fn login<T: DeserializeOwned>(
        &self,
        known: &str,
        now: Moment,
    ) -> Result<Option<T>, LedgerFault> {
        let key = Key::login(&ticket(known));
        let got = self.get(&key).with_subscriber(NoSubscriber::default());
        let item = Box::pin(got).await?;
        item.filter(|item| is_good(item, now))
            .map(|item| document(&item))
            .transpose()
    }

    /// Takes a login that is under way: nobody else can from then on.
    ///
    /// # Errors
    /// DynamoDB failed, or the login cannot be read.
    pub async fn take_login<T: DeserializeOwned>(
        &self,
        known: &str,
        now: Moment,
    ) -> Result<Option<T>, LedgerFault> {
        let call = self
            .client
            .delete_item()
            .table_name(&self.table.name)
            .set_key(Some(Key::login(&ticket(known)).attributes()))
            .condition_expression("attribute_exists(pk)")
            .return_values(aws_sdk_dynamodb::types::ReturnValue::AllOld)
            .send()
            .with_subscriber(NoSubscriber::default());
        let item = match Box::pin(call).await {
            Ok(answer) => answer.attributes,
            Err(error) => match AwsFault::of(SERVICE, DELETE, &error) {
                fault if fault.code == CONDITION => None,
                fault => return Err(fault.into()),
            },
        };
        item.filter(|item| is_good(item, now))
            .map(|item| document(&item))
            .transpose()
    }

    /// All of a draft, or a fault.
    async fn all_of(&self, draft: &Draft) -> Result<(), LedgerFault> {
        match self.write(draft).await {
            Written::Done => Ok(()),
            Written::Refused(_) | Written::Conflict => {
                Err(AwsFault::of_code(SERVICE, TRANSACT, "TransactionConflict").into())
            }
            Written::Fault(fault) => Err(fault.into()),
        }
    }
}

/// A chat user in a key.
fn name(user: &ChatUser) -> String {
    format!("{}/{}", user.team, user.user)
}

/// What a login is kept under.
fn ticket(known: &str) -> Digest {
    Digest::of("postern.login", known.as_bytes())
}

/// What has expired may stand for days before DynamoDB deletes it (AWS-FACTS 7.4).
fn is_good(item: &Item, now: Moment) -> bool {
    item::number(item, item::EXPIRES).is_some_and(|at| at > now.seconds())
}

fn document<T: DeserializeOwned>(item: &Item) -> Result<T, LedgerFault> {
    item::text(item, item::DOC)
        .and_then(|doc| serde_json::from_str(doc).ok())
        .ok_or(LedgerFault::Corrupt { request: None })
}

fn written<T: Serialize>(value: &T) -> Result<String, LedgerFault> {
    serde_json::to_string(value).map_err(|_| LedgerFault::Corrupt { request: None })
}
