//! `AssumeRole` as the real SDK sees it: what a session is, and what it may do.

#[path = "sts/limits.rs"]
#[cfg(test)]
mod limits;

#[cfg(test)]
mod wire {
    use std::time::Duration;

    use aws_sdk_sts::Client;
    use aws_sdk_sts::config::{BehaviorVersion, Credentials, Region};
    use aws_sdk_sts::error::ProvideErrorMetadata;
    use aws_sdk_sts::operation::assume_role::AssumeRoleOutput;
    use aws_sdk_sts::operation::assume_role::builders::AssumeRoleFluentBuilder;
    use aws_sdk_sts::types::Tag;
    use serde_json::{Value, json};
    use standin::iam::{Keys, RoleSpec};
    use standin::{Demand, StandinClock, World};

    /// 2026-11-24T09:00:00.250Z.
    pub(crate) const START: i64 = 1_795_510_800_250;
    pub(crate) const ACCESS: &str = "arn:aws:iam::111122223333:role/postern/Access";
    const NODE: &str = "arn:aws:ec2:ap-northeast-2:111122223333:instance/i-0123456789abcdef0";

    fn policy(statements: Value) -> String {
        json!({ "Version": "2012-10-17", "Statement": statements }).to_string()
    }

    /// The trust policy of AWS-FACTS 1.25 for one role.
    fn trust(role: &str) -> String {
        let who = json!({ "AWS": format!("arn:aws:iam::111122223333:role/{role}") });
        policy(json!([
            { "Effect": "Allow", "Principal": who, "Action": "sts:AssumeRole",
              "Condition": { "StringLike": { "sts:RoleSessionName": "req-*",
                                             "sts:SourceIdentity": "?*",
                                             "aws:RequestTag/grant": "?*" } } },
            { "Effect": "Allow", "Principal": who, "Action": "sts:TagSession",
              "Condition": { "StringLike": { "aws:RequestTag/grant": "?*" },
                             "ForAllValues:StringEquals": { "aws:TagKeys": ["grant", "RunAs"] } } },
            { "Effect": "Allow", "Principal": who, "Action": "sts:SetSourceIdentity",
              "Condition": { "StringLike": { "sts:SourceIdentity": "?*" } } },
        ]))
    }

    /// A role that trusts everyone in the account and may do everything.
    pub(crate) fn open_role(name: &str) -> RoleSpec {
        RoleSpec {
            name: name.to_owned(),
            trust: policy(json!({
                "Effect": "Allow",
                "Principal": { "AWS": "111122223333" },
                "Action": ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"],
            })),
            inline: vec![(
                "All".to_owned(),
                policy(json!({ "Effect": "Allow", "Action": "*", "Resource": "*" })),
            )],
            ..RoleSpec::default()
        }
    }

    pub(crate) fn world() -> World {
        let world = World::builder()
            .clock(StandinClock::by_hand(START))
            .build()
            .unwrap();
        let issue = policy(json!({
            "Effect": "Allow",
            "Action": ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"],
            "Resource": ACCESS,
        }));
        world
            .add_role(RoleSpec {
                name: "Issue".to_owned(),
                inline: vec![("Issue".to_owned(), issue)],
                ..RoleSpec::default()
            })
            .unwrap();
        let arn = world
            .add_role(RoleSpec {
                path: "/postern/".to_owned(),
                trust: trust("Issue"),
                ..open_role("Access")
            })
            .unwrap();
        assert_eq!(arn, ACCESS);
        world
    }

