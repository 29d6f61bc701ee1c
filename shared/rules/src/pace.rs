//! How long Postern waits for things, apart from what a policy says.

use std::time::Duration;

use crate::moment::Moment;

/// How many times as old a closed request is at each look as it was at the one before.
const OLDER: u32 = 4;

/// The waits that the rules use. All are settings of a deployment; the defaults suit AWS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// How long an approval may be activated.
    pub activate_within: Duration,
    /// How old an issue without an outcome must be before it counts as orphaned. Longer than any
    /// function may run, so that a live one is never taken for dead.
    pub orphan_after: Duration,
    /// How long after the last moment at which anybody could open a session Postern still looks:
    /// listings lag behind by an unknown number of seconds (AWS-FACTS 2.11).
    pub settle: Duration,
    /// How long after the end of a session its log may arrive and count as in time. The agent
    /// uploads once, after the end (AWS-FACTS 3.4).
    pub log_grace: Duration,
    /// How long after the end of a session its log is given up.
    pub log_missing: Duration,
    /// How long after the close of a request its logs are looked at again. Each further look comes
    /// when the request is four times as old as it was at the one before.
    pub recheck_after: Duration,
    /// How old a closed request is when its logs are no longer looked at; before the bucket's
    /// life-cycle rules take them away. Nothing at all makes the first look the only one.
    pub recheck_until: Duration,
    /// How long before its end a grant is said to end. Nothing at all: never.
    pub remind_before: Duration,
    /// How far ahead access may be asked for.
    pub starts_within: Duration,
    /// The most requests of one person that may wait for an answer at once.
    pub most_pending: usize,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            activate_within: Duration::from_secs(4 * 60 * 60),
            orphan_after: Duration::from_secs(60),
            settle: Duration::from_secs(30),
            log_grace: Duration::from_secs(5 * 60),
            log_missing: Duration::from_secs(60 * 60),
            recheck_after: Duration::from_secs(60 * 60),
            recheck_until: Duration::from_secs(30 * 24 * 60 * 60),
            remind_before: Duration::from_secs(5 * 60),
            starts_within: Duration::from_secs(7 * 24 * 60 * 60),
            most_pending: 10,
        }
    }
}

impl Pace {
    /// When the logs of a request that was closed then are looked at next after `now`.
    #[must_use]
    pub fn next_recheck(&self, closed_at: Moment, now: Moment) -> Option<Moment> {
        let age = now.since(closed_at);
        let mut next = self.recheck_after.max(Duration::from_secs(1));
        while next <= age {
            next = next.saturating_mul(OLDER);
        }
        (next <= self.recheck_until).then(|| closed_at.plus(next))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_is_looked_at_again_ever_less_often_and_at_last_no_more() {
        let pace = Pace::default();
        let closed_at = Moment::from_seconds(1_795_510_800);
        let mut now = closed_at;
        let mut hours = Vec::new();
        while let Some(next) = pace.next_recheck(closed_at, now) {
            assert!(next > now);
            now = next;
            hours.push(now.since(closed_at).as_secs() / 3_600);
        }
        assert_eq!(hours, [1, 4, 16, 64, 256]);
        let never = Pace {
            recheck_until: Duration::ZERO,
            ..pace
        };
        assert_eq!(never.next_recheck(closed_at, closed_at), None);
    }
}
