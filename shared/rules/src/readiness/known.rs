//! What is known of the readiness of an instance when somebody asks for access to it.
//!
//! It is a report cut down to the kind of access asked for: small enough to be recorded with the
//! request, and to be read on the card of an approver. Policies are shown its word alone.

use serde::{Deserialize, Serialize};

use super::{Answer, Finding, Need, Report, Site, once};
use crate::place::Place;

/// The readiness of an instance for one kind of access, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Readiness {
    /// Nothing that was looked at is in the way.
    Ready {},
    /// No session can be opened on it, or it must not carry what is asked for.
    Unreachable {
        /// What is in the way.
        findings: Vec<Found>,
    },
    /// Sessions can be opened as far as is known, and their logs will not land.
    LogWillNotLand {
        /// What is in the way.
        findings: Vec<Found>,
    },
    /// Nothing is known to be in the way, and not everything could be looked at. This is no
    /// [`Ready`](Self::Ready).
    Unknown {
        /// What has to be there before it can be known, or what became of the doctor.
        because: Vec<String>,
    },
}

/// A finding as it is recorded: without the command and the template, which the doctor tells anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Found {
    /// The stable code.
    #[cfg_attr(feature = "openapi", schema(example = "endpoint-missing"))]
    pub code: String,
    /// What is the matter, in one sentence.
    pub says: String,
    /// What to do next, in one sentence.
    pub next: String,
}

/// The readiness of an instance in one word, as policies compare it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReadinessWord {
    /// Nothing is in the way.
    Ready,
    /// No session can be opened.
    Unreachable,
    /// The log will not land.
    LogWillNotLand,
    /// Not known.
    Unknown,
}

impl ReadinessWord {
    /// The word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Unreachable => "unreachable",
            Self::LogWillNotLand => "log_will_not_land",
            Self::Unknown => "unknown",
        }
    }
}

impl Readiness {
    /// What a report on an instance of this place comes to. It must be the report for the one kind
    /// of access that is asked for.
    #[must_use]
    pub fn of(report: &Report, place: &Place) -> Self {
        let site = Site {
            target: &report.target,
            place,
        };
        let found = |answer: &Answer| -> Vec<Found> {
            let because = match answer {
                Answer::No { because } => because.as_slice(),
                Answer::Yes | Answer::Unknown { .. } | Answer::NotApplicable => &[],
            };
            because.iter().map(|one| Found::of(one, site)).collect()
        };
        let (reach, log) = (report.reachable(), report.log_lands());
        let forward = report.forwards_safely();
        let mut in_the_way = found(&reach);
        in_the_way.extend(found(&forward));
        if !in_the_way.is_empty() {
            return Self::Unreachable {
                findings: in_the_way,
            };
        }
        let findings = found(&log);
        if !findings.is_empty() {
            return Self::LogWillNotLand { findings };
        }
        let needs = once([&reach, &forward, &log].into_iter().flat_map(needs));
        if !needs.is_empty() {
            let because = needs.into_iter().map(ToString::to_string).collect();
            Self::Unknown { because }
        } else if reach == Answer::Yes {
            Self::Ready {}
        } else {
            // INVARIANT: whether a session can be opened is always a question.
            Self::unknown("an answer to whether it can be reached")
        }
    }

    /// Not known, for this one reason.
    #[must_use]
    pub fn unknown(because: impl Into<String>) -> Self {
        Self::Unknown {
            because: vec![because.into()],
        }
    }

    /// A readiness of that word of which nothing more is told.
    #[must_use]
    pub fn untold(word: ReadinessWord) -> Self {
        match word {
            ReadinessWord::Ready => Self::Ready {},
            ReadinessWord::Unreachable => Self::Unreachable { findings: vec![] },
            ReadinessWord::LogWillNotLand => Self::LogWillNotLand { findings: vec![] },
            ReadinessWord::Unknown => Self::Unknown { because: vec![] },
        }
    }

    /// In one word.
    #[must_use]
    pub fn word(&self) -> ReadinessWord {
        match self {
            Self::Ready {} => ReadinessWord::Ready,
            Self::Unreachable { .. } => ReadinessWord::Unreachable,
            Self::LogWillNotLand { .. } => ReadinessWord::LogWillNotLand,
            Self::Unknown { .. } => ReadinessWord::Unknown,
        }
    }

    /// What is in the way.
    #[must_use]
    pub fn findings(&self) -> &[Found] {
        match self {
            Self::Unreachable { findings } | Self::LogWillNotLand { findings } => findings,
            Self::Ready {} | Self::Unknown { .. } => &[],
        }
    }
}

/// What has to be there before a question can be answered.
fn needs(answer: &Answer) -> &[Need] {
    match answer {
        Answer::Unknown { needs } => needs,
        Answer::Yes | Answer::No { .. } | Answer::NotApplicable => &[],
    }
}

impl Found {
    fn of(finding: &Finding, site: Site<'_>) -> Self {
        Self {
            code: finding.code().to_owned(),
            says: finding.to_string(),
            next: finding.fix(site).next,
        }
    }
}
