//! `postern policy check`: what loading would say.

use std::fmt::Write as _;
use std::path::Path;

use rules::policy::{PolicyFaults, PolicySet, Rule};

use super::terms::{Offered, clock};
use crate::input::{self, Unreadable};
use crate::report::{Report, counted};

pub(super) fn run(file: &Path) -> Result<Report, Unreadable> {
    let text = input::text(file)?;
    let name = file.display();
    Ok(match PolicySet::parse(&text) {
        Ok(set) => Report::new(format!("{name}: {}", overview(&set)), true),
        Err(faults) => faulty(file, &faults),
    })
}

/// The faults of a text, by their lines.
pub(super) fn faulty(file: &Path, faults: &PolicyFaults) -> Report {
    let mut faults: Vec<_> = faults.iter().collect();
    faults.sort_by_key(|fault| fault.line);
    let count = counted(faults.len(), "fault");
    let mut text = format!("{}: {count}\n", file.display());
    for fault in faults {
        // A message of Cedar's may have several lines; the rest of them is set in further.
        let fault = fault.to_string().replace('\n', "\n    ");
        text.push_str(&format!("  {fault}\n"));
    }
    Report::new(text, false)
}

/// How many policies there are, under which digest, and what each says.
fn overview(set: &PolicySet) -> String {
    let mut policies: Vec<_> = set.outlines().collect();
    policies.sort_by_key(|policy| policy.line);
    let mut text = counted(policies.len(), "policy");
    if policies.is_empty() {
        text.push_str("; nobody may ask for anything");
    }
    let _ = writeln!(text, "\ndigest {}", set.digest());
    let width = set.ids().map(|id| id.as_str().len()).max().unwrap_or(0);
    for policy in policies {
        let (effect, says) = match policy.rule {
            Rule::Permit(terms) => {
                let zone = policy.zone;
                ("permit", Offered { terms, zone }.to_string())
            }
            Rule::Forbid(because) => {
                let because = because.as_ref().map(ToString::to_string);
                let says = because.unwrap_or_else(|| "without a `@because`".to_owned());
                let clock = clock(policy.zone).map(|clock| format!(" ({clock})"));
                ("forbid", says + &clock.unwrap_or_default())
            }
        };
        let _ = writeln!(text, "{effect}  {:<width$}  {says}", policy.id.as_str());
    }
    text
}
