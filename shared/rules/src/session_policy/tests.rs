//! The policies are read back and put to a small evaluator of IAM's rules, so that the tests speak
//! of what credentials can do and not of how the text looks.

use serde_json::Value;

use super::*;
use crate::ask::Ask;
use crate::names::AccessKind;
use crate::session_document::SessionDocument;

mod properties;

const REQUEST: &str = "req-01KAV3M0000123456789ABCDEF";
const OTHER_REQUEST: &str = "req-01KAV3M0000123456789ABCDEG";
const PLACE: &str = "111122223333/ap-northeast-2";
const KEY: &str = "11111111-2222-3333-4444-555555555555";
const END: &str = "2026-11-24T10:15:00Z";

/// Regions with the longest names of each partition.
const REGIONS: [&str; 4] = [
    "ap-northeast-2",
    "ap-southeast-7",
    "us-gov-west-1",
    "cn-northwest-1",
];

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
    policy["Statement"]
        .as_array()
        .unwrap()
        .iter()
        .any(|statement| {
            assert_eq!(statement["Effect"], "Allow");
            let named = |key: &str, wanted: &dyn Fn(&str) -> bool| {
                texts(&statement[key]).into_iter().any(wanted)
            };
            let conditions = statement.get("Condition").cloned().unwrap_or_default();
            named("Action", &|own| own == action)
                && named("Resource", &|own| {
                    matches(&own.replace("${aws:userid}", user_id), resource)
                })
                && conditions
                    .as_object()
                    .into_iter()
                    .flatten()
                    .all(|(operator, keys)| {
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

/// The one text or the list of texts that an element of a statement holds.
fn texts(element: &Value) -> Vec<&str> {
    let one = std::slice::from_ref(element);
    let list = element.as_array().map_or(one, Vec::as_slice);
    list.iter().map(|text| text.as_str().unwrap()).collect()
}

/// IAM's wildcard: `*` stands for any run of characters.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((head, tail)) => text.strip_prefix(head).is_some_and(|rest| {
            (0..=rest.len()).any(|skipped| matches(tail, rest.get(skipped..).unwrap()))
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

/// The most targets of such a name that fit, with the longest document and the wider data channel.
fn most_that_fit(region: &str, instance: &str, key: Option<&KeyId>) -> usize {
    let of = |n: usize| -> Target {
        let digits = instance.len() - 2;
        format!(
            "111122223333/{region}/{}{n:02x}",
            instance.get(..digits).unwrap()
        )
        .parse()
        .unwrap()
    };
    let many: Vec<Target> = (0..40).map(of).collect();
    let one = Targets::try_from(vec![of(0)]).unwrap();
    let document = "Postern-Shell-480".parse().unwrap();
    let scope = Scope {
        session_key: key,
        data_channel: DataChannel::Any,
        ..shell_scope(&one, &document)
    };
    let fits = |n: &usize| SessionPolicy::on(&scope, many.iter().take(*n)).is_ok();
    let most = (1..=many.len()).take_while(fits).count();
    let refused = SessionPolicy::on(&scope, many.iter()).unwrap_err();
    assert!(refused.characters > SessionPolicy::LIMIT);
    most
}

#[test]
fn ten_instances_fit_in_commercial_regions_and_fewer_where_names_are_longer() {
    const EC2: &str = "i-0123456789abcdef0";
    const HYBRID: &str = "mi-0123456789abcdef0";
    let key: KeyId = KEY.parse().unwrap();
    let fit = |region, instance| {
        (
            most_that_fit(region, instance, None),
            most_that_fit(region, instance, Some(&key)),
        )
    };
    assert_eq!(
        [
            fit("ap-northeast-2", EC2),
            fit("us-gov-west-1", EC2),
            fit("ap-northeast-2", HYBRID),
            fit("us-gov-west-1", HYBRID),
        ],
        [(13, 10), (12, 9), (12, 9), (10, 8)]
    );
}

#[test]
fn a_fraction_of_a_second_never_lengthens_a_grant() {
    let targets = targets(&[format!("{PLACE}/i-0123456789abcdef0")]);
    let document = "Postern-Shell-60".parse().unwrap();
    let ends_at = "2026-11-24T10:15:00.999Z".parse().unwrap();
    let scope = Scope {
        ends_at,
        ..shell_scope(&targets, &document)
    };
    let whole = SessionPolicy::of(&shell_scope(&targets, &document)).unwrap();
    assert_eq!(SessionPolicy::of(&scope).unwrap(), whole);
}

#[test]
fn an_open_data_channel_scope_opens_nothing_else() {
    let targets = targets(&[format!("{PLACE}/i-0123456789abcdef0")]);
    let document = "Postern-Shell-60".parse().unwrap();
    let scope = Scope {
        data_channel: DataChannel::Any,
        ..shell_scope(&targets, &document)
    };
    let policy = SessionPolicy::of(&scope).unwrap();
    let foreign = format!("arn:aws:ssm:ap-northeast-2:111122223333:session/{OTHER_REQUEST}-a");
    let can = |action: &str, at: &str| allows(policy.as_json(), action, &foreign, at, "AROA:x");
    assert!(can("ssmmessages:OpenDataChannel", "2026-11-24T10:14:59Z"));
    assert!(!can("ssmmessages:OpenDataChannel", END));
    for action in [
        "ssm:ResumeSession",
        "ssm:TerminateSession",
        "ssm:StartSession",
    ] {
        assert!(!can(action, "2026-11-24T10:14:59Z"), "{action}");
    }
}
