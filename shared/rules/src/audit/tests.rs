mod flips;
mod page;

use super::*;
use crate::status::EndReason;

const ID: &str = "req-01KAV3M0000123456789ABCDEF";

/// A chain of a few entries with its head.
fn chain() -> (RequestId, Vec<Entry>, Head) {
    let request: RequestId = ID.parse().unwrap();
    let events = [
        Event::ApprovedByPolicy {},
        Event::Activated {
            ends_at: Moment::from_seconds(2_000),
        },
        Event::Ended {
            why: EndReason::Revoked,
            comment: Some("laptop lost".parse().unwrap()),
        },
        Event::Closed {},
    ];
    let mut head = Head::empty(request);
    let mut entries = Vec::new();
    for (n, event) in (1..).zip(events) {
        let entry = Entry {
            request,
            n,
            at: Moment::from_seconds(1_000 + i64::try_from(n).unwrap()),
            actor: Actor::Postern {},
            event,
            previous: head.digest,
        };
        head = Head {
            n,
            digest: entry.digest(),
        };
        entries.push(entry);
    }
    (request, entries, head)
}

#[test]
fn a_whole_chain_verifies() {
    let (request, entries, head) = chain();
    assert_eq!(verify(request, &entries, head), Ok(()));
}

#[test]
fn a_dropped_swapped_or_doubled_entry_is_named() {
    let (request, entries, head) = chain();
    let mut dropped = entries.clone();
    dropped.remove(1);
    assert_eq!(
        verify(request, &dropped, head),
        Err(Broken::Order {
            expected: 2,
            found: 3
        })
    );
    let mut swapped = entries.clone();
    swapped.swap(1, 2);
    assert_eq!(
        verify(request, &swapped, head),
        Err(Broken::Order {
            expected: 2,
            found: 3
        })
    );
    let mut doubled = entries.clone();
    doubled.insert(1, entries[1].clone());
    assert_eq!(
        verify(request, &doubled, head),
        Err(Broken::Order {
            expected: 3,
            found: 2
        })
    );
    let cut = &entries[..3];
    assert_eq!(
        verify(request, cut, head),
        Err(Broken::End {
            expected: 4,
            found: 3
        })
    );
}

#[test]
fn a_changed_entry_breaks_the_chain_behind_it() {
    let (request, entries, head) = chain();
    for place in 0..entries.len() {
        let mut changed = entries.clone();
        changed[place].at = Moment::from_seconds(5);
        let n = u64::try_from(place).unwrap() + 1;
        let named = if place + 1 < entries.len() { n + 1 } else { n };
        assert_eq!(
            verify(request, &changed, head),
            Err(Broken::Link { n: named })
        );
    }
}

#[test]
fn the_encoding_of_an_entry_never_changes() {
    // A year from now an auditor must get the same digest of the same entry.
    let (_, entries, _) = chain();
    assert_eq!(
        canonical::encode(&entries[2]),
        format!(
            r#"{{"actor":{{"type":"postern"}},"at":"1970-01-01T00:16:43.000Z","event":{{"comment":"laptop lost","type":"ended","why":"revoked"}},"n":3,"previous":"{}","request":"{ID}"}}"#,
            entries[1].digest()
        )
    );
}
