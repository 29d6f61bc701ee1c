//! A person who has logged in: an identity provider on loopback, and a token of it.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use broker::clock::Clock;
use broker::config::Config;
use broker::identity::Verifier;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// A verifier that believes one provider, and a token that it gave.
pub(crate) struct Login {
    pub(crate) verifier: Arc<Verifier>,
    pub(crate) authorization: String,
}

impl Login {
    /// Logs `sub` in, with no groups.
    pub(crate) async fn of(sub: &str) -> Self {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let keys = json!({"keys": [published(&key)]});
        let router = Router::new().route("/keys", get(async move || Json(keys)));
        tokio::spawn(async move { axum::serve(listener, router).await });

        let jwks_uri = format!("{issuer}/keys");
        let config = Config::from_env(|name| match name {
            "POSTERN_ISSUER" => Some(issuer.clone()),
            "POSTERN_JWKS_URI" => Some(jwks_uri.clone()),
            "POSTERN_ALLOW_LOOPBACK_ISSUER" => Some("true".to_owned()),
            _ => super::setting(name),
        });
        let verifier = config.unwrap().verifier(Clock::system()).unwrap();
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .as_secs();
        let claims = json!({
            "iss": issuer, "aud": "postern", "sub": sub, "groups": [], "iat": now, "exp": now + 600,
        });
        Self {
            verifier: Arc::new(verifier),
            authorization: format!("Bearer {}", signed(&key, &claims)),
        }
    }
}

/// The key as its provider publishes it: the point without its leading byte, cut in two.
fn published(key: &EcdsaKeyPair) -> Value {
    let (x, y) = key.public_key().as_ref()[1..].split_at(32);
    let [x, y] = [x, y].map(|half| URL_SAFE_NO_PAD.encode(half));
    json!({"kty": "EC", "crv": "P-256", "kid": "k", "use": "sig", "alg": "ES256", "x": x, "y": y})
}

fn signed(key: &EcdsaKeyPair, claims: &Value) -> String {
    let header = json!({"alg": "ES256", "kid": "k", "typ": "JWT"});
    let [header, claims] = [&header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
    let text = format!("{header}.{claims}");
    let signature = key.sign(&SystemRandom::new(), text.as_bytes()).unwrap();
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
}
