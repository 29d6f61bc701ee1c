//! Whatever is changed in checkpoints or in what they know, it is found.

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::RngSeed;

use super::*;

fn cases() -> ProptestConfig {
    ProptestConfig {
        cases: 256,
        rng_seed: RngSeed::Fixed(20_261_126),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// Drops, swaps, doubles or puts in one of several.
fn shuffled(all: &mut Vec<Value>, place: usize, kind: u8, foreign: Value) {
    match kind {
        0 => drop(all.remove(place)),
        1 => {
            let other = (place + 1) % all.len();
            all.swap(place, other);
        }
        2 => all.insert(place, all[place].clone()),
        _ => all.insert(place, foreign),
    }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn any_byte_flipped_in_any_checkpoint_is_found(
        place in 0_usize..4, byte in any::<Index>(), mask in 1_u8..,
    ) {
        let mut changed = documents();
        let mut bytes = serde_json::to_vec(&changed[place]).unwrap();
        let byte = byte.index(bytes.len());
        bytes[byte] ^= mask;
        let Ok(altered) = serde_json::from_slice::<Value>(&bytes) else { return Ok(()) };
        prop_assume!(altered != changed[place]);
        changed[place] = altered;
        prop_assert!(found(&changed, noted()), "{}", changed[place]);
        // Nobody names the digest of the last one but whoever noted it.
        let in_the_open = changed[place]["at"] == documents()[place]["at"];
        prop_assert!(found(&changed, Vec::new()) || (place == 3 && !in_the_open));
    }

    #[test]
    fn a_checkpoint_that_is_dropped_moved_doubled_or_put_in_is_found(
        place in 0_usize..4, kind in 0_u8..4, mended in any::<bool>(),
    ) {
        let mut changed = documents();
        let mut foreign = changed[place].clone();
        foreign["at"] = "2026-11-24T00:00:00.000Z".into();
        shuffled(&mut changed, place, kind, foreign);
        if kind == 0 && place == 0 {
            // As after its retention.
            prop_assert!(!found(&changed, noted()));
            return Ok(());
        }
        if kind != 2 {
            // Numbered anew, so that only the digests can tell.
            for (number, one) in (1..).zip(&mut changed) {
                one["checkpoint"] = number.into();
            }
        }
        if mended {
            mend(&mut changed);
        }
        prop_assert!(found(&changed, noted()));
    }

    #[test]
    fn a_head_that_is_dropped_moved_doubled_or_put_in_is_found(
        place in 0_usize..4, head in any::<Index>(), kind in 0_u8..4, mended in any::<bool>(),
    ) {
        let mut changed = documents();
        let heads = changed[place]["heads"].as_array_mut().unwrap();
        let head = head.index(heads.len());
        prop_assume!(heads.len() > 1 || kind != 1);
        let mut foreign = heads[head].clone();
        foreign["request"] = "req-01KAV3M0000123456789ABCDED".into();
        shuffled(heads, head, kind, foreign);
        if mended {
            mend(&mut changed);
        }
        prop_assert!(found(&changed, noted()));
        // Without a digest that was noted, too, but for what is only left out, at the end of the
        // chain or from a chain that is written anew. The checkpoints after it must know as much.
        let left_out = kind == 0 && (mended || place == 3);
        prop_assert!(found(&changed, Vec::new()) || left_out);
    }

    #[test]
    fn a_head_that_says_something_else_is_found_in_the_trail(
        place in 0_usize..4, head in any::<Index>(), digit in 0_usize..64, more in 1_u64..9,
        digest in any::<bool>(),
    ) {
        let mut changed = documents();
        let heads = changed[place]["heads"].as_array_mut().unwrap();
        let head = head.index(heads.len());
        if digest {
            let mut text = heads[head]["digest"].as_str().unwrap().to_owned();
            let zero = text.as_bytes()[digit] == b'0';
            let other = if zero { "1" } else { "0" };
            text.replace_range(digit..=digit, other);
            heads[head]["digest"] = text.into();
        } else {
            heads[head]["n"] = (heads[head]["n"].as_u64().unwrap() + more).into();
        }
        mend(&mut changed);
        prop_assert!(found(&changed, Vec::new()));
    }

    #[test]
    fn entries_that_are_changed_in_whatever_way_are_found_by_checkpoints(
        place in any::<Index>(), kind in 0_u8..4,
    ) {
        let mut changed: Vec<Value> = stated()
            .into_iter()
            .map(|one| json!({"entry": one.entry, "digest": one.digest}))
            .collect();
        let place = place.index(changed.len());
        let (first, known) = (changed[place].clone(), [5, 4, 3]);
        let request = first["entry"]["request"].as_str().unwrap().to_owned();
        let trail = IDS.iter().position(|id| *id == request).unwrap();
        // What the checkpoints do not know is lost without a trace when it is cut off.
        let beyond = first["entry"]["n"].as_u64().unwrap() > known[trail];
        prop_assume!(!(kind == 0 && beyond));
        // Two entries of two trails change places without a difference.
        let next = &changed[(place + 1) % changed.len()];
        prop_assume!(!(kind == 1 && next["entry"]["request"] != first["entry"]["request"]));
        let mut foreign = first;
        foreign["entry"]["actor"] = json!({"type": "postern", "more": 1});
        shuffled(&mut changed, place, kind, foreign);
        let mut trails = Trails::new();
        for document in changed {
            take(document, &mut trails, None, 1).unwrap();
        }
        let read = |document| Checkpoint::read(document, String::new()).unwrap();
        let all = Checkpoints::of(documents().into_iter().map(read).collect());
        let report = judge(&trails, &all, &asked(false, Vec::new()));
        prop_assert!(!report.sound, "{}", report.text);
        let told = format!("BROKEN  {request}  ");
        prop_assert!(report.text.contains(&told), "{}", report.text);
    }
}
