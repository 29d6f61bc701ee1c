//! A log has been stored, says S3. The schedule would find it too; this only makes it sooner.
//!
//! What S3 says is not believed: it names a key, and the log is looked at under it as at any other
//! time. Events come at least once and in any order (AWS-FACTS 3.13), which does no harm to a look.

use rules::log_verdict::LogLook;
use rules::names::SessionId;
use rules::place::Place;
use rules::session::SessionLife;
use rules::status::Status;
use rules::sweep::{Seen, look};

use super::site::Run;
use super::{Report, Sweeper};
use crate::ledger::RequestFile;

impl Sweeper {
    /// Looks at the log of one session, where the key is that of one. Nothing happens where its
    /// session has not been seen gone yet, or it is nobody's log.
    pub async fn log_stored(&self, bucket: &str, key: &str) -> Report {
        let run = Run::new(self, self.clock.now());
        let session = self.places.iter().find_map(|place| {
            let session = session_of(place, bucket, key)?;
            Some((place, session))
        });
        if let Some((place, session)) = session {
            Box::pin(run.look_at_log(place, session)).await;
        }
        run.into_report()
    }
}

/// The session whose log a key of a bucket is.
fn session_of(place: &Place, bucket: &str, key: &str) -> Option<SessionId> {
    let name = key.rsplit('/').next()?;
    let session: SessionId = name.strip_suffix(".log")?.parse().ok()?;
    let is_its = place.log_bucket == bucket && place.log_key(&session.to_string()) == key;
    is_its.then_some(session)
}

impl Run<'_> {
    async fn look_at_log(&self, place: &Place, session: SessionId) {
        let Some(RequestFile { request, sessions }) = self.file(session.request()).await else {
            return;
        };
        let followed = matches!(
            request.status(),
            Status::Ending { .. } | Status::Closed { .. }
        );
        let over = sessions.iter().any(|record| {
            record.id == session
                && matches!(record.life, SessionLife::Over { .. })
                && record.log.may_change()
        });
        if !followed || !over || !request.ask().kind.loggable() {
            return;
        }
        let now = self.now();
        let shown: LogLook = match self.sweeper.s3.look(place, &session).await {
            Ok(shown) => shown,
            Err(fault) => return self.trouble(Some(request.id()), &fault),
        };
        let seen = Seen {
            logs: [(session, shown)].into(),
            ..Seen::default()
        };
        let looked = look(&request, &sessions, &seen, now, &self.sweeper.pace);
        // Sessions are ended by the schedule alone, which sees what is open.
        if let Some(step) = looked.step.filter(|_| looked.evictions.is_empty()) {
            self.take(step).await;
        }
    }
}
