//! An issuer with one key, a clock, and a verifier that believes the one by the other.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use broker::clock::Clock;
use broker::identity::{Algorithm, IdentityConfig, NotVerified, Rejected, Verifier};
use rules::caller::Caller;
use rules::claims::Leeway;
use rules::moment::Moment;
use serde_json::{Value, json};

use crate::issuer::Issuer;
use crate::signing::SigningKey;

pub(crate) const AUDIENCE: &str = "postern";

/// A clock that is set by hand.
#[derive(Debug, Clone)]
pub(crate) struct HandClock(Arc<AtomicI64>);

impl HandClock {
    fn new() -> Self {
        Self(Arc::new(AtomicI64::new(1_795_600_000_000)))
    }

    pub(crate) fn clock(&self) -> Clock {
        let shown = Arc::clone(&self.0);
        Clock::from_fn(Arc::new(move || {
            Moment::from_millis(shown.load(Ordering::SeqCst))
        }))
    }

    pub(crate) fn now(&self) -> Moment {
        self.clock().now()
    }

    pub(crate) fn forward(&self, length: Duration) {
        self.set(self.now().plus(length));
    }

    pub(crate) fn set(&self, moment: Moment) {
        self.0.store(moment.millis(), Ordering::SeqCst);
    }
}

/// One issuer, the key that it publishes, and who believes it.
pub(crate) struct Setting {
    pub(crate) issuer: Issuer,
    pub(crate) key: SigningKey,
    pub(crate) clock: HandClock,
    pub(crate) verifier: Verifier,
}

impl Setting {
    /// With a P-256 key `k1`, and all algorithms configured.
    pub(crate) async fn new() -> Self {
        Self::with_key(SigningKey::p256("k1")).await
    }

    pub(crate) async fn with_key(key: SigningKey) -> Self {
        let issuer = Issuer::with_keys(&[key.jwk()]).await;
        let clock = HandClock::new();
        let verifier = Verifier::new(config(issuer.name()), clock.clock()).unwrap();
        Self {
            issuer,
            key,
            clock,
            verifier,
        }
    }

    /// Another verifier of the same issuer, which holds no keys yet.
    pub(crate) fn verifier_with(&self, config: IdentityConfig) -> Verifier {
        Verifier::new(config, self.clock.clock()).unwrap()
    }

    /// The claims of a good token of Anna's, with half an hour to live.
    pub(crate) fn claims(&self) -> Value {
        let now = self.clock.now().seconds();
        json!({
            "iss": self.issuer.name(),
            "aud": AUDIENCE,
            "sub": "u-anna",
            "exp": now + 1_800,
            "nbf": now,
            "iat": now,
            "groups": ["engineers"],
            "email": "anna@example.com",
        })
    }

    pub(crate) fn claims_with(&self, name: &str, value: Value) -> Value {
        let mut claims = self.claims();
        claims[name] = value;
        claims
    }

    pub(crate) fn claims_without(&self, name: &str) -> Value {
        let mut claims = self.claims();
        claims.as_object_mut().unwrap().remove(name);
        claims
    }

    pub(crate) fn good_token(&self) -> String {
        self.key.token(&self.claims())
    }

    pub(crate) async fn caller(&self, token: &str) -> Result<Caller, NotVerified> {
        self.verifier.caller(Some(&bearer(token))).await
    }

    /// Why this token makes no caller. Whatever it is, the caller of Postern is told the same.
    pub(crate) async fn rejected(&self, token: &str) -> Rejected {
        rejection(self.caller(token).await, token)
    }
}

pub(crate) fn bearer(token: &str) -> Vec<u8> {
    format!("Bearer {token}").into_bytes()
}

/// Why there is no caller. `what` is shown where there is one all the same.
pub(crate) fn rejection(answer: Result<Caller, NotVerified>, what: &str) -> Rejected {
    let refused = answer.expect_err(what);
    let NotVerified::Unauthenticated(reason) = refused else {
        panic!("{refused:?} for {what}");
    };
    assert_eq!(refused.to_string(), "no valid token was sent");
    reason
}

/// Believes the issuer at this address, and all algorithms.
pub(crate) fn config(issuer: &str) -> IdentityConfig {
    IdentityConfig {
        issuer: issuer.parse().unwrap(),
        jwks_uri: None,
        audiences: [AUDIENCE.parse().unwrap()].into(),
        algorithms: Algorithm::ALL.to_vec(),
        groups_claim: "groups".parse().unwrap(),
        human_claim: None,
        leeway: Leeway::of_seconds(5).unwrap(),
        allow_loopback_http: true,
    }
}
