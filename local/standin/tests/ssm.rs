//! Systems Manager as the real SDK sees it, through the in-process door.

#[cfg(test)]
mod wire {
    use std::time::Duration;

    use aws_sdk_ssm::Client;
    use aws_sdk_ssm::config::{BehaviorVersion, Credentials, Region};
    use aws_sdk_ssm::error::ProvideErrorMetadata;
    use aws_sdk_ssm::types::{
        ConnectionStatus, DocumentFormat, DocumentType, PlatformType, ResourceType,
        ResourceTypeForTagging, SessionFilter, SessionFilterKey, SessionState, SessionStatus,
    };
    use serde_json::json;
    use standin::s3::BucketSpec;
    use standin::ssm::{EndCause, NodeSpec};
    use standin::{StandinClock, World};

    const NODE: &str = "i-0123456789abcdef0";
    /// 2026-11-24T09:00:00Z.
    const START: i64 = 1_795_510_800_000;

    fn shell() -> String {
        json!({
            "schemaVersion": "1.0",
            "sessionType": "Standard_Stream",
            "inputs": {
                "s3BucketName": "logs",
                "s3KeyPrefix": "jit",
                "s3EncryptionEnabled": true,
                "cloudWatchEncryptionEnabled": true,
                "cloudWatchStreamingEnabled": false,
                "runAsEnabled": false,
                "maxSessionDuration": "60",
            },
        })
        .to_string()
    }

    fn world() -> World {
        let world = World::builder()
            .clock(StandinClock::by_hand(START))
            .build()
            .unwrap();
        world.create_bucket("logs", BucketSpec::default());
        world.add_node(NodeSpec::linux(NODE).tag("Env", "dev"));
        world
    }

