use std::io::{Read, Write};
use std::net::TcpStream;

use aws_config::SdkConfig;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_ssm::types::SessionState;
use standin::iam::RoleSpec;
use standin::journal::JournalEntry;
use standin::s3::BucketSpec;
use standin::ssm::NodeSpec;
use standin::{Service, World};

use crate::reach::{self, code, create_table, s};

fn arranged() -> World {
    let world = reach::world();
    world.create_bucket(
        "logs",
        BucketSpec {
            versioning: true,
            ..BucketSpec::default()
        },
    );
    world.add_node(NodeSpec::linux("i-0123456789abcdef0").tag("Env", "dev"));
    world
        .add_role(RoleSpec {
            name: "None".to_owned(),
            ..RoleSpec::default()
        })
        .unwrap();
    world
}

/// Something of every service, told as text without what is drawn anew each time.
async fn tour(config: &SdkConfig) -> Vec<String> {
    let mut seen = Vec::new();
    let sts = aws_sdk_sts::Client::new(config);
    let who = sts.get_caller_identity().send().await.unwrap();
    seen.push(format!("{:?} {:?}", who.arn(), who.user_id()));

    let iam = aws_sdk_iam::Client::new(config);
    let policies = iam
        .list_role_policies()
        .role_name("None")
        .send()
        .await
        .unwrap();
    seen.push(format!("{:?}", policies.policy_names()));
    let missing = iam.get_role().role_name("Nobody").send().await.unwrap_err();
    seen.push(format!(
        "{} {:?}",
        code(&missing),
        missing.raw_response().unwrap().status()
    ));

    let ssm = aws_sdk_ssm::Client::new(config);
    let nodes = ssm.describe_instance_information().send().await.unwrap();
    seen.push(format!("{:?}", nodes.instance_information_list()));
    let open = ssm
        .describe_sessions()
        .state(SessionState::Active)
        .send()
        .await
        .unwrap();
    seen.push(format!("{:?}", open.sessions()));

    let tagging = aws_sdk_resourcegroupstagging::Client::new(config);
    let tagged = tagging.get_resources().send().await.unwrap();
    seen.push(format!("{:?}", tagged.resource_tag_mapping_list()));

    let s3 = aws_sdk_s3::Client::new(config);
    let body = ByteStream::from_static(b"content");
    let put = s3
        .put_object()
        .bucket("logs")
        .key("a b/c+%.log")
        .body(body)
        .send()
        .await
        .unwrap();
    seen.push(format!("{:?} {:?}", put.e_tag(), put.checksum_crc32()));
    let got = s3
        .get_object()
        .bucket("logs")
        .key("a b/c+%.log")
        .send()
        .await
        .unwrap();
    seen.push(format!(
        "{:?}",
        got.body.collect().await.unwrap().into_bytes()
    ));
    let missing = s3
        .head_object()
        .bucket("logs")
        .key("none")
        .send()
        .await
        .unwrap_err();
    seen.push(format!("{:?}", missing.raw_response().unwrap().status()));

    let tables = aws_sdk_dynamodb::Client::new(config);
    create_table(&tables).await;
    let put = tables
        .put_item()
        .table_name(reach::TABLE)
        .item("pk", s("a"))
        .send();
    put.await.unwrap();
    let again = tables
        .put_item()
        .table_name(reach::TABLE)
        .item("pk", s("a"))
        .condition_expression("attribute_not_exists(pk)")
        .send();
    seen.push(code(&again.await.unwrap_err()));
    seen
}

/// What both journals must agree on.
fn essence(journal: &[JournalEntry]) -> Vec<String> {
    journal
        .iter()
        .map(|entry| {
            let JournalEntry {
                service,
                operation,
                parameters,
                verdict,
                outcome,
                ..
            } = entry;
            let effect = entry.took_effect;
            format!("{service:?} {operation} {parameters} {verdict:?} {effect} {outcome:?}")
        })
        .collect()
}

#[tokio::test]
async fn both_doors_answer_alike() {
    let world = arranged();
    let inside = tour(&reach::admin(&world)).await;
    let other = arranged();
    let listening = other.listen("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let outside = tour(&reach::outside(&other, other.admin_keys(), &listening)).await;
    assert_eq!(inside, outside);
    assert_eq!(essence(&world.journal()), essence(&other.journal()));
    assert_eq!(world.journal().len(), 12);
}

#[tokio::test]
async fn both_doors_refuse_alike() {
    let world = arranged();
    let listening = world.listen("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let keys = world.function_credentials("None", "req-1").unwrap();
    for config in [
        reach::inside(&world, keys.clone()),
        reach::outside(&world, keys, &listening),
    ] {
        let refused = aws_sdk_dynamodb::Client::new(&config)
            .list_tables()
            .send()
            .await;
        assert_eq!(code(&refused.unwrap_err()), "AccessDeniedException");
        let refused = aws_sdk_s3::Client::new(&config).list_buckets().send().await;
        assert_eq!(code(&refused.unwrap_err()), "AccessDenied");
        let iam = aws_sdk_iam::Client::new(&config);
        let refused = iam.get_role().role_name("None").send().await.unwrap_err();
        assert_eq!(code(&refused), "AccessDenied");
    }
}

#[tokio::test]
async fn a_listener_is_for_this_machine_only() {
    let refused = reach::world()
        .listen("0.0.0.0:0".parse().unwrap())
        .await
        .unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::InvalidInput);
}

#[tokio::test]
async fn an_announced_body_beyond_the_limit_is_refused_before_it_is_sent() {
    let world = reach::world();
    let listening = world.listen("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = listening.address();
    let status = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        let length = 64 * 1024 * 1024 + 1;
        write!(
            stream,
            "PUT /b/k HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n\r\n"
        )
        .unwrap();
        let mut status = [0; 12];
        stream.read_exact(&mut status).unwrap();
        String::from_utf8(status.to_vec()).unwrap()
    });
    assert_eq!(status.await.unwrap(), "HTTP/1.1 413");
}

#[tokio::test]
async fn the_clock_of_the_world_is_the_clock_of_its_signatures() {
    let world = arranged();
    let sts = aws_sdk_sts::Client::new(&reach::admin(&world));
    sts.get_caller_identity().send().await.unwrap();
    world.clock().set(reach::START + 86_400_000);
    sts.get_caller_identity().send().await.unwrap();
    let times: Vec<_> = world
        .calls_of(Service::Sts, "GetCallerIdentity")
        .iter()
        .map(|entry| entry.at_millis - reach::START)
        .collect();
    assert_eq!(times, [0, 86_400_000]);
}
