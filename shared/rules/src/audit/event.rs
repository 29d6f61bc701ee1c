//! What can happen to a request.

use serde::{Deserialize, Serialize};

use crate::ask::Ask;
use crate::caller::Channel;
use crate::facts::TargetFacts;
use crate::log_verdict::LogVerdict;
use crate::moment::Moment;
use crate::names::{Comment, Digest, GrantDuration, Group, SessionId};
use crate::on_call::Rota;
use crate::policy::PolicyId;
use crate::request::Extension;
use crate::route::Route;
use crate::status::{EndReason, LapseReason};

/// What happened to a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// Somebody asked, and a policy offered a route.
    Asked {
        /// For what.
        ask: Box<Ask>,
        /// By which route.
        route: Box<Route>,
        /// The groups of whoever asked, by which the policy judged.
        groups: Vec<Group>,
        /// The rotas they were on call for.
        rotas: Vec<Rota>,
        /// What was known of the targets.
        facts: Vec<TargetFacts>,
        /// The digest of all that approvers are shown.
        shown: Digest,
    },
    /// It was asked for as an emergency: nobody was waited for.
    GlassBroken {
        /// Who has to review it.
        reviewers: Vec<Group>,
    },
    /// A policy said yes by itself.
    ApprovedByPolicy {},
    /// Somebody said yes.
    Approved {
        /// The groups by which they may.
        groups: Vec<Group>,
        /// What they were shown.
        shown: Digest,
        /// At which stage, from 1.
        stage: u8,
        /// How many have said yes at that stage with this one.
        count: u8,
        /// How many the stage needs.
        needed: u8,
        /// By which way.
        channel: Channel,
        /// What they said.
        #[serde(deserialize_with = "Option::deserialize")]
        comment: Option<Comment>,
    },
    /// Somebody said no.
    Denied {
        /// What they said.
        #[serde(deserialize_with = "Option::deserialize")]
        comment: Option<Comment>,
    },
    /// The requester took the request back.
    Withdrawn {},
    /// Nobody answered, or nobody activated, in time.
    Lapsed {
        /// Which of them.
        why: LapseReason,
    },
    /// The first issue began, and with it the clock of the grant.
    Activated {
        /// The grant's end, exclusive.
        ends_at: Moment,
    },
    /// An issue of credentials began; recorded before STS is called.
    Issuing {
        /// Which issue of the grant.
        issue: u32,
        /// The latest moment at which its credentials can be valid.
        until: Moment,
        /// The policy set by which it was judged again.
        policy_set: Digest,
    },
    /// No issue began, because the policy now in force no longer carries it. Written once for each
    /// such answer.
    IssueRefused {
        /// The code of the refusal.
        code: String,
        /// The policies that changed the answer.
        policies: Vec<PolicyId>,
        /// The set they stand in.
        policy_set: Digest,
    },
    /// The requester asked for a longer grant.
    ExtensionAsked {
        /// For what, and by which route.
        extension: Box<Extension>,
        /// The groups of the requester, by which the policy judged.
        groups: Vec<Group>,
        /// The digest of all that approvers are shown.
        shown: Digest,
    },
    /// Somebody said no to the extension.
    ExtensionDenied {
        /// What they said.
        #[serde(deserialize_with = "Option::deserialize")]
        comment: Option<Comment>,
    },
    /// The requester no longer wants the extension.
    ExtensionWithdrawn {},
    /// The grant ends later than it did.
    Extended {
        /// How long it lasts in all.
        total: GrantDuration,
        /// Its end, exclusive.
        ends_at: Moment,
        /// The policy set by which it was judged.
        policy_set: Digest,
    },
    /// The grant ends soon.
    EndNear {
        /// Its end, exclusive.
        ends_at: Moment,
    },
    /// STS answered with credentials; recorded before they leave.
    Issued {
        /// Which issue of the grant.
        issue: u32,
        /// The public half of the credentials, as CloudTrail shows it.
        access_key_id: String,
        /// When they expire.
        expires_at: Moment,
    },
    /// STS refused or could not be reached.
    IssueFailed {
        /// Which issue of the grant.
        issue: u32,
        /// The error code.
        code: String,
    },
    /// An issue was found without an outcome. Its credentials, if any were made, never left.
    IssueOrphaned {
        /// Which issue of the grant.
        issue: u32,
    },
    /// The grant ended.
    Ended {
        /// Why.
        why: EndReason,
        /// What the one who ended it said.
        #[serde(deserialize_with = "Option::deserialize")]
        comment: Option<Comment>,
    },
    /// A session of the grant was seen for the first time.
    SessionSeen {
        /// The session.
        session: SessionId,
        /// The instance, as SSM names it.
        instance: String,
        /// The session document.
        document: String,
        /// When it began.
        started_at: Moment,
    },
    /// SSM is about to be told to end a session.
    SessionTerminating {
        /// The session.
        session: SessionId,
        /// Which try, from 1.
        attempt: u32,
    },
    /// SSM could not be told to end a session, or gave no usable answer.
    TerminationFailed {
        /// The session.
        session: SessionId,
        /// Which try, from 1.
        attempt: u32,
        /// The error code.
        code: String,
    },
    /// A session was seen gone.
    SessionOver {
        /// The session.
        session: SessionId,
        /// When it ended.
        ended_at: Moment,
    },
    /// A session's log was judged.
    LogJudged {
        /// The session.
        session: SessionId,
        /// What was found.
        #[serde(flatten)]
        log: LogVerdict,
    },
    /// Every session is gone and has its verdict.
    Closed {},
    /// Logs were looked at again after the close, and these are as they were.
    LogsRechecked {
        /// Of how many sessions.
        sessions: u32,
    },
    /// Somebody has reviewed the emergency.
    Reviewed {
        /// What they say of it.
        comment: Comment,
    },
}

