use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::on_call::BadKeys;
use crate::seeded::cases;

const KEY: &str = "a-key-that-is-used-in-tests-only-0";
const NEXT: &str = "a-key-that-is-used-in-tests-only-1";

/// Of `{}`, by another program.
const OPENSSL: &str = "c302012271c6ab009afde83f72b6a45cb9d19cbe91a900f0e64fa105a8072e47";

fn keys(text: &str) -> Keys {
    Keys::read(text).unwrap()
}

fn moment(text: &str) -> Moment {
    text.parse().unwrap()
}

fn person(sub: &str) -> Person {
    Person {
        iss: "https://login.example.com".parse().unwrap(),
        sub: sub.parse().unwrap(),
    }
}

/// Anna is on call for payments from ten to six.
fn payload() -> Value {
    json!({
        "issued_at": "2026-11-24T10:00:00Z",
        "good_until": "2026-11-24T18:00:00Z",
        "rotas": {"payments": [{"iss": "https://login.example.com", "sub": "anna"}], "web": []},
    })
}

fn signed(payload: &Value) -> String {
    Feed::sign(&payload.to_string(), &keys(KEY)).unwrap()
}

/// A document whose signature is good whatever the payload says.
fn sealed(payload: &str) -> Vec<u8> {
    let signature = keys(KEY).sign(payload).map(hex::encode);
    json!({"payload": payload, "hmac_sha256": signature})
        .to_string()
        .into_bytes()
}

fn read(document: &str) -> Result<Feed, BadFeed> {
    Feed::read(document.as_bytes(), &keys(KEY))
}

#[test]
fn a_feed_tells_who_is_on_call_for_which_rota() {
    let feed = read(&signed(&payload())).unwrap();
    let on_call = feed.at(moment("2026-11-24T12:00:00Z"));
    let rotas: Vec<String> = on_call
        .rotas_of(&person("anna"))
        .into_iter()
        .map(String::from)
        .collect();
    assert_eq!(rotas, ["payments"]);
    assert!(on_call.rotas_of(&person("ben")).is_empty());
}

#[test]
fn nobody_is_on_call_by_a_feed_that_is_over_or_from_the_future() {
    let feed = read(&signed(&payload())).unwrap();
    for (now, counts) in [
        ("2026-11-24T09:59:29.999Z", false),
        ("2026-11-24T09:59:30Z", true),
        ("2026-11-24T10:00:00Z", true),
        ("2026-11-24T17:59:59.999Z", true),
        ("2026-11-24T18:00:00Z", false),
        ("2026-11-25T10:00:00Z", false),
    ] {
        let on_call = feed.at(moment(now));
        assert_eq!(on_call != OnCall::nobody(), counts, "{now}");
    }
}

#[test]
fn a_moment_may_have_any_offset() {
    let mut elsewhere = payload();
    elsewhere["issued_at"] = "2026-11-24T19:00:00+09:00".into();
    let feed = read(&signed(&elsewhere)).unwrap();
    assert_eq!(feed.issued_at(), moment("2026-11-24T10:00:00Z"));
    assert_eq!(feed.good_until(), moment("2026-11-24T18:00:00Z"));
}

#[test]
fn two_keys_are_good_during_a_rotation_and_the_first_one_signs() {
    let both = keys(&format!("{NEXT}\n{KEY}\n"));
    let text = payload().to_string();
    let (old, new) = (signed(&payload()), Feed::sign(&text, &both).unwrap());
    for document in [&old, &new] {
        assert!(Feed::read(document.as_bytes(), &both).is_ok());
    }
    assert!(Feed::read(new.as_bytes(), &keys(NEXT)).is_ok());
    assert_eq!(read(&new), Err(BadFeed::Signature));
    let refused = Feed::read(old.as_bytes(), &keys(NEXT));
    assert_eq!(refused, Err(BadFeed::Signature));
}

#[test]
fn keys_are_long_visible_and_one_or_two() {
    for (text, wrong) in [
        ("", Some(BadKeys::Count(0))),
        ("\n", Some(BadKeys::Length { line: 1, length: 0 })),
        (&format!("{KEY}\n{NEXT}\n{KEY}"), Some(BadKeys::Count(3))),
        (
            &"k".repeat(31),
            Some(BadKeys::Length {
                line: 1,
                length: 31,
            }),
        ),
        (
            &"k".repeat(257),
            Some(BadKeys::Length {
                line: 1,
                length: 257,
            }),
        ),
        (
            &format!("{KEY}\nshort"),
            Some(BadKeys::Length { line: 2, length: 5 }),
        ),
        (&format!("{KEY} "), Some(BadKeys::Characters { line: 1 })),
        (&"é".repeat(20), Some(BadKeys::Characters { line: 1 })),
        (&"k".repeat(32), None),
        (&"k".repeat(256), None),
        (&format!("{KEY}\r\n{NEXT}\r\n"), None),
    ] {
        assert_eq!(Keys::read(text).err(), wrong, "{} bytes", text.len());
    }
    assert!(!format!("{:?}", keys(KEY)).contains("tests"));
}

