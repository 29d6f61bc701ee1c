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
pub(in crate::audit) fn written(id: &str, length: usize) -> Vec<Stated> {
    let request: RequestId = id.parse().unwrap();
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

fn trail(length: usize) -> Vec<Stated> {
    written(ID, length)
}

fn judged(request: &str, stated: &[Stated], seen: &[Seen]) -> Result<Hash, Broken> {
    let mut trail = Trail::of(request);
    for (n, stated) in stated.iter().enumerate() {
        trail.take(stated, || format!("place {n}"));
    }
    trail.judge(seen, &[]).map_err(|(broken, _)| broken)
}

fn digest(stated: &Stated) -> Hash {
    Hash::read(stated.digest.as_ref().unwrap()).unwrap()
}

/// The entry that is told to be broken.
fn named(broken: &Broken) -> u64 {
    match broken {
        Broken::Foreign { n }
        | Broken::Order { n, .. }
        | Broken::Again { n }
        | Broken::Link { n }
        | Broken::Digest { n }
        | Broken::End { n }
        | Broken::Otherwise { n, .. }
        | Broken::Absent { n, .. } => *n,
        Broken::Cut { last, .. } => last + 1,
        Broken::Empty {} => 1,
        Broken::Unknown { .. } | Broken::Nowhere { .. } => 0,
    }
}

#[test]
fn a_trail_as_it_was_written_is_whole() {
    let stated = trail(5);
    let last = digest(&stated[4]);
    assert_eq!(judged(ID, &stated, &[]), Ok(last));
    // Without the digests that it says, too.
    let bare = |one: Stated| Stated {
        digest: None,
        ..one
    };
    let bare: Vec<Stated> = stated.into_iter().map(bare).collect();
    assert_eq!(judged(ID, &bare, &[]), Ok(last));
    let other = "req-01KAV3M0000123456789ABCDEG";
    assert_eq!(judged(other, &bare, &[]), Err(Broken::Foreign { n: 1 }));
    assert_eq!(judged(ID, &[], &[]), Err(Broken::Empty {}));
}

#[test]
fn a_digest_is_read_only_as_it_is_written() {
    let digest = Hash::of("postern.test", "");
    let text = digest.to_string();
    assert_eq!(Hash::read(&text), Some(digest));
    let upper = text.to_uppercase();
    for other in ["", "00", &upper, &format!("{text}0"), "é"] {
        assert_eq!(Hash::read(other), None, "{other}");
    }
}

#[test]
fn what_was_seen_of_a_trail_must_be_in_it_and_the_first_that_is_not_is_named() {
    let stated = trail(5);
    let seen = |n: u64, digest, checkpoint| Seen {
        n,
        digest,
        checkpoint,
    };
    let at = |n: usize| digest(&stated[n - 1]);
    let both = [seen(5, at(5), 9), seen(2, at(2), 4)];
    assert_eq!(judged(ID, &stated, &both), Ok(at(5)));
    assert_eq!(
        judged(ID, &stated[..4], &both),
        Err(Broken::Cut {
            last: 4,
            n: 5,
            checkpoint: 9
        })
    );
    let other = [seen(5, at(4), 9), seen(2, at(3), 4)];
    let otherwise = Broken::Otherwise {
        n: 2,
        checkpoint: 4,
    };
    assert_eq!(judged(ID, &stated, &other), Err(otherwise.clone()));
    // What a checkpoint knows of an earlier entry comes before a later one that is wrong by itself.
    let mut changed = stated.clone();
    changed[3].entry["n"] = 9.into();
    assert_eq!(judged(ID, &changed, &other), Err(otherwise));
    let found = "9".to_owned();
    assert_eq!(
        judged(ID, &changed, &both),
        Err(Broken::Order { n: 4, found })
    );
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
        let broken = judged(ID, &stated, &[]).unwrap_err();
        prop_assert_eq!(named(&broken), u64::try_from(place).unwrap() + 1, "{}", broken);
    }

    #[test]
    fn whoever_mends_the_digest_too_is_found_at_the_next_entry(
        length in 2_usize..8, place in any::<Index>(),
    ) {
        let mut stated = trail(length);
        let place = place.index(length - 1);
        stated[place].entry["at"] = "2026-11-24T10:15:00.000Z".into();
        let digest = Hash::of(OF_AN_ENTRY, &canonical::encode(&stated[place].entry));
        stated[place].digest = Some(digest.to_string());
        let next = u64::try_from(place).unwrap() + 2;
        prop_assert_eq!(judged(ID, &stated, &[]), Err(Broken::Link { n: next }));
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
        let broken = judged(ID, &stated, &[]).unwrap_err();
        let first = u64::try_from(place).unwrap() + 1;
        if kind == 2 {
            prop_assert_eq!(&broken, &Broken::Again { n: first });
        }
        prop_assert!((first..=first + 1).contains(&named(&broken)), "{broken} of {first}");
    }

    #[test]
    fn a_trail_that_is_cut_or_written_anew_is_found_by_what_was_seen_of_it(
        length in 2_usize..8, seen in any::<Index>(), cut in any::<Index>(), place in any::<Index>(),
    ) {
        let stated = trail(length);
        let seen = seen.index(length);
        let n = u64::try_from(seen).unwrap() + 1;
        let seen = [Seen { n, digest: digest(&stated[seen]), checkpoint: 3 }];
        let cut = cut.index(length);
        let broken = judged(ID, &stated[..cut], &seen);
        if cut == 0 {
            prop_assert_eq!(broken, Err(Broken::Empty {}));
        } else if u64::try_from(cut).unwrap() < n {
            let last = u64::try_from(cut).unwrap();
            prop_assert_eq!(broken, Err(Broken::Cut { last, n, checkpoint: 3 }));
        } else {
            prop_assert!(broken.is_ok());
        }
        // Every digest is mended, so that the trail is whole by itself.
        let mut anew = stated;
        let place = place.index(length);
        anew[place].entry["at"] = "2026-11-24T10:15:00.000Z".into();
        let mut before = None;
        for one in &mut anew {
            if let Some(before) = before.take() {
                one.entry["previous"] = before;
            }
            let digest = Hash::of(OF_AN_ENTRY, &canonical::encode(&one.entry)).to_string();
            before = Some(digest.clone().into());
            one.digest = Some(digest);
        }
        prop_assert!(judged(ID, &anew, &[]).is_ok());
        if u64::try_from(place).unwrap() < n {
            let broken = judged(ID, &anew, &seen);
            prop_assert_eq!(broken, Err(Broken::Otherwise { n, checkpoint: 3 }));
        }
    }
}
