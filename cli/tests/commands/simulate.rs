//! `postern policy simulate`, over requests that the rules' own types write down.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use rules::ask::Ask;
use rules::audit::{Actor, Entry, Event, Head};
use rules::facts::{Ping, Platform, TargetFacts};
use rules::moment::Moment;
use rules::names::{Digest, Group, Person, RequestId};
use rules::on_call::Rota;
use rules::policy::{Decision, PolicySet, Question, Sought};
use rules::wire::{EntriesView, EntryView};

use crate::golden::compare;
use crate::ran::{folder, postern};

const INPUTS: [(&str, &str); 2] = [
    ("simulated.cedar", include_str!("../inputs/simulated.cedar")),
    ("draft.cedar", include_str!("../inputs/draft.cedar")),
];

/// Noon of a Wednesday in Seoul, and the hour before midnight there.
const NOON: i64 = 1_795_575_600;
const NIGHT: i64 = NOON + 11 * 3_600;

struct Made<'a> {
    n: u8,
    who: &'a str,
    groups: &'a [&'a str],
    rotas: &'a [&'a str],
    env: &'a str,
    more: serde_json::Value,
    at: i64,
}

fn person(sub: &str) -> Person {
    Person {
        iss: "https://login.example.com".parse().unwrap(),
        sub: sub.parse().unwrap(),
    }
}

/// The entry of somebody asking, with the route of the set that was in force.
fn asked(made: &Made<'_>) -> Entry {
    let target = format!("111122223333/ap-northeast-2/i-{:017x}", made.n);
    let mut ask = serde_json::json!({
        "targets": [target],
        "kind": { "type": "shell" },
        "duration_seconds": 3_600,
        "reason": "disk full",
    });
    for (key, value) in made.more.as_object().unwrap() {
        ask[key] = value.clone();
    }
    let ask: Ask = serde_json::from_value(ask).unwrap();
    let facts = vec![TargetFacts {
        target: target.parse().unwrap(),
        tags: [("Env".to_owned(), made.env.to_owned())].into(),
        platform: Platform::Linux,
        ping: Ping::Online,
        agent_version: None,
        last_log: None,
        readiness: None,
    }];
    let groups: BTreeSet<Group> = made.groups.iter().map(|one| one.parse().unwrap()).collect();
    let rotas: BTreeSet<Rota> = made.rotas.iter().map(|one| one.parse().unwrap()).collect();
    let (person, at) = (person(made.who), Moment::from_seconds(made.at));
    let (_, text) = INPUTS[0];
    let Decision::Allowed { route } = PolicySet::parse(text).unwrap().decide(&Question {
        ask: &ask,
        person: &person,
        groups: &groups,
        rotas: &rotas,
        facts: &facts,
        at: ask.starts_at.unwrap_or(at),
        sought: Sought::Anew,
    }) else {
        panic!("nothing refused is recorded as asked");
    };
    let request = RequestId::new(at, [made.n; 10]);
    Entry {
        request,
        n: 1,
        at,
        actor: Actor::Person { person },
        event: Event::Asked {
            ask: Box::new(ask),
            route: Box::new(route),
            groups: groups.into_iter().collect(),
            rotas: rotas.into_iter().collect(),
            facts,
            shown: Digest::of("postern.test", b"shown"),
        },
        previous: Head::empty(request).digest,
    }
}

/// Five requests: by day, by night, for the day after, for somebody else, and on staging.
fn requests() -> Vec<Entry> {
    let made = |n, who, env, more, at| Made {
        n,
        who,
        groups: &["engineers"],
        rotas: &["web"],
        env,
        more,
        at,
    };
    let nothing = serde_json::json!({});
    let tomorrow = Moment::from_seconds(NOON + 86_400);
    let all = [
        made(1, "anna", "prod", nothing.clone(), NOON),
        made(2, "ben", "prod", nothing.clone(), NIGHT),
        made(
            3,
            "cho",
            "prod",
            serde_json::json!({ "starts_at": tomorrow }),
            NIGHT,
        ),
        made(
            4,
            "dan",
            "prod",
            serde_json::json!({ "for": person("eve"), "duration_seconds": 10_800 }),
            NOON,
        ),
        made(5, "eve", "staging", nothing, NIGHT),
    ];
    all.iter().map(asked).collect()
}

/// The entry after, of an event that is no asking.
fn closed(first: &Entry) -> Entry {
    Entry {
        n: 2,
        actor: Actor::Postern {},
        event: Event::Closed {},
        previous: first.digest(),
        ..first.clone()
    }
}

fn world(name: &str, files: &[(&str, String)]) -> PathBuf {
    let folder = folder(name);
    for (file, text) in INPUTS {
        fs::write(folder.join(file), text).unwrap();
    }
    for (file, text) in files {
        fs::write(folder.join(file), text).unwrap();
    }
    folder
}

fn line<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap() + "\n"
}

fn trail(entries: Vec<Entry>) -> EntriesView {
    let last = entries.last().unwrap();
    EntriesView {
        request: last.request,
        head: last.digest(),
        entries: entries.into_iter().map(EntryView::from).collect(),
        whole: true,
    }
}

