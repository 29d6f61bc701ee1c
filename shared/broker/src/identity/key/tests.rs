use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, ED25519, EcdsaKeyPair,
    EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey,
};
use serde_json::json;

use super::*;

fn b64(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn ec_jwk(id: &str, curve: &str, signing: &'static EcdsaSigningAlgorithm) -> Value {
    let pair = EcdsaKeyPair::generate(signing).unwrap();
    let point = pair.public_key().as_ref()[1..].to_vec();
    let (x, y) = point.split_at(point.len() / 2);
    json!({"kid": id, "kty": "EC", "crv": curve, "x": b64(x), "y": b64(y)})
}

/// A new P-256 key.
pub(in crate::identity) fn p256(id: &str) -> Value {
    ec_jwk(id, "P-256", &ECDSA_P256_SHA256_FIXED_SIGNING)
}

fn p384(id: &str) -> Value {
    ec_jwk(id, "P-384", &ECDSA_P384_SHA384_FIXED_SIGNING)
}

fn ed25519(id: &str) -> Value {
    let pair = Ed25519KeyPair::generate().unwrap();
    json!({"kid": id, "kty": "OKP", "crv": "Ed25519", "x": b64(pair.public_key().as_ref())})
}

/// An RSA key by its looks, with a modulus of so many bits. Nobody can sign for it.
fn rsa(id: &str, bits: usize, exponent: &[u8]) -> Value {
    let mut modulus = vec![0xa5; bits.div_ceil(8)];
    modulus[0] = 0xff >> (modulus.len() * 8 - bits);
    json!({"kid": id, "kty": "RSA", "n": b64(&modulus), "e": b64(exponent)})
}

fn good_rsa() -> Value {
    rsa("k1", 2_048, &[1, 0, 1])
}

fn with(mut jwk: Value, name: &str, value: Value) -> Value {
    jwk[name] = value;
    jwk
}

fn without(mut jwk: Value, name: &str) -> Value {
    jwk.as_object_mut().unwrap().remove(name);
    jwk
}

fn algorithm_of(jwk: &Value) -> Result<Algorithm, KeyFault> {
    Key::read(jwk.as_object().unwrap(), &Algorithm::ALL).map(|key| key.algorithm)
}

#[test]
fn a_sound_key_has_the_algorithm_of_its_kind() {
    for (jwk, algorithm) in [
        (good_rsa(), Algorithm::Rs256),
        (with(good_rsa(), "alg", json!("PS384")), Algorithm::Ps384),
        (with(good_rsa(), "use", json!("sig")), Algorithm::Rs256),
        (
            with(good_rsa(), "key_ops", json!(["verify"])),
            Algorithm::Rs256,
        ),
        (with(good_rsa(), "x5c", json!(["MIIB"])), Algorithm::Rs256),
        (rsa("k1", 8_192, &[3]), Algorithm::Rs256),
        (p256("k1"), Algorithm::Es256),
        (with(p256("k1"), "alg", json!("ES256")), Algorithm::Es256),
        (p384("k1"), Algorithm::Es384),
        (ed25519("k1"), Algorithm::EdDsa),
    ] {
        assert_eq!(algorithm_of(&jwk), Ok(algorithm), "{jwk}");
    }
}

#[test]
fn an_rsa_key_without_an_algorithm_has_the_first_one_configured() {
    let read = |algorithms: &[Algorithm]| {
        Key::read(good_rsa().as_object().unwrap(), algorithms).map(|key| key.algorithm)
    };
    let all = [Algorithm::Es256, Algorithm::Ps256, Algorithm::Rs256];
    assert_eq!(read(&all), Ok(Algorithm::Ps256));
    assert_eq!(read(&[Algorithm::Es256]), Err(KeyFault::Algorithm));
}

#[test]
fn a_key_that_may_not_verify_is_refused() {
    use KeyFault::{
        Algorithm as Alg, Curve, Kind, Malformed, NoKeyId, Operations, Private, Symmetric, Use,
    };
    for (jwk, fault) in [
        (without(good_rsa(), "kid"), NoKeyId),
        (with(good_rsa(), "kid", json!("")), NoKeyId),
        (with(good_rsa(), "kid", json!("k".repeat(257))), NoKeyId),
        (with(good_rsa(), "kid", json!(1)), Malformed),
        (with(good_rsa(), "use", json!("enc")), Use),
        (with(good_rsa(), "use", json!(null)), Use),
        (with(good_rsa(), "use", json!(["sig"])), Use),
        (with(good_rsa(), "key_ops", json!(["encrypt"])), Operations),
        (with(good_rsa(), "key_ops", json!(["sign"])), Operations),
        (
            with(good_rsa(), "key_ops", json!(["sign", "verify"])),
            Operations,
        ),
        (
            with(good_rsa(), "key_ops", json!(["verify", "verify"])),
            Operations,
        ),
        (with(good_rsa(), "key_ops", json!([])), Operations),
        (with(good_rsa(), "key_ops", json!("verify")), Operations),
        (
            json!({"kid": "k1", "kty": "oct", "k": "c2VjcmV0"}),
            Symmetric,
        ),
        (
            json!({"kid": "k1", "kty": "oct", "alg": "RS256", "k": "c2VjcmV0"}),
            Symmetric,
        ),
        (with(good_rsa(), "d", json!("AQAB")), Private),
        (with(p256("k1"), "d", json!("AQAB")), Private),
        (with(good_rsa(), "k", json!("c2VjcmV0")), Private),
        (with(good_rsa(), "kty", json!("AKP")), Kind),
        (with(good_rsa(), "kty", json!("rsa")), Kind),
        (with(good_rsa(), "kty", json!(null)), Malformed),
        (without(good_rsa(), "kty"), Malformed),
        (with(good_rsa(), "alg", json!("HS256")), Alg),
        (with(good_rsa(), "alg", json!("none")), Alg),
        (with(good_rsa(), "alg", json!("RSA-OAEP")), Alg),
        (with(good_rsa(), "alg", json!(null)), Malformed),
        (with(good_rsa(), "alg", json!("ES256")), Curve),
        (with(p256("k1"), "alg", json!("RS256")), Curve),
        (with(p256("k1"), "alg", json!("ES384")), Curve),
        (with(p384("k1"), "alg", json!("ES256")), Curve),
        (with(ed25519("k1"), "alg", json!("ES256")), Curve),
        (with(p256("k1"), "crv", json!("P-521")), Curve),
        (with(p256("k1"), "crv", json!("secp256k1")), Curve),
        (with(p256("k1"), "crv", json!("Ed25519")), Curve),
        (with(ed25519("k1"), "crv", json!("X25519")), Curve),
        (with(ed25519("k1"), "crv", json!("P-256")), Curve),
        (without(p256("k1"), "crv"), Curve),
    ] {
        assert_eq!(algorithm_of(&jwk), Err(fault), "{jwk}");
    }
}

#[test]
fn an_rsa_key_that_is_easily_broken_is_refused() {
    use KeyFault::{Exponent, Malformed, Modulus};
    let even = {
        let mut modulus = vec![0xa5; 256];
        modulus[255] = 0xa4;
        b64(&modulus)
    };
    let padded = b64(&[[0].as_slice(), &[0xa5; 256]].concat());
    for (jwk, fault) in [
        (rsa("k1", 512, &[1, 0, 1]), Modulus),
        (rsa("k1", 1_024, &[1, 0, 1]), Modulus),
        (rsa("k1", 2_047, &[1, 0, 1]), Modulus),
        (rsa("k1", 8_200, &[1, 0, 1]), Modulus),
        (with(good_rsa(), "n", json!("")), Modulus),
        (with(good_rsa(), "n", json!(even)), Modulus),
        (with(good_rsa(), "n", json!(padded)), Modulus),
        (with(good_rsa(), "n", json!("+/==")), Malformed),
        (without(good_rsa(), "n"), Malformed),
        (rsa("k1", 2_048, &[1]), Exponent),
        (rsa("k1", 2_048, &[0, 1]), Exponent),
        (rsa("k1", 2_048, &[0]), Exponent),
        (rsa("k1", 2_048, &[]), Exponent),
        (rsa("k1", 2_048, &[2]), Exponent),
        (rsa("k1", 2_048, &[1, 0, 0]), Exponent),
        (rsa("k1", 2_048, &[1, 0, 0, 0, 1]), Exponent),
        (without(good_rsa(), "e"), Malformed),
    ] {
        assert_eq!(algorithm_of(&jwk), Err(fault), "{jwk}");
    }
}

#[test]
fn a_point_off_its_curve_is_refused() {
    for (good, length) in [(p256("k1"), 32), (p384("k1"), 48)] {
        for (name, coordinate) in [
            ("x", vec![0; length]),
            ("x", vec![0xff; length]),
            ("y", vec![1; length]),
            ("y", vec![2; length - 1]),
            ("y", vec![0; length + 1]),
            ("x", Vec::new()),
        ] {
            let jwk = with(good.clone(), name, json!(b64(&coordinate)));
            assert_eq!(algorithm_of(&jwk), Err(KeyFault::Point), "{jwk}");
        }
        let other = p256("k2");
        let mixed = with(good, "y", other["y"].clone());
        assert_eq!(algorithm_of(&mixed), Err(KeyFault::Point), "{mixed}");
    }
    let crossed = with(p384("k1"), "crv", json!("P-256"));
    assert_eq!(algorithm_of(&crossed), Err(KeyFault::Point));
}

#[test]
fn a_point_of_small_order_is_refused_because_anybody_can_sign_for_it() {
    let key = |point: &[u8]| json!({"kid": "k1", "kty": "OKP", "crv": "Ed25519", "x": b64(point)});
    let neutral = {
        let mut point = [0; 32];
        point[0] = 1;
        point
    };
    // R is the neutral point and s is zero: made by nobody, over any message.
    let forged = [neutral, [0; 32]].concat();
    let library = UnparsedPublicKey::new(&ED25519, neutral);
    assert!(library.verify(b"anything at all", &forged).is_ok());
    assert_eq!(algorithm_of(&key(&neutral)), Err(KeyFault::Point));

    for hex_point in [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "0100000000000000000000000000000000000000000000000000000000000080",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    ] {
        let point = hex::decode(hex_point).unwrap();
        assert_eq!(
            algorithm_of(&key(&point)),
            Err(KeyFault::Point),
            "{hex_point}"
        );
    }
    for short in [&neutral[..31], &[7; 33], &[]] {
        assert_eq!(algorithm_of(&key(short)), Err(KeyFault::Point));
    }
}

#[test]
fn an_ed25519_key_off_its_curve_verifies_nothing() {
    let off = {
        let mut point = [0; 32];
        point[0] = 2;
        point
    };
    let jwk = json!({"kid": "k1", "kty": "OKP", "crv": "Ed25519", "x": b64(&off)});
    let key = Key::read(jwk.as_object().unwrap(), &Algorithm::ALL).unwrap();
    let neutral = [[1].as_slice(), &[0; 31]].concat();
    for signature in [
        vec![0; 64],
        [neutral, vec![0; 32]].concat(),
        vec![2; 64],
        Vec::new(),
    ] {
        assert!(!key.verifies(b"message", &signature));
    }
}

#[test]
fn a_key_verifies_its_own_signature_and_no_other() {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    let point = pair.public_key().as_ref()[1..].to_vec();
    let jwk = json!({
        "kid": "k1", "kty": "EC", "crv": "P-256", "x": b64(&point[..32]), "y": b64(&point[32..]),
    });
    let key = Key::read(jwk.as_object().unwrap(), &[Algorithm::Es256]).unwrap();
    let signature = pair
        .sign(&SystemRandom::new(), b"message")
        .unwrap()
        .as_ref()
        .to_vec();
    assert!(key.verifies(b"message", &signature));
    assert!(!key.verifies(b"massage", &signature));
    let mut bent = signature.clone();
    bent[40] ^= 1;
    assert!(!key.verifies(b"message", &bent));
    // r and s of zero satisfied some verifiers.
    assert!(!key.verifies(b"message", &vec![0; 64]));
    let stranger = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    let foreign = stranger
        .sign(&SystemRandom::new(), b"message")
        .unwrap()
        .as_ref()
        .to_vec();
    assert!(!key.verifies(b"message", &foreign));
}
