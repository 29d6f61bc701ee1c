//! Every way in which the API says no, over HTTP: one test for each code, named after it.

mod answering;
mod asking;
mod http;
mod terms;
mod using;

use std::collections::BTreeMap;

/// The page of all codes, which the functions' own tests hold to the code.
const PAGE: &str = include_str!("../../../docs/errors.md");

const TESTS: [&str; 5] = [
    include_str!("codes/answering.rs"),
    include_str!("codes/asking.rs"),
    include_str!("codes/http.rs"),
    include_str!("codes/terms.rs"),
    include_str!("codes/using.rs"),
];

/// The codes of the page that the API says, each with its status. Those of the chat bot stand in
/// the rules' own tests.
fn documented() -> BTreeMap<&'static str, &'static str> {
    PAGE.lines()
        .filter_map(|line| line.strip_prefix("| `"))
        .filter(|row| !row.ends_with("| the chat bot |"))
        .map(|row| {
            let mut cells = row.split(" | ");
            let code = cells.next().and_then(|cell| cell.strip_suffix('`'));
            (code.expect("a code"), cells.next().expect("a status"))
        })
        .collect()
}

#[test]
fn every_code_has_a_test_that_meets_it_and_every_test_here_is_of_a_code() {
    let documented = documented();
    assert!(documented.len() > 30, "{documented:?}");
    let mut tested = Vec::new();
    for test in TESTS
        .iter()
        .flat_map(|file| file.split("#[tokio::test]\nasync fn ").skip(1))
    {
        let (name, body) = test.split_once("()").expect("a test has a name");
        let code = name.replace('_', "-");
        let status = documented.get(code.as_str());
        let status = status.unwrap_or_else(|| panic!("`{code}` is not on the page"));
        let met = format!("must_say({status}, \"{code}\")");
        assert!(
            body.contains(&met),
            "the test of `{code}` does not meet it with {status}"
        );
        tested.push(code);
    }
    tested.sort();
    let documented: Vec<&str> = documented.into_keys().collect();
    assert_eq!(tested, documented);
}
