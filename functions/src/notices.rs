//! What the broker tells of between calls: one log line and one count for each.

use broker::notice::{Notice, Notices};

use crate::metrics::{Figure, Metrics};
use crate::problem::chain;

/// Logs every notice, and counts it.
#[must_use]
pub fn noted(metrics: Metrics) -> Notices {
    Notices::to(move |notice| {
        log(&notice);
        metrics.tell(&[Figure::from(&notice)]);
    })
}

fn log(notice: &Notice) {
    match notice {
        Notice::PolicyLoaded { digest, version } => tracing::info!(
            policy.digest = %digest,
            policy.version = version.as_deref(),
            "a policy set is in force"
        ),
        Notice::PolicyKept {
            cause,
            confirmed_at,
        } => tracing::warn!(
            cause = chain(cause),
            policy.confirmed_at = %confirmed_at,
            "the policy set cannot be read again, and the last good one stays in force"
        ),
        Notice::PolicyInvalid { cause } => tracing::error!(
            cause = chain(cause),
            "the policy set is not valid, and nothing is asked for or issued"
        ),
        Notice::PolicyUnavailable { cause } => tracing::error!(
            cause = chain(cause),
            "the policy set cannot be read, and nothing is asked for or issued"
        ),
        Notice::OnCallRefused { cause } => {
            tracing::error!(cause = chain(cause), "the on-call feed was refused");
        }
        Notice::OnCallUnread { cause } => {
            tracing::warn!(cause = chain(cause), "the on-call feed cannot be read");
        }
        Notice::OnCallStale { good_until } => tracing::warn!(
            on_call.good_until = %good_until,
            "the on-call feed is over, and nobody is on call"
        ),
        Notice::DoctorSilent { cause } => tracing::warn!(
            cause = chain(cause),
            "the doctor gave no answer, and the readiness of targets is not known"
        ),
        // The call that it came of has its own line.
        Notice::Asked | Notice::Decided { .. } => {}
        Notice::GlassBroken { request, person } => tracing::error!(
            severity = "critical",
            request.id = %request,
            caller = person.source_identity(),
            "somebody broke the glass"
        ),
    }
}
