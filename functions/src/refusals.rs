//! One example of every refusal, for the tests that hold the documents to the rules.

use std::time::Duration;

use rules::moment::Moment;
use rules::names::{AccessKind, Digest, GrantDuration};
use rules::policy::{Denial, DenialKind, Reason, Why};
use rules::refusal::{Refusal, Verb};
use rules::status::StatusWord;

const TARGET: &str = "111122223333/ap-northeast-2/i-0123456789abcdef0";

/// Every refusal once, and that of the policy once for each of its codes.
pub(crate) fn examples() -> Vec<Refusal> {
    let first = Refusal::RequestNotFound;
    let mut all = vec![first.clone()];
    loop {
        let next = after(all.last().expect("there is a first"));
        if next == first {
            return all;
        }
        all.push(next);
    }
}

/// The example after this one; the first again after the last. A new refusal does not compile
/// until it has its place here.
fn after(refusal: &Refusal) -> Refusal {
    let at = Moment::from_seconds(1_795_521_600);
    let target = || TARGET.parse().unwrap();
    let (account, region) = (
        "111122223333".parse().unwrap(),
        "ap-northeast-2".parse().unwrap(),
    );
    match refusal {
        Refusal::RequestNotFound => Refusal::SelfApproval,
        Refusal::SelfApproval => Refusal::NotAnApprover {
            groups: vec!["leads".parse().unwrap()],
        },
        Refusal::NotAnApprover { .. } => Refusal::AlreadyApproved,
        Refusal::AlreadyApproved => Refusal::ShownChanged {
            current: Digest::of("example", b"request"),
        },
        Refusal::ShownChanged { .. } => Refusal::NotTheRequester,
        Refusal::NotTheRequester => Refusal::MayNotRevoke,
        Refusal::MayNotRevoke => Refusal::MayNotListAll,
        Refusal::MayNotListAll => Refusal::WrongStatus {
            verb: Verb::Approve,
            status: StatusWord::Denied,
        },
        Refusal::WrongStatus { .. } => Refusal::DeadlinePassed { at },
        Refusal::DeadlinePassed { .. } => Refusal::GrantOver { at },
        Refusal::GrantOver { .. } => Refusal::IssueInProgress {
            retry_after: Duration::from_secs(2),
        },
        Refusal::IssueInProgress { .. } => Refusal::Policy(denied(DenialKind::Forbidden)),
        Refusal::Policy(denial) => match denial.kind {
            DenialKind::Forbidden => Refusal::Policy(denied(DenialKind::Unevaluable)),
            DenialKind::Unevaluable => {
                let longest = GrantDuration::from_seconds(3_600).unwrap();
                Refusal::Policy(denied(DenialKind::TooLong { longest }))
            }
            DenialKind::TooLong { .. } => {
                Refusal::Policy(denied(DenialKind::ReasonTooShort { least: 20 }))
            }
            DenialKind::ReasonTooShort { .. } => wanting(
                DenialKind::ReasonUnlike,
                Why::ReasonUnlike {
                    pattern: "INC-[0-9]+: .+".into(),
                },
            ),
            DenialKind::ReasonUnlike => wanting(
                DenialKind::TicketUnlike,
                Why::TicketUnlike {
                    pattern: "OPS-[0-9]+".into(),
                },
            ),
            DenialKind::TicketUnlike => Refusal::Policy(denied(DenialKind::NotForOthers)),
            DenialKind::NotForOthers => Refusal::Policy(denied(DenialKind::NotUnlogged)),
            DenialKind::NotUnlogged => Refusal::Policy(denied(DenialKind::NotExtendable)),
            DenialKind::NotExtendable => Refusal::Policy(denied(DenialKind::NoBreakGlass)),
            DenialKind::NoBreakGlass => Refusal::Policy(denied(DenialKind::NoGroups)),
            DenialKind::NoGroups => Refusal::Policy(denied(DenialKind::NoPolicy)),
            DenialKind::NoPolicy => Refusal::Policy(denied(DenialKind::NoRoute)),
            DenialKind::NoRoute => Refusal::NoLongerAllowed(denied(DenialKind::NoRoute)),
        },
        Refusal::NoLongerAllowed(_) => Refusal::UserChanged {
            policy: "prod-shell".parse().unwrap(),
        },
        Refusal::UserChanged { .. } => Refusal::ApprovalsVoid {
            policy: "prod-shell".parse().unwrap(),
            needed: 2,
            have: 1,
        },
        Refusal::ApprovalsVoid { .. } => Refusal::UnknownTarget(target()),
        Refusal::UnknownTarget(_) => Refusal::PlaceNotServed { account, region },
        Refusal::PlaceNotServed { .. } => Refusal::KindNotOffered {
            kind: AccessKind::Ssh {}.to_string(),
            account,
            region,
        },
        Refusal::KindNotOffered { .. } => Refusal::TargetNotFound,
        Refusal::TargetNotFound => Refusal::AgentTooOld {
            target: target(),
            version: "3.2.0.0".into(),
        },
        Refusal::AgentTooOld { .. } => Refusal::TooManyPending { most: 10 },
        Refusal::TooManyPending { .. } => Refusal::TooManyTargets,
        Refusal::TooManyTargets => Refusal::TooEarly { at },
        Refusal::TooEarly { .. } => Refusal::StartOutOfRange {
            most: Duration::from_secs(7 * 86_400),
        },
        Refusal::StartOutOfRange { .. } => Refusal::EmergencyLater,
        Refusal::EmergencyLater => {
            Refusal::OtherIssuer("https://other.example.com".parse().unwrap())
        }
        Refusal::OtherIssuer(_) => Refusal::ReviewOpen {
            request: "req-01KAV3M0000123456789ABCDEF".parse().unwrap(),
        },
        Refusal::ReviewOpen { .. } => Refusal::NotAReviewer {
            groups: vec!["security".parse().unwrap()],
        },
        Refusal::NotAReviewer { .. } => Refusal::NothingToReview,
        Refusal::NothingToReview => Refusal::AlreadyReviewed,
        Refusal::AlreadyReviewed => Refusal::ExtensionWaiting,
        Refusal::ExtensionWaiting => Refusal::RunAsImpossible {
            user: "deploy".parse().unwrap(),
            target: target(),
        },
        Refusal::RunAsImpossible { .. } => Refusal::ChatNeedsLogin,
        Refusal::ChatNeedsLogin => Refusal::NotInChat,
        Refusal::NotInChat => Refusal::RequestNotFound,
    }
}

/// A denial whose one policy wants something else.
fn wanting(kind: DenialKind, why: Why) -> Refusal {
    let policy = Some("prod-shell".parse().unwrap());
    Refusal::Policy(Denial {
        kind,
        reasons: vec![Reason { policy, why }],
    })
}

fn denied(kind: DenialKind) -> Denial {
    Denial {
        kind,
        reasons: Vec::new(),
    }
}
