//! What a key set must not hold. Wherever the private half exists, the token that is refused is
//! properly signed with it, so that only the key can be the reason.

use broker::identity::{
    BadJson, BadKeySet, FetchFault, KeyFault, KeysFault, NotVerified, Rejected,
};
use serde_json::{Value, json};

use crate::issuer::Answer;
use crate::setting::Setting;
use crate::signing::{SigningKey, b64};

/// Publishes a bad key beside the good one: it is left out for this reason, its token is refused,
/// and the good one still verifies.
async fn assert_left_out(bad: Value, signer: Option<&SigningKey>, why: KeyFault) {
    let setting = Setting::new().await;
    setting.issuer.publish(&[bad.clone(), setting.key.jwk()]);
    let warmed = setting.verifier.warm().await.unwrap();
    assert_eq!((warmed.usable, warmed.left_out), (1, vec![why]), "{bad}");
    if let Some(signer) = signer {
        let token = signer.token(&setting.claims());
        assert_eq!(setting.rejected(&token).await, Rejected::UnknownKey);
    }
    assert!(setting.caller(&setting.good_token()).await.is_ok());
}

/// An RSA key by its looks. Nobody can sign for it.
fn rsa_looks(bits: usize) -> Value {
    let mut modulus = vec![0xa5; bits / 8];
    modulus[0] = 0xff;
    json!({"kid": "bad", "kty": "RSA", "n": b64(modulus), "e": "AQAB"})
}

#[tokio::test]
async fn a_key_for_another_purpose_is_left_out() {
    let key = SigningKey::p256("bad");
    for (member, value, why) in [
        ("use", json!("enc"), KeyFault::Use),
        ("use", json!("SIG"), KeyFault::Use),
        ("use", json!(null), KeyFault::Use),
        ("key_ops", json!(["sign"]), KeyFault::Operations),
        ("key_ops", json!(["sign", "verify"]), KeyFault::Operations),
        ("key_ops", json!(["encrypt"]), KeyFault::Operations),
        ("key_ops", json!([]), KeyFault::Operations),
        ("key_ops", json!("verify"), KeyFault::Operations),
        ("alg", json!("ES384"), KeyFault::Curve),
        ("alg", json!("RS256"), KeyFault::Curve),
        ("alg", json!("HS256"), KeyFault::Algorithm),
        ("alg", json!("none"), KeyFault::Algorithm),
        ("alg", json!("ECDH-ES"), KeyFault::Algorithm),
    ] {
        assert_left_out(key.jwk_with(member, value), Some(&key), why).await;
    }
}

#[tokio::test]
async fn a_key_that_others_hold_too_is_left_out() {
    let secret = json!({"kid": "bad", "kty": "oct", "alg": "HS256", "k": b64("not so secret")});
    assert_left_out(secret, None, KeyFault::Symmetric).await;
    let key = SigningKey::p256("bad");
    let private = key.jwk_with("d", json!(key.private()));
    assert_left_out(private, Some(&key), KeyFault::Private).await;
}

#[tokio::test]
async fn a_weak_rsa_key_is_left_out() {
    for bits in [512, 1_024, 2_040] {
        assert_left_out(rsa_looks(bits), None, KeyFault::Modulus).await;
    }
    for exponent in [&[1][..], &[0], &[2], &[0, 1]] {
        let mut jwk = rsa_looks(2_048);
        jwk["e"] = json!(b64(exponent));
        assert_left_out(jwk, None, KeyFault::Exponent).await;
    }
    let setting = Setting::new().await;
    setting.issuer.publish(&[rsa_looks(2_048)]);
    assert_eq!(setting.verifier.warm().await.unwrap().left_out, []);
}

