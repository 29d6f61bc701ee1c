//! Statements and layers: who wins, and the policies of AWS-FACTS with near misses.

use serde_json::{Value, json};

use super::*;
use crate::iam::MalformedPolicy;
use crate::iam::caller::Principal;

mod brokered;

fn permissions(statements: &Value) -> Policy {
    let document = json!({ "Version": "2012-10-17", "Statement": statements });
    Policy::permissions(document.to_string()).unwrap()
}

fn allow(action: &str, resource: &str) -> Policy {
    permissions(&json!({ "Effect": "Allow", "Action": action, "Resource": resource }))
}

fn deny(action: &str, resource: &str) -> Policy {
    permissions(&json!({ "Effect": "Deny", "Action": action, "Resource": resource }))
}

fn context() -> Context {
    Context::new()
        .with("aws:userid", "AROAX:req-1")
        .with("aws:PrincipalTag/hostile", "*")
        .with("aws:CurrentTime", "2026-11-24T10:00:00Z")
}

/// What one identity policy says.
fn alone(policy: &Policy, action: &str, resource: &str) -> Decision {
    let layers = Layers {
        identity: vec![policy],
        ..Layers::default()
    };
    judge(&layers, action, resource, &context())
}

const NODE: &str = "arn:aws:ec2:ap-northeast-2:111122223333:instance/i-0123456789abcdef0";
const NOTHING: Decision = Decision::NotAllowed(Layer::Identity);
const DENIED: Decision = Decision::Denied(Layer::Identity);

#[test]
fn actions_are_matched_without_case_and_resources_with_it() {
    for (action, resource, asked, on, decision) in [
        (
            "ssm:StartSession",
            NODE,
            "ssm:StartSession",
            NODE,
            Decision::Allowed,
        ),
        (
            "SSM:startsession",
            NODE,
            "ssm:StartSession",
            NODE,
            Decision::Allowed,
        ),
        (
            "ssm:Start*",
            NODE,
            "SSM:STARTSESSION",
            NODE,
            Decision::Allowed,
        ),
        (
            "ssm:?tartSession",
            NODE,
            "ssm:StartSession",
            NODE,
            Decision::Allowed,
        ),
        ("*", "*", "ssm:StartSession", NODE, Decision::Allowed),
        ("ssm:*", "*", "ssmmessages:OpenDataChannel", "*", NOTHING),
        ("ssm:StartSession", NODE, "ssm:StartSessions", NODE, NOTHING),
        ("ssm:StartSession", NODE, "ssm:SendCommand", NODE, NOTHING),
        ("ssm:StartSession", NODE, "ssm:StartSession", "*", NOTHING),
        (
            "ssm:StartSession",
            NODE,
            "ssm:StartSession",
            &NODE.to_uppercase(),
            NOTHING,
        ),
        (
            "ssm:StartSession",
            NODE,
            "ssm:StartSession",
            &format!("{NODE}0"),
            NOTHING,
        ),
        (
            "ssm:StartSession",
            "arn:aws:ec2:*:111122223333:instance/*",
            "ssm:StartSession",
            NODE,
            Decision::Allowed,
        ),
        (
            "ssm:StartSession",
            "arn:aws:ec2:*:444455556666:instance/*",
            "ssm:StartSession",
            NODE,
            NOTHING,
        ),
    ] {
        let policy = allow(action, resource);
        assert_eq!(
            alone(&policy, asked, on),
            decision,
            "{action} {resource}: {asked} {on}"
        );
    }
}

#[test]
fn inverted_elements_take_everything_else() {
    let not_iam = permissions(&json!({ "Effect": "Allow", "NotAction": "iam:*", "Resource": "*" }));
    assert_eq!(alone(&not_iam, "ssm:StartSession", NODE), Decision::Allowed);
    assert_eq!(alone(&not_iam, "iam:PutRolePolicy", "*"), NOTHING);

    let elsewhere = permissions(&json!([
        { "Effect": "Allow", "Action": "*", "Resource": "*" },
        { "Effect": "Deny", "Action": "ssm:*", "NotResource": [NODE, "arn:aws:ssm:*:*:document/A"] },
    ]));
    assert_eq!(
        alone(&elsewhere, "ssm:StartSession", NODE),
        Decision::Allowed
    );
    assert_eq!(
        alone(&elsewhere, "ssm:StartSession", &format!("{NODE}0")),
        DENIED
    );
    assert_eq!(
        alone(&elsewhere, "s3:GetObject", "arn:aws:s3:::b/k"),
        Decision::Allowed
    );
}

