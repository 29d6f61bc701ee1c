//! Operators both ways, against present, missing and multiple values.

use super::*;

/// The context of most cases.
fn context() -> Context {
    Context::new()
        .with("aws:userid", "AROAX:req-1")
        .with("aws:PrincipalTag/Team", "Blue")
        .with("aws:PrincipalTag/hostile", "re?-*")
        .with("aws:PrincipalTag/empty", "")
        .with(
            "aws:PrincipalArn",
            "arn:aws:iam::111122223333:role/postern/Issue",
        )
        .with("aws:CurrentTime", "2026-11-24T10:15:00Z")
        .with("aws:EpochTime", "1795515300")
        .with("aws:SecureTransport", "true")
        .with("aws:SourceIp", "10.1.2.3")
        .with("aws:VpcSourceIp", "fd00::12")
        .with("s3:max-keys", "10")
        .with("sts:RoleSessionName", "not a number")
        .with("aws:TagKeys", "grant")
        .with("aws:TagKeys", "SSMSessionRunAs")
}

/// Whether `{operator: {key: values}}` holds in the context above.
fn holds(operator: &str, key: &str, values: &[&str]) -> Option<bool> {
    let operator = Operator::named(operator).expect(operator);
    let values = values
        .iter()
        .map(|value| match operator.takes_variables() {
            true => Template::with_variables(value).unwrap(),
            false => Template::plain(value),
        })
        .collect();
    Condition::new(operator, key, values)
        .unwrap()
        .holds(&context())
}

fn table(cases: &[(&str, &str, &[&str], bool)]) {
    for (operator, key, values, expected) in cases {
        assert_eq!(
            holds(operator, key, values),
            Some(*expected),
            "{operator} {key} {values:?}"
        );
    }
}

const YES: bool = true;
const NO: bool = false;

#[test]
fn texts_are_compared_whole_or_with_wildcards() {
    let team = "aws:PrincipalTag/Team";
    table(&[
        ("StringEquals", team, &["Blue"], YES),
        ("StringEquals", team, &["blue"], NO),
        ("StringEquals", team, &["Red", "Blue"], YES),
        ("StringEquals", team, &["B*"], NO),
        ("StringEquals", team, &[], NO),
        ("StringEquals", "aws:principaltag/TEAM", &["Blue"], YES),
        ("StringNotEquals", team, &["Blue"], NO),
        ("StringNotEquals", team, &["Red"], YES),
        ("StringNotEquals", team, &["Red", "Blue"], NO),
        ("StringNotEquals", team, &[], YES),
        ("StringEqualsIgnoreCase", team, &["bLUE"], YES),
        ("StringEqualsIgnoreCase", team, &["bLUE?"], NO),
        ("StringNotEqualsIgnoreCase", team, &["bLUE"], NO),
        ("StringNotEqualsIgnoreCase", team, &["red"], YES),
        ("StringLike", team, &["B?u*"], YES),
        ("StringLike", team, &["b*"], NO),
        ("StringNotLike", team, &["B*"], NO),
        ("StringNotLike", team, &["R*"], YES),
        ("StringLike", "aws:PrincipalTag/empty", &["?*"], NO),
        ("StringLike", "aws:PrincipalTag/empty", &["*"], YES),
    ]);
}

#[test]
fn a_variable_in_a_condition_is_literal_and_a_missing_one_equals_nothing() {
    let user = "aws:userid";
    table(&[
        (
            "StringEquals",
            user,
            &["AROAX:${aws:PrincipalTag/nobody, 'req-1'}"],
            YES,
        ),
        ("StringEquals", user, &["${aws:userid}"], YES),
        (
            "StringLike",
            user,
            &["AROAX:${aws:PrincipalTag/hostile}"],
            NO,
        ),
        (
            "StringNotLike",
            user,
            &["AROAX:${aws:PrincipalTag/hostile}"],
            YES,
        ),
        (
            "StringLike",
            "aws:PrincipalTag/hostile",
            &["re${?}-${*}"],
            YES,
        ),
        ("StringLike", user, &["AROAX:${*}"], NO),
        ("StringLike", user, &["*${aws:SourceIdentity}*"], NO),
        (
            "StringLike",
            user,
            &["*${aws:SourceIdentity}*", "AROAX:*"],
            YES,
        ),
        (
            "StringNotEquals",
            user,
            &["${aws:SourceIdentity}", "AROAX:req-1"],
            NO,
        ),
    ]);
    assert_eq!(
        holds("StringNotEquals", user, &["${aws:SourceIdentity}"]),
        None
    );
    assert_eq!(
        holds("ArnNotLike", "aws:PrincipalArn", &["${aws:SourceIdentity}"]),
        None
    );
}

