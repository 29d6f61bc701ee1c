//! The end of the grant, and the log.

use std::time::Duration;

use rules::log_verdict::LogVerdict;
use rules::session::SessionLife;
use rules::status::StatusWord;
use rules::wire::SessionsView;
use standin::ssm::EndCause;

use super::{
    Amiss, Credentials, Moment, Person, RequestId, RequestView, SessionId, TYPED, Teller, must,
    nothing, path_of, time_of_day,
};
use crate::account::{LOG_BUCKET, WEB_7};
use crate::screen::Tone;

/// How often something is looked at that is waited for.
const GLANCE: Duration = Duration::from_millis(50);
/// How long after its end a grant's session may be seen open at most.
const BOUND: Duration = Duration::from_secs(3);
/// How long the request may take to close.
const CLOSES_WITHIN: Duration = Duration::from_secs(30);

impl Teller<'_> {
    pub(super) async fn time_passes(
        &mut self,
        credentials: &Credentials,
        session: &SessionId,
    ) -> Result<(), Amiss> {
        self.step("Time passes. The session is used as long as the grant runs.")
            .await?;
        let (world, clock) = (self.house.world(), self.house.clock());
        loop {
            let left = credentials.ends_at.since(clock.now());
            let open = world
                .session(&session.to_string())
                .is_some_and(|s| s.status.is_usable());
            must(
                open || left.is_zero(),
                "an open session",
                "one that ended early",
            )?;
            if left <= Duration::from_secs(1) {
                return Ok(());
            }
            let says = format!("the session is open; {} s to the end", left.as_secs());
            self.screen
                .answers(&time_of_day(clock.now()), Tone::Plain, &says)?;
            let next = left
                .saturating_sub(Duration::from_millis(900))
                .min(Duration::from_secs(5));
            tokio::time::sleep(next).await;
        }
    }

    pub(super) async fn access_ends(
        &mut self,
        credentials: &Credentials,
        session: &SessionId,
    ) -> Result<(), Amiss> {
        let ends_at = credentials.ends_at;
        let clock = self.house.clock();
        // No breath here: the end does not wait for anybody.
        clock.sleep_until(ends_at).await;
        self.screen
            .step("The grant ends: the credentials stop, and the session is ended.")?;
        let late = self
            .starts(credentials, WEB_7, "web-7", &credentials.document)
            .await?;
        self.denied(late)?;
        self.screen
            .more("It was allowed until now: the end is a condition inside the credentials.")?;
        let Some((ended, cause)) = self.ended(session, ends_at.plus(BOUND)).await else {
            return must(
                false,
                "a session that is ended within 3 s",
                "one that is open",
            );
        };
        // Neither Anna nor the document's own maximum has ended it.
        must(
            cause == Some(EndCause::Terminated),
            "a session that was terminated",
            format!("{cause:?}"),
        )?;
        let late = ended.since(ends_at).as_millis();
        self.screen.answers(
            &time_of_day(ended),
            Tone::Good,
            &format!("the sweeper has ended the session, {late} ms after the end of the grant"),
        )?;
        let path = path_of(credentials.request, "/credentials");
        let answer = self.sends(Person::Anna, &path, &nothing()).await?;
        self.refused(&answer, 409, &["grant-over", "wrong-status"])
    }

    /// When the session ended and why, once it has.
    async fn ended(
        &self,
        session: &SessionId,
        until: Moment,
    ) -> Option<(Moment, Option<EndCause>)> {
        loop {
            let seen = self.house.world().session(&session.to_string())?;
            if let Some(at) = seen.ended_millis {
                return Some((Moment::from_millis(at), seen.cause));
            }
            if self.house.clock().now() >= until {
                return None;
            }
            tokio::time::sleep(GLANCE).await;
        }
    }

    pub(super) async fn the_log_is_found(
        &mut self,
        id: RequestId,
        session: &SessionId,
    ) -> Result<(), Amiss> {
        self.step("Postern looks for the log in S3, because a name in a listing proves nothing.")
            .await?;
        let until = self.house.clock().now().plus(CLOSES_WITHIN);
        let path = path_of(id, "");
        loop {
            let request: RequestView = self
                .wire
                .call(Person::Anna, "GET", &path, None)
                .await?
                .read()?;
            if request.status == StatusWord::Closed {
                break;
            }
            let now = self.house.clock().now();
            must(
                now < until,
                "a request that is closed within 30 s",
                request.status,
            )?;
            tokio::time::sleep(GLANCE * 4).await;
        }
        let answer = self.reads(Person::Anna, &path_of(id, "/sessions")).await?;
        answer.must_be(200)?;
        let view: SessionsView = answer.read()?;
        let [seen] = view.sessions.as_slice() else {
            return must(false, "one session", view.sessions.len());
        };
        must(&seen.id == session, "the session that was opened", &seen.id)?;
        let SessionLife::Over { at } = seen.life else {
            return must(false, "a session that is over", "one that is not");
        };
        let LogVerdict::Landed { object } = &seen.log else {
            return must(false, "the verdict landed", seen.log.word().as_str());
        };
        self.taken(
            &answer,
            200,
            &format!(
                "One session, over at {} UTC; its log has landed:",
                time_of_day(at)
            ),
        )?;
        self.screen
            .more(&format!("bucket {LOG_BUCKET}, key {}", object.key))?;
        self.screen.more(&format!(
            "{} bytes, version {}, stored at {} UTC",
            object.size,
            object.version.as_deref().unwrap_or("none"),
            time_of_day(object.stored_at)
        ))?;
        let versions = self.house.world().object_versions(LOG_BUCKET, &object.key);
        let holds_it = versions
            .iter()
            .any(|version| String::from_utf8_lossy(&version.body).contains(TYPED));
        must(holds_it, "a log that holds what was typed", "another")?;
        self.screen
            .more(&format!("It holds what Anna typed: `{TYPED}`."))?;
        Ok(())
    }
}
