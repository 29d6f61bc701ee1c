//! What is wrong with a policy text is told whole, with its place.

use super::*;

fn faults(text: &str) -> Vec<String> {
    PolicySet::parse(text)
        .unwrap_err()
        .iter()
        .map(ToString::to_string)
        .collect()
}

#[test]
fn every_fault_is_told_at_once_with_policy_and_annotation() {
    let told = faults(
        r#"
        permit(principal, action, resource);
        @id("b") @max_duration("9h") @approvals("6") permit(principal, action, resource);
        @id("c") @max_duration("1h") @auto("yes") @approvers("leads") @answer_within("1s")
        permit(principal, action, resource);
        @id("d") @max_duration("1h") @because("no") @colour("red") forbid(principal, action, resource);
        @id("d") forbid(principal, action, resource);
        @id("e") forbid(principal == ?principal, action, resource);
        @id("h") @max_duration("1h") @auto("true") @chat("Tap") permit(principal, action, resource);
        @id("i") @max_duration("1h") @auto("true") @chat("tap") permit(principal, action, resource);
        @id("j") @max_duration("1h") @break_glass("true") @reviewers("leads") @chat("tap")
        permit(principal, action, resource);
        @id("f") forbid(principal, action, resource) when { resource.owner == "me" };
        @id("g g") forbid(principal, action, resource) when { resource.getTag("Env") == "prod" };
        "#,
    );
    let parts: Vec<(&str, &str)> = told
        .iter()
        .map(|fault| fault.split_once(": ").unwrap())
        .collect();
    let known = "may carry `@id`, `@time_zone`, `@because`";
    for (place, what) in [
        ("line 2, policy `#1`, `@id`", "is missing"),
        ("line 2, policy `#1`, `@max_duration`", "is missing"),
        (
            "line 2, policy `#1`, `@approvals`",
            r#"a permit needs `@auto("true")`"#,
        ),
        (
            "line 3, policy `b`, `@max_duration`",
            "`9h` is not a duration",
        ),
        (
            "line 3, policy `b`, `@approvals`",
            "`6` is not a number of approvals",
        ),
        ("line 3, policy `b`, `@approvers`", "is missing"),
        ("line 4, policy `c`, `@auto`", "`yes` is not `true`"),
        (
            "line 4, policy `c`, `@approvers`",
            "cannot stand beside `@auto`",
        ),
        (
            "line 4, policy `c`, `@answer_within`",
            "cannot stand beside `@auto`",
        ),
        (
            "line 4, policy `c`, `@answer_within`",
            "`1s` is not a duration",
        ),
        ("line 6, policy `d`, `@max_duration`", known),
        ("line 6, policy `d`, `@colour`", known),
        (
            "line 7, policy `d`, `@id`",
            "is the id of another policy too",
        ),
        ("line 8, policy `e`", "templates are not supported"),
        ("line 9, policy `h`, `@chat`", "`Tap` is not `tap`, `login`"),
        ("line 10, policy `i`, `@chat`", "beside `@auto`"),
        ("line 11, policy `j`, `@chat`", "beside `@break_glass`"),
        ("line 13, policy `f`", "`owner`"),
        ("line 14, policy `#11`, `@id`", "`g g` is not a policy id"),
        ("line 14, policy `#11`", "Env"),
    ] {
        let found = parts
            .iter()
            .any(|(at, said)| *at == place && said.contains(what));
        assert!(found, "{place}: {what}\nin\n{}", told.join("\n"));
    }
    assert!(told.iter().all(|fault| !fault.contains("policy6")));
    assert_eq!(told.len(), 20, "{}", told.join("\n"));
}

#[test]
fn a_text_that_is_not_cedar_is_told_with_its_line() {
    let told = faults("\n\npermit(principal, action resource);");
    assert!(told[0].starts_with("line 3: "), "{told:?}");
    let twice = faults(r#"@id("a") @id("b") forbid(principal, action, resource);"#);
    assert!(twice[0].contains("duplicate annotation"), "{twice:?}");
}

#[test]
fn a_policy_that_can_never_apply_is_a_fault() {
    let never = faults(r#"@id("n") forbid(principal, action, resource) when { false };"#);
    assert!(never[0].contains("policy `n`"), "{never:?}");
    let ghost =
        faults(r#"@id("n") forbid(principal, action == Postern::Action::"reboot", resource);"#);
    assert!(ghost[0].contains("reboot"), "{ghost:?}");
    let bidi = faults(&format!(
        r#"@id("n") forbid(principal in Postern::Group::"lea{}ds", action, resource);"#,
        '\u{202E}'
    ));
    assert!(bidi[0].contains("policy `n`"), "{bidi:?}");
    set(r#"@id("n") forbid(principal in Postern::Group::"운영 team", action, resource);"#);
}

#[test]
fn a_text_that_would_overflow_the_stack_is_refused_before_it_is_parsed() {
    for deep in [
        format!("{}true{}", "(".repeat(20_000), ")".repeat(20_000)),
        format!("{}true", "if true then false else ".repeat(20_000)),
        "[".repeat(1_000_000),
        format!("{}true", "true || ".repeat(20_000)),
    ] {
        let text = format!("permit(principal, action, resource)\nwhen {{ {deep} }};");
        let faults = faults(&text);
        let says = "line 2: brackets and conditions stand more than 50 deep in each other";
        assert_eq!(faults.len(), 1);
        assert!(faults[0].starts_with(says), "{faults:?}");
    }
}
