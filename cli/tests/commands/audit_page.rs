//! What `docs/audit.md` says is so: the commands do what is shown, the worked example has the
//! digest that is shown, and the files of the example are what Postern writes.
//!
//! Run with `UPDATE_GOLDEN=1` to write the files of the example anew; the page is written by hand.

mod example;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rules::audit::Entry;
use rules::canonical;
use serde_json::Value;

use crate::blocks::{Block, blocks};
use crate::ran::folder;

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/audit")
}

/// Runs a command line as a shell does that finds `postern`.
fn shell(folder: &Path, line: &str) -> (String, bool) {
    let postern = Path::new(env!("CARGO_BIN_EXE_postern")).parent().unwrap();
    let path = std::env::var("PATH").unwrap_or_default();
    let output = Command::new("sh")
        .args(["-c", line])
        .current_dir(folder)
        .env("PATH", format!("{}:{path}", postern.display()))
        .env("LC_ALL", "C.UTF-8")
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    (String::from_utf8(text).unwrap(), output.status.success())
}

/// Whether every program that the block needs is on this machine.
fn can_run(folder: &Path, block: &Block) -> bool {
    ["jq", "sha256sum"]
        .into_iter()
        .filter(|program| block.text.contains(program))
        .all(|program| shell(folder, &format!("command -v {program}")).1)
}

fn console(folder: &Path, block: &Block) {
    let mut printed = String::new();
    for line in block.text.lines() {
        if let Some(line) = line.strip_prefix("$ ") {
            printed.push_str(&format!("$ {line}\n{}", shell(folder, line).0));
        }
    }
    assert_eq!(block.text, printed, "line {}", block.line);
}

/// The block of that name, without the end of its last line.
fn named(name: &str) -> String {
    let found = blocks("audit.md")
        .into_iter()
        .find(|block| block.name.as_deref() == Some(name));
    let text = found.unwrap_or_else(|| panic!("no block is `{name}`")).text;
    text.trim_end().to_owned()
}

#[test]
fn every_command_does_what_the_page_says() {
    let folder = folder("audit-page");
    let mut checkpoints = folder.clone();
    checkpoints.push("checkpoints");
    fs::create_dir(&checkpoints).unwrap();
    for (name, text) in example::files() {
        fs::write(folder.join(name), text).unwrap();
    }
    let (mut consoles, mut scripts) = (0, 0);
    for block in blocks("audit.md") {
        match block.language.as_str() {
            "json" | "text" => {
                let name = block.name.as_deref().unwrap_or("unnamed");
                fs::write(folder.join(name), &block.text).unwrap();
            }
            "console" if can_run(&folder, &block) => {
                console(&folder, &block);
                consoles += 1;
            }
            "console" => {}
            // These need a deployment. That they are shell at all can be told without.
            "sh" => {
                fs::write(folder.join("script.sh"), &block.text).unwrap();
                let (told, good) = shell(&folder, "sh -n script.sh");
                assert!(good, "line {}: {told}", block.line);
                scripts += 1;
            }
            other => panic!("line {}: nobody runs `{other}`", block.line),
        }
    }
    // Were the blocks not found, nothing above would have been held.
    assert!(consoles >= 4 && scripts >= 2, "{consoles}, {scripts}");
}

#[test]
fn the_worked_example_has_the_encoding_and_the_digest_that_are_shown() {
    let entry = named("entry.json");
    let value: Value = serde_json::from_str(&entry).unwrap();
    let entry: Entry = serde_json::from_str(&entry).unwrap();
    let encoded = named("canonical.txt");
    assert_eq!(canonical::encode(&value), encoded);
    // What Postern writes itself is no other text than what stands in the export.
    assert_eq!(canonical::encode(&entry), encoded);
    let shown = blocks("audit.md")
        .into_iter()
        .find(|block| block.language == "console" && block.text.contains("$(cat canonical.txt)"));
    let shown = shown.unwrap().text;
    let digest = format!("{}  -\n", entry.digest());
    assert!(shown.ends_with(&digest), "{digest}{shown}");
}

#[test]
fn the_checkpoint_and_the_entry_that_are_shown_are_of_the_example() {
    let read = |text: &str| -> Value { serde_json::from_str(text).unwrap() };
    let file = |name: &str| fs::read_to_string(docs().join(name)).unwrap();
    let checkpoint = file("checkpoints/000000000002.json");
    assert_eq!(read(&named("checkpoint.json")), read(&checkpoint));
    let trail = file("2026-11-24.jsonl");
    let second = read(trail.lines().nth(1).unwrap());
    assert_eq!(read(&named("entry.json")), second["entry"]);
}

#[test]
fn the_files_of_the_example_are_what_postern_writes() {
    for (name, text) in example::files() {
        let path = docs().join(&name);
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(&path, &text).unwrap();
        }
        let written = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            written == text,
            "docs/audit/{name} is otherwise; run with UPDATE_GOLDEN=1 if this is meant"
        );
    }
}
