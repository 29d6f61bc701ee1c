//! Every way in which a rule says no.
//!
//! The list is closed. Each refusal has one stable code and says in one sentence what is the
//! matter and in another what to do next. A test named after each code shows it.

use std::time::Duration;

use crate::moment::Moment;
use crate::names::{AccessKind, AccountId, Digest, Group, Region, Target};
use crate::policy::Denial;
use crate::status::StatusWord;

/// What somebody, or the sweeper, can do to a request. One word each, everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verb {
    /// Say yes.
    Approve,
    /// Say no.
    Deny,
    /// Take a request back before it is approved.
    Withdraw,
    /// Have credentials issued; the first time activates the grant.
    Issue,
    /// Take a grant back.
    Revoke,
    /// Hand a grant back early.
    Release,
}

impl Verb {
    /// Every verb.
    pub const ALL: [Self; 6] = [
        Self::Approve,
        Self::Deny,
        Self::Withdraw,
        Self::Issue,
        Self::Revoke,
        Self::Release,
    ];

    /// The word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Deny => "deny",
            Self::Withdraw => "withdraw",
            Self::Issue => "issue",
            Self::Revoke => "revoke",
            Self::Release => "release",
        }
    }
}

/// What kind of answer a refusal is, apart from any transport.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// A rule or policy says no to this person.
    Forbidden,
    /// It does not exist, or is not theirs to know of.
    NotFound,
    /// The request is in another state than the verb needs.
    Conflict,
    /// Readable, and impossible.
    Impossible,
    /// Too much at once.
    TooMany,
}

/// A rule's no.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No such request, or it is not the caller's to know of.
    #[error("there is no such request, or it is not yours to see")]
    RequestNotFound,
    /// The requester tried to answer their own request.
    #[error("nobody answers their own request")]
    SelfApproval,
    /// The caller is in none of the groups that may answer, or theirs answer at another stage.
    #[error("you are in none of the groups that may answer this request now")]
    NotAnApprover {
        /// The groups that may.
        groups: Vec<Group>,
    },
    /// The same person approves twice.
    #[error("you have approved this request already")]
    AlreadyApproved,
    /// What the approver was shown is not what the request says.
    #[error("what you approved is not what the request says")]
    ShownChanged {
        /// The digest of what the request says.
        current: Digest,
    },
    /// Only the requester may do this.
    #[error("only the requester may do this")]
    NotTheRequester,
    /// Only an approver of the request or an operator may revoke.
    #[error("only an approver of this request or an operator may revoke it")]
    MayNotRevoke,
    /// Only operators and auditors list what is not theirs.
    #[error("only operators and auditors may list everybody's requests")]
    MayNotListAll,
    /// The verb does not fit the request's status.
    #[error("a request that is {status} takes no `{}`", verb.as_str())]
    WrongStatus {
        /// What was tried.
        verb: Verb,
        /// Where the request is.
        status: StatusWord,
    },
    /// The time for an answer or an activation is over.
    #[error("the time for this was over at {at}")]
    DeadlinePassed {
        /// When it was over, exclusive.
        at: Moment,
    },
    /// The grant is over.
    #[error("the grant ended at {at}")]
    GrantOver {
        /// When, exclusive.
        at: Moment,
    },
    /// Another issue of this grant is under way.
    #[error("credentials of this grant are being issued at this moment")]
    IssueInProgress {
        /// When to try again.
        retry_after: Duration,
    },
    /// The policy says no.
    #[error("{0}")]
    Policy(Denial),
    /// The policy now in force no longer allows what was approved.
    #[error("what was approved is no longer allowed: {0}")]
    NoLongerAllowed(Denial),
    /// The approvals given do not satisfy the policy now in force.
    #[error("policy `{policy}` now needs {needed} approvals, and {have} of those given count")]
    ApprovalsVoid {
        /// The policy now in force.
        policy: String,
        /// How many it needs.
        needed: u8,
        /// How many given ones count.
        have: u8,
    },
    /// The inventory knows no such instance.
    #[error("target `{0}` is not in the inventory")]
    UnknownTarget(Target),
    /// Postern does not serve the account and Region.
    #[error("account `{account}` in Region `{region}` is not served here")]
    PlaceNotServed {
        /// The account asked for.
        account: AccountId,
        /// The Region asked for.
        region: Region,
    },
    /// No session document for this kind of access is deployed in the place.
    #[error("`{kind}` is not offered in account `{account}`, Region `{region}`")]
    KindNotOffered {
        /// The kind asked for.
        kind: AccessKind,
        /// The account asked for.
        account: AccountId,
        /// The Region asked for.
        region: Region,
    },
    /// The agent is too old for port forwarding.
    #[error("the agent of `{target}` reports version `{version}`, too old for this kind of access")]
    AgentTooOld {
        /// The instance.
        target: Target,
        /// What its agent reports; `unknown` where it has not.
        version: String,
    },
    /// The person has too many requests waiting.
    #[error("you have {most} requests waiting for an answer, the most at once")]
    TooManyPending {
        /// The most at once.
        most: usize,
    },
    /// The targets do not fit into one set of credentials.
    #[error("these targets do not fit into one set of credentials")]
    TooManyTargets,
}

