//! What the documents say of this repository is so: links lead somewhere, and tests that are named
//! exist.

#![cfg(test)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every file below a directory with that ending, apart from what is built.
fn files(below: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(below).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && name != "target" && !name.starts_with('.') {
            files(&path, ending, found);
        } else if name.ends_with(ending) {
            found.push(path);
        }
    }
}

/// What stands between backquotes in a text.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

#[test]
fn every_test_that_is_named_for_a_threat_exists() {
    let mut sources = Vec::new();
    files(&root(), ".rs", &mut sources);
    // Tests that a macro defines are named before a colon.
    let defined: BTreeSet<String> = sources
        .iter()
        .flat_map(|path| read(path).lines().map(str::to_owned).collect::<Vec<_>>())
        .filter_map(|line| {
            let line = line.trim().trim_start_matches("async ");
            let name = match line.strip_prefix("fn ") {
                Some(rest) => rest.split('(').next(),
                None => line.split_once(": ").map(|(name, _)| name),
            };
            name.map(str::to_owned)
        })
        .collect();
    let threats = read(&root().join("docs/threats.md"));
    let named: Vec<&str> = threats
        .lines()
        .filter(|line| line.starts_with("| "))
        .filter_map(|line| line.trim_end_matches('|').rsplit('|').next())
        .flat_map(quoted)
        .collect();
    assert!(named.len() > 60, "{named:?}");
    let missing: Vec<&&str> = named
        .iter()
        .filter(|name| !defined.contains(**name))
        .collect();
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn every_link_inside_the_repository_leads_somewhere() {
    let mut pages = Vec::new();
    files(&root(), ".md", &mut pages);
    let mut links = 0;
    for page in &pages {
        let text = read(page);
        for target in text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
        {
            if target.contains("://") || target.starts_with('#') || target.starts_with("mailto:") {
                continue;
            }
            let path = target.split('#').next().unwrap();
            let found = page.parent().unwrap().join(path);
            assert!(found.exists(), "{} links to {target}", page.display());
            links += 1;
        }
    }
    assert!(links > 10, "{links} links were found");
}
