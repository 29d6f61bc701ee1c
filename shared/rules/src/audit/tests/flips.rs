//! Whatever is changed in whichever event, it is found and its place is named.

use super::*;
use crate::life::tests::{Scene, after};
use crate::log_verdict::{LogObject, LogVerdict};
use crate::status::{EndReason, LapseReason};

/// An example of the event that is listed after this one. The match is exhaustive, so an event
/// that is new finds its place here or nothing compiles.
fn following(event: &Event) -> Option<Event> {
    let scene = Scene::new();
    let session = || format!("{ID}-07a16060613c408b5").parse().unwrap();
    Some(match event {
        Event::Asked { .. } => Event::ApprovedByPolicy {},
        Event::ApprovedByPolicy {} => {
            let step = scene.approve(&scene.asked(), &Scene::approver(), after(1));
            step.unwrap().entries()[0].event.clone()
        }
        Event::Approved { .. } => Event::Denied { comment: None },
        Event::Denied { .. } => Event::Withdrawn {},
        Event::Withdrawn {} => Event::Lapsed {
            why: LapseReason::Unused,
        },
        Event::Lapsed { .. } => Event::Activated { ends_at: after(60) },
        Event::Activated { .. } => Event::Issuing {
            issue: 10,
            until: after(900),
            policy_set: scene.policy.digest(),
        },
        Event::Issuing { .. } => Event::Issued {
            issue: 10,
            access_key_id: "AKIDEXAMPLE".to_owned(),
            expires_at: after(900),
        },
        Event::Issued { .. } => Event::IssueFailed {
            issue: 10,
            code: "AccessDenied".to_owned(),
        },
        Event::IssueFailed { .. } => Event::IssueOrphaned { issue: 10 },
        Event::IssueOrphaned { .. } => Event::Ended {
            why: EndReason::Released,
            comment: None,
        },
        Event::Ended { .. } => Event::SessionSeen {
            session: session(),
            instance: "i-00000000000000001".to_owned(),
            document: "Postern-Shell-15".to_owned(),
            started_at: after(10),
        },
        Event::SessionSeen { .. } => Event::SessionTerminating {
            session: session(),
            attempt: 1,
        },
        Event::SessionTerminating { .. } => Event::TerminationFailed {
            session: session(),
            attempt: 1,
            code: "ThrottlingException".to_owned(),
        },
        Event::TerminationFailed { .. } => Event::SessionOver {
            session: session(),
            ended_at: after(60),
        },
        Event::SessionOver { .. } => Event::LogJudged {
            session: session(),
            log: LogVerdict::Landed {
                object: LogObject {
                    key: "sessions/x.log".to_owned(),
                    size: 1_024,
                    etag: "e".to_owned(),
                    version: None,
                    stored_at: after(62),
                },
            },
        },
        Event::LogJudged { .. } => Event::Closed {},
        Event::Closed {} => Event::GlassBroken {
            reviewers: vec!["security".parse().unwrap()],
        },
        Event::GlassBroken { .. } => Event::IssueRefused {
            code: "no-longer-allowed".to_owned(),
            policies: vec!["shell".parse().unwrap()],
            policy_set: scene.policy.digest(),
        },
        Event::IssueRefused { .. } => {
            let step = scene.extend(&scene.active(), &Scene::requester(), after(1));
            step.unwrap().entries()[0].event.clone()
        }
        Event::ExtensionAsked { .. } => Event::ExtensionDenied { comment: None },
        Event::ExtensionDenied { .. } => Event::ExtensionWithdrawn {},
        Event::ExtensionWithdrawn {} => Event::Extended {
            total: 120.try_into().unwrap(),
            ends_at: after(120),
            policy_set: scene.policy.digest(),
        },
        Event::Extended { .. } => Event::Reviewed {
            comment: "seen".parse().unwrap(),
        },
        Event::Reviewed { .. } => Event::EndNear { ends_at: after(60) },
        Event::EndNear { .. } => Event::LogsRechecked { sessions: 3 },
        Event::LogsRechecked { .. } => return None,
    })
}

/// The entry of somebody asking.
fn asked() -> Entry {
    let asked = Scene::new().ask(&Scene::requester()).unwrap();
    asked.entries()[0].clone()
}

/// An example of every event there is.
pub(super) fn events() -> impl Iterator<Item = Event> {
    std::iter::successors(Some(asked().event), following)
}

/// For each event there is, a chain of two that begins with it. No rule would write most of them;
/// the digests do not mind.
fn chains() -> impl Iterator<Item = ([Entry; 2], Head)> {
    let first = asked();
    events().map(move |event| {
        let one = Entry {
            event,
            ..first.clone()
        };
        let other = Entry {
            n: 2,
            event: Event::Closed {},
            previous: one.digest(),
            ..one.clone()
        };
        let head = Head {
            n: 2,
            digest: other.digest(),
        };
        ([one, other], head)
    })
}

/// The entry that is told to be broken.
fn named(broken: &Broken) -> u64 {
    match broken {
        Broken::Foreign { n } | Broken::Link { n } => *n,
        Broken::Order { expected, .. } | Broken::End { expected, .. } => *expected,
    }
}

#[test]
fn every_bit_of_every_event_is_held_by_the_chain() {
    let mut read = 0;
    for ([entry, next], head) in chains() {
        let whole = [entry.clone(), next.clone()];
        assert_eq!(verify(entry.request, &whole, head), Ok(()));
        let text = canonical::encode(&entry);
        for bit in 0..text.len() * 8 {
            let mut bytes = text.clone().into_bytes();
            bytes[bit / 8] ^= 1 << (bit % 8);
            // What no longer reads as an entry is found by reading.
            let Ok(altered) = serde_json::from_slice(&bytes) else {
                continue;
            };
            read += 1;
            let what = String::from_utf8_lossy(&bytes);
            let changed = [altered, next.clone()];
            let broken = verify(entry.request, &changed, head).expect_err(&what);
            // The entry itself where it contradicts its place, else the one that rests on it.
            assert!([1, 2].contains(&named(&broken)), "{broken}: {what}");
        }
    }
    assert!(read > 1_000, "only {read} changes could be read at all");
}

#[test]
fn an_entry_is_read_only_as_it_was_written() {
    for ([entry, _], _) in chains() {
        let json = serde_json::to_value(&entry).unwrap();
        for part in ["", "/actor", "/event"] {
            let members = json.pointer(part).unwrap().as_object().unwrap().clone();
            for member in members.keys() {
                let mut less = json.clone();
                let holder = less.pointer_mut(part).unwrap().as_object_mut().unwrap();
                holder.remove(member);
                let read = serde_json::from_value::<Entry>(less);
                assert!(read.is_err(), "{} without `{member}`", entry.event.word());
            }
        }
    }
}
