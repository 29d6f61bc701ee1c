//! Whatever is changed in a trail, it is found, and the first entry that is wrong is named.

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::RngSeed;
use rules::audit::{Actor, Entry, Event, Head};
use rules::moment::Moment;
use rules::names::RequestId;
use rules::status::EndReason;

use super::*;

const ID: &str = "req-01KAV3M0000123456789ABCDEF";

/// A trail as Postern writes one.
fn trail(length: usize) -> Vec<Stated> {
    let request: RequestId = ID.parse().unwrap();
    let mut head = Head::empty(request);
    let mut stated = Vec::new();
    for n in 0..length {
        let event = match n % 3 {
            0 => Event::ApprovedByPolicy {},
            1 => Event::Activated {
                ends_at: Moment::from_seconds(2_000),
            },
            _ => Event::Ended {
                why: EndReason::Revoked,
                comment: Some("laptop lost — 분실".parse().unwrap()),
            },
        };
        let entry = Entry {
            request,
            n: head.n + 1,
            at: Moment::from_seconds(1_000 + i64::try_from(n).unwrap()),
            actor: Actor::Postern {},
            event,
            previous: head.digest,
        };
        head = Head {
            n: entry.n,
            digest: entry.digest(),
        };
        stated.push(Stated {
            digest: Some(head.digest.hex()),
            entry: serde_json::to_value(&entry).unwrap(),
        });
    }
    stated
}

fn named(broken: &Broken) -> u64 {
    match broken {
        Broken::Foreign { n }
        | Broken::Order { n, .. }
        | Broken::Link { n }
        | Broken::Digest { n }
        | Broken::End { n } => *n,
        Broken::Unknown { .. } => 0,
    }
}

#[test]
fn a_trail_as_it_was_written_is_whole() {
    let stated = trail(5);
    let last = stated[4].digest.clone().unwrap();
    let found = digests(ID, &stated).unwrap();
    assert_eq!((found.len(), found.last()), (5, Some(&last)));
    // Without the digests that it says, too.
    let bare: Vec<Stated> = stated
        .into_iter()
        .map(|one| Stated {
            digest: None,
            ..one
        })
        .collect();
    assert_eq!(digests(ID, &bare).unwrap(), found);
    let other = "req-01KAV3M0000123456789ABCDEG";
    assert_eq!(digests(other, &bare), Err(Broken::Foreign { n: 1 }));
}

fn cases() -> ProptestConfig {
    ProptestConfig {
        cases: 256,
        rng_seed: RngSeed::Fixed(20_261_125),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn any_byte_flipped_in_any_entry_is_found_and_named(
        length in 2_usize..8, place in any::<Index>(), byte in any::<Index>(), mask in 1_u8..,
    ) {
        let mut stated = trail(length);
        let place = place.index(length);
        let mut bytes = serde_json::to_vec(&stated[place].entry).unwrap();
        let byte = byte.index(bytes.len());
        bytes[byte] ^= mask;
        let Ok(altered) = serde_json::from_slice::<Value>(&bytes) else { return Ok(()) };
        prop_assume!(altered != stated[place].entry);
        stated[place].entry = altered;
        let broken = digests(ID, &stated).unwrap_err();
        prop_assert_eq!(named(&broken), u64::try_from(place).unwrap() + 1, "{}", broken);
    }

    #[test]
    fn whoever_mends_the_digest_too_is_found_at_the_next_entry(
        length in 2_usize..8, place in any::<Index>(),
    ) {
        let mut stated = trail(length);
        let place = place.index(length - 1);
        stated[place].entry["at"] = "2026-11-24T10:15:00.000Z".into();
        let digest = digest(OF_AN_ENTRY, &canonical::encode(&stated[place].entry));
        stated[place].digest = Some(digest);
        let next = u64::try_from(place).unwrap() + 2;
        prop_assert_eq!(digests(ID, &stated), Err(Broken::Link { n: next }));
    }

    #[test]
    fn a_dropped_swapped_doubled_or_inserted_entry_is_found_and_named(
        length in 3_usize..8, place in any::<Index>(), kind in 0_u8..4,
    ) {
        let mut stated = trail(length);
        let place = place.index(length - 1);
        match kind {
            0 => drop(stated.remove(place)),
            1 => stated.swap(place, place + 1),
            2 => stated.insert(place, stated[place].clone()),
            _ => {
                let mut foreign = stated[place].clone();
                foreign.entry["actor"] = serde_json::json!({"type": "postern", "more": 1});
                stated.insert(place, foreign);
            }
        }
        let broken = digests(ID, &stated).unwrap_err();
        let first = u64::try_from(place).unwrap() + 1;
        prop_assert!((first..=first + 1).contains(&named(&broken)), "{broken} of {first}");
    }
}
