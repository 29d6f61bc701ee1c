use broker::fault::AwsFaultKind;
use rules::facts::{Ping, Platform, TargetFacts};
use rules::names::Target;
use serde_json::json;
use standin::Service;
use standin::faults::{FaultKind, FaultRule};
use standin::ssm::{NodeSpec, PingStatus, Platform as NodePlatform};

use crate::arranged::{INSTANCE, arranged, target};

const HYBRID: &str = "mi-0123456789abcdef0";
const STRANGER: &str = "i-0fedcba9876543210";

fn tag<'a>(facts: &'a TargetFacts, key: &str) -> Option<&'a str> {
    facts.tags.get(key).map(String::as_str)
}

#[tokio::test]
async fn facts_join_what_ssm_and_the_tagging_api_know() {
    let arranged = arranged();
    let windows = "i-0aaaaaaaaaaaaaaaa";
    arranged.world.add_node(NodeSpec {
        platform: NodePlatform::Windows,
        ping_status: PingStatus::ConnectionLost,
        ..NodeSpec::linux(windows)
            .tag("Name", "desktop")
            .tag("Env", "prod")
    });
    arranged
        .world
        .add_node(NodeSpec::linux(HYBRID).tag("Name", "rack-9"));
    let asked = [
        target(windows),
        target(HYBRID),
        target(INSTANCE),
        target(STRANGER),
    ];
    let facts = arranged.inventory().facts(&asked).await.unwrap();

    let found: Vec<String> = facts
        .iter()
        .map(|one| one.target.instance.to_string())
        .collect();
    assert_eq!(found, [INSTANCE, windows, HYBRID]);
    assert_eq!(
        (facts[0].platform, facts[0].ping),
        (Platform::Linux, Ping::Online)
    );
    assert_eq!(facts[0].agent_version.as_deref(), Some("3.3.5226.0"));
    assert_eq!(tag(&facts[0], "Env"), Some("staging"));
    assert_eq!(
        (facts[1].platform, facts[1].ping),
        (Platform::Windows, Ping::ConnectionLost)
    );
    assert_eq!(
        (facts[1].name(), tag(&facts[1], "Env")),
        (Some("desktop"), Some("prod"))
    );
    assert_eq!(facts[2].name(), Some("rack-9"));
}

#[tokio::test]
async fn the_calls_name_the_targets_and_nothing_else() {
    let arranged = arranged();
    arranged.world.add_node(NodeSpec::linux(HYBRID));
    arranged
        .inventory()
        .facts(&[target(INSTANCE), target(HYBRID)])
        .await
        .unwrap();
    let said: Vec<(String, serde_json::Value)> = arranged
        .world
        .journal()
        .into_iter()
        .map(|call| (call.operation, call.parameters))
        .collect();
    let arn = format!("arn:aws:ec2:ap-northeast-2:111122223333:instance/{INSTANCE}");
    assert_eq!(
        said,
        [
            (
                "DescribeInstanceInformation".to_owned(),
                json!({"MaxResults": 50,
                       "Filters": [{"Key": "InstanceIds", "Values": [INSTANCE, HYBRID]}]}),
            ),
            ("GetResources".to_owned(), json!({"ResourceARNList": [arn]})),
            (
                "ListTagsForResource".to_owned(),
                json!({"ResourceType": "ManagedInstance", "ResourceId": HYBRID}),
            ),
        ]
    );
}

#[tokio::test]
async fn a_stopped_instance_is_known_by_its_tags_and_does_not_answer() {
    let arranged = arranged();
    arranged.world.stop_node(INSTANCE).unwrap();
    let facts = arranged
        .inventory()
        .facts(&[target(INSTANCE)])
        .await
        .unwrap();
    assert_eq!(facts.len(), 1);
    assert_eq!(
        (facts[0].platform, facts[0].ping),
        (Platform::Unknown, Ping::Inactive)
    );
    assert_eq!(
        (tag(&facts[0], "Env"), &facts[0].agent_version),
        (Some("staging"), &None)
    );
}

#[tokio::test]
async fn what_is_unknown_or_elsewhere_is_left_out() {
    let arranged = arranged();
    let elsewhere = format!("444455556666/ap-northeast-2/{INSTANCE}")
        .parse()
        .unwrap();
    let unserved = format!("111122223333/us-east-1/{INSTANCE}")
        .parse()
        .unwrap();
    let hybrid = target("mi-0fedcba9876543210");
    let asked: [Target; 4] = [elsewhere, unserved, target(STRANGER), hybrid];
    assert_eq!(arranged.inventory().facts(&asked).await.unwrap(), []);
    assert_eq!(arranged.inventory().facts(&[]).await.unwrap(), []);
}

#[tokio::test]
async fn one_id_that_ssm_will_not_hear_of_does_not_hide_the_others() {
    let arranged = arranged();
    let refusing = FaultKind::Fail {
        status: 400,
        code: "InvalidInstanceId".to_owned(),
    };
    arranged.world.faults().inject(
        FaultRule::always(Service::Ssm, "DescribeInstanceInformation", refusing)
            .body_contains(STRANGER),
    );
    let facts = arranged
        .inventory()
        .facts(&[target(STRANGER), target(INSTANCE)])
        .await
        .unwrap();
    assert_eq!(facts.len(), 1);
    assert_eq!(facts[0].ping, Ping::Online);
}

#[tokio::test]
async fn a_place_is_listed_page_by_page_up_to_the_limit() {
    let arranged = arranged();
    for n in 0..120_u32 {
        let id = format!("i-{n:017x}");
        arranged
            .world
            .add_node(NodeSpec::linux(id).tag("Name", format!("web-{n}")));
    }
    let all = arranged
        .inventory()
        .all(&arranged.place, 1_000)
        .await
        .unwrap();
    assert_eq!(all.len(), 121);
    assert!(all.iter().all(|facts| !facts.tags.is_empty()));
    assert!(all.is_sorted_by_key(|facts| &facts.target));
    assert_eq!(
        arranged
            .world
            .calls_of(Service::Ssm, "DescribeInstanceInformation")
            .len(),
        3
    );
    let some = arranged.inventory().all(&arranged.place, 60).await.unwrap();
    assert_eq!(some.len(), 60);
}

#[tokio::test]
async fn half_of_the_facts_are_none() {
    let arranged = arranged();
    let down = || FaultKind::Fail {
        status: 500,
        code: "InternalServiceException".to_owned(),
    };
    for (service, operation) in [
        (Service::Ssm, "DescribeInstanceInformation"),
        (Service::Tagging, "GetResources"),
    ] {
        arranged
            .world
            .faults()
            .inject(FaultRule::always(service, operation, down()));
        let fault = arranged
            .inventory()
            .facts(&[target(INSTANCE)])
            .await
            .unwrap_err();
        assert_eq!(
            (fault.operation, fault.kind),
            (operation, AwsFaultKind::Unreachable)
        );
        arranged.world.faults().clear();
    }
    arranged
        .world
        .faults()
        .inject(FaultRule::always(Service::Tagging, "GetResources", FaultKind::Throttle).times(2));
    assert_eq!(
        arranged
            .inventory()
            .facts(&[target(INSTANCE)])
            .await
            .unwrap()
            .len(),
        1
    );
}
