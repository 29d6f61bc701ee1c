//! What a file of cases may say, and what is told where it says something else.

use super::*;

const WORLD: &str = r#"
people.anna = { groups = ["engineers"] }
targets.web = { tags = { Env = "prod" } }
"#;

/// A case with these lines, over the usual ones.
fn case(lines: &str) -> String {
    format!("{WORLD}[[case]]\nname = \"a\"\nperson = \"anna\"\ntargets = [\"web\"]\n{lines}\n")
}

const ALLOWED: &str = "kind = \"shell\"\nduration = \"1h\"\nallow = \"x\"";

fn only(lines: &str) -> Case {
    let mut cases = read(&case(lines)).unwrap().cases;
    assert_eq!(cases.len(), 1);
    cases.remove(0)
}

fn fault(text: &str) -> String {
    read(text).unwrap_err()
}

#[test]
fn what_a_case_leaves_out_is_filled_in() {
    let case = only(ALLOWED);
    assert_eq!(case.line, 4);
    assert_eq!(case.who.person.sub.as_str(), "anna");
    assert_eq!(case.who.person.iss.as_str(), "https://login.example.com");
    assert_eq!(case.ask.kind.word(), "shell");
    assert_eq!(case.at.iso_seconds(), "2026-01-07T12:00:00Z");
    assert_eq!(case.facts[0].platform.word(), "linux");
    assert_eq!(
        case.facts[0].target.to_string(),
        "111122223333/us-east-1/i-00000000000000001"
    );
}

#[test]
fn what_a_case_says_is_read() {
    let text = r#"
        policies = "some.cedar"
        people.anna = { iss = "https://id.example.com", sub = "00u1", groups = ["b", "a"] }
        targets.old = { id = "444455556666/eu-west-1/mi-00000000000000001", platform = "windows" }
        [[case]]
        name = "a"
        person = "anna"
        targets = ["old"]
        kind = { type = "port", host = "localhost", port = 5432 }
        duration = "1h30m"
        reason = "look into the queue"
        ticket = "OPS-7"
        at = 2026-11-24T19:00:00+09:00
        deny = "no-route"
        by = ["b", "a"]
    "#;
    let file = read(text).unwrap();
    let case = &file.cases[0];
    assert_eq!(file.policies.as_deref(), Some("some.cedar".as_ref()));
    assert_eq!(
        (case.who.person.sub.as_str(), case.who.groups.len()),
        ("00u1", 2)
    );
    assert_eq!(case.ask.kind.to_string(), "port localhost:5432");
    assert_eq!(case.ask.duration_seconds.seconds(), 5_400);
    assert_eq!(case.ask.ticket.as_ref().unwrap().as_str(), "OPS-7");
    assert_eq!(case.at.iso_seconds(), "2026-11-24T10:00:00Z");
    let Expected::Deny { code, by } = &case.expected else {
        panic!("{:?}", case.expected);
    };
    assert_eq!((*code, by.as_ref().unwrap().len()), ("no-route", 2));
}

#[test]
fn every_fault_names_its_line() {
    for (lines, line, told) in [
        (
            "kind = \"shel\"\nduration = \"1h\"\nallow = \"x\"",
            8,
            "expected `\"shell\"`, `\"ssh\"`",
        ),
        (
            "kind = \"shell\"\nduration = \"9h\"\nallow = \"x\"",
            9,
            "`9h` is not a duration",
        ),
        (
            "kind = \"shell\"\nduration = \"1h\"\nallow = \"a b\"",
            10,
            "is not a policy id",
        ),
        (
            "kind = \"shell\"\nduration = \"1h\"\ncolour = 1",
            10,
            "unknown field `colour`",
        ),
        (
            "kind = { type = \"port\", host = \"LOCAL\", port = 1 }\nduration = \"1h\"",
            8,
            "`LOCAL`",
        ),
        (
            "kind = \"shell\"\nduration = \"1h\"\nat = 2026-01-07",
            10,
            "not a time with its offset",
        ),
        (
            "kind = \"shell\"\nduration = \"1h\"",
            4,
            "expects either `allow`",
        ),
        (
            "kind = \"shell\"\nduration = \"1h\"\nallow = \"x\"\ndeny = \"no-route\"",
            4,
            "either",
        ),
        (
            "kind = \"shell\"\nduration = \"1h\"\nallow = \"x\"\nby = []",
            4,
            "either",
        ),
        (
            "kind = \"shell\"\nduration = \"1h\"\ndeny = \"no\"",
            4,
            "`deny` is one of",
        ),
        (
            "kind = \"shell\"\nduration = \"1h\"\ndeny = \"no-route\"\nroute = \"automatic\"",
            4,
            "either",
        ),
        (
            "kind = \"shell\"\nduration = \"1h\"\nallow = \"x\"\nroute = \"leads\"",
            11,
            "not a route",
        ),
    ] {
        let fault = fault(&case(lines));
        assert!(fault.contains(&format!("line {line}")), "{lines}\n{fault}");
        assert!(fault.contains(told), "{lines}\n{fault}");
    }
}

#[test]
fn names_that_stand_for_nothing_are_refused() {
    let text = case(ALLOWED);
    let nobody = fault(&text.replace("person = \"anna\"", "person = \"anne\""));
    assert_eq!(nobody, "line 6: there is no `[people.anne]`");
    let nothing = fault(&text.replace("[\"web\"]", "[\"web\", \"db\"]"));
    assert_eq!(nothing, "line 7: there is no `[targets.db]`");
    let twice = fault(&text.replace("[\"web\"]", "[\"web\", \"web\"]"));
    assert!(
        twice.starts_with("line 4: ") && twice.contains("named twice"),
        "{twice}"
    );
    let id = "111122223333/us-east-1/i-00000000000000002";
    let twin = fault(&format!("targets.a = {{ id = \"{id}\" }}\n{text}"));
    assert!(twin.contains("`web` and `a` are one instance"), "{twin}");
    let spaced = fault(&format!("people.\"a b\" = {{}}\n{text}"));
    assert!(spaced.contains("`a b` is not a subject"), "{spaced}");
}

#[test]
fn a_file_without_cases_tests_nothing_and_is_refused() {
    for text in ["", WORLD, "case = []"] {
        assert!(fault(text).contains("no `[[case]]`"), "{text}");
    }
    assert!(fault("\0").contains("line 1"), "{}", fault("\0"));
}