#[test]
fn a_variable_in_a_resource_is_literal_and_fails_closed() {
    let of = |effect: &str, element: &str, resource: &str| {
        let mut statement = json!({ "Effect": effect, "Action": "ssm:*" });
        statement[element] = json!(resource);
        permissions(&json!([statement, { "Effect": "Allow", "Action": "s3:*", "Resource": "*" }]))
    };
    let session = |name: &str| format!("arn:aws:ssm:ap-northeast-2:111122223333:session/{name}");
    let own = of("Allow", "Resource", &session("${aws:userid}-*"));
    assert_eq!(
        alone(&own, "ssm:ResumeSession", &session("AROAX:req-1-abc")),
        Decision::Allowed
    );
    assert_eq!(
        alone(&own, "ssm:ResumeSession", &session("AROAX:req-10-abc")),
        NOTHING
    );
    let hostile = of("Allow", "Resource", &session("${aws:PrincipalTag/hostile}"));
    assert_eq!(
        alone(&hostile, "ssm:ResumeSession", &session("anything")),
        NOTHING
    );
    assert_eq!(
        alone(&hostile, "ssm:ResumeSession", &session("*")),
        Decision::Allowed
    );
    // A variable without a value: no Allow, in whichever form; a Deny of all else holds.
    let missing = of("Allow", "Resource", &session("${aws:SourceIdentity}*"));
    assert_eq!(alone(&missing, "ssm:ResumeSession", &session("x")), NOTHING);
    let missing = of("Allow", "NotResource", &session("${aws:SourceIdentity}*"));
    assert_eq!(alone(&missing, "ssm:ResumeSession", &session("x")), NOTHING);
    let missing = of("Deny", "NotResource", &session("${aws:SourceIdentity}*"));
    assert_eq!(alone(&missing, "ssm:ResumeSession", &session("x")), DENIED);
}

#[test]
fn an_old_version_matches_a_variable_letter_by_letter() {
    let document = json!({ "Statement": {
        "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/${aws:userid}",
    } });
    let policy = Policy::permissions(document.to_string()).unwrap();
    let get = |key: &str| alone(&policy, "s3:GetObject", &format!("arn:aws:s3:::b/{key}"));
    assert_eq!(get("${aws:userid}"), Decision::Allowed);
    assert_eq!(get("AROAX:req-1"), NOTHING);
}

#[test]
fn what_cannot_be_judged_never_allows_and_always_denies() {
    let with = |effect: &str| {
        permissions(&json!([
            { "Effect": effect, "Action": "ssm:*", "Resource": "*",
              "Condition": { "BinaryEquals": { "aws:userid": "QQ==" } } },
            { "Effect": "Allow", "Action": "*", "Resource": "arn:aws:ssm:*:*:document/*" },
        ]))
    };
    let document = "arn:aws:ssm:ap-northeast-2:111122223333:document/A";
    assert_eq!(alone(&with("Allow"), "ssm:StartSession", NODE), NOTHING);
    assert_eq!(alone(&with("Deny"), "ssm:StartSession", document), DENIED);
    // Something else in the statement that does not hold still settles it.
    assert_eq!(
        alone(&with("Deny"), "s3:GetObject", document),
        Decision::Allowed
    );
}

#[test]
fn all_conditions_of_a_statement_must_hold() {
    let policy = permissions(&json!({
        "Effect": "Allow", "Action": "ssm:*", "Resource": "*",
        "Condition": {
            "StringEquals": { "aws:userid": "AROAX:req-1", "aws:PrincipalTag/hostile": "*" },
            "DateLessThan": { "aws:CurrentTime": "2026-11-24T10:00:01Z" },
        },
    }));
    let judged = |context: &Context| {
        let layers = Layers {
            identity: vec![&policy],
            ..Layers::default()
        };
        judge(&layers, "ssm:StartSession", NODE, context)
    };
    assert_eq!(judged(&context()), Decision::Allowed);
    for (key, value) in [
        ("aws:userid", "AROAX:req-2"),
        ("aws:PrincipalTag/hostile", "x"),
        ("aws:CurrentTime", "2026-11-24T10:00:01Z"),
    ] {
        let mut other = context();
        other.set(key, value);
        assert_eq!(judged(&other), NOTHING, "{key}");
    }
}

