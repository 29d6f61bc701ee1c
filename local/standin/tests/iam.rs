//! Inline role policies as the real SDK sees them, through the in-process door, and what a change
//! of them does to sessions that are out.

#[path = "iam/standing.rs"]
#[cfg(test)]
mod standing;

#[cfg(test)]
mod wire {
    use aws_sdk_iam::Client;
    use aws_sdk_iam::config::{BehaviorVersion, Credentials, Region};
    use aws_sdk_iam::error::ProvideErrorMetadata;
    use percent_encoding::percent_decode_str;
    use serde_json::{Value, json};
    use standin::iam::{Keys, RoleSpec};
    use standin::{StandinClock, World};

    /// 2026-11-24T09:00:00Z.
    const START: i64 = 1_795_510_800_000;
    pub(crate) const ROLE: &str = "Access";

    pub(crate) fn statement(effect: &str, action: &str, resource: &str) -> String {
        json!({
            "Version": "2012-10-17",
            "Statement": { "Effect": effect, "Action": action, "Resource": resource },
        })
        .to_string()
    }

    pub(crate) fn world() -> World {
        let world = World::builder()
            .clock(StandinClock::by_hand(START))
            .build()
            .unwrap();
        world
            .add_role(RoleSpec {
                name: ROLE.to_owned(),
                path: "/postern/".to_owned(),
                inline: vec![("Base".to_owned(), statement("Allow", "ssm:*", "*"))],
                boundary: Some(statement("Allow", "*", "*")),
                ..RoleSpec::default()
            })
            .unwrap();
        let own = "arn:aws:iam::111122223333:role/postern/Access";
        let revoke = json!({
            "Version": "2012-10-17",
            "Statement": [
                { "Effect": "Allow", "Action": "iam:GetRolePolicy", "Resource": own },
                { "Effect": "Allow", "Action": ["iam:PutRolePolicy", "iam:DeleteRolePolicy"],
                  "Resource": own,
                  "Condition": { "StringEquals": { "iam:PermissionsBoundary":
                      "arn:aws:iam::111122223333:policy/Access-boundary" } } },
            ],
        });
        world
            .add_role(RoleSpec {
                name: "Sweeper".to_owned(),
                inline: vec![("Revoke".to_owned(), revoke.to_string())],
                ..RoleSpec::default()
            })
            .unwrap();
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
        let config = aws_sdk_iam::Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new("us-east-1"))
            .credentials_provider(credentials)
            .http_client(world.http_client())
            .time_source(world.clock().clone())
            .build();
        Client::from_conf(config)
    }

    pub(crate) fn admin(world: &World) -> Client {
        client(world, world.admin_keys())
    }

    pub(crate) async fn put(
        client: &Client,
        role: &str,
        name: &str,
        document: &str,
    ) -> Result<(), String> {
        client
            .put_role_policy()
            .role_name(role)
            .policy_name(name)
            .policy_document(document)
            .send()
            .await
            .map(|_| ())
            .map_err(|error| code(&error))
    }

    fn code<E: ProvideErrorMetadata, R>(error: &aws_sdk_iam::error::SdkError<E, R>) -> String {
        error.code().unwrap_or("no code").to_owned()
    }

    #[tokio::test]
    async fn a_policy_is_put_read_listed_and_deleted() {
        let world = world();
        let iam = admin(&world);
        let document = statement(
            "Deny",
            "ssm:StartSession",
            "arn:aws:ssm:*:*:document/a b+c%é",
        );
        put(&iam, ROLE, "Revoked", &document).await.unwrap();

        let read = iam
            .get_role_policy()
            .role_name(ROLE)
            .policy_name("Revoked")
            .send();
        let read = read.await.unwrap();
        assert_eq!((read.role_name(), read.policy_name()), (ROLE, "Revoked"));
        assert!(!read.policy_document().contains(['{', ' ', '"', '+', 'é']));
        let plain = percent_decode_str(read.policy_document())
            .decode_utf8()
            .unwrap();
        assert_eq!(plain, document);

        let names = iam
            .list_role_policies()
            .role_name(ROLE)
            .send()
            .await
            .unwrap();
        assert_eq!(names.policy_names(), ["Base", "Revoked"]);
        assert!(!names.is_truncated());

        iam.delete_role_policy()
            .role_name(ROLE)
            .policy_name("Revoked")
            .send()
            .await
            .unwrap();
        let gone = iam
            .get_role_policy()
            .role_name(ROLE)
            .policy_name("Revoked")
            .send();
        let gone = gone.await.unwrap_err().into_service_error();
        assert!(gone.is_no_such_entity_exception());
        let gone = iam
            .delete_role_policy()
            .role_name(ROLE)
            .policy_name("Revoked")
            .send();
        assert!(
            gone.await
                .unwrap_err()
                .into_service_error()
                .is_no_such_entity_exception()
        );
    }

    #[tokio::test]
    async fn a_list_comes_in_pages() {
        let world = world();
        let iam = admin(&world);
        for n in 1..=4 {
            let document = statement("Allow", "s3:*", "*");
            put(&iam, ROLE, &format!("P{n}"), &document).await.unwrap();
        }
        let pages = iam
            .list_role_policies()
            .role_name(ROLE)
            .max_items(2)
            .into_paginator()
            .send()
            .collect::<Result<Vec<_>, _>>()
            .await
            .unwrap();
        let pages: Vec<Vec<String>> = pages
            .iter()
            .map(|page| page.policy_names().to_vec())
            .collect();
        assert_eq!(pages, [vec!["Base", "P1"], vec!["P2", "P3"], vec!["P4"]]);
    }

    #[tokio::test]
    async fn a_role_shows_its_trust_and_its_boundary() {
        let world = world();
        let role = admin(&world)
            .get_role()
            .role_name(ROLE)
            .send()
            .await
            .unwrap();
        let role = role.role().unwrap();
        assert_eq!(role.arn(), "arn:aws:iam::111122223333:role/postern/Access");
        assert_eq!(role.path(), "/postern/");
        assert!(role.role_id().starts_with("AROA") && role.role_id().len() == 21);
        assert_eq!(role.max_session_duration(), Some(3_600));
        assert_eq!(role.create_date().to_millis().unwrap(), START);
        assert_eq!(
            role.permissions_boundary()
                .unwrap()
                .permissions_boundary_arn(),
            Some("arn:aws:iam::111122223333:policy/Access-boundary")
        );
        let trust = role.assume_role_policy_document().unwrap();
        let trust = percent_decode_str(trust).decode_utf8().unwrap();
        let trust: Value = serde_json::from_str(&trust).unwrap();
        assert_eq!(
            trust["Statement"][0]["Principal"]["Service"],
            "lambda.amazonaws.com"
        );
        let missing = admin(&world)
            .get_role()
            .role_name("Nobody")
            .send()
            .await
            .unwrap_err();
        assert_eq!(missing.raw_response().unwrap().status().as_u16(), 404);
        assert_eq!(code(&missing), "NoSuchEntity");
    }

    #[tokio::test]
    async fn what_is_no_policy_or_too_much_of_it_is_refused() {
        let world = world();
        let iam = admin(&world);
        let fine = statement("Allow", "s3:*", "*");
        for (role, name, document, expected) in [
            (ROLE, "P", "{", "MalformedPolicyDocument"),
            (
                ROLE,
                "P",
                &fine.replace("Allow", "Permit"),
                "MalformedPolicyDocument",
            ),
            (
                ROLE,
                "P",
                &fine.replace("Resource", "Ressource"),
                "MalformedPolicyDocument",
            ),
            (
                ROLE,
                "P",
                &fine.replace("s3:*", "\u{430}:*"),
                "ValidationError",
            ),
            (ROLE, "a/b", &fine, "ValidationError"),
            ("no role", "P", &fine, "ValidationError"),
            ("Nobody", "P", &fine, "NoSuchEntity"),
        ] {
            let refused = put(&iam, role, name, document).await;
            assert_eq!(
                refused,
                Err(expected.to_owned()),
                "{role} {name} {document}"
            );
        }
    }

    #[tokio::test]
    async fn all_inline_policies_together_have_a_size() {
        let world = world();
        let iam = admin(&world);
        let base = statement("Allow", "ssm:*", "*").len();
        let of = |length: usize| {
            let empty = statement("Deny", "s3:*", "arn:aws:s3:::").len();
            let filled = format!("arn:aws:s3:::{}", "b".repeat(length - empty));
            statement("Deny", "s3:*", &filled)
        };
        let rest = 10_240 - base;
        put(&iam, ROLE, "Big", &of(rest)).await.unwrap();
        // White space costs nothing, and a policy does not stand in the way of its successor.
        put(&iam, ROLE, "Big", &of(rest).replace(',', ",  \n  "))
            .await
            .unwrap();
        assert_eq!(
            put(&iam, ROLE, "Big", &of(rest + 1)).await,
            Err("LimitExceeded".to_owned())
        );
        let small = statement("Allow", "s3:*", "*");
        assert_eq!(
            put(&iam, ROLE, "Small", &small).await,
            Err("LimitExceeded".to_owned())
        );
        iam.delete_role_policy()
            .role_name(ROLE)
            .policy_name("Big")
            .send()
            .await
            .unwrap();
        put(&iam, ROLE, "Small", &small).await.unwrap();
    }

    #[tokio::test]
    async fn only_who_may_changes_a_role_and_only_that_one() {
        let world = world();
        let deny = statement("Deny", "*", "*");
        let sweeper = client(
            &world,
            world.function_credentials("Sweeper", "s-1").unwrap(),
        );
        put(&sweeper, ROLE, "Revoked", &deny).await.unwrap();
        for role in ["Sweeper", "Nobody"] {
            let refused = put(&sweeper, role, "Revoked", &deny).await;
            assert_eq!(refused, Err("AccessDenied".to_owned()), "{role}");
        }
        let refused = sweeper.get_role().role_name(ROLE).send().await.unwrap_err();
        assert_eq!(refused.raw_response().unwrap().status().as_u16(), 403);
        assert_eq!(
            refused.message(),
            Some(
                "User: arn:aws:sts::111122223333:assumed-role/Sweeper/s-1 is not authorized to \
                 perform: iam:GetRole on resource: arn:aws:iam::111122223333:role/postern/Access \
                 because no identity-based policy allows the iam:GetRole action"
            )
        );
        // Without its boundary the role is out of the sweeper's reach.
        world
            .add_role(RoleSpec {
                name: ROLE.to_owned(),
                path: "/postern/".to_owned(),
                ..RoleSpec::default()
            })
            .unwrap();
        let refused = put(&sweeper, ROLE, "Revoked", &deny).await;
        assert_eq!(refused, Err("AccessDenied".to_owned()));
    }

    #[tokio::test]
    async fn an_operation_that_is_not_offered_is_told_so() {
        let world = world();
        let refused = admin(&world).list_users().send().await.unwrap_err();
        assert_eq!(code(&refused), "InvalidAction");
    }
}
