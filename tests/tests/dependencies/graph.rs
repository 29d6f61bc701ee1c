//! The dependencies of the workspace as Cargo resolves them.
//!
//! All of it is for the platform that the tests run on: only the crates of that platform are sure
//! to be there without a network.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// A package of the workspace or of the registry.
pub(crate) struct Package {
    id: String,
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) licence: String,
    /// Nothing for the members of the workspace.
    pub(crate) source: Option<String>,
    /// The names of its direct dependencies, those for tests and builds included.
    direct: BTreeSet<String>,
}

/// Everything that is built somewhere in the workspace.
pub(crate) struct Graph {
    packages: Vec<Package>,
    members: BTreeSet<String>,
}

/// The root of the workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

impl Graph {
    pub(crate) fn read() -> Self {
        let compiler = run(Command::new("rustc").arg("-vV"));
        let host = compiler
            .lines()
            .find_map(|line| line.strip_prefix("host: "))
            .unwrap();
        let metadata = cargo(&["metadata", "--format-version=1", "--filter-platform", host]);
        let metadata: Value = serde_json::from_str(&metadata).unwrap();
        Self {
            packages: list(&metadata["packages"]).map(Package::of).collect(),
            members: list(&metadata["workspace_members"]).map(text).collect(),
        }
    }

    pub(crate) fn packages(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter()
    }

    fn own(&self) -> impl Iterator<Item = &Package> {
        self.packages()
            .filter(|package| self.members.contains(&package.id))
    }

    /// The names of the members.
    pub(crate) fn members(&self) -> BTreeSet<&str> {
        self.own().map(|package| package.name.as_str()).collect()
    }

    /// The names of all direct dependencies of members that are no members themselves.
    pub(crate) fn direct(&self) -> BTreeSet<String> {
        let members = self.members();
        self.own()
            .flat_map(|package| &package.direct)
            .filter(|name| !members.contains(name.as_str()))
            .cloned()
            .collect()
    }
}

/// The names of everything that ends up in a member when it is built by itself: neither what its
/// tests need nor what other members make of the features of a crate that both use.
pub(crate) fn below(member: &str) -> BTreeSet<String> {
    let tree = cargo(&["tree", "-p", member, "-e", "normal", "--prefix", "none"]);
    tree.lines()
        .filter_map(|line| line.split_once(' '))
        .map(|(name, _)| name.to_owned())
        .filter(|name| name != member)
        .collect()
}

impl Package {
    fn of(package: &Value) -> Self {
        Self {
            id: text(&package["id"]),
            name: text(&package["name"]),
            version: text(&package["version"]),
            licence: package["license"].as_str().unwrap_or_default().to_owned(),
            source: package["source"].as_str().map(str::to_owned),
            direct: list(&package["dependencies"])
                .map(|dependency| text(&dependency["name"]))
                .collect(),
        }
    }
}

fn cargo(arguments: &[&str]) -> String {
    run(Command::new(env!("CARGO"))
        .args(arguments)
        .args(["--offline", "--all-features"])
        .current_dir(root()))
}

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    String::from_utf8(output.stdout).unwrap()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().unwrap().iter()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}
