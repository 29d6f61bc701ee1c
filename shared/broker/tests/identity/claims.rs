//! The claims of a token whose signature is good (S1, S2).

use std::time::Duration;

use broker::identity::Rejected;
use rules::claims::Unauthenticated::{
    self, BadGroups, BadSubject, Expired, GroupsElsewhere, Missing, NotYet, OtherAudience,
    OtherIssuer, WrongType,
};
use serde_json::{Value, json};

use crate::setting::Setting;

async fn refused(setting: &Setting, claims: &Value) -> Unauthenticated {
    let reason = setting.rejected(&setting.key.token(claims)).await;
    let Rejected::Claims(why) = reason else {
        panic!("{reason:?} for {claims}");
    };
    why
}

async fn assert_refused(name: &str, table: impl IntoIterator<Item = (Value, Unauthenticated)>) {
    let setting = Setting::new().await;
    for (value, why) in table {
        let claims = setting.claims_with(name, value);
        assert_eq!(refused(&setting, &claims).await, why, "{claims}");
    }
    assert!(setting.caller(&setting.good_token()).await.is_ok());
}

#[tokio::test]
async fn a_good_token_makes_its_caller() {
    let setting = Setting::new().await;
    let caller = setting.caller(&setting.good_token()).await.unwrap();
    assert_eq!(caller.person().iss.as_str(), setting.issuer.name());
    assert_eq!(caller.person().sub.as_str(), "u-anna");
    assert!(caller.is_in(&"engineers".parse().unwrap()));
    assert!(!caller.is_in(&"operators".parse().unwrap()));
}

#[tokio::test]
async fn every_claim_that_matters_is_required() {
    let setting = Setting::new().await;
    for name in ["iss", "aud", "sub", "exp"] {
        let claims = setting.claims_without(name);
        assert_eq!(refused(&setting, &claims).await, Missing(name));
    }
    // RFC 7519 makes these two optional; where they stand, they count.
    for name in ["nbf", "iat"] {
        let claims = setting.claims_without(name);
        assert!(setting.caller(&setting.key.token(&claims)).await.is_ok());
    }
}

#[tokio::test]
async fn the_issuer_is_one_text_and_exactly_the_configured_one() {
    let setting = Setting::new().await;
    let ours = setting.issuer.name();
    let table = [
        (json!(1), WrongType("iss")),
        (json!(null), WrongType("iss")),
        (json!([ours]), WrongType("iss")),
        (json!({"iss": ours}), WrongType("iss")),
        (json!(""), OtherIssuer),
        (json!(format!("{ours}/")), OtherIssuer),
        (json!(format!("{ours}/other-tenant")), OtherIssuer),
        (json!(ours.to_uppercase()), OtherIssuer),
        (json!(format!("{ours} ")), OtherIssuer),
    ];
    for (value, why) in table {
        let claims = setting.claims_with("iss", value);
        assert_eq!(refused(&setting, &claims).await, why, "{claims}");
    }
}

#[tokio::test]
async fn the_audience_is_a_text_or_a_list_of_texts_and_names_us() {
    assert_refused(
        "aud",
        [
            (json!({"postern": true}), WrongType("aud")),
            (json!(null), WrongType("aud")),
            (json!(true), WrongType("aud")),
            (json!(7), WrongType("aud")),
            (json!(["postern", 7]), WrongType("aud")),
            (json!([["postern"]]), WrongType("aud")),
            (json!([]), OtherAudience),
            (json!(""), OtherAudience),
            (json!("other-app"), OtherAudience),
            (json!("Postern"), OtherAudience),
            (json!("postern "), OtherAudience),
            (json!("postern-admin"), OtherAudience),
            (json!(["other-app", "another"]), OtherAudience),
        ],
    )
    .await;
    let setting = Setting::new().await;
    let several = setting.claims_with("aud", json!(["other-app", "postern"]));
    assert!(setting.caller(&setting.key.token(&several)).await.is_ok());
}

