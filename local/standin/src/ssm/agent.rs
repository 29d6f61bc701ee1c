//! What the agent does when a session ends: it writes the session's log, once, from the node
//! (AWS-FACTS 0.5, 3.1 to 3.5).
//!
//! The log is written when somebody looks at the world after it was due: no thread does it. A test
//! may have the agent do otherwise.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::State;
use super::session::{EndCause, Session};
use crate::s3::{self, PutObject};
use crate::world::World;

/// How far apart the two versions of a log written twice are.
const BETWEEN_VERSIONS_MILLIS: i64 = 1_000;

/// What the agent does with a log when a session ends.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum LogBehaviour {
    /// Writes it at once: the usual.
    #[default]
    Write,
    /// Never writes it: no route, no permission, an agent killed.
    Withhold,
    /// Writes an object of zero bytes.
    Truncate,
    /// Writes it twice, the second time with another content: what an overwritten log looks like.
    Duplicate,
    /// Writes it so many milliseconds late.
    DelayMillis(u64),
    /// Does something else so many milliseconds late.
    AfterDelay {
        /// How late.
        millis: u64,
        /// What is done then; a delay in it adds up.
        then: Box<LogBehaviour>,
    },
}

impl LogBehaviour {
    /// The delays and contents of the versions that it makes of a log.
    fn versions(&self, log: &str) -> Vec<(i64, Bytes)> {
        let whole = || Bytes::copy_from_slice(log.as_bytes());
        let late = |millis: u64| i64::try_from(millis).unwrap_or(i64::MAX);
        match self {
            Self::Write => vec![(0, whole())],
            Self::Withhold => Vec::new(),
            Self::Truncate => vec![(0, Bytes::new())],
            Self::Duplicate => {
                let other = format!("{log}\r\n");
                vec![(0, whole()), (BETWEEN_VERSIONS_MILLIS, Bytes::from(other))]
            }
            Self::DelayMillis(millis) => vec![(late(*millis), whole())],
            Self::AfterDelay { millis, then } => then
                .versions(log)
                .into_iter()
                .map(|(delay, body)| (delay.saturating_add(late(*millis)), body))
                .collect(),
        }
    }
}

/// A behaviour, and since when: a log that was withheld and then is not any more is written when
/// that changed, not when it was first due.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Ordered {
    pub(super) behaviour: LogBehaviour,
    pub(super) since_millis: i64,
}

/// One version of a log to be written.
#[derive(Debug)]
struct Upload {
    bucket: String,
    key: String,
    body: Bytes,
    writer: String,
    at_millis: i64,
}

impl Upload {
    /// Writes the version, as of when it was due.
    fn write(self, s3: &mut s3::State) {
        let put = PutObject {
            body: self.body,
            writer: self.writer,
            content_type: Some("text/plain".to_owned()),
            ..PutObject::default()
        };
        if let Err(error) = s3.put(&self.bucket, &self.key, put, self.at_millis) {
            // As in AWS, only the node's own log tells of it (AWS-FACTS 0.5).
            tracing::info!(s3.key = %self.key, aws.code = %error.code, "a log was not written");
        }
    }
}

/// Where the log of a session goes, bucket and key; `None` for one without a log.
pub(super) fn log_place(session: &Session) -> Option<(String, String)> {
    let bucket = &session.inputs.s3_bucket;
    if bucket.is_empty() || !session.session_type.is_logged() {
        return None;
    }
    // The agent takes every colon out of the whole path (AWS-FACTS 3.1).
    let key = joined(&session.inputs.s3_prefix, &format!("{}.log", session.id)).replace(':', "");
    Some((bucket.clone(), key))
}

