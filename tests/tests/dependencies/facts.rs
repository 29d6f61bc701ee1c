//! What must hold of everything that Postern is built of.

use std::collections::BTreeSet;
use std::fs;

use crate::deny::{Rules, is_below};
use crate::graph::{Graph, below, root};
use crate::licence::is_allowed;

#[test]
fn every_licence_may_be_combined_with_ours() {
    let rules = Rules::read();
    let bad: Vec<String> = Graph::read()
        .packages()
        .filter(|package| !is_allowed(&package.licence, &rules.licences))
        .map(|package| format!("{} {}: {}", package.name, package.version, package.licence))
        .collect();
    assert!(bad.is_empty(), "{bad:#?}");
    for kept_out in [
        "GPL-3.0-only",
        "AGPL-3.0-only",
        "LGPL-2.1-or-later",
        "SSPL-1.0",
    ] {
        assert!(!rules.licences.contains(kept_out));
    }
}

#[test]
fn nothing_that_is_banned_is_built_in() {
    let rules = Rules::read();
    assert!(rules.bans.contains_key("openssl") && rules.bans.contains_key("native-tls"));
    for package in Graph::read().packages() {
        let banned = match rules.bans.get(&package.name) {
            Some(Some(limit)) => is_below(&package.version, limit),
            Some(None) => true,
            None => false,
        };
        assert!(!banned, "{} {}", package.name, package.version);
    }
}

#[test]
fn everything_that_is_not_ours_is_from_the_one_registry() {
    let graph = Graph::read();
    let sources: BTreeSet<&str> = graph
        .packages()
        .filter_map(|package| package.source.as_deref())
        .collect();
    assert_eq!(sources.len(), 1, "{sources:?}");
    assert!(sources.iter().all(|source| source.starts_with("registry+")));
    let without: BTreeSet<&str> = graph
        .packages()
        .filter(|package| package.source.is_none())
        .map(|package| package.name.as_str())
        .collect();
    assert_eq!(without, graph.members());
}

#[test]
fn the_rules_reach_no_cloud_no_runtime_no_socket_and_no_randomness() {
    let reached = below("rules");
    assert!(
        reached.contains("cedar-policy") && reached.len() > 20,
        "{reached:?}"
    );
    for package in &reached {
        let name = package.as_str();
        let prefixed = [
            "aws-", "tokio", "async-", "futures", "hyper", "lambda_", "rustls",
        ]
        .iter()
        .any(|prefix| name.starts_with(prefix));
        let named = [
            "axum",
            "broker",
            "functions",
            "standin",
            "reqwest",
            "mio",
            "socket2",
            "smol",
            "getrandom",
            "rand",
            "fastrand",
            "uuid",
            "time",
            "tracing",
        ]
        .contains(&name);
        assert!(!prefixed && !named, "rules reach `{name}`");
    }
}

#[test]
fn what_is_deployed_contains_nothing_of_the_local_run_or_the_tests() {
    for deployed in ["functions", "broker", "rules"] {
        let reached = below(deployed);
        for local in [
            "standin",
            "postern-local",
            "tests",
            "dynoxide-rs",
            "proptest",
        ] {
            assert!(!reached.contains(local), "`{deployed}` reaches `{local}`");
        }
    }
    // The same look does find the stand-in where it belongs.
    assert!(below("postern-local").contains("standin"));
}

#[test]
fn dependencies_run_from_the_functions_to_the_rules_and_never_back() {
    assert!(below("functions").contains("broker"));
    assert!(below("broker").contains("rules"));
    assert!(!below("broker").contains("functions"));
    let graph = Graph::read();
    let reached = below("rules");
    assert!(
        graph
            .members()
            .iter()
            .all(|member| !reached.contains(*member))
    );
}

#[test]
fn the_page_gives_a_reason_for_each_direct_dependency_and_for_no_other() {
    let page = fs::read_to_string(root().join("docs/dependencies.md")).unwrap();
    let listed: BTreeSet<String> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`'))
        .map(|(name, reason)| {
            assert!(reason.len() > 20, "no reason for `{name}`");
            name.to_owned()
        })
        .collect();
    let direct = Graph::read().direct();
    let missing: Vec<&String> = direct.difference(&listed).collect();
    let stale: Vec<&String> = listed.difference(&direct).collect();
    assert!(missing.is_empty(), "not on the page: {missing:?}");
    assert!(
        stale.is_empty(),
        "on the page, and no dependency: {stale:?}"
    );
}
