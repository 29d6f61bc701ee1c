//! `postern on-call sign`.

use std::fs;
use std::path::PathBuf;

use rules::on_call::{Feed, Keys};

use crate::golden::compare;
use crate::ran::{folder, postern};

const PAYLOAD: &str = r#"{
  "issued_at": "2026-11-24T19:00:00+09:00",
  "good_until": "2026-11-24T18:00:00Z",
  "rotas": {
    "payments": [{"iss": "https://login.example.com", "sub": "u-7f3a"}],
    "디스크": []
  }
}
"#;

const KEY: &str = "a-key-that-is-used-in-tests-only-0";

/// A folder with a good payload and a good key, and with others.
fn files(name: &str) -> PathBuf {
    let folder = folder(name);
    let with = |from: &str, to: &str| PAYLOAD.replace(from, to);
    for (file, text) in [
        ("payload.json", PAYLOAD.to_owned()),
        ("key", format!("{KEY}\n")),
        (
            "rotation",
            format!("{KEY}\na-key-that-is-used-in-tests-only-1\n"),
        ),
        ("short", "a-key-of-a-few-bytes\n".to_owned()),
        ("spaced", format!("{KEY} \n")),
        ("three", format!("{KEY}\n{KEY}\n{KEY}\n")),
        ("empty", String::new()),
        ("malformed.json", "{".to_owned()),
        (
            "twice.json",
            with("\"rotas\": {", "\"rotas\": {}, \"rotas\": {"),
        ),
        ("unknown.json", with("issued_at", "isued_at")),
        ("moment.json", with("2026-11-24T18:00:00Z", "at six")),
        ("person.json", with("\"u-7f3a\"", "\"u 7f3a\"")),
        ("long.json", with("2026-11-24T18", "2026-11-25T18")),
        ("over.json", with("2026-11-24T18", "2026-11-24T09")),
        (
            "large.json",
            with("{\n", &format!("{{{}", " ".repeat(256 * 1_024))),
        ),
    ] {
        fs::write(folder.join(file), text).unwrap();
    }
    folder
}

#[test]
fn a_payload_is_signed_with_the_first_key_as_postern_reads_it() {
    let folder = files("on-call-signed");
    let ran = postern(
        &folder,
        &["on-call", "sign", "payload.json", "--key-file", "rotation"],
    );
    let feed = Feed::read(ran.stdout.as_bytes(), &Keys::read(KEY).unwrap()).unwrap();
    assert_eq!(feed.issued_at().to_string(), "2026-11-24T10:00:00.000Z");
    let lines = [
        "on-call sign payload.json --key-file key",
        "on-call sign payload.json --key-file rotation",
    ];
    compare("on-call-signed", &folder, &lines);
}

#[test]
fn a_payload_that_postern_would_refuse_is_not_signed() {
    let folder = files("on-call-faults");
    let lines = [
        "malformed",
        "twice",
        "unknown",
        "moment",
        "person",
        "long",
        "over",
        "large",
    ]
    .map(|file| format!("on-call sign {file}.json --key-file key"));
    let lines = lines.each_ref().map(String::as_str);
    compare("on-call-faults", &folder, &lines);
}

#[test]
fn a_file_without_a_key_is_told_of_and_not_shown() {
    let folder = files("on-call-keys");
    let mut lines = [
        "missing",
        "empty",
        "short",
        "spaced",
        "three",
        "payload.json",
    ]
    .map(|key| format!("on-call sign payload.json --key-file {key}"))
    .to_vec();
    lines.push("on-call sign missing --key-file key".to_owned());
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    compare("on-call-keys", &folder, &lines);
}

#[test]
fn no_key_is_ever_printed() {
    let folder = files("on-call-secret");
    for key in ["key", "rotation", "short", "spaced", "three"] {
        for payload in ["payload.json", "malformed.json", "key"] {
            let ran = postern(&folder, &["on-call", "sign", payload, "--key-file", key]);
            let said = format!("{}{}", ran.stdout, ran.stderr);
            assert!(!said.is_empty() && !said.contains("a-key-"), "{said}");
        }
    }
}
