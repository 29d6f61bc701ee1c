//! What Slack sends is read, and hostile payloads come to an error and never to a panic.

use std::fmt::Write as _;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::chat::inbound::{Input, Interaction, Unreadable, read_command, read_interaction};

/// A form as libraries write it.
pub(super) fn form(fields: &[(&str, &str)]) -> Vec<u8> {
    let mut body = String::new();
    for (n, (name, value)) in fields.iter().enumerate() {
        if n > 0 {
            body.push('&');
        }
        body.push_str(name);
        body.push('=');
        for byte in value.bytes() {
            write!(body, "%{byte:02X}").unwrap();
        }
    }
    body.into_bytes()
}

pub(super) const COMMAND: [(&str, &str); 14] = [
    ("token", "unused"),
    ("team_id", "T0EXAMPLE"),
    ("team_domain", "example"),
    ("channel_id", "C0EXAMPLE"),
    ("channel_name", "access"),
    ("user_id", "U0BEN"),
    ("user_name", "anna"),
    ("command", "/postern"),
    ("text", "request i-0123456789abcdef0 45m disk full"),
    ("api_app_id", "A0EXAMPLE"),
    ("is_enterprise_install", "false"),
    ("enterprise_id", ""),
    (
        "response_url",
        "https://hooks.slack.com/commands/T0EXAMPLE/1/abc",
    ),
    ("trigger_id", "1.2.abcdef"),
];

/// The command with one field put otherwise; left out where it is nothing.
pub(super) fn command(name: &str, value: Option<&str>) -> Vec<u8> {
    let fields: Vec<(&str, &str)> = COMMAND
        .into_iter()
        .filter_map(|(key, old)| {
            if key == name {
                value.map(|value| (key, value))
            } else {
                Some((key, old))
            }
        })
        .collect();
    form(&fields)
}

pub(super) fn click() -> Value {
    json!({
        "type": "block_actions",
        "user": {"id": "U0BEN", "username": "anna", "name": "anna", "team_id": "T0EXAMPLE"},
        "api_app_id": "A0EXAMPLE", "token": "unused",
        "container": {"type": "message", "message_ts": "1795514400.000100", "channel_id": "C0EXAMPLE"},
        "trigger_id": "1.2.abc", "team": {"id": "T0EXAMPLE", "domain": "example"},
        "enterprise": null, "is_enterprise_install": false,
        "channel": {"id": "C0EXAMPLE", "name": "access"},
        "message": {"type": "message", "ts": "1795514400.000100", "blocks": [{"a": [[[]]]}]},
        "state": {"values": {}}, "response_url": "https://hooks.slack.com/actions/T0EXAMPLE/1/abc",
        "actions": [{"action_id": "approve", "block_id": "b", "type": "button", "value": "v",
            "action_ts": "1795514460.123456", "text": {"type": "plain_text", "text": "Approve"}}],
        "something_new": {"that": "nobody knows"},
    })
}

fn submission() -> Value {
    json!({
        "type": "view_submission", "team": {"id": "T0EXAMPLE"}, "enterprise": null,
        "user": {"id": "U0BEN", "team_id": "T0EXAMPLE"}, "api_app_id": "A0EXAMPLE",
        "trigger_id": "1.2.abc", "response_urls": [],
        "view": {"id": "V0EXAMPLE", "type": "modal", "callback_id": "ask", "private_metadata": "m",
            "hash": "1.x", "blocks": [], "state": {"values": {
                "targets": {"targets": {"type": "multi_static_select",
                    "selected_options": [{"text": {"type": "plain_text", "text": "x"}, "value": "t"}]}},
                "kind": {"kind": {"type": "static_select", "selected_option": {"value": "shell"}}},
                "reason": {"reason": {"type": "plain_text_input", "value": "disk full"}},
                "ticket": {"ticket": {"type": "plain_text_input", "value": null}},
            }}},
    })
}

pub(super) fn payload(value: &Value) -> Vec<u8> {
    form(&[("payload", &value.to_string())])
}

