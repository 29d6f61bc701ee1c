//! `postern policy simulate`: what a draft would have said to requests that were made.
//!
//! An audit entry of somebody asking holds all that the policy looked at: the ask, the groups, the
//! rotas and what was known of the targets. So a draft can be put to exactly the same question, at
//! the same time, without a network and without a guess.

mod recorded;

use std::fmt::{self, Write as _};
use std::path::Path;

use rules::policy::{Decision, PolicyId};
use rules::route::{Consent, Route};

use super::spelling::{Way, length};
use super::terms::{chat, named};
use crate::input::{self, Unreadable};
use crate::report::{Report, counted};
use recorded::{Asked, Found, Recorded};

/// So many lines that cannot be read are told; a file of another kind has nothing but such lines.
const MOST_TOLD: usize = 10;

pub(super) fn run(
    recorded: &Path,
    draft: &Path,
    against: Option<&Path>,
) -> Result<Report, Unreadable> {
    let draft = input::policies(draft)?;
    let against = against.map(input::policies).transpose()?;
    let mut tally = Tally::default();
    let (mut text, mut unread) = (String::new(), Vec::new());
    for found in Recorded::open(recorded)? {
        match found {
            Found::Asked(asked) => {
                let before = match &against {
                    Some(set) => set.decide(&asked.question()),
                    None => Decision::Allowed {
                        route: asked.route.clone(),
                    },
                };
                let after = draft.decide(&asked.question());
                let change = Change::of(&before, &after);
                tally.count(change);
                if change != Change::None {
                    let (before, after) = (Answer(&before), Answer(&after));
                    let _ = writeln!(text, "{asked}: {before} → {after}");
                }
            }
            Found::Unread { place, what } => unread.push(format!("{place}: {what}")),
            Found::Refused(fault) => return Err(input::refused(recorded, fault)),
        }
    }
    let _ = writeln!(text, "{}", tally.told(against.is_some()));
    Ok(Report {
        unread: (!unread.is_empty()).then(|| told(recorded, &unread)),
        ..Report::new(text, tally.unchanged())
    })
}

/// The lines that could not be read, the first of them one by one.
fn told(recorded: &Path, unread: &[String]) -> String {
    let count = counted(unread.len(), "line");
    let mut text = format!("{count} of `{}` cannot be read\n", recorded.display());
    for line in unread.iter().take(MOST_TOLD) {
        let _ = writeln!(text, "  {line}");
    }
    match unread.len().saturating_sub(MOST_TOLD) {
        0 => {}
        more => {
            let _ = writeln!(text, "  and {more} more");
        }
    }
    text
}

/// How one request would be answered otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    /// As before.
    None,
    /// It is let through still, and not in the same way.
    Route,
    /// It is refused.
    Refused,
    /// It is let through, and was not.
    Allowed,
}

impl Change {
    fn of(before: &Decision, after: &Decision) -> Self {
        match (before, after) {
            (Decision::Allowed { route: before }, Decision::Allowed { route: after }) => {
                // The set is another one, which says nothing about this request.
                let after = Route {
                    policy_set: before.policy_set,
                    ..after.clone()
                };
                if *before == after {
                    Self::None
                } else {
                    Self::Route
                }
            }
            (Decision::Allowed { .. }, Decision::Denied(_)) => Self::Refused,
            (Decision::Denied(_), Decision::Allowed { .. }) => Self::Allowed,
            (Decision::Denied(_), Decision::Denied(_)) => Self::None,
        }
    }
}

/// How many requests there are of each.
#[derive(Debug, Default)]
struct Tally {
    same: usize,
    routes: usize,
    refused: usize,
    allowed: usize,
}

impl Tally {
    fn count(&mut self, change: Change) {
        let count = match change {
            Change::None => &mut self.same,
            Change::Route => &mut self.routes,
            Change::Refused => &mut self.refused,
            Change::Allowed => &mut self.allowed,
        };
        *count = count.saturating_add(1);
    }

    fn unchanged(&self) -> bool {
        self.routes == 0 && self.refused == 0 && self.allowed == 0
    }

    /// The last line. What was recorded was let through, so that only the answers of another set
    /// can have been refusals.
    fn told(&self, compared: bool) -> String {
        let Self {
            same,
            routes,
            refused,
            allowed,
        } = self;
        let all = counted(same + routes + refused + allowed, "request");
        let newly = if compared {
            format!(", {allowed} no longer refused")
        } else {
            String::new()
        };
        format!("{all}: {same} as before, {routes} by another route, {refused} refused{newly}")
    }
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let targets = self.ask.targets.iter();
        let targets: Vec<String> = targets.map(|one| one.instance.to_string()).collect();
        write!(
            f,
            "{} {}: {} on {} for {}",
            self.request,
            self.person.sub,
            self.ask.kind,
            targets.join(", "),
            length(self.ask.duration_seconds.length())
        )
    }
}

/// An answer with all that can differ in it.
struct Answer<'a>(&'a Decision);

impl fmt::Display for Answer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Decision::Allowed { route } => write!(f, "{}", Taken(route)),
            Decision::Denied(denial) => {
                write!(f, "refused, {}", denial.code())?;
                let policies = denial.reasons.iter().filter_map(|one| one.policy.as_ref());
                let mut policies: Vec<&str> = policies.map(PolicyId::as_str).collect();
                policies.dedup();
                if policies.is_empty() {
                    return Ok(());
                }
                write!(f, " by {}", policies.join(", "))
            }
        }
    }
}

/// A route with its bounds.
struct Taken<'a>(&'a Route);

impl fmt::Display for Taken<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Route {
            policy,
            policy_set: _,
            consent,
            max_duration,
            extendable_to,
            answer_within,
            run_as,
            reviewers,
            chat: rung,
        } = self.0;
        write!(f, "{policy}, {}", Way(consent.clone()))?;
        let mut bounds = vec![format!("at most {}", length(max_duration.length()))];
        if let Some(most) = extendable_to {
            bounds.push(format!("extendable to {}", length(most.length())));
        }
        if *consent != Consent::Automatic {
            bounds.push(format!("answer within {}", length(*answer_within)));
        }
        if let Some(user) = run_as {
            bounds.push(format!("run as {user}"));
        }
        if let Some(reviewers) = reviewers {
            bounds.push(format!("reviewed by {}", named(reviewers)));
        }
        bounds.extend(chat(*rung).map(str::to_owned));
        write!(f, " ({})", bounds.join(", "))
    }
}
