//! Random histories of a request, against a small model of its life.
//!
//! The model knows the promises and nothing of the rules: who is who, which deadlines run, how many
//! distinct people have said yes, which issue is open. Each act is put to both and they must agree;
//! after each, what must hold of every request at every time is looked at.

mod act;
mod believed;
mod book;

use proptest::prelude::*;

use act::{Act, acts};
use believed::Believed;
use book::Book;

use super::scene::{AUTOMATIC, Scene, needing};
use crate::audit;
use crate::canonical;
use crate::seeded::cases;

/// A scene whose policy asks for so many approvals, or for none, and whose waits are short enough
/// for histories of a few dozen acts to meet all of them.
fn scene(needed: u8) -> Scene {
    let mut scene = match needed {
        0 => Scene::under(AUTOMATIC),
        some => Scene::under(&needing(some)),
    };
    scene.pace.activate_within = std::time::Duration::from_secs(600);
    scene.pace.orphan_after = std::time::Duration::from_secs(20);
    scene.pace.remind_before = std::time::Duration::from_secs(15);
    scene
}

/// Plays the acts; what is believed and what is must agree after each.
fn play(needed: u8, acts: &[Act]) -> Book {
    let scene = scene(needed);
    let mut book = Book::open(&scene);
    let mut believed = Believed::new(needed, book.request().route().answer_within, &scene.pace);
    for act in acts {
        let expected = believed.after(act);
        let version = book.request().version();
        let happened = book.play(&scene, act);
        assert_eq!(happened, expected, "{act:?}");
        if book.request().version() != version {
            book.must_hold(&scene);
        }
    }
    book
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn rules_and_model_agree_on_every_history_and_it_comes_to_rest(needed in 0_u8..=3, acts in acts()) {
        let scene = scene(needed);
        let mut book = play(needed, &acts);
        // From here on nobody does anything: the sweeper alone must bring it to its end.
        let looks = book.rest(&scene);
        prop_assert!(looks <= 120, "{looks} looks");
        prop_assert_eq!(book.request().due_at(&scene.pace), None);
    }
}

proptest! {
    #![proptest_config(cases(48))]

    #[test]
    fn any_byte_changed_in_any_entry_is_found(
        acts in acts(),
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), 1_u8..), 30),
    ) {
        let book = play(1, &acts);
        let request = book.request();
        for (entry, byte, mask) in flips {
            let place = entry.index(book.entries().len());
            let mut bytes = canonical::encode(&book.entries()[place]).into_bytes();
            let byte = byte.index(bytes.len());
            bytes[byte] ^= mask;
            // What no longer reads is found by reading.
            let Ok(altered) = serde_json::from_slice(&bytes) else { continue };
            let mut entries = book.entries().to_vec();
            entries[place] = altered;
            let broken = audit::verify(request.id(), &entries, request.head()).unwrap_err();
            let n = u64::try_from(place).unwrap() + 1;
            let told = broken.to_string();
            let named = [n, n + 1].iter().any(|n| told.contains(&format!("entry {n} ")));
            prop_assert!(named, "{told} for a change of entry {n}");
        }
    }
}