#[test]
fn numbers_are_compared_as_numbers() {
    let keys = "s3:max-keys";
    table(&[
        ("NumericEquals", keys, &["10"], YES),
        ("NumericEquals", keys, &["10.0"], YES),
        ("NumericEquals", keys, &["9", "11"], NO),
        ("NumericNotEquals", keys, &["10"], NO),
        ("NumericNotEquals", keys, &["9"], YES),
        ("NumericLessThan", keys, &["9"], NO),
        ("NumericLessThan", keys, &["10"], NO),
        ("NumericLessThan", keys, &["100"], YES),
        ("NumericLessThanEquals", keys, &["10"], YES),
        ("NumericGreaterThan", keys, &["9"], YES),
        ("NumericGreaterThan", keys, &["10"], NO),
        ("NumericGreaterThanEquals", keys, &["10"], YES),
        ("NumericGreaterThanEquals", keys, &["10.5"], NO),
        ("NumericEquals", "sts:RoleSessionName", &["10"], NO),
    ]);
    assert_eq!(
        holds("NumericNotEquals", "sts:RoleSessionName", &["10"]),
        None
    );
}

#[test]
fn times_are_compared_in_any_of_their_notations() {
    let now = "aws:CurrentTime";
    table(&[
        ("DateLessThan", now, &["2026-11-24T10:15:01Z"], YES),
        ("DateLessThan", now, &["2026-11-24T10:15:00Z"], NO),
        ("DateLessThan", now, &["2026-11-24T11:15:00+02:00"], NO),
        ("DateLessThanEquals", now, &["2026-11-24T10:15:00Z"], YES),
        ("DateLessThanEquals", now, &["2026-11-24T10:14:59.999Z"], NO),
        ("DateGreaterThan", now, &["2026-11-24"], YES),
        ("DateGreaterThan", now, &["2026-11-25"], NO),
        ("DateGreaterThanEquals", now, &["2026-11-24T10:15:00Z"], YES),
        ("DateEquals", now, &["1795515300"], YES),
        ("DateEquals", now, &["2026-11-24T19:15:00+09:00"], YES),
        (
            "DateEquals",
            "aws:EpochTime",
            &["2026-11-24T10:15:00Z"],
            YES,
        ),
        ("DateLessThan", "aws:EpochTime", &["1795515300.5"], YES),
        ("DateNotEquals", now, &["2026-11-24T10:15:00Z"], NO),
        ("DateNotEquals", now, &["2026-11-24T10:15:01Z"], YES),
        ("DateLessThan", "aws:userid", &["2026-11-24"], NO),
    ]);
}

#[test]
fn booleans_addresses_and_arns_have_their_own_operators() {
    let arn = "aws:PrincipalArn";
    table(&[
        ("Bool", "aws:SecureTransport", &["true"], YES),
        ("Bool", "aws:SecureTransport", &["False"], NO),
        ("Bool", "aws:userid", &["true"], NO),
        ("IpAddress", "aws:SourceIp", &["10.1.0.0/16"], YES),
        (
            "IpAddress",
            "aws:SourceIp",
            &["10.2.0.0/16", "10.1.2.3"],
            YES,
        ),
        ("IpAddress", "aws:SourceIp", &["10.1.2.2/31"], YES),
        ("IpAddress", "aws:SourceIp", &["10.1.2.4/30"], NO),
        ("IpAddress", "aws:SourceIp", &["0.0.0.0/0"], YES),
        ("IpAddress", "aws:SourceIp", &["::/0"], NO),
        ("IpAddress", "aws:VpcSourceIp", &["fd00::/8"], YES),
        ("NotIpAddress", "aws:SourceIp", &["10.1.0.0/16"], NO),
        ("NotIpAddress", "aws:SourceIp", &["192.0.2.0/24"], YES),
        (
            "ArnEquals",
            arn,
            &["arn:aws:iam::111122223333:role/postern/Issue"],
            YES,
        ),
        ("ArnEquals", arn, &["arn:aws:iam::*:role/postern/*"], YES),
        ("ArnLike", arn, &["arn:*:iam::*:role/*/Issue"], YES),
        ("ArnLike", arn, &["arn:*:role/postern/Issue"], NO),
        ("ArnLike", arn, &["*"], NO),
        (
            "ArnLike",
            arn,
            &["arn:aws:iam::222233334444:role/postern/Issue"],
            NO,
        ),
        ("ArnNotEquals", arn, &["arn:aws:iam::*:role/postern/*"], NO),
        ("ArnNotLike", arn, &["arn:aws:iam::*:user/*"], YES),
    ]);
}

