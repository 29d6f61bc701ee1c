//! The policies are read back and put to a small evaluator of IAM's rules, so that the tests speak
//! of what credentials can do and not of how the text looks.

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::ask::Ask;
use crate::names::AccessKind;
use crate::session_document::SessionDocument;

const REQUEST: &str = "req-01KAV3M0000123456789ABCDEF";
const OTHER_REQUEST: &str = "req-01KAV3M0000123456789ABCDEG";
const PLACE: &str = "111122223333/ap-northeast-2";
const KEY: &str = "11111111-2222-3333-4444-555555555555";
const END: &str = "2026-11-24T10:15:00Z";

/// Regions with the longest names of each partition.
const REGIONS: [&str; 4] = ["ap-northeast-2", "ap-southeast-7", "us-gov-west-1", "cn-northwest-1"];

fn targets(names: &[String]) -> Targets {
    let list: Vec<Target> = names.iter().map(|name| name.parse().unwrap()).collect();
    list.try_into().unwrap()
}

fn shell_scope<'a>(targets: &'a Targets, document: &'a DocumentName) -> Scope<'a> {
    Scope {
        request: REQUEST.parse().unwrap(),
        targets,
        document,
        ends_at: END.parse().unwrap(),
        session_key: None,
        data_channel: DataChannel::Strict,
    }
}

/// Whether IAM would allow the action on the resource at that time to the caller of that user id.
///
/// A condition that the evaluator does not know fails the test.
fn allows(policy: &str, action: &str, resource: &str, at: &str, user_id: &str) -> bool {
    let policy: Value = serde_json::from_str(policy).unwrap();
    assert_eq!(policy["Version"], "2012-10-17");
    let now: Moment = at.parse().unwrap();
    policy["Statement"].as_array().unwrap().iter().any(|statement| {
        assert_eq!(statement["Effect"], "Allow");
        let named = |key: &str, wanted: &dyn Fn(&str) -> bool| match &statement[key] {
            Value::Array(list) => list.iter().any(|item| wanted(item.as_str().unwrap())),
            one => wanted(one.as_str().unwrap()),
        };
        let conditions = statement.get("Condition").cloned().unwrap_or_default();
        named("Action", &|own| own == action)
            && named("Resource", &|own| matches(&own.replace("${aws:userid}", user_id), resource))
            && conditions.as_object().into_iter().flatten().all(|(operator, keys)| {
                match operator.as_str() {
                    // The key is absent or true in every session the tests speak of.
                    "BoolIfExists" => {
                        assert_eq!(keys["ssm:SessionDocumentAccessCheck"], "true");
                        true
                    }
                    "DateLessThan" => {
                        now < keys["aws:CurrentTime"].as_str().unwrap().parse().unwrap()
                    }
                    unknown => panic!("unknown condition {unknown}"),
                }
            })
    })
}

/// IAM's wildcard: `*` stands for any run of characters.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((head, tail)) => text.strip_prefix(head).is_some_and(|rest| {
            (0..=rest.len()).any(|skipped| matches(tail, &rest[skipped..]))
        }),
    }
}

#[test]
fn one_shell_grant_reads_so() {
    let targets = targets(&[format!("{PLACE}/i-0123456789abcdef0")]);
    let document = "Postern-Shell-60".parse().unwrap();
    let policy = SessionPolicy::of(&shell_scope(&targets, &document)).unwrap();
    let golden = concat!(
        r#"{"Version":"2012-10-17","Statement":["#,
        r#"{"Effect":"Allow","Action":["ssm:StartSession"],"#,
        r#""Resource":["arn:aws:ec2:ap-northeast-2:111122223333:instance/i-0123456789abcdef0"],"#,
        r#""Condition":{"BoolIfExists":{"ssm:SessionDocumentAccessCheck":"true"},"#,
        r#""DateLessThan":{"aws:CurrentTime":"2026-11-24T10:15:00Z"}}},"#,
        r#"{"Effect":"Allow","Action":["ssm:StartSession"],"#,
        r#""Resource":["arn:aws:ssm:ap-northeast-2:111122223333:document/Postern-Shell-60"],"#,
        r#""Condition":{"DateLessThan":{"aws:CurrentTime":"2026-11-24T10:15:00Z"}}},"#,
        r#"{"Effect":"Allow","Action":["ssm:ResumeSession","ssmmessages:OpenDataChannel"],"#,
        r#""Resource":["arn:aws:ssm:ap-northeast-2:111122223333:session/req-01KAV3M0000123456789ABCDEF-*","#,
        r#""arn:aws:ssm:ap-northeast-2:111122223333:session/${aws:userid}-*"],"#,
        r#""Condition":{"DateLessThan":{"aws:CurrentTime":"2026-11-24T10:15:00Z"}}},"#,
        r#"{"Effect":"Allow","Action":["ssm:TerminateSession"],"#,
        r#""Resource":["arn:aws:ssm:ap-northeast-2:111122223333:session/req-01KAV3M0000123456789ABCDEF-*","#,
        r#""arn:aws:ssm:ap-northeast-2:111122223333:session/${aws:userid}-*"]}]}"#,
    );
    assert_eq!(policy.as_json(), golden);
}

