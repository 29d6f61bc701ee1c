//! The configuration: what is read, and that everything wrong is told at once.

#![cfg(test)]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use aws_config::{BehaviorVersion, SdkConfig};
use broker::clock::Clock;
use broker::config::{Config, Faults, Ground};
use broker::notice::{Notice, Notices};
use rules::names::Digest;

const POLICY: &str = r#"@id("shell") @auto("true") @max_duration("1h")
permit (principal in Postern::Group::"engineers", action == Postern::Action::"shell", resource);"#;

fn whole() -> BTreeMap<&'static str, String> {
    let places = r#"[{"account":"111122223333","region":"ap-northeast-2",
        "access_role":"arn:aws:iam::111122223333:role/Access","log_bucket":"session-logs"}]"#;
    [
        ("POSTERN_HOME_ACCOUNT", "111122223333"),
        ("POSTERN_PLACES", places),
        ("POSTERN_TABLE", "postern"),
        ("POSTERN_POLICY", POLICY),
        ("POSTERN_ISSUER", "https://login.example.com"),
        ("POSTERN_AUDIENCES", "postern"),
    ]
    .into_iter()
    .map(|(name, value)| (name, value.to_owned()))
    .collect()
}

fn read(settings: &BTreeMap<&'static str, String>) -> Result<Config, Faults> {
    Config::from_env(|name| settings.get(name).cloned())
}

