//! Sweeps: one, two at once, killed in a call, held in a call and let go later.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use broker::sweeper::Report;
use postern_local::house::Function;
use proptest::sample::Index;
use rules::moment::Moment;
use standin::faults::{FaultKind, FaultRule, Gate};
use tokio::time::timeout;

use super::act::Point;
use super::belief::Swept;
use super::play::Play;
use crate::trouble::reckoning::PATIENCE;

/// How long a sweep is watched that has a window to wait for: the clock stands still meanwhile.
const GLANCE: Duration = Duration::from_millis(150);
/// The most sweeps that are held at once.
const MOST_HELD: usize = 2;

type Run = Pin<Box<dyn Future<Output = Report>>>;

/// A sweep that goes no further until it is let go.
pub(super) struct Held {
    run: Run,
    gate: Arc<Gate>,
    until: Moment,
}

/// How far a sweep came.
enum Came {
    /// To its end.
    Through(Report),
    /// To the gate, or it waits for the time.
    ThisFar(Held),
}

impl Play {
    pub(super) async fn sweep(&mut self) {
        let may_deny = self.sweeps.lease_is_free(self.now());
        let report = Box::pin(self.run(self.now())).await;
        self.note(&[report], may_deny);
    }

    pub(super) async fn sweep_twice(&mut self) {
        let (one, other) = (self.run(self.now()), self.run(self.now()));
        let (one, other) = Box::pin(async { tokio::join!(one, other) }).await;
        self.note(&[one, other], false);
    }

    pub(super) async fn kill_sweep(&mut self, at: Point) {
        let may_deny = self.sweeps.lease_is_free(self.now());
        match Box::pin(self.run_to(at, Duration::ZERO)).await {
            Came::Through(report) => self.note(&[report], may_deny),
            Came::ThisFar(held) => {
                drop(held);
                self.tally.killed += 1;
                self.left_off(Duration::ZERO);
            }
        }
    }

    pub(super) async fn hold_sweep(&mut self, at: Point, window: Duration) {
        if self.held.len() >= MOST_HELD {
            return;
        }
        let may_deny = self.sweeps.lease_is_free(self.now());
        match Box::pin(self.run_to(at, window)).await {
            Came::Through(report) => self.note(&[report], may_deny),
            Came::ThisFar(held) => {
                self.held.push(held);
                self.left_off(window);
            }
        }
    }

    /// Lets a held sweep go on to the end of its window.
    pub(super) async fn let_go(&mut self, which: Index) {
        if self.held.is_empty() {
            return;
        }
        let Held { run, gate, until } = self.held.swap_remove(which.index(self.held.len()));
        gate.open();
        if self.now() < until {
            self.scene.advance_to(until);
        }
        let report = timeout(PATIENCE, run).await;
        report.expect("a sweep that is let go comes to its end");
        self.tally.resumed += 1;
        self.left_off(Duration::ZERO);
    }

    /// A sweep by a function that has just started: nothing is kept between runs.
    fn run(&self, until: Moment) -> Run {
        let house = self.scene.house();
        let sdk = house.sdk_config(Function::Sweeper);
        let sweeper = house.config().ground().sweeper(sdk, house.clock().clone());
        let sweeper = sweeper.expect("the place is served");
        Box::pin(async move { Box::pin(sweeper.run(until)).await })
    }

    async fn run_to(&self, at: Point, window: Duration) -> Came {
        let gate = Gate::new();
        let pause = FaultKind::Pause(gate.clone(), at.moment);
        let rule = FaultRule {
            operation: None,
            ..FaultRule::once(at.service, "", pause).after_skipping(at.skipping)
        };
        let faults = self.scene.world().faults();
        let rule = faults.inject(rule);
        let until = self.now().plus(window);
        let mut run = self.run(until);
        let patience = if window.is_zero() { PATIENCE } else { GLANCE };
        let came = timeout(patience, async {
            tokio::select! {
                biased;
                report = &mut run => Some(report),
                () = gate.wait_for_arrivals(1) => None,
            }
        });
        let report = came.await.ok().flatten();
        faults.remove(rule);
        match report {
            Some(report) => Came::Through(report),
            None => Came::ThisFar(Held { run, gate, until }),
        }
    }

    /// What sweeps say that went on to their end, at this moment.
    fn note(&mut self, reports: &[Report], may_deny: bool) {
        let clean = reports.iter().all(|report| {
            report.troubles.is_empty() && report.lost_races == 0 && report.backlog == 0
        });
        match clean {
            true => self.tally.clean += 1,
            false => self.tally.troubled += 1,
        }
        self.sweeps.note(Swept {
            at: self.now(),
            clean,
            may_deny,
            lag: self.lag(),
        });
    }

    /// A sweep has done some of its work, and perhaps more of it is to come.
    fn left_off(&mut self, window: Duration) {
        let now = self.now();
        self.sweeps.lease_may_be_lost(now, window);
        self.sweeps.note(Swept {
            at: now,
            clean: false,
            may_deny: false,
            lag: self.lag(),
        });
    }
}
