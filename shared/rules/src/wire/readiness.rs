//! What callers are shown of the readiness of an instance:
//! `GET /v1/targets/{account}/{region}/{id}/readiness`.

use serde::{Deserialize, Serialize};

use crate::names::Target;
use crate::place::Place;
use crate::readiness::{Answer, Check, Finding, Need, Question, Report, Site, Status};

/// Whether an instance can be reached, whether its log will land, and what is in the way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReadinessView {
    /// Account, Region and instance.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub target: Target,
    /// Whether a session can be opened on it.
    pub reachable: AnswerView,
    /// Whether the log of a session lands in the bucket.
    pub log_lands: AnswerView,
    /// Whether ports may be forwarded through its agent.
    pub forwards_safely: AnswerView,
    /// What is in the way, each reason once, with its mend.
    pub findings: Vec<FindingView>,
    /// Everything that was looked at.
    pub checks: Vec<CheckView>,
}

/// The answer to one question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum AnswerView {
    /// Everything that bears on it is ok.
    Yes {},
    /// Something that bears on it fails.
    No {
        /// The codes of the findings that say so.
        #[cfg_attr(feature = "openapi", schema(example = json!(["endpoint-missing"])))]
        because: Vec<String>,
    },
    /// Nothing fails, and not everything could be known. This is no yes.
    Unknown {
        /// What has to be there before it can be known.
        needs: Vec<NeedView>,
    },
    /// The question does not arise, as that of the log for a port forward.
    NotApplicable {},
}

/// One reason, with its mend.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FindingView {
    /// The stable code.
    #[cfg_attr(feature = "openapi", schema(example = "endpoint-missing"))]
    pub code: String,
    /// What is the matter, in one sentence.
    pub says: String,
    /// What to do next.
    pub next: String,
    /// The command that does it, or shows what to decide on. Words in capitals stand for what only
    /// its reader can name.
    pub command: String,
    /// A piece of a CloudFormation template that has it so from the start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CheckView {
    /// What.
    #[cfg_attr(feature = "openapi", schema(example = "way-to-ssm"))]
    pub name: String,
    /// What it bears on.
    pub question: Question,
    /// What was seen, in one line.
    pub evidence: String,
    /// How it stands.
    #[serde(flatten)]
    pub status: StatusView,
}

/// How a check stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum StatusView {
    /// As it should be.
    Ok {},
    /// Not as it should be.
    Fails {
        /// The codes of the findings.
        findings: Vec<String>,
    },
    /// Not known. This never counts as ok.
    Unknown {
        /// What has to be there before it can be known.
        needs: Vec<NeedView>,
    },
    /// It does not matter in this set-up.
    NotApplicable {},
}

/// What has to be there before something can be known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NeedView {
    /// In words.
    pub says: String,
    /// The IAM permission that the doctor's role lacks, where that is what is needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(example = "ec2:DescribeVpcEndpoints"))]
    pub permission: Option<String>,
}

impl ReadinessView {
    /// What is shown of a report on an instance of this place.
    #[must_use]
    pub fn of(report: &Report, place: &Place) -> Self {
        let site = Site {
            target: &report.target,
            place,
        };
        Self {
            target: report.target.clone(),
            reachable: AnswerView::from(&report.reachable()),
            log_lands: AnswerView::from(&report.log_lands()),
            forwards_safely: AnswerView::from(&report.forwards_safely()),
            findings: report
                .findings()
                .into_iter()
                .map(|finding| FindingView::of(finding, site))
                .collect(),
            checks: report.checks.iter().map(CheckView::from).collect(),
        }
    }
}

impl FindingView {
    /// A finding that was made here.
    #[must_use]
    pub fn of(finding: &Finding, site: Site<'_>) -> Self {
        let fix = finding.fix(site);
        Self {
            code: finding.code().to_owned(),
            says: finding.to_string(),
            next: fix.next,
            command: fix.command,
            template: fix.template,
        }
    }
}

impl From<&Answer> for AnswerView {
    fn from(answer: &Answer) -> Self {
        match answer {
            Answer::Yes => Self::Yes {},
            Answer::No { because } => Self::No {
                because: codes(because),
            },
            Answer::Unknown { needs } => Self::Unknown {
                needs: needs.iter().map(NeedView::from).collect(),
            },
            Answer::NotApplicable => Self::NotApplicable {},
        }
    }
}

impl From<&Check> for CheckView {
    fn from(check: &Check) -> Self {
        let status = match &check.status {
            Status::Ok => StatusView::Ok {},
            Status::Fails { findings } => StatusView::Fails {
                findings: codes(findings),
            },
            Status::Unknown { needs } => StatusView::Unknown {
                needs: needs.iter().map(NeedView::from).collect(),
            },
            Status::NotApplicable => StatusView::NotApplicable {},
        };
        Self {
            name: check.name.as_str().to_owned(),
            question: check.name.question(),
            evidence: check.evidence.clone(),
            status,
        }
    }
}

impl From<&Need> for NeedView {
    fn from(need: &Need) -> Self {
        Self {
            says: need.to_string(),
            permission: match need {
                Need::Permission(permission) => Some(permission.to_string()),
                Need::Other(_) => None,
            },
        }
    }
}

/// The codes, each once.
fn codes(findings: &[Finding]) -> Vec<String> {
    let mut codes: Vec<String> = Vec::new();
    for finding in findings {
        if !codes.iter().any(|code| code == finding.code()) {
            codes.push(finding.code().to_owned());
        }
    }
    codes
}
