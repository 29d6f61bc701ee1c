use super::*;

fn body_of(world: &World, id: &str) -> Vec<String> {
    let (bucket, key) = world.session(id).unwrap().log.unwrap();
    let versions = world.object_versions(&bucket, &key);
    versions
        .iter()
        .map(|one| String::from_utf8(one.body.to_vec()).unwrap())
        .collect()
}

#[test]
fn a_session_that_ends_leaves_one_log_written_by_its_node() {
    let world = world();
    let id = open(&world, "Shell-60");
    world.type_into_session(&id, "uptime").unwrap();
    world.clock().advance(Duration::from_secs(60));
    assert!(world.bucket("logs").is_empty());
    world.exit_session(&id).unwrap();
    let [log] = world
        .object_versions("logs", &format!("jit/{id}.log"))
        .try_into()
        .unwrap();
    assert_eq!(log.content_type, "text/plain");
    assert!(log.writer.starts_with("AWS:AROA") && log.writer.ends_with(NODE));
    assert_eq!(log.last_modified_millis, START + 60_000);
    assert!(body_of(&world, &id)[0].contains("uptime"));
    world.clock().advance(Duration::from_secs(3_600));
    assert_eq!(world.sessions()[0].logs_written, 1);
    assert_eq!(world.bucket("logs").len(), 1);
}

#[test]
fn a_session_that_is_terminated_or_runs_out_leaves_a_log_too() {
    let world = world();
    let (terminated, forgotten) = (open(&world, "Shell-60"), open(&world, "Shell-60"));
    ask(
        &world,
        "TerminateSession",
        json!({ "SessionId": terminated }),
    )
    .unwrap();
    assert_eq!(body_of(&world, &terminated).len(), 1);
    world.clock().advance(Duration::from_secs(3_599));
    assert!(body_of(&world, &forgotten).is_empty());
    world.clock().advance(Duration::from_secs(1));
    assert_eq!(body_of(&world, &forgotten).len(), 1);
    assert_eq!(
        world.session(&forgotten).unwrap().cause,
        Some(EndCause::MaxDuration)
    );
}

#[test]
fn the_log_follows_the_end_and_not_the_order_to_end() {
    let world = world();
    world.change_session_habits(|habits| habits.terminating_millis = 5_000);
    let id = open(&world, "Shell-60");
    ask(&world, "TerminateSession", json!({ "SessionId": id })).unwrap();
    world.clock().advance(Duration::from_millis(4_999));
    assert!(body_of(&world, &id).is_empty());
    world.clock().advance(Duration::from_millis(1));
    assert_eq!(body_of(&world, &id).len(), 1);
}

#[test]
fn an_agent_does_with_a_log_what_was_ordered() {
    let world = world();
    let ended = |behaviour: LogBehaviour| {
        let id = open(&world, "Shell-60");
        world.set_agent_log(id.as_str(), behaviour);
        world.exit_session(&id).unwrap();
        id
    };
    let withheld = ended(LogBehaviour::Withhold);
    let truncated = ended(LogBehaviour::Truncate);
    let late = ended(LogBehaviour::DelayMillis(30_000));
    let twice = ended(LogBehaviour::AfterDelay {
        millis: 30_000,
        then: Box::new(LogBehaviour::Duplicate),
    });
    assert!(body_of(&world, &withheld).is_empty());
    assert_eq!(body_of(&world, &truncated), [""]);
    assert!(body_of(&world, &late).is_empty());
    world.clock().advance(Duration::from_secs(30));
    assert_eq!(body_of(&world, &late).len(), 1);
    assert_eq!(body_of(&world, &twice).len(), 1);
    world.clock().advance(Duration::from_secs(1));
    let [first, second] = body_of(&world, &twice).try_into().unwrap();
    assert_ne!(first, second);
    assert!(body_of(&world, &withheld).is_empty());
}

#[test]
fn an_order_for_a_session_goes_before_one_for_its_node_and_none_reaches_back() {
    let world = world();
    world.set_agent_log(NODE, LogBehaviour::Withhold);
    let (withheld, written) = (open(&world, "Shell-60"), open(&world, "Shell-60"));
    world.set_agent_log(written.as_str(), LogBehaviour::Write);
    for id in [&withheld, &written] {
        world.exit_session(id).unwrap();
    }
    assert!(body_of(&world, &withheld).is_empty());
    assert_eq!(body_of(&world, &written).len(), 1);
    // The road to the bucket is mended: the agent's retry succeeds now, not back then.
    world.clock().advance(Duration::from_secs(600));
    world.set_agent_log(NODE, LogBehaviour::Write);
    assert_eq!(body_of(&world, &withheld).len(), 1);
    let (bucket, key) = world.session(&withheld).unwrap().log.unwrap();
    let versions = world.object_versions(&bucket, &key);
    assert_eq!(versions[0].last_modified_millis, START + 600_000);
}

#[test]
fn an_order_that_comes_after_the_end_counts_from_the_order() {
    let world = world();
    let id = open(&world, "Shell-60");
    world.set_agent_log(id.as_str(), LogBehaviour::Withhold);
    world.exit_session(&id).unwrap();
    world.clock().advance(Duration::from_secs(600));
    world.set_agent_log(id.as_str(), LogBehaviour::DelayMillis(30_000));
    assert!(body_of(&world, &id).is_empty());
    world.clock().advance(Duration::from_secs(30));
    assert_eq!(body_of(&world, &id).len(), 1);
}

#[test]
fn ports_stopped_nodes_and_missing_buckets_leave_no_log() {
    let world = world();
    let port = open(&world, "AWS-StartSSHSession");
    let plain = open(&world, "SSM-SessionManagerRunShell");
    for id in [&port, &plain] {
        world.exit_session(id).unwrap();
        assert_eq!(world.session(id).unwrap().log, None);
    }
    let mut careless = shell("no-such-bucket", "60");
    careless["inputs"]["s3EncryptionEnabled"] = json!(false);
    world.add_document("Careless", &careless, REGION).unwrap();
    let lost = open(&world, "Careless");
    world.exit_session(&lost).unwrap();

    let crashed = open(&world, "Shell-60");
    world.stop_node(NODE).unwrap();
    world.clock().advance(Duration::from_secs(3_600));
    let session = world.session(&crashed).unwrap();
    assert_eq!(
        (session.cause, session.logs_written),
        (Some(EndCause::NodeStopped), 0)
    );
    assert!(world.bucket("logs").is_empty());
}
