//! The session policy of AWS-FACTS 1.1 and the trust policy of 1.25, and what is one step beside
//! them.

use super::*;

const DOCUMENT: &str = "arn:aws:ssm:ap-northeast-2:111122223333:document/Postern-Shell";
const SESSION: &str = "arn:aws:ssm:ap-northeast-2:111122223333:session/jit-1-abcdefgh";
const OWN: &str = "arn:aws:ssm:ap-northeast-2:111122223333:session/AROAX:jit-1-abcdefgh";
const KEY: &str = "arn:aws:kms:ap-northeast-2:111122223333:key/KEY";
const IN_TIME: &str = "2026-11-24T10:14:59Z";
const OVER: &str = "2026-11-24T10:15:00Z";

fn session_policy() -> Policy {
    permissions(&json!([
        { "Effect": "Allow", "Action": "ssm:StartSession", "Resource": NODE,
          "Condition": { "BoolIfExists": { "ssm:SessionDocumentAccessCheck": "true" },
                         "DateLessThan": { "aws:CurrentTime": OVER } } },
        { "Effect": "Allow", "Action": "ssm:StartSession", "Resource": DOCUMENT,
          "Condition": { "DateLessThan": { "aws:CurrentTime": OVER } } },
        { "Effect": "Allow",
          "Action": ["ssm:ResumeSession", "ssm:TerminateSession", "ssmmessages:OpenDataChannel"],
          "Resource": ["arn:aws:ssm:ap-northeast-2:111122223333:session/jit-1-*",
                       "arn:aws:ssm:ap-northeast-2:111122223333:session/${aws:userid}-*"] },
        { "Effect": "Allow", "Action": "kms:GenerateDataKey", "Resource": KEY },
    ]))
}

#[test]
fn the_session_policy_allows_its_grant_and_nothing_beside_it() {
    let base = allow("*", "*");
    let policy = session_policy();
    let ask = |action: &str, resource: &str, time: &str, check: Option<&str>| {
        let layers = Layers {
            identity: vec![&base],
            session: vec![&policy],
            ..Layers::default()
        };
        let mut context = Context::new().with("aws:userid", "AROAX:jit-1");
        context.set("aws:CurrentTime", time);
        if let Some(check) = check {
            context.set("ssm:SessionDocumentAccessCheck", check);
        }
        judge(&layers, action, resource, &context)
    };
    let yes = Decision::Allowed;
    let no = Decision::NotAllowed(Layer::Session);
    let start = "ssm:StartSession";
    let default_document = DOCUMENT.replace("Postern-Shell", "SSM-SessionManagerRunShell");
    for (action, resource, time, check, decision) in [
        (start, NODE, IN_TIME, Some("true"), yes),
        (start, NODE, IN_TIME, None, yes),
        (start, NODE, IN_TIME, Some("false"), no),
        (start, NODE, OVER, Some("true"), no),
        (start, DOCUMENT, IN_TIME, Some("true"), yes),
        (start, DOCUMENT, IN_TIME, Some("false"), yes),
        (start, DOCUMENT, OVER, None, no),
        (start, &NODE.replace("def0", "def1"), IN_TIME, None, no),
        (
            start,
            &NODE.replace("111122223333", "444455556666"),
            IN_TIME,
            None,
            no,
        ),
        (
            start,
            &NODE.replace("northeast", "southeast"),
            IN_TIME,
            None,
            no,
        ),
        (start, &default_document, IN_TIME, None, no),
        (start, &format!("{DOCUMENT}2"), IN_TIME, None, no),
        (start, SESSION, IN_TIME, None, no),
        ("ssm:ResumeSession", SESSION, IN_TIME, None, yes),
        ("ssm:ResumeSession", SESSION, OVER, None, yes),
        ("ssm:TerminateSession", SESSION, OVER, None, yes),
        ("ssm:TerminateSession", OWN, OVER, None, yes),
        ("ssmmessages:OpenDataChannel", SESSION, IN_TIME, None, yes),
        ("ssmmessages:OpenDataChannel", "*", IN_TIME, None, no),
        ("ssmmessages:OpenControlChannel", SESSION, IN_TIME, None, no),
        (
            "ssm:TerminateSession",
            &SESSION.replace("jit-1-", "jit-10-"),
            IN_TIME,
            None,
            no,
        ),
        (
            "ssm:TerminateSession",
            &OWN.replace("AROAX", "AROAY"),
            IN_TIME,
            None,
            no,
        ),
        ("ssm:SendCommand", NODE, IN_TIME, None, no),
        ("ssm:DescribeSessions", "*", IN_TIME, None, no),
        ("kms:GenerateDataKey", KEY, OVER, None, yes),
        ("kms:Decrypt", KEY, IN_TIME, None, no),
    ] {
        let got = ask(action, resource, time, check);
        assert_eq!(got, decision, "{action} {resource} {time} {check:?}");
    }
}

