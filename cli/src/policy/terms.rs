//! What a permit offers, on one line.

use std::collections::BTreeSet;
use std::fmt;

use rules::names::Group;
use rules::policy::{Terms, Zone};
use rules::route::{Consent, InChat};

use super::spelling::{Way, length};

/// The terms of a permit: who must say yes, and within which bounds.
pub(super) struct Offered<'a> {
    pub(super) terms: &'a Terms,
    pub(super) zone: &'a Zone,
}

impl fmt::Display for Offered<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { terms, zone } = self;
        match &terms.break_glass {
            Some(reviewers) => write!(f, "break glass, reviewed by {}", named(reviewers))?,
            None => write!(f, "{}", Way(terms.consent.clone()))?,
        }
        let mut bounds = vec![format!("at most {}", length(terms.max_duration.length()))];
        if let Some(most) = terms.extendable_to {
            bounds.push(format!("extendable to {}", length(most.length())));
        }
        match terms.consent {
            Consent::Automatic => {}
            Consent::Approvals { .. } => {
                bounds.push(format!("answer within {}", length(terms.answer_within)));
            }
        }
        if terms.unlogged {
            bounds.push("unlogged kinds too".to_owned());
        }
        if terms.for_others {
            bounds.push("for others too".to_owned());
        }
        if let Some(user) = &terms.run_as {
            bounds.push(format!("run as {user}"));
        }
        bounds.extend(chat(terms.chat).map(str::to_owned));
        if terms.wanted.reason_length > 0 {
            bounds.push(format!(
                "reason of {} characters",
                terms.wanted.reason_length
            ));
        }
        if let Some(pattern) = &terms.wanted.reason {
            bounds.push(format!("reason like `{pattern}`"));
        }
        if let Some(pattern) = &terms.wanted.ticket {
            bounds.push(format!("ticket like `{pattern}`"));
        }
        bounds.extend(clock(zone));
        write!(f, " ({})", bounds.join(", "))
    }
}

/// Whose clock a policy goes by, where that is worth a word.
pub(super) fn clock(zone: &Zone) -> Option<String> {
    (*zone != Zone::utc()).then(|| format!("clock of {zone}"))
}

/// How far a yes is said from chat, where that is not the usual way.
pub(super) fn chat(rung: InChat) -> Option<&'static str> {
    match rung {
        InChat::Tap => Some("a tap in chat"),
        InChat::Login => None,
        InChat::None => Some("not in chat"),
    }
}

/// Groups, separated by commas.
pub(super) fn named(groups: &BTreeSet<Group>) -> String {
    let groups: Vec<&str> = groups.iter().map(Group::as_str).collect();
    groups.join(", ")
}