/// What a run prints and its exit code.
fn simulated(folder: &Path, file: &str, more: &[&str]) -> (String, String, i32) {
    let arguments = [&["policy", "simulate", file], more].concat();
    let ran = postern(folder, &arguments);
    (ran.stdout, ran.stderr, ran.code)
}

#[test]
fn what_a_draft_would_change_is_listed() {
    let recorded: String = requests().iter().map(line).collect();
    let strange = "\n{\"event\":{\"type\":\"closed\"}}\nnot JSON\n{\"a\":1}\n{\"event\":{\"type\":\"asked\"}}\n";
    let files = [
        ("recorded.jsonl", recorded.clone()),
        ("strange.jsonl", recorded + strange),
        ("none.jsonl", String::new()),
        ("none.cedar", String::new()),
    ];
    let folder = world("simulate", &files);
    let lines = [
        "policy simulate --help",
        "policy simulate recorded.jsonl simulated.cedar",
        "policy simulate recorded.jsonl draft.cedar",
        "policy simulate recorded.jsonl simulated.cedar --against draft.cedar",
        "policy simulate recorded.jsonl draft.cedar --against draft.cedar",
        "policy simulate recorded.jsonl none.cedar",
        "policy simulate strange.jsonl draft.cedar",
        "policy simulate none.jsonl draft.cedar",
        "policy simulate missing.jsonl draft.cedar",
        "policy simulate recorded.jsonl missing.cedar",
        "policy simulate . draft.cedar",
    ];
    compare("simulate", &folder, &lines);
}

#[test]
fn every_form_of_what_was_recorded_is_read() {
    let entries = requests();
    let views: Vec<EntryView> = entries.iter().cloned().map(EntryView::from).collect();
    let trails: Vec<EntriesView> = entries
        .iter()
        .map(|entry| trail(vec![entry.clone(), closed(entry)]))
        .collect();
    let first = &trails[0];
    let files = [
        ("entries", entries.iter().map(line).collect()),
        ("views", views.iter().map(line).collect()),
        ("trails", trails.iter().map(line).collect()),
        // An export: entries of all requests with their digests, whole trails or mixed.
        (
            "export",
            trails.iter().flat_map(|it| &it.entries).map(line).collect(),
        ),
        (
            "mixed",
            [0, 1]
                .iter()
                .flat_map(|n| trails.iter().map(|it| line(&it.entries[*n])))
                .collect(),
        ),
        (
            "joined",
            views
                .iter()
                .map(|view| line(view).replace('\n', " "))
                .collect(),
        ),
        (
            "pretty",
            trails
                .iter()
                .map(|it| serde_json::to_string_pretty(it).unwrap() + "\n")
                .collect(),
        ),
        (
            "spaced",
            format!(
                "\n \n{}",
                entries
                    .iter()
                    .map(|one| line(one) + "\n")
                    .collect::<String>()
            ),
        ),
        ("document", serde_json::to_string_pretty(first).unwrap()),
        ("short", line(first).trim_end().to_owned()),
        ("one", serde_json::to_string_pretty(&entries[0]).unwrap()),
    ];
    let folder = world("simulate-forms", &files);
    let (whole, _, code) = simulated(&folder, "entries", &["draft.cedar"]);
    assert_eq!((whole.lines().count(), code), (5, 1), "{whole}");
    for file in [
        "views", "trails", "export", "mixed", "joined", "pretty", "spaced",
    ] {
        assert_eq!(
            simulated(&folder, file, &["draft.cedar"]),
            (whole.clone(), String::new(), 1),
            "{file}"
        );
    }
    for file in ["document", "short", "one"] {
        let (text, told, code) = simulated(&folder, file, &["draft.cedar"]);
        assert_eq!((told.as_str(), code), ("", 1), "{file}");
        assert_eq!(text.lines().next(), whole.lines().next(), "{file}");
        assert!(
            text.ends_with("1 request: 0 as before, 1 by another route, 0 refused\n"),
            "{text}"
        );
    }
}

#[test]
fn a_file_that_breaks_off_or_has_a_line_too_long_is_read_as_far_as_it_goes() {
    let all: String = requests().iter().map(line).collect();
    let (cut, _) = all.split_at(all.len() - 40);
    let long = format!(
        "{}{}\n{}",
        line(&requests()[0]),
        "x".repeat(16 * 1024 * 1024 + 1),
        line(&requests()[1])
    );
    let first_cut = format!("{{\"request\":\n{all}");
    let files = [
        ("cut", cut.to_owned()),
        ("long", long),
        ("first-cut", first_cut),
    ];
    let folder = world("simulate-cut", &files);
    for (file, requests, told) in [
        (
            "cut",
            4,
            "1 line of `cut` cannot be read\n  line 5: not JSON",
        ),
        (
            "long",
            2,
            "1 line of `long` cannot be read\n  line 2: longer than 16 MiB\n",
        ),
        (
            "first-cut",
            5,
            "1 line of `first-cut` cannot be read\n  line 1: not JSON",
        ),
    ] {
        let (text, unread, code) = simulated(&folder, file, &["simulated.cedar"]);
        assert_eq!(code, 2, "{file}: {unread}");
        assert!(unread.contains(told), "{file}: {unread}");
        assert!(
            text.starts_with(&format!("{requests} requests: {requests} as before")),
            "{text}"
        );
    }
}
