//! Each broken set-up has exactly its own finding, over the wire.

mod instances;
mod logs;
mod networks;

use std::collections::BTreeSet;

use rules::readiness::{Answer, Question};

use crate::house::{Base, House};

/// One broken set-up: a sound one with one change in AWS.
pub(crate) struct Break {
    /// What is broken, in words.
    name: &'static str,
    base: Base,
    change: fn(&House),
    /// The code of what is then found.
    code: &'static str,
    /// What its sentence names.
    names: &'static str,
    /// Which question then has a no.
    question: Question,
}

macro_rules! breaks {
    ($($question:ident $base:ident: $name:literal => $code:literal ($names:expr) $change:expr;)*) => {
        &[$($crate::broken::Break {
            name: $name,
            base: $crate::house::Base::$base,
            change: $change,
            code: $code,
            names: $names,
            question: rules::readiness::Question::$question,
        },)*]
    };
}
use breaks;

async fn have_their_own_finding(breaks: &[Break]) {
    for broken in breaks {
        let house = House::of(broken.base);
        (broken.change)(&house);
        let report = Box::pin(house.examined()).await;
        let (name, findings) = (broken.name, report.findings());
        let codes: BTreeSet<&str> = findings.iter().map(|one| one.code()).collect();
        assert_eq!(codes, BTreeSet::from([broken.code]), "{name}: {report:#?}");
        let said: Vec<String> = findings.iter().map(ToString::to_string).collect();
        assert!(said.len() == 1, "{name}: {said:?}");
        assert!(said[0].contains(broken.names), "{name}: {said:?}");
        let answer = report.answer(broken.question);
        assert!(matches!(answer, Answer::No { .. }), "{name}: {report:#?}");
        if broken.question != Question::Reach {
            assert_eq!(report.reachable(), Answer::Yes, "{name}: {report:#?}");
        }
    }
}

#[tokio::test]
async fn each_broken_instance_or_role_has_its_own_finding() {
    Box::pin(have_their_own_finding(instances::INSTANCES)).await;
}

#[tokio::test]
async fn each_broken_way_through_endpoints_has_its_own_finding() {
    Box::pin(have_their_own_finding(networks::ENDPOINTS)).await;
}

#[tokio::test]
async fn each_broken_way_out_has_its_own_finding() {
    Box::pin(have_their_own_finding(networks::WAYS_OUT)).await;
}

#[tokio::test]
async fn each_log_that_cannot_land_has_its_own_finding() {
    Box::pin(have_their_own_finding(logs::LOGS)).await;
}
