//! A ledger for one request, in memory, and all that must hold of what stands in it.

use std::collections::BTreeMap;
use std::time::Duration;

use super::super::scene::{Scene, WEB, start};
use super::act::{Act, Listed, Listing, What};
use super::believed::Outcome;
use crate::audit::{self, Entry};
use crate::life::{answer, end, issue};
use crate::log_verdict::{LogListing, LogLook, LogObject};
use crate::moment::Moment;
use crate::names::SessionId;
use crate::permit::Permit;
use crate::request::Request;
use crate::session::{ListedSession, ListedState, SessionRecord};
use crate::status::{Status, StatusWord};
use crate::step::Step;
use crate::sweep::{self, Look, Seen};

const FOREIGN: &str = "req-01KAV3M0000123456789ABCDEF-0f00ba4";

pub(super) struct Book {
    now: Moment,
    request: Request,
    entries: Vec<Entry>,
    records: BTreeMap<SessionId, SessionRecord>,
    /// The session policy of the first permit without its end: that of all.
    terms: Option<String>,
}

/// How far a status is in a life, which only ever goes forward.
fn far(status: StatusWord) -> u8 {
    match status {
        StatusWord::Pending => 0,
        StatusWord::Approved => 1,
        StatusWord::Active => 2,
        StatusWord::Ending => 3,
        StatusWord::Closed | StatusWord::Denied | StatusWord::Withdrawn | StatusWord::Lapsed => 4,
    }
}

impl Book {
    pub(super) fn open(scene: &Scene) -> Self {
        let step = scene.ask(&Scene::requester()).unwrap();
        assert_eq!((step.before(), step.was()), (0, None));
        Self {
            now: start(),
            request: step.request().clone(),
            entries: step.entries().to_vec(),
            records: BTreeMap::new(),
            terms: None,
        }
    }

    pub(super) fn request(&self) -> &Request {
        &self.request
    }

    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    pub(super) fn play(&mut self, scene: &Scene, act: &Act) -> Outcome {
        let (request, offices, now) = (&self.request, &scene.offices, self.now);
        let step = match &act.what {
            What::Approve(who) => scene.approve(request, &who.caller(), now).ok(),
            What::Deny(who) => answer::deny(request, &who.caller(), None, offices, now).ok(),
            What::Withdraw(who) => answer::withdraw(request, &who.caller(), offices, now).ok(),
            What::Begin(who) => scene.begin(request, &who.caller(), now).ok().map(|begun| {
                self.must_be_within_terms(&begun.permit, &begun.step);
                if act.recorded {
                    self.terms = Some(terms(&begun.permit));
                }
                begun.step
            }),
            What::Complete(n) => {
                let expires_at = now.plus(Duration::from_secs(900));
                issue::complete(request, *n, "AKIDEXAMPLE", expires_at, now).ok()
            }
            What::Fail(n) => issue::fail(request, *n, "AccessDenied", now).ok(),
            What::Revoke(who) => scene.revoke(request, &who.caller(), now).ok(),
            What::Release(who) => end::release(request, &who.caller(), offices, now).ok(),
            What::Extend(who) => scene.extend(request, &who.caller(), now).ok(),
            What::Wait(length) => {
                if act.recorded {
                    self.now = now.plus(Duration::from_millis(*length));
                }
                return Outcome::Is(request.status().word());
            }
            What::Due => sweep::due(request, now, &scene.pace),
            What::Look(listing) => {
                let seen = self.seen(listing);
                let look = self.look(scene, &seen);
                let status = look
                    .step
                    .as_ref()
                    .map_or(request, Step::request)
                    .status()
                    .word();
                if let (Some(step), true) = (look.step, act.recorded) {
                    self.record(step);
                }
                return Outcome::Is(status);
            }
        };
        match step {
            Some(step) => {
                let status = step.request().status().word();
                if act.recorded {
                    self.record(step);
                }
                Outcome::Is(status)
            }
            None => Outcome::Nothing,
        }
    }

    /// No issue widens what the first one gave, but by an extension its end; and none is without its
    /// record.
    fn must_be_within_terms(&self, permit: &Permit, step: &Step) {
        if let Some(first) = &self.terms {
            assert_eq!(&terms(permit), first);
        }
        let grant = step.request().status().grant().unwrap();
        let open = grant.issuing.as_ref().unwrap();
        assert_eq!((open.issue, permit.issue()), (grant.issues, grant.issues));
        assert_eq!(permit.ends_at(), grant.ends_at);
        assert!(self.now < permit.ends_at());
        let left = Duration::from_secs(u64::from(permit.seconds().unsigned_abs()));
        assert!(grant.credentials_until > self.now.plus(left));
    }

    fn record(&mut self, step: Step) {
        let (before, after) = (&self.request, step.request());
        assert_eq!(step.before(), before.version());
        assert_eq!(step.was(), Some(before.status().word()));
        let added = u64::try_from(step.entries().len()).unwrap();
        assert_eq!(after.version(), before.version() + added);
        assert!(far(after.status().word()) >= far(before.status().word()));
        if far(before.status().word()) == 4 {
            assert_eq!(lasting(after.status()), lasting(before.status()));
        }
        if let (Some(was), Some(is)) = (before.status().grant(), after.status().grant()) {
            let moved = step.entries().iter().any(|e| e.event.word() == "extended");
            assert_eq!(is.ends_at > was.ends_at, moved);
            assert!(is.ends_at >= was.ends_at);
            assert_eq!(is.activated_at, was.activated_at);
            assert!(is.issues >= was.issues && is.credentials_until >= was.credentials_until);
        }
        assert_eq!(after.ask(), before.ask());
        assert_eq!(after.facts(), before.facts());
        assert_eq!(after.route(), before.route());
        for record in step.sessions() {
            assert_eq!(record.id.request(), after.id());
            self.records.insert(record.id.clone(), record.clone());
        }
        self.entries.extend_from_slice(step.entries());
        self.request = after.clone();
    }

