//! What a policy set answers.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::PolicyId;
use crate::names::{Comment, GrantDuration, Target};
use crate::readiness::Found;
use crate::route::Route;

/// What a policy set says to one ask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "decision", rename_all = "snake_case")]
pub enum Decision {
    /// There is a way.
    Allowed {
        /// The way to take.
        route: Route,
    },
    /// There is none.
    Denied(Denial),
}

/// Why there is no way, and what to do next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Denial {
    /// What decided.
    #[serde(flatten)]
    pub kind: DenialKind,
    /// The policies that had a say, by id and then by target. Empty where no permit applies to
    /// any of the targets.
    pub reasons: Vec<Reason>,
}

/// The kinds of denial. Where several apply: a `forbid`, then what could not be evaluated, then what
/// the permit that comes nearest falls short of. All of it stands in the reasons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "denial", rename_all = "kebab-case")]
pub enum DenialKind {
    /// A `forbid` applies to one of the targets: it beats every permit.
    Forbidden,
    /// A policy could not be evaluated, or a target is not known: nothing is granted on a guess.
    Unevaluable,
    /// Permits cover every target, and none of them for so long.
    TooLong {
        /// The longest duration that one of them allows.
        #[serde(rename = "longest_seconds")]
        longest: GrantDuration,
    },
    /// The reason is too short for every permit that would do otherwise.
    ReasonTooShort {
        /// The least characters.
        least: u16,
    },
    /// The reason is not as the permit wants it.
    ReasonUnlike,
    /// The ticket is not as the permit wants it, or there is none.
    TicketUnlike,
    /// The permit is not to be asked for in the name of somebody else.
    NotForOthers,
    /// The permit does not offer kinds of access that cannot be logged.
    NotUnlogged,
    /// The permit offers no extension.
    NotExtendable,
    /// No permit for emergencies covers every target.
    NoBreakGlass,
    /// The person is in no group at all, and no permit is for such people.
    NoGroups,
    /// The set holds no permit at all.
    NoPolicy,
    /// No single permit covers every target.
    NoRoute,
}

/// What one policy had to say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// The policy; nothing where the fault lies before any policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<PolicyId>,
    /// What it said.
    #[serde(flatten)]
    pub why: Why,
}

/// What a policy can have to say against an ask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "kebab-case")]
pub enum Why {
    /// It forbids the target.
    Forbids {
        /// Which of the targets.
        target: Target,
        /// The `@because` of the policy.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        because: Option<Comment>,
        /// What is in the way on the target, where it is its readiness that the policy forbids.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        findings: Vec<Found>,
    },
    /// It failed on the target.
    Fails {
        /// Which of the targets.
        target: Target,
        /// Cedar's words, for the log: the refused person is not shown a policy's insides.
        #[serde(skip)]
        error: String,
    },
    /// It covers every target, and not for so long.
    AllowsAtMost {
        /// Its `@max_duration`.
        #[serde(rename = "longest_seconds")]
        longest: GrantDuration,
    },
    /// It covers some of the targets, and not these.
    LeavesOut {
        /// The targets that it does not cover.
        targets: Vec<Target>,
    },
    /// It wants a longer reason.
    ReasonTooShort {
        /// The least characters.
        least: u16,
    },
    /// It wants another reason.
    ReasonUnlike {
        /// The regular expression that the whole reason must match.
        pattern: String,
    },
    /// It wants a ticket, or another one.
    TicketUnlike {
        /// The regular expression that the whole ticket must match.
        pattern: String,
    },
    /// It is not to be asked for in the name of somebody else.
    NotForOthers {},
    /// It does not offer what cannot be logged.
    NotUnlogged {},
    /// It offers no extension.
    NotExtendable {},
    /// It is for emergencies, and this was not asked for as one.
    OnlyBreakGlass {},
    /// Nothing is known of the target.
    UnknownTarget {
        /// Which of the targets.
        target: Target,
    },
}

impl DenialKind {
    /// The codes of all kinds.
    pub const CODES: [&str; 13] = [
        "policy-forbids",
        "policy-unevaluable",
        "duration-too-long",
        "reason-too-short",
        "reason-unlike",
        "ticket-unlike",
        "not-for-others",
        "not-unlogged",
        "not-extendable",
        "no-break-glass",
        "no-groups",
        "no-policy",
        "no-route",
    ];

    /// Its stable code, one of [`DenialKind::CODES`].
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Forbidden => "policy-forbids",
            Self::Unevaluable => "policy-unevaluable",
            Self::TooLong { .. } => "duration-too-long",
            Self::ReasonTooShort { .. } => "reason-too-short",
            Self::ReasonUnlike => "reason-unlike",
            Self::TicketUnlike => "ticket-unlike",
            Self::NotForOthers => "not-for-others",
            Self::NotUnlogged => "not-unlogged",
            Self::NotExtendable => "not-extendable",
            Self::NoBreakGlass => "no-break-glass",
            Self::NoGroups => "no-groups",
            Self::NoPolicy => "no-policy",
            Self::NoRoute => "no-route",
        }
    }
}

