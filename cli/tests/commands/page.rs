//! Every example of `docs/policy.md` is run, in the order of the page.
//!
//! A block with a name after its language is a file of that name. Every block of policies must be
//! valid, and every block of cases must pass or be shown to fail. What a `console` block shows is
//! what the commands print.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::blocks::{Block, blocks};
use crate::ran::{folder, postern, words};

fn write(folder: &Path, block: &Block) -> PathBuf {
    let name = block.name.as_deref().unwrap_or("unnamed");
    let path = folder.join(name);
    fs::write(&path, &block.text).unwrap();
    path
}

/// Runs each command line of the block and compares everything that is printed.
fn console(folder: &Path, block: &Block) -> Vec<String> {
    let mut lines = Vec::new();
    let mut printed = String::new();
    for line in block
        .text
        .lines()
        .filter_map(|line| line.strip_prefix("$ "))
    {
        let arguments = line.strip_prefix("postern ");
        let arguments = arguments.unwrap_or_else(|| panic!("line {}: {line}", block.line));
        let ran = postern(folder, &words(arguments));
        printed.push_str(&format!("$ {line}\n{}{}", ran.stdout, ran.stderr));
        lines.push(line.to_owned());
    }
    assert!(!lines.is_empty(), "line {}: no command", block.line);
    assert_eq!(block.text, printed, "line {}", block.line);
    lines
}

#[test]
fn every_example_does_what_the_page_says() {
    let folder = folder("page");
    let (mut policies, mut cases, mut consoles) = (0, 0, 0);
    let mut unshown = BTreeSet::new();
    for block in blocks("policy.md") {
        let line = block.line;
        match block.language.as_str() {
            "cedar" => {
                let path = write(&folder, &block);
                let ran = postern(
                    &folder,
                    &["policy".as_ref(), "check".as_ref(), path.as_os_str()],
                );
                assert_eq!(ran.code, 0, "line {line}: {}{}", ran.stdout, ran.stderr);
                policies += 1;
            }
            "toml" => {
                let path = write(&folder, &block);
                let ran = postern(
                    &folder,
                    &["policy".as_ref(), "test".as_ref(), path.as_os_str()],
                );
                assert_ne!(ran.code, 2, "line {line}: {}", ran.stderr);
                if ran.code != 0 {
                    unshown.extend(block.name);
                }
                cases += 1;
            }
            // What was recorded is no source of truth of its own; the console shows it read.
            "json" => {
                write(&folder, &block);
            }
            "console" => {
                for shown in console(&folder, &block) {
                    unshown.retain(|name| !shown.ends_with(name.as_str()));
                }
                consoles += 1;
            }
            other => panic!("line {line}: nobody runs `{other}`"),
        }
    }
    assert!(
        unshown.is_empty(),
        "these cases fail, and the page does not show it: {unshown:?}"
    );
    // Were the blocks not found, nothing above would have been held.
    assert!(policies >= 5 && cases >= 4 && consoles >= 9);
}
