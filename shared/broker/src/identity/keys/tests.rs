use serde_json::json;

use super::super::key::tests::p256;
use super::*;

fn read(document: &Value) -> Result<KeySet, BadKeySet> {
    KeySet::read(document.to_string().as_bytes(), &Algorithm::ALL)
}

fn names(set: &KeySet) -> Vec<&str> {
    set.by_id.keys().map(String::as_str).collect()
}

#[test]
fn a_bad_key_is_left_out_and_the_others_stand() {
    let mut for_encryption = p256("enc");
    for_encryption["use"] = json!("enc");
    let set = read(&json!({"keys": [
        for_encryption,
        p256("k1"),
        {"kid": "s", "kty": "oct", "k": "c2VjcmV0"},
        "not a key",
        p256("k2"),
    ]}))
    .unwrap();
    assert_eq!(names(&set), ["k1", "k2"]);
    assert_eq!(
        set.left_out,
        [KeyFault::Use, KeyFault::Symmetric, KeyFault::Malformed]
    );
    assert!(set.get("enc").is_none() && set.get("s").is_none() && set.get("").is_none());
}

#[test]
fn a_name_of_two_keys_is_the_name_of_none() {
    let set = read(&json!({"keys": [p256("k1"), p256("k2"), p256("k1")]})).unwrap();
    assert_eq!(names(&set), ["k2"]);
    assert_eq!(set.left_out, [KeyFault::SharedKeyId, KeyFault::SharedKeyId]);
    // A key that is left out for another reason still takes the name.
    let symmetric = json!({"kid": "k1", "kty": "oct", "k": "c2VjcmV0"});
    let set = read(&json!({"keys": [symmetric, p256("k1"), p256("k2")]})).unwrap();
    assert_eq!(names(&set), ["k2"]);
    let same = p256("k1");
    assert_eq!(
        read(&json!({"keys": [same, same]})).err(),
        Some(BadKeySet::NoUsableKey(Some(KeyFault::SharedKeyId)))
    );
}

#[test]
fn a_set_that_leaves_nothing_to_verify_with_is_refused() {
    for (document, fault) in [
        (json!({"keys": []}), BadKeySet::NoUsableKey(None)),
        (
            json!({"keys": [{"kid": "s", "kty": "oct", "k": "c2VjcmV0"}]}),
            BadKeySet::NoUsableKey(Some(KeyFault::Symmetric)),
        ),
        (json!({}), BadKeySet::NoList),
        (json!({"keys": {"k1": p256("k1")}}), BadKeySet::NoList),
        (p256("k1"), BadKeySet::NoList),
        (
            json!([p256("k1")]),
            BadKeySet::Unreadable(BadJson::NotAnObject),
        ),
    ] {
        assert_eq!(read(&document).err(), Some(fault), "{document}");
    }
}

#[test]
fn a_set_has_at_most_fifty_keys() {
    let of = |count: usize| {
        let keys: Vec<Value> = (0..count).map(|n| p256(&format!("k{n}"))).collect();
        read(&json!({"keys": keys}))
    };
    assert_eq!(of(50).unwrap().len(), 50);
    assert_eq!(of(51).err(), Some(BadKeySet::TooManyKeys));
}

#[test]
fn a_set_that_reads_in_two_ways_is_refused() {
    let (one, two) = (p256("k1"), p256("k2"));
    let text = format!(r#"{{"keys":[{one}],"keys":[{two}]}}"#);
    assert_eq!(
        KeySet::read(text.as_bytes(), &Algorithm::ALL).err(),
        Some(BadKeySet::Unreadable(BadJson::Duplicate))
    );
}
