//! What happens in a schedule. Whom or what an act is about is an index into what there is by then.

use std::time::Duration;

use postern_local::account::{WEB_7, WEB_8};
use postern_local::people::Person;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use standin::Service;
use standin::faults::Moment;

use super::weather::Weather;

/// Acts in their order, and what the dice of the weather begin with.
#[derive(Debug, Clone)]
pub(super) struct Schedule {
    pub(super) seed: u64,
    pub(super) acts: Vec<Act>,
}

/// One thing that happens.
#[derive(Debug, Clone)]
pub(super) enum Act {
    /// Somebody asks for a shell; the policy says yes.
    Ask {
        who: Person,
        instance: &'static str,
        seconds: u64,
        /// Whether credentials are issued at once, so that the grant runs.
        at_once: bool,
    },
    /// Credentials are issued for a request: the first, or others.
    Issue { request: Which },
    /// Whoever holds these credentials, however old, opens a session.
    Open { credentials: Which },
    /// A session is left by `exit`.
    Exit { session: Index },
    /// The requester wants the grant to last longer.
    Extend { request: Which, seconds: u64 },
    /// An operator revokes the grant.
    Revoke { request: Which },
    /// The requester gives the grant back.
    Release { request: Which },
    /// Time passes.
    Pass { by: Duration },
    /// Time passes until so long after the next end of a grant.
    PassToEnd { request: Index, over: Duration },
    /// A sweep.
    Sweep,
    /// Two sweeps at once.
    SweepTwice,
    /// A sweep that is killed in a call.
    KillSweep { at: Point },
    /// A sweep that has so long a window and is held in a call until it is let go.
    HoldSweep { at: Point, window: Duration },
    /// A sweep that was held goes on.
    LetGo { held: Index },
    /// The weather changes.
    Turn { weather: Weather },
}

/// Which of several: any of those whose grant runs, where there are such, or any at all.
#[derive(Debug, Clone)]
pub(super) struct Which {
    pub(super) index: Index,
    pub(super) runs: bool,
}

/// A call of a sweep: the so-manieth of a service.
#[derive(Debug, Clone, Copy)]
pub(super) struct Point {
    pub(super) service: Service,
    pub(super) skipping: u32,
    pub(super) moment: Moment,
}

/// Schedules that begin with three grants, two of them one person's on one instance.
pub(super) fn schedules() -> impl Strategy<Value = Schedule> {
    (any::<u64>(), vec(act(), 24..56)).prop_map(|(seed, acts)| {
        let first = [
            (Person::Anna, WEB_7, 300),
            (Person::Anna, WEB_7, 1_200),
            (Person::Cleo, WEB_7, 120),
        ];
        let first = first.map(|(who, instance, seconds)| Act::Ask {
            who,
            instance,
            seconds,
            at_once: true,
        });
        let acts = first.into_iter().chain(acts).collect();
        Schedule { seed, acts }
    })
}

fn act() -> impl Strategy<Value = Act> {
    let index = any::<Index>;
    let extend = (which(0.8), select(vec![15, 60, 600]));
    let to_end = (index(), select(vec![0, 1, 1_000, 4_000]));
    let hold = (point(), select(vec![0, 60]));
    prop_oneof![
        2 => ask(),
        4 => which(0.7).prop_map(|request| Act::Issue { request }),
        16 => which(0.7).prop_map(|credentials| Act::Open { credentials }),
        2 => index().prop_map(|session| Act::Exit { session }),
        3 => extend.prop_map(|(request, seconds)| Act::Extend { request, seconds }),
        2 => which(0.8).prop_map(|request| Act::Revoke { request }),
        2 => which(0.8).prop_map(|request| Act::Release { request }),
        8 => pass().prop_map(|by| Act::Pass { by }),
        4 => to_end.prop_map(|(request, over)| Act::PassToEnd {
            request,
            over: Duration::from_millis(over),
        }),
        9 => Just(Act::Sweep),
        3 => Just(Act::SweepTwice),
        5 => point().prop_map(|at| Act::KillSweep { at }),
        4 => hold.prop_map(|(at, window)| Act::HoldSweep {
            at,
            window: Duration::from_secs(window),
        }),
        3 => index().prop_map(|held| Act::LetGo { held }),
        6 => Weather::any().prop_map(|weather| Act::Turn { weather }),
    ]
}

/// One whose grant runs, with this chance, and one of all otherwise.
fn which(runs: f64) -> impl Strategy<Value = Which> {
    (any::<Index>(), proptest::bool::weighted(runs)).prop_map(|(index, runs)| Which { index, runs })
}

fn ask() -> impl Strategy<Value = Act> {
    let who = select(vec![Person::Anna, Person::Anna, Person::Cleo]);
    let instance = select(vec![WEB_7, WEB_7, WEB_8]);
    let seconds = select(vec![15, 60, 300, 1_200]);
    let at_once = proptest::bool::weighted(0.7);
    (who, instance, seconds, at_once).prop_map(|(who, instance, seconds, at_once)| Act::Ask {
        who,
        instance,
        seconds,
        at_once,
    })
}

/// From a moment to a few minutes; mostly a little.
fn pass() -> impl Strategy<Value = Duration> {
    prop_oneof![
        5 => 200_u64..3_000,
        3 => 3_000_u64..30_000,
        1 => 30_000_u64..240_000,
    ]
    .prop_map(Duration::from_millis)
}

fn point() -> impl Strategy<Value = Point> {
    let service = prop_oneof![
        3 => (Just(Service::DynamoDb), 0_u32..24),
        3 => (Just(Service::Ssm), 0_u32..6),
        1 => (Just(Service::Iam), 0_u32..3),
        1 => (Just(Service::S3), 0_u32..2),
        1 => (Just(Service::Events), 0_u32..2),
    ];
    let moment = select(vec![Moment::BeforeEffect, Moment::AfterEffect]);
    (service, moment).prop_map(|((service, skipping), moment)| Point {
        service,
        skipping,
        moment,
    })
}
