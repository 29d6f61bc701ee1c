use aws_sdk_s3::primitives::{ByteStream, DateTime};
use aws_sdk_s3::types::{ObjectLockEnabled, ObjectLockMode, ObjectLockRetentionMode};
use serde_json::json;
use standin::World;
use standin::iam::RoleSpec;
use standin::s3::{BucketSpec, LockMode, ObjectLock, PutObject, Retention};

use crate::reach::{self, START, code, inside};

const DAY: i64 = 86_400_000;

fn world(default: Option<LockMode>) -> World {
    let world = reach::world();
    let lock = ObjectLock {
        default_retention: default.map(|mode| Retention { mode, days: 1 }),
    };
    world.create_bucket(
        "logs",
        BucketSpec {
            object_lock: Some(lock),
            ..BucketSpec::default()
        },
    );
    world
}

fn client(world: &World) -> aws_sdk_s3::Client {
    aws_sdk_s3::Client::new(&reach::admin(world))
}

/// Writes an object past the doors and gives its version.
fn written(world: &World) -> String {
    let body = PutObject {
        body: "log".into(),
        ..PutObject::default()
    };
    world.put_object("logs", "k", body).unwrap().version_id
}

async fn delete(s3: &aws_sdk_s3::Client, version: &str, bypass: Option<bool>) -> String {
    let delete = s3
        .delete_object()
        .bucket("logs")
        .key("k")
        .version_id(version);
    match delete.set_bypass_governance_retention(bypass).send().await {
        Ok(_) => "gone".to_owned(),
        Err(error) => code(&error),
    }
}

#[tokio::test]
async fn nobody_deletes_a_version_in_compliance_mode_before_its_time() {
    let world = world(Some(LockMode::Compliance));
    let s3 = client(&world);
    let version = written(&world);
    assert_eq!(delete(&s3, &version, None).await, "AccessDenied");
    assert_eq!(delete(&s3, &version, Some(true)).await, "AccessDenied");
    world.clock().set(START + DAY - 1);
    assert_eq!(delete(&s3, &version, Some(true)).await, "AccessDenied");
    world.clock().set(START + DAY);
    assert_eq!(delete(&s3, &version, None).await, "gone");
    assert!(world.bucket("logs").is_empty());
}

#[tokio::test]
async fn governance_gives_way_to_who_may_bypass_it_and_says_so() {
    let world = world(Some(LockMode::Governance));
    let policy = json!({
        "Version": "2012-10-17",
        "Statement": { "Effect": "Allow", "Action": "s3:DeleteObject*", "Resource": "*" },
    });
    world
        .add_role(RoleSpec {
            name: "Cleaner".to_owned(),
            inline: vec![("Clean".to_owned(), policy.to_string())],
            ..RoleSpec::default()
        })
        .unwrap();
    let keys = world.function_credentials("Cleaner", "c-1").unwrap();
    let cleaner = aws_sdk_s3::Client::new(&inside(&world, keys));
    let version = written(&world);
    assert_eq!(delete(&cleaner, &version, Some(true)).await, "AccessDenied");
    let admin = client(&world);
    assert_eq!(delete(&admin, &version, None).await, "AccessDenied");
    assert_eq!(delete(&admin, &version, Some(true)).await, "gone");
}

#[tokio::test]
async fn a_delete_marker_goes_on_top_of_a_locked_version() {
    let world = world(Some(LockMode::Compliance));
    written(&world);
    client(&world)
        .delete_object()
        .bucket("logs")
        .key("k")
        .send()
        .await
        .unwrap();
    let markers: Vec<_> = world
        .object_versions("logs", "k")
        .iter()
        .map(|one| one.delete_marker)
        .collect();
    assert_eq!(markers, [false, true]);
}

#[tokio::test]
async fn a_test_can_tamper_where_nobody_can() {
    let world = world(Some(LockMode::Compliance));
    let version = written(&world);
    let gone = world
        .remove_version("logs", "k", &version)
        .unwrap()
        .unwrap();
    assert!(gone.is_locked(START));
    assert!(world.bucket("logs").is_empty());
}

#[tokio::test]
async fn a_lock_is_told_with_the_version_that_it_is_on() {
    let world = world(Some(LockMode::Governance));
    let s3 = client(&world);
    let body = ByteStream::from_static(b"log");
    let until = DateTime::from_secs((START + 2 * DAY) / 1_000);
    let put = s3
        .put_object()
        .bucket("logs")
        .key("k")
        .body(body)
        .object_lock_mode(ObjectLockMode::Compliance)
        .object_lock_retain_until_date(until);
    put.send().await.unwrap();
    let head = s3
        .head_object()
        .bucket("logs")
        .key("k")
        .send()
        .await
        .unwrap();
    assert_eq!(head.object_lock_mode(), Some(&ObjectLockMode::Compliance));
    assert_eq!(head.object_lock_retain_until_date(), Some(&until));
    let told = s3
        .get_object_retention()
        .bucket("logs")
        .key("k")
        .send()
        .await
        .unwrap();
    let told = told.retention().unwrap();
    assert_eq!(told.mode(), Some(&ObjectLockRetentionMode::Compliance));
    assert_eq!(told.retain_until_date(), Some(&until));
    let told = s3
        .get_object_lock_configuration()
        .bucket("logs")
        .send()
        .await
        .unwrap();
    let told = told.object_lock_configuration().unwrap();
    assert_eq!(
        told.object_lock_enabled(),
        Some(&ObjectLockEnabled::Enabled)
    );
    let default = told.rule().unwrap().default_retention().unwrap();
    assert_eq!(default.mode(), Some(&ObjectLockRetentionMode::Governance));
    assert_eq!(default.days(), Some(1));
}

#[tokio::test]
async fn a_lock_needs_a_bucket_that_locks_and_a_time_to_come() {
    let world = world(None);
    world.create_bucket("plain", BucketSpec::default());
    let s3 = client(&world);
    let put = |bucket: &str, until: i64| {
        s3.put_object()
            .bucket(bucket)
            .key("k")
            .body(ByteStream::from_static(b"log"))
            .object_lock_mode(ObjectLockMode::Governance)
            .object_lock_retain_until_date(DateTime::from_secs(until / 1_000))
            .send()
    };
    assert_eq!(
        code(&put("plain", START + DAY).await.unwrap_err()),
        "InvalidRequest"
    );
    assert_eq!(
        code(&put("logs", START).await.unwrap_err()),
        "InvalidArgument"
    );
    put("logs", START + DAY).await.unwrap();
    // Without a default, a version is locked only where that is asked for.
    let free = world
        .put_object("logs", "free", PutObject::default())
        .unwrap();
    assert_eq!(free.retention, None);
    let versioning = s3
        .get_bucket_versioning()
        .bucket("logs")
        .send()
        .await
        .unwrap();
    assert_eq!(versioning.status().unwrap().as_str(), "Enabled");
}
