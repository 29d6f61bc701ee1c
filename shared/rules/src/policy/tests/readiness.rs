//! Policies that look at the readiness of a target.

use super::*;
use crate::readiness::{Found, Readiness};

const UNREACHABLE: &str = r#"@id("all") @auto("true") @max_duration("8h") permit(principal, action, resource);
    @id("unreachable") @because("it cannot be reached")
    forbid(principal, action, resource)
    when { resource has readiness && resource.readiness == "unreachable" };
    @id("no-db") forbid(principal, action, resource)
    when { resource.hasTag("Role") && resource.getTag("Role") == "db" };"#;

fn found(code: &str) -> Found {
    Found {
        code: code.to_owned(),
        says: format!("there is a case of {code}"),
        next: format!("Mend {code}."),
    }
}

fn unreachable() -> Readiness {
    let findings = vec![found("endpoint-missing"), found("dns-support-off")];
    Readiness::Unreachable { findings }
}

fn decided(policies: &str, target: &str, readiness: Option<Readiness>) -> Decision {
    let known: Vec<TargetFacts> = facts()
        .into_iter()
        .map(|one| TargetFacts {
            readiness: readiness.clone(),
            ..one
        })
        .collect();
    let ask = ask(&[target], 600);
    asked(&set(policies), &ask, &anna(), &["engineers"], &known)
}

#[test]
fn a_refusal_for_want_of_readiness_names_what_is_in_the_way_and_its_mend() {
    let Decision::Denied(denial) = decided(UNREACHABLE, WEB, Some(unreachable())) else {
        panic!("it is refused");
    };
    assert_eq!(denial.code(), "policy-forbids");
    assert_eq!(
        denial.to_string(),
        format!(
            "a policy forbids it: policy `unreachable` forbids `{WEB}`: it cannot be reached \
             (there is a case of endpoint-missing; there is a case of dns-support-off)"
        )
    );
    assert_eq!(
        denial.next(),
        "Have this mended, then ask again. Mend endpoint-missing. Mend dns-support-off."
    );
    let told = serde_json::to_value(&denial).unwrap();
    assert_eq!(
        told["reasons"][0]["findings"][0]["code"],
        "endpoint-missing"
    );
}

#[test]
fn a_forbid_for_another_reason_does_not_tell_of_readiness() {
    let Decision::Denied(denial) = decided(UNREACHABLE, DB, Some(unreachable())) else {
        panic!("it is refused");
    };
    let findings: Vec<(String, usize)> = denial
        .reasons
        .iter()
        .map(|reason| {
            let Why::Forbids { findings, .. } = &reason.why else {
                panic!("{reason:?}");
            };
            (reason.policy.as_ref().unwrap().to_string(), findings.len())
        })
        .collect();
    assert_eq!(
        findings,
        [("no-db".to_owned(), 0), ("unreachable".to_owned(), 2)]
    );
}

#[test]
fn what_is_not_known_is_neither_ready_nor_unreachable() {
    let wants_ready = r#"@id("ready") @auto("true") @max_duration("8h")
        permit(principal, action, resource)
        when { resource has readiness && resource.readiness == "ready" };"#;
    let unknown = || Some(Readiness::unknown("the doctor gave no answer"));
    let allowed = |policies: &str, readiness| {
        matches!(decided(policies, WEB, readiness), Decision::Allowed { .. })
    };
    assert!(allowed(UNREACHABLE, unknown()));
    assert!(!allowed(wants_ready, unknown()));
    assert!(allowed(wants_ready, Some(Readiness::Ready {})));
    // No doctor, no attribute.
    assert!(allowed(UNREACHABLE, None));
    assert!(!allowed(wants_ready, None));
    let findings = vec![found("put-object-denied")];
    let no_log = || {
        Some(Readiness::LogWillNotLand {
            findings: findings.clone(),
        })
    };
    assert!(allowed(UNREACHABLE, no_log()));
    let logs = UNREACHABLE.replace("\"unreachable\" }", "\"log_will_not_land\" }");
    assert!(!allowed(&logs, no_log()));
}