impl Denial {
    /// The stable code of its kind.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.kind.code()
    }

    /// What the person can do next: one sentence.
    #[must_use]
    pub fn next(&self) -> String {
        match self.kind {
            DenialKind::Forbidden if self.mends().next().is_some() => {
                let mut mends: Vec<&str> = Vec::new();
                for mend in self.mends() {
                    if !mends.contains(&mend) {
                        mends.push(mend);
                    }
                }
                format!("Have this mended, then ask again. {}", mends.join(" "))
            }
            DenialKind::Forbidden => {
                "Talk to whoever keeps the policy named here; asking again changes nothing.".into()
            }
            DenialKind::Unevaluable => {
                "Tell the operators of Postern which policy or target is named here.".into()
            }
            DenialKind::TooLong { longest } => format!("Ask for {longest} or less."),
            DenialKind::ReasonTooShort { least } => {
                format!("Say why in {least} characters or more.")
            }
            DenialKind::ReasonUnlike => {
                format!("Give a reason of the form `{}`.", self.pattern())
            }
            DenialKind::TicketUnlike => format!("Name a ticket of the form `{}`.", self.pattern()),
            DenialKind::NotForOthers => "Let them ask for it themselves.".into(),
            DenialKind::NotUnlogged => "Ask for a shell or a command, which are logged.".into(),
            DenialKind::NotExtendable => "Make a new request for the time after.".into(),
            DenialKind::NoBreakGlass => {
                "Ask without `break_glass`, or call whoever may end the emergency.".into()
            }
            DenialKind::NoGroups => {
                "Have the identity provider put your groups into your token, then sign in again."
                    .into()
            }
            DenialKind::NoPolicy => {
                "Tell the operators of Postern that its policy set is empty.".into()
            }
            DenialKind::NoRoute if self.is_for_emergencies() => {
                "In an emergency, ask again with `break_glass`; somebody will review it.".into()
            }
            DenialKind::NoRoute if self.reasons.is_empty() => {
                "Ask for another kind of access or another target, or to be put in a group that \
                 may have this one."
                    .into()
            }
            DenialKind::NoRoute => {
                "Ask once for each set of targets that one policy covers.".into()
            }
        }
    }
}

impl Denial {
    /// How what a policy forbids a target for is mended.
    fn mends(&self) -> impl Iterator<Item = &str> {
        self.reasons
            .iter()
            .filter_map(|reason| reason.why.findings())
            .flatten()
            .map(|found| found.next.as_str())
    }

    /// The form that is wanted of the reason or the ticket.
    fn pattern(&self) -> &str {
        self.reasons
            .iter()
            .find_map(|reason| reason.why.pattern_for(self.kind))
            .unwrap_or_default()
    }

    fn is_for_emergencies(&self) -> bool {
        self.reasons
            .iter()
            .any(|reason| reason.why == Why::OnlyBreakGlass {})
    }
}

impl Why {
    fn findings(&self) -> Option<&Vec<Found>> {
        if let Self::Forbids { findings, .. } = self {
            Some(findings)
        } else {
            None
        }
    }

    fn pattern_for(&self, kind: DenialKind) -> Option<&str> {
        match (self, kind) {
            (Self::ReasonUnlike { pattern }, DenialKind::ReasonUnlike)
            | (Self::TicketUnlike { pattern }, DenialKind::TicketUnlike) => Some(pattern),
            _ => None,
        }
    }
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            DenialKind::Forbidden => "a policy forbids it",
            DenialKind::Unevaluable => "the policies could not be evaluated",
            DenialKind::TooLong { .. } => "no policy allows it for so long",
            DenialKind::ReasonTooShort { .. } => "the reason is too short",
            DenialKind::ReasonUnlike => "the reason is not as the policy wants it",
            DenialKind::TicketUnlike => "the ticket is not as the policy wants it",
            DenialKind::NotForOthers => "nobody may ask for this in the name of somebody else",
            DenialKind::NotUnlogged => "no policy offers what cannot be logged",
            DenialKind::NotExtendable => "the policy offers no extension",
            DenialKind::NoBreakGlass => "no policy lets you break the glass here",
            DenialKind::NoGroups => "your token names no groups",
            DenialKind::NoPolicy => "there is no policy that permits anything",
            DenialKind::NoRoute => "no single policy allows it on every target",
        })?;
        for (n, reason) in self.reasons.iter().enumerate() {
            write!(f, "{}{reason}", if n == 0 { ": " } else { "; " })?;
        }
        Ok(())
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(policy) = &self.policy {
            write!(f, "policy `{policy}` ")?;
        }
        self.why.fmt(f)
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Forbids {
                target,
                because,
                findings,
            } => {
                write!(f, "forbids `{target}`")?;
                if let Some(because) = because {
                    write!(f, ": {because}")?;
                }
                for (n, found) in findings.iter().enumerate() {
                    let before = if n == 0 { " (" } else { "; " };
                    write!(f, "{before}{}", found.says)?;
                }
                f.write_str(if findings.is_empty() { "" } else { ")" })
            }
            Self::Fails { target, error: _ } => write!(f, "cannot be evaluated for `{target}`"),
            Self::AllowsAtMost { longest } => write!(f, "allows at most {longest}"),
            Self::LeavesOut { targets } => {
                let targets: Vec<String> = targets.iter().map(|t| format!("`{t}`")).collect();
                write!(f, "does not cover {}", targets.join(", "))
            }
            Self::ReasonTooShort { least } => {
                write!(f, "wants a reason of {least} characters or more")
            }
            Self::ReasonUnlike { pattern } => write!(f, "wants a reason of the form `{pattern}`"),
            Self::TicketUnlike { pattern } => write!(f, "wants a ticket of the form `{pattern}`"),
            Self::NotForOthers {} => f.write_str("is not to be asked for in another name"),
            Self::NotUnlogged {} => f.write_str("offers only what can be logged"),
            Self::NotExtendable {} => f.write_str("offers no extension"),
            Self::OnlyBreakGlass {} => f.write_str("is for emergencies"),
            Self::UnknownTarget { target } => write!(f, "nothing is known of `{target}`"),
        }
    }
}
