//! Sessions that were opened past Postern.
//!
//! A session that no live grant covers was opened with some standing permission: a person's, a
//! tool's, or that of AWS's own just-in-time access, which a session says of itself (AWS-FACTS
//! 2.5). Postern cannot forbid it, but nobody needs to find out from an invoice: it is told once
//! for each session, and ended where the place wants that.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::eviction::Eviction;
use crate::moment::Moment;
use crate::names::{AccountId, Region};
use crate::place::{Place, Then};

/// An open session as SSM lists it, of whoever opened it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenSession {
    /// Its id, in whatever form.
    pub id: String,
    /// The ARN of whoever opened it.
    pub owner: String,
    /// The instance, as SSM names it.
    pub instance: String,
    /// The session document.
    pub document: String,
    /// When it began.
    pub started_at: Moment,
    /// By which way in.
    pub access: AccessType,
}

/// Which of SSM's ways in a session came by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccessType {
    /// A permission to open sessions.
    Standard,
    /// AWS's own just-in-time node access.
    JustInTime,
}

/// A session that was opened past Postern, to be told of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bypass {
    /// The account that it is open in.
    pub account: AccountId,
    /// The Region that it is open in.
    pub region: Region,
    /// Its id, in whatever form.
    pub session: String,
    /// The ARN of whoever opened it.
    pub owner: String,
    /// The instance, as SSM names it.
    pub instance: String,
    /// The session document.
    pub document: String,
    /// When it began.
    pub started_at: Moment,
    /// By which way in.
    pub access: AccessType,
    /// Whether it is ended.
    pub ended: bool,
}

/// Which instances of a place are watched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Watched {
    /// All of them.
    All,
    /// Those that carry the tag of the place.
    Some(BTreeSet<String>),
}

impl Bypass {
    /// What an open session that no live grant covers is to its place; nothing where the place does
    /// not watch the instance.
    #[must_use]
    pub fn of(session: &OpenSession, place: &Place, watched: &Watched) -> Option<Self> {
        let is_watched = match (place.bypass.then, watched) {
            (Then::Ignore, _) => false,
            (Then::Tell | Then::End, Watched::All) => true,
            (Then::Tell | Then::End, Watched::Some(ids)) => ids.contains(&session.instance),
        };
        is_watched.then(|| Self {
            account: place.account.clone(),
            region: place.region.clone(),
            session: session.id.clone(),
            owner: session.owner.clone(),
            instance: session.instance.clone(),
            document: session.document.clone(),
            started_at: session.started_at,
            access: session.access,
            ended: place.bypass.then == Then::End,
        })
    }

    /// Leave to end it, where its place wants that.
    #[must_use]
    pub fn eviction(&self) -> Option<Eviction> {
        self.ended.then(|| Eviction {
            account: self.account.clone(),
            region: self.region.clone(),
            session: self.session.clone(),
            attempt: 1,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(bypass: &str) -> Place {
        let json = format!(
            r#"{{"account":"111122223333","region":"ap-northeast-2","log_bucket":"logs",
            "access_role":"arn:aws:iam::111122223333:role/Access","bypass":{bypass}}}"#
        );
        serde_json::from_str(&json).unwrap()
    }

    fn session(access: AccessType) -> OpenSession {
        OpenSession {
            id: "jane-roe-07a16060613c408b5".to_owned(),
            owner: "arn:aws:iam::111122223333:user/jane-roe".to_owned(),
            instance: "i-0123456789abcdef0".to_owned(),
            document: "SSM-SessionManagerRunShell".to_owned(),
            started_at: Moment::from_seconds(1_795_510_800),
            access,
        }
    }

    #[test]
    fn a_session_past_postern_is_told_with_owner_instance_start_and_way_in() {
        for access in [AccessType::Standard, AccessType::JustInTime] {
            let session = session(access);
            let bypass = Bypass::of(&session, &place("{}"), &Watched::All).unwrap();
            assert_eq!(
                (
                    &bypass.owner,
                    &bypass.instance,
                    bypass.started_at,
                    bypass.access
                ),
                (
                    &session.owner,
                    &session.instance,
                    session.started_at,
                    access
                )
            );
            assert!(!bypass.ended && bypass.eviction().is_none());
        }
    }

    #[test]
    fn it_is_ended_only_where_the_place_wants_that() {
        let ends = place(r#"{"then":"end"}"#);
        let bypass = Bypass::of(&session(AccessType::Standard), &ends, &Watched::All).unwrap();
        let eviction = bypass.eviction().unwrap();
        assert_eq!(eviction.session(), "jane-roe-07a16060613c408b5");
        let ignores = place(r#"{"then":"ignore"}"#);
        assert_eq!(
            Bypass::of(&session(AccessType::Standard), &ignores, &Watched::All),
            None
        );
    }

    #[test]
    fn what_is_not_watched_is_nobodys_business() {
        let place = place(r#"{"then":"end"}"#);
        let watched = |id: &str| Watched::Some([id.to_owned()].into());
        let of = |watched| Bypass::of(&session(AccessType::Standard), &place, &watched);
        assert!(of(watched("i-0123456789abcdef0")).is_some());
        assert!(of(watched("i-0123456789abcdef1")).is_none());
    }
}
