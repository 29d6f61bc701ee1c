//! The end: what is open at a place and over is ended.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::iter;
use rules::moment::Moment;
use rules::names::RequestId;
use rules::request::Request;
use rules::session::{ListedSession, SessionLife, SessionRecord};
use rules::status::Status;
use rules::sweep::{Seen, look};

use super::site::{Gone, Run, Site};
use crate::ledger::RequestFile;
use crate::rounds::held;
use crate::ssm::{Haste, Listing};

/// How many records are read at the same time.
const AT_ONCE: usize = 8;

/// A request that waits for a listing.
struct Unlisted {
    file: RequestFile,
    haste: Haste,
    seen_at: Moment,
    /// Whether another run is at it: what that could not do is on record only after this was read.
    shared: bool,
}

/// What there is to see of a request.
enum Sight {
    /// Nothing: nobody ever held credentials.
    Nothing,
    /// Its logs, and nothing else.
    Logs,
    /// Its sessions.
    Sessions,
}

impl Run<'_> {
    /// Does the work of one place until nothing more will be due there.
    pub(super) async fn work_at(&self, site: &Site<'_>) {
        futures_util::future::join(Box::pin(self.end(site)), Box::pin(self.follow(site))).await;
    }

    async fn end(&self, site: &Site<'_>) {
        // The clock is gone by once before there is anything to do.
        site.woken.notified().await;
        let mut unlisted: Vec<Unlisted> = Vec::new();
        loop {
            let due = site.take_due();
            let closing = due.is_empty() && self.is_closing();
            unlisted.extend(Box::pin(self.end_known(site, due)).await);
            if let Some(haste) = unlisted.iter().map(|one| one.haste).min() {
                let ready = self.sweeper.ssm.ready(site.place, haste);
                // Whatever ends meanwhile and is known to be open goes before the listing.
                tokio::select! {
                    biased;
                    () = ready => {}
                    () = site.woken.notified(), if !closing => {
                        let (shared, own): (Vec<_>, _) = unlisted.into_iter().partition(|one| one.shared);
                        site.take_back(shared.iter().map(|one| one.file.request.id()));
                        unlisted = own;
                        continue;
                    }
                }
                Box::pin(self.end_all(site, std::mem::take(&mut unlisted))).await;
            }
            site.begun.store(true, Ordering::Relaxed);
            site.ended.store(closing, Ordering::Relaxed);
            site.gone_woken.notify_one();
            if closing {
                return;
            }
            if !self.is_closing() {
                site.woken.notified().await;
            }
        }
    }

    /// Ends what is on record as open, without a listing: that would be one more call for each end,
    /// and calls are few. Gives the requests that want one.
    async fn end_known(&self, site: &Site<'_>, ids: Vec<RequestId>) -> Vec<Unlisted> {
        // A look is as old as the oldest thing that was seen for it.
        let seen_at = self.now();
        let files = ids
            .into_iter()
            .map(|id| async move { (id, self.file(id).await) });
        let files: Vec<_> = iter(files).buffered(AT_ONCE).collect().await;
        let mut unlisted = Vec::new();
        let mut first = true;
        for (id, file) in files {
            let Some(file) = file else {
                self.let_go(id);
                continue;
            };
            if !first && self.is_over() {
                self.leave(id);
                continue;
            }
            first = false;
            if !is_known_open(&file) {
                unlisted.push(Unlisted {
                    haste: self.haste(site, &file),
                    shared: is_being_told(&file, seen_at),
                    file,
                    seen_at,
                });
                continue;
            }
            let RequestFile { request, sessions } = &file;
            let pace = &self.sweeper.pace;
            let looked = look(request, sessions, &Seen::default(), self.now(), pace);
            let after = Box::pin(self.carry_out(looked)).await;
            self.deny(site, after.as_ref().unwrap_or(request)).await;
            // There may be others that are open and not on record.
            let seen_at = self.now();
            match self.file(id).await {
                // To tell SSM again is more urgent than a listing.
                Some(file) if file.sessions.iter().any(is_untold) => self.again_soon(&file.request),
                Some(file) => unlisted.push(Unlisted {
                    haste: Haste::Soon,
                    file,
                    seen_at,
                    shared: false,
                }),
                None => self.let_go(id),
            }
        }
        unlisted
    }

    /// Looks at requests, in their order, by one listing of what is open.
    async fn end_all(&self, site: &Site<'_>, all: Vec<Unlisted>) {
        let listed = all
            .iter()
            .filter(|one| matches!(sight(&one.file, one.seen_at), Sight::Sessions));
        let open = match listed.map(|one| one.haste).min() {
            None => None,
            Some(haste) => self.open(site, haste).await,
        };
        let complete = open.as_ref().is_some_and(|open| open.complete);
        let mut first = true;
        for Unlisted { file, seen_at, .. } in all {
            let id = file.request.id();
            if !first && self.is_over() {
                self.leave(id);
                continue;
            }
            first = false;
            if complete {
                held(&site.unseen).remove(&id);
            } else {
                held(&site.unseen).insert(id);
            }
            Box::pin(self.end_one(site, &file, open.as_ref(), seen_at)).await;
        }
    }

    /// All that is open at a place; nothing where that could not be listed.
    pub(super) async fn open(&self, site: &Site<'_>, haste: Haste) -> Option<Listing> {
        match self.sweeper.ssm.active(site.place, haste).await {
            Ok(listing) => {
                if let Some(fault) = &listing.cut_short_by {
                    self.trouble(None, fault);
                }
                Some(listing)
            }
            Err(fault) => {
                self.trouble(None, &fault);
                None
            }
        }
    }

    /// Whether a request may have sessions that are open and over, and not told to end.
    fn haste(&self, site: &Site<'_>, file: &RequestFile) -> Haste {
        let unseen = held(&site.unseen).contains(&file.request.id());
        if unseen || file.sessions.iter().any(is_untold) {
            return Haste::Urgent;
        }
        match file.request.status() {
            Status::Ending { looks: 0, .. } => Haste::Urgent,
            Status::Ending { looks: 1, .. } => Haste::Soon,
            Status::Ending { .. }
            | Status::Closed { .. }
            | Status::Pending { .. }
            | Status::Approved { .. }
            | Status::Active { .. }
            | Status::Denied { .. }
            | Status::Withdrawn { .. }
            | Status::Lapsed { .. } => Haste::CanWait,
        }
    }

    /// Judges one request by what is open, ends what must end, and passes on what is to be followed.
    async fn end_one(
        &self,
        site: &Site<'_>,
        file: &RequestFile,
        open: Option<&Listing>,
        seen_at: Moment,
    ) {
        let RequestFile { request, sessions } = file;
        let id = request.id();
        let seen = match (sight(file, seen_at), open) {
            (Sight::Nothing, _) => Seen {
                complete: true,
                ..Seen::default()
            },
            (Sight::Logs, _) => {
                return site.follow(Gone {
                    id,
                    since: None,
                    open: Vec::new(),
                    complete: false,
                    seen_at,
                });
            }
            (Sight::Sessions, None) => Seen::default(),
            (Sight::Sessions, Some(open)) => {
                let mine = open.sessions.iter().filter(|one| one.id.request() == id);
                let mine: Vec<ListedSession> = mine.cloned().collect();
                if past_matters(sessions, &mine) {
                    self.end_and_follow(site, file, mine, open.complete, seen_at)
                        .await;
                    return self.deny(site, request).await;
                }
                Seen {
                    sessions: mine,
                    complete: open.complete,
                    ..Seen::default()
                }
            }
        };
        let complete = seen.complete;
        let looked = look(request, sessions, &seen, seen_at, &self.sweeper.pace);
        let after = Box::pin(self.carry_out(looked)).await;
        let after = after.as_ref().unwrap_or(request);
        if complete {
            self.let_go(id);
        } else {
            self.again_soon(after);
        }
        self.deny(site, after).await;
    }

    /// A request is no longer in hand, and is to be looked at as soon as it is due.
    fn again_soon(&self, request: &Request) {
        self.let_go(request.id());
        if let Some(at) = request.due_at(&self.sweeper.pace) {
            self.hurry(at);
        }
    }

    /// Ends those sessions of a request that are open, and passes it on: others of it are gone.
    async fn end_and_follow(
        &self,
        site: &Site<'_>,
        file: &RequestFile,
        open: Vec<ListedSession>,
        complete: bool,
        seen_at: Moment,
    ) {
        let RequestFile { request, sessions } = file;
        if !open.is_empty() {
            let seen = Seen {
                sessions: open.clone(),
                ..Seen::default()
            };
            let looked = look(request, sessions, &seen, seen_at, &self.sweeper.pace);
            Box::pin(self.carry_out(looked)).await;
        }
        let began_at = request.status().grant().map(|grant| grant.activated_at);
        site.follow(Gone {
            id: request.id(),
            // A request without a grant that is listed all the same may have been opened any time.
            since: Some(began_at.unwrap_or(request.asked_at())),
            open,
            complete,
            seen_at,
        });
    }
}

