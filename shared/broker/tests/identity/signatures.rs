//! The signature, and who chooses its algorithm: the configuration and the key, never the token.

use aws_lc_rs::digest;
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use broker::identity::{Algorithm, BadForm, IdentityConfig, Rejected};
use serde_json::json;

use crate::setting::{Setting, bearer, config, rejection};
use crate::signing::{SigningKey, b64};

#[tokio::test]
async fn every_algorithm_verifies_its_own_signature() {
    for key in [
        SigningKey::p256("k1"),
        SigningKey::p384("k1"),
        SigningKey::ed25519("k1"),
    ] {
        let setting = Setting::with_key(key).await;
        assert!(setting.caller(&setting.good_token()).await.is_ok());
    }
    for algorithm in ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"] {
        let setting = Setting::with_key(SigningKey::rsa("k1", algorithm)).await;
        let named = setting.key.jwk_with("alg", json!(algorithm));
        setting.issuer.publish(&[named]);
        let answer = setting.caller(&setting.good_token()).await;
        assert!(answer.is_ok(), "{algorithm}: {answer:?}");
    }
}

#[tokio::test]
async fn a_signature_with_one_bent_byte_is_refused() {
    let setting = Setting::new().await;
    let good = setting.good_token();
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    for at in 0..signature.len() {
        let mut bent = signature.clone();
        bent[at] ^= 1;
        let token = format!("{signed}.{}", b64(bent));
        assert_eq!(setting.rejected(&token).await, Rejected::Signature, "{at}");
    }
    for wrong in [
        vec![0; 64],
        vec![0xff; 64],
        signature[..63].to_vec(),
        [signature.as_slice(), &[0]].concat(),
    ] {
        let token = format!("{signed}.{}", b64(wrong));
        assert_eq!(setting.rejected(&token).await, Rejected::Signature);
    }
}

#[tokio::test]
async fn a_signature_covers_header_and_claims() {
    let setting = Setting::new().await;
    let good = setting.good_token();
    let [header, claims, signature]: [&str; 3] =
        good.split('.').collect::<Vec<_>>().try_into().unwrap();
    let operator = b64(setting
        .claims_with("groups", json!(["operators"]))
        .to_string());
    let mut other_header = setting.key.header();
    other_header["typ"] = json!("at+jwt");
    for token in [
        format!("{header}.{operator}.{signature}"),
        format!("{}.{claims}.{signature}", b64(other_header.to_string())),
    ] {
        assert_eq!(setting.rejected(&token).await, Rejected::Signature);
    }
}

#[tokio::test]
async fn a_key_of_the_same_name_that_the_issuer_did_not_publish_signs_nothing() {
    let setting = Setting::new().await;
    let stranger = SigningKey::p256("k1");
    let token = stranger.token(&setting.claims());
    assert_eq!(setting.rejected(&token).await, Rejected::Signature);
}

#[tokio::test]
async fn no_algorithm_and_symmetric_algorithms_are_refused_before_any_key_is_looked_for() {
    let setting = Setting::with_key(SigningKey::rsa("k1", "RS256")).await;
    let claims = b64(setting.claims().to_string());
    for alg in ["none", "None", "NONE", "nOnE", ""] {
        let header = b64(json!({"alg": alg, "kid": "k1"}).to_string());
        let unsigned = format!("{header}.{claims}.");
        assert_eq!(
            setting.rejected(&unsigned).await,
            Rejected::Form(BadForm::NotThreeParts)
        );
        let anyhow = setting.key.seal(&header, &claims);
        assert_eq!(
            setting.rejected(&anyhow).await,
            Rejected::Form(BadForm::Algorithm),
            "{alg}"
        );
    }
    // The public key as the secret, in every spelling that a library might take for one.
    let jwk = setting.key.jwk();
    let modulus = URL_SAFE_NO_PAD.decode(jwk["n"].as_str().unwrap()).unwrap();
    let secrets = [
        jwk.to_string().into_bytes(),
        jwk["n"].as_str().unwrap().as_bytes().to_vec(),
        modulus,
        Vec::new(),
    ];
    for (alg, hash) in [
        ("HS256", hmac::HMAC_SHA256),
        ("HS384", hmac::HMAC_SHA384),
        ("HS512", hmac::HMAC_SHA512),
    ] {
        for secret in &secrets {
            let mac = |header: &str| {
                let signed = format!("{}.{claims}", b64(header));
                let tag = hmac::sign(&hmac::Key::new(hash, secret), signed.as_bytes());
                format!("{signed}.{}", b64(tag))
            };
            let honest = mac(&json!({"alg": alg, "kid": "k1"}).to_string());
            assert_eq!(
                setting.rejected(&honest).await,
                Rejected::Form(BadForm::Algorithm)
            );
            let posing = mac(&setting.key.header().to_string());
            assert_eq!(setting.rejected(&posing).await, Rejected::Signature);
        }
    }
}

