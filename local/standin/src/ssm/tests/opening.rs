use super::*;
use crate::s3::Encryption;

const DSSE: &str = "dsse-logs";

#[test]
fn a_session_is_named_after_the_role_session_and_owned_by_its_arn() {
    let world = world();
    let body = json!({ "Target": NODE, "DocumentName": "Shell-60", "Reason": "a ticket" });
    let answer = ask(&world, "StartSession", body).unwrap();
    let id = answer["SessionId"].as_str().unwrap();
    let suffix = id.strip_prefix("req-1-").unwrap();
    assert_eq!(suffix.len(), 26);
    assert!(
        suffix
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    );
    assert_eq!(
        answer["StreamUrl"],
        format!(
            "wss://ssmmessages.ap-northeast-2.amazonaws.com/v1/data-channel/{id}\
             ?role=publish_subscribe"
        )
    );
    assert!((1..=300).contains(&answer["TokenValue"].as_str().unwrap().len()));

    let session = world.session(id).unwrap();
    assert_eq!(
        session.owner,
        "arn:aws:sts::111122223333:assumed-role/Access/req-1"
    );
    assert_eq!(session.status, SessionStatus::Connected);
    assert_eq!(session.max_minutes, Some(60));
    assert_eq!(session.reason.as_deref(), Some("a ticket"));
}

#[test]
fn a_target_must_be_online_in_the_callers_account_and_region() {
    let world = world();
    let body = json!({ "Target": NODE });
    for (account, region) in [("444455556666", REGION), (ACCOUNT, "us-east-1")] {
        let call = call_from(&world, account, region, "StartSession", &body);
        assert_eq!(code(told(&world, &call)), "TargetNotConnected");
    }
    let start = || ask(&world, "StartSession", body.clone());
    start().unwrap();
    for status in [PingStatus::ConnectionLost, PingStatus::Inactive] {
        world.set_ping_status(NODE, status).unwrap();
        assert_eq!(code(start()), "TargetNotConnected");
    }
    world.set_ping_status(NODE, PingStatus::Online).unwrap();
    world.stop_node(NODE).unwrap();
    assert_eq!(code(start()), "TargetNotConnected");
    world.start_node(NODE).unwrap();
    start().unwrap();
    let unknown = json!({ "Target": "i-0fedcba9876543210" });
    assert_eq!(
        code(ask(&world, "StartSession", unknown)),
        "TargetNotConnected"
    );
    assert_eq!(
        world.stop_node("i-0"),
        Err(NotThere::Node("i-0".to_owned()))
    );
}

#[test]
fn a_document_must_be_there_and_of_type_session() {
    let world = world();
    world
        .add_document_for("444455556666", "Theirs", &shell("", "60"), REGION)
        .unwrap();
    world
        .add_document("Elsewhere", &shell("", "60"), "us-east-1")
        .unwrap();
    let start = |document: &str| {
        ask(
            &world,
            "StartSession",
            json!({ "Target": NODE, "DocumentName": document }),
        )
    };
    let theirs = "arn:aws:ssm:ap-northeast-2:444455556666:document/Theirs";
    for document in [
        "Unknown",
        "Theirs",
        theirs,
        "Elsewhere",
        "AWS-RunShellScript",
    ] {
        assert_eq!(code(start(document)), "InvalidDocument", "{document}");
    }
    for document in ["x", "a document", ""] {
        assert_eq!(code(start(document)), "ValidationException", "{document}");
    }
    start("arn:aws:ssm:ap-northeast-2:111122223333:document/Shell-60").unwrap();
    start("SSM-SessionManagerRunShell").unwrap();
    start("AWS-StartSSHSession").unwrap();
}

#[test]
fn requests_to_start_are_held_to_the_model() {
    let world = world();
    let start = |body: Value| ask(&world, "StartSession", body);
    let reason = |reason: String| json!({ "Target": NODE, "Reason": reason });
    for body in [
        json!({}),
        json!({ "Target": "" }),
        json!({ "Target": "x".repeat(401) }),
        reason(String::new()),
        reason("x".repeat(257)),
        reason("two\nlines".to_owned()),
        json!({ "Target": NODE, "DocumentName": "Shell-60", "Parameters": { "x": ["1"] } }),
        json!({ "Target": NODE, "DocumentName": "AWS-StartInteractiveCommand" }),
    ] {
        assert_eq!(code(start(body.clone())), "ValidationException", "{body}");
    }
    start(reason("x".repeat(256))).unwrap();
    let parameters = json!({ "command": ["uptime"] });
    let document = "AWS-StartInteractiveCommand";
    start(json!({ "Target": NODE, "DocumentName": document, "Parameters": parameters })).unwrap();
}

