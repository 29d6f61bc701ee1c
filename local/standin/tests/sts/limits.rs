//! What `AssumeRole` refuses (AWS-FACTS 1.18 to 1.21, 1.25), and what passes just below.

use aws_sdk_sts::operation::assume_role::builders::AssumeRoleFluentBuilder;
use aws_sdk_sts::types::PolicyDescriptorType;
use serde_json::json;
use standin::World;

use super::wire::{assume, client, function, keys, open_role, packed, refused, tag, world};

/// A session policy of exactly so many characters.
fn policy_of(length: usize) -> String {
    let of = |key: &str| {
        json!({ "Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "s3:*", "Resource": format!("arn:aws:s3:::b/{key}"),
        } })
        .to_string()
    };
    of(&"k".repeat(length - of("").len()))
}

async fn code(call: AssumeRoleFluentBuilder) -> String {
    refused(call).await.0
}

#[tokio::test]
async fn a_policy_has_a_length_an_alphabet_and_a_grammar() {
    let world = world();
    let sts = function(&world, "Issue");
    assert!(assume(&sts).policy(policy_of(2_048)).send().await.is_ok());
    for (policy, expected) in [
        (policy_of(2_049), "ValidationError"),
        (String::new(), "ValidationError"),
        (policy_of(200).replace('k', "\u{100}"), "ValidationError"),
        (policy_of(200).replace('k', "\u{1f}"), "ValidationError"),
        ("{}".to_owned(), "MalformedPolicyDocument"),
        (
            policy_of(200).replace("Allow", "Let"),
            "MalformedPolicyDocument",
        ),
        (
            policy_of(200).replace("\"Effect\"", "\"Principal\":\"*\",\"Effect\""),
            "MalformedPolicyDocument",
        ),
    ] {
        let (got, status, _) = refused(assume(&sts).policy(&policy)).await;
        assert_eq!((got.as_str(), status), (expected, 400), "{policy}");
    }
    assert!(
        assume(&sts)
            .policy(policy_of(200).replace('k', "ÿ"))
            .send()
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn managed_policies_count_and_must_exist() {
    let world = world();
    let sts = function(&world, "Issue");
    let arn = world.add_managed_policy("M", &policy_of(200)).unwrap();
    let named = |arn: &str| PolicyDescriptorType::builder().arn(arn).build();
    let ten = assume(&sts).set_policy_arns(Some(vec![named(&arn); 10]));
    assert!(ten.send().await.is_ok());
    let eleven = assume(&sts).set_policy_arns(Some(vec![named(&arn); 11]));
    assert_eq!(code(eleven).await, "ValidationError");
    let unknown = named("arn:aws:iam::111122223333:policy/Nothing");
    assert_eq!(
        code(assume(&sts).policy_arns(unknown)).await,
        "ValidationError"
    );
    let together = assume(&sts)
        .policy(policy_of(2_048 - arn.len() + 1))
        .policy_arns(named(&arn));
    assert_eq!(code(together).await, "ValidationError");
    let together = assume(&sts)
        .policy(policy_of(2_048 - arn.len()))
        .policy_arns(named(&arn));
    assert!(together.send().await.is_ok());
}

#[tokio::test]
async fn everything_packed_has_a_size_too() {
    let world = world();
    world.add_role(open_role("Open")).unwrap();
    let admin = client(&world, world.admin_keys());
    let open = |tags: usize| {
        let tags = (0..tags)
            .map(|n| tag(&format!("key-{n:02}"), &"v".repeat(94)))
            .collect();
        admin
            .assume_role()
            .role_arn("arn:aws:iam::111122223333:role/Open")
            .role_session_name("x1")
            .policy(policy_of(2_000))
            .set_tags(Some(tags))
    };
    let made = open(10).send().await.unwrap();
    assert_eq!(packed(&made), Some(100));
    let (got, status, message) = refused(open(11)).await;
    assert_eq!((got.as_str(), status), ("PackedPolicyTooLarge", 400));
    assert!(message.contains("104%"), "{message}");
    let bare = admin
        .assume_role()
        .role_arn("arn:aws:iam::111122223333:role/Open");
    let bare = bare.role_session_name("x1").send().await.unwrap();
    assert_eq!(packed(&bare), None);
}

#[tokio::test]
async fn a_token_grows_with_what_it_carries_and_to_the_size_that_was_asked_for() {
    let world = world();
    let sts = function(&world, "Issue");
    let small = assume(&sts).send().await.unwrap();
    let large = assume(&sts).policy(policy_of(2_048)).send().await.unwrap();
    let padded = assume(&sts)
        .minimum_session_token_size(4_096)
        .send()
        .await
        .unwrap();
    for made in [&small, &large, &padded] {
        let token = made.credentials().unwrap().session_token().len();
        assert_eq!(
            made.session_token_size(),
            Some(i32::try_from(token).unwrap())
        );
        assert!(made.session_token_utilization().unwrap() <= 100);
    }
    assert!(small.session_token_size() < large.session_token_size());
    assert!(small.session_token_utilization() < large.session_token_utilization());
    assert_eq!(padded.session_token_size(), Some(4_096));
    let too_large = assume(&sts).minimum_session_token_size(4_097);
    assert_eq!(code(too_large).await, "ValidationError");
}

#[tokio::test]
async fn a_duration_has_three_bounds() {
    let world = world();
    let mut long = open_role("Long");
    long.max_session_seconds = 7_200;
    let long = world.add_role(long).unwrap();
    let chained = function(&world, "Issue");
    for (seconds, expected) in [
        (899, Some("greater than or equal to 900")),
        (900, None),
        (3_600, None),
        (3_601, Some("MaxSessionDuration")),
        (43_201, Some("less than or equal to 43200")),
    ] {
        let call = assume(&chained).duration_seconds(seconds);
        match expected {
            None => assert!(call.send().await.is_ok(), "{seconds}"),
            Some(words) => {
                let (got, status, message) = refused(call).await;
                assert_eq!(
                    (got.as_str(), status),
                    ("ValidationError", 400),
                    "{seconds}"
                );
                assert!(message.contains(words), "{message}");
            }
        }
    }
    // Two hours for a user, one for a session.
    let admin = client(&world, world.admin_keys());
    let by = |sts: &aws_sdk_sts::Client| {
        sts.assume_role()
            .role_arn(&long)
            .role_session_name("x1")
            .duration_seconds(7_200)
    };
    let made = by(&admin).send().await.unwrap();
    let session = client(&world, keys(&made));
    let (got, _, message) = refused(by(&session)).await;
    assert_eq!(got, "ValidationError");
    assert!(message.contains("role chaining"), "{message}");
    assert!(by(&session).duration_seconds(3_600).send().await.is_ok());
}

#[tokio::test]
async fn names_have_their_alphabet_and_length() {
    let world = world();
    let sts = function(&world, "Issue");
    let long = |length: usize| format!("req-{}", "x".repeat(length - 4));
    for good in ["req-A_b+=,.@-9", &long(64)] {
        assert!(
            assume(&sts).role_session_name(good).send().await.is_ok(),
            "{good}"
        );
    }
    for bad in ["r", &long(65), "req 1", "req/1", "req:1", "réq-1", ""] {
        assert_eq!(
            code(assume(&sts).role_session_name(bad)).await,
            "ValidationError",
            "{bad}"
        );
    }
    for bad in ["a", &long(65), "a b", "aws:ada", "a\u{301}b"] {
        assert_eq!(
            code(assume(&sts).source_identity(bad)).await,
            "ValidationError",
            "{bad}"
        );
    }
    for bad in ["x", "a b", "a*"] {
        assert_eq!(
            code(assume(&sts).external_id(bad)).await,
            "ValidationError",
            "{bad}"
        );
    }
    for bad in [
        "role/Access",
        "arn:aws:iam::111122223333:user/admin",
        "arn:aws:iam::1:role/Access-x",
    ] {
        assert_eq!(
            code(assume(&sts).role_arn(bad)).await,
            "ValidationError",
            "{bad}"
        );
    }
    assert_eq!(
        code(assume(&sts).serial_number("arn:aws:iam::1:mfa/a")).await,
        "ValidationError"
    );
}

/// An assumption of an open role by the admin, whom nothing but limits can stop.
fn by_admin(world: &World) -> AssumeRoleFluentBuilder {
    let arn = world.add_role(open_role("Open")).unwrap();
    client(world, world.admin_keys())
        .assume_role()
        .role_arn(arn)
        .role_session_name("x1")
}

#[tokio::test]
async fn tags_have_their_alphabet_length_number_and_keys_of_their_own() {
    let world = world();
    let call = || by_admin(&world);
    let tags = |count: usize| Some((0..count).map(|n| tag(&format!("k{n}"), "")).collect());
    assert!(call().set_tags(tags(50)).send().await.is_ok());
    assert_eq!(code(call().set_tags(tags(51))).await, "ValidationError");
    for (key, value) in [
        ("팀 name_.:/=+-@", "값 ½"),
        ("postern:request", "req-1"),
        (&"k".repeat(128), &"v".repeat(256)),
    ] {
        assert!(call().tags(tag(key, value)).send().await.is_ok(), "{key}");
    }
    for (key, value) in [
        ("", "v"),
        (&"k".repeat(129), "v"),
        ("k", &"v".repeat(257)),
        ("k,", "v"),
        ("k", "a*"),
        ("k", "a\nb"),
        ("k", "${aws:userid}"),
        ("aws:k", "v"),
        ("AWS:k", "v"),
    ] {
        let got = code(call().tags(tag(key, value))).await;
        assert_eq!(got, "ValidationError", "{key:?} {value:?}");
    }
    let twice = call().tags(tag("Team", "a")).tags(tag("team", "b"));
    assert_eq!(code(twice).await, "InvalidParameterValue");
    let untagged = call().tags(tag("team", "a")).transitive_tag_keys("other");
    assert_eq!(code(untagged).await, "InvalidParameterValue");
}

#[tokio::test]
async fn a_chain_keeps_its_source_identity_and_its_transitive_tags() {
    let world = world();
    let first = by_admin(&world)
        .source_identity("ada")
        .tags(tag("Team", "blue"))
        .tags(tag("Passing", "1"))
        .transitive_tag_keys("team")
        .send()
        .await
        .unwrap();
    let mut own = open_role("Next");
    own.inline = vec![(
        "Own".to_owned(),
        json!({ "Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::${aws:SourceIdentity}/${aws:PrincipalTag/Team}-${aws:PrincipalTag/Passing, 'none'}",
        } })
        .to_string(),
    )];
    let next = world.add_role(own).unwrap();
    let session = client(&world, keys(&first));
    let call = || {
        session
            .assume_role()
            .role_arn(&next)
            .role_session_name("x2")
    };

    let second = call().send().await.unwrap();
    assert_eq!(second.source_identity(), Some("ada"));
    let get = standin::Demand::new("s3:GetObject", "arn:aws:s3:::ada/blue-none");
    assert!(world.may(&keys(&second).access_key_id, &get).is_ok());

    assert!(call().source_identity("ada").send().await.is_ok());
    let (got, _, message) = refused(call().source_identity("eve")).await;
    assert_eq!(got, "ValidationError");
    assert!(message.contains("already set"), "{message}");
    assert_eq!(
        code(call().tags(tag("TEAM", "red"))).await,
        "InvalidParameterValue"
    );
    assert!(call().tags(tag("passing", "2")).send().await.is_ok());

    // What is inherited needs the permission too.
    for less in [
        ["sts:AssumeRole", "sts:TagSession"],
        ["sts:AssumeRole", "sts:SetSourceIdentity"],
    ] {
        let mut closed = open_role("Closed");
        closed.trust = json!({ "Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Principal": { "AWS": "111122223333" }, "Action": less,
        } })
        .to_string();
        let closed = world.add_role(closed).unwrap();
        assert_eq!(
            code(call().role_arn(closed)).await,
            "AccessDenied",
            "{less:?}"
        );
    }
}

#[tokio::test]
async fn a_role_in_another_account_is_reached_by_name() {
    let world = world();
    let member = standin::iam::RoleSpec {
        account: Some("444455556666".to_owned()),
        ..open_role("Member")
    };
    let arn = world.add_role(member).unwrap();
    let admin = client(&world, world.admin_keys());
    let made = admin
        .assume_role()
        .role_arn(arn)
        .role_session_name("x1")
        .send()
        .await
        .unwrap();
    let who = client(&world, keys(&made))
        .get_caller_identity()
        .send()
        .await
        .unwrap();
    assert_eq!(who.account(), Some("444455556666"));
    assert_eq!(
        who.arn(),
        Some("arn:aws:sts::444455556666:assumed-role/Member/x1")
    );
}