/// The faults of the whole configuration with these settings changed, as `name: what`.
fn faults(changes: &[(&'static str, &str)]) -> Vec<String> {
    let mut settings = whole();
    for (name, value) in changes {
        settings.insert(name, (*value).to_owned());
    }
    let faults = read(&settings).expect_err("this configuration is wrong");
    faults.iter().map(ToString::to_string).collect()
}

#[test]
fn six_settings_are_enough() {
    let terms = read(&whole()).unwrap().terms();
    assert_eq!(terms.places.iter().count(), 1);
    assert_eq!(terms.pace, rules::pace::Pace::default());
    assert!(terms.offices.operators.is_empty() && terms.offices.auditors.is_empty());
}

#[test]
fn the_sweeper_needs_neither_a_policy_nor_an_issuer() {
    let mut settings = whole();
    settings.insert("POSTERN_POLICY", "permit(".to_owned());
    settings.remove("POSTERN_ISSUER");
    assert!(read(&settings).is_err());
    assert!(Ground::from_env(|name| settings.get(name).cloned()).is_ok());
    settings.remove("POSTERN_TABLE");
    let faults = Ground::from_env(|name| settings.get(name).cloned()).unwrap_err();
    assert!(faults.to_string().contains("POSTERN_TABLE"));
}

#[test]
fn whatever_is_missing_is_told_at_once() {
    let faults = read(&BTreeMap::new()).unwrap_err();
    let names: Vec<&str> = faults.iter().map(|fault| fault.name).collect();
    assert_eq!(
        names,
        [
            "POSTERN_HOME_ACCOUNT",
            "POSTERN_PLACES",
            "POSTERN_TABLE",
            "POSTERN_POLICY",
            "POSTERN_ISSUER",
            "POSTERN_AUDIENCES",
        ]
    );
    assert_eq!(faults.to_string().lines().count(), names.len());
}

#[test]
fn an_empty_setting_counts_as_not_set() {
    let faults = faults(&[("POSTERN_TABLE", "  ")]);
    assert_eq!(
        faults,
        ["`POSTERN_TABLE`: is not set, and nothing can stand in for it"]
    );
}

#[test]
fn each_fault_names_its_setting_and_says_what_is_right() {
    for (name, value, says) in [
        ("POSTERN_HOME_ACCOUNT", "1234", "`1234`"),
        ("POSTERN_PLACES", "[]", "no place is named"),
        ("POSTERN_PLACES", "{", "cannot be read as JSON"),
        (
            "POSTERN_PLACES",
            r#"[{"acount":"x"}]"#,
            "unknown field `acount`",
        ),
        ("POSTERN_TABLE", "a b", "`A-Za-z0-9_.-`"),
        ("POSTERN_TABLE_SHARDS", "17", "from 1 to 16"),
        ("POSTERN_TABLE_SHARDS", "-1", "from 1 to 16"),
        ("POSTERN_POLICY", "permit(", ""),
        (
            "POSTERN_POLICY",
            "permit (principal, action, resource);",
            "",
        ),
        ("POSTERN_ISSUER", "not an issuer\n", ""),
        ("POSTERN_JWKS_URI", "nowhere", ""),
        ("POSTERN_ALGORITHMS", "HS256", ""),
        ("POSTERN_ALGORITHMS", "none", ""),
        ("POSTERN_GROUPS_CLAIM", "sub", "groups claim"),
        ("POSTERN_LEEWAY_SECONDS", "31", "from 0 to 30"),
        (
            "POSTERN_ALLOW_LOOPBACK_ISSUER",
            "yes",
            "neither `true` nor `false`",
        ),
        ("POSTERN_SETTLE", "30", "such as `30s`"),
        (
            "POSTERN_LOG_MISSING",
            "1m",
            "make it `POSTERN_LOG_GRACE` or longer",
        ),
        ("POSTERN_MOST_PENDING", "0", "from 1 to 1000"),
        ("POSTERN_SSM_CALLS_PER_SECOND", "0", "from 1 to 20"),
        ("POSTERN_POLICY_FILE", "/nowhere", "set one of them"),
    ] {
        let found = if name == "POSTERN_POLICY_FILE" {
            faults(&[(name, value)])
                .into_iter()
                .filter(|f| f.contains(says))
                .collect()
        } else {
            faults(&[(name, value)])
        };
        assert!(!found.is_empty(), "{name}={value}");
        for fault in &found {
            assert!(
                fault.contains("POSTERN_") && fault.contains(says),
                "{name}={value}: {fault}"
            );
            assert!(
                !fault.contains('\n') || name == "POSTERN_POLICY",
                "{fault:?}"
            );
        }
    }
}

#[test]
fn faults_of_several_settings_come_together() {
    let found = faults(&[
        ("POSTERN_TABLE", "?"),
        ("POSTERN_SETTLE", "soon"),
        ("POSTERN_AUDIENCES", ""),
        ("POSTERN_OPERATOR_GROUPS", "ops,\u{202e}spo"),
    ]);
    assert_eq!(found.len(), 4, "{found:#?}");
}

#[test]
fn a_policy_may_stand_in_a_file() {
    let file = std::env::temp_dir().join(format!("postern-policy-{}.cedar", std::process::id()));
    std::fs::write(&file, POLICY).unwrap();
    let mut settings = whole();
    settings.remove("POSTERN_POLICY");
    settings.insert("POSTERN_POLICY_FILE", file.to_string_lossy().into_owned());
    let config = read(&settings);
    std::fs::remove_file(&file).unwrap();
    let same = loaded(&read(&whole()).unwrap());
    assert!(same.is_some());
    assert_eq!(loaded(&config.unwrap()), same);
}

/// The digest of the policy set that comes with a function.
fn loaded(config: &Config) -> Option<Digest> {
    let told = Arc::new(Mutex::new(None));
    let heard = Arc::clone(&told);
    let notices = Notices::to(move |notice| *heard.lock().unwrap() = Some(notice));
    let sdk = SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .build();
    let _ = config.in_force(&sdk, Clock::system(), notices);
    let told = told.lock().unwrap().take();
    match told {
        Some(Notice::PolicyLoaded { digest, .. }) => Some(digest),
        _ => None,
    }
}

#[test]
fn the_policy_set_may_stand_in_s3_and_has_one_source() {
    let object = "s3://postern-config/policy.cedar";
    let in_s3 = [("POSTERN_POLICY", ""), ("POSTERN_POLICY_OBJECT", object)];
    let mut settings = whole();
    settings.extend(in_s3.map(|(name, value)| (name, value.to_owned())));
    // What stands there is nobody's business yet.
    assert_eq!(loaded(&read(&settings).unwrap()), None);
    let with = |more: &[(&'static str, &str)]| faults(&[&in_s3, more].concat());
    for (found, says) in [
        (
            with(&[("POSTERN_POLICY", POLICY)]),
            "and so is `POSTERN_POLICY_OBJECT`",
        ),
        (
            with(&[("POSTERN_POLICY_FILE", "/p")]),
            "and so is `POSTERN_POLICY_OBJECT`",
        ),
        (
            with(&[("POSTERN_POLICY_OBJECT", "")]),
            "nor `POSTERN_POLICY_OBJECT`",
        ),
        (
            with(&[("POSTERN_POLICY_OBJECT", "policy.cedar")]),
            "such as `s3://bucket/key`",
        ),
        (
            with(&[("POSTERN_POLICY_REFRESH", "often")]),
            "such as `30s`",
        ),
        (
            with(&[("POSTERN_POLICY_KEEP", "59s")]),
            "`POSTERN_POLICY_REFRESH` or longer",
        ),
    ] {
        let [fault] = found.as_slice() else {
            panic!("{says}: {found:#?}")
        };
        assert!(fault.contains(says), "{fault}");
    }
}

#[test]
fn the_on_call_feed_has_an_object_and_a_key_or_neither() {
    let object = ("POSTERN_ON_CALL_OBJECT", "s3://postern-config/on-call.json");
    let key = ("POSTERN_ON_CALL_KEY_PARAMETER", "/postern/on-call-key");
    let mut settings = whole();
    settings.extend([object, key].map(|(name, value)| (name, value.to_owned())));
    assert!(read(&settings).is_ok());
    let both = "set both or none";
    for (changes, name, says) in [
        (vec![object], key.0, both),
        (vec![key], object.0, both),
        (
            vec![object, (key.0, "on-call-key")],
            key.0,
            "the full name of a parameter",
        ),
        (
            vec![(object.0, "on-call.json"), key],
            object.0,
            "such as `s3://bucket/key`",
        ),
    ] {
        let found = faults(&changes);
        let [fault] = found.as_slice() else {
            panic!("{says}: {found:#?}")
        };
        assert!(fault.contains(name) && fault.contains(says), "{fault}");
    }
}

#[test]
fn the_starter_policy_is_a_policy() {
    let mut settings = whole();
    let starter = concat!(env!("CARGO_MANIFEST_DIR"), "/../../policies/starter.cedar");
    settings.remove("POSTERN_POLICY");
    settings.insert("POSTERN_POLICY_FILE", starter.to_owned());
    assert!(read(&settings).is_ok());
}