#[test]
fn a_start_demands_the_target_and_the_document_with_their_tags() {
    let world = world();
    let document_arn = "arn:aws:ssm:ap-northeast-2:111122223333:document/Shell-60";
    world.tag_resource(document_arn, [("Owner", "sre")]);
    let body = json!({ "Target": NODE, "DocumentName": "Shell-60" });
    let [target, document] = demanded(&world, "StartSession", &body).try_into().unwrap();
    assert_eq!(target.action, "ssm:StartSession");
    assert_eq!(
        target.resource,
        "arn:aws:ec2:ap-northeast-2:111122223333:instance/i-0123456789abcdef0"
    );
    let context = |pairs: &[(&str, &str)]| -> BTreeMap<String, Vec<String>> {
        pairs
            .iter()
            .map(|(key, value)| ((*key).to_owned(), vec![(*value).to_owned()]))
            .collect()
    };
    assert_eq!(
        target.context,
        context(&[
            ("ssm:resourceTag/Env", "dev"),
            ("ssm:resourceTag/Name", "db-1"),
            ("aws:ResourceTag/Env", "dev"),
            ("aws:ResourceTag/Name", "db-1"),
        ])
    );
    assert_eq!(document.action, "ssm:StartSession");
    assert_eq!(document.resource, document_arn);
    assert_eq!(
        document.context,
        context(&[
            ("ssm:resourceTag/Owner", "sre"),
            ("aws:ResourceTag/Owner", "sre")
        ])
    );
}

#[test]
fn the_document_is_demanded_even_when_none_is_named() {
    let world = world();
    let resources = |body: Value| -> Vec<String> {
        demanded(&world, "StartSession", &body)
            .into_iter()
            .map(|one| one.resource)
            .collect()
    };
    assert_eq!(
        resources(json!({ "Target": "mi-0123456789abcdef0" })),
        [
            "arn:aws:ssm:ap-northeast-2:111122223333:managed-instance/mi-0123456789abcdef0",
            "arn:aws:ssm:ap-northeast-2:111122223333:document/SSM-SessionManagerRunShell",
        ]
    );
    let ssh = json!({ "Target": NODE, "DocumentName": "AWS-StartSSHSession" });
    assert_eq!(
        resources(ssh)[1],
        "arn:aws:ssm:ap-northeast-2::document/AWS-StartSSHSession"
    );
}

#[test]
fn sessions_are_demanded_with_the_two_tags_of_their_own() {
    let world = world();
    let id = open(&world, "Shell-60");
    for operation in ["TerminateSession", "ResumeSession"] {
        let [demand] = demanded(&world, operation, &json!({ "SessionId": id }))
            .try_into()
            .unwrap();
        assert_eq!(demand.action, format!("ssm:{operation}"));
        assert_eq!(
            demand.resource,
            format!("arn:aws:ssm:ap-northeast-2:111122223333:session/{id}")
        );
        let keys: Vec<&str> = demand.context.keys().map(String::as_str).collect();
        assert_eq!(
            keys,
            [
                "ssm:resourceTag/aws:ssmmessages:session-id",
                "ssm:resourceTag/aws:ssmmessages:target-id",
            ]
        );
        let user_id = caller(ACCOUNT).user_id();
        assert_eq!(
            demand.context["ssm:resourceTag/aws:ssmmessages:session-id"],
            [user_id]
        );
        assert_eq!(
            demand.context["ssm:resourceTag/aws:ssmmessages:target-id"],
            [NODE]
        );
    }
    let [unknown] = demanded(&world, "TerminateSession", &json!({ "SessionId": "x" }))
        .try_into()
        .unwrap();
    assert!(unknown.context.is_empty());
}

#[test]
fn terminating_ends_a_session_and_says_so_however_often() {
    let world = world();
    let id = open(&world, "Shell-60");
    world.change_session_habits(|habits| habits.terminating_millis = 2_000);
    let terminate = || ask(&world, "TerminateSession", json!({ "SessionId": id }));
    assert_eq!(terminate().unwrap(), json!({ "SessionId": id }));
    assert_eq!(
        world.session(&id).unwrap().status,
        SessionStatus::Terminating
    );
    terminate().unwrap();
    world.clock().advance(Duration::from_secs(2));
    let ended = world.session(&id).unwrap();
    assert_eq!(ended.status, SessionStatus::Terminated);
    assert_eq!(ended.cause, Some(EndCause::Terminated));
    assert_eq!(ended.ended_millis, Some(START + 2_000));
    terminate().unwrap();
    assert_eq!(
        code(ask(&world, "TerminateSession", json!({ "SessionId": "" }))),
        "ValidationException"
    );
}

