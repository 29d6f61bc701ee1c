//! Grants that overlap, in any order of acts, against a small model of what must be open.
//!
//! Two people hold several grants on two instances and do with them what they like, while sweeps
//! come late, twice at once, are killed in the middle of a call or held there until long after, and
//! SSM throttles, fails, lags and pages as it likes ([`act`]). The model ([`belief`]) knows when each
//! grant runs, and nothing of how a sweep works. After every act ([`truth`]), from AWS itself:
//!
//! - No session is told to end, and none is ended, while its own grant runs, whatever else of the
//!   same person on the same instance is over.
//! - A sweep that says that nothing went wrong leaves no session open that is over and was listed.
//!   It may leave one that an earlier sweep could not end or could not see yet, for as long as
//!   [`belief::longest_wait`] says: the bound.
//! - No credentials open a session at or after the end of their grant; those of a grant that was
//!   ended early, none once a sweep has denied them. Those of a running grant always do.
//! - A request that is closed has no session that is open.
//!
//! In the end the weather clears, and sweeping now and then brings every request to its close, with
//! every session judged and every chain whole, in so many sweeps ([`ending`]).

mod act;
mod belief;
mod ending;
mod play;
mod sweeps;
mod truth;
mod weather;

use std::ops::AddAssign;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{RngSeed, TestCaseError, TestRunner};

use self::act::{Schedule, schedules};
use self::play::Play;

/// The environment variable that says how many schedules are played.
const CASES: &str = "POSTERN_CASES";
/// How many are played where it does not say.
const USUAL_CASES: u32 = 24;
/// How many are played side by side: they wait, for the turn of a call, about as much as they work.
const SIDE_BY_SIDE: usize = 4;

/// What happened in the schedules, to show that they were not all idle.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    /// Sessions that were opened.
    opened: usize,
    /// Credentials that did not open one.
    refused: usize,
    /// Sessions of grants that were over, ended by a sweep.
    ended: usize,
    /// Sessions that a sweep had to leave open, for they were tried or overlooked before.
    left: usize,
    /// Sweeps by which nothing went wrong.
    clean: usize,
    /// Sweeps that met trouble, or lost a race.
    troubled: usize,
    /// Sweeps that were killed in a call.
    killed: usize,
    /// Sweeps that were held in a call and went on later.
    resumed: usize,
    /// Grants that were ended by somebody.
    ended_early: usize,
    /// Grants that were made longer.
    extended: usize,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.opened += other.opened;
        self.refused += other.refused;
        self.ended += other.ended;
        self.left += other.left;
        self.clean += other.clean;
        self.troubled += other.troubled;
        self.killed += other.killed;
        self.resumed += other.resumed;
        self.ended_early += other.ended_early;
        self.extended += other.extended;
    }
}

impl Tally {
    /// The least of all that must happen in the usual schedules.
    fn rarest(&self) -> usize {
        let all = [
            self.opened,
            self.refused,
            self.ended,
            self.left,
            self.clean,
            self.troubled,
            self.killed,
            self.resumed,
            self.ended_early,
            self.extended,
        ];
        all.into_iter().min().unwrap_or_default()
    }
}

#[test]
fn in_any_order_of_acts_no_live_session_is_cut_and_none_that_is_over_goes_on() {
    let cases = std::env::var(CASES).map_or(USUAL_CASES, |cases| {
        cases.parse().expect("`POSTERN_CASES` is a number")
    });
    let config = ProptestConfig {
        cases,
        rng_seed: RngSeed::Fixed(20_261_124),
        failure_persistence: None,
        max_shrink_iters: 40,
        ..ProptestConfig::default()
    };
    let mut runner = TestRunner::new(config);
    let strategy = schedules();
    let mut trees: Vec<_> = (0..cases)
        .map(|_| strategy.new_tree(&mut runner).expect("a schedule"))
        .collect();
    let waiting: Vec<_> = trees
        .iter()
        .map(|tree| tree.current())
        .enumerate()
        .collect();

    let waiting = Mutex::new(waiting.into_iter());
    let (tally, failed) = (Mutex::new(Tally::default()), Mutex::new(Vec::new()));
    std::thread::scope(|threads| {
        for _ in 0..SIDE_BY_SIDE {
            threads.spawn(|| {
                loop {
                    let next = waiting.lock().unwrap().next();
                    let Some((n, schedule)) = next else { return };
                    match catch_unwind(AssertUnwindSafe(|| played(&schedule))) {
                        Ok(happened) => *tally.lock().unwrap() += happened,
                        Err(_) => failed.lock().unwrap().push(n),
                    }
                }
            });
        }
    });
    let mut failed = failed.into_inner().unwrap();
    failed.sort_unstable();
    if let Some(n) = failed.first() {
        // Once more by itself, to make it smaller.
        let shrunk = runner.run_one(trees.swap_remove(*n), |schedule| {
            played(&schedule);
            Ok::<_, TestCaseError>(())
        });
        match shrunk {
            Err(fault) => panic!("schedules {failed:?} of {cases} failed, the first: {fault}"),
            Ok(_) => panic!("schedules {failed:?} of {cases} failed; by itself the first does not"),
        }
    }
    let tally = tally.into_inner().unwrap();
    println!("{cases} schedules: {tally:?}");
    assert!(
        cases < USUAL_CASES || tally.rarest() > 3,
        "too little happens: {tally:?}"
    );
}

/// Plays a schedule in a world of its own.
fn played(schedule: &Schedule) -> Tally {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(Box::pin(async {
        let mut play = Box::pin(Play::open(schedule.seed)).await;
        for act in &schedule.acts {
            Box::pin(play.act(act)).await;
            Box::pin(play.must_hold(act)).await;
        }
        Box::pin(play.end()).await
    }))
}
