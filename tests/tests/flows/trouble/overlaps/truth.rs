//! What must hold after every act: what AWS says of the sessions, and the ledger of the requests.

use postern_local::people::Person::Ada;
use rules::moment::Moment;
use rules::status::StatusWord;
use rules::wire::RequestList;
use standin::Service;
use standin::ssm::{EndCause, SessionSnapshot};

use super::act::Act;
use super::belief::{Grant, Life};
use super::play::Play;
use crate::scene::of;

impl Play {
    /// # Panics
    /// When something does not hold.
    pub(super) async fn must_hold(&mut self, act: &Act) {
        self.nobody_is_told_to_end_what_runs(act);
        let sessions = self.scene.world().sessions();
        for session in &sessions {
            self.no_live_session_is_cut(session, act);
        }
        if matches!(
            act,
            Act::Sweep | Act::SweepTwice | Act::KillSweep { .. } | Act::HoldSweep { .. }
        ) {
            for session in sessions.iter().filter(|one| one.status.is_usable()) {
                self.nothing_goes_on(session, act);
            }
        }
        self.the_ledger_agrees(&sessions, act).await;
    }

    fn grant_of(&self, session: &str) -> &Grant {
        let of = |grant: &&Grant| session.starts_with(&grant.id.to_string());
        let grant = self.grants.iter().find(of);
        grant.unwrap_or_else(|| panic!("{session} is nobody's"))
    }

    /// SSM is not even told to end a session whose own grant runs.
    fn nobody_is_told_to_end_what_runs(&self, act: &Act) {
        for call in self
            .scene
            .world()
            .calls_of(Service::Ssm, "TerminateSession")
        {
            let id = call.parameters["SessionId"].as_str().unwrap_or_default();
            let at = Moment::from_millis(call.at_millis);
            let over_at = self.grant_of(id).over_at(self.now());
            assert!(
                over_at.is_some_and(|over_at| over_at <= at),
                "{id} was to be ended at {at}, its grant {over_at:?}, by {act:?}"
            );
        }
    }

    /// A session that was ended, was ended after its own grant.
    fn no_live_session_is_cut(&self, session: &SessionSnapshot, act: &Act) {
        if session.cause != Some(EndCause::Terminated) {
            return;
        }
        let over_at = self.grant_of(&session.id).over_at(self.now());
        let ended_at = session.ended_millis.map_or(self.now(), Moment::from_millis);
        assert!(
            over_at.is_some_and(|over_at| over_at <= ended_at),
            "{session:?}: its grant is over at {over_at:?}, by {act:?}"
        );
    }

    /// A session that could be ended is.
    fn nothing_goes_on(&mut self, session: &SessionSnapshot, act: &Act) {
        let Some(over_at) = self.grant_of(&session.id).over_at(self.now()) else {
            return;
        };
        let started_at = Moment::from_millis(session.started_millis);
        assert!(
            !self.sweeps.owe_the_end(over_at, started_at),
            "{session:?} goes on at {}, its grant is over at {over_at}, by {act:?}",
            self.now()
        );
        self.tally.left += 1;
    }

    async fn the_ledger_agrees(&self, sessions: &[SessionSnapshot], act: &Act) {
        let list = self
            .scene
            .as_(Ada)
            .get("/v1/requests?view=all&limit=100")
            .await;
        let list: RequestList = list.must_be(200).read();
        assert_eq!(list.requests.len(), self.grants.len());
        for view in list.requests {
            let grant = self.grants.iter().find(|grant| grant.id == view.id);
            let grant = grant.expect("nobody else asks");
            let fits = match grant.life {
                Life::Approved => view.status == StatusWord::Approved,
                Life::NeverBegan => view.status == StatusWord::Closed,
                Life::Runs { .. } if grant.runs(self.now()) => view.status == StatusWord::Active,
                Life::Runs { .. } => matches!(
                    view.status,
                    StatusWord::Active | StatusWord::Ending | StatusWord::Closed
                ),
                Life::EndedEarly { .. } => {
                    matches!(view.status, StatusWord::Ending | StatusWord::Closed)
                }
            };
            assert!(fits, "{:?} of {grant:?}, by {act:?}", view.status);
            if view.status == StatusWord::Closed {
                self.nothing_is_open_of(grant, sessions, act);
            }
        }
    }

    fn nothing_is_open_of(&self, grant: &Grant, sessions: &[SessionSnapshot], act: &Act) {
        let id = grant.id.to_string();
        for session in sessions.iter().filter(|one| one.id.starts_with(&id)) {
            assert!(
                session.status.is_over(),
                "{session:?} is open, {} is closed, by {act:?}",
                of(grant.id, "")
            );
        }
    }
}
