//! Key pairs, made anew for each test, and the tokens that they sign.

use std::sync::LazyLock;

use aws_lc_rs::encoding::AsBigEndian as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair,
    EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384,
    RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512, RsaEncoding, RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

pub(crate) fn b64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

enum Pair {
    Ec(&'static str, EcdsaKeyPair),
    Ed(Ed25519KeyPair),
    Rsa,
}

/// The one RSA pair of a process, because making one takes a while.
static RSA: LazyLock<RsaKeyPair> =
    LazyLock::new(|| RsaKeyPair::generate(KeySize::Rsa2048).unwrap());

/// A key pair with a name and one algorithm.
pub(crate) struct SigningKey {
    id: String,
    algorithm: &'static str,
    pair: Pair,
}

impl SigningKey {
    pub(crate) fn p256(id: &str) -> Self {
        Self::ec(id, "P-256", "ES256", &ECDSA_P256_SHA256_FIXED_SIGNING)
    }

    pub(crate) fn p384(id: &str) -> Self {
        Self::ec(id, "P-384", "ES384", &ECDSA_P384_SHA384_FIXED_SIGNING)
    }

    fn ec(
        id: &str,
        curve: &'static str,
        algorithm: &'static str,
        signing: &'static EcdsaSigningAlgorithm,
    ) -> Self {
        Self {
            id: id.to_owned(),
            algorithm,
            pair: Pair::Ec(curve, EcdsaKeyPair::generate(signing).unwrap()),
        }
    }

    pub(crate) fn ed25519(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            algorithm: "EdDSA",
            pair: Pair::Ed(Ed25519KeyPair::generate().unwrap()),
        }
    }

    /// The RSA pair under that name, signing with that algorithm.
    pub(crate) fn rsa(id: &str, algorithm: &'static str) -> Self {
        Self {
            id: id.to_owned(),
            algorithm,
            pair: Pair::Rsa,
        }
    }

    /// The public key as a key set has it. An RSA key names no algorithm.
    pub(crate) fn jwk(&self) -> Value {
        let id = &self.id;
        match &self.pair {
            Pair::Ec(curve, pair) => {
                let point = &pair.public_key().as_ref()[1..];
                let (x, y) = point.split_at(point.len() / 2);
                json!({"kid": id, "kty": "EC", "crv": curve, "x": b64(x), "y": b64(y)})
            }
            Pair::Ed(pair) => {
                let point = pair.public_key();
                json!({"kid": id, "kty": "OKP", "crv": "Ed25519", "x": b64(point)})
            }
            Pair::Rsa => {
                let public = RSA.public_key();
                let n = public.modulus().big_endian_without_leading_zero();
                let e = public.exponent().big_endian_without_leading_zero();
                json!({"kid": id, "kty": "RSA", "n": b64(n), "e": b64(e)})
            }
        }
    }

    /// The public key with one member set.
    pub(crate) fn jwk_with(&self, member: &str, value: Value) -> Value {
        let mut jwk = self.jwk();
        jwk[member] = value;
        jwk
    }

    /// The private half, where it can be had as a number.
    pub(crate) fn private(&self) -> String {
        let Pair::Ec(_, pair) = &self.pair else {
            panic!("only asked of curves");
        };
        let number = pair.private_key().as_be_bytes().unwrap();
        b64(number.as_ref())
    }

    pub(crate) fn header(&self) -> Value {
        json!({"alg": self.algorithm, "kid": self.id, "typ": "JWT"})
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        match &self.pair {
            Pair::Ec(_, pair) => {
                let signature = pair.sign(&SystemRandom::new(), message).unwrap();
                signature.as_ref().to_vec()
            }
            Pair::Ed(pair) => pair.sign(message).as_ref().to_vec(),
            Pair::Rsa => {
                let encoding: &'static dyn RsaEncoding = match self.algorithm {
                    "RS256" => &RSA_PKCS1_SHA256,
                    "RS384" => &RSA_PKCS1_SHA384,
                    "RS512" => &RSA_PKCS1_SHA512,
                    "PS256" => &RSA_PSS_SHA256,
                    "PS384" => &RSA_PSS_SHA384,
                    "PS512" => &RSA_PSS_SHA512,
                    other => panic!("no RSA algorithm: {other}"),
                };
                let mut signature = vec![0; RSA.public_modulus_len()];
                RSA.sign(encoding, &SystemRandom::new(), message, &mut signature)
                    .unwrap();
                signature
            }
        }
    }

    /// A token with these claims.
    pub(crate) fn token(&self, claims: &Value) -> String {
        self.token_with(&self.header(), claims)
    }

    /// A token with this header, signed all the same.
    pub(crate) fn token_with(&self, header: &Value, claims: &Value) -> String {
        self.token_of(&header.to_string(), &claims.to_string())
    }

    /// A token of these two texts, JSON or not.
    pub(crate) fn token_of(&self, header: &str, claims: &str) -> String {
        self.seal(&b64(header), &b64(claims))
    }

    /// Signs two parts as they stand, however they are spelt.
    pub(crate) fn seal(&self, header: &str, claims: &str) -> String {
        let signed = format!("{header}.{claims}");
        let signature = self.sign(signed.as_bytes());
        format!("{signed}.{}", b64(signature))
    }
}
