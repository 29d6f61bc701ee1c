//! The deny list of a revoked grant's credentials: one inline policy on the access role.
//!
//! Ending a session does not stop credentials that are still valid from opening another, so a
//! revoked grant's credentials are also denied everything, by `aws:userid`, which ends with the
//! role session name: the request id (AWS-FACTS 5.1, 5.2). IAM takes minutes to tell everyone, so
//! this is the second line; the sweep goes on until the credentials have expired (AWS-FACTS 5.3).
//!
//! The list is kept nowhere else. What it denies and until when is read back from the policy: each
//! statement's `Sid` says when its entries may go. Ends are rounded up to quarters of an hour, so
//! that a busy hour has few statements and many entries; credentials that have expired are denied
//! a little longer than needed, which hurts nobody.
//!
//! A policy of that name which this module did not write is not taken for a list: overwriting it
//! could let somebody back in.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::moment::Moment;
use crate::names::RequestId;

#[cfg(test)]
mod tests;

/// The requests whose credentials are denied, and until when.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DenyList {
    /// By the end of the denial, which is a whole quarter of an hour.
    entries: BTreeMap<RequestId, Moment>,
}

/// A policy that is not a deny list as this module writes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the inline policy `{name}` was changed by somebody else; restore or delete it",
    name = DenyList::POLICY_NAME
)]
pub struct NotADenyList;

/// More revoked grants than one role's inline policies can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the deny list would have {characters} characters, and a role takes {limit}; \
     revoke all sessions of the access role in the IAM console, or wait until credentials expire",
    limit = DenyList::LIMIT
)]
pub struct Overflow {
    /// How many characters it would have.
    pub characters: usize,
}

impl DenyList {
    /// The name of the inline policy.
    pub const POLICY_NAME: &str = "PosternRevoked";
    /// The most characters, white space aside, of all inline policies of a role (AWS-FACTS 5.4).
    /// The access role has no other: its own permissions are in a managed policy.
    pub const LIMIT: usize = 10_240;
    /// Ends are rounded up to multiples of this.
    const STEP_SECONDS: i64 = 15 * 60;
    /// What every `Sid` begins with; seconds since the epoch follow.
    const SID: &str = "Until";
    /// Any role id; the role session name follows.
    const ANY_ROLE: &str = "*:";

    /// Reads the policy document as IAM gives it back, percent-decoded.
    ///
    /// # Errors
    /// It is not a list that this module wrote.
    pub fn parse(json: &str) -> Result<Self, NotADenyList> {
        let document: Document = serde_json::from_str(json).map_err(|_| NotADenyList)?;
        let mut list = Self::default();
        for statement in &document.statement {
            let until = statement
                .sid
                .strip_prefix(Self::SID)
                .and_then(|seconds| seconds.parse().ok())
                .map(Moment::from_seconds)
                .ok_or(NotADenyList)?;
            for pattern in &statement.condition.string_like.userid {
                let request = pattern
                    .strip_prefix(Self::ANY_ROLE)
                    .and_then(|name| name.parse().ok())
                    .ok_or(NotADenyList)?;
                list.entries.insert(request, until);
            }
        }
        // One spelling only, so that nothing that was slipped in is lost or kept by accident.
        if serde_json::to_value(list.document()).ok() == serde_json::from_str(json).ok() {
            Ok(list)
        } else {
            Err(NotADenyList)
        }
    }

    /// Denies the credentials of a request until they have expired. Gives whether the list is
    /// changed by it: an entry is never shortened.
    pub fn deny(&mut self, request: RequestId, expires_at: Moment) -> bool {
        let until = round_up(expires_at);
        match self.entries.get(&request) {
            Some(there) if *there >= until => false,
            Some(_) | None => {
                self.entries.insert(request, until);
                true
            }
        }
    }

    /// Drops the entries whose credentials have expired anyway, and gives how many there were.
    pub fn prune(&mut self, now: Moment) -> usize {
        let before = self.entries.len();
        self.entries.retain(|_, until| now < *until);
        before.saturating_sub(self.entries.len())
    }

    /// Whether the credentials of a request are denied.
    #[must_use]
    pub fn denies(&self, request: RequestId) -> bool {
        self.entries.contains_key(&request)
    }

    /// Whether nobody is denied; IAM takes no policy without statements.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The policy document as IAM takes it.
    ///
    /// # Errors
    /// It would be longer than a role takes.
    #[expect(
        clippy::expect_used,
        reason = "the document holds strings and lists of them, under keys that are constants"
    )]
    pub fn to_json(&self) -> Result<String, Overflow> {
        let json =
            serde_json::to_string(&self.document()).expect("strings and lists have a JSON form");
        // ASCII without white space: bytes are what IAM counts.
        if json.len() <= Self::LIMIT {
            Ok(json)
        } else {
            Err(Overflow {
                characters: json.len(),
            })
        }
    }

    fn document(&self) -> Document {
        let mut by_end: BTreeMap<Moment, BTreeSet<RequestId>> = BTreeMap::new();
        for (request, until) in &self.entries {
            by_end.entry(*until).or_default().insert(*request);
        }
        let statement = by_end
            .into_iter()
            .map(|(until, requests)| Statement {
                sid: format!("{}{}", Self::SID, until.seconds()),
                effect: Deny::Deny,
                action: Everything::Everything,
                resource: Everything::Everything,
                condition: Condition {
                    string_like: StringLike {
                        userid: requests
                            .into_iter()
                            .map(|request| format!("{}{request}", Self::ANY_ROLE))
                            .collect(),
                    },
                },
            })
            .collect();
        Document {
            version: Version::Current,
            statement,
        }
    }
}

fn round_up(moment: Moment) -> Moment {
    let step = DenyList::STEP_SECONDS;
    // A fraction of a second still counts.
    let seconds = moment.plus(Duration::from_millis(999)).seconds();
    let steps = seconds.saturating_add(step - 1).div_euclid(step);
    Moment::from_seconds(steps.saturating_mul(step))
}

/// The policy document. The order of the fields is the order of the text.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Document {
    version: Version,
    statement: Vec<Statement>,
}

#[derive(Serialize, Deserialize)]
enum Version {
    #[serde(rename = "2012-10-17")]
    Current,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Statement {
    sid: String,
    effect: Deny,
    action: Everything,
    resource: Everything,
    condition: Condition,
}

/// The one effect: this list can take power, and never give any.
#[derive(Serialize, Deserialize)]
enum Deny {
    Deny,
}

#[derive(Serialize, Deserialize)]
enum Everything {
    #[serde(rename = "*")]
    Everything,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Condition {
    string_like: StringLike,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StringLike {
    #[serde(rename = "aws:userid")]
    userid: Vec<String>,
}