#[test]
fn a_command_is_read() {
    let command = read_command(&form(&COMMAND)).unwrap();
    assert_eq!(command.sender.user, user("U0BEN"));
    assert_eq!(command.text, "request i-0123456789abcdef0 45m disk full");
    assert_eq!(command.sender.enterprise, None);
    // A chosen name is no part of who somebody is.
    let renamed = read_command(&self::command("user_name", Some("ben"))).unwrap();
    assert_eq!(renamed, command);
    assert_eq!(renamed.key(), command.key());
    let again = read_command(&self::command("trigger_id", Some("1.2.other"))).unwrap();
    assert_ne!(again.key(), command.key());
}

#[test]
fn a_command_with_anything_wrong_in_it_is_not_read() {
    for name in [
        "team_id",
        "user_id",
        "channel_id",
        "command",
        "text",
        "api_app_id",
        "response_url",
        "trigger_id",
    ] {
        let missing = read_command(&command(name, None));
        assert_eq!(missing.unwrap_err(), Unreadable::Field(name), "{name}");
    }
    for (name, bad) in [
        ("team_id", "hook-matrix"),
        ("team_id", "E0EXAMPLE"),
        ("team_id", "T0EXAMPLE "),
        ("user_id", "T0EXAMPLE"),
        ("user_id", "U0BEN#"),
        ("enterprise_id", "x"),
        ("command", "postern"),
        ("response_url", ""),
        ("response_url", "https://hooks.slack.com/commands/../x"),
        ("response_url", "https://hooks.slack.com@evil.example.com/"),
        ("trigger_id", "a b"),
    ] {
        assert!(
            read_command(&command(name, Some(bad))).is_err(),
            "{name}: {bad}"
        );
    }
    let mut doubled = form(&COMMAND);
    doubled.extend(b"&user_id=U0ANNA");
    assert_eq!(read_command(&doubled), Err(Unreadable::Form));
    let long = "x".repeat(crate::chat::inbound::LONGEST);
    assert_eq!(
        read_command(&command("text", Some(&long))),
        Err(Unreadable::TooLarge)
    );
}

#[test]
fn clicks_and_forms_are_read() {
    let Interaction::Actions(read) = read_interaction(&payload(&click())).unwrap() else {
        panic!("a click is a click")
    };
    assert_eq!(
        (read.action.id.as_str(), read.action.value.as_deref()),
        ("approve", Some("v"))
    );
    assert_eq!(read.message.unwrap().1.as_str(), "1795514400.000100");
    let Interaction::Submitted(read) = read_interaction(&payload(&submission())).unwrap() else {
        panic!("a form is a form")
    };
    assert_eq!(read.many("targets"), ["t"]);
    assert_eq!(
        (read.one("kind"), read.one("ticket")),
        (Some("shell"), None)
    );
    assert_eq!(
        read.inputs["reason"],
        Input::One(Some("disk full".to_owned()))
    );
    let mut closed = submission();
    closed["type"] = "view_closed".into();
    assert!(matches!(
        read_interaction(&payload(&closed)),
        Ok(Interaction::Closed(_))
    ));
    closed["type"] = "shortcut".into();
    let other = read_interaction(&payload(&closed));
    assert!(matches!(other, Ok(Interaction::Other { kind, .. }) if kind == "shortcut"));
}

#[test]
fn the_same_click_has_the_same_key_and_another_one_has_not() {
    let key = |value: &Value| match read_interaction(&payload(value)).unwrap() {
        Interaction::Actions(actions) => actions.key(),
        Interaction::Submitted(form) => form.key(),
        other @ (Interaction::Closed(_) | Interaction::Other { .. }) => panic!("{other:?}"),
    };
    let (same, form) = (key(&click()), key(&submission()));
    for (pointer, other) in [
        ("/actions/0/action_ts", "1795514460.123457"),
        ("/actions/0/value", "w"),
        ("/actions/0/action_id", "deny"),
        ("/user/id", "U0ANNA"),
    ] {
        let mut changed = click();
        *changed.pointer_mut(pointer).unwrap() = other.into();
        assert_ne!(key(&changed), same, "{pointer}");
    }
    let mut retried = click();
    retried["trigger_id"] = "9.9.zzz".into();
    retried["response_url"] = "https://hooks.slack.com/actions/T0EXAMPLE/2/def".into();
    assert_eq!(key(&retried), same);
    let mut mended = submission();
    mended["view"]["state"]["values"]["reason"]["reason"]["value"] = "disk is full".into();
    assert_ne!(key(&mended), form);
}

