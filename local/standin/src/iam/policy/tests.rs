//! What is a policy and what is not.

use serde_json::json;

use super::*;

const ALLOW: &str = r#""Effect":"Allow","Action":"s3:GetObject","Resource":"*""#;

fn refused(document: &str) -> String {
    match Policy::permissions(document) {
        Ok(_) => panic!("accepted: {document}"),
        Err(MalformedPolicy(why)) => why,
    }
}

fn statement(body: &str) -> String {
    format!(r#"{{"Version":"2012-10-17","Statement":[{{{body}}}]}}"#)
}

#[test]
fn one_or_many_are_both_read() {
    for document in [
        statement(ALLOW),
        format!(r#"{{"Statement":{{{ALLOW}}}}}"#),
        format!(r#"{{"Version":"2008-10-17","Id":"x","Statement":[{{{ALLOW}}},{{{ALLOW}}}]}}"#),
        statement(
            r#""Sid":"","Effect":"Deny","NotAction":["iam:*","sts:Get?"],"NotResource":["arn:aws:s3:::b","arn:aws:s3:::b/*"]"#,
        ),
        statement(&format!(
            r#"{ALLOW},"Condition":{{"NumericEquals":{{"s3:max-keys":[1,2.5]}},"Bool":{{"aws:SecureTransport":true}}}}"#
        )),
        statement(&format!(r#"{ALLOW},"Condition":{{}}"#)),
    ] {
        assert!(Policy::permissions(document.as_str()).is_ok(), "{document}");
    }
}

#[test]
fn documents_with_a_wrong_shape_are_refused() {
    for document in [
        "",
        "{",
        "[]",
        "\"Allow\"",
        "{}",
        r#"{"Version":"2012-10-17"}"#,
        r#"{"Version":"2012-10-17","Statement":[]}"#,
        r#"{"Version":"2012-10-17","Statement":["Allow"]}"#,
        &format!(r#"{{"Version":"2020-01-01","Statement":[{{{ALLOW}}}]}}"#),
        &format!(r#"{{"Version":20121017,"Statement":[{{{ALLOW}}}]}}"#),
        &format!(r#"{{"version":"2012-10-17","Statement":[{{{ALLOW}}}]}}"#),
        &format!(r#"{{"Statement":[{{{ALLOW}}}],"Statement":[{{{ALLOW}}}]}}"#),
        &format!(r#"{{"Statement":[{{{ALLOW}}}]}} trailing"#),
        &statement(&format!(r#"{ALLOW},"Effect":"Deny""#)),
        &statement(&format!(r#"{ALLOW},"Comment":"x""#)),
    ] {
        refused(document);
    }
}

#[test]
fn statements_with_missing_or_wrong_elements_are_refused() {
    for body in [
        r#""Action":"s3:GetObject","Resource":"*""#,
        r#""Effect":"allow","Action":"s3:GetObject","Resource":"*""#,
        r#""Effect":["Allow"],"Action":"s3:GetObject","Resource":"*""#,
        r#""Effect":"Allow","Resource":"*""#,
        r#""Effect":"Allow","Action":[],"Resource":"*""#,
        r#""Effect":"Allow","Action":7,"Resource":"*""#,
        r#""Effect":"Allow","Action":["s3:GetObject",null],"Resource":"*""#,
        r#""Effect":"Allow","Action":"s3:*","NotAction":"s3:Get*","Resource":"*""#,
        r#""Effect":"Allow","Action":"s3:GetObject""#,
        r#""Effect":"Allow","Action":"s3:GetObject","Resource":[]"#,
        r#""Effect":"Allow","Action":"s3:GetObject","Resource":"*","NotResource":"*""#,
        r#""Effect":"Allow","Action":"s3:GetObject","Resource":"*","Principal":"*""#,
        r#""Effect":"Allow","Action":"s3:GetObject","Resource":"*","NotPrincipal":"*""#,
        r#""Sid":"a-b","Effect":"Allow","Action":"s3:GetObject","Resource":"*""#,
        r#""Sid":1,"Effect":"Allow","Action":"s3:GetObject","Resource":"*""#,
    ] {
        refused(&statement(body));
    }
    let twice = format!(r#"{{"Statement":[{{"Sid":"A",{ALLOW}}},{{"Sid":"A",{ALLOW}}}]}}"#);
    assert!(refused(&twice).contains("unique"));
}

#[test]
fn actions_and_resources_must_be_spelled_out_where_wildcards_mean_nothing() {
    for action in [
        "s3",
        "s3:",
        ":Get",
        "s*:Get",
        "*:*",
        "s3:Get Object",
        "${aws:userid}:Get",
        "",
    ] {
        refused(&statement(&format!(
            r#""Effect":"Allow","Action":"{action}","Resource":"*""#
        )));
    }
    for resource in [
        "",
        "**",
        "bucket",
        "arn:aws:s3",
        "arn:aws:s3:*",
        "arn:*:s3:::bucket",
        "arn:aws:*:::bucket",
        "arn:aws:s?:::bucket",
        "ARN:aws:s3:::bucket",
        "arn::s3:::bucket",
        "arn:aws:s3:::${aws:userid",
        "arn:aws:s3:::${nothing}",
    ] {
        let body = format!(r#""Effect":"Allow","Action":"s3:GetObject","Resource":"{resource}""#);
        refused(&statement(&body));
    }
}

#[test]
fn conditions_with_a_wrong_shape_are_refused() {
    for condition in [
        r#"[]"#,
        r#"{"StringEquals":"x"}"#,
        r#"{"StringEquals":{"aws:userid":{}}}"#,
        r#"{"StringEquals":{"aws:userid":null}}"#,
        r#"{"StringEquals":{"aws:userid":[["x"]]}}"#,
        r#"{"StringEquals":{"userid":"x"}}"#,
        r#"{"StringEquals":{"aws:userid":"x","aws:userid":"y"}}"#,
        r#"{"StringEquals":{"aws:userid":"${aws:userid"}}"#,
        r#"{"DateLessThan":{"aws:CurrentTime":"soon"}}"#,
        r#"{"Bool":{"aws:SecureTransport":"yes"}}"#,
    ] {
        refused(&statement(&format!(r#"{ALLOW},"Condition":{condition}"#)));
    }
    let unknown = statement(&format!(
        r#"{ALLOW},"Condition":{{"StringSame":{{"aws:x":"y"}}}}"#
    ));
    assert_eq!(refused(&unknown), "Invalid Condition type : StringSame.");
}

#[test]
fn an_old_version_takes_variables_for_plain_text() {
    let document = |version: &str| {
        format!(
            r#"{{"Version":"{version}","Statement":{{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/${{aws:userid"}}}}"#
        )
    };
    assert!(Policy::permissions(document("2008-10-17")).is_ok());
    refused(&document("2012-10-17"));
}

#[test]
fn a_trust_policy_names_principals_and_no_resources() {
    let trust = |principal: serde_json::Value, action: serde_json::Value| {
        let statement = json!({ "Effect": "Allow", "Principal": principal, "Action": action });
        Policy::trust(json!({ "Version": "2012-10-17", "Statement": statement }).to_string())
    };
    for principal in [
        json!("*"),
        json!({ "AWS": "*" }),
        json!({ "AWS": "111122223333" }),
        json!({ "AWS": ["arn:aws:iam::111122223333:root", "arn:aws:iam::111122223333:role/p/R"] }),
        json!({ "AWS": "arn:aws:sts::111122223333:assumed-role/R/session", "Service": "lambda.amazonaws.com" }),
    ] {
        assert!(
            trust(principal.clone(), json!("sts:AssumeRole")).is_ok(),
            "{principal}"
        );
    }
    for principal in [
        json!("111122223333"),
        json!({}),
        json!({ "AWS": [] }),
        json!({ "AWS": "arn:aws:iam::111122223333:role/*" }),
        json!({ "AWS": "arn:aws:iam::111122223333:group/g" }),
        json!({ "AWS": "arn:aws:iam::1:root" }),
        json!({ "AWS": "arn:aws:sts::111122223333:assumed-role/R" }),
        json!({ "AWS": 111_122_223_333_i64 }),
        json!({ "Service": "*" }),
        json!({ "Anybody": "x" }),
    ] {
        assert!(
            trust(principal.clone(), json!("sts:AssumeRole")).is_err(),
            "{principal}"
        );
    }
    let caller = || json!({ "AWS": "111122223333" });
    assert!(trust(caller(), json!(["sts:AssumeRole", "sts:TagSession"])).is_ok());
    assert!(trust(caller(), json!("ssm:StartSession")).is_err());
    assert!(trust(caller(), json!("*")).is_err());
    assert!(Policy::trust(statement(ALLOW)).is_err());
    let nobody = json!({ "Statement": { "Effect": "Allow", "Action": "sts:AssumeRole" } });
    assert!(Policy::trust(nobody.to_string()).is_err());
    let resource = json!({ "Statement": { "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": "*", "Resource": "*" } });
    assert!(Policy::trust(resource.to_string()).is_err());
}

#[test]
fn a_policy_is_kept_as_its_text() {
    let text = statement(ALLOW);
    let policy = Policy::permissions(text.as_str()).unwrap();
    let kept = serde_json::to_string(&policy).unwrap();
    assert_eq!(serde_json::from_str::<Policy>(&kept).unwrap(), policy);
    assert_eq!(policy.text(), text);
    assert!(serde_json::from_str::<Policy>(&kept.replace("Allow", "Maybe")).is_err());
}
