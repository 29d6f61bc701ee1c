//! The past: sessions that are gone are looked for in the history, and logs in S3.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use futures_util::StreamExt as _;
use futures_util::stream::iter;
use rules::log_verdict::LogLook;
use rules::names::SessionId;
use rules::place::Place;
use rules::request::Request;
use rules::session::{ListedSession, SessionRecord};
use rules::sweep::{Seen, look, unseen_logs};

use super::site::{Gone, Run, Site};
use crate::ledger::RequestFile;
use crate::ssm::{Haste, Listing};

/// How many logs are looked for at the same time.
const AT_ONCE: usize = 8;

impl Run<'_> {
    /// Follows what is gone until nothing more will be due, and looks once at all that is open.
    pub(super) async fn follow(&self, site: &Site<'_>) {
        let mut watched = false;
        loop {
            let ended = site.ended.load(Ordering::Relaxed);
            if watched && site.is_foreseen() {
                Box::pin(self.watch(site, Haste::Soon)).await;
                continue;
            }
            let gone = site.take_gone();
            if !gone.is_empty() {
                Box::pin(self.follow_all(site, gone)).await;
            } else if !watched && site.begun.load(Ordering::Relaxed) {
                // What is due comes first.
                Box::pin(self.watch(site, Haste::CanWait)).await;
                watched = true;
            } else if ended {
                return;
            } else {
                site.gone_woken.notified().await;
            }
        }
    }

    async fn follow_all(&self, site: &Site<'_>, gone: Vec<Gone>) {
        let since = gone.iter().filter_map(|one| one.since).min();
        let past = match since {
            Some(since) => match self.sweeper.ssm.past(site.place, since).await {
                Ok(past) => Some(past),
                Err(fault) => {
                    self.trouble(None, &fault);
                    None
                }
            },
            None => None,
        };
        if let Some(fault) = past.as_ref().and_then(|past| past.cut_short_by.as_ref()) {
            self.trouble(None, fault);
        }
        let mut first = true;
        for one in gone {
            if !first && self.is_over() {
                self.leave(one.id);
                continue;
            }
            first = false;
            let id = one.id;
            Box::pin(self.follow_one(site, one, past.as_ref())).await;
            self.let_go(id);
        }
    }

    async fn follow_one(&self, site: &Site<'_>, gone: Gone, past: Option<&Listing>) {
        // It may have changed since it was passed on.
        let Some(RequestFile { request, sessions }) = self.file(gone.id).await else {
            return;
        };
        let mut seen = Seen {
            sessions: gone.open,
            complete: gone.complete && past.is_some_and(|past| past.complete),
            ..Seen::default()
        };
        let mine = |one: &&ListedSession| one.id.request() == gone.id;
        let past = past.map(|past| past.sessions.iter().filter(mine));
        seen.sessions.extend(past.into_iter().flatten().cloned());
        seen.logs = self
            .look_at_logs(site.place, &request, &sessions, &seen.sessions)
            .await;
        let pace = &self.sweeper.pace;
        let looked = look(&request, &sessions, &seen, gone.seen_at, pace);
        Box::pin(self.carry_out(looked)).await;
    }

    /// Looks at the logs that want to be looked at. One that could not be is left out, and reported.
    async fn look_at_logs(
        &self,
        place: &Place,
        request: &Request,
        records: &[SessionRecord],
        listed: &[ListedSession],
    ) -> BTreeMap<SessionId, LogLook> {
        let wanted = unseen_logs(request, records, listed, self.now());
        let looks = wanted.into_iter().map(|session| async move {
            match Box::pin(self.sweeper.s3.look(place, &session)).await {
                Ok(look) => {
                    if let LogLook::Refused { code } = &look {
                        let what = format!("the log bucket cannot be looked at: `{code}`");
                        self.trouble(Some(session.request()), &what);
                    }
                    Some((session, look))
                }
                Err(fault) => {
                    self.trouble(Some(session.request()), &fault);
                    None
                }
            }
        });
        let looks = iter(looks).buffer_unordered(AT_ONCE);
        looks.filter_map(std::future::ready).collect().await
    }
}