#[test]
fn a_missing_key_fails_what_is_positive_and_passes_what_is_negated() {
    let gone = "aws:SourceIdentity";
    table(&[
        ("StringEquals", gone, &["*"], NO),
        ("StringLike", gone, &["*"], NO),
        ("StringNotEquals", gone, &["x"], YES),
        ("StringNotEqualsIgnoreCase", gone, &["x"], YES),
        ("StringNotLike", gone, &["*"], YES),
        ("NumericLessThan", gone, &["1"], NO),
        ("NumericNotEquals", gone, &["1"], YES),
        ("DateLessThan", gone, &["2100-01-01"], NO),
        ("DateNotEquals", gone, &["2100-01-01"], YES),
        ("Bool", gone, &["false"], NO),
        ("IpAddress", gone, &["0.0.0.0/0"], NO),
        ("NotIpAddress", gone, &["0.0.0.0/0"], YES),
        ("ArnLike", gone, &["arn:*:*:*:*:*"], NO),
        ("ArnNotLike", gone, &["arn:*:*:*:*:*"], YES),
        ("StringEqualsIfExists", gone, &["x"], YES),
        ("BoolIfExists", gone, &["true"], YES),
        ("BoolIfExists", "aws:SecureTransport", &["false"], NO),
        ("DateLessThanIfExists", gone, &["2000-01-01"], YES),
        (
            "ArnLikeIfExists",
            "aws:PrincipalArn",
            &["arn:aws:iam::*:user/*"],
            NO,
        ),
        ("Null", gone, &["true"], YES),
        ("Null", gone, &["false"], NO),
        ("Null", "aws:userid", &["true"], NO),
        ("Null", "aws:userid", &["false"], YES),
        ("Null", "aws:PrincipalTag/empty", &["true"], NO),
    ]);
}

#[test]
fn set_operators_say_how_many_values_of_the_request_must_hold() {
    let keys = "aws:TagKeys";
    let gone = "sts:TransitiveTagKeys";
    table(&[
        (
            "ForAllValues:StringEquals",
            keys,
            &["grant", "SSMSessionRunAs"],
            YES,
        ),
        ("ForAllValues:StringEquals", keys, &["grant"], NO),
        (
            "ForAllValues:StringEquals",
            keys,
            &["grant", "SSMSessionRunAs", "other"],
            YES,
        ),
        ("ForAllValues:StringLike", keys, &["*"], YES),
        ("ForAllValues:StringNotEquals", keys, &["other"], YES),
        ("ForAllValues:StringNotEquals", keys, &["grant"], NO),
        ("ForAllValues:StringEquals", gone, &["grant"], YES),
        (
            "ForAllValues:StringEquals",
            "aws:PrincipalTag/empty",
            &["grant"],
            YES,
        ),
        ("ForAnyValue:StringEquals", keys, &["grant", "other"], YES),
        ("ForAnyValue:StringEquals", keys, &["other"], NO),
        ("ForAnyValue:StringNotEquals", keys, &["grant"], YES),
        (
            "ForAnyValue:StringNotEquals",
            keys,
            &["grant", "SSMSessionRunAs"],
            NO,
        ),
        ("ForAnyValue:StringEquals", gone, &["grant"], NO),
        ("ForAnyValue:StringNotEquals", gone, &["grant"], NO),
        ("ForAnyValue:StringLikeIfExists", gone, &["grant"], YES),
        // Without a set operator: any value will do, and none may for a negated operator.
        ("StringEquals", keys, &["grant"], YES),
        ("StringNotEquals", keys, &["grant"], NO),
    ]);
}

#[test]
fn an_operator_that_is_not_offered_cannot_be_judged_and_one_that_does_not_exist_has_no_name() {
    assert_eq!(holds("BinaryEquals", "aws:userid", &["QQ=="]), None);
    assert_eq!(
        holds("BinaryEqualsIfExists", "aws:SourceIdentity", &["QQ=="]),
        None
    );
    for name in [
        "stringequals",
        "StringMatches",
        "StringEqualsIfExistsIfExists",
        "NullIfExists",
        "ForAnyValue:Null",
        "ForSomeValues:StringEquals",
        "NumericLike",
        "DateNotLessThan",
        "",
    ] {
        assert_eq!(Operator::named(name), None, "{name}");
    }
}

#[test]
fn a_value_that_an_operator_cannot_read_is_refused_with_the_policy() {
    for (operator, value) in [
        ("NumericEquals", "ten"),
        ("NumericEquals", "inf"),
        ("NumericEquals", ""),
        ("DateLessThan", "tomorrow"),
        ("DateLessThan", "2026-11-24T10:15:00"),
        ("DateLessThan", "2026-13-01"),
        ("Bool", "yes"),
        ("Null", "maybe"),
        ("IpAddress", "10.0.0.0/33"),
        ("IpAddress", "10.0.0.1.2"),
        ("IpAddress", "${aws:SourceIp}"),
    ] {
        let operator = Operator::named(operator).unwrap();
        let refused = Condition::new(operator, "aws:userid", vec![Template::plain(value)]);
        assert!(refused.is_err(), "{operator:?} {value}");
    }
}
