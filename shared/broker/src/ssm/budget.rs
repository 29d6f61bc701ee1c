//! How often a place's SSM is called.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// How often SSM may be called in one account and Region.
///
/// It allows six listings a second there and six endings, to everybody together (AWS-FACTS 0.7);
/// the default leaves most of them to others (AWS-FACTS 2.10).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallRate {
    /// How far apart calls are in the long run.
    pub every: Duration,
    /// How many calls may come at once after a rest; at least one.
    pub burst: u32,
}

impl Default for CallRate {
    fn default() -> Self {
        Self {
            every: Duration::from_millis(500),
            burst: 4,
        }
    }
}

/// Whether somebody's access lasts longer for want of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Haste {
    /// A session that is over is to be found and ended.
    Urgent,
    /// What is known to be open has been told to end, and there may be more that is not known. It
    /// leaves enough for two endings: grants end at whole seconds, and often together.
    Soon,
    /// What is gone already is followed up. It leaves as much.
    CanWait,
}

impl Haste {
    /// How many calls are kept back for what is more urgent.
    fn leaves(self) -> u32 {
        match self {
            Self::Urgent => 0,
            Self::Soon | Self::CanWait => 2,
        }
    }
}

/// A token bucket, kept as the time at which it would be full again.
#[derive(Debug)]
pub(super) struct Budget {
    rate: CallRate,
    full_at: Mutex<Option<Instant>>,
}

impl Budget {
    pub(super) fn new(rate: CallRate) -> Self {
        Self {
            rate,
            full_at: Mutex::new(None),
        }
    }

    /// Waits for one's turn. Urgent turns are given out in the order of asking; whoever is in less
    /// haste holds no turn while waiting, so that what is urgent goes before.
    pub(super) async fn take(&self, haste: Haste) {
        loop {
            let now = Instant::now();
            let turn = self.turn(now, haste);
            tokio::time::sleep_until(turn).await;
            if haste == Haste::Urgent || turn <= now {
                return;
            }
        }
    }

    /// Waits until it could be one's turn, without taking it.
    pub(super) async fn ready(&self, haste: Haste) {
        loop {
            let now = Instant::now();
            let turn = self.earliest(*self.full_at(), now, haste).1;
            if turn <= now {
                return;
            }
            tokio::time::sleep_until(turn).await;
        }
    }

    /// When the next call may be made, as seen at `now`. It is taken where that is now, or urgent.
    fn turn(&self, now: Instant, haste: Haste) -> Instant {
        let mut full_at = self.full_at();
        let (full, turn) = self.earliest(*full_at, now, haste);
        if haste == Haste::Urgent || turn <= now {
            *full_at = Some(full + self.rate.every);
        }
        turn
    }

    /// When the bucket is full, and when the next call may be made.
    fn earliest(&self, full_at: Option<Instant>, now: Instant, haste: Haste) -> (Instant, Instant) {
        let full = full_at.map_or(now, |at| at.max(now));
        let burst = self.rate.burst.saturating_sub(1);
        let slack = burst.saturating_sub(haste.leaves());
        let slack = self.rate.every.saturating_mul(slack);
        (full, full.checked_sub(slack).unwrap_or(now).max(now))
    }

    fn full_at(&self) -> MutexGuard<'_, Option<Instant>> {
        self.full_at.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// When each of `calls` asked for at once gets its turn, in milliseconds from `now`.
    fn turns(budget: &Budget, now: Instant, calls: usize) -> Vec<u128> {
        (0..calls)
            .map(|_| turn(budget, now, Haste::Urgent))
            .collect()
    }

    fn turn(budget: &Budget, now: Instant, haste: Haste) -> u128 {
        let turn = budget.turn(now, haste);
        turn.saturating_duration_since(now).as_millis()
    }

    #[test]
    fn what_can_wait_leaves_enough_for_what_is_urgent() {
        let now = Instant::now();
        let budget = Budget::new(CallRate::default());
        assert_eq!(turn(&budget, now, Haste::CanWait), 0);
        assert_eq!(turn(&budget, now, Haste::CanWait), 0);
        assert_eq!(turn(&budget, now, Haste::CanWait), 500);
        assert_eq!(turn(&budget, now, Haste::Soon), 500);
        // The bucket has given two; nobody who waits holds the others.
        assert_eq!(turns(&budget, now, 3), [0, 0, 500]);
    }

    #[test]
    fn a_burst_goes_at_once_and_the_rest_at_the_rate() {
        let now = Instant::now();
        let budget = Budget::new(CallRate::default());
        assert_eq!(turns(&budget, now, 7), [0, 0, 0, 0, 500, 1_000, 1_500]);
    }

    #[test]
    fn rest_earns_calls_up_to_the_burst_and_no_more() {
        let now = Instant::now();
        let budget = Budget::new(CallRate::default());
        turns(&budget, now, 4);
        assert_eq!(
            turns(&budget, now + Duration::from_millis(1_000), 3),
            [0, 0, 500]
        );
        assert_eq!(
            turns(&budget, now + Duration::from_secs(600), 5),
            [0, 0, 0, 0, 500]
        );
    }
}