#[tokio::test]
async fn a_point_that_is_not_on_the_curve_of_its_key_is_left_out() {
    let (small, large) = (SigningKey::p256("bad"), SigningKey::p384("bad"));
    let other = SigningKey::p256("other").jwk();
    for (jwk, signer, why) in [
        (
            small.jwk_with("y", other["y"].clone()),
            &small,
            KeyFault::Point,
        ),
        (
            small.jwk_with("x", json!(b64([0; 32]))),
            &small,
            KeyFault::Point,
        ),
        (
            small.jwk_with("crv", json!("P-384")),
            &small,
            KeyFault::Point,
        ),
        (
            large.jwk_with("crv", json!("P-256")),
            &large,
            KeyFault::Point,
        ),
        (
            small.jwk_with("crv", json!("secp256k1")),
            &small,
            KeyFault::Curve,
        ),
        (
            small.jwk_with("crv", json!("Ed25519")),
            &small,
            KeyFault::Curve,
        ),
    ] {
        assert_left_out(jwk, Some(signer), why).await;
    }
    let zero = json!({"kid": "bad", "kty": "OKP", "crv": "Ed25519", "x": b64([0; 32])});
    assert_left_out(zero, None, KeyFault::Point).await;
}

#[tokio::test]
async fn a_name_of_two_keys_is_the_name_of_none() {
    let setting = Setting::new().await;
    let (first, second) = (SigningKey::p256("twice"), SigningKey::p256("twice"));
    setting
        .issuer
        .publish(&[first.jwk(), setting.key.jwk(), second.jwk()]);
    for key in [&first, &second] {
        let token = key.token(&setting.claims());
        assert_eq!(setting.rejected(&token).await, Rejected::UnknownKey);
    }
    assert!(setting.caller(&setting.good_token()).await.is_ok());
}

/// Answers the fetch of the key set, and tells why the set is refused as a whole.
async fn refused(setting: &Setting, answer: Answer) -> KeysFault {
    setting.issuer.answer_keys(answer);
    match setting.caller(&setting.good_token()).await {
        Err(NotVerified::Unavailable { cause, .. }) => cause,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_set_that_cannot_be_trusted_is_refused_as_a_whole() {
    let key = SigningKey::p256("k1").jwk();
    let many: Vec<Value> = (0..51)
        .map(|n| SigningKey::p256(&format!("k{n}")).jwk())
        .collect();
    let padded = json!({"keys": [key], "padding": "x".repeat(65_536)});
    for (body, why) in [
        ("".to_owned(), BadKeySet::Unreadable(BadJson::Malformed)),
        (
            "<html>".to_owned(),
            BadKeySet::Unreadable(BadJson::Malformed),
        ),
        (
            json!([key]).to_string(),
            BadKeySet::Unreadable(BadJson::NotAnObject),
        ),
        (json!({"keys": key}).to_string(), BadKeySet::NoList),
        (
            json!({"keys": []}).to_string(),
            BadKeySet::NoUsableKey(None),
        ),
        (
            format!(r#"{{"keys":[],"keys":[{key}]}}"#),
            BadKeySet::Unreadable(BadJson::Duplicate),
        ),
        (json!({"keys": many}).to_string(), BadKeySet::TooManyKeys),
    ] {
        let setting = Setting::new().await;
        assert_eq!(
            refused(&setting, Answer::text(body)).await,
            KeysFault::KeySet(why)
        );
    }
    let setting = Setting::new().await;
    assert_eq!(
        refused(&setting, Answer::json(&padded)).await,
        KeysFault::Keys(FetchFault::TooLarge)
    );
}

#[tokio::test]
async fn sixty_four_kib_and_fifty_keys_are_read() {
    let setting = Setting::new().await;
    let mut keys: Vec<Value> = (0..49)
        .map(|n| SigningKey::p256(&format!("other{n}")).jwk())
        .collect();
    keys.push(setting.key.jwk());
    let bare = json!({"keys": keys, "padding": ""}).to_string().len();
    let padding = "x".repeat(65_536 - bare);
    let set = json!({"keys": keys, "padding": padding});
    assert_eq!(set.to_string().len(), 65_536);
    setting.issuer.answer_keys(Answer::json(&set));
    assert_eq!(setting.verifier.warm().await.unwrap().usable, 50);
    assert!(setting.caller(&setting.good_token()).await.is_ok());
    let over = json!({"keys": keys, "padding": format!("{padding}x")});
    let setting = Setting::new().await;
    assert_eq!(
        refused(&setting, Answer::json(&over)).await,
        KeysFault::Keys(FetchFault::TooLarge)
    );
}
