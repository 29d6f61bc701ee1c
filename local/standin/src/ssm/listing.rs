//! `DescribeSessions`: which sessions, in what order, cut how (AWS-FACTS 2.3 to 2.6).
//!
//! The page is cut first and filtered afterwards, as services over large stores do: a page may be
//! empty and still have a token, and only a missing token is the end. The listing shows the world
//! as it was a lag ago (AWS-FACTS 2.11).

use serde::Deserialize;
use serde_json::{Value, json};

use super::check::{between, epoch_seconds, length, required, violated};
use super::page;
use super::session::{Session, SessionHabits, SessionStatus};
use crate::call::AwsError;

/// Sessions a page looks at unless the call says otherwise.
const DEFAULT_PAGE: usize = 50;
/// How long a session that is over stays in the history: 30 days (AWS-FACTS 2.4).
const HISTORY_MILLIS: i64 = 30 * 86_400_000;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Wire {
    state: Option<String>,
    max_results: Option<i64>,
    next_token: Option<String>,
    filters: Option<Vec<WireFilter>>,
}

#[derive(Deserialize)]
struct WireFilter {
    key: Option<String>,
    value: Option<String>,
}

/// Which half of the sessions a listing is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Half {
    Active,
    History,
}

/// One condition; all of a query must hold.
#[derive(Clone, Debug, PartialEq)]
enum Filter {
    InvokedAfter(i64),
    InvokedBefore(i64),
    Target(String),
    Owner(String),
    Status(SessionStatus),
    SessionId(String),
    /// Whether it asks for `JustInTime`; else for `Standard`.
    AccessType(bool),
}

/// A request that is in order.
#[derive(Debug)]
pub(super) struct Query {
    half: Half,
    size: usize,
    token: Option<String>,
    filters: Vec<Filter>,
    /// What a token is bound to.
    identity: String,
}

/// Whose sessions a listing is of, and when.
#[derive(Clone, Copy, Debug)]
pub(super) struct View<'a> {
    pub(super) account: &'a str,
    pub(super) region: &'a str,
    /// The moment that the listing shows: now, less the lag.
    pub(super) as_of: i64,
}

impl Query {
    /// Reads a request.
    ///
    /// # Errors
    /// `ValidationException`, `InvalidFilterKey` or `SerializationException`.
    pub(super) fn read(request: Value) -> Result<Self, AwsError> {
        let wire: Wire = serde_json::from_value(request)
            .map_err(|error| AwsError::new(400, "SerializationException", error.to_string()))?;
        let half = match required("state", wire.state.as_deref())? {
            "Active" => Half::Active,
            "History" => Half::History,
            other => {
                let all = "Member must satisfy enum value set: [Active, History]";
                return Err(violated("state", other, all));
            }
        };
        if let Some(size) = wire.max_results {
            between("maxResults", size, 1..=200)?;
        }
        let mut identity = format!("{half:?}");
        let mut filters = Vec::new();
        if let Some(given) = wire.filters {
            if !(1..=6).contains(&given.len()) {
                let count = given.len().to_string();
                let bounds = "Member must have length between 1 and 6";
                return Err(violated("filters", &count, bounds));
            }
            for filter in given {
                let key = required("filters.member.key", filter.key)?;
                let value = required("filters.member.value", filter.value)?;
                length("filters.member.value", &value, 1..=400)?;
                identity.push_str(&format!("\n{key}\n{value}"));
                filters.push(Filter::read(&key, value)?);
            }
        }
        Ok(Self {
            half,
            size: wire
                .max_results
                .and_then(|size| usize::try_from(size).ok())
                .unwrap_or(DEFAULT_PAGE),
            token: wire.next_token,
            filters,
            identity,
        })
    }

    /// Answers the request from all sessions of a world.
    ///
    /// # Errors
    /// `InvalidNextToken`.
    pub(super) fn answer<'a>(
        &self,
        sessions: impl Iterator<Item = &'a Session>,
        view: View<'_>,
        habits: &SessionHabits,
    ) -> Result<Value, AwsError> {
        let mut listed: Vec<(&Session, SessionStatus)> = sessions
            .filter(|session| session.account == view.account && session.region == view.region)
            .filter_map(|session| Some((session, session.status_at(view.as_of)?)))
            .filter(|(session, status)| self.half.holds(session, *status, view.as_of, habits))
            .collect();
        let key = |(session, _): &(&Session, SessionStatus)| order(session);
        listed.sort_by_key(key);
        let size = self
            .size
            .min(habits.largest_session_page.unwrap_or(usize::MAX))
            .max(1);
        let query = format!("{}\n{}\n{}", view.account, view.region, self.identity);
        let (page, next) = page::cut(&listed, key, &query, self.token.as_deref(), size)?;
        let shown: Vec<Value> = page
            .iter()
            .filter(|(session, status)| self.filters.iter().all(|one| one.holds(session, *status)))
            .map(|(session, status)| describe(session, *status, view.as_of))
            .collect();
        let mut answer = json!({ "Sessions": shown });
        if let (Some(next), Some(members)) = (next, answer.as_object_mut()) {
            members.insert("NextToken".to_owned(), next.into());
        }
        Ok(answer)
    }
}