#[test]
fn every_layer_must_allow_and_none_may_deny() {
    let wide = allow("*", "*");
    let narrow = allow("ssm:StartSession", NODE);
    let other = allow("s3:*", "*");
    let no = deny("ssm:*", "*");
    let judged = |identity: &[&Policy], boundary: Option<&Policy>, session: &[&Policy]| {
        let layers = Layers {
            identity: identity.to_vec(),
            boundary,
            session: session.to_vec(),
        };
        judge(&layers, "ssm:StartSession", NODE, &context())
    };
    use Decision::{Allowed, Denied, NotAllowed};
    use Layer::{Boundary, Identity, Session};
    for (identity, boundary, session, decision) in [
        (vec![], None, vec![], NotAllowed(Identity)),
        (vec![&wide], None, vec![], Allowed),
        (vec![&other, &narrow], None, vec![], Allowed),
        (vec![&other], None, vec![], NotAllowed(Identity)),
        (vec![&wide, &no], None, vec![], Denied(Identity)),
        (vec![&no, &wide], None, vec![], Denied(Identity)),
        (vec![&wide], Some(&narrow), vec![], Allowed),
        (vec![&wide], Some(&other), vec![], NotAllowed(Boundary)),
        (vec![&wide], Some(&no), vec![], Denied(Boundary)),
        (vec![], Some(&wide), vec![&wide], NotAllowed(Identity)),
        (vec![&wide], None, vec![&narrow], Allowed),
        (vec![&wide], None, vec![&other], NotAllowed(Session)),
        (vec![&wide], None, vec![&other, &narrow], Allowed),
        (vec![&wide], None, vec![&narrow, &no], Denied(Session)),
        (vec![&wide], Some(&wide), vec![&narrow], Allowed),
        (vec![&wide], Some(&other), vec![&no], Denied(Session)),
        (vec![&no], Some(&no), vec![&no], Denied(Identity)),
        (
            vec![&other],
            Some(&other),
            vec![&narrow],
            NotAllowed(Identity),
        ),
        (
            vec![&wide],
            Some(&narrow),
            vec![&other],
            NotAllowed(Session),
        ),
    ] {
        let got = judged(&identity, boundary, &session);
        assert_eq!(got, decision, "{identity:?} {boundary:?} {session:?}");
    }
}

#[test]
fn a_refused_document_says_why() {
    let MalformedPolicy(why) = Policy::permissions("{}").unwrap_err();
    assert_eq!(why, "Missing required field Statement");
}

#[test]
fn a_trust_policy_knows_accounts_roles_and_sessions() {
    let mut issue = Caller::of_role("111122223333", "Issue", "s-1");
    if let Principal::Role(session) = &mut issue.principal {
        session.role_arn = "arn:aws:iam::111122223333:role/postern/Issue".to_owned();
    }
    for (principal, effect, trusted) in [
        (json!("*"), "Allow", true),
        (json!("*"), "Deny", false),
        (json!({ "AWS": "111122223333" }), "Allow", true),
        (
            json!({ "AWS": "arn:aws:iam::111122223333:root" }),
            "Allow",
            true,
        ),
        (
            json!({ "AWS": "arn:aws:iam::444455556666:root" }),
            "Allow",
            false,
        ),
        (
            json!({ "AWS": "arn:aws:iam::111122223333:role/postern/Issue" }),
            "Allow",
            true,
        ),
        (
            json!({ "AWS": "arn:aws:iam::111122223333:role/Issue" }),
            "Allow",
            false,
        ),
        (
            json!({ "AWS": "arn:aws:iam::444455556666:role/postern/Issue" }),
            "Allow",
            false,
        ),
        (
            json!({ "AWS": "arn:aws:sts::111122223333:assumed-role/Issue/s-1" }),
            "Allow",
            true,
        ),
        (
            json!({ "AWS": "arn:aws:sts::111122223333:assumed-role/Issue/s-2" }),
            "Allow",
            false,
        ),
        (
            json!({ "AWS": "arn:aws:iam::111122223333:user/admin" }),
            "Allow",
            false,
        ),
        (json!({ "Service": "lambda.amazonaws.com" }), "Allow", false),
    ] {
        let statement =
            json!({ "Effect": effect, "Principal": principal, "Action": "sts:AssumeRole" });
        let trust = Policy::trust(json!({ "Statement": statement }).to_string()).unwrap();
        let got = trusts(&trust, &issue, "sts:AssumeRole", &Context::new());
        assert_eq!(got, trusted, "{principal} {effect}");
        assert!(!trusts(&trust, &issue, "sts:TagSession", &Context::new()));
    }
}
