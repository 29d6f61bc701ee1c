//! Everything that is shown, as JSON that `checks/chat` puts before Slack's own validators and draws
//! as pictures.
//!
//! `UPDATE_GOLDEN=1` writes it anew; read the difference before committing it.

use std::fs;

use serde::Serialize;
use serde_json::{Value, json};

use super::shown::{cards, messages, modals, shown, tapped};
use super::*;
use crate::chat::card::Audience;
use crate::chat::inbound::{Interaction, read_interaction};
use crate::chat::modal;
use crate::names::Person;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/chat");

/// Compares with a committed file, or writes it.
#[expect(
    clippy::disallowed_methods,
    reason = "the file is rewritten when somebody asks for it"
)]
pub(super) fn must_be<T: Serialize>(path: &str, committed: &str, should: &T) {
    let should = serde_json::to_string_pretty(should).unwrap() + "\n";
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(path, &should).unwrap();
        return;
    }
    assert!(
        committed == should,
        "{path} is not current; run with UPDATE_GOLDEN=1 and read the difference"
    );
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "there are many files, and all of them are looked at"
)]
fn what_is_shown_is_what_is_committed() {
    for (name, value) in cards().into_iter().chain(messages()).chain(modals()) {
        let path = format!("{FOLDER}/{name}.json");
        let committed = fs::read_to_string(&path).unwrap_or_default();
        must_be(&path, &committed, &value);
    }
}

#[test]
fn no_file_is_committed_of_what_is_not_shown() {
    let all: Vec<&str> = cards()
        .into_iter()
        .chain(messages())
        .chain(modals())
        .map(|(name, _)| name)
        .collect();
    let mut found = 0;
    for file in fs::read_dir(FOLDER).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        let name = name.strip_suffix(".json").unwrap();
        assert!(all.contains(&name) || name == "signatures", "{name}");
        found += 1;
    }
    assert_eq!(found, all.len() + 1);
}

/// Every text object of a message, and its kind.
fn texts(value: &Value, found: &mut Vec<(String, String)>) {
    match value {
        Value::Object(members) => {
            if let (Some(Value::String(kind)), Some(Value::String(text))) =
                (members.get("type"), members.get("text"))
            {
                found.push((kind.clone(), text.clone()));
            }
            members.values().for_each(|member| texts(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn no_text_of_others_mentions_links_or_formats_in_any_message() {
    let mut looked_at = 0;
    for (name, value) in cards().into_iter().chain(messages()).chain(modals()) {
        let mut found = Vec::new();
        texts(&value, &mut found);
        if let Some(text) = value.get("text").and_then(Value::as_str) {
            found.push(("mrkdwn".to_owned(), text.to_owned()));
        }
        for (kind, text) in found {
            assert!(
                !text.contains(['\u{202E}', '\u{200B}', '\0']),
                "{name}: {text:?}"
            );
            if kind != "mrkdwn" {
                continue;
            }
            looked_at += 1;
            // The only thing in angle brackets is a date of Postern's own.
            let rest = text.replace("<!date^", "");
            assert!(!rest.contains('<') && !rest.contains('@'), "{name}: {text}");
            assert!(!text.contains(":white_check_mark:"), "{name}: {text}");
        }
    }
    assert!(looked_at > 50);
    let (_, card) = cards()
        .into_iter()
        .find(|(name, _)| *name == "pending-hostile")
        .unwrap();
    let card = card.to_string();
    assert!(
        card.contains("read like Postern's own") && card.contains("\\\\u{202e}"),
        "{card}"
    );
}

#[test]
fn forms_are_read_as_they_were_sent_off() {
    let sent = |callback: &str, values: Value| {
        let payload = json!({
            "type": "view_submission", "team": {"id": "T0EXAMPLE"}, "enterprise": null,
            "user": {"id": "U0BEN", "team_id": "T0EXAMPLE"}, "api_app_id": "A0EXAMPLE",
            "view": {"id": "V0EXAMPLE", "callback_id": callback, "private_metadata": "",
                "state": {"values": values}},
        });
        let body: String = payload
            .to_string()
            .bytes()
            .map(|byte| format!("%{byte:02X}"))
            .collect();
        match read_interaction(format!("payload={body}").as_bytes()).unwrap() {
            Interaction::Submitted(form) => form,
            other @ (Interaction::Actions(_)
            | Interaction::Closed(_)
            | Interaction::Other { .. }) => {
                panic!("{other:?}")
            }
        }
    };
    let text = |id: &str, text: &str| json!({id: {"type": "plain_text_input", "value": text}});
    let chosen = json!({"targets": {"selected_options": [{"value": scene::WEB}]}});
    let port = json!({"kind": {"selected_option": {"value": "port localhost:5432"}}});
    let good = json!({
        "targets": chosen, "kind": port, "length": text("length", "45m"),
        "reason": text("reason", "disk full"), "ticket": text("ticket", "OPS-7"),
    });
    let wish = modal::read_ask(&sent("ask", good.clone())).unwrap();
    assert_eq!((wish.duration.seconds(), wish.kind.word()), (2_700, "port"));
    for (field, bad) in [
        ("targets", json!({"targets": {"selected_options": []}})),
        (
            "targets",
            json!({"targets": {"selected_options": [{"value": "web-7"}]}}),
        ),
        (
            "kind",
            json!({"kind": {"selected_option": {"value": "root"}}}),
        ),
        ("length", text("length", "9h")),
        ("reason", text("reason", "two\nlines")),
        ("ticket", text("ticket", "<!channel>")),
    ] {
        let mut form = good.clone();
        form[field] = bad;
        let errors = modal::read_ask(&sent("ask", form)).unwrap_err();
        assert_eq!(errors.errors.keys().collect::<Vec<_>>(), [&field]);
    }
    let word = modal::read_word(&sent(
        "deny",
        json!({"comment": text("comment", "not now")}),
    ));
    assert_eq!(word.unwrap().unwrap().as_str(), "not now");
    let none = modal::read_word(&sent(
        "deny",
        json!({"comment": {"comment": {"value": null}}}),
    ));
    assert_eq!(none, Ok(None));
    assert!(
        modal::read_word(&sent(
            "deny",
            json!({"comment": text("comment", "a\u{200B}b")})
        ))
        .is_err()
    );
    let longer =
        json!({"length": text("length", "30m"), "reason": text("reason", "it takes longer")});
    assert_eq!(
        modal::read_extend(&sent("extend", longer))
            .unwrap()
            .0
            .seconds(),
        1_800
    );
    let neither = modal::read_extend(&sent("extend", json!({}))).unwrap_err();
    assert_eq!(neither.errors.len(), 2);
}

#[test]
fn whoever_asks_is_shown_by_what_they_are_and_not_by_their_name_alone() {
    let scene = tapped();
    let Person { iss, sub } = scene.asked().requester().clone();
    let card = shown(&scene, &scene.asked(), Audience::Approvers).to_string();
    assert!(card.contains(&format!("Sam ({sub} at {iss})")), "{card}");
}
