//! Request and session identifiers.
//!
//! The request id is the STS role session name, so every Session Manager session id of a grant,
//! every CloudTrail line and every S3 key begins with it (AWS-FACTS 1.9, 2.1).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use ulid::Ulid;

use super::{BadName, serde_as_text};
use crate::moment::Moment;

/// A request, and the grant it becomes: `req-` and a ULID, 30 characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RequestId(Ulid);

impl RequestId {
    const PREFIX: &str = "req-";

    /// The id of a request made at `now`, with 80 bits of randomness from the caller.
    #[must_use]
    pub fn new(now: Moment, entropy: [u8; 10]) -> Self {
        let mut bytes = [0_u8; 16];
        bytes
            .iter_mut()
            .skip(6)
            .zip(entropy)
            .for_each(|(slot, byte)| *slot = byte);
        let random = u128::from_be_bytes(bytes);
        Self(Ulid::from_parts(now.millis().unsigned_abs(), random))
    }

    /// When the request was made, as its id tells.
    #[must_use]
    pub fn made_at(self) -> Moment {
        Moment::from_millis(i64::try_from(self.0.timestamp_ms()).unwrap_or(i64::MAX))
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", Self::PREFIX, self.0)
    }
}

impl FromStr for RequestId {
    type Err = BadName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || BadName::new(text, "a request id: `req-` and 26 upper-case characters");
        let ulid = text.strip_prefix(Self::PREFIX).ok_or_else(bad)?;
        let id = Self(Ulid::from_string(ulid).map_err(|_| bad())?);
        // One spelling only: Crockford's alphabet also reads lower case and look-alikes.
        if id.to_string() == text {
            Ok(id)
        } else {
            Err(bad())
        }
    }
}

serde_as_text!(RequestId);

/// A Session Manager session of a grant: the request id, a hyphen, and a suffix that SSM chose.
///
/// The suffix has 17 to 26 lower-case letters and digits and no fixed length (AWS-FACTS 2.1).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SessionId {
    request: RequestId,
    suffix: String,
}

impl SessionId {
    /// The request whose grant opened the session.
    #[must_use]
    pub fn request(&self) -> RequestId {
        self.request
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.request, self.suffix)
    }
}

impl FromStr for SessionId {
    type Err = BadName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || BadName::new(text, "the id of a session that a request opened");
        let (request, suffix) = text.rsplit_once('-').ok_or_else(bad)?;
        let well_formed = (1..=65).contains(&suffix.len())
            && suffix
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
        if !well_formed {
            return Err(bad());
        }
        Ok(Self {
            request: request.parse().map_err(|_| bad())?,
            suffix: suffix.to_owned(),
        })
    }
}

serde_as_text!(SessionId);

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "req-01KAV3M0000123456789ABCDEF";

    #[test]
    fn an_id_reads_back_as_it_was_written() {
        let now = Moment::from_seconds(1_764_000_000);
        let id = RequestId::new(now, [7; 10]);
        assert_eq!(id.to_string().len(), 30);
        assert_eq!(id.to_string().parse::<RequestId>().unwrap(), id);
        assert_eq!(id.made_at(), now);
    }

    #[test]
    fn an_id_has_one_spelling() {
        assert!(ID.parse::<RequestId>().is_ok());
        for bad in [
            ID.to_lowercase(),
            ID.replace('0', "O"),
            format!("{ID} "),
            "req-".into(),
        ] {
            assert!(bad.parse::<RequestId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_session_belongs_to_the_request_it_is_named_after() {
        for suffix in ["07a16060613c408b5", "ilpxvkhghl9vs9ia2xfdyp4dka"] {
            let session: SessionId = format!("{ID}-{suffix}").parse().unwrap();
            assert_eq!(session.request().to_string(), ID);
            assert_eq!(session.to_string(), format!("{ID}-{suffix}"));
        }
        for foreign in ["Jane-Roe-07a16060613c408b5", ID, &format!("{ID}-UPPER"), ""] {
            assert!(foreign.parse::<SessionId>().is_err(), "{foreign}");
        }
    }
}
