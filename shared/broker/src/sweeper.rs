//! The sweeper: ends what is over, and follows each session's log to a verdict.
//!
//! A run is given a window of about a minute. In it several things go on side by side:
//!
//! 1. *The clock* (`dispatch`). The index of due work is read every second, and whenever the next
//!    thing in it falls due. Every due request takes the steps that time alone calls for; one that
//!    is ending goes to its place.
//! 2. *The end* (`ending`), for each place by itself. One listing of all that is open there, taken
//!    after the steps of part 1 were recorded, serves every request that waits; what was seen is
//!    judged by the rules, their step is recorded, and only then are sessions terminated.
//!    Credentials of a grant that was ended early are denied after that, until they have expired:
//!    terminating works at once and IAM takes its time (AWS-FACTS 5.3).
//! 3. *The past* (`following`), for each place by itself. Sessions that are gone from the listing
//!    are looked for in the history, and logs in S3. Its calls leave enough of the place's call
//!    rate for part 2. Once a run it looks at all that is open (`watching`): sessions of running
//!    grants are put on record, and those that no grant covers are told of.
//! 4. *The outbox* (`outbox`). What has been recorded is put on the event bus.
//!
//! At the end of a run the heads of all chains that have grown go into a checkpoint.
//!
//! Places do not wait for each other: one that cannot be reached delays its own work and is told in
//! the report. A run takes no more of one place in hand than it can deal with, so work that does
//! not fit is left due, oldest first, and hides nothing of other places.
//!
//! Runs may overlap, be late, be killed or come twice: every step is recorded under the condition
//! that nothing has changed, a lost race is left to the winner, and nothing is kept between runs.
//! One request that cannot be read or handled never stops the others; it is told in the report,
//! and one whose record is damaged is taken off the index until somebody has looked at it.

mod arrival;
mod checkpoint;
mod denying;
mod dispatch;
mod ending;
mod following;
mod outbox;
mod report;
mod site;
mod steps;
mod watching;

use std::time::Duration;

use rules::moment::Moment;
use rules::pace::Pace;
use rules::place::Places;

pub use self::report::{Report, Trouble};
use self::site::Run;
use crate::bus::Bus;
use crate::clock::Clock;
use crate::iam::Iam;
use crate::ledger::Ledger;
use crate::s3::{Evidence, S3Logs};
use crate::ssm::Ssm;

/// How long a run waits at most before it looks again for what has been added.
const GLANCE: Duration = Duration::from_secs(1);
/// How long after its window a run still begins on something: it must end before its function is
/// killed, though being killed does no harm.
const OVERTIME: Duration = Duration::from_secs(5);

/// Ends what is over. The only part of Postern that terminates sessions and denies credentials.
#[derive(Debug)]
pub struct Sweeper {
    places: Places,
    pace: Pace,
    ledger: Ledger,
    ssm: Ssm,
    s3: S3Logs,
    iam: Iam,
    bus: Bus,
    evidence: Option<EvidencePlan>,
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
    /// Takes events.
    pub bus: Bus,
    /// Keeps checkpoints, where there is a place for them.
    pub evidence: Option<EvidencePlan>,
}

/// Where checkpoints are kept, of what, and how often one is made.
#[derive(Debug)]
pub struct EvidencePlan {
    /// The bucket.
    pub bucket: Evidence,
    /// The name of the deployment in its checkpoints: account and table.
    pub deployment: String,
    /// How long after one checkpoint the next is made, where any chain has grown.
    pub every: Duration,
}

impl Sweeper {
    /// A sweeper over a ledger and the services it calls.
    #[must_use]
    pub fn new(places: Places, pace: Pace, ledger: Ledger, reach: Reach, clock: Clock) -> Self {
        let Reach {
            ssm,
            s3,
            iam,
            bus,
            evidence,
        } = reach;
        Self {
            places,
            pace,
            ledger,
            ssm,
            s3,
            iam,
            bus,
            evidence,
            clock,
        }
    }

    /// Sweeps until the window is over: everything at least once, whatever the time.
    ///
    /// It never fails. What went wrong stands in the report, and the next run meets it again.
    pub async fn run(&self, until: Moment) -> Report {
        let run = Run::new(self, until);
        Box::pin(run.work()).await;
        run.into_report()
    }
}

impl Run<'_> {
    async fn work(&self) {
        let sites: Vec<_> = self
            .sites()
            .map(|site| Box::pin(self.work_at(site)))
            .collect();
        let sites = futures_util::future::join_all(sites);
        let work = async {
            futures_util::future::join(Box::pin(self.dispatch()), sites).await;
            self.finish();
        };
        futures_util::future::join(work, Box::pin(self.drain())).await;
        Box::pin(self.checkpoint()).await;
        Box::pin(self.forgive()).await;
    }
}
