//! `postern audit verify`.

use std::fs;

use rules::audit::{Actor, Entry, Event, Head};
use rules::moment::Moment;
use rules::names::RequestId;
use rules::wire::{EntriesView, EntryView};

use crate::ran::{Ran, folder, postern};

const ONE: &str = "req-01KAV3M0000123456789ABCDEF";
const OTHER: &str = "req-01KAV3M0000123456789ABCDEG";

/// What the API answers about a request of three entries.
fn answer(request: &str) -> EntriesView {
    let request: RequestId = request.parse().unwrap();
    let mut head = Head::empty(request);
    let ends_at = Moment::from_seconds(2_000);
    let events = [
        Event::ApprovedByPolicy {},
        Event::Activated { ends_at },
        Event::Closed {},
    ];
    let mut entries = Vec::new();
    for (second, event) in (1_000..).zip(events) {
        let entry = Entry {
            request,
            n: head.n + 1,
            at: Moment::from_seconds(second),
            actor: Actor::Postern {},
            event,
            previous: head.digest,
        };
        head = Head {
            n: entry.n,
            digest: entry.digest(),
        };
        entries.push(EntryView::from(entry));
    }
    EntriesView {
        request,
        entries,
        head: head.digest,
        whole: true,
    }
}

fn json(request: &str) -> String {
    serde_json::to_string(&answer(request)).unwrap()
}

/// Verifies a file with this text.
fn verified(name: &str, text: &str, more: &[&str]) -> Ran {
    let folder = folder(name);
    fs::write(folder.join("trail.json"), text).unwrap();
    let arguments = ["audit", "verify", "trail.json"];
    postern(&folder, &[&arguments, more].concat())
}

#[test]
fn trails_are_whole_in_whatever_form_they_come() {
    let pretty = serde_json::to_string_pretty(&answer(ONE)).unwrap();
    let entries = answer(ONE).entries;
    let lines = |one: fn(&EntryView) -> String| -> String {
        entries.iter().map(|entry| one(entry) + "\n").collect()
    };
    let views = lines(|view| serde_json::to_string(view).unwrap());
    let bare = lines(|view| serde_json::to_string(&view.entry).unwrap());
    for text in [json(ONE), pretty, views, bare] {
        let ran = verified("audit-whole", &text, &[]);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{}", ran.stdout);
        let head = answer(ONE).head;
        let whole = format!("whole   {ONE}  3 entries, the last {head}\n");
        assert!(ran.stdout.starts_with(&whole), "{}", ran.stdout);
        assert!(ran.stdout.ends_with("\n1 trail, 3 entries, 0 broken\n"));
    }
    let two = format!("{}\n{}\n", json(ONE), json(OTHER));
    let ran = verified("audit-two", &two, &[]);
    assert!(ran.stdout.ends_with("\n2 trails, 6 entries, 0 broken\n"));
}

#[test]
fn the_first_entry_that_is_wrong_is_named_and_the_others_are_judged_all_the_same() {
    let forged = json(ONE).replace("1970-01-01T00:16:41.000Z", "1970-01-01T00:16:42.000Z");
    assert_ne!(forged, json(ONE));
    let ran = verified("audit-broken", &format!("{}{forged}", json(OTHER)), &[]);
    assert_eq!(ran.code, 1);
    let broken = format!("BROKEN  {ONE}  entry 2 has another digest than it says (line 1)\n");
    assert!(ran.stdout.contains(&broken), "{}", ran.stdout);
    assert!(ran.stdout.contains(&format!("whole   {OTHER}")));
}

#[test]
fn a_trail_that_was_cut_off_is_found_by_a_digest_that_is_known_of_it() {
    let mut answer = answer(ONE);
    let known = format!("{ONE}={}", answer.head);
    answer.entries.pop();
    let last = &answer.entries[1];
    answer.head = last.digest;
    let cut = serde_json::to_string(&answer).unwrap();
    assert_eq!(verified("audit-cut", &cut, &[]).code, 0);
    let ran = verified("audit-cut", &cut, &["--head", &known]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.stdout
            .contains("no entry of it has the digest that is known")
    );
    let ran = verified("audit-known", &json(ONE), &["--head", &known]);
    assert_eq!(ran.code, 0);
    let absent = known.replace(ONE, OTHER);
    let ran = verified("audit-absent", &json(ONE), &["--head", &absent]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.stdout
            .contains(&format!("BROKEN  {OTHER}  it is not in the file"))
    );
}

#[test]
fn what_two_readers_would_read_differently_is_not_read_at_all() {
    let twice = json(ONE).replacen("\"n\":2", "\"n\":2,\"n\":2", 1);
    let ran = verified("audit-twice", &twice, &[]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr.contains("one member is named twice"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_file_without_a_trail_is_told_of() {
    for (text, says) in [
        ("", "it holds no entry"),
        ("{}", "line 1: this is neither a trail nor an entry of one"),
        (
            "\n\n[1]",
            "line 3: this is neither a trail nor an entry of one",
        ),
        (
            "{\"entries\": []}",
            "a trail names its `request` and its `head`",
        ),
        ("{", "EOF while parsing"),
    ] {
        let ran = verified("audit-none", text, &[]);
        assert_eq!(ran.code, 2, "{text}");
        assert!(ran.stderr.contains(says), "{text}: {}", ran.stderr);
    }
    let ran = verified("audit-head", &json(ONE), &["--head", "req-1=00"]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr.contains("`req-1` is not a request id"),
        "{}",
        ran.stderr
    );
}
