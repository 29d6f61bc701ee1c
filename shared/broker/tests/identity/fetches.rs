//! How often the provider is asked (D1).

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use broker::identity::{COOLDOWN, FRESH_FOR, NotVerified, Rejected};
use rules::caller::Caller;
use serde_json::json;
use tokio::task::JoinSet;

use crate::setting::{Setting, bearer, rejection};
use crate::signing::SigningKey;

#[tokio::test]
async fn a_thousand_unknown_keys_cost_one_fetch_per_cooldown() {
    let setting = Setting::new().await;
    assert!(setting.caller(&setting.good_token()).await.is_ok());
    assert_eq!(setting.issuer.key_fetches(), 1);
    let claims = setting.claims();
    let tokens: Vec<String> = (0..1_000)
        .map(|n| {
            let header = json!({"alg": "ES256", "kid": format!("unknown-{n}")});
            setting.key.token_with(&header, &claims)
        })
        .collect();
    for cooldown in 1..=3 {
        setting.clock.forward(COOLDOWN);
        for token in &tokens {
            assert_eq!(setting.rejected(token).await, Rejected::UnknownKey);
        }
        assert_eq!(setting.issuer.key_fetches(), 1 + cooldown);
    }
    setting.clock.forward(COOLDOWN - Duration::from_millis(1));
    assert_eq!(setting.rejected(&tokens[0]).await, Rejected::UnknownKey);
    assert_eq!(setting.issuer.key_fetches(), 4);
    assert!(setting.caller(&setting.good_token()).await.is_ok());
}

/// Sends all tokens at once while the provider keeps its answer back, and lets it answer when
/// every one of them waits.
async fn at_once(setting: &Setting, tokens: Vec<String>) -> Vec<Result<Caller, NotVerified>> {
    let asked = setting.issuer.asked().len();
    let held = setting.issuer.hold().await;
    let sent = Arc::new(AtomicUsize::new(0));
    let count = tokens.len();
    let mut calls = JoinSet::new();
    for token in tokens {
        let (verifier, sent) = (setting.verifier.clone(), Arc::clone(&sent));
        calls.spawn(async move {
            sent.fetch_add(1, Ordering::SeqCst);
            verifier.caller(Some(&bearer(&token))).await
        });
    }
    setting.issuer.until_asked(asked + 1).await;
    while sent.load(Ordering::SeqCst) < count {
        tokio::task::yield_now().await;
    }
    drop(held);
    calls.join_all().await
}

#[tokio::test]
async fn fifty_first_requests_at_once_cost_one_fetch() {
    let setting = Setting::new().await;
    let tokens = vec![setting.good_token(); 50];
    let answers = at_once(&setting, tokens).await;
    assert!(answers.len() == 50 && answers.iter().all(Result::is_ok));
    assert_eq!(setting.issuer.key_fetches(), 1);
}

#[tokio::test]
async fn fifty_misses_at_once_cost_one_fetch() {
    let setting = Setting::new().await;
    assert!(setting.caller(&setting.good_token()).await.is_ok());
    setting.clock.forward(COOLDOWN);
    let new = SigningKey::p256("k2");
    setting.issuer.publish(&[setting.key.jwk(), new.jwk()]);
    let claims = setting.claims();
    let unknown = SigningKey::p256("unknown").token(&claims);
    let mut tokens = vec![new.token(&claims); 25];
    tokens.extend(vec![unknown; 25]);
    let answers = at_once(&setting, tokens).await;
    let (good, bad): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    assert_eq!((good.len(), bad.len()), (25, 25));
    for answer in bad {
        assert_eq!(rejection(answer, "unknown"), Rejected::UnknownKey);
    }
    assert_eq!(setting.issuer.key_fetches(), 2);
}

#[tokio::test]
async fn a_caller_that_hangs_up_does_not_take_the_fetch_with_it() {
    let setting = Setting::new().await;
    let held = setting.issuer.hold().await;
    let (verifier, token) = (setting.verifier.clone(), setting.good_token());
    let call = tokio::spawn(async move { verifier.caller(Some(&bearer(&token))).await });
    setting.issuer.until_asked(1).await;
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
    drop(held);
    assert!(setting.caller(&setting.good_token()).await.is_ok());
    assert_eq!(
        setting.issuer.asked(),
        ["/.well-known/openid-configuration", "/keys"]
    );
}

#[tokio::test]
async fn keys_are_kept_for_ten_minutes_and_then_asked_for_once() {
    let setting = Setting::new().await;
    for _ in 0..20 {
        assert!(setting.caller(&setting.good_token()).await.is_ok());
    }
    assert_eq!(setting.issuer.key_fetches(), 1);
    setting.clock.forward(FRESH_FOR - Duration::from_millis(1));
    assert!(setting.caller(&setting.good_token()).await.is_ok());
    assert_eq!(setting.issuer.key_fetches(), 1);
    setting.clock.forward(Duration::from_millis(1));
    for _ in 0..20 {
        assert!(setting.caller(&setting.good_token()).await.is_ok());
    }
    assert_eq!(setting.issuer.key_fetches(), 2);
}

#[tokio::test]
async fn a_new_key_is_picked_up_and_one_that_is_taken_back_verifies_no_more() {
    let setting = Setting::new().await;
    assert!(setting.caller(&setting.good_token()).await.is_ok());
    let new = SigningKey::ed25519("k2");
    setting.issuer.publish(&[setting.key.jwk(), new.jwk()]);
    let rotated = new.token(&setting.claims());
    // Within the cooldown nobody asks, so the new key is not known yet.
    assert_eq!(setting.rejected(&rotated).await, Rejected::UnknownKey);
    setting.clock.forward(COOLDOWN);
    assert!(setting.caller(&rotated).await.is_ok());
    assert!(setting.caller(&setting.good_token()).await.is_ok());
    assert_eq!(setting.issuer.key_fetches(), 2);
    setting.issuer.publish(&[new.jwk()]);
    setting.clock.forward(FRESH_FOR);
    assert_eq!(
        setting.rejected(&setting.good_token()).await,
        Rejected::UnknownKey
    );
    assert!(setting.caller(&new.token(&setting.claims())).await.is_ok());
    assert_eq!(setting.issuer.key_fetches(), 3);
}

#[tokio::test]
async fn a_key_that_is_exchanged_under_its_name_is_exchanged_here() {
    let setting = Setting::new().await;
    assert!(setting.caller(&setting.good_token()).await.is_ok());
    let successor = SigningKey::p256("k1");
    setting.issuer.publish(&[successor.jwk()]);
    setting.clock.forward(FRESH_FOR);
    assert_eq!(
        setting.rejected(&setting.good_token()).await,
        Rejected::Signature
    );
    let token = successor.token(&setting.claims());
    assert!(setting.caller(&token).await.is_ok());
}

#[tokio::test]
async fn a_clock_that_is_set_back_does_not_stop_the_keys_from_being_read() {
    let setting = Setting::new().await;
    assert!(setting.caller(&setting.good_token()).await.is_ok());
    let earlier = setting.clock.now().minus(Duration::from_secs(24 * 3_600));
    setting.clock.set(earlier);
    let new = SigningKey::p256("k2");
    setting.issuer.publish(&[new.jwk()]);
    assert!(setting.caller(&new.token(&setting.claims())).await.is_ok());
    assert_eq!(setting.issuer.key_fetches(), 2);
}