#[test]
fn as_many_targets_fit_as_the_limit_of_ten_needs_and_no_more_are_ever_sent() {
    let ten = targets(&[format!("{PLACE}/i-0123456789abcdef0")]);
    let document = "Postern-Shell-60".parse().unwrap();
    let key = KEY.parse().unwrap();
    let scope = Scope { session_key: Some(&key), ..shell_scope(&ten, &document) };
    let many: Vec<Target> =
        (0..40).map(|n| format!("{PLACE}/i-0123456789abcde{n:02x}").parse().unwrap()).collect();
    let most =
        (1..=40).take_while(|n| SessionPolicy::on(&scope, many.iter().take(*n)).is_ok()).count();
    let most_without_key = (1..=40)
        .take_while(|n| {
            SessionPolicy::on(&Scope { session_key: None, ..scope }, many.iter().take(*n)).is_ok()
        })
        .count();
    assert_eq!((most, most_without_key), (0, 0));
    let refused = SessionPolicy::on(&scope, many.iter()).unwrap_err();
    assert!(refused.characters > SessionPolicy::LIMIT);
}

#[test]
fn a_fraction_of_a_second_never_lengthens_a_grant() {
    let targets = targets(&[format!("{PLACE}/i-0123456789abcdef0")]);
    let document = "Postern-Shell-60".parse().unwrap();
    let ends_at = "2026-11-24T10:15:00.999Z".parse().unwrap();
    let scope = Scope { ends_at, ..shell_scope(&targets, &document) };
    let whole = SessionPolicy::of(&shell_scope(&targets, &document)).unwrap();
    assert_eq!(SessionPolicy::of(&scope).unwrap(), whole);
}

#[test]
fn an_open_data_channel_scope_opens_nothing_else() {
    let targets = targets(&[format!("{PLACE}/i-0123456789abcdef0")]);
    let document = "Postern-Shell-60".parse().unwrap();
    let scope = Scope { data_channel: DataChannel::Any, ..shell_scope(&targets, &document) };
    let policy = SessionPolicy::of(&scope).unwrap();
    let foreign = format!("arn:aws:ssm:ap-northeast-2:111122223333:session/{OTHER_REQUEST}-a");
    let can = |action: &str, at: &str| allows(policy.as_json(), action, &foreign, at, "AROA:x");
    assert!(can("ssmmessages:OpenDataChannel", "2026-11-24T10:14:59Z"));
    assert!(!can("ssmmessages:OpenDataChannel", END));
    for action in ["ssm:ResumeSession", "ssm:TerminateSession", "ssm:StartSession"] {
        assert!(!can(action, "2026-11-24T10:14:59Z"), "{action}");
    }
}

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
        ("[a-z]{1,63}\\.[a-z]{1,16}", 1_u16..).prop_map(|(host, port)| format!(
            r#"{{"type":"port","host":"{host}","port":{port}}}"#
        )),
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
        .prop_map(|(account, region, instances, kind, seconds, end, key, data_channel)| {
            let names: Vec<String> = instances
                .iter()
                .map(|instance| format!("{account}/{region}/{instance}"))
                .collect();
            let kind: AccessKind = serde_json::from_str(&kind).unwrap();
            Grant {
                targets: targets(&names),
                document: SessionDocument::for_ask(&kind, seconds.try_into().unwrap()),
                ends_at: Moment::from_millis(end),
                key,
                data_channel,
            }
        })
}

/// Every resource of the policy, in order, without repetition.
fn resources(policy: &str) -> Vec<String> {
    let policy: Value = serde_json::from_str(policy).unwrap();
    let mut all = Vec::new();
    for statement in policy["Statement"].as_array().unwrap() {
        match &statement["Resource"] {
            Value::Array(list) => {
                all.extend(list.iter().map(|arn| arn.as_str().unwrap().to_owned()));
            }
            one => all.push(one.as_str().unwrap().to_owned()),
        }
    }
    all.sort();
    all.dedup();
    all
}

proptest! {
    #[test]
    fn a_legal_grant_always_fits_and_names_exactly_its_own_arns(grant in grants()) {
        let policy = SessionPolicy::of(&grant.scope()).unwrap();
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
        let policy = SessionPolicy::of(&grant.scope()).unwrap();
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
            let document = SessionDocument::for_ask(&ask.kind, ask.duration_seconds);
            let policy = SessionPolicy::of(&shell_scope(&ask.targets, &document)).unwrap();
            prop_assert_eq!(&policy, &expected);
        }

        // Names that lead into a document's name parse to the same statements.
        for kind in [
            serde_json::json!({ "type": "command", "name": text }),
            serde_json::json!({ "type": "port", "host": text, "port": 80 }),
        ] {
            if let Ok(kind) = serde_json::from_value::<AccessKind>(kind) {
                let document = SessionDocument::for_ask(&kind, 60.try_into().unwrap());
                let policy = SessionPolicy::of(&shell_scope(&targets, &document)).unwrap();
                let renamed = policy.as_json().replace(document.as_str(), plain.as_str());
                prop_assert_eq!(renamed.as_str(), expected.as_json());
            }
        }
        // What would widen an ARN is no name at all.
        if text.contains(['*', '?', '$', '"', ':', '/']) {
            prop_assert!(text.parse::<DocumentName>().is_err());
            prop_assert!(format!("{PLACE}/{text}").parse::<Target>().is_err());
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
