//! `postern audit verify`.

use std::fs;

use rules::audit::{Actor, Entry, Event, Head};
use rules::moment::Moment;
use rules::names::{Digest, RequestId};
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

#[test]
fn a_fault_names_the_file_and_the_line_that_it_stands_in() {
    let folder = folder("audit-places");
    let line = |view: &EntryView| serde_json::to_string(view).unwrap() + "\n";
    let export = |request| -> String { answer(request).entries.iter().map(line).collect() };
    let forged = export(OTHER).replace("1970-01-01T00:16:42.000Z", "1970-01-01T00:16:43.000Z");
    fs::write(folder.join("one"), export(ONE)).unwrap();
    fs::write(folder.join("other"), format!("\n{forged}")).unwrap();
    let ran = postern(&folder, &["audit", "verify", "one", "other"]);
    let broken =
        format!("BROKEN  {OTHER}  entry 3 has another digest than it says (`other`, line 4)\n");
    assert!(ran.stdout.contains(&broken), "{}", ran.stdout);
    assert_eq!(ran.code, 1);
    // Of one file, the line alone.
    let ran = postern(&folder, &["audit", "verify", "other"]);
    let broken = broken.replace("`other`, ", "");
    assert!(ran.stdout.contains(&broken), "{}", ran.stdout);
    // The same entries twice are no trail.
    let ran = postern(&folder, &["audit", "verify", "one", "one"]);
    let again = "entry 1 stands here once more; it is there already (`one`, line 1)";
    assert!(ran.stdout.contains(again), "{}", ran.stdout);
    fs::write(folder.join("bad"), export(ONE) + "{}").unwrap();
    let ran = postern(&folder, &["audit", "verify", "one", "bad"]);
    let told = "`bad` is not a file of audit trails: line 4: this is neither";
    assert!(ran.stderr.contains(told), "{}", ran.stderr);
    assert_eq!(ran.code, 2);
    // A day on which nobody asked for anything is no fault, if another one has entries.
    fs::write(folder.join("empty"), "").unwrap();
    let ran = postern(&folder, &["audit", "verify", "empty", "one"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let ran = postern(&folder, &["audit", "verify", "empty", "empty"]);
    let told = "`empty` is not a file of audit trails: neither it nor another one holds an entry";
    assert!(ran.stderr.contains(told), "{}", ran.stderr);
}

/// A checkpoint that knows the whole of a trail.
fn checkpoint() -> String {
    let deployment = "111122223333/postern";
    let digest = answer(ONE).head;
    serde_json::json!({
        "checkpoint": 1,
        "deployment": deployment,
        "at": "2026-11-24T09:00:00.000Z",
        "previous": Digest::of("postern.checkpoints.v1", deployment.as_bytes()),
        "heads": [{"request": ONE, "n": 3, "digest": digest}],
    })
    .to_string()
}

#[test]
fn checkpoints_are_read_from_files_and_from_folders() {
    let folder = folder("audit-checkpoints");
    fs::write(folder.join("trail"), json(ONE)).unwrap();
    fs::create_dir_all(folder.join("all/2026")).unwrap();
    fs::create_dir_all(folder.join("none")).unwrap();
    fs::write(folder.join("all/2026/1.json"), checkpoint()).unwrap();
    fs::write(folder.join("all/notes.txt"), "not read").unwrap();
    let verify = |more: &[&str]| {
        let arguments = ["audit", "verify", "trail", "--checkpoints"];
        postern(&folder, &[&arguments, more].concat())
    };
    for path in ["all", "all/2026/1.json"] {
        let ran = verify(&[path]);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{}", ran.stdout);
        let told = "\n1 checkpoint of `111122223333/postern`, the chain is whole\n";
        assert!(ran.stdout.contains(told), "{}", ran.stdout);
    }
    // The same one by two ways is there twice.
    let ran = verify(&["all", "--checkpoints", "all/2026/1.json"]);
    let twice = "BROKEN  checkpoint 1  it is there twice, the first time as `all/2026/1.json`";
    assert!(ran.stdout.contains(twice), "{}", ran.stdout);
    assert_eq!(ran.code, 1);
    let two = format!("{}\n{}", checkpoint(), checkpoint());
    let doubled = checkpoint().replacen("\"n\":3", "\"n\":3,\"n\":3", 1);
    let more = checkpoint().replacen("\"n\":3", "\"n\":3,\"m\":3", 1);
    for (text, code, told) in [
        (two.as_str(), 1, "(`bad.json`, line 2)"),
        (
            &doubled,
            2,
            "`bad.json` is not a file of checkpoints: line 1: one member is named twice",
        ),
        (
            &more,
            2,
            "`bad.json` is not a file of checkpoints: line 1: unknown field `m`",
        ),
        (
            "",
            2,
            "`bad.json` is not a file of checkpoints: it holds none",
        ),
        ("{", 2, "line 1: not JSON: EOF while parsing an object"),
    ] {
        fs::write(folder.join("bad.json"), text).unwrap();
        let ran = verify(&["bad.json"]);
        assert_eq!(ran.code, code, "{}{}", ran.stdout, ran.stderr);
        let all = format!("{}{}", ran.stdout, ran.stderr);
        assert!(all.contains(told), "{all}");
    }
    assert!(
        verify(&["none"])
            .stderr
            .contains("`none` is not a file of checkpoints")
    );
    assert!(
        verify(&["absent"])
            .stderr
            .contains("`absent` does not exist")
    );
}
