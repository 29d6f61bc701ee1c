//! Every way in which a rule says no.
//!
//! The list is closed. Each refusal has one stable code and says in one sentence what is the
//! matter and in another what to do next. A test named after each code shows it.

mod advice;

use std::time::Duration;

use crate::moment::Moment;
use crate::names::{AccountId, Digest, Group, Issuer, OsUser, Region, RequestId, Target};
use crate::policy::{Denial, PolicyId};
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
    /// Ask for a longer grant.
    Extend,
    /// Say what became of an emergency.
    Review,
}

impl Verb {
    /// Every verb.
    pub const ALL: [Self; 8] = [
        Self::Approve,
        Self::Deny,
        Self::Withdraw,
        Self::Issue,
        Self::Revoke,
        Self::Release,
        Self::Extend,
        Self::Review,
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
            Self::Extend => "extend",
            Self::Review => "review",
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
    /// The policy now in force has sessions run as another user than was approved.
    #[error("policy `{policy}` now has sessions run as another user")]
    UserChanged {
        /// The policy now in force.
        policy: PolicyId,
    },
    /// The approvals given do not satisfy the policy now in force.
    #[error("policy `{policy}` now needs {needed} approvals, and {have} of those given count")]
    ApprovalsVoid {
        /// The policy now in force.
        policy: PolicyId,
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
        /// The kind asked for, in words.
        kind: String,
        /// The account asked for.
        account: AccountId,
        /// The Region asked for.
        region: Region,
    },
    /// No such target, or it is not the caller's to know of.
    #[error("there is no such target, or it is not yours to see")]
    TargetNotFound,
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
    /// Access is approved, and begins later.
    #[error("access begins at {at}")]
    TooEarly {
        /// When.
        at: Moment,
    },
    /// Access is asked for a time that is over, or too far ahead.
    #[error("access may begin within {} days from now, and not in the past", most.as_secs() / 86_400)]
    StartOutOfRange {
        /// The farthest ahead.
        most: Duration,
    },
    /// An emergency that is to come.
    #[error("an emergency does not begin later")]
    EmergencyLater,
    /// Access is asked for somebody who cannot sign in here.
    #[error("nobody signs in here with `{0}`")]
    OtherIssuer(Issuer),
    /// The person's last emergency is not reviewed.
    #[error("your emergency access `{request}` has not been reviewed yet")]
    ReviewOpen {
        /// Which.
        request: RequestId,
    },
    /// The caller is in none of the groups that review.
    #[error("you are in none of the groups that review this emergency")]
    NotAReviewer {
        /// The groups that do.
        groups: Vec<Group>,
    },
    /// The request was no emergency.
    #[error("this was no emergency, so there is nothing to review")]
    NothingToReview,
    /// Somebody has reviewed it.
    #[error("somebody has reviewed this emergency already")]
    AlreadyReviewed,
    /// An extension waits for an answer.
    #[error("an extension of this grant waits for an answer already")]
    ExtensionWaiting,
    /// Sessions cannot run as the user whom the policy names.
    #[error("sessions on `{target}` cannot run as `{user}`")]
    RunAsImpossible {
        /// The user.
        user: OsUser,
        /// Where.
        target: Target,
    },
    /// The policy wants a login for a yes, and got a tap in chat.
    #[error("the policy takes no tap in chat for this")]
    ChatNeedsLogin,
    /// What was tried is not to be had by way of chat.
    #[error("this is not done from chat")]
    NotInChat,
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
            Self::UserChanged { .. } => "user-changed",
            Self::ApprovalsVoid { .. } => "approvals-void",
            Self::UnknownTarget(_) => "unknown-target",
            Self::PlaceNotServed { .. } => "place-not-served",
            Self::KindNotOffered { .. } => "kind-not-offered",
            Self::TargetNotFound => "target-not-found",
            Self::AgentTooOld { .. } => "agent-too-old",
            Self::TooManyPending { .. } => "too-many-pending",
            Self::TooManyTargets => "too-many-targets",
            Self::TooEarly { .. } => "too-early",
            Self::StartOutOfRange { .. } => "start-out-of-range",
            Self::EmergencyLater => "emergency-later",
            Self::OtherIssuer(_) => "other-issuer",
            Self::ReviewOpen { .. } => "review-open",
            Self::NotAReviewer { .. } => "not-a-reviewer",
            Self::NothingToReview => "nothing-to-review",
            Self::AlreadyReviewed => "already-reviewed",
            Self::ExtensionWaiting => "extension-waiting",
            Self::RunAsImpossible { .. } => "run-as-impossible",
            Self::ChatNeedsLogin => "chat-needs-login",
            Self::NotInChat => "not-in-chat",
        }
    }

    /// What kind of answer it is.
    #[must_use]
    pub fn class(&self) -> Class {
        match self {
            Self::RequestNotFound | Self::TargetNotFound => Class::NotFound,
            Self::SelfApproval
            | Self::NotAnApprover { .. }
            | Self::NotTheRequester
            | Self::MayNotRevoke
            | Self::MayNotListAll
            | Self::Policy(_)
            | Self::NoLongerAllowed(_)
            | Self::UserChanged { .. }
            | Self::ApprovalsVoid { .. }
            | Self::ReviewOpen { .. }
            | Self::NotAReviewer { .. }
            | Self::ChatNeedsLogin
            | Self::NotInChat => Class::Forbidden,
            Self::AlreadyApproved
            | Self::ShownChanged { .. }
            | Self::WrongStatus { .. }
            | Self::DeadlinePassed { .. }
            | Self::GrantOver { .. }
            | Self::IssueInProgress { .. }
            | Self::TooEarly { .. }
            | Self::NothingToReview
            | Self::AlreadyReviewed
            | Self::ExtensionWaiting => Class::Conflict,
            Self::UnknownTarget(_)
            | Self::PlaceNotServed { .. }
            | Self::KindNotOffered { .. }
            | Self::AgentTooOld { .. }
            | Self::TooManyTargets
            | Self::StartOutOfRange { .. }
            | Self::EmergencyLater
            | Self::OtherIssuer(_)
            | Self::RunAsImpossible { .. } => Class::Impossible,
            Self::TooManyPending { .. } => Class::TooMany,
        }
    }
}
