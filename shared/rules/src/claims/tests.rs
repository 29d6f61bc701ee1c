use proptest::prelude::*;
use serde_json::json;

use super::*;

const NOW: i64 = 1_790_000_000;
const LEEWAY: i64 = 30;

fn now() -> Moment {
    Moment::from_seconds(NOW)
}

fn expected() -> Expected {
    Expected {
        issuer: "https://login.example.com".parse().unwrap(),
        audiences: ["postern", "postern-cli"]
            .iter()
            .map(|aud| aud.parse().unwrap())
            .collect(),
        groups_claim: "groups".parse().unwrap(),
        human_claim: None,
        leeway: Leeway::default(),
    }
}

fn good() -> Value {
    json!({
        "iss": "https://login.example.com",
        "aud": "postern",
        "sub": "u-1",
        "exp": NOW + 600,
        "iat": NOW - 5,
        "nbf": NOW - 5,
        "groups": ["web", "on call"],
        "name": "Anna Example",
    })
}

/// The good claims with one of them put to something else.
fn with(name: &str, value: Value) -> Value {
    let mut claims = good();
    claims[name] = value;
    claims
}

fn without(name: &str) -> Value {
    let mut claims = good();
    claims.as_object_mut().unwrap().remove(name);
    claims
}

fn judged(claims: &Value) -> Result<Caller, Unauthenticated> {
    judge(claims, &expected(), now())
}

#[test]
fn good_claims_make_a_caller() {
    let caller = judged(&good()).unwrap();
    assert_eq!(caller.person().iss.as_str(), "https://login.example.com");
    assert_eq!(caller.person().sub.as_str(), "u-1");
    assert!(caller.is_in(&"web".parse().unwrap()) && caller.is_in(&"on call".parse().unwrap()));
    assert!(!caller.is_in(&"Web".parse().unwrap()));
    assert_eq!(caller.groups().len(), 2);
    assert_eq!(caller.name(), Some("Anna Example"));
}

#[test]
fn each_required_claim_is_required() {
    for name in ["iss", "aud", "sub", "exp"] {
        assert_eq!(
            judged(&without(name)),
            Err(Unauthenticated::Missing(name)),
            "{name}"
        );
    }
    for name in ["nbf", "iat", "name"] {
        assert!(judged(&without(name)).is_ok(), "{name}");
    }
}

#[test]
fn every_claim_has_its_right_type() {
    let others = [
        json!(null),
        json!(true),
        json!(1.5),
        json!({"a": 1}),
        json!([1]),
        json!([["postern"]]),
        json!(["postern", null]),
        json!([{"aud": "postern"}]),
    ];
    for name in ["iss", "aud", "sub", "exp", "nbf", "iat"] {
        for other in &others {
            assert_eq!(
                judged(&with(name, other.clone())),
                Err(Unauthenticated::WrongType(name)),
                "{name} {other}"
            );
        }
    }
    for name in ["exp", "nbf", "iat"] {
        for number in [json!("1790000600"), json!(-1), json!(u64::MAX), json!(1e9)] {
            assert_eq!(
                judged(&with(name, number.clone())),
                Err(Unauthenticated::WrongType(name)),
                "{name} {number}"
            );
        }
    }
    for name in ["iss", "sub"] {
        assert_eq!(
            judged(&with(name, json!(["u-1"]))),
            Err(Unauthenticated::WrongType(name))
        );
    }
    for not_claims in [json!([]), json!("claims"), json!(null)] {
        assert_eq!(judged(&not_claims), Err(Unauthenticated::NotAnObject));
    }
}

#[test]
fn the_issuer_is_compared_exactly() {
    for other in [
        "https://login.example.com/",
        "https://LOGIN.example.com",
        "http://login.example.com",
        "https://login.example.com.evil.test",
        " https://login.example.com",
        "",
    ] {
        assert_eq!(
            judged(&with("iss", json!(other))),
            Err(Unauthenticated::OtherIssuer),
            "{other}"
        );
    }
}

#[test]
fn the_audience_is_compared_exactly() {
    for ours in [
        json!("postern"),
        json!("postern-cli"),
        json!(["postern"]),
        json!(["another", "postern"]),
    ] {
        assert!(judged(&with("aud", ours.clone())).is_ok(), "{ours}");
    }
    for other in [
        json!("Postern"),
        json!("postern "),
        json!("poster"),
        json!("postern2"),
        json!(""),
        json!([]),
        json!(["another"]),
    ] {
        assert_eq!(
            judged(&with("aud", other.clone())),
            Err(Unauthenticated::OtherAudience),
            "{other}"
        );
    }
    let nobody = Expected {
        audiences: BTreeSet::new(),
        ..expected()
    };
    assert_eq!(
        judge(&good(), &nobody, now()),
        Err(Unauthenticated::OtherAudience)
    );
}

#[test]
fn a_subject_without_a_name_is_nobody() {
    for bad in [
        String::new(),
        " ".into(),
        "a b".into(),
        "a\nb".into(),
        "\u{202E}u-1".into(),
        "x".repeat(256),
    ] {
        assert_eq!(
            judged(&with("sub", json!(bad))),
            Err(Unauthenticated::BadSubject),
            "{bad:?}"
        );
    }
}

