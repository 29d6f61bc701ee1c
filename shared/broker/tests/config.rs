//! The configuration: what is read, and that everything wrong is told at once.

#![cfg(test)]

use std::collections::BTreeMap;

use broker::config::{Config, Faults, Ground};

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
    let same = read(&whole()).unwrap().terms().policy.digest();
    assert_eq!(config.unwrap().terms().policy.digest(), same);
}

#[test]
fn the_starter_policy_is_a_policy() {
    let mut settings = whole();
    let starter = concat!(env!("CARGO_MANIFEST_DIR"), "/../../policies/starter.cedar");
    settings.remove("POSTERN_POLICY");
    settings.insert("POSTERN_POLICY_FILE", starter.to_owned());
    assert!(read(&settings).is_ok());
}