#[tokio::test]
async fn the_subject_is_a_name() {
    assert_refused(
        "sub",
        [
            (json!(""), BadSubject),
            (json!(" "), BadSubject),
            (json!("u anna"), BadSubject),
            (json!("u-anna\n"), BadSubject),
            (json!("u-\u{202e}anna"), BadSubject),
            (json!("\u{430}nna"), BadSubject),
            (json!("x".repeat(256)), BadSubject),
            (json!(7), WrongType("sub")),
            (json!(null), WrongType("sub")),
            (json!(["u-anna"]), WrongType("sub")),
        ],
    )
    .await;
}

#[tokio::test]
async fn times_are_whole_seconds_and_nothing_else() {
    for name in ["exp", "nbf", "iat"] {
        let number = 1_795_600_000;
        assert_refused(
            name,
            [
                (json!(number.to_string()), WrongType(name)),
                (json!(f64::from(number) + 0.5), WrongType(name)),
                (json!(1e300), WrongType(name)),
                (json!(-1), WrongType(name)),
                (json!(u64::MAX), WrongType(name)),
                (json!(null), WrongType(name)),
                (json!([number]), WrongType(name)),
                (json!(true), WrongType(name)),
            ],
        )
        .await;
    }
}

#[tokio::test]
async fn a_token_ends_at_its_end_and_the_leeway() {
    let setting = Setting::new().await;
    let token = setting.good_token();
    let end = setting.clock.now().plus(Duration::from_secs(1_800 + 5));
    setting.clock.set(end.minus(Duration::from_millis(1)));
    assert!(setting.caller(&token).await.is_ok());
    setting.clock.set(end);
    assert_eq!(setting.rejected(&token).await, Rejected::Claims(Expired));
    let past = setting.claims_with("exp", json!(0));
    assert_eq!(refused(&setting, &past).await, Expired);
}

#[tokio::test]
async fn a_token_of_the_future_is_refused() {
    let setting = Setting::new().await;
    let now = setting.clock.now().seconds();
    for name in ["nbf", "iat"] {
        let soon = setting
            .key
            .token(&setting.claims_with(name, json!(now + 5)));
        assert!(setting.caller(&soon).await.is_ok(), "{name}");
        let later = setting.claims_with(name, json!(now + 6));
        assert_eq!(refused(&setting, &later).await, NotYet(name));
    }
}

#[tokio::test]
async fn groups_are_read_whole_or_the_token_is_refused() {
    assert_refused(
        "groups",
        [
            (json!("engineers"), BadGroups),
            (json!(["engineers", 7]), BadGroups),
            (json!(["engineers", ""]), BadGroups),
            (json!(["engineers", "oper\u{200b}ators"]), BadGroups),
            (json!({"engineers": true}), BadGroups),
            (json!(null), BadGroups),
        ],
    )
    .await;
    assert_refused(
        "_claim_names",
        [(json!({"groups": "src1"}), GroupsElsewhere)],
    )
    .await;
    let setting = Setting::new().await;
    let nobody = setting.key.token(&setting.claims_without("groups"));
    assert!(setting.caller(&nobody).await.unwrap().groups().is_empty());
}

#[tokio::test]
async fn the_same_address_under_another_subject_is_another_person() {
    let setting = Setting::new().await;
    let anna = setting.caller(&setting.good_token()).await.unwrap();
    let claims = setting.claims_with("sub", json!("u-other"));
    let other = setting.caller(&setting.key.token(&claims)).await.unwrap();
    assert_eq!(claims["email"], setting.claims()["email"]);
    assert_ne!(anna.person(), other.person());
    assert_ne!(anna.person().key(), other.person().key());
    // A subject is compared as it stands.
    let claims = setting.claims_with("sub", json!("U-ANNA"));
    let shouted = setting.caller(&setting.key.token(&claims)).await.unwrap();
    assert_ne!(anna.person(), shouted.person());
}