    pub(crate) fn client(world: &World, keys: Keys) -> Client {
        let credentials = Credentials::new(
            keys.access_key_id,
            keys.secret_access_key,
            keys.session_token,
            None,
            "test",
        );
        let config = aws_sdk_sts::Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new("ap-northeast-2"))
            .credentials_provider(credentials)
            .http_client(world.http_client())
            .time_source(world.clock().clone())
            .build();
        Client::from_conf(config)
    }

    pub(crate) fn function(world: &World, role: &str) -> Client {
        client(world, world.function_credentials(role, "function").unwrap())
    }

    pub(crate) fn tag(key: &str, value: &str) -> Tag {
        Tag::builder().key(key).value(value).build().unwrap()
    }

    /// An assumption of the access role that its trust policy lets through.
    pub(crate) fn assume(sts: &Client) -> AssumeRoleFluentBuilder {
        sts.assume_role()
            .role_arn(ACCESS)
            .role_session_name("req-1")
            .source_identity("ada@example.com")
            .tags(tag("grant", "req-1"))
    }

    pub(crate) fn keys(made: &AssumeRoleOutput) -> Keys {
        let credentials = made.credentials().unwrap();
        Keys {
            access_key_id: credentials.access_key_id().to_owned(),
            secret_access_key: credentials.secret_access_key().to_owned(),
            session_token: Some(credentials.session_token().to_owned()),
        }
    }

    #[expect(
        deprecated,
        reason = "callers that have not moved to token sizes still read it"
    )]
    pub(crate) fn packed(made: &AssumeRoleOutput) -> Option<i32> {
        made.packed_policy_size()
    }

    pub(crate) async fn refused(call: AssumeRoleFluentBuilder) -> (String, u16, String) {
        match call.send().await {
            Ok(made) => panic!("allowed: {:?}", made.assumed_role_user()),
            Err(error) => (
                error.code().unwrap_or("no code").to_owned(),
                error.raw_response().unwrap().status().as_u16(),
                error.message().unwrap_or_default().to_owned(),
            ),
        }
    }

    #[tokio::test]
    async fn a_session_is_told_and_is_who_it_says() {
        let world = world();
        let sts = function(&world, "Issue");
        let who = sts.get_caller_identity().send().await.unwrap();
        assert_eq!(
            who.arn(),
            Some("arn:aws:sts::111122223333:assumed-role/Issue/function")
        );

        let made = assume(&sts).duration_seconds(900).send().await.unwrap();
        let user = made.assumed_role_user().unwrap();
        assert_eq!(
            user.arn(),
            "arn:aws:sts::111122223333:assumed-role/Access/req-1"
        );
        assert!(user.assumed_role_id().starts_with("AROA"));
        assert!(user.assumed_role_id().ends_with(":req-1"));
        assert_eq!(made.source_identity(), Some("ada@example.com"));
        assert_eq!(packed(&made), Some(1));
        let credentials = made.credentials().unwrap();
        assert!(credentials.access_key_id().starts_with("ASIA"));
        assert_eq!(
            credentials.expiration().to_millis().unwrap(),
            1_795_510_800_000 + 900_000
        );

        let session = client(&world, keys(&made));
        let who = session.get_caller_identity().send().await.unwrap();
        assert_eq!(who.arn(), Some(user.arn()));
        assert_eq!(who.user_id(), Some(user.assumed_role_id()));
        assert_eq!(who.account(), Some("111122223333"));

        world.clock().set(1_795_510_800_000 + 899_999);
        assert!(session.get_caller_identity().send().await.is_ok());
        world.clock().advance(Duration::from_millis(1));
        let over = session.get_caller_identity().send().await.unwrap_err();
        assert_eq!(over.code(), Some("ExpiredToken"));
    }

    #[tokio::test]
    async fn both_halves_must_allow_each_of_the_three_actions() {
        let world = world();
        let sts = function(&world, "Issue");
        assert!(assume(&sts).send().await.is_ok());
        for (call, action) in [
            (assume(&sts).role_session_name("other"), "sts:AssumeRole"),
            (assume(&sts).set_source_identity(None), "sts:AssumeRole"),
            (assume(&sts).set_tags(None), "sts:AssumeRole"),
            (assume(&sts).tags(tag("admin", "1")), "sts:TagSession"),
        ] {
            let (code, status, message) = refused(call).await;
            assert_eq!((code.as_str(), status), ("AccessDenied", 403));
            assert_eq!(
                message,
                format!(
                    "User: arn:aws:sts::111122223333:assumed-role/Issue/function is not \
                     authorized to perform: {action} on resource: {ACCESS}"
                )
            );
        }
        // The other half: a role that is trusted and has no permission of its own for an action.
        for kept in [
            ["AssumeRole", "TagSession"],
            ["AssumeRole", "SetSourceIdentity"],
            ["TagSession", "SetSourceIdentity"],
        ] {
            let actions: Vec<String> = kept.iter().map(|name| format!("sts:{name}")).collect();
            let less = policy(json!({ "Effect": "Allow", "Action": actions, "Resource": ACCESS }));
            world
                .add_role(RoleSpec {
                    name: "Issue".to_owned(),
                    inline: vec![("Issue".to_owned(), less)],
                    ..RoleSpec::default()
                })
                .unwrap();
            let (code, _, message) = refused(assume(&sts)).await;
            assert_eq!(code, "AccessDenied", "{kept:?}");
            assert!(
                message.contains("because no identity-based policy allows"),
                "{message}"
            );
        }
    }

    #[tokio::test]
    async fn nobody_else_gets_in_and_an_unknown_role_looks_like_a_closed_one() {
        let world = world();
        world.add_role(open_role("Stranger")).unwrap();
        for sts in [
            function(&world, "Stranger"),
            client(&world, world.admin_keys()),
        ] {
            assert_eq!(refused(assume(&sts)).await.0, "AccessDenied");
        }
        let stranger = function(&world, "Stranger");
        for arn in [
            "arn:aws:iam::111122223333:role/Access",
            "arn:aws:iam::111122223333:role/other/Access",
            "arn:aws:iam::111122223333:role/postern/Nobody",
            "arn:aws:iam::444455556666:role/postern/Access",
        ] {
            let (code, status, _) = refused(assume(&stranger).role_arn(arn)).await;
            assert_eq!((code.as_str(), status), ("AccessDenied", 403), "{arn}");
        }
    }

    #[tokio::test]
    async fn a_session_policy_and_an_external_id_narrow() {
        let world = world();
        let sts = function(&world, "Issue");
        let only = policy(json!({
            "Effect": "Allow", "Action": "ssm:StartSession", "Resource": NODE,
            "Condition": { "DateLessThan": { "aws:CurrentTime": "2026-11-24T09:05:00Z" } },
        }));
        let made = assume(&sts).policy(only).send().await.unwrap();
        let key = keys(&made).access_key_id;
        let may = |action: &str, on: &str| world.may(&key, &Demand::new(action, on));
        assert!(may("ssm:StartSession", NODE).is_ok());
        let denied = may("ssm:SendCommand", NODE).unwrap_err().message;
        assert!(denied.ends_with("because no session policy allows the ssm:SendCommand action"));
        assert!(may("ssm:StartSession", "*").is_err());
        world.clock().set(1_795_511_100_000);
        assert!(may("ssm:StartSession", NODE).is_err());

        let managed = policy(json!({ "Effect": "Allow", "Action": "s3:*", "Resource": "*" }));
        let arn = world.add_managed_policy("S3", &managed).unwrap();
        let arn = aws_sdk_sts::types::PolicyDescriptorType::builder()
            .arn(arn)
            .build();
        let made = assume(&sts).policy_arns(arn).send().await.unwrap();
        let key = keys(&made).access_key_id;
        assert!(
            world
                .may(&key, &Demand::new("s3:GetObject", "arn:aws:s3:::b/k"))
                .is_ok()
        );
        assert!(
            world
                .may(&key, &Demand::new("ssm:StartSession", NODE))
                .is_err()
        );

        let mut shared = open_role("Shared");
        shared.trust = policy(json!({
            "Effect": "Allow", "Principal": { "AWS": "111122223333" }, "Action": "sts:AssumeRole",
            "Condition": { "StringEquals": { "sts:ExternalId": "tenant:1/a" } },
        }));
        let shared = world.add_role(shared).unwrap();
        let admin = client(&world, world.admin_keys());
        let plain = || {
            admin
                .assume_role()
                .role_arn(&shared)
                .role_session_name("x1")
        };
        assert!(plain().external_id("tenant:1/a").send().await.is_ok());
        assert_eq!(
            refused(plain().external_id("tenant:2/a")).await.0,
            "AccessDenied"
        );
        assert_eq!(refused(plain()).await.0, "AccessDenied");
    }

    #[tokio::test]
    async fn tags_of_a_session_go_before_those_of_its_role_and_are_principal_tags() {
        let world = world();
        let mut tagged = open_role("Tagged");
        tagged.tags = [("Team", "blue"), ("Cost", "7")]
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into();
        tagged.inline = vec![(
            "Own".to_owned(),
            policy(json!({
                "Effect": "Allow", "Action": "s3:GetObject",
                "Resource": "arn:aws:s3:::${aws:PrincipalTag/cost}/${aws:PrincipalTag/team}",
            })),
        )];
        let tagged = world.add_role(tagged).unwrap();
        let admin = client(&world, world.admin_keys());
        let plain = || {
            admin
                .assume_role()
                .role_arn(&tagged)
                .role_session_name("x1")
        };
        for (team, own, other) in [
            (None, "arn:aws:s3:::7/blue", "arn:aws:s3:::7/red"),
            (Some("red"), "arn:aws:s3:::7/red", "arn:aws:s3:::7/blue"),
        ] {
            let made = plain()
                .set_tags(team.map(|team| vec![tag("TEAM", team)]))
                .send();
            let key = keys(&made.await.unwrap()).access_key_id;
            assert!(world.may(&key, &Demand::new("s3:GetObject", own)).is_ok());
            assert!(
                world
                    .may(&key, &Demand::new("s3:GetObject", other))
                    .is_err()
            );
        }
        // What the caller is, no request can say.
        let made = plain().send().await.unwrap();
        let forged = Demand::new("s3:GetObject", "arn:aws:s3:::7/green")
            .with("aws:PrincipalTag/team", "green");
        assert!(world.may(&keys(&made).access_key_id, &forged).is_err());
    }
}
