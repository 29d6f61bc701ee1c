//! What is recorded of a report with a request.

use super::table::all;
use super::{Base, Setup};
use crate::names::AccessKind;
use crate::readiness::*;

fn known(setup: &Setup, kind: &AccessKind) -> Readiness {
    let kinds = std::slice::from_ref(kind);
    Readiness::of(&inspect(&setup.facts, &setup.place, kinds), &setup.place)
}

#[test]
fn a_sound_set_up_is_ready_for_every_kind_it_offers() {
    for base in Base::ALL {
        let setup = Setup::of(base);
        for kind in &setup.kinds {
            assert_eq!(known(&setup, kind), Readiness::Ready {}, "{base:?} {kind}");
        }
    }
}

#[test]
fn a_broken_set_up_is_in_the_way_of_some_kind_and_says_why_and_how_it_is_mended() {
    for broken in all() {
        let setup = broken.setup();
        let word = match broken.question {
            Question::Reach | Question::Forward => ReadinessWord::Unreachable,
            Question::Log => ReadinessWord::LogWillNotLand,
        };
        let of_kinds = setup.kinds.iter().map(|kind| known(&setup, kind));
        let met = of_kinds.clone().any(|known| {
            let [found] = known.findings() else {
                return false;
            };
            known.word() == word
                && found.code == broken.code
                && found.says.contains(broken.names)
                && found.next.ends_with('.')
        });
        let all: Vec<Readiness> = of_kinds.collect();
        assert!(met, "{}: {all:?}", broken.name);
    }
}

#[test]
fn an_old_agent_is_in_the_way_of_a_port_and_of_nothing_else() {
    let mut setup = Setup::of(Base::Endpoints);
    setup.agent(|agent| agent.version = "3.3.4850.9".to_owned());
    let of = |word: &str| {
        let kind = setup.kinds.iter().find(|kind| kind.word() == word);
        known(&setup, kind.unwrap())
    };
    assert_eq!(of("shell"), Readiness::Ready {});
    let port = of("port");
    assert_eq!(port.word(), ReadinessWord::Unreachable);
    assert_eq!(port.findings()[0].code, "agent-too-old-for-ports");
}

#[test]
fn what_could_not_be_read_is_neither_ready_nor_in_the_way() {
    let mut setup = Setup::of(Base::Endpoints);
    let need = Need::Permission("ec2:DescribeVpcEndpoints".parse().unwrap());
    setup.network(|network| network.endpoints = Fact::Unread(need));
    let shell = known(&setup, &AccessKind::Shell {});
    assert_eq!(
        shell,
        Readiness::unknown("permission `ec2:DescribeVpcEndpoints`")
    );
    // A known fault is told whatever else is not known.
    setup.instance(|instance| instance.state = InstanceState::Stopped);
    let shell = known(&setup, &AccessKind::Shell {});
    assert_eq!(shell.word(), ReadinessWord::Unreachable);
}

#[test]
fn a_readiness_is_read_back_as_it_was_written_and_spelt_as_policies_do() {
    for word in [
        ReadinessWord::Ready,
        ReadinessWord::Unreachable,
        ReadinessWord::LogWillNotLand,
        ReadinessWord::Unknown,
    ] {
        let readiness = Readiness::untold(word);
        assert_eq!(readiness.word(), word);
        let written = serde_json::to_value(&readiness).unwrap();
        assert_eq!(written["answer"], word.as_str());
        assert_eq!(serde_json::to_value(word).unwrap(), word.as_str());
        let read: Readiness = serde_json::from_value(written).unwrap();
        assert_eq!(read, readiness);
    }
}