#[test]
fn a_payload_of_another_shape_is_not_read() {
    for (pointer, bad) in [
        ("/type", json!(7)),
        ("/type", json!(null)),
        ("/user", json!("U0BEN")),
        ("/user/id", json!(7)),
        ("/user/id", json!("")),
        ("/user/id", json!("Tanna")),
        ("/user/team_id", json!("hook-matrix")),
        ("/team/id", json!({})),
        ("/api_app_id", json!(null)),
        ("/trigger_id", json!(["1"])),
        ("/actions", json!({})),
        ("/actions", json!([])),
        ("/actions/0", json!([])),
        ("/actions/0/value", json!(1)),
        ("/actions/0/action_ts", json!(1_795_514_460.1)),
        ("/actions/0/action_ts", json!("now")),
        ("/response_url", json!("javascript:alert(1)")),
        ("/channel/id", json!("x")),
        ("/message/ts", json!(null)),
    ] {
        let mut changed = click();
        *changed.pointer_mut(pointer).unwrap() = bad.clone();
        let read = read_interaction(&payload(&changed));
        assert!(read.is_err(), "{pointer} {bad}: {read:?}");
    }
    let mut two = click();
    let action = two["actions"][0].clone();
    two["actions"].as_array_mut().unwrap().push(action);
    assert_eq!(read_interaction(&payload(&two)), Err(Unreadable::Shape));
}

#[test]
fn a_payload_that_can_be_read_in_two_ways_is_not_read() {
    let good = click().to_string();
    let doubled = good.replacen('{', r#"{"user":{"id":"U0EVIL","team_id":"T0EXAMPLE"},"#, 1);
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(20_000), "]".repeat(20_000));
    for (bad, why) in [
        (form(&[("payload", &doubled)]), Unreadable::Json),
        (form(&[("payload", &deep)]), Unreadable::Json),
        (form(&[("payload", "")]), Unreadable::Json),
        (form(&[("payload", "[]")]), Unreadable::Json),
        (
            form(&[("payload", &format!("{good} {good}"))]),
            Unreadable::Json,
        ),
        (
            form(&[("payload", "{\"type\":\"a\\u0000b\"}")]),
            Unreadable::Json,
        ),
        (
            form(&[("payload", &good), ("payload", &good)]),
            Unreadable::Form,
        ),
        (
            form(&[("payload", &good), ("more", "1")]),
            Unreadable::Field("payload"),
        ),
        (form(&[("body", &good)]), Unreadable::Field("payload")),
        (good.clone().into_bytes(), Unreadable::Form),
        (b"payload=%FF%FE".to_vec(), Unreadable::Form),
        (b"payload={}".to_vec(), Unreadable::Form),
        (Vec::new(), Unreadable::Form),
    ] {
        let read = read_interaction(&bad);
        assert_eq!(
            read,
            Err(why),
            "{}",
            String::from_utf8_lossy(&bad[..bad.len().min(80)])
        );
    }
}

/// JSON as fuzzers write it.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[A-Z0-9.]{0,12}".prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map("[a-z_]{1,10}", inner, 0..4)
                .prop_map(|map| map.into_iter().collect()),
        ]
    })
}

proptest! {
    #[test]
    fn no_body_makes_it_panic(body in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = (read_command(&body), read_interaction(&body));
    }

    #[test]
    fn no_payload_makes_it_panic(
        at in proptest::sample::select(vec!["/type", "/user", "/user/id", "/team", "/actions",
            "/actions/0", "/actions/0/value", "/channel", "/message", "/view", "/view/state"]),
        submitted in any::<bool>(),
        value in any_json(),
    ) {
        let mut changed = if submitted { submission() } else { click() };
        if let Some(member) = changed.pointer_mut(at) {
            *member = value;
        }
        let _ = read_interaction(&payload(&changed));
    }
}
