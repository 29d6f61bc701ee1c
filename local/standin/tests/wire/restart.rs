//! What a world on disk knows after its process is gone.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use standin::World;
use standin::s3::{BucketSpec, PutObject};
use standin::ssm::NodeSpec;

use crate::reach::{TABLE, admin, has_item, s, with_table};

/// Names the directory to the process that is to be killed.
const DIRECTORY: &str = "STANDIN_TEST_DIRECTORY";

/// A directory that is gone at the end of its test.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("standin-{name}-{}", std::process::id()));
        Self(path)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn open(directory: &Path) -> World {
    World::builder()
        .data_dir(Some(directory.to_owned()))
        .build()
        .unwrap()
}

async fn put(tables: &aws_sdk_dynamodb::Client, pk: &str) {
    tables
        .put_item()
        .table_name(TABLE)
        .item("pk", s(pk))
        .send()
        .await
        .unwrap();
}

fn log(text: String) -> PutObject {
    PutObject {
        body: text.into(),
        ..PutObject::default()
    }
}

#[tokio::test]
async fn a_world_that_is_built_again_goes_on() {
    let directory = Directory::new("again");
    let world = open(&directory.0);
    put(&with_table(&world).await, "a").await;
    world.create_bucket(
        "logs",
        BucketSpec {
            versioning: true,
            ..BucketSpec::default()
        },
    );
    world
        .put_object("logs", "k", log("one".to_owned()))
        .unwrap();
    world.add_node(NodeSpec::linux("i-0123456789abcdef0").tag("Env", "dev"));
    // Last, through the door, so that the door alone can have kept it.
    let s3 = aws_sdk_s3::Client::new(&admin(&world));
    s3.put_object()
        .bucket("logs")
        .key("last")
        .send()
        .await
        .unwrap();
    let kept = world.bucket("logs");
    assert_eq!(kept.len(), 2);
    drop(world);

    let world = open(&directory.0);
    assert!(has_item(&world, "a").await);
    assert_eq!(world.bucket("logs"), kept);
    let ssm = aws_sdk_ssm::Client::new(&admin(&world));
    let nodes = ssm.describe_instance_information().send().await.unwrap();
    assert_eq!(nodes.instance_information_list().len(), 1);
    let node = "arn:aws:ec2:ap-northeast-2:111122223333:instance/i-0123456789abcdef0";
    assert_eq!(world.tags_of(node)["Env"], "dev");
    assert!(
        world.journal().len() == 2,
        "the journal is of the process, not of the world"
    );
}

#[test]
fn a_snapshot_that_cannot_be_read_is_not_written_over() {
    let directory = Directory::new("broken");
    std::fs::create_dir_all(&directory.0).unwrap();
    let snapshot = directory.0.join("world.json");
    std::fs::write(&snapshot, "{\"iam\":").unwrap();
    let built = World::builder().data_dir(Some(directory.0.clone())).build();
    assert!(matches!(built, Err(standin::WorldError::Snapshot { .. })));
    assert_eq!(std::fs::read(&snapshot).unwrap(), b"{\"iam\":");
}

/// Writes until it is killed, and says so after each write. Run by the test below.
#[tokio::test]
#[ignore = "the process that `what_was_answered_survives_a_kill` kills"]
async fn writes_until_it_is_killed() {
    let Some(directory) = std::env::var_os(DIRECTORY) else {
        return;
    };
    let world = open(Path::new(&directory));
    let tables = with_table(&world).await;
    world.create_bucket("logs", BucketSpec::default());
    for n in 0_u64.. {
        put(&tables, &format!("r{n}")).await;
        world
            .put_object("logs", &format!("{n:09}"), log("x".repeat(2_000)))
            .unwrap();
        println!("\nwritten {n}");
    }
}

#[tokio::test]
async fn what_was_answered_survives_a_kill() {
    let directory = Directory::new("kill");
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--ignored",
            "--exact",
            "--nocapture",
            "restart::writes_until_it_is_killed",
        ])
        .env(DIRECTORY, &directory.0)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let last = lines
        .map_while(Result::ok)
        .filter_map(|line| line.strip_prefix("written ")?.parse::<usize>().ok())
        .nth(40)
        .unwrap();
    // Wherever it is now: between two writes, or in the middle of one.
    child.kill().unwrap();
    child.wait().unwrap();

    let world = open(&directory.0);
    assert!(world.bucket("logs").len() > last);
    for n in 0..=last {
        assert!(has_item(&world, &format!("r{n}")).await, "r{n}");
        assert_eq!(
            world.object_versions("logs", &format!("{n:09}"))[0]
                .body
                .len(),
            2_000
        );
    }
}