/// Two paths as Go's `path.Join` joins them: no empty, `.` or `..` elements; a leading slash stays.
fn joined(prefix: &str, name: &str) -> String {
    let rooted = prefix.starts_with('/');
    let mut elements: Vec<&str> = Vec::new();
    for element in prefix.split('/').chain(name.split('/')) {
        match element {
            "" | "." => {}
            ".." if elements.last().is_some_and(|last| *last != "..") => {
                elements.pop();
            }
            ".." if rooted => {}
            other => elements.push(other),
        }
    }
    format!("{}{}", if rooted { "/" } else { "" }, elements.join("/"))
}

/// The transcript as `script` on the node writes it.
fn transcript(session: &Session, ended_millis: i64) -> String {
    let time = |millis: i64| {
        jiff::Timestamp::from_millisecond(millis)
            .map(|time| time.strftime("%Y-%m-%d %H:%M:%S+00:00").to_string())
            .unwrap_or_default()
    };
    let mut out = format!(
        "Script started on {} [<not executed on terminal>]\r\n",
        time(session.started_millis)
    );
    for (_, text) in &session.typed {
        out.push_str("sh-5.2$ ");
        out.push_str(text.trim_end_matches(['\r', '\n']));
        out.push_str("\r\n");
    }
    out.push_str("sh-5.2$ exit\r\n");
    out.push_str(&format!(
        "\r\nScript done on {} [COMMAND_EXIT_CODE=\"0\"]\r\n",
        time(ended_millis)
    ));
    out
}

impl State {
    /// What the agent does with the log of a session: what was ordered for the session, else for
    /// its node.
    fn ordered_for(&self, session: &Session) -> Ordered {
        let usual = Ordered {
            behaviour: LogBehaviour::Write,
            since_millis: i64::MIN,
        };
        let by_session = self.log_orders.get(&session.id);
        by_session
            .or_else(|| self.log_orders.get(&session.target))
            .cloned()
            .unwrap_or(usual)
    }

    /// The versions of a session's log that are due and not written.
    fn due_uploads(&self, session: &Session, now: i64) -> Vec<Upload> {
        let Some(ended) = session.ended_at(now) else {
            return Vec::new();
        };
        let Some((bucket, key)) = log_place(session) else {
            return Vec::new();
        };
        match session.cause_at(now) {
            Some(EndCause::NodeStopped | EndCause::RefusedByAgent) => return Vec::new(),
            Some(
                EndCause::Terminated | EndCause::Exited | EndCause::MaxDuration | EndCause::Idle,
            )
            | None => {}
        }
        let Some(node) = self.nodes.get(&session.target) else {
            return Vec::new();
        };
        let order = self.ordered_for(session);
        // The upload starts after the end was told (AWS-FACTS 3.4).
        let from = ended.max(order.since_millis);
        order
            .behaviour
            .versions(&transcript(session, ended))
            .into_iter()
            .skip(session.uploaded)
            .map(|(delay, body)| Upload {
                bucket: bucket.clone(),
                key: key.clone(),
                body,
                writer: node.log_writer.clone(),
                at_millis: from.saturating_add(delay),
            })
            .take_while(|upload| upload.at_millis <= now)
            .collect()
    }
}

/// Writes what agents have to write by now. Whoever looks at logs calls this first, with no state
/// lock held.
pub(crate) fn settle(world: &World, now_millis: i64) {
    {
        // Both locks to the end: nobody, and no snapshot, sees a log noted and not written.
        let mut ssm = world.ssm_state();
        let due: Vec<(String, Vec<Upload>)> = ssm
            .sessions
            .values()
            .map(|session| (session.id.clone(), ssm.due_uploads(session, now_millis)))
            .filter(|(_, uploads)| !uploads.is_empty())
            .collect();
        if due.is_empty() {
            return;
        }
        let mut s3 = world.s3_state();
        for (id, uploads) in due {
            if let Some(session) = ssm.sessions.get_mut(&id) {
                session.uploaded = session.uploaded.saturating_add(uploads.len());
            }
            uploads.into_iter().for_each(|upload| upload.write(&mut s3));
        }
    }
    world.persist();
}

#[cfg(test)]
mod tests;
