//! What each refusal says, word for word, in a table that people can read.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::all;
use crate::policy::{Denial, DenialKind};
use crate::refusal::Refusal;

const TABLE: &str = include_str!("../../../../tests/golden/refusals.md");
const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/refusals.md");

const HEAD: &str = "\
# What each refusal says

Made by `UPDATE_GOLDEN=1 cargo test -p rules refusal`, and compared by every test run. Each refusal \
is the one that the test named after its code is given.

| code | class | says | next |
|---|---|---|---|
";

/// Lists the codes by the variants that they belong to. The matches are exhaustive, so a variant
/// that is new has to be listed, and then needs the test named after it.
macro_rules! codes {
    ($($variant:pat => $code:literal,)*) => {
        const CODES: &[&str] = &[$($code),*];

        fn code(refusal: &Refusal) -> &'static str {
            match refusal {
                $($variant => $code,)*
            }
        }
    };
}

codes! {
    Refusal::RequestNotFound => "request-not-found",
    Refusal::SelfApproval => "self-approval",
    Refusal::NotAnApprover { .. } => "not-an-approver",
    Refusal::AlreadyApproved => "already-approved",
    Refusal::ShownChanged { .. } => "shown-changed",
    Refusal::NotTheRequester => "not-the-requester",
    Refusal::MayNotRevoke => "may-not-revoke",
    Refusal::MayNotListAll => "may-not-list-all",
    Refusal::WrongStatus { .. } => "wrong-status",
    Refusal::DeadlinePassed { .. } => "deadline-passed",
    Refusal::GrantOver { .. } => "grant-over",
    Refusal::IssueInProgress { .. } => "issue-in-progress",
    Refusal::Policy(Denial { kind: DenialKind::Forbidden, .. }) => "policy-forbids",
    Refusal::Policy(Denial { kind: DenialKind::Unevaluable, .. }) => "policy-unevaluable",
    Refusal::Policy(Denial { kind: DenialKind::TooLong { .. }, .. }) => "duration-too-long",
    Refusal::Policy(Denial { kind: DenialKind::ReasonTooShort { .. }, .. }) => "reason-too-short",
    Refusal::Policy(Denial { kind: DenialKind::ReasonUnlike, .. }) => "reason-unlike",
    Refusal::Policy(Denial { kind: DenialKind::TicketUnlike, .. }) => "ticket-unlike",
    Refusal::Policy(Denial { kind: DenialKind::NotForOthers, .. }) => "not-for-others",
    Refusal::Policy(Denial { kind: DenialKind::NotUnlogged, .. }) => "not-unlogged",
    Refusal::Policy(Denial { kind: DenialKind::NotExtendable, .. }) => "not-extendable",
    Refusal::Policy(Denial { kind: DenialKind::NoBreakGlass, .. }) => "no-break-glass",
    Refusal::Policy(Denial { kind: DenialKind::NoGroups, .. }) => "no-groups",
    Refusal::Policy(Denial { kind: DenialKind::NoPolicy, .. }) => "no-policy",
    Refusal::Policy(Denial { kind: DenialKind::NoRoute, .. }) => "no-route",
    Refusal::NoLongerAllowed(_) => "no-longer-allowed",
    Refusal::UserChanged { .. } => "user-changed",
    Refusal::ApprovalsVoid { .. } => "approvals-void",
    Refusal::UnknownTarget(_) => "unknown-target",
    Refusal::PlaceNotServed { .. } => "place-not-served",
    Refusal::KindNotOffered { .. } => "kind-not-offered",
    Refusal::TargetNotFound => "target-not-found",
    Refusal::AgentTooOld { .. } => "agent-too-old",
    Refusal::TooManyPending { .. } => "too-many-pending",
    Refusal::TooManyTargets => "too-many-targets",
    Refusal::TooEarly { .. } => "too-early",
    Refusal::StartOutOfRange { .. } => "start-out-of-range",
    Refusal::EmergencyLater => "emergency-later",
    Refusal::OtherIssuer(_) => "other-issuer",
    Refusal::ReviewOpen { .. } => "review-open",
    Refusal::NotAReviewer { .. } => "not-a-reviewer",
    Refusal::NothingToReview => "nothing-to-review",
    Refusal::AlreadyReviewed => "already-reviewed",
    Refusal::ExtensionWaiting => "extension-waiting",
    Refusal::ChatNeedsLogin => "chat-needs-login",
    Refusal::NotInChat => "not-in-chat",
    Refusal::RunAsImpossible { .. } => "run-as-impossible",
}

#[test]
fn every_variant_is_shown_by_a_test_named_after_its_code() {
    let shown = all();
    for (name, refusal) in &shown {
        assert_eq!(code(refusal), refusal.code());
        assert_eq!(name.replace('_', "-"), refusal.code());
    }
    let named: BTreeSet<&str> = shown.iter().map(|(_, refusal)| refusal.code()).collect();
    assert_eq!(named, CODES.iter().copied().collect());
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "the file is rewritten when somebody asks for it"
)]
fn every_refusal_says_what_the_table_says() {
    let mut table = HEAD.to_owned();
    for (_, refusal) in all() {
        let (code, class, next) = (refusal.code(), refusal.class(), refusal.next());
        writeln!(table, "| {code} | {class:?} | {refusal} | {next} |").unwrap();
    }
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(PATH, &table).unwrap();
    } else {
        assert_eq!(
            table, TABLE,
            "run with UPDATE_GOLDEN=1 and read the difference"
        );
    }
}