    /// What is true of every request at every time.
    pub(super) fn must_hold(&self, scene: &Scene) {
        let request = &self.request;
        assert_eq!(
            request.version(),
            u64::try_from(self.entries.len()).unwrap()
        );
        assert_eq!(
            audit::verify(request.id(), &self.entries, request.head()),
            Ok(())
        );
        let over = far(request.status().word()) == 4;
        // A session that turned up after the close is followed to its verdict all the same.
        let settled = self
            .records
            .values()
            .all(|record| !record.lives() && record.log.is_final());
        let followed = request.status().word() == StatusWord::Closed && !settled;
        let rechecked = matches!(
            request.status(),
            Status::Closed {
                recheck_at: Some(_),
                ..
            }
        );
        let due = request.due_at(&scene.pace).is_some();
        assert!(due || over);
        assert!(!due || !over || followed || rechecked);
        // Where nothing was ever issued, only a listing that cannot be would show a session.
        assert!(due || !followed || request.status().grant().is_none());
        if let Status::Closed { grant: Some(_), .. } = request.status() {
            let at_close = |record: &&SessionRecord| {
                let seen = format!("\"session_seen\",\"session\":\"{}\"", record.id);
                let closed = self
                    .entries
                    .iter()
                    .position(|entry| entry.event.word() == "closed");
                let mut before = self.entries.iter().take(closed.unwrap());
                before.any(|entry| crate::canonical::encode(entry).contains(&seen))
            };
            for record in self.records.values().filter(at_close) {
                assert!(!record.lives() && record.log.is_final(), "{record:?}");
            }
        }
        let stored = serde_json::to_string(request).unwrap();
        assert_eq!(&serde_json::from_str::<Request>(&stored).unwrap(), request);
    }

    fn session(&self, n: u8) -> SessionId {
        format!("{}-0{n}", self.request.id()).parse().unwrap()
    }

    fn seen(&self, listing: &Listing) -> Seen {
        let listed = |id, state| ListedSession {
            id,
            owner: "arn:aws:sts::111122223333:assumed-role/Access/x".to_owned(),
            instance: WEB.rsplit('/').next().unwrap().to_owned(),
            document: "Postern-Shell-1".to_owned(),
            started_at: start(),
            state,
        };
        let mut sessions: Vec<ListedSession> = listing
            .sessions
            .iter()
            .map(|(n, state)| {
                let state = match state {
                    Listed::Active => ListedState::Active,
                    Listed::Going => ListedState::History { ended_at: None },
                    Listed::Gone => ListedState::History {
                        ended_at: Some(self.now),
                    },
                };
                listed(self.session(*n), state)
            })
            .collect();
        // One of another request is always in the listing, and never anybody's business here.
        sessions.push(listed(FOREIGN.parse().unwrap(), ListedState::Active));
        let object = LogObject {
            key: "x.log".to_owned(),
            size: 9,
            etag: "e".to_owned(),
            version: None,
            stored_at: self.now,
        };
        let landed = LogLook::Listed(LogListing {
            versions: vec![object],
            deleted: false,
        });
        let logs = (0..4)
            .filter(|_| listing.logs)
            .map(|n| (self.session(n), landed.clone()));
        Seen {
            sessions,
            complete: listing.complete,
            logs: logs.collect(),
        }
    }

    fn look(&self, scene: &Scene, seen: &Seen) -> Look {
        let records: Vec<SessionRecord> = self.records.values().cloned().collect();
        let look = sweep::look(&self.request, &records, seen, self.now, &scene.pace);
        let may_end = matches!(
            self.request.status().word(),
            StatusWord::Ending | StatusWord::Closed
        );
        for eviction in &look.evictions {
            let of: SessionId = eviction.session().parse().unwrap();
            assert!(may_end && of.request() == self.request.id());
        }
        look
    }

    /// Lets the sweeper alone bring it to its end, with everything gone and no log ever coming.
    /// Answers how many looks that took.
    pub(super) fn rest(&mut self, scene: &Scene) -> u32 {
        let mut looks = 0;
        while let Some(due) = self.request.due_at(&scene.pace) {
            self.now = self.now.max(due);
            if let Some(step) = sweep::due(&self.request, self.now, &scene.pace) {
                self.record(step);
                continue;
            }
            let known: Vec<u8> = (0..4)
                .filter(|n| self.records.contains_key(&self.session(*n)))
                .collect();
            let sessions = known.iter().map(|n| (*n, Listed::Gone)).collect();
            let mut seen = self.seen(&Listing {
                sessions,
                complete: true,
                logs: false,
            });
            seen.logs = known
                .iter()
                .map(|n| (self.session(*n), LogLook::Listed(LogListing::default())))
                .collect();
            let step = self.look(scene, &seen).step.unwrap();
            let again = step.request().due_at(&scene.pace);
            assert!(
                again.is_none_or(|again| again > self.now),
                "the next look is later"
            );
            self.record(step);
            looks += 1;
            assert!(looks <= 1_000, "it never comes to rest");
        }
        self.must_hold(scene);
        looks
    }
}

/// What of a status that is over never changes: all but when it is looked at again.
fn lasting(status: &Status) -> serde_json::Value {
    let mut status = serde_json::to_value(status).unwrap();
    for moves in ["look_at", "recheck_at"] {
        status.as_object_mut().unwrap().remove(moves);
    }
    status
}

fn terms(permit: &Permit) -> String {
    let end = permit.ends_at().iso_seconds();
    permit.policy().as_json().replace(&end, "the end")
}