    fn client(world: &World) -> Client {
        let keys = world.admin_keys();
        let credentials = Credentials::new(
            keys.access_key_id,
            keys.secret_access_key,
            keys.session_token,
            None,
            "test",
        );
        let config = aws_sdk_ssm::Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new("ap-northeast-2"))
            .credentials_provider(credentials)
            .http_client(world.http_client())
            .time_source(world.clock().clone())
            .build();
        Client::from_conf(config)
    }

    async fn with_document(client: &Client) {
        let made = client
            .create_document()
            .name("Shell")
            .content(shell())
            .document_type(DocumentType::Session)
            .document_format(DocumentFormat::Json)
            .send()
            .await
            .unwrap();
        assert_eq!(made.document_description().unwrap().name(), Some("Shell"));
    }

    async fn open(client: &Client) -> String {
        let started = client
            .start_session()
            .target(NODE)
            .document_name("Shell")
            .send()
            .await
            .unwrap();
        assert!(
            started
                .stream_url()
                .unwrap()
                .starts_with("wss://ssmmessages.ap-northeast-2.")
        );
        started.session_id().unwrap().to_owned()
    }

    #[tokio::test]
    async fn a_session_lives_and_ends_on_the_wire() {
        let world = world();
        let client = client(&world);
        with_document(&client).await;
        let id = open(&client).await;
        world.type_into_session(&id, "uptime").unwrap();
        let listed = client
            .describe_sessions()
            .state(SessionState::Active)
            .send()
            .await
            .unwrap();
        let [session] = listed.sessions() else {
            panic!("one session")
        };
        assert_eq!(session.session_id(), Some(id.as_str()));
        assert_eq!(session.status(), Some(&SessionStatus::Connected));
        assert_eq!(session.max_session_duration(), Some("60"));
        assert_eq!(session.start_date().unwrap().to_millis().unwrap(), START);
        assert_eq!(session.end_date(), None);
        client
            .resume_session()
            .session_id(&id)
            .send()
            .await
            .unwrap();

        world.clock().advance(Duration::from_millis(90_500));
        client
            .terminate_session()
            .session_id(&id)
            .send()
            .await
            .unwrap();
        let listed = client
            .describe_sessions()
            .state(SessionState::History)
            .send()
            .await
            .unwrap();
        let [session] = listed.sessions() else {
            panic!("one session")
        };
        assert_eq!(session.status(), Some(&SessionStatus::Terminated));
        assert_eq!(
            session.end_date().unwrap().to_millis().unwrap(),
            START + 90_500
        );
        assert_eq!(
            world.session(&id).unwrap().cause,
            Some(EndCause::Terminated)
        );
        let log = world.object_versions("logs", &format!("jit/{id}.log"));
        assert_eq!(log.len(), 1);
    }

    #[tokio::test]
    async fn the_paginator_goes_over_empty_pages_to_the_end() {
        let world = world();
        let client = client(&world);
        with_document(&client).await;
        let first = open(&client).await;
        for _ in 0..6 {
            world.clock().advance(Duration::from_secs(1));
            open(&client).await;
        }
        let filter = SessionFilter::builder()
            .key(SessionFilterKey::SessionId)
            .value(&first)
            .build()
            .unwrap();
        let mut pages = client
            .describe_sessions()
            .state(SessionState::Active)
            .max_results(2)
            .filters(filter)
            .into_paginator()
            .send();
        let mut sizes = Vec::new();
        while let Some(page) = pages.next().await {
            sizes.push(page.unwrap().sessions().len());
        }
        assert_eq!(sizes, [0, 0, 0, 1]);
    }

    #[tokio::test]
    async fn errors_are_the_models_own_or_told_by_their_code() {
        let world = world();
        let client = client(&world);
        let unknown = client
            .start_session()
            .target("i-0fedcba9876543210")
            .send()
            .await;
        assert!(
            unknown
                .unwrap_err()
                .into_service_error()
                .is_target_not_connected()
        );
        let document = client
            .start_session()
            .target(NODE)
            .document_name("Nothing")
            .send()
            .await;
        assert!(
            document
                .unwrap_err()
                .into_service_error()
                .is_invalid_document()
        );
        let resume = client.resume_session().session_id("x-1").send().await;
        assert!(
            resume
                .unwrap_err()
                .into_service_error()
                .is_does_not_exist_exception()
        );
        let token = client
            .describe_sessions()
            .state(SessionState::Active)
            .next_token("x")
            .send()
            .await;
        assert!(
            token
                .unwrap_err()
                .into_service_error()
                .is_invalid_next_token()
        );
        let long = client
            .start_session()
            .target(NODE)
            .reason("x".repeat(257))
            .send()
            .await;
        assert_eq!(long.unwrap_err().code(), Some("ValidationException"));

        world.change_session_habits(|habits| habits.terminating_the_gone_fails = true);
        let gone = client
            .terminate_session()
            .session_id("x-1")
            .send()
            .await
            .unwrap_err();
        assert_eq!(gone.code(), Some("DoesNotExistException"));
        assert_eq!(gone.raw_response().unwrap().status().as_u16(), 400);
    }

    #[tokio::test]
    async fn nodes_and_their_tags_are_readable() {
        let world = world();
        let hybrid = "mi-0123456789abcdef0";
        world.add_node(NodeSpec::linux(hybrid).tag("Env", "prod"));
        let client = client(&world);
        let listed = client.describe_instance_information().send().await.unwrap();
        let [node, other] = listed.instance_information_list() else {
            panic!("two nodes")
        };
        assert_eq!(node.instance_id(), Some(NODE));
        assert_eq!(node.platform_type(), Some(&PlatformType::Linux));
        assert_eq!(other.resource_type(), Some(&ResourceType::ManagedInstance));
        let status = client
            .get_connection_status()
            .target(NODE)
            .send()
            .await
            .unwrap();
        assert_eq!(status.status(), Some(&ConnectionStatus::Connected));
        let tags = client
            .list_tags_for_resource()
            .resource_type(ResourceTypeForTagging::ManagedInstance)
            .resource_id(hybrid)
            .send()
            .await
            .unwrap();
        let [tag] = tags.tag_list() else {
            panic!("one tag")
        };
        assert_eq!((tag.key(), tag.value()), ("Env", "prod"));
    }

    #[tokio::test]
    async fn documents_are_readable() {
        let world = world();
        let client = client(&world);
        with_document(&client).await;
        let got = client.get_document().name("Shell").send().await.unwrap();
        assert_eq!(got.content(), Some(shell().as_str()));
        let told = client
            .describe_document()
            .name("AWS-StartSSHSession")
            .send()
            .await
            .unwrap();
        let document = told.document().unwrap();
        assert_eq!(document.owner(), Some("Amazon"));
        assert_eq!(document.parameters()[0].default_value(), Some("22"));
        let listed = client.list_documents().send().await.unwrap();
        assert_eq!(listed.document_identifiers().len(), 6);
    }
}
