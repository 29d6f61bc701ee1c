//! What a policy set answers.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::PolicyId;
use crate::names::{Comment, GrantDuration, Target};
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

/// The kinds of denial. Where several apply, the first in this order is told.
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
    /// Nothing is known of the target.
    UnknownTarget {
        /// Which of the targets.
        target: Target,
    },
}

impl DenialKind {
    /// A stable code: `policy-forbids`, `policy-unevaluable`, `duration-too-long` or `no-route`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Forbidden => "policy-forbids",
            Self::Unevaluable => "policy-unevaluable",
            Self::TooLong { .. } => "duration-too-long",
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
            DenialKind::Forbidden => {
                "Talk to whoever keeps the policy named here; asking again changes nothing.".into()
            }
            DenialKind::Unevaluable => {
                "Tell the operators of Postern which policy or target is named here.".into()
            }
            DenialKind::TooLong { longest } => format!("Ask for {longest} or less."),
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

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            DenialKind::Forbidden => "a policy forbids it",
            DenialKind::Unevaluable => "the policies could not be evaluated",
            DenialKind::TooLong { .. } => "no policy allows it for so long",
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
                because: None,
            } => write!(f, "forbids `{target}`"),
            Self::Forbids {
                target,
                because: Some(because),
            } => {
                write!(f, "forbids `{target}`: {because}")
            }
            Self::Fails { target, error: _ } => write!(f, "cannot be evaluated for `{target}`"),
            Self::AllowsAtMost { longest } => write!(f, "allows at most {longest}"),
            Self::LeavesOut { targets } => {
                let targets: Vec<String> = targets.iter().map(|t| format!("`{t}`")).collect();
                write!(f, "does not cover {}", targets.join(", "))
            }
            Self::UnknownTarget { target } => write!(f, "nothing is known of `{target}`"),
        }
    }
}
