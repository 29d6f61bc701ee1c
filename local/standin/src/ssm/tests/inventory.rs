use super::*;

fn ids(answer: &Value) -> Vec<&str> {
    let list = answer["InstanceInformationList"].as_array().unwrap();
    list.iter()
        .map(|one| one["InstanceId"].as_str().unwrap())
        .collect()
}

fn filtered(key: &str, values: &[&str]) -> Value {
    json!({ "Filters": [{ "Key": key, "Values": values }] })
}

const HYBRID: &str = "mi-0123456789abcdef0";
const WINDOWS: &str = "i-0fedcba9876543210";

fn fleet() -> World {
    let world = world();
    world.add_node(
        NodeSpec::linux(HYBRID)
            .tag("Env", "prod")
            .tag("Name", "rack-1"),
    );
    world.add_node(NodeSpec {
        platform: Platform::Windows,
        agent_version: "3.2.582.0".to_owned(),
        ping_status: PingStatus::ConnectionLost,
        ..NodeSpec::linux(WINDOWS)
    });
    world
}

#[test]
fn a_node_is_told_with_its_last_heartbeat() {
    let world = fleet();
    world.clock().advance(Duration::from_secs(700));
    let request = filtered("InstanceIds", &[NODE]);
    let answer = ask(&world, "DescribeInstanceInformation", request).unwrap();
    let node = &answer["InstanceInformationList"][0];
    assert_eq!(node["PingStatus"], "Online");
    assert_eq!(node["PlatformType"], "Linux");
    assert_eq!(node["ResourceType"], "EC2Instance");
    assert_eq!(node["LastPingDateTime"], 1_795_510_800.0 + 600.0);
    let request = filtered("InstanceIds", &[WINDOWS]);
    let lost = ask(&world, "DescribeInstanceInformation", request).unwrap();
    assert_eq!(
        lost["InstanceInformationList"][0]["LastPingDateTime"],
        1_795_510_800.0
    );
}

#[test]
fn nodes_are_found_by_every_filter() {
    let world = fleet();
    let found = |key: &str, values: &[&str]| {
        let answer = ask(&world, "DescribeInstanceInformation", filtered(key, values)).unwrap();
        ids(&answer).join(" ")
    };
    assert_eq!(
        found("InstanceIds", &[NODE, HYBRID]),
        format!("{NODE} {HYBRID}")
    );
    assert_eq!(found("InstanceIds", &["i-00000000000000000"]), "");
    assert_eq!(found("PingStatus", &["ConnectionLost"]), WINDOWS);
    assert_eq!(found("PlatformTypes", &["Windows"]), WINDOWS);
    assert_eq!(found("AgentVersion", &["3.2.582.0"]), WINDOWS);
    assert_eq!(found("ResourceType", &["ManagedInstance"]), HYBRID);
    assert_eq!(
        found("tag:Env", &["dev", "prod"]),
        format!("{NODE} {HYBRID}")
    );
    assert_eq!(found("tag-key", &["Env"]), format!("{NODE} {HYBRID}"));
    let old = json!({ "InstanceInformationFilterList": [
        { "key": "PlatformTypes", "valueSet": ["Windows"] },
    ] });
    assert_eq!(
        ids(&ask(&world, "DescribeInstanceInformation", old).unwrap()),
        [WINDOWS]
    );
}

#[test]
fn filters_that_make_no_sense_are_refused() {
    let world = fleet();
    let both = json!({ "Filters": [
        { "Key": "tag:Env", "Values": ["dev"] },
        { "Key": "PingStatus", "Values": ["Online"] },
    ] });
    let cases = [
        (filtered("Colour", &["red"]), "InvalidFilterKey"),
        (
            filtered("PingStatus", &["Asleep"]),
            "InvalidInstanceInformationFilterValue",
        ),
        (filtered("InstanceIds", &["web-1"]), "InvalidInstanceId"),
        (filtered("InstanceIds", &[]), "ValidationException"),
        (both, "ValidationException"),
        (json!({ "MaxResults": 4 }), "ValidationException"),
        (json!({ "MaxResults": 51 }), "ValidationException"),
        (json!({ "NextToken": "made-up" }), "InvalidNextToken"),
    ];
    for (request, expected) in cases {
        let result = ask(&world, "DescribeInstanceInformation", request.clone());
        assert_eq!(code(result), expected, "{request}");
    }
}

#[test]
fn stopped_nodes_and_those_of_others_are_not_shown() {
    let world = fleet();
    world.add_node(NodeSpec {
        account: Some("444455556666".to_owned()),
        ..NodeSpec::linux("i-0aaaaaaaaaaaaaaaa")
    });
    world.stop_node(NODE).unwrap();
    let answer = ask(&world, "DescribeInstanceInformation", json!({})).unwrap();
    assert_eq!(ids(&answer), [WINDOWS, HYBRID]);
}

#[test]
fn nodes_come_in_pages() {
    let world = world();
    for n in 0..11 {
        world.add_node(NodeSpec::linux(format!("i-0000000000000{n:04}")));
    }
    let mut request = json!({ "MaxResults": 5 });
    let mut sizes = Vec::new();
    loop {
        let answer = ask(&world, "DescribeInstanceInformation", request.clone()).unwrap();
        sizes.push(ids(&answer).len());
        match answer.get("NextToken") {
            Some(token) => request["NextToken"] = token.clone(),
            None => break,
        }
    }
    assert_eq!(sizes, [5, 5, 2]);
}

#[test]
fn a_node_is_connected_while_its_agent_reports() {
    let world = fleet();
    let status = |target: &str| {
        let answer = ask(&world, "GetConnectionStatus", json!({ "Target": target })).unwrap();
        assert_eq!(answer["Target"], target);
        answer["Status"].as_str().unwrap().to_owned()
    };
    assert_eq!(status(NODE), "connected");
    assert_eq!(status(WINDOWS), "notconnected");
    assert_eq!(status("i-00000000000000000"), "notconnected");
    world.stop_node(NODE).unwrap();
    assert_eq!(status(NODE), "notconnected");
    let [demand] = demanded(&world, "GetConnectionStatus", &json!({ "Target": HYBRID }))
        .try_into()
        .unwrap();
    assert_eq!(
        demand.resource,
        format!("arn:aws:ssm:ap-northeast-2:111122223333:managed-instance/{HYBRID}")
    );
    assert_eq!(demand.context["ssm:resourceTag/Env"], ["prod"]);
}

#[test]
fn the_tags_of_hybrid_nodes_are_listed_here() {
    let world = fleet();
    let list = |kind: &str, id: &str| {
        ask(
            &world,
            "ListTagsForResource",
            json!({ "ResourceType": kind, "ResourceId": id }),
        )
    };
    assert_eq!(
        list("ManagedInstance", HYBRID).unwrap(),
        json!({ "TagList": [
            { "Key": "Env", "Value": "prod" },
            { "Key": "Name", "Value": "rack-1" },
        ] })
    );
    assert_eq!(
        list("Document", "Shell-60").unwrap(),
        json!({ "TagList": [] })
    );
    assert_eq!(code(list("ManagedInstance", NODE)), "InvalidResourceId");
    assert_eq!(
        code(list("ManagedInstance", "mi-0fedcba9876543210")),
        "InvalidResourceId"
    );
    assert_eq!(code(list("Parameter", "x")), "InvalidResourceType");
}
