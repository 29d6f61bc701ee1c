//! Sessions past Postern that have been told of.

use std::time::Duration;

use rules::bypass::Bypass;
use rules::moment::Moment;
use rules::names::Digest;

use super::Ledger;
use super::draft::{Draft, Part};
use super::fault::LedgerFault;
use super::item::{self, Key, n, s};
use super::record::Written;

/// How long it is remembered that a session was told of: longer than one can be open.
const REMEMBERED_FOR: Duration = Duration::from_secs(40 * 24 * 60 * 60);

impl Ledger {
    /// Puts on record that a session was opened past Postern, and with it that this has to be put on
    /// the bus. Gives whether it was not on record yet.
    ///
    /// # Errors
    /// DynamoDB failed.
    pub async fn note_bypass(&self, bypass: &Bypass, now: Moment) -> Result<bool, LedgerFault> {
        let key = Key::bypass(bypass);
        // Every minute there is one look at each that is open, and one of them is the first.
        if self.get(&key).await?.is_some() {
            return Ok(false);
        }
        let doc = serde_json::to_string(bypass).unwrap_or_default();
        let expires = now.plus(REMEMBERED_FOR).seconds();
        let mut draft = Draft::new()?;
        let seen = key.with([(item::DOC, s(doc.as_str())), (item::EXPIRES, n(expires))]);
        let seen = self
            .put(seen)
            .condition_expression("attribute_not_exists(pk)");
        draft.put(Part::Key, seen)?;
        let shard = self.shard_of(&bypass.session);
        let unsent = Key::unsent_bypass(shard, &bypass.session).with([(item::DOC, s(doc))]);
        draft.put(Part::Plain, self.put(unsent))?;
        match self.write(&draft).await {
            Written::Done => Ok(true),
            // Another run was faster, or is at it.
            Written::Refused(_) | Written::Conflict => Ok(false),
            Written::Fault(fault) => Err(fault.into()),
        }
    }

    /// Which of the shards something is in that belongs to no request.
    pub(super) fn shard_of(&self, text: &str) -> u8 {
        let digest = Digest::of("postern.shard", text.as_bytes()).hex();
        let byte = digest
            .get(..2)
            .and_then(|byte| u8::from_str_radix(byte, 16).ok())
            .unwrap_or(0);
        byte.checked_rem(self.table.shards).unwrap_or(0)
    }
}