#[tokio::test]
async fn the_header_must_name_the_algorithm_of_its_key() {
    // One RSA pair could sign for six algorithms; published without `alg`, it has the first one
    // configured, and the signatures of the other five are worth nothing.
    let setting = Setting::with_key(SigningKey::rsa("k1", "RS256")).await;
    assert!(setting.caller(&setting.good_token()).await.is_ok());
    for algorithm in ["RS384", "RS512", "PS256", "PS384", "PS512"] {
        let other = SigningKey::rsa("k1", algorithm);
        let token = other.token(&setting.claims());
        assert_eq!(
            setting.rejected(&token).await,
            Rejected::OtherAlgorithm,
            "{algorithm}"
        );
    }
    let curve = SigningKey::p256("k1");
    assert_eq!(
        setting.rejected(&curve.token(&setting.claims())).await,
        Rejected::OtherAlgorithm
    );
    // The header lies: it names the key's algorithm over a signature of another.
    let pss = SigningKey::rsa("k1", "PS256");
    let lying = pss.token_with(&setting.key.header(), &setting.claims());
    assert_eq!(setting.rejected(&lying).await, Rejected::Signature);
}

#[tokio::test]
async fn an_algorithm_that_is_not_configured_is_refused_though_the_key_is_published() {
    let setting = Setting::new().await;
    let only_rsa = setting.verifier_with(IdentityConfig {
        algorithms: vec![Algorithm::Rs256],
        ..config(setting.issuer.name())
    });
    let token = setting.good_token();
    assert_eq!(
        rejection(only_rsa.caller(Some(&bearer(&token))).await, &token),
        Rejected::Form(BadForm::Algorithm)
    );
}

#[tokio::test]
async fn an_rsa_key_with_exponent_one_verifies_nothing() {
    // With exponent 1 the padded digest is its own signature, so anybody can make one.
    let setting = Setting::with_key(SigningKey::rsa("k1", "RS256")).await;
    let mut weak = setting.key.jwk_with("e", json!("AQ"));
    weak["kid"] = json!("weak");
    setting.issuer.publish(&[setting.key.jwk(), weak]);
    let header = json!({"alg": "RS256", "kid": "weak"});
    let signed = format!(
        "{}.{}",
        b64(header.to_string()),
        b64(setting.claims().to_string())
    );
    // PKCS #1 v1.5 (RFC 8017, section 9.2), with the prefix of SHA-256.
    let digest_info = [
        0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01,
        0x05, 0x00, 0x04, 0x20,
    ];
    let hash = digest::digest(&digest::SHA256, signed.as_bytes());
    let tail = [&[0], digest_info.as_slice(), hash.as_ref()].concat();
    let filling = vec![0xff; 256 - 2 - tail.len()];
    let forged = [&[0, 1], filling.as_slice(), &tail].concat();
    assert_eq!(forged.len(), 256);
    let token = format!("{signed}.{}", b64(forged));
    assert_eq!(setting.rejected(&token).await, Rejected::UnknownKey);
    assert!(setting.caller(&setting.good_token()).await.is_ok());
}

#[tokio::test]
async fn nothing_of_a_token_is_ever_shown() {
    let setting = Setting::new().await;
    let good = setting.good_token();
    let stranger = SigningKey::p256("k1").token(&setting.claims());
    let nobody = setting.key.token(&setting.claims_with("sub", json!("")));
    for token in [&good, &stranger, &nobody] {
        let answer = setting.caller(token).await.map(|_| ());
        let shown = format!("{answer:?} {:?}", setting.verifier);
        for part in token.split('.') {
            assert!(!shown.contains(part), "{shown}");
        }
    }
}
