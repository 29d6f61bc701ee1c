//! A provider that fails: known keys verify until a bound, and then the answer says when to come
//! back. A provider that hangs is tested beside the code, where its patience can be shortened.

use std::time::Duration;

use broker::identity::{
    COOLDOWN, FRESH_FOR, FetchFault, KeysFault, NotVerified, RETRY, Rejected, USABLE_FOR,
};

use crate::issuer::Answer;
use crate::setting::Setting;
use crate::signing::SigningKey;

const MILLI: Duration = Duration::from_millis(1);

async fn unavailable(setting: &Setting, token: &str) -> (KeysFault, Duration) {
    match setting.caller(token).await {
        Err(NotVerified::Unavailable { cause, retry_after }) => (cause, retry_after),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn with_the_provider_down_known_keys_verify_until_the_bound_and_no_longer() {
    let mut setting = Setting::new().await;
    assert!(setting.caller(&setting.good_token()).await.is_ok());
    let read_at = setting.clock.now();
    setting.issuer.go_away().await;
    for after in [FRESH_FOR, FRESH_FOR + COOLDOWN, USABLE_FOR - MILLI] {
        setting.clock.set(read_at.plus(after));
        assert!(
            setting.caller(&setting.good_token()).await.is_ok(),
            "{after:?}"
        );
    }
    setting.clock.set(read_at.plus(USABLE_FOR));
    let (cause, _) = unavailable(&setting, &setting.good_token()).await;
    assert_eq!(cause, KeysFault::Discovery(FetchFault::Unreachable));
}

#[tokio::test]
async fn whatever_is_wrong_with_the_provider_a_known_key_still_verifies() {
    for answer in [
        Answer::status(500),
        Answer::status(404),
        Answer::status(204),
        Answer::redirect(302, "/elsewhere"),
        Answer::text("<html>"),
        Answer::text(r#"{"keys":[]}"#),
        Answer::text("x".repeat(100_000)),
    ] {
        let setting = Setting::new().await;
        assert!(setting.caller(&setting.good_token()).await.is_ok());
        setting.issuer.answer_keys(answer.clone());
        setting.clock.forward(FRESH_FOR);
        assert!(
            setting.caller(&setting.good_token()).await.is_ok(),
            "{answer:?}"
        );
        assert_eq!(setting.issuer.key_fetches(), 2);
    }
}

#[tokio::test]
async fn a_provider_that_is_down_is_asked_once_per_cooldown() {
    let setting = Setting::new().await;
    assert!(setting.caller(&setting.good_token()).await.is_ok());
    setting.issuer.answer_keys(Answer::status(503));
    setting.clock.forward(FRESH_FOR);
    for fetches in 2..=4 {
        for _ in 0..50 {
            assert!(setting.caller(&setting.good_token()).await.is_ok());
        }
        assert_eq!(setting.issuer.key_fetches(), fetches);
        setting.clock.forward(COOLDOWN);
    }
}

#[tokio::test]
async fn of_an_unknown_key_nothing_is_said_while_the_provider_is_down() {
    let setting = Setting::new().await;
    assert!(setting.caller(&setting.good_token()).await.is_ok());
    setting.issuer.answer_keys(Answer::status(503));
    setting.clock.forward(COOLDOWN);
    let new = SigningKey::p256("k2");
    let token = new.token(&setting.claims());
    let down = KeysFault::Keys(FetchFault::Status(503));
    assert_eq!(unavailable(&setting, &token).await, (down, COOLDOWN));
    setting.clock.forward(COOLDOWN - Duration::from_secs(10));
    let left = Duration::from_secs(10);
    assert_eq!(unavailable(&setting, &token).await, (down, left));
    assert_eq!(setting.issuer.key_fetches(), 2);
    setting.issuer.publish(&[new.jwk()]);
    setting.clock.forward(left);
    assert!(setting.caller(&token).await.is_ok());
}

#[tokio::test]
async fn without_any_keys_the_answer_says_when_to_come_back() {
    let setting = Setting::new().await;
    setting.issuer.answer_keys(Answer::status(500));
    let down = KeysFault::Keys(FetchFault::Status(500));
    let token = setting.good_token();
    for _ in 0..50 {
        assert_eq!(unavailable(&setting, &token).await, (down, RETRY));
    }
    assert_eq!(setting.issuer.key_fetches(), 1);
    // Never less than a second, which is what a `Retry-After` can say.
    setting.clock.forward(RETRY - MILLI);
    let second = Duration::from_secs(1);
    assert_eq!(unavailable(&setting, &token).await, (down, second));
    setting.issuer.publish(&[setting.key.jwk()]);
    setting.clock.forward(MILLI);
    assert!(setting.caller(&token).await.is_ok());
    assert_eq!(setting.issuer.key_fetches(), 2);
}

#[tokio::test]
async fn a_token_that_is_bad_in_itself_is_refused_while_the_provider_is_down() {
    let mut setting = Setting::new().await;
    setting.issuer.go_away().await;
    assert!(matches!(
        setting.rejected("not.a.token").await,
        Rejected::Form(_)
    ));
}

#[tokio::test]
async fn keys_past_the_bound_verify_nothing_even_where_the_provider_answers_late() {
    let setting = Setting::new().await;
    assert!(setting.caller(&setting.good_token()).await.is_ok());
    setting.clock.forward(USABLE_FOR);
    let successor = SigningKey::p256("k2");
    setting.issuer.publish(&[successor.jwk()]);
    assert_eq!(
        setting.rejected(&setting.good_token()).await,
        Rejected::UnknownKey
    );
    let token = successor.token(&setting.claims());
    assert!(setting.caller(&token).await.is_ok());
}
