//! A session's log, seen from S3 alone: nobody asks Systems Manager anything after the start.

use std::time::Duration;

use serde_json::json;
use standin::World;
use standin::s3::BucketSpec;
use standin::ssm::{LogBehaviour, NodeSpec};

use crate::reach::{self, START, admin};

const NODE: &str = "i-0123456789abcdef0";
const HOUR: Duration = Duration::from_secs(3_600);

fn world() -> World {
    let world = reach::world();
    world.create_bucket(
        "logs",
        BucketSpec {
            versioning: true,
            ..BucketSpec::default()
        },
    );
    world.add_node(NodeSpec::linux(NODE));
    let shell = json!({
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
    });
    world
        .add_document("Shell", &shell, "ap-northeast-2")
        .unwrap();
    world
}

async fn open(world: &World) -> String {
    let ssm = aws_sdk_ssm::Client::new(&admin(world));
    let started = ssm
        .start_session()
        .target(NODE)
        .document_name("Shell")
        .send()
        .await
        .unwrap();
    format!("jit/{}.log", started.session_id().unwrap())
}

/// When each version of a log was written, oldest first, as S3 tells it.
async fn written(world: &World, key: &str) -> Vec<i64> {
    let s3 = aws_sdk_s3::Client::new(&admin(world));
    let listed = s3
        .list_object_versions()
        .bucket("logs")
        .prefix(key)
        .send()
        .await
        .unwrap();
    let mut times: Vec<_> = listed
        .versions()
        .iter()
        .map(|one| one.last_modified().unwrap().to_millis().unwrap() - START)
        .collect();
    times.reverse();
    times
}

#[tokio::test]
async fn a_log_is_dated_when_it_was_due_however_late_somebody_looks() {
    let world = world();
    let key = open(&world).await;
    world.clock().advance(HOUR - Duration::from_millis(1));
    assert!(written(&world, &key).await.is_empty());
    world.clock().advance(5 * HOUR);
    assert_eq!(written(&world, &key).await, [3_600_000]);
    assert_eq!(
        world.object_versions("logs", &key)[0].last_modified_millis - START,
        3_600_000
    );
}

#[tokio::test]
async fn a_log_that_is_late_or_written_twice_is_so_in_every_view() {
    let world = world();
    world.set_agent_log(
        NODE,
        LogBehaviour::AfterDelay {
            millis: 60_000,
            then: Box::new(LogBehaviour::Duplicate),
        },
    );
    let key = open(&world).await;
    world.clock().advance(HOUR + Duration::from_secs(60));
    assert_eq!(written(&world, &key).await, [3_660_000]);
    world.clock().advance(HOUR);
    assert_eq!(written(&world, &key).await, [3_660_000, 3_661_000]);
    assert_eq!(world.bucket("logs").len(), 2);
}
