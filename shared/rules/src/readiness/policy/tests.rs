use serde_json::json;

use super::*;

const OBJECT: &str = "arn:aws:s3:::logs/sessions/x.log";

fn role() -> RoleArn {
    "arn:aws:iam::111122223333:role/app/Web".parse().unwrap()
}

fn context() -> Context {
    Context::default()
        .with("aws:securetransport", "true")
        .with("aws:sourcevpce", "vpce-0123456789abcdef0")
        .with("aws:principalarn", role().to_string())
        .without("aws:sourceip")
}

/// What a policy of these statements says of the role's `s3:PutObject`.
fn says(statements: Value) -> Says {
    let asked = Asked {
        role: Some(&role()),
        action: "s3:PutObject",
        resource: OBJECT,
        context: &context(),
    };
    judge(&json!({ "Statement": statements }), &asked)
}

fn with(effect: &str, more: Value) -> Value {
    let mut statement = json!({
        "Effect": effect, "Principal": "*", "Action": "s3:*", "Resource": "*",
    });
    for (member, value) in more.as_object().unwrap() {
        statement[member] = value.clone();
    }
    statement
}

#[test]
fn a_statement_fits_by_principal_action_and_resource() {
    let direct = Says::Allows { direct: true };
    let indirect = Says::Allows { direct: false };
    for (more, expected) in [
        (json!({}), &direct),
        (json!({ "Principal": { "AWS": "*" } }), &direct),
        (
            json!({ "Principal": { "AWS": role().to_string() } }),
            &direct,
        ),
        (json!({ "Principal": { "AWS": "111122223333" } }), &indirect),
        (
            json!({ "Principal": { "AWS": ["arn:aws:iam::111122223333:root"] } }),
            &indirect,
        ),
        (
            json!({ "Principal": { "AWS": "arn:aws:iam::111122223333:role/Other" } }),
            &Says::Nothing,
        ),
        (
            json!({ "Principal": { "AWS": "444455556666" } }),
            &Says::Nothing,
        ),
        (
            json!({ "Principal": { "Service": "ec2.amazonaws.com" } }),
            &Says::Nothing,
        ),
        (json!({ "Action": ["s3:get*", "S3:putobject"] }), &direct),
        (json!({ "Action": "s3:Get*" }), &Says::Nothing),
        (json!({ "Resource": "arn:aws:s3:::logs/*" }), &direct),
        (json!({ "Resource": "arn:aws:s3:::logs" }), &Says::Nothing),
        (json!({ "Resource": "arn:aws:s3:::logs/*/?.log" }), &direct),
    ] {
        assert_eq!(
            says(json!([with("Allow", more.clone())])),
            *expected,
            "{more}"
        );
    }
    assert_eq!(says(json!([])), Says::Nothing);
}

#[test]
fn a_deny_beats_what_allows() {
    let denied = says(json!([
        with("Allow", json!({})),
        with("Deny", json!({ "Sid": "No" }))
    ]));
    assert_eq!(denied, Says::Denies("No".into()));
    let not_action = json!({ "NotAction": "s3:GetObject" });
    let mut deny = with("Deny", not_action);
    deny.as_object_mut().unwrap().remove("Action");
    assert_eq!(says(json!([deny])), Says::Denies("#1".into()));
}

#[test]
fn conditions_are_decided_on_what_is_known() {
    let allowed = Says::Allows { direct: true };
    let denied = Says::Denies("#2".into());
    let doubtful = Says::Doubtful("#2".into());
    for (condition, expected) in [
        (
            json!({ "Bool": { "aws:SecureTransport": "false" } }),
            &allowed,
        ),
        (json!({ "Bool": { "aws:SecureTransport": true } }), &denied),
        (
            json!({ "StringNotEquals": { "aws:SourceVpce": "vpce-0123456789abcdef0" } }),
            &allowed,
        ),
        (
            json!({ "StringNotEquals": { "aws:SourceVpce": "vpce-1" } }),
            &denied,
        ),
        (
            json!({ "ArnNotLike": { "aws:PrincipalArn": "arn:aws:iam::*:role/app/*" } }),
            &allowed,
        ),
        (
            json!({ "StringNotLike": { "aws:PrincipalArn": "*Other" } }),
            &denied,
        ),
        (
            json!({ "StringNotEquals": { "aws:SourceIp": "1.2.3.4" } }),
            &denied,
        ),
        (
            json!({ "StringEqualsIfExists": { "aws:SourceIp": "1.2.3.4" } }),
            &denied,
        ),
        (
            json!({ "StringEquals": { "aws:SourceIp": "1.2.3.4" } }),
            &allowed,
        ),
        (json!({ "Null": { "aws:SourceIp": "true" } }), &denied),
        (json!({ "Null": { "aws:SourceIp": "false" } }), &allowed),
        (
            json!({ "StringNotEquals": { "aws:PrincipalOrgID": "o-1" } }),
            &doubtful,
        ),
        (
            json!({ "NumericLessThan": { "aws:SecureTransport": "1" } }),
            &doubtful,
        ),
        (
            json!({ "StringNotEquals": { "aws:SourceVpce": "${aws:x}" } }),
            &doubtful,
        ),
        // One condition that does not hold settles it, whatever the others are.
        (
            json!({
                "Bool": { "aws:SecureTransport": "false" },
                "StringNotEquals": { "aws:PrincipalOrgID": "o-1" },
            }),
            &allowed,
        ),
    ] {
        let deny = with("Deny", json!({ "Condition": condition }));
        assert_eq!(
            says(json!([with("Allow", json!({})), deny])),
            *expected,
            "{condition}"
        );
    }
}

#[test]
fn what_cannot_be_read_is_in_doubt() {
    for odd in [
        json!({ "Effect": "Allow", "Action": "*", "Resource": "*" }),
        json!({ "Effect": "Perhaps", "Principal": "*", "Action": "*", "Resource": "*" }),
        json!({ "Effect": "Allow", "Principal": "*", "Resource": "*" }),
        json!({ "Effect": "Allow", "NotPrincipal": "*", "Action": "*", "Resource": "*" }),
        json!(7),
    ] {
        assert_eq!(
            says(json!([odd.clone()])),
            Says::Doubtful("#1".into()),
            "{odd}"
        );
    }
}

#[test]
fn a_pattern_of_many_stars_takes_no_longer_than_its_length() {
    let pattern = "a*".repeat(500) + "b";
    assert!(!glob(&pattern, &"a".repeat(2_000)));
    assert!(glob("a*b?d", "axxxbcd") && !glob("a?", "a") && glob("*", ""));
}