/// How much an event wants somebody's attention.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The ordinary course of things.
    Info,
    /// Somebody should look at it, some time.
    Warning,
    /// Somebody should look at it now.
    Critical,
}

impl Event {
    /// One word for the event, as it is encoded.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Asked { .. } => "asked",
            Self::ApprovedByPolicy {} => "approved_by_policy",
            Self::Approved { .. } => "approved",
            Self::Denied { .. } => "denied",
            Self::Withdrawn {} => "withdrawn",
            Self::Lapsed { .. } => "lapsed",
            Self::Activated { .. } => "activated",
            Self::Issuing { .. } => "issuing",
            Self::EndNear { .. } => "end_near",
            Self::Issued { .. } => "issued",
            Self::IssueFailed { .. } => "issue_failed",
            Self::IssueOrphaned { .. } => "issue_orphaned",
            Self::Ended { .. } => "ended",
            Self::SessionSeen { .. } => "session_seen",
            Self::SessionTerminating { .. } => "session_terminating",
            Self::TerminationFailed { .. } => "termination_failed",
            Self::SessionOver { .. } => "session_over",
            Self::LogJudged { .. } => "log_judged",
            Self::Closed {} => "closed",
            Self::LogsRechecked { .. } => "logs_rechecked",
            Self::GlassBroken { .. } => "glass_broken",
            Self::IssueRefused { .. } => "issue_refused",
            Self::ExtensionAsked { .. } => "extension_asked",
            Self::ExtensionDenied { .. } => "extension_denied",
            Self::ExtensionWithdrawn {} => "extension_withdrawn",
            Self::Extended { .. } => "extended",
            Self::Reviewed { .. } => "reviewed",
        }
    }

    /// How much it wants somebody's attention.
    #[must_use]
    pub fn severity(&self) -> Severity {
        match self {
            Self::GlassBroken { .. } => Severity::Critical,
            Self::IssueRefused { .. }
            | Self::IssueFailed { .. }
            | Self::IssueOrphaned { .. }
            | Self::TerminationFailed { .. } => Severity::Warning,
            Self::LogJudged { log, .. } => match log {
                LogVerdict::Pending {} | LogVerdict::Landed { .. } | LogVerdict::Unloggable {} => {
                    Severity::Info
                }
                LogVerdict::Late { .. } => Severity::Warning,
                LogVerdict::Missing {}
                | LogVerdict::Empty { .. }
                | LogVerdict::Altered { .. }
                | LogVerdict::Unreadable { .. } => Severity::Critical,
            },
            Self::Asked { .. }
            | Self::ApprovedByPolicy {}
            | Self::Approved { .. }
            | Self::Denied { .. }
            | Self::Withdrawn {}
            | Self::Lapsed { .. }
            | Self::Activated { .. }
            | Self::Issuing { .. }
            | Self::Issued { .. }
            | Self::Ended { .. }
            | Self::SessionSeen { .. }
            | Self::SessionTerminating { .. }
            | Self::SessionOver { .. }
            | Self::Closed {}
            | Self::LogsRechecked { .. }
            | Self::EndNear { .. }
            | Self::ExtensionAsked { .. }
            | Self::ExtensionDenied { .. }
            | Self::ExtensionWithdrawn {}
            | Self::Extended { .. }
            | Self::Reviewed { .. } => Severity::Info,
        }
    }
}
