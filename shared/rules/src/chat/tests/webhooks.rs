//! Another chat system joins with plain signed JSON.

use serde_json::Value;

use super::*;
use crate::chat::blocks::{Block, Message, Text};
use crate::chat::button::Button;
use crate::chat::card::Audience;
use crate::chat::notice::{Notice, Place, What};
use crate::chat::signature::NotSigned;
use crate::chat::text;
use crate::chat::webhook::{Act, Unreadable, outgoing, read, reply, sign, verify};
use crate::chat::words::{self, Words};
use crate::names::Digest;

fn hook() -> TeamId {
    "hook-matrix".parse().unwrap()
}

fn signed(domain: &[u8], name: &str, body: &[u8]) -> (String, String) {
    let at = now().seconds().to_string();
    let parts = [domain, name.as_bytes(), b"\n", at.as_bytes(), b"\n", body];
    let signature = format!("v1={}", hex::encode(secrets().sign(&parts)));
    (at, signature)
}

#[test]
fn what_the_bot_signed_is_believed_in_its_own_direction_and_for_its_own_name() {
    let body = br#"{"id":"document-1","user":"ben","say":"list"}"#;
    let judge = |(at, signature): (String, String), body: &[u8]| {
        let (at, signature) = (Some(at.as_bytes()), Some(signature.as_bytes()));
        verify(&secrets(), &hook(), at, signature, body, now())
    };
    let good = || signed(b"postern.webhook.in.v1\n", "hook-matrix", body);
    assert_eq!(judge(good(), body), Ok(()));
    assert_eq!(judge(good(), b"{}"), Err(NotSigned::Signature));
    let other = signed(b"postern.webhook.in.v1\n", "hook-other", body);
    assert_eq!(judge(other, body), Err(NotSigned::Signature));
    // What Postern itself sent is not taken back.
    assert_eq!(
        judge(sign(&secrets(), &hook(), body, now()), body),
        Err(NotSigned::Signature)
    );
    assert_eq!(
        sign(&secrets(), &hook(), body, now()),
        signed(b"postern.webhook.out.v1\n", "hook-matrix", body)
    );
}

#[test]
fn what_people_say_and_press_is_read_strictly() {
    let said = read(&hook(), br#"{"id":"document-1","user":"ben","say":"list"}"#).unwrap();
    assert_eq!(said.user.to_string(), "ben of hook-matrix");
    let Act::Said(text) = &said.act else {
        panic!("{said:?}")
    };
    assert_eq!(words::read(text), Ok(Words::List));
    let again = read(&hook(), br#"{"user":"ben","say":"help","id":"document-1"}"#).unwrap();
    assert_eq!(again.key, said.key);
    let pressed = br#"{"id":"document-2","user":"ben","press":"v","comment":"not now"}"#;
    assert!(matches!(
        read(&hook(), pressed).unwrap().act,
        Act::Pressed { longer: None, .. }
    ));
    let longer = br#"{"id":"document-3","user":"ben","press":"v","comment":"why","for":"30m"}"#;
    let Act::Pressed { longer, .. } = read(&hook(), longer).unwrap().act else {
        panic!("nothing was pressed")
    };
    assert_eq!(longer.map(|longer| longer.seconds()), Some(1_800));
    for (bad, why) in [
        ("", Unreadable::Json),
        ("[]", Unreadable::Json),
        (
            r#"{"id":"document-1","user":"ben","user":"eve","say":"list"}"#,
            Unreadable::Json,
        ),
        (r#"{"id":"document-1","user":"ben"}"#, Unreadable::Shape),
        (
            r#"{"id":"document-1","user":"ben","say":"x","press":"y"}"#,
            Unreadable::Shape,
        ),
        (
            r#"{"id":"document-1","user":"ben","say":"x","comment":"y"}"#,
            Unreadable::Shape,
        ),
        (
            r#"{"id":"document-1","user":"ben","say":"x","more":1}"#,
            Unreadable::Shape,
        ),
        (
            r#"{"id":"document-1","user":"ben","say":"x","for":"30m"}"#,
            Unreadable::Shape,
        ),
        (
            r#"{"id":"document-1","user":"ben","press":"v","for":"soon"}"#,
            Unreadable::Shape,
        ),
        (
            r#"{"id":"short","user":"ben","say":"x"}"#,
            Unreadable::Shape,
        ),
        (
            r#"{"id":"document-1","user":"b n","say":"x"}"#,
            Unreadable::Shape,
        ),
        (
            r#"{"id":"document-1","user":7,"say":"x"}"#,
            Unreadable::Shape,
        ),
    ] {
        assert_eq!(read(&hook(), bad.as_bytes()), Err(why), "{bad}");
    }
    let long = format!(
        r#"{{"id":"document-1","user":"ben","say":"{}"}}"#,
        "x".repeat(20_000)
    );
    assert_eq!(read(&hook(), long.as_bytes()), Err(Unreadable::TooLarge));
}

#[test]
fn a_notice_goes_out_with_the_request_and_the_buttons_of_its_card() {
    let scene = Scene::under(&scene::needing(1).replace("@id", "@chat(\"tap\") @id"));
    let view = view(&scene, &scene.asked());
    let notice = Notice {
        key: Digest::of("example", b""),
        place: Place::Person {
            person: scene::somebody("ben"),
        },
        audience: Audience::Approvers,
        what: What::Card,
    };
    let setting = Setting {
        secrets: &secrets(),
        team: &hook(),
        pages: &pages(),
    };
    let out = serde_json::to_value(outgoing(&notice, &view, &setting).unwrap()).unwrap();
    assert_eq!(
        (&out["to"], &out["say"]),
        (&Value::from("person"), &Value::from("card"))
    );
    assert_eq!(out["request"]["id"], view.id.to_string());
    let value = out["buttons"][0]["value"].as_str().unwrap();
    assert_eq!(
        Button::open(value, &secrets(), &hook()).unwrap().request,
        view.id
    );
    assert!(Button::open(value, &secrets(), &team()).is_err());
}

#[test]
fn an_answer_is_plain_lines_without_marks_of_slack() {
    let link = links::link();
    let id = Scene::new().asked().id();
    let linked = reply(vec![crate::chat::says::linked(&link)], Some(id));
    assert_eq!(linked.request, Some(id));
    let says = linked.says.join("\n");
    assert!(says.contains("Here you act as"), "{says}");
    assert!(says.contains("UTC. /postern links shows"), "{says}");
    assert!(!says.contains(['*', '`', '<', '^']), "{says}");
    let page = reply(
        vec![crate::chat::says::sign_in("https://access.example.com/x")],
        None,
    );
    let [button] = page.buttons.as_slice() else {
        panic!("{page:?}")
    };
    assert_eq!(button.url.as_deref(), Some("https://access.example.com/x"));
    // What others wrote stays what it is, and is no mark.
    let said = reply_of("<!channel> & *loud* `x`");
    assert!(said.starts_with("<!channel> & ∗loud∗"), "{said}");
}

/// What an answer says that holds the words of somebody.
fn reply_of(words: &str) -> String {
    let marked = Text::marked(text::mrkdwn(words, 100));
    let answer = Message::new("", vec![Block::section(marked)]).ephemeral();
    reply(vec![answer], None).says.concat()
}