#[test]
fn the_same_address_with_another_subject_is_another_person() {
    let of = |sub: &str| {
        let mut claims = with("sub", json!(sub));
        claims["email"] = json!("anna@example.com");
        judged(&claims).unwrap()
    };
    assert_ne!(of("u-1").person(), of("u-2").person());
    assert_ne!(of("u-1").person(), of("U-1").person());
    assert_eq!(of("u-1").person(), of("u-1").person());
}

#[test]
fn the_end_is_exclusive_to_the_millisecond() {
    let claims = with("exp", json!(NOW));
    let end = Moment::from_seconds(NOW + LEEWAY);
    let just_before = end.minus(Duration::from_millis(1));
    assert!(judge(&claims, &expected(), just_before).is_ok());
    assert_eq!(
        judge(&claims, &expected(), end),
        Err(Unauthenticated::Expired)
    );
    let strict = Expected {
        leeway: Leeway::of_seconds(0).unwrap(),
        ..expected()
    };
    assert_eq!(
        judge(&claims, &strict, now()),
        Err(Unauthenticated::Expired)
    );
}

#[test]
fn a_token_of_the_future_is_refused_beyond_the_leeway() {
    for name in ["nbf", "iat"] {
        assert!(judged(&with(name, json!(NOW + LEEWAY))).is_ok(), "{name}");
        for later in [NOW + LEEWAY + 1, i64::MAX] {
            assert_eq!(
                judged(&with(name, json!(later))),
                Err(Unauthenticated::NotYet(name)),
                "{name} {later}"
            );
        }
    }
}

#[test]
fn a_leeway_is_at_most_half_a_minute() {
    assert!(Leeway::of_seconds(30).is_ok());
    for long in [31, 60, 256, 286, u64::MAX] {
        assert!(Leeway::of_seconds(long).is_err(), "{long}");
    }
}

#[test]
fn groups_are_read_whole_or_not_at_all() {
    assert!(judged(&without("groups")).unwrap().groups().is_empty());
    assert!(
        judged(&with("groups", json!([])))
            .unwrap()
            .groups()
            .is_empty()
    );
    for bad in [
        json!(null),
        json!("web"),
        json!({"web": true}),
        json!([1]),
        json!(["web", null]),
        json!(["web", ""]),
        json!(["web", " web"]),
        json!(["we\u{200B}b"]),
        json!(["x".repeat(129)]),
    ] {
        assert_eq!(
            judged(&with("groups", bad.clone())),
            Err(Unauthenticated::BadGroups),
            "{bad}"
        );
    }
}

#[test]
fn groups_that_are_to_be_had_elsewhere_refuse_the_token() {
    for (name, value) in [
        ("_claim_names", json!({"groups": "src1"})),
        ("hasgroups", json!(true)),
        ("hasgroups", json!("true")),
    ] {
        assert_eq!(
            judged(&with(name, value.clone())),
            Err(Unauthenticated::GroupsElsewhere),
            "{name} {value}"
        );
    }
    assert!(judged(&with("_claim_names", json!({"address": "src1"}))).is_ok());
    assert!(judged(&with("hasgroups", json!(false))).is_ok());
}

#[test]
fn a_groups_claim_cannot_be_a_claim_that_means_something_else() {
    for taken in ["iss", "aud", "sub", "exp", "", "a b"] {
        assert!(taken.parse::<GroupsClaim>().is_err(), "{taken}");
    }
    assert!("cognito:groups".parse::<GroupsClaim>().is_ok());
    assert!("https://example.com/groups".parse::<GroupsClaim>().is_ok());
}

#[test]
fn an_unsafe_name_is_not_shown_and_refuses_nobody() {
    for bad in [
        json!("Anna\u{202E}"),
        json!("a\r\nb"),
        json!(""),
        json!("  "),
        json!("x".repeat(81)),
        json!(7),
        json!(null),
    ] {
        assert_eq!(
            judged(&with("name", bad.clone())).unwrap().name(),
            None,
            "{bad}"
        );
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        Just(json!("postern")),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-z]{1,4}", inner, 0..4)
                .prop_map(|members| members.into_iter().collect()),
        ]
    })
}

proptest! {
    #![proptest_config(crate::seeded::cases(256))]

    #[test]
    fn whatever_a_claim_holds_a_caller_is_only_made_of_exact_claims(
        name in prop::sample::select(vec!["iss", "aud", "sub", "exp", "nbf", "iat", "groups"]),
        value in any_json(),
    ) {
        if let Ok(caller) = judged(&with(name, value.clone())) {
            prop_assert_eq!(caller.person().iss.as_str(), "https://login.example.com");
            prop_assert!(!caller.person().sub.as_str().is_empty());
            match name {
                "iss" => prop_assert_eq!(value, good()["iss"].clone()),
                "aud" => prop_assert!(value == json!("postern")
                    || value.as_array().is_some_and(|all| all.contains(&json!("postern"))
                        && all.iter().all(Value::is_string))),
                "sub" => prop_assert_eq!(value.as_str(), Some(caller.person().sub.as_str())),
                "exp" => prop_assert!(value.as_i64().is_some_and(|exp| exp + LEEWAY > NOW)),
                "nbf" | "iat" => prop_assert!(value.as_i64().is_some_and(|at| at <= NOW + LEEWAY)),
                "groups" => prop_assert!(value.is_array()),
                other => prop_assert!(false, "{}", other),
            }
        }
    }
}