impl Half {
    fn holds(
        self,
        session: &Session,
        status: SessionStatus,
        as_of: i64,
        habits: &SessionHabits,
    ) -> bool {
        let past = match status {
            SessionStatus::Connecting | SessionStatus::Connected | SessionStatus::Disconnected => {
                false
            }
            SessionStatus::Terminating => habits.terminating_in_history,
            SessionStatus::Terminated | SessionStatus::Failed => true,
        };
        match self {
            Self::Active => !past,
            Self::History => {
                past && session
                    .ended_at(as_of)
                    .is_none_or(|ended| as_of.saturating_sub(ended) <= HISTORY_MILLIS)
            }
        }
    }
}

impl Filter {
    fn read(key: &str, value: String) -> Result<Self, AwsError> {
        let moment = |value: &str| {
            value
                .parse::<jiff::Timestamp>()
                .map(jiff::Timestamp::as_millisecond)
                .map_err(|_| violated("filters.member.value", value, "Member must be a timestamp"))
        };
        Ok(match key {
            "InvokedAfter" => Self::InvokedAfter(moment(&value)?),
            "InvokedBefore" => Self::InvokedBefore(moment(&value)?),
            "Target" => Self::Target(value),
            "Owner" => Self::Owner(value),
            "SessionId" => Self::SessionId(value),
            "Status" => Self::Status(
                SessionStatus::ALL
                    .into_iter()
                    .find(|status| status.wire() == value)
                    .ok_or_else(|| {
                        violated(
                            "filters.member.value",
                            &value,
                            "Member must be a session status",
                        )
                    })?,
            ),
            "AccessType" => match value.as_str() {
                "Standard" => Self::AccessType(false),
                "JustInTime" => Self::AccessType(true),
                other => {
                    let all = "Member must satisfy enum value set: [Standard, JustInTime]";
                    return Err(violated("filters.member.value", other, all));
                }
            },
            _ => {
                return Err(AwsError::new(
                    400,
                    "InvalidFilterKey",
                    "The specified key is not valid.",
                ));
            }
        })
    }

    fn holds(&self, session: &Session, status: SessionStatus) -> bool {
        match self {
            Self::InvokedAfter(from) => session.started_millis >= *from,
            Self::InvokedBefore(until) => session.started_millis < *until,
            Self::Target(target) => session.target == *target,
            Self::Owner(owner) => session.owner.arn == *owner,
            Self::Status(wanted) => status == *wanted,
            Self::SessionId(id) => session.id == *id,
            Self::AccessType(just_in_time) => session.just_in_time == *just_in_time,
        }
    }
}

/// Newest first, and no two alike: text that sorts so.
fn order(session: &Session) -> String {
    format!(
        "{:020}/{}",
        i64::MAX.saturating_sub(session.started_millis),
        session.id
    )
}

fn describe(session: &Session, status: SessionStatus, as_of: i64) -> Value {
    let mut shown = json!({
        "SessionId": session.id,
        "Target": session.target,
        "Status": status.wire(),
        "StartDate": epoch_seconds(session.started_millis),
        "DocumentName": session.document,
        "Owner": session.owner.arn,
        // Reserved for future use: never tells of a log (AWS-FACTS 0.5).
        "OutputUrl": {},
        "AccessType": if session.just_in_time { "JustInTime" } else { "Standard" },
    });
    if let Some(members) = shown.as_object_mut() {
        let mut set = |name: &str, value: Value| members.insert(name.to_owned(), value);
        if let Some(reason) = &session.reason {
            set("Reason", reason.as_str().into());
        }
        if let Some(minutes) = session.inputs.max_minutes {
            set("MaxSessionDuration", minutes.to_string().into());
        }
        if let Some(ended) = session.ended_at(as_of) {
            set("EndDate", epoch_seconds(ended).into());
        }
    }
    shown
}

#[cfg(test)]
mod tests;