#[test]
fn bool_instead_of_bool_if_exists_refuses_the_allowed_document_too() {
    // AWS-FACTS 1.6: the key is not there when the document is judged.
    let policy = permissions(&json!({
        "Effect": "Allow", "Action": "ssm:StartSession", "Resource": [NODE, DOCUMENT],
        "Condition": { "Bool": { "ssm:SessionDocumentAccessCheck": "true" } },
    }));
    let layers = Layers {
        identity: vec![&policy],
        ..Layers::default()
    };
    assert_eq!(
        judge(&layers, "ssm:StartSession", DOCUMENT, &Context::new()),
        NOTHING
    );
}

fn trust_policy() -> Policy {
    let issue = json!({ "AWS": "arn:aws:iam::111122223333:role/Issue" });
    let document = json!({ "Version": "2012-10-17", "Statement": [
        { "Sid": "Assume", "Effect": "Allow", "Principal": issue, "Action": "sts:AssumeRole",
          "Condition": { "StringLike": { "sts:RoleSessionName": "jit-*",
                                         "sts:SourceIdentity": "?*",
                                         "aws:RequestTag/grant": "?*" } } },
        { "Sid": "Tag", "Effect": "Allow", "Principal": issue, "Action": "sts:TagSession",
          "Condition": { "StringLike": { "aws:RequestTag/grant": "?*" },
                         "ForAllValues:StringEquals": {
                             "aws:TagKeys": ["grant", "SSMSessionRunAs"] } } },
        { "Sid": "Src", "Effect": "Allow", "Principal": issue, "Action": "sts:SetSourceIdentity",
          "Condition": { "StringLike": { "sts:SourceIdentity": "?*" } } },
    ] });
    Policy::trust(document.to_string()).unwrap()
}

fn full() -> Context {
    Context::new()
        .with("sts:RoleSessionName", "jit-1")
        .with("sts:SourceIdentity", "ada")
        .with("aws:RequestTag/grant", "1")
        .with("aws:TagKeys", "grant")
}

fn with(key: &str, value: &str) -> Context {
    let mut context = full();
    context.set(key, value);
    context
}

fn without(key: &str) -> Context {
    let mut context = full();
    context.clear(key);
    context
}

#[test]
fn the_trust_policy_lets_one_role_in_and_nobody_else() {
    let trust = trust_policy();
    let issue = Caller::of_role("111122223333", "Issue", "s-1");
    for action in ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"] {
        assert!(trusts(&trust, &issue, action, &full()), "{action}");
        for stranger in [
            Caller::of_role("444455556666", "Issue", "s-1"),
            Caller::of_role("111122223333", "Sweeper", "s-1"),
            Caller {
                account: "111122223333".to_owned(),
                principal: Principal::Admin,
            },
        ] {
            assert!(
                !trusts(&trust, &stranger, action, &full()),
                "{action} {stranger:?}"
            );
        }
    }
    assert!(!trusts(&trust, &issue, "sts:AssumeRoleWithSAML", &full()));
}

#[test]
fn the_trust_policy_asks_for_everything_that_the_session_must_bring() {
    let trust = trust_policy();
    let issue = Caller::of_role("111122223333", "Issue", "s-1");
    let run_as = full().with("aws:TagKeys", "SSMSessionRunAs");
    assert!(trusts(&trust, &issue, "sts:TagSession", &run_as));
    for (action, context) in [
        ("sts:AssumeRole", with("sts:RoleSessionName", "other")),
        ("sts:AssumeRole", with("sts:SourceIdentity", "")),
        ("sts:AssumeRole", with("aws:RequestTag/grant", "")),
        ("sts:AssumeRole", without("sts:SourceIdentity")),
        ("sts:AssumeRole", without("sts:RoleSessionName")),
        ("sts:AssumeRole", without("aws:RequestTag/")),
        ("sts:TagSession", without("aws:RequestTag/")),
        ("sts:TagSession", full().with("aws:TagKeys", "admin")),
        ("sts:SetSourceIdentity", without("sts:SourceIdentity")),
    ] {
        assert!(
            !trusts(&trust, &issue, action, &context),
            "{action} {context:?}"
        );
    }
}

#[test]
fn the_deny_of_a_revoked_session_hits_it_alone() {
    let base = allow("*", "*");
    let revoked = permissions(&json!({
        "Effect": "Deny", "Action": "*", "Resource": "*",
        "Condition": { "StringLike": { "aws:userid": ["*:jit-1", "*:jit-7"] } },
    }));
    let unbrokered = permissions(&json!({
        "Effect": "Deny", "Action": "ssm:StartSession", "Resource": "*",
        "Condition": { "Null": { "aws:PrincipalTag/grant": "true" } },
    }));
    let layers = Layers {
        identity: vec![&base, &revoked, &unbrokered],
        ..Layers::default()
    };
    let ask = |user: &str, tagged: bool| {
        let mut context = Context::new().with("aws:userid", user);
        if tagged {
            context.set("aws:PrincipalTag/grant", "1");
        }
        judge(&layers, "ssm:StartSession", NODE, &context)
    };
    assert_eq!(ask("AROAX:jit-2", true), Decision::Allowed);
    assert_eq!(ask("AROAX:jit-1", true), DENIED);
    assert_eq!(ask("AROAX:jit-10", true), Decision::Allowed);
    assert_eq!(ask("AROAX:jit-2", false), DENIED);
}
