//! The weather: how SSM and IAM are for a while.

use proptest::prelude::*;
use proptest::sample::select;
use standin::faults::{FaultKind, FaultRule, RuleId};
use standin::{Service, World};

/// One thing that the weather can turn to. What it was of the same sort before is over.
#[derive(Debug, Clone)]
pub(super) enum Weather {
    /// No call fails.
    Clear,
    /// Calls of a sweep fail so, with this chance.
    Failing { how: Failing, chance: f64 },
    /// Listings lag.
    Lag { millis: u32 },
    /// A page of a listing looks at no more than so many sessions.
    Pages { most: Option<usize> },
    /// What AWS does not say of ends (AWS-FACTS 2.8): how ending what is gone is answered, where a
    /// session is listed that is ending, and for how long it is.
    Ends {
        gone_fails: bool,
        in_history: bool,
        millis: u32,
    },
}

/// How calls fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failing {
    /// SSM says that calls come too fast.
    Throttled,
    /// SSM answers that it has failed.
    Broken,
    /// SSM does what it is told, and the answer is lost.
    Lost,
    /// IAM refuses to write the deny list.
    Undeniable,
}

/// The calls to SSM that only sweeps make.
const OF_SWEEPS: [&str; 2] = ["DescribeSessions", "TerminateSession"];

impl Weather {
    pub(super) fn any() -> impl Strategy<Value = Self> {
        let how = select(vec![
            Failing::Throttled,
            Failing::Broken,
            Failing::Lost,
            Failing::Undeniable,
        ]);
        prop_oneof![
            4 => Just(Self::Clear),
            4 => (how, select(vec![0.2, 0.5, 1.0]))
                .prop_map(|(how, chance)| Self::Failing { how, chance }),
            2 => (0_u32..=8_000).prop_map(|millis| Self::Lag { millis }),
            1 => select(vec![None, Some(2), Some(3), Some(5)]).prop_map(|most| Self::Pages { most }),
            2 => (any::<bool>(), any::<bool>(), select(vec![0, 1_500, 10_000]))
                .prop_map(|(gone_fails, in_history, millis)| Self::Ends {
                    gone_fails,
                    in_history,
                    millis,
                }),
        ]
    }
}

/// What the weather is now.
#[derive(Debug, Default)]
pub(super) struct Sky {
    rules: Vec<RuleId>,
    pub(super) lag_millis: u32,
}

impl Sky {
    pub(super) fn turn(&mut self, world: &World, weather: &Weather) {
        match *weather {
            Weather::Clear => self.clear(world),
            Weather::Failing { how, chance } => {
                self.clear(world);
                self.fail(world, how, chance);
            }
            Weather::Lag { millis } => {
                self.lag_millis = millis;
                world.change_session_habits(|habits| habits.listing_lag_millis = millis);
            }
            Weather::Pages { most } => {
                world.change_session_habits(|habits| habits.largest_session_page = most);
            }
            Weather::Ends {
                gone_fails,
                in_history,
                millis,
            } => world.change_session_habits(|habits| {
                habits.terminating_the_gone_fails = gone_fails;
                habits.terminating_in_history = in_history;
                habits.terminating_millis = millis;
            }),
        }
    }

    fn clear(&mut self, world: &World) {
        for rule in self.rules.drain(..) {
            world.faults().remove(rule);
        }
    }

    fn fail(&mut self, world: &World, how: Failing, chance: f64) {
        let fail = |status, code: &str| FaultKind::Fail {
            status,
            code: code.to_owned(),
        };
        let (service, operations, kind): (_, &[&str], _) = match how {
            Failing::Throttled => (Service::Ssm, &OF_SWEEPS, FaultKind::Throttle),
            Failing::Broken => (Service::Ssm, &OF_SWEEPS, fail(500, "InternalServerError")),
            Failing::Lost => (Service::Ssm, &OF_SWEEPS, FaultKind::TimeoutAfterEffect),
            // Of a kind that the SDK does not repeat, which would take its time.
            Failing::Undeniable => (
                Service::Iam,
                &["PutRolePolicy"],
                fail(403, "AccessDeniedException"),
            ),
        };
        for operation in operations {
            let rule = FaultRule {
                probability: Some(chance),
                ..FaultRule::always(service, *operation, kind.clone())
            };
            self.rules.push(world.faults().inject(rule));
        }
    }
}
