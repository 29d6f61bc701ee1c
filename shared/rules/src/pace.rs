//! How long Postern waits for things, apart from what a policy says.

use std::time::Duration;

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
            starts_within: Duration::from_secs(7 * 24 * 60 * 60),
            most_pending: 10,
        }
    }
}
