//! Properties of all grants that can be.

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::session_document::User;

/// A legal grant: what `Targets`, the documents and AWS's Regions let be.
#[derive(Debug, Clone)]
struct Grant {
    targets: Targets,
    document: DocumentName,
    ends_at: Moment,
    key: Option<KeyId>,
    data_channel: DataChannel,
}

impl Grant {
    fn scope(&self) -> Scope<'_> {
        Scope {
            request: REQUEST.parse().unwrap(),
            targets: &self.targets,
            document: &self.document,
            ends_at: self.ends_at,
            session_key: self.key.as_ref(),
            data_channel: self.data_channel,
        }
    }
}

fn grants() -> impl Strategy<Value = Grant> {
    let kind = prop_oneof![
        Just(r#"{"type":"shell"}"#.to_owned()),
        Just(r#"{"type":"ssh"}"#.to_owned()),
        "[a-z0-9-]{1,64}".prop_map(|name| format!(r#"{{"type":"command","name":"{name}"}}"#)),
        ("[a-z]{1,63}\\.[a-z]{1,16}", 1_u16..)
            .prop_map(|(host, port)| format!(r#"{{"type":"port","host":"{host}","port":{port}}}"#)),
    ];
    let instance = prop_oneof!["i-[0-9a-f]{17}", "mi-[0-9a-f]{17}", "i-[0-9a-f]{8}"];
    (
        "[0-9]{12}",
        prop::sample::select(REGIONS.to_vec()),
        prop::collection::btree_set(instance, 1..=10),
        kind,
        15_u64..=28_800,
        1_000_000_000_i64..4_000_000_000_000,
        prop::option::of(Just(KEY.parse::<KeyId>().unwrap())),
        prop::sample::select(vec![DataChannel::Strict, DataChannel::Any]),
    )
        .prop_map(
            |(account, region, instances, kind, seconds, end, key, data_channel)| {
                let names: Vec<String> = instances
                    .iter()
                    .map(|instance| format!("{account}/{region}/{instance}"))
                    .collect();
                let kind: AccessKind = serde_json::from_str(&kind).unwrap();
                Grant {
                    targets: targets(&names),
                    document: SessionDocument::for_access(
                        &kind,
                        seconds.try_into().unwrap(),
                        User::Usual,
                    ),
                    ends_at: Moment::from_millis(end),
                    key,
                    data_channel,
                }
            },
        )
}

/// Every resource of the policy, in order, without repetition.
fn resources(policy: &str) -> Vec<String> {
    let policy: Value = serde_json::from_str(policy).unwrap();
    let mut all = Vec::new();
    for statement in policy["Statement"].as_array().unwrap() {
        all.extend(texts(&statement["Resource"]).into_iter().map(str::to_owned));
    }
    all.sort();
    all.dedup();
    all
}

proptest! {
    #![proptest_config(crate::seeded::cases(256))]

    #[test]
    fn a_grant_that_fits_names_exactly_its_own_arns(grant in grants()) {
        let Ok(policy) = SessionPolicy::of(&grant.scope()) else {
            // However long the names are, six targets fit.
            prop_assert!(grant.targets.count() > 6, "{:?}", grant);
            return Ok(());
        };
        let json = policy.as_json();
        prop_assert!(json.chars().count() <= SessionPolicy::LIMIT);
        prop_assert!(json.chars().all(|c| (' '..='~').contains(&c)));

        let (account, region) = (grant.targets.account(), grant.targets.region());
        let partition = region.partition().as_str();
        let own = |service: &str, rest: &str| {
            format!("arn:{partition}:{service}:{region}:{account}:{rest}")
        };
        let mut expected: Vec<String> = grant
            .targets
            .iter()
            .map(|target| {
                let instance = target.instance.to_string();
                if instance.starts_with("mi-") {
                    own("ssm", &format!("managed-instance/{instance}"))
                } else {
                    own("ec2", &format!("instance/{instance}"))
                }
            })
            .collect();
        expected.push(own("ssm", &format!("document/{}", grant.document)));
        expected.push(own("ssm", &format!("session/{REQUEST}-*")));
        expected.push(own("ssm", "session/${aws:userid}-*"));
        expected.extend(grant.key.iter().map(|_| own("kms", &format!("key/{KEY}"))));
        expected.extend((grant.data_channel == DataChannel::Any).then(|| "*".to_owned()));
        expected.sort();
        prop_assert_eq!(resources(json), expected);
    }

    #[test]
    fn credentials_reach_the_grant_until_its_end_and_nothing_beside_it(
        grant in grants(),
        stranger in "i-[0-9a-f]{17}",
    ) {
        let Ok(policy) = SessionPolicy::of(&grant.scope()) else { return Ok(()) };
        let end = grant.ends_at.whole_second();
        let before = end.minus(std::time::Duration::from_secs(1)).to_string();
        let end = end.to_string();
        let user_id = format!("AROAEXAMPLE:{REQUEST}");
        let can = |action: &str, resource: &str, at: &str| {
            allows(policy.as_json(), action, resource, at, &user_id)
        };
        let (account, region) = (grant.targets.account(), grant.targets.region());
        let session = |request: &str| {
            Arn::of_sessions(account, region, request.parse().unwrap()).as_str().replace('*', "a1")
        };

        for target in grant.targets.iter() {
            let arn = Arn::of_target(target);
            prop_assert!(can("ssm:StartSession", arn.as_str(), &before));
            prop_assert!(!can("ssm:StartSession", arn.as_str(), &end));
            prop_assert!(!can("ssm:SendCommand", arn.as_str(), &before));
        }
        let stranger: Target = format!("{account}/{region}/{stranger}").parse().unwrap();
        let is_own = grant.targets.contains(&stranger);
        prop_assert_eq!(
            can("ssm:StartSession", Arn::of_target(&stranger).as_str(), &before), is_own);

        let document = |name: &str| Arn::of_document(account, region, &name.parse().unwrap());
        prop_assert!(can("ssm:StartSession", document(grant.document.as_str()).as_str(), &before));
        prop_assert!(!can("ssm:StartSession", document(grant.document.as_str()).as_str(), &end));
        for other in ["SSM-SessionManagerRunShell", "Postern-Shell", "Postern-Shell-4800"] {
            prop_assert!(!can("ssm:StartSession", document(other).as_str(), &before));
        }

        for action in ["ssm:ResumeSession", "ssmmessages:OpenDataChannel"] {
            prop_assert!(can(action, &session(REQUEST), &before));
            prop_assert!(!can(action, &session(REQUEST), &end));
        }
        prop_assert!(can("ssm:TerminateSession", &session(REQUEST), &end));
        prop_assert!(!can("ssm:TerminateSession", &session(OTHER_REQUEST), &before));
        prop_assert!(!can("ssm:ResumeSession", &session(OTHER_REQUEST), &before));
        prop_assert!(!can("sts:AssumeRole", "*", &before));
    }

    #[test]
    fn hostile_text_is_no_name_or_changes_nothing_but_the_name(text in hostile()) {
        let targets = targets(&[format!("{PLACE}/i-0123456789abcdef0")]);
        let plain: DocumentName = "Postern-Ssh".parse().unwrap();
        let expected = SessionPolicy::of(&shell_scope(&targets, &plain)).unwrap();

        // A reason and a ticket go with the ask, and the policy does not know them.
        let ask = serde_json::json!({
            "targets": [format!("{PLACE}/i-0123456789abcdef0")],
            "kind": { "type": "ssh" },
            "duration_seconds": 60,
            "reason": text,
        });
        if let Ok(ask) = serde_json::from_value::<Ask>(ask) {
            let document = SessionDocument::for_access(&ask.kind, ask.duration_seconds, User::Usual);
            let policy = SessionPolicy::of(&shell_scope(&ask.targets, &document)).unwrap();
            prop_assert_eq!(&policy, &expected);
        }

        // Names that lead into a document's name parse to the same statements.
        for kind in [
            serde_json::json!({ "type": "command", "name": text }),
            serde_json::json!({ "type": "port", "host": text, "port": 80 }),
        ] {
            if let Ok(kind) = serde_json::from_value::<AccessKind>(kind) {
                let document = SessionDocument::for_access(&kind, 60.try_into().unwrap(), User::Usual);
                let policy = SessionPolicy::of(&shell_scope(&targets, &document)).unwrap();
                let renamed = policy.as_json().replace(document.as_str(), plain.as_str());
                prop_assert_eq!(renamed.as_str(), expected.as_json());
            }
        }
        // What would widen an ARN is no name at all.
        if text.contains(['*', '?', '$', '"', ':', '/']) {
            prop_assert!(text.parse::<DocumentName>().is_err());
            let name = format!("{PLACE}/{text}");
            prop_assert!(name.parse::<Target>().is_err());
        }
    }
}

/// Text that tries to break out of a string, an ARN or a name, among text that does not.
fn hostile() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        Just(r#""],"Resource":"*"#.to_owned()),
        Just("*".to_owned()),
        Just("${aws:userid}".to_owned()),
        Just("i-0123456789abcdef0".to_owned()),
        Just("\\u002a".to_owned()),
        "[a-z0-9-]{1,12}",
        "\\PC{0,8}",
    ];
    prop::collection::vec(part, 1..4).prop_map(|parts| parts.concat())
}
