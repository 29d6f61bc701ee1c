//! `postern policy check`, `lint`, `test` and `explain`.

use std::fs;
use std::path::{Path, PathBuf};

use crate::golden::compare;
use crate::ran::{folder, postern};

fn inputs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/inputs")
}

fn starter() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies")
}

/// A folder with files that are wrong as files.
fn wrong_files(name: &str) -> PathBuf {
    let folder = folder(name);
    for (file, bytes) in [
        ("empty", &b""[..]),
        (
            "nul",
            b"@id(\"a\")\n\0forbid (principal, action, resource);\n",
        ),
        ("latin", b"// fine\n// caf\xe9\n"),
        ("terminal", b"forbid (principal, action, resource) \x1b[2J;"),
    ] {
        fs::write(folder.join(file), bytes).unwrap();
    }
    let large = vec![b' '; 1024 * 1024 + 1];
    fs::write(folder.join("large"), large).unwrap();
    fs::create_dir(folder.join("folder")).unwrap();
    folder
}

const WRONG: [&str; 7] = [
    "missing", "empty", "nul", "latin", "terminal", "large", "folder",
];

#[test]
fn the_help_reads_well() {
    let lines = [
        "--help",
        "policy --help",
        "policy check --help",
        "policy lint --help",
        "policy test --help",
        "policy explain --help",
        "on-call --help",
        "on-call sign --help",
        "audit --help",
        "audit verify --help",
    ];
    compare("help", &inputs(), &lines);
}

#[test]
fn a_wrong_command_line_is_told_how_to_be_right() {
    let lines = [
        "policy chek a",
        "policy check",
        "policy lint a --stirct",
        "policy test a b",
        "on-call sign a",
        "audit verify",
        "audit verify a --some",
        "audit verify a --head 7",
        "audit verify a --head 7=00",
        "audit verify a --head req-1=00",
    ];
    compare("usage", &inputs(), &lines);
}

#[test]
fn the_starter_set_is_checked_linted_and_tested() {
    let lines = [
        "policy check starter.cedar",
        "policy lint --strict starter.cedar",
        "policy lint --strict starter.cedar --people starter.cases.toml",
        "policy test starter.cases.toml",
    ];
    compare("starter", &starter(), &lines);
}

#[test]
fn every_term_of_a_permit_is_shown() {
    compare("check-terms", &inputs(), &["policy check terms.cedar"]);
}

#[test]
fn every_fault_of_a_policy_text_is_told_with_its_line() {
    let lines = [
        "policy check faults.cedar",
        "policy check syntax.cedar",
        "policy lint syntax.cedar",
    ];
    compare("check-faults", &inputs(), &lines);
}

#[test]
fn what_is_seldom_meant_is_told_with_what_to_do() {
    let lines = [
        "policy lint doubtful.cedar",
        "policy lint --strict doubtful.cedar",
    ];
    compare("lint-findings", &inputs(), &lines);
}

#[test]
fn what_is_meant_is_let_pass() {
    let lines = [
        "policy lint --strict sound.cedar",
        "policy lint --strict sound.cedar --people enough.people.toml",
    ];
    compare("lint-sound", &inputs(), &lines);
}

#[test]
fn a_route_that_nobody_is_left_to_approve_is_told() {
    let lines = [
        "policy lint sound.cedar --people few.people.toml",
        "policy lint --strict for-others.cedar --people pair.people.toml",
        "policy lint sound.cedar --people syntax.cedar",
        "policy lint sound.cedar --people missing.toml",
    ];
    compare("lint-people", &inputs(), &lines);
}

#[test]
fn a_failing_case_shows_what_was_expected_and_what_came() {
    compare(
        "test-failures",
        &inputs(),
        &["policy test failing.cases.toml"],
    );
}

#[test]
fn what_each_policy_makes_of_a_case_is_explained() {
    let lines = [
        "policy explain explained.cases.toml",
        "policy explain explained.cases.toml --case \"in an emergency\" --policy sound.cedar",
        "policy explain explained.cases.toml --case emergency",
        "policy explain no-policies.cases.toml",
    ];
    compare("explain", &inputs(), &lines);
}

#[test]
fn a_file_of_cases_that_is_wrong_is_told_with_its_line() {
    let lines = [
        "policy test wrong.cases.toml",
        "policy test nobody.cases.toml",
        "policy test no-policies.cases.toml",
        "policy test no-policies.cases.toml --policy missing.cedar",
        "policy test no-policies.cases.toml --policy syntax.cedar",
        "policy test no-policies.cases.toml --policy doubtful.cedar",
    ];
    compare("test-wrong-cases", &inputs(), &lines);
}

#[test]
fn files_that_are_no_text_are_told_apart() {
    for command in ["check", "lint", "test", "explain"] {
        let folder = wrong_files(&format!("wrong-{command}"));
        let lines = WRONG.map(|file| format!("policy {command} {file}"));
        let lines = lines.each_ref().map(String::as_str);
        compare(&format!("{command}-wrong-files"), &folder, &lines);
    }
}

#[test]
fn a_policy_named_on_the_command_line_stands_in_for_that_of_the_cases() {
    let folder = folder("other-policy");
    fs::write(folder.join("none.cedar"), "").unwrap();
    let cases = starter().join("starter.cases.toml");
    let arguments = [
        "policy",
        "test",
        cases.to_str().unwrap(),
        "--policy",
        "none.cedar",
    ];
    let ran = postern(&folder, &arguments);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert!(
        ran.stdout.contains("deny no-policy, by no policy"),
        "{}",
        ran.stdout
    );
}

#[test]
fn every_policy_of_the_starter_set_is_named_by_a_case() {
    let ran = postern(&starter(), &["policy", "test", "starter.cases.toml"]);
    assert!(
        ran.stdout.ends_with(" passed, 0 failed\n"),
        "{}",
        ran.stdout
    );
    assert!(!ran.stdout.contains("in no answer"), "{}", ran.stdout);
    // The same look does find a policy that no case meets.
    let ran = postern(&inputs(), &["policy", "test", "failing.cases.toml"]);
    assert!(
        ran.stdout
            .contains("in no answer: emergency, out-of-reach, prod-command"),
        "{}",
        ran.stdout
    );
}
