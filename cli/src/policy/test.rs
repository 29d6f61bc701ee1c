//! `postern policy test`: cases put to policies.

use std::collections::BTreeSet;
use std::fmt::{self, Write as _};
use std::path::{Path, PathBuf};

use rules::policy::{Decision, Denial, PolicyId, PolicySet};

use super::cases::{self, Case, Expected};
use super::spelling::Way;
use crate::input::Unreadable;
use crate::report::Report;

pub(super) fn run(file: &Path, policy: Option<PathBuf>) -> Result<Report, Unreadable> {
    let (read, set) = cases::open(file, policy)?;
    Ok(report(&set, &read.cases))
}

fn report(set: &PolicySet, cases: &[Case]) -> Report {
    let (mut text, mut failed, mut met) = (String::new(), 0, BTreeSet::new());
    for case in cases {
        let got = set.decide(&case.question());
        met.extend(named(&got));
        if case.expected.is_met_by(&got) {
            let _ = writeln!(text, "ok      {}", case.name);
            continue;
        }
        failed += 1;
        let _ = writeln!(text, "FAILED  {} (line {})", case.name, case.line);
        let _ = writeln!(text, "          expected  {}", case.expected);
        let _ = writeln!(text, "          got       {}", Got(&got));
        if let Decision::Denied(denial) = &got {
            let _ = writeln!(text, "          because   {denial}");
        }
    }
    let unmet: Vec<&str> = set
        .ids()
        .filter(|id| !met.contains(*id))
        .map(PolicyId::as_str)
        .collect();
    if !unmet.is_empty() {
        let _ = writeln!(text, "\nin no answer: {}", unmet.join(", "));
    }
    let passed = cases.len().saturating_sub(failed);
    let _ = writeln!(text, "\n{passed} passed, {failed} failed");
    Report::new(text, failed == 0)
}

/// The policies that an answer names.
fn named(got: &Decision) -> BTreeSet<PolicyId> {
    match got {
        Decision::Allowed { route } => BTreeSet::from([route.policy.clone()]),
        Decision::Denied(denial) => behind(denial),
    }
}

fn behind(denial: &Denial) -> BTreeSet<PolicyId> {
    let policies = denial.reasons.iter().map(|reason| reason.policy.clone());
    policies.flatten().collect()
}

impl Expected {
    fn is_met_by(&self, got: &Decision) -> bool {
        match (self, got) {
            (Self::Allow { policy, way }, Decision::Allowed { route }) => {
                *policy == route.policy && way.as_ref().is_none_or(|way| way.0 == route.consent)
            }
            (Self::Deny { code, by }, Decision::Denied(denial)) => {
                *code == denial.code() && by.as_ref().is_none_or(|by| *by == behind(denial))
            }
            (Self::Allow { .. }, Decision::Denied(_))
            | (Self::Deny { .. }, Decision::Allowed { .. }) => false,
        }
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Allow { policy, way } => allow(f, policy.as_str(), way.as_ref()),
            Self::Deny { code, by } => deny(f, code, by.as_ref()),
        }
    }
}

/// An answer, spelled as an expectation is.
pub(super) struct Got<'a>(pub(super) &'a Decision);

impl fmt::Display for Got<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Decision::Allowed { route } => {
                allow(f, route.policy.as_str(), Some(&Way(route.consent.clone())))
            }
            Decision::Denied(denial) => deny(f, denial.code(), Some(&behind(denial))),
        }
    }
}

fn allow(f: &mut fmt::Formatter<'_>, policy: &str, way: Option<&Way>) -> fmt::Result {
    write!(f, "allow {policy}")?;
    way.map_or(Ok(()), |way| write!(f, ", {way}"))
}

fn deny(f: &mut fmt::Formatter<'_>, code: &str, by: Option<&BTreeSet<PolicyId>>) -> fmt::Result {
    write!(f, "deny {code}")?;
    match by {
        None => Ok(()),
        Some(none) if none.is_empty() => f.write_str(", by no policy"),
        Some(by) => {
            let by: Vec<&str> = by.iter().map(PolicyId::as_str).collect();
            write!(f, ", by {}", by.join(", "))
        }
    }
}
