//! How every schedule ends: the weather clears, and sweeps come now and then until all is closed.

use std::time::Duration;

use postern_local::people::Person::Omar;
use rules::names::RequestId;
use rules::status::StatusWord;
use rules::wire::EntriesView;
use standin::ssm::EndCause;

use super::Tally;
use super::act::Act;
use super::belief::Life;
use super::play::Play;
use super::weather::Weather;

/// How far apart these sweeps are.
const APART: Duration = Duration::from_secs(5 * 60);
/// How many sweeps it takes after the last grant is over, its credentials have expired, and the wait
/// for stragglers is over: one that ends sessions, one that sees them gone and looks for their logs,
/// one that closes, and one to spare for a look that was put off.
const MOST_SWEEPS: u32 = 4;

impl Play {
    /// Brings everything to its end, and looks at all of it once more.
    ///
    /// # Panics
    /// When something does not hold, or does not come to its end.
    pub(super) async fn end(mut self) -> Tally {
        self.held.clear();
        let clears = [
            Weather::Clear,
            Weather::Lag { millis: 0 },
            Weather::Pages { most: None },
        ];
        for weather in clears {
            self.sky.turn(self.scene.world(), &weather);
        }
        for grant in &mut self.grants {
            if grant.life == Life::Approved {
                let never = self.scene.as_(Omar).does("revoke", grant.id).await;
                never.must_be(200);
                grant.life = Life::NeverBegan;
            }
        }
        let last = self.grants.iter().filter_map(|grant| match grant.life {
            Life::Runs { ends_at } => Some(ends_at),
            // No credentials are valid for more than an hour.
            Life::EndedEarly { at, .. } => Some(at.plus(Duration::from_secs(60 * 60))),
            Life::Approved | Life::NeverBegan => None,
        });
        let settle = self.scene.house().config().terms().pace.settle;
        let quiet_at = last.max().unwrap_or(self.now()).plus(settle);
        let mut left = MOST_SWEEPS;
        while left > 0 {
            left -= u32::from(quiet_at <= self.now());
            Box::pin(self.act(&Act::Sweep)).await;
            Box::pin(self.must_hold(&Act::Sweep)).await;
            self.scene.advance(APART);
            if self.not_closed().await.is_empty() {
                break;
            }
        }
        assert_eq!(
            self.not_closed().await,
            [],
            "after {MOST_SWEEPS} more sweeps"
        );
        for grant in &self.grants {
            let entries: EntriesView = self.scene.entries(grant.id).await;
            assert!(entries.whole, "the trail of {}", grant.id);
            // Of what is closed nothing lives, and every session of it is on record and judged.
            Box::pin(self.scene.reckon(grant.id)).await;
        }
        let ended = |cause| cause == Some(EndCause::Terminated);
        let sessions = self.scene.world().sessions();
        self.tally.ended = sessions.iter().filter(|one| ended(one.cause)).count();
        self.tally
    }

    /// The requests that are not closed.
    async fn not_closed(&self) -> Vec<(RequestId, StatusWord)> {
        let mut open = Vec::new();
        for grant in &self.grants {
            let status = self.scene.status(grant.id).await;
            if status != StatusWord::Closed {
                open.push((grant.id, status));
            }
        }
        open
    }
}
