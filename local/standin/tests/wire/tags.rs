use aws_sdk_resourcegroupstagging::Client;
use aws_sdk_resourcegroupstagging::types::TagFilter;
use standin::World;
use standin::ssm::NodeSpec;

use crate::reach::{self, admin, code};

fn node(n: usize) -> String {
    format!("i-0123456789abcde{n:02}")
}

fn arn(n: usize) -> String {
    format!(
        "arn:aws:ec2:ap-northeast-2:111122223333:instance/{}",
        node(n)
    )
}

/// Five nodes, of which the even ones are of `dev`, and resources elsewhere.
fn world() -> World {
    let world = reach::world();
    for n in 0..5 {
        let env = if n % 2 == 0 { "dev" } else { "prod" };
        world.add_node(NodeSpec::linux(node(n)).tag("Env", env));
    }
    world.tag_resource(
        arn(5).replace("ap-northeast-2", "us-east-1"),
        [("Env", "dev")],
    );
    world.tag_resource(
        arn(6).replace("111122223333", "444455556666"),
        [("Env", "dev")],
    );
    world.tag_resource("arn:aws:s3:::logs", [("Keep", "yes")]);
    world
}

fn env(values: &[&str]) -> TagFilter {
    let values = values.iter().map(|value| (*value).to_owned()).collect();
    TagFilter::builder()
        .key("Env")
        .set_values(Some(values))
        .build()
}

#[tokio::test]
async fn resources_are_found_by_tag_and_type_in_their_own_account_and_region() {
    let world = world();
    let tagging = Client::new(&admin(&world));
    let found = async |filter: Option<TagFilter>, kind: &str| {
        let filters = filter.map(|filter| vec![filter]);
        let found = tagging
            .get_resources()
            .set_tag_filters(filters)
            .resource_type_filters(kind);
        let found = found.send().await.unwrap();
        let arns = found.resource_tag_mapping_list().iter();
        arns.map(|one| one.resource_arn().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        found(Some(env(&["dev"])), "ec2:instance").await,
        [arn(0), arn(2), arn(4)]
    );
    assert_eq!(found(Some(env(&[])), "ec2").await.len(), 5);
    assert_eq!(found(Some(env(&["none"])), "ec2").await.len(), 0);
    assert_eq!(found(None, "s3").await, ["arn:aws:s3:::logs"]);
    world.untag_resource(&arn(0), &["Env"]);
    assert_eq!(found(None, "ec2:instance").await.len(), 4);
}

#[tokio::test]
async fn every_size_of_page_gives_the_same_resources_once() {
    let world = world();
    let tagging = Client::new(&admin(&world));
    for size in 1..=7 {
        let found: Vec<_> = tagging
            .get_resources()
            .resources_per_page(size)
            .into_paginator()
            .items()
            .send()
            .collect::<Result<Vec<_>, _>>()
            .await
            .unwrap();
        assert_eq!(found.len(), 6, "in pages of {size}");
    }
    let none = tagging
        .get_resources()
        .resources_per_page(0)
        .send()
        .await
        .unwrap_err();
    assert_eq!(code(&none), "InvalidParameterException");
}
