//! What must hold of a request whatever has gone wrong with it: read from the ledger and from the
//! account itself, past every function.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use rules::audit::{self, Entry, Event};
use rules::names::RequestId;
use rules::request::Request;
use rules::session::{SessionLife, SessionRecord};
use rules::status::Status;
use standin::Service;
use standin::ssm::SessionSnapshot;

use crate::scene::Scene;

/// How long a test waits for what must come.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
/// How many sweeps a request may take to close once nothing goes wrong any more.
const MOST_SWEEPS: usize = 20;
/// How far apart these sweeps are at least: what is due meanwhile is done late, as after an outage.
const APART: Duration = Duration::from_secs(10 * 60);

/// A request as it stands, with all that belongs to it.
pub(crate) struct Reckoning {
    pub(crate) request: Request,
    pub(crate) entries: Vec<Entry>,
    pub(crate) sessions: Vec<SessionRecord>,
    /// How often STS has made credentials for it.
    pub(crate) minted: usize,
}

impl Scene {
    /// Reads a request past every function, and checks what must always hold.
    ///
    /// # Panics
    /// When something does not hold.
    pub(crate) async fn reckon(&self, id: RequestId) -> Reckoning {
        let sdk = self.house().sdk_config_of(&self.world().admin_keys());
        let ledger = self.house().config().ground().ledger(&sdk.unwrap());
        let file = Box::pin(ledger.file(id)).await.unwrap();
        let file = file.expect("the request is on record");
        let reckoning = Reckoning {
            request: file.request,
            entries: Box::pin(ledger.entries(id)).await.unwrap(),
            sessions: file.sessions,
            minted: self.minted(id),
        };
        reckoning.holds_together();
        if matches!(reckoning.request.status(), Status::Closed { .. }) {
            reckoning.nothing_is_left(&self.sessions_of(id));
        }
        reckoning
    }

    /// Lets time pass, with a sweep now and then, until the request is closed; then reckons.
    ///
    /// # Panics
    /// When it does not close, or something does not hold.
    pub(crate) async fn settle(&self, id: RequestId) -> Reckoning {
        for _ in 0..MOST_SWEEPS {
            self.sweep().await;
            let reckoning = self.reckon(id).await;
            let pace = self.house().config().terms().pace;
            match reckoning.request.due_at(&pace) {
                Some(due_at) => self.advance(due_at.since(self.now()).max(APART)),
                None => return reckoning,
            }
        }
        panic!("{id} is still {:?}", self.reckon(id).await.request.status());
    }

    /// The sessions that there really are of a request.
    pub(crate) fn sessions_of(&self, id: RequestId) -> Vec<SessionSnapshot> {
        let owned = format!("/{id}");
        let mut sessions = self.world().sessions();
        sessions.retain(|session| session.owner.ends_with(&owned));
        sessions
    }

    /// How often STS has made credentials for a request. Each time must have had a record of its
    /// own before it.
    fn minted(&self, id: RequestId) -> usize {
        let id = id.to_string();
        let (mut recorded, mut minted) = (0, 0);
        for call in self.world().journal() {
            if !call.took_effect {
                continue;
            }
            if call.service == Service::Sts && call.parameters["RoleSessionName"] == id {
                minted += 1;
                assert!(minted <= recorded, "credentials of {id} without a record");
            }
            if call.service == Service::DynamoDb && call.operation == "TransactWriteItems" {
                let written = call.parameters.to_string();
                let begins = written.contains(r#"\"type\":\"issuing\""#);
                recorded += usize::from(begins && written.contains(&id));
            }
        }
        minted
    }
}

impl Reckoning {
    /// The words of the entries, in order.
    pub(crate) fn words(&self) -> Vec<&'static str> {
        self.entries
            .iter()
            .map(|entry| entry.event.word())
            .collect()
    }

    /// How many entries have this word.
    pub(crate) fn count(&self, word: &str) -> usize {
        self.words().iter().filter(|one| **one == word).count()
    }

    fn holds_together(&self) {
        let whole = audit::verify(self.request.id(), &self.entries, self.request.head());
        whole.expect("the audit chain is whole");
        for once in [
            "asked",
            "activated",
            "ended",
            "closed",
            "denied",
            "withdrawn",
            "lapsed",
        ] {
            let words = self.words();
            assert!(self.count(once) <= 1, "{once} more than once: {words:?}");
        }
        self.each_issue_has_one_outcome();
        self.nothing_is_said_twice_of_a_session();
    }

    /// One outcome, but for the issue that is under way.
    fn each_issue_has_one_outcome(&self) {
        let mut outcomes: BTreeMap<u32, usize> = BTreeMap::new();
        for entry in &self.entries {
            if let Event::Issuing { issue, .. } = entry.event {
                assert_eq!(outcomes.insert(issue, 0), None, "issue {issue} began twice");
            }
            if let Event::Issued { issue, .. }
            | Event::IssueFailed { issue, .. }
            | Event::IssueOrphaned { issue } = entry.event
            {
                *outcomes.get_mut(&issue).expect("an issue that has begun") += 1;
            }
        }
        let grant = self.request.status().grant();
        let open = grant.and_then(|grant| grant.issuing.as_ref());
        for (issue, outcomes) in outcomes {
            let under_way = open.is_some_and(|open| open.issue == issue);
            assert_eq!(outcomes, usize::from(!under_way), "{:?}", self.words());
        }
    }

    fn nothing_is_said_twice_of_a_session(&self) {
        let mut said = BTreeSet::new();
        // After the close a log is looked at again, and may be judged anew.
        let closed = |entry: &&Entry| matches!(entry.event, Event::Closed {});
        for entry in self.entries.iter().take_while(|entry| !closed(entry)) {
            if let Event::SessionSeen { session, .. }
            | Event::SessionOver { session, .. }
            | Event::LogJudged { session, .. } = &entry.event
            {
                let word = entry.event.word();
                assert!(
                    said.insert((word, session)),
                    "{word} twice: {:?}",
                    self.words()
                );
            }
        }
    }

    /// Of what there really was of a request that is closed, nothing lives, and everything is on
    /// record with a final verdict on its log.
    fn nothing_is_left(&self, sessions: &[SessionSnapshot]) {
        for session in sessions {
            assert!(session.status.is_over(), "{session:?}");
            let record = self
                .sessions
                .iter()
                .find(|record| record.id.to_string() == session.id);
            let record = record.unwrap_or_else(|| panic!("{} is not on record", session.id));
            assert!(
                matches!(record.life, SessionLife::Over { .. }),
                "{record:?}"
            );
            assert!(record.log.is_final(), "{record:?}");
        }
    }
}
