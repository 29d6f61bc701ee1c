//! The sweeper: ends what is over, and follows each session's log to a verdict.
//!
//! A run is given a window of about a minute. In it the sweeper works in rounds: it reads what is
//! due within the window, waits for the exact moment of whatever comes next, and looks at the index
//! again every two seconds for what was added meanwhile, such as a grant that was revoked. One
//! round has three parts, in this order:
//!
//! 1. *The clock.* Every due request takes the steps that time alone calls for.
//! 2. *The sight.* One listing of the open sessions of each place that matters, taken after the
//!    steps of part 1 were recorded, so that no session is older than what was seen.
//! 3. *The look.* For each request that is ending, what was seen is judged by the rules; their step
//!    is recorded, and only then are its sessions terminated. Credentials of a grant that was
//!    ended early are denied after that, on every look until they have expired: terminating works
//!    at once and IAM takes its time (AWS-FACTS 5.3).
//!
//! Sweeps may overlap, be late, be killed or run twice: every step is recorded under the condition
//! that nothing has changed, a lost race is left to the winner, and nothing is kept between runs.
//! One request that cannot be read or handled never stops the others; it is told in the report,
//! and one whose record is damaged is taken off the index until somebody has looked at it.

mod report;
mod round;
mod sight;

use std::collections::BTreeSet;
use std::time::Duration;

use rules::moment::Moment;
use rules::pace::Pace;
use rules::place::Places;

pub use self::report::{Report, Trouble};
use self::round::Round;
use crate::clock::Clock;
use crate::iam::Iam;
use crate::ledger::Ledger;
use crate::s3::S3Logs;
use crate::ssm::Ssm;

/// How long a run waits at most before it reads the index again.
const GLANCE: Duration = Duration::from_secs(2);

/// Ends what is over. The only part of Postern that terminates sessions and denies credentials.
#[derive(Debug)]
pub struct Sweeper {
    places: Places,
    pace: Pace,
    ledger: Ledger,
    ssm: Ssm,
    s3: S3Logs,
    iam: Iam,
    clock: Clock,
}

/// The services that a sweeper calls.
#[derive(Debug)]
pub struct Reach {
    /// Lists and ends sessions.
    pub ssm: Ssm,
    /// Looks for logs.
    pub s3: S3Logs,
    /// Denies credentials.
    pub iam: Iam,
}

impl Sweeper {
    /// A sweeper over a ledger and the services it calls.
    #[must_use]
    pub fn new(places: Places, pace: Pace, ledger: Ledger, reach: Reach, clock: Clock) -> Self {
        let Reach { ssm, s3, iam } = reach;
        Self {
            places,
            pace,
            ledger,
            ssm,
            s3,
            iam,
            clock,
        }
    }

    /// Sweeps until the window is over: at least one round, whatever the time.
    ///
    /// It never fails. What went wrong stands in the report, and the next run meets it again.
    pub async fn run(&self, until: Moment) -> Report {
        let mut report = Report::default();
        loop {
            let next = Box::pin(Round::new(self, until, &mut report).run()).await;
            if report.rounds == 1 {
                // Once a run is often enough, and what is due comes first.
                Box::pin(self.watch(&mut report)).await;
                Box::pin(self.forgive(&mut report)).await;
            }
            let now = self.clock.now();
            if now >= until {
                return report;
            }
            let again = now.plus(GLANCE).min(until);
            self.clock
                .sleep_until(next.map_or(again, |next| next.min(again)))
                .await;
        }
    }

    /// Takes entries off the deny lists whose credentials have expired.
    async fn forgive(&self, report: &mut Report) {
        let mut roles = BTreeSet::new();
        for place in self.places.iter() {
            // Places in several Regions of one account may share a role, and roles have no Region.
            if roles.insert(place.access_role.to_string())
                && let Err(fault) = self.iam.prune(place, self.clock.now()).await
            {
                report.trouble(None, &fault);
            }
        }
    }
}