#[test]
fn terminating_what_is_gone_fails_where_the_world_says() {
    let world = world();
    let id = open(&world, "Shell-60");
    world.exit_session(&id).unwrap();
    for id in [id.as_str(), "never-there"] {
        ask(&world, "TerminateSession", json!({ "SessionId": id })).unwrap();
    }
    world.change_session_habits(|habits| habits.terminating_the_gone_fails = true);
    for id in [id.as_str(), "never-there"] {
        let refused = ask(&world, "TerminateSession", json!({ "SessionId": id })).unwrap_err();
        assert_eq!(
            (refused.code.as_ref(), refused.status),
            ("DoesNotExistException", 400)
        );
    }
}

#[test]
fn nobody_reaches_a_session_of_another_account_or_region() {
    let world = world();
    let id = open(&world, "Shell-60");
    let body = json!({ "SessionId": id });
    for (account, region) in [("444455556666", REGION), (ACCOUNT, "us-east-1")] {
        let terminate = call_from(&world, account, region, "TerminateSession", &body);
        told(&world, &terminate).unwrap();
        let resume = call_from(&world, account, region, "ResumeSession", &body);
        assert_eq!(code(told(&world, &resume)), "DoesNotExistException");
    }
    assert_eq!(world.session(&id).unwrap().status, SessionStatus::Connected);
}

#[test]
fn a_session_is_resumed_with_a_new_token_until_it_ends() {
    let world = world();
    let id = open(&world, "Shell-60");
    world.disconnect_session(&id).unwrap();
    assert_eq!(
        world.session(&id).unwrap().status,
        SessionStatus::Disconnected
    );
    let resume = || ask(&world, "ResumeSession", json!({ "SessionId": id }));
    let (first, second) = (resume().unwrap(), resume().unwrap());
    assert_ne!(first["TokenValue"], second["TokenValue"]);
    assert_eq!(world.session(&id).unwrap().status, SessionStatus::Connected);
    world.change_session_habits(|habits| habits.terminating_millis = 2_000);
    ask(&world, "TerminateSession", json!({ "SessionId": id })).unwrap();
    assert_eq!(code(resume()), "DoesNotExistException");
    world.clock().advance(Duration::from_secs(5));
    assert_eq!(code(resume()), "DoesNotExistException");
    assert_eq!(
        world.type_into_session(&id, "ls"),
        Err(NotThere::LiveSession(id.clone()))
    );
}

#[test]
fn a_listing_lags_and_the_truth_does_not() {
    let world = world_lagging(Duration::from_secs(10));
    let listed = |state: &str| {
        let answer = ask(&world, "DescribeSessions", json!({ "State": state })).unwrap();
        answer["Sessions"].as_array().unwrap().len()
    };
    let id = open(&world, "Shell-60");
    assert_eq!(listed("Active"), 0);
    world.clock().advance(Duration::from_secs(10));
    assert_eq!(listed("Active"), 1);
    ask(&world, "TerminateSession", json!({ "SessionId": id })).unwrap();
    assert_eq!(
        world.session(&id).unwrap().status,
        SessionStatus::Terminated
    );
    assert_eq!((listed("Active"), listed("History")), (1, 0));
    world.clock().advance(Duration::from_secs(10));
    assert_eq!((listed("Active"), listed("History")), (0, 1));
}

#[test]
fn the_agent_refuses_a_bucket_that_it_does_not_take_for_encrypted() {
    let world = world();
    let encryption = Encryption::KmsDsse {
        key_id: "key".to_owned(),
    };
    world.create_bucket(
        DSSE,
        BucketSpec {
            encryption,
            ..BucketSpec::default()
        },
    );
    for bucket in [DSSE, "no-such-bucket"] {
        world
            .add_document("Shell-Odd", &shell(bucket, "60"), REGION)
            .unwrap();
        let id = open(&world, "Shell-Odd");
        let session = world.session(&id).unwrap();
        assert_eq!(session.cause, Some(EndCause::RefusedByAgent));
        assert_eq!(session.logs_written, 0);
    }
}
