//! `postern policy lint`: what is valid and yet seldom meant.
//!
//! Only what the text alone decides is told. Whether a group has anybody in it, or whether two
//! different conditions can meet on one instance, is not in the text.

use std::fmt;
use std::path::Path;

use rules::names::Group;
use rules::policy::{Outline, PolicyId, PolicySet, Rule, Terms};
use rules::route::Consent;

use super::check;
use super::spelling::{counted, length};
use crate::input::{self, Unreadable};
use crate::report::Report;

/// Automatic access for longer than this, in seconds, is told.
const LONG: u32 = 60 * 60;
/// Kinds that cannot be logged need so many people: one to ask is not enough to remember.
const UNLOGGED_NEEDS: u8 = 2;

pub(super) fn run(file: &Path, strict: bool) -> Result<Report, Unreadable> {
    let set = match PolicySet::parse(&input::text(file)?) {
        Ok(set) => set,
        Err(faults) => return Ok(check::faulty(file, &faults)),
    };
    let findings = findings(&set);
    let count = counted(findings.len(), "warning");
    let mut text = format!("{}: {count}\n", file.display());
    for finding in &findings {
        text.push_str(&format!("  {finding}\n"));
    }
    Ok(Report {
        text,
        sound: findings.is_empty() || !strict,
    })
}

/// One thing that is seldom meant.
struct Finding {
    /// The policy and its line; nothing where the whole set is meant.
    place: Option<(PolicyId, Option<usize>)>,
    /// One word for the kind of finding.
    word: &'static str,
    what: String,
    /// What to do about it.
    remedy: &'static str,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((policy, line)) = &self.place {
            if let Some(line) = line {
                write!(f, "line {line}, ")?;
            }
            write!(f, "policy `{policy}`, ")?;
        }
        write!(f, "{}: {}; {}", self.word, self.what, self.remedy)
    }
}

/// A permit and its terms.
#[derive(Clone, Copy)]
struct Permit<'a> {
    policy: Outline<'a>,
    terms: &'a Terms,
}

fn findings(set: &PolicySet) -> Vec<Finding> {
    let mut permits: Vec<Permit<'_>> = set
        .outlines()
        .filter_map(|policy| match policy.rule {
            Rule::Permit(terms) => Some(Permit { policy, terms }),
            Rule::Forbid(_) => None,
        })
        .collect();
    if permits.is_empty() {
        return vec![Finding {
            place: None,
            word: "closed",
            what: "there is no permit, so nobody may ask for anything".to_owned(),
            remedy: "add one",
        }];
    }
    permits.sort_by_key(|permit| permit.policy.line);
    let mut findings = Vec::new();
    for permit in &permits {
        findings.extend(permit.unlogged());
        findings.extend(permit.long_automatic());
        findings.extend(permit.same_group());
        findings.extend(permit.everywhere());
        findings.extend(permit.never_chosen(&permits));
        for other in &permits {
            findings.extend(permit.tie(other));
        }
    }
    findings
}

impl Permit<'_> {
    /// How many people must say yes.
    fn approvals(&self) -> u8 {
        match &self.terms.consent {
            Consent::Automatic => 0,
            Consent::Approvals { stages } => stages.people(),
        }
    }

    fn finding(&self, word: &'static str, what: String, remedy: &'static str) -> Finding {
        Finding {
            place: Some((self.policy.id.clone(), self.policy.line)),
            word,
            what,
            remedy,
        }
    }

    fn unlogged(&self) -> Option<Finding> {
        let kinds = self.policy.unloggable_kinds();
        (!kinds.is_empty() && self.approvals() < UNLOGGED_NEEDS).then(|| {
            let enough = match self.approvals() {
                0 => "nobody has to say yes".to_owned(),
                some => format!("{} is enough", counted(some.into(), "approval")),
            };
            let what = format!("{} cannot be logged, and {enough}", kinds.join(" and "));
            self.finding(
                "unlogged",
                what,
                "ask for two approvals, or name other kinds",
            )
        })
    }

    fn long_automatic(&self) -> Option<Finding> {
        let long =
            self.terms.consent == Consent::Automatic && self.terms.max_duration.seconds() > LONG;
        long.then(|| {
            let most = length(self.terms.max_duration.length());
            self.finding(
                "long-automatic",
                format!("nobody has to say yes to access for {most}"),
                "allow an hour at most, or ask for an approval",
            )
        })
    }

    fn same_group(&self) -> Option<Finding> {
        let Consent::Approvals { stages } = &self.terms.consent else {
            return None;
        };
        let group: Group = self.policy.group()?;
        let groups = stages.groups();
        (groups.len() == 1 && groups.contains(&group)).then(|| {
            self.finding(
                "same-group",
                format!("the people of `{group}` approve each other, and nobody else is asked"),
                "name another group among the approvers",
            )
        })
    }

    fn everywhere(&self) -> Option<Finding> {
        (!self.policy.tells_targets_apart()).then(|| {
            self.finding(
                "every-instance",
                "no condition looks at `resource`, so it applies to every instance".to_owned(),
                "add one, such as on a tag",
            )
        })
    }

    /// Whether another permit offers all that this one does for fewer approvals.
    fn never_chosen(&self, permits: &[Self]) -> Option<Finding> {
        let better = permits.iter().find(|other| {
            other.approvals() < self.approvals()
                && other.terms.max_duration >= self.terms.max_duration
                && self.policy.same_scope(&other.policy) == self.policy.kinds()
        })?;
        let what = format!("`{}` offers the same for fewer approvals", better.policy.id);
        Some(self.finding("never-chosen", what, "remove one of the two"))
    }

    /// Whether nothing but the id decides against this permit; told once for two policies.
    fn tie(&self, other: &Self) -> Option<Finding> {
        let kinds = self.policy.same_scope(&other.policy);
        let tied = !kinds.is_empty()
            && other.policy.id < self.policy.id
            && other.approvals() == self.approvals();
        tied.then(|| {
            let what = format!(
                "for {} it has the scope and the approvals of `{}`, and the first id wins",
                kinds.join(" and "),
                other.policy.id
            );
            self.finding("tie", what, "join the two, or tell them apart")
        })
    }
}
