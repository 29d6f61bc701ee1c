//! The right to write what nobody else may write at the same time.

use rules::moment::Moment;

use super::draft::token;
use super::fault::LedgerFault;
use super::item::{Key, n, s};
use super::{CONDITION, DELETE, Ledger, SERVICE, UPDATE};
use crate::fault::AwsFault;

/// A lease that is held.
#[derive(Debug)]
#[must_use = "a lease that is not given back keeps others waiting"]
pub struct Lease {
    name: String,
    holder: String,
}

impl Ledger {
    /// Takes a lease until a moment, unless somebody else holds it.
    ///
    /// # Errors
    /// DynamoDB failed.
    pub async fn take_lease(
        &self,
        name: String,
        until: Moment,
        now: Moment,
    ) -> Result<Option<Lease>, LedgerFault> {
        let holder = token()?;
        let call = self
            .client
            .update_item()
            .table_name(&self.table.name)
            .set_key(Some(Key::lease(&name).attributes()))
            .update_expression("SET holder = :holder, held_until = :until")
            // One's own is what an earlier try has taken, whose answer was lost.
            .condition_expression(
                "attribute_not_exists(pk) OR held_until <= :now OR holder = :holder",
            )
            .expression_attribute_values(":holder", s(holder.as_str()))
            .expression_attribute_values(":until", n(until.millis()))
            .expression_attribute_values(":now", n(now.millis()))
            .send();
        match Box::pin(call).await {
            Ok(_) => Ok(Some(Lease { name, holder })),
            Err(error) => match AwsFault::of(SERVICE, UPDATE, &error) {
                fault if fault.code == CONDITION => Ok(None),
                fault => Err(fault.into()),
            },
        }
    }

    /// Gives a lease back. One that is not given back ends by itself.
    ///
    /// # Errors
    /// DynamoDB failed.
    pub async fn give_back(&self, lease: Lease) -> Result<(), LedgerFault> {
        let call = self
            .client
            .delete_item()
            .table_name(&self.table.name)
            .set_key(Some(Key::lease(&lease.name).attributes()))
            .condition_expression("holder = :holder")
            .expression_attribute_values(":holder", s(lease.holder))
            .send();
        match Box::pin(call).await {
            Ok(_) => Ok(()),
            Err(error) => match AwsFault::of(SERVICE, DELETE, &error) {
                fault if fault.code == CONDITION => Ok(()),
                fault => Err(fault.into()),
            },
        }
    }
}