#[test]
fn what_is_signed_is_the_domain_and_the_payload_as_it_stands() {
    // Made with `printf 'postern.on-call.v1\n{}' | openssl dgst -sha256 -hmac "$KEY"`.
    let signature = keys(KEY).sign("{}").map(hex::encode).unwrap();
    assert_eq!(signature, OPENSSL);
    assert!(!keys(KEY).verify("{} ", &hex::decode(OPENSSL).unwrap()));
}

#[test]
fn a_payload_of_another_shape_is_refused() {
    let with = |name: &str, value: Value| {
        let mut changed = payload();
        changed[name] = value;
        changed.to_string()
    };
    let until = |text: &str| with("good_until", text.into());
    for (payload, wrong) in [
        (with("note", "x".into()), "unknown field `note`"),
        (json!({"rotas": {}}).to_string(), "missing field"),
        (with("issued_at", "soon".into()), "is not a moment"),
        (with("rotas", json!({" ": []})), "the name of a rota"),
        (with("rotas", json!({"web": ["anna"]})), "invalid type"),
        (
            with(
                "rotas",
                json!({"web": [{"iss": "https://i.example", "sub": "a", "x": 1}]}),
            ),
            "unknown field `x`",
        ),
        (with("rotas", json!({"web": [[[[]]]]})), "nested too deep"),
        ("[]".to_owned(), "invalid"),
        ("{".to_owned(), "not JSON"),
        (r#"{"rotas":{},"rotas":{}}"#.to_owned(), "named twice"),
        (until("2026-11-24T10:00:00Z"), "not after"),
        (until("2026-11-24T09:00:00Z"), "not after"),
        (until("2026-11-25T10:00:00.001Z"), "more than 24 hours"),
    ] {
        let signing = Feed::sign(&payload, &keys(KEY)).unwrap_err();
        assert!(signing.to_string().contains(wrong), "{signing}: {payload}");
        let reading = Feed::read(&sealed(&payload), &keys(KEY));
        assert_eq!(reading, Err(signing), "{payload}");
    }
    assert!(
        read(&signed(
            &serde_json::from_str(&until("2026-11-25T10:00:00Z")).unwrap()
        ))
        .is_ok()
    );
}

#[test]
fn a_document_of_another_shape_is_refused() {
    let good: Value = serde_json::from_str(&signed(&payload())).unwrap();
    let with = |name: &str, value: Value| {
        let mut changed = good.clone();
        changed[name] = value;
        changed.to_string()
    };
    let hmac = good["hmac_sha256"].as_str().unwrap();
    for (document, wrong) in [
        (String::new(), BadFeed::Document(BadJson::Malformed)),
        ("[]".into(), BadFeed::Members),
        (with("alg", "none".into()), BadFeed::Members),
        (with("payload", payload()), BadFeed::Members),
        (with("hmac_sha256", Value::Null), BadFeed::Members),
        (with("hmac_sha256", "".into()), BadFeed::Signature),
        (
            with("hmac_sha256", hmac.to_uppercase().into()),
            BadFeed::Signature,
        ),
        (
            with("hmac_sha256", hmac.get(..62).into()),
            BadFeed::Signature,
        ),
        (
            with("hmac_sha256", format!("{hmac}00").into()),
            BadFeed::Signature,
        ),
        (
            r#"{"payload":"{}","payload":"{}","hmac_sha256":""}"#.into(),
            BadFeed::Document(BadJson::Duplicate),
        ),
        (" ".repeat(Feed::LARGEST + 1), BadFeed::TooLarge),
    ] {
        assert_eq!(read(&document), Err(wrong), "{document:.80}");
    }
}

#[test]
fn a_feed_that_could_not_be_read_back_is_not_signed() {
    let crowd: Vec<Value> = (0..6_000)
        .map(|n| json!({"iss": "https://login.example.com", "sub": format!("u-{n}")}))
        .collect();
    let mut large = payload();
    large["rotas"]["web"] = crowd.into();
    let refused = Feed::sign(&large.to_string(), &keys(KEY));
    assert_eq!(refused.err(), Some(BadFeed::TooLarge));
}

proptest! {
    #![proptest_config(cases(512))]

    #[test]
    fn a_document_with_any_byte_flipped_is_refused(at: prop::sample::Index, flip in 1..=255_u8) {
        let mut document = signed(&payload()).into_bytes();
        let at = at.index(document.len());
        document[at] ^= flip;
        prop_assert!(Feed::read(&document, &keys(KEY)).is_err());
    }

    #[test]
    fn a_document_that_was_cut_is_refused(at: prop::sample::Index) {
        let document = signed(&payload()).into_bytes();
        let cut = &document[..at.index(document.len())];
        prop_assert!(Feed::read(cut, &keys(KEY)).is_err());
    }

    #[test]
    fn no_other_key_verifies(key in "[!-~]{32,256}") {
        prop_assume!(key != KEY);
        let document = signed(&payload());
        prop_assert_eq!(
            Feed::read(document.as_bytes(), &keys(&key)),
            Err(BadFeed::Signature)
        );
    }

    #[test]
    fn whatever_is_sent_is_read_without_harm(bytes: Vec<u8>, text: String) {
        prop_assert!(Feed::read(&bytes, &keys(KEY)).is_err());
        prop_assert!(Feed::read(&sealed(&text), &keys(KEY)).is_err());
        let _ = Keys::read(&text);
    }
}
