//! Each broken set-up has exactly its own finding.

use std::collections::BTreeSet;

use super::table::all;
use crate::facts::Ping;
use crate::readiness::*;

/// The codes that are found, each once.
pub(super) fn codes(report: &Report) -> BTreeSet<&'static str> {
    report.findings().iter().map(|one| one.code()).collect()
}

#[test]
fn each_broken_set_up_has_exactly_its_own_finding() {
    assert!(all().count() >= 60);
    for broken in all() {
        let report = broken.setup().report();
        let name = broken.name;
        assert_eq!(
            codes(&report),
            BTreeSet::from([broken.code]),
            "{name}: {report:#?}"
        );
        let said: Vec<String> = report.findings().iter().map(ToString::to_string).collect();
        assert!(said.len() == 1, "{name}: {said:?}");
        assert!(said[0].contains(broken.names), "{name}: {said:?}");
        let no = matches!(report.answer(broken.question), Answer::No { .. });
        assert!(no, "{name}: {report:#?}");
        // What does not bear on the finding's question is not dragged along.
        if broken.question != Question::Reach {
            assert_eq!(report.reachable(), Answer::Yes, "{name}");
        }
    }
}

#[test]
fn a_silent_agent_is_put_down_to_what_silences_it() {
    for broken in all().filter(|broken| broken.question == Question::Reach) {
        let mut setup = broken.setup();
        setup.agent(|agent| agent.ping = Ping::ConnectionLost);
        setup.facts.connected = Fact::Known(false);
        let found = codes(&setup.report());
        let by_itself = ["agent-silent", "agent-not-connected"];
        let beside = [
            "advanced-tier-off",
            "document-missing",
            "key-disabled",
            "key-policy-denies",
            "role-lacks-key-actions",
        ];
        let of_kms = broken.names == "`kms`";
        if by_itself.contains(&broken.code) {
            assert_eq!(found, BTreeSet::from(["agent-silent"]), "{}", broken.name);
        } else if beside.contains(&broken.code) || of_kms {
            let both = BTreeSet::from(["agent-silent", broken.code]);
            assert_eq!(found, both, "{}", broken.name);
        } else {
            assert_eq!(found, BTreeSet::from([broken.code]), "{}", broken.name);
        }
    }
}

#[test]
fn a_finding_says_in_one_line_what_to_do() {
    for broken in all() {
        let setup = broken.setup();
        let site = Site {
            target: &setup.facts.target,
            place: &setup.place,
        };
        for finding in setup.report().findings() {
            let (said, fix) = (finding.to_string(), finding.fix(site));
            assert!(!said.ends_with('.') && !said.contains('\n'), "{said}");
            assert!(
                fix.next.ends_with('.') && !fix.next.contains('\n'),
                "{}",
                fix.next
            );
            assert!(!fix.command.contains(['\n', ';', '$']), "{}", fix.command);
            let starts = fix.command.starts_with("aws ") || fix.command.starts_with("sudo ");
            assert!(starts, "{}", fix.command);
            let words = [&said, &fix.next, &fix.command];
            assert!(words.iter().all(|text| !text.contains("  ")), "{words:?}");
            let template = fix.template.unwrap_or_default();
            assert!(
                template.is_empty() || template.ends_with('\n'),
                "{template}"
            );
            let reserved = finding
                .code()
                .chars()
                .all(|c| c.is_ascii_lowercase() || "-3".contains(c));
            assert!(reserved, "{}", finding.code());
        }
    }
}
