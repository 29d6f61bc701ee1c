//! Several things broken at once.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::subsequence;

use super::breaks::codes;
use super::table::{Break, all};
use super::{Base, Setup};
use crate::readiness::*;
use crate::seeded::cases;

/// Those that break one sort of set-up.
fn of(base: Base) -> Vec<&'static Break> {
    all().filter(|broken| broken.base == base).collect()
}

fn some_of(base: Base) -> impl Strategy<Value = (Base, Vec<&'static Break>)> {
    let every = of(base);
    let most = every.len().min(5);
    subsequence(every, 1..=most).prop_map(move |some| (base, some))
}

fn broken() -> impl Strategy<Value = (Base, Vec<&'static Break>)> {
    prop_oneof![
        6 => some_of(Base::Endpoints),
        2 => some_of(Base::Nat),
        1 => some_of(Base::Public),
        1 => some_of(Base::OldAgent),
        1 => some_of(Base::Hybrid),
        1 => some_of(Base::HostManagement),
        1 => some_of(Base::OtherAccount),
    ]
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn together_they_are_found_as_each_is_alone((base, some) in broken()) {
        let mut setup = Setup::of(base);
        for broken in &some {
            (broken.change)(&mut setup);
        }
        let report = setup.report();
        let found = codes(&report);
        let mut alone: BTreeSet<&str> = some.iter().map(|broken| broken.code).collect();
        // An instance without a single endpoint has no way out, which is told in one.
        if base == Base::Endpoints && alone.contains("endpoint-missing") {
            alone.insert("no-way-out");
        }
        let names: Vec<&str> = some.iter().map(|broken| broken.name).collect();
        prop_assert!(!found.is_empty(), "{names:?}");
        prop_assert!(found.is_subset(&alone), "{names:?}: {found:?}");
    }

    #[test]
    fn each_check_stands_in_each_report_once_and_in_order((base, some) in broken()) {
        let mut setup = Setup::of(base);
        for broken in &some {
            (broken.change)(&mut setup);
        }
        let names = |report: &Report| -> Vec<CheckName> {
            report.checks.iter().map(|check| check.name).collect()
        };
        let names_of_sound = names(&Setup::of(Base::Endpoints).report());
        prop_assert_eq!(names(&setup.report()), names_of_sound);
    }
}