impl Refusal {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::RequestNotFound => "request-not-found",
            Self::SelfApproval => "self-approval",
            Self::NotAnApprover { .. } => "not-an-approver",
            Self::AlreadyApproved => "already-approved",
            Self::ShownChanged { .. } => "shown-changed",
            Self::NotTheRequester => "not-the-requester",
            Self::MayNotRevoke => "may-not-revoke",
            Self::MayNotListAll => "may-not-list-all",
            Self::WrongStatus { .. } => "wrong-status",
            Self::DeadlinePassed { .. } => "deadline-passed",
            Self::GrantOver { .. } => "grant-over",
            Self::IssueInProgress { .. } => "issue-in-progress",
            Self::Policy(denial) => denial.code(),
            Self::NoLongerAllowed(_) => "no-longer-allowed",
            Self::ApprovalsVoid { .. } => "approvals-void",
            Self::UnknownTarget(_) => "unknown-target",
            Self::PlaceNotServed { .. } => "place-not-served",
            Self::KindNotOffered { .. } => "kind-not-offered",
            Self::AgentTooOld { .. } => "agent-too-old",
            Self::TooManyPending { .. } => "too-many-pending",
            Self::TooManyTargets => "too-many-targets",
        }
    }

    /// What kind of answer it is.
    #[must_use]
    pub fn class(&self) -> Class {
        match self {
            Self::RequestNotFound => Class::NotFound,
            Self::SelfApproval
            | Self::NotAnApprover { .. }
            | Self::NotTheRequester
            | Self::MayNotRevoke
            | Self::MayNotListAll
            | Self::Policy(_)
            | Self::NoLongerAllowed(_)
            | Self::ApprovalsVoid { .. } => Class::Forbidden,
            Self::AlreadyApproved
            | Self::ShownChanged { .. }
            | Self::WrongStatus { .. }
            | Self::DeadlinePassed { .. }
            | Self::GrantOver { .. }
            | Self::IssueInProgress { .. } => Class::Conflict,
            Self::UnknownTarget(_)
            | Self::PlaceNotServed { .. }
            | Self::KindNotOffered { .. }
            | Self::AgentTooOld { .. }
            | Self::TooManyTargets => Class::Impossible,
            Self::TooManyPending { .. } => Class::TooMany,
        }
    }

    /// What to do next, in one sentence.
    #[must_use]
    pub fn next(&self) -> String {
        match self {
            Self::RequestNotFound => {
                "Check the id; `GET /v1/requests` lists the requests that you may see.".into()
            }
            Self::SelfApproval => "Ask somebody of the approver groups to answer it.".into(),
            Self::NotAnApprover { groups } => {
                let groups: Vec<&str> = groups.iter().map(Group::as_str).collect();
                if groups.is_empty() {
                    "The policy answers this request by itself; there is nothing to approve.".into()
                } else {
                    format!("Members of {} may answer it now.", groups.join(", "))
                }
            }
            Self::AlreadyApproved => "Another person must give the next approval.".into(),
            Self::ShownChanged { .. } => {
                "Read the request again, and approve with the `shown` it has now.".into()
            }
            Self::NotTheRequester => "Ask the requester, or an operator to revoke it.".into(),
            Self::MayNotRevoke => "Ask an approver of the request or an operator.".into(),
            Self::MayNotListAll => "List with `view=mine` or `view=waiting`.".into(),
            Self::WrongStatus { status, .. } => match status {
                StatusWord::Pending => "Wait until it is approved, or withdraw it.".into(),
                StatusWord::Approved | StatusWord::Active => {
                    "It is decided already; an approver can revoke it, the requester release it."
                        .into()
                }
                StatusWord::Ending
                | StatusWord::Closed
                | StatusWord::Denied
                | StatusWord::Withdrawn
                | StatusWord::Lapsed => "It is over; make a new request.".into(),
            },
            Self::DeadlinePassed { .. } | Self::GrantOver { .. } => "Make a new request.".into(),
            Self::IssueInProgress { retry_after } => {
                format!("Try again in {} seconds.", retry_after.as_secs().max(1))
            }
            Self::Policy(denial) => denial.next(),
            Self::NoLongerAllowed(_) | Self::ApprovalsVoid { .. } => {
                "Make a new request, so that it is decided by the policy now in force.".into()
            }
            Self::UnknownTarget(_) => {
                "Check account, Region and instance; `GET /v1/targets` lists what you may ask for."
                    .into()
            }
            Self::PlaceNotServed { .. } => {
                "Ask the people who run Postern to add the account and Region.".into()
            }
            Self::KindNotOffered { .. } => {
                "`GET /v1/targets` lists the kinds that each target offers.".into()
            }
            Self::AgentTooOld { .. } => {
                "Update SSM Agent to 3.3.4851.0 or later, or ask for a shell.".into()
            }
            Self::TooManyPending { .. } => "Withdraw one, or wait until one is answered.".into(),
            Self::TooManyTargets => "Ask for fewer targets at once.".into(),
        }
    }

    /// After how long it is worth trying the very same thing again.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::IssueInProgress { retry_after } => Some(*retry_after),
            Self::TooManyPending { .. } => Some(Duration::from_secs(60)),
            Self::RequestNotFound
            | Self::SelfApproval
            | Self::NotAnApprover { .. }
            | Self::AlreadyApproved
            | Self::ShownChanged { .. }
            | Self::NotTheRequester
            | Self::MayNotRevoke
            | Self::MayNotListAll
            | Self::WrongStatus { .. }
            | Self::DeadlinePassed { .. }
            | Self::GrantOver { .. }
            | Self::Policy(_)
            | Self::NoLongerAllowed(_)
            | Self::ApprovalsVoid { .. }
            | Self::UnknownTarget(_)
            | Self::PlaceNotServed { .. }
            | Self::KindNotOffered { .. }
            | Self::AgentTooOld { .. }
            | Self::TooManyTargets => None,
        }
    }
}
