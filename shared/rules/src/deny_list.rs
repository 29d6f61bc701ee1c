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
//! A role takes only so much (AWS-FACTS 5.4). A list that would be longer is replaced by a single
//! statement that denies all credentials of the role that were issued until then, whoever holds
//! them, until the last of those on the list have expired. That many revocations within an hour are
//! an emergency, and in it whoever still has a grant has new credentials issued and goes on; the
//! other way round, whoever was revoked last would keep theirs.
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

/// Whose credentials are denied, and until when.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DenyList {
    /// By request, the end of the denial, which is a whole quarter of an hour.
    entries: BTreeMap<RequestId, Moment>,
    /// Everybody's that are older than that.
    older: Option<Older>,
}

/// All credentials of the role that were issued before a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Older {
    /// That moment, a whole second.
    than: Moment,
    /// The end of the denial.
    until: Moment,
}

/// What became of a denial.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denied {
    /// It stands there already.
    Already,
    /// It was put on the list.
    Listed,
    /// There was no room for it: all credentials issued until now are denied.
    WithAllOthers,
}

/// A policy that is not a deny list as this module writes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the inline policy `{name}` was changed by somebody else; restore or delete it",
    name = DenyList::POLICY_NAME
)]
pub struct NotADenyList;

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
    /// What the `Sid` of the statement about everybody's ends with.
    const OLDER: &str = "Older";
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
            let Condition {
                string_like,
                date_less_than,
            } = &statement.condition;
            let named = statement.sid.strip_prefix(Self::SID).ok_or(NotADenyList)?;
            let until = |seconds: &str| {
                let seconds = seconds.parse().map_err(|_| NotADenyList)?;
                Ok(Moment::from_seconds(seconds))
            };
            match (string_like, date_less_than) {
                (Some(names), None) => {
                    let until = until(named)?;
                    for pattern in &names.userid {
                        let request = pattern
                            .strip_prefix(Self::ANY_ROLE)
                            .and_then(|name| name.parse().ok())
                            .ok_or(NotADenyList)?;
                        list.entries.insert(request, until);
                    }
                }
                (None, Some(dates)) if list.older.is_none() => {
                    let seconds = named.strip_suffix(Self::OLDER).ok_or(NotADenyList)?;
                    list.older = Some(Older {
                        than: dates.issued_at.parse().map_err(|_| NotADenyList)?,
                        until: until(seconds)?,
                    });
                }
                (Some(_) | None, Some(_)) | (None, None) => return Err(NotADenyList),
            }
        }
        // One spelling only, so that nothing that was slipped in is lost or kept by accident.
        if serde_json::to_value(list.document()).ok() == serde_json::from_str(json).ok() {
            Ok(list)
        } else {
            Err(NotADenyList)
        }
    }

    /// Denies the credentials of a request that was revoked then until they have expired. An entry
    /// is never shortened.
    pub fn deny(&mut self, request: RequestId, revoked_at: Moment, expires_at: Moment) -> Denied {
        let until = round_up(expires_at);
        let with_others = |older: &Older| revoked_at < older.than && until <= older.until;
        let listed = |there: &Moment| *there >= until;
        if self.older.as_ref().is_some_and(with_others)
            || self.entries.get(&request).is_some_and(listed)
        {
            return Denied::Already;
        }
        self.entries.insert(request, until);
        if self.to_json().len() <= Self::LIMIT {
            return Denied::Listed;
        }
        let ends = self.entries.values().copied();
        let until = ends.chain(self.older.map(|older| older.until)).max();
        self.older = until.map(|until| Older {
            // The second of the revocation is included.
            than: revoked_at.whole_second().plus(Duration::from_secs(1)),
            until,
        });
        self.entries.clear();
        Denied::WithAllOthers
    }

    /// Drops what has expired anyway, and gives how many entries that were.
    pub fn prune(&mut self, now: Moment) -> usize {
        let count = |list: &Self| list.entries.len() + usize::from(list.older.is_some());
        let before = count(self);
        self.entries.retain(|_, until| now < *until);
        self.older = self.older.filter(|older| now < older.until);
        before.saturating_sub(count(self))
    }

    /// Whether a request is on the list by its name.
    #[must_use]
    pub fn names(&self, request: RequestId) -> bool {
        self.entries.contains_key(&request)
    }

    /// Whether nobody is denied; IAM takes no policy without statements.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.older.is_none()
    }

    /// The policy document as IAM takes it: at most [`DenyList::LIMIT`] characters.
    #[must_use]
    #[expect(
        clippy::expect_used,
        reason = "the document holds strings and lists of them, under keys that are constants"
    )]
    pub fn to_json(&self) -> String {
        // ASCII without white space: bytes are what IAM counts.
        serde_json::to_string(&self.document()).expect("strings and lists have a JSON form")
    }

    fn document(&self) -> Document {
        let mut by_end: BTreeMap<Moment, BTreeSet<RequestId>> = BTreeMap::new();
        for (request, until) in &self.entries {
            by_end.entry(*until).or_default().insert(*request);
        }
        let deny = |sid: String, condition: Condition| Statement {
            sid,
            effect: Deny::Deny,
            action: Everything::Everything,
            resource: Everything::Everything,
            condition,
        };
        let older = self.older.map(|Older { than, until }| {
            let dates = DateLessThan {
                issued_at: than.iso_seconds(),
            };
            deny(
                format!("{}{}{}", Self::SID, until.seconds(), Self::OLDER),
                Condition {
                    string_like: None,
                    date_less_than: Some(dates),
                },
            )
        });
        let named = by_end.into_iter().map(|(until, requests)| {
            let patterns = requests
                .into_iter()
                .map(|request| format!("{}{request}", Self::ANY_ROLE));
            deny(
                format!("{}{}", Self::SID, until.seconds()),
                Condition {
                    string_like: Some(StringLike {
                        userid: patterns.collect(),
                    }),
                    date_less_than: None,
                },
            )
        });
        let statement = older.into_iter().chain(named).collect();
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    string_like: Option<StringLike>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    date_less_than: Option<DateLessThan>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DateLessThan {
    #[serde(rename = "aws:TokenIssueTime")]
    issued_at: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StringLike {
    #[serde(rename = "aws:userid")]
    userid: Vec<String>,
}
