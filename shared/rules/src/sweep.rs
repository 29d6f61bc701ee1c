//! What a sweep must do with one request.
//!
//! Two questions, each answered from data: what is due by the clock alone ([`due`]), and what
//! follows from what SSM and S3 show ([`look`]). Both are idempotent: asked again about the same
//! things they answer with nothing to do, so sweeps may overlap and may be repeated after a crash.
//!
//! INVARIANT: no end moves back. A request that is ending is never active again, and one that is
//! closed stays closed, whatever a late listing shows.

mod look;

pub use look::{Look, Seen, look, unseen_logs};

use crate::audit::{Actor, Event};
use crate::life::issue;
use crate::moment::Moment;
use crate::pace::Pace;
use crate::request::Request;
use crate::session::{SessionLife, SessionRecord};
use crate::status::{EndReason, Grant, LapseReason, Status};
use crate::step::Step;

/// The change that the clock alone calls for, where there is one. Ask again after recording it.
#[must_use]
pub fn due(request: &Request, now: Moment, pace: &Pace) -> Option<Step> {
    match &request.status {
        Status::Pending { answer_by } if now >= *answer_by => {
            Some(lapse(request, LapseReason::Unanswered, now))
        }
        Status::Approved { activate_by } if now >= *activate_by => {
            Some(lapse(request, LapseReason::Unused, now))
        }
        Status::Active { grant } => {
            let dead = grant
                .issuing
                .as_ref()
                .filter(|issuing| now >= issuing.began_at.plus(pace.orphan_after));
            match dead {
                Some(issuing) => Some(issue::orphan(request, grant, issuing.issue, now)),
                None if now >= grant.ends_at => {
                    let status = Status::Ending {
                        grant: grant.over(),
                        ended_at: grant.ends_at,
                        why: EndReason::Expired,
                        look_at: now,
                        looks: 0,
                    };
                    let event = Event::Ended {
                        why: EndReason::Expired,
                        comment: None,
                    };
                    Some(
                        Step::from(request)
                            .with(Actor::Postern {}, event, now)
                            .to(status),
                    )
                }
                None => match grant.remind_at(pace) {
                    Some(at) if now >= at => Some(remind(request, grant, now)),
                    Some(_) | None => None,
                },
            }
        }
        Status::Pending { .. }
        | Status::Approved { .. }
        | Status::Ending { .. }
        | Status::Closed { .. }
        | Status::Denied { .. }
        | Status::Withdrawn { .. }
        | Status::Lapsed { .. } => None,
    }
}

/// SSM could not be told to end a session, which is told again the sooner for it. Nothing where the
/// session was not on record as being told.
#[must_use]
pub fn termination_failed(
    request: &Request,
    record: &SessionRecord,
    code: &str,
    now: Moment,
) -> Option<Step> {
    let SessionLife::Terminating { since, tries, .. } = record.life else {
        return None;
    };
    let event = Event::TerminationFailed {
        session: record.id.clone(),
        attempt: tries,
        code: code.to_owned(),
    };
    let life = SessionLife::Terminating {
        since,
        tries,
        failed: true,
    };
    let mut step = Step::from(request).with(Actor::Postern {}, event, now);
    step.write_session(SessionRecord {
        life,
        ..record.clone()
    });
    Some(step)
}

fn remind(request: &Request, grant: &Grant, now: Moment) -> Step {
    let event = Event::EndNear {
        ends_at: grant.ends_at,
    };
    let grant = Grant {
        reminded_of: Some(grant.ends_at),
        ..grant.clone()
    };
    Step::from(request)
        .with(Actor::Postern {}, event, now)
        .to(Status::Active { grant })
}

fn lapse(request: &Request, why: LapseReason, now: Moment) -> Step {
    Step::from(request)
        .with(Actor::Postern {}, Event::Lapsed { why }, now)
        .to(Status::Lapsed { at: now, why })
}

#[cfg(test)]
mod tests;
