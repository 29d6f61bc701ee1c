//! Where keys may be fetched from (D5).

use broker::identity::{
    BadAddress, BadJson, FetchFault, IdentityConfig, IdentityFault, KeysFault, NotVerified,
    Verifier,
};
use serde_json::json;

use crate::issuer::Answer;
use crate::setting::{Setting, config};

async fn unavailable(setting: &Setting) -> KeysFault {
    match setting.caller(&setting.good_token()).await {
        Err(NotVerified::Unavailable { cause, .. }) => cause,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn nobody_follows_a_redirect() {
    for status in [301, 302, 303, 307, 308] {
        // To a good key set, at the same provider and at the address that hands out credentials.
        let metadata = "http://169.254.169.254/latest/meta-data/iam/security-credentials/";
        for target in ["/elsewhere", metadata] {
            let setting = Setting::new().await;
            setting.issuer.answer_keys(Answer::redirect(status, target));
            assert_eq!(
                unavailable(&setting).await,
                KeysFault::Keys(FetchFault::Redirect)
            );
            assert_eq!(
                setting.issuer.asked(),
                ["/.well-known/openid-configuration", "/keys"]
            );
            let setting = Setting::new().await;
            setting
                .issuer
                .answer_discovery(Answer::redirect(status, "/keys"));
            assert_eq!(
                unavailable(&setting).await,
                KeysFault::Discovery(FetchFault::Redirect)
            );
            assert_eq!(setting.issuer.key_fetches(), 0);
        }
    }
}

#[tokio::test]
async fn a_discovered_address_of_keys_is_judged_like_a_configured_one() {
    for (address, why) in [
        (json!("http://login.example.com/keys"), BadAddress::NotHttps),
        (json!("http://10.0.0.1/keys"), BadAddress::NotHttps),
        (json!("http://169.254.169.254/keys"), BadAddress::NotHttps),
        (json!("ftp://login.example.com/keys"), BadAddress::NotHttps),
        (json!("https://169.254.169.254/latest"), BadAddress::Host),
        (json!("https://2852039166/latest"), BadAddress::Host),
        (json!("https://[::ffff:a9fe:a9fe]/"), BadAddress::Host),
        (json!("https://[fe80::1]/"), BadAddress::Host),
        (json!("https://[fd00:ec2::254]/"), BadAddress::Host),
        (json!("https://0.0.0.0/"), BadAddress::Host),
        (
            json!("https://a:b@login.example.com/"),
            BadAddress::Credentials,
        ),
        (json!("https://login.example.com/#x"), BadAddress::Tail),
        (json!("file:///etc/passwd"), BadAddress::Malformed),
        (json!("/keys"), BadAddress::Malformed),
        (json!(""), BadAddress::Malformed),
        (json!(["https://login.example.com/"]), BadAddress::Malformed),
        (json!(null), BadAddress::Malformed),
    ] {
        let setting = Setting::new().await;
        let document = json!({"issuer": setting.issuer.name(), "jwks_uri": address});
        setting.issuer.answer_discovery(Answer::json(&document));
        assert_eq!(
            unavailable(&setting).await,
            KeysFault::KeysAddress(why),
            "{document}"
        );
        assert_eq!(
            setting.issuer.asked(),
            ["/.well-known/openid-configuration"]
        );
    }
}

#[tokio::test]
async fn a_discovery_document_of_another_issuer_is_refused() {
    let setting = Setting::new().await;
    let ours = setting.issuer.name();
    for issuer in [
        json!("https://login.example.com"),
        json!(format!("{ours}/")),
        json!([ours]),
        json!(null),
    ] {
        let setting = Setting::new().await;
        let keys = format!("{}/keys", setting.issuer.name());
        let document = json!({"issuer": issuer, "jwks_uri": keys});
        setting.issuer.answer_discovery(Answer::json(&document));
        assert_eq!(unavailable(&setting).await, KeysFault::OtherIssuer);
        assert_eq!(setting.issuer.key_fetches(), 0);
    }
    let setting = Setting::new().await;
    let twice = format!(
        r#"{{"issuer":"{0}","jwks_uri":"{0}/other","jwks_uri":"{0}/keys"}}"#,
        setting.issuer.name()
    );
    setting.issuer.answer_discovery(Answer::text(twice));
    assert_eq!(
        unavailable(&setting).await,
        KeysFault::UnreadableDiscovery(BadJson::Duplicate)
    );
}

#[tokio::test]
async fn a_configured_address_of_keys_needs_no_discovery() {
    let setting = Setting::new().await;
    let keys = format!("{}/keys", setting.issuer.name());
    let direct = setting.verifier_with(IdentityConfig {
        jwks_uri: Some(keys.parse().unwrap()),
        ..config(setting.issuer.name())
    });
    assert_eq!(direct.warm().await.unwrap().usable, 1);
    assert_eq!(setting.issuer.asked(), ["/keys"]);
}

#[tokio::test]
async fn a_verifier_is_only_made_of_addresses_that_may_be_asked() {
    let clock = Setting::new().await.clock;
    let made = |issuer: &str, keys: Option<&str>, loopback: bool| {
        let config = IdentityConfig {
            jwks_uri: keys.map(|keys| keys.parse().unwrap()),
            allow_loopback_http: loopback,
            ..config(issuer)
        };
        match Verifier::new(config, clock.clock()) {
            Ok(_) => Ok(()),
            Err(IdentityFault::Issuer(why)) => Err(("issuer", why)),
            Err(IdentityFault::KeysAddress(why)) => Err(("keys", why)),
            Err(other) => panic!("{other}"),
        }
    };
    let good = "https://login.example.com";
    assert_eq!(made(good, None, false), Ok(()));
    assert_eq!(made("http://127.0.0.1:9", None, true), Ok(()));
    for (issuer, loopback, why) in [
        ("http://login.example.com", false, BadAddress::NotHttps),
        ("http://login.example.com", true, BadAddress::NotHttps),
        ("http://127.0.0.1:9", false, BadAddress::NotHttps),
        ("http://localhost:9", false, BadAddress::NotHttps),
        ("https://127.0.0.1:9", false, BadAddress::Host),
        ("https://169.254.169.254", true, BadAddress::Host),
        ("https://[fe80::1]", false, BadAddress::Host),
        ("https://login.example.com/?a=1", false, BadAddress::Tail),
        ("https://login.example.com/#a", false, BadAddress::Tail),
        (
            "https://a@login.example.com",
            false,
            BadAddress::Credentials,
        ),
    ] {
        assert_eq!(
            made(issuer, None, loopback),
            Err(("issuer", why)),
            "{issuer}"
        );
    }
    for (keys, why) in [
        ("http://login.example.com/keys", BadAddress::NotHttps),
        ("http://127.0.0.1/keys", BadAddress::NotHttps),
        ("https://127.0.0.1/keys", BadAddress::Host),
        ("https://169.254.169.254/keys", BadAddress::Host),
    ] {
        assert_eq!(made(good, Some(keys), false), Err(("keys", why)), "{keys}");
    }
}

#[tokio::test]
async fn a_verifier_without_an_audience_or_algorithm_is_not_made() {
    let clock = Setting::new().await.clock;
    let good = || config("https://login.example.com");
    let without_audience = IdentityConfig {
        audiences: [].into(),
        ..good()
    };
    let without_algorithm = IdentityConfig {
        algorithms: Vec::new(),
        ..good()
    };
    assert!(matches!(
        Verifier::new(without_audience, clock.clock()),
        Err(IdentityFault::NoAudience)
    ));
    assert!(matches!(
        Verifier::new(without_algorithm, clock.clock()),
        Err(IdentityFault::NoAlgorithm)
    ));
}
