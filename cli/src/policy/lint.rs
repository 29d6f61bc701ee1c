//! `postern policy lint`: what is valid and yet seldom meant.
//!
//! Only what the text alone decides is told, and with a file of people whether there is anybody to
//! say yes. Whether two different conditions can meet on one instance is in neither.

mod people;
mod permit;

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use rules::policy::{PolicyId, PolicySet, Rule};

use super::cases::{self, Somebody};
use super::check;
use crate::input::{self, Unreadable};
use crate::report::{Report, counted};
use permit::Permit;

pub(super) fn run(file: &Path, strict: bool, people: Option<&Path>) -> Result<Report, Unreadable> {
    let people = match people {
        Some(path) => Some(cases::people(&input::text(path)?).map_err(|what| {
            let path = path.to_owned();
            Unreadable::People { path, what }
        })?),
        None => None,
    };
    let set = match PolicySet::parse(&input::text(file)?) {
        Ok(set) => set,
        Err(faults) => return Ok(check::faulty(file, &faults)),
    };
    let findings = findings(&set, people.as_ref());
    let count = counted(findings.len(), "warning");
    let mut text = format!("{}: {count}\n", file.display());
    for finding in &findings {
        text.push_str(&format!("  {finding}\n"));
    }
    Ok(Report::new(text, findings.is_empty() || !strict))
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

fn findings(set: &PolicySet, people: Option<&BTreeMap<String, Somebody>>) -> Vec<Finding> {
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
        findings.extend(permit.unreachable_kinds());
        findings.extend(permit.long_automatic());
        findings.extend(permit.tapped_unlogged());
        findings.extend(permit.long_emergency());
        findings.extend(permit.same_group());
        findings.extend(permit.self_review());
        findings.extend(permit.everywhere());
        findings.extend(permit.never_chosen(&permits));
        for other in &permits {
            findings.extend(permit.tie(other));
        }
        if let Some(people) = people {
            findings.extend(permit.short_of_people(people));
        }
    }
    findings
}
