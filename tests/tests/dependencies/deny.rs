//! What `deny.toml` allows and forbids: as much of it as the tests beside this hold, too.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use crate::graph::root;

/// The rules of `deny.toml`.
pub(crate) struct Rules {
    pub(crate) licences: BTreeSet<String>,
    /// Banned crates; with a version, only below it.
    pub(crate) bans: BTreeMap<String, Option<String>>,
}

impl Rules {
    pub(crate) fn read() -> Self {
        let text = fs::read_to_string(root().join("deny.toml")).unwrap();
        let (_, allow) = text.split_once("\nallow = [").unwrap();
        let (allow, _) = allow.split_once("\n]").unwrap();
        let licences: BTreeSet<String> = allow
            .lines()
            .filter_map(|line| quoted(line).next())
            .map(str::to_owned)
            .collect();
        let bans: BTreeMap<_, _> = text
            .lines()
            .filter(|line| line.trim_start().starts_with("{ name = "))
            .map(|line| {
                let mut words = quoted(line);
                let name = words.next().unwrap().to_owned();
                let below = words
                    .next()
                    .map(|version| version.strip_prefix('<').unwrap().to_owned());
                (name, below)
            })
            .collect();
        assert!(licences.contains("MIT") && licences.len() > 5 && bans.len() > 3);
        Self { licences, bans }
    }
}

/// The words between quotation marks.
fn quoted(line: &str) -> impl Iterator<Item = &str> {
    line.split('"').skip(1).step_by(2)
}

/// Whether a version is below a limit of one or two numbers.
pub(crate) fn is_below(version: &str, limit: &str) -> bool {
    let numbers = |text: &str| -> Vec<u64> {
        text.split(['.', '-', '+'])
            .map_while(|number| number.parse().ok())
            .collect()
    };
    numbers(version) < numbers(limit)
}

#[test]
fn versions_are_compared_by_number() {
    assert!(is_below("0.14.32", "1"));
    assert!(is_below("0.22.9", "0.23"));
    assert!(!is_below("0.23.0", "0.23"));
    assert!(!is_below("0.100.1", "0.23"));
    assert!(!is_below("1.0.0", "1"));
}