/// Whether a request that is ending has sessions on record that SSM is to be told to end now.
fn is_known_open(file: &RequestFile) -> bool {
    let to_tell = |one: &SessionRecord| matches!(one.life, SessionLife::Alive {}) || is_untold(one);
    matches!(file.request.status(), Status::Ending { .. }) && file.sessions.iter().any(to_tell)
}

/// Whether SSM is being told by somebody else to end a session, or has just been.
fn is_being_told(file: &RequestFile, now: Moment) -> bool {
    file.sessions.iter().any(|one| match one.life {
        SessionLife::Terminating { since, failed, .. } => {
            !failed && now.since(since) < Duration::from_secs(1)
        }
        SessionLife::Alive {} | SessionLife::Over { .. } => false,
    })
}

/// Whether SSM was to be told to end a session, and could not be told.
fn is_untold(record: &SessionRecord) -> bool {
    matches!(record.life, SessionLife::Terminating { failed: true, .. })
}

/// What there is to see of a request.
fn sight(file: &RequestFile, now: Moment) -> Sight {
    let status = file.request.status();
    if status.grant().is_none_or(|grant| grant.issues == 0) {
        return Sight::Nothing;
    }
    match status {
        Status::Closed { look_at, .. } if look_at.is_none_or(|at| at > now) => Sight::Logs,
        Status::Closed { .. }
        | Status::Ending { .. }
        | Status::Pending { .. }
        | Status::Approved { .. }
        | Status::Active { .. }
        | Status::Denied { .. }
        | Status::Withdrawn { .. }
        | Status::Lapsed { .. } => Sight::Sessions,
    }
}

/// Whether the history has to be read: a session has gone from the open ones, or none is known to
/// be open, so that one may have come and gone unseen. While sessions are open there is nothing in
/// the history that could not wait, and calls are few.
fn past_matters(records: &[SessionRecord], open: &[ListedSession]) -> bool {
    let open: BTreeSet<_> = open.iter().map(|listed| &listed.id).collect();
    open.is_empty()
        || records
            .iter()
            .any(|record| record.lives() && !open.contains(&record.id))
}
