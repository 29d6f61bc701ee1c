//! What describes a set-up: EC2, KMS, and what IAM says that roles may do.

use aws_sdk_ec2::Client as Ec2;
use aws_sdk_ec2::types::Filter;
use serde_json::json;
use standin::World;
use standin::ec2::{RouteTable, Vpc};
use standin::faults::{FaultKind, FaultRule};
use standin::iam::RoleSpec;
use standin::kms::Key;

use crate::reach::{self, code, inside};

const ROLE: &str = "arn:aws:iam::111122223333:role/Reader";
const KEY: &str =
    "arn:aws:kms:ap-northeast-2:111122223333:key/00000000-0000-4000-8000-000000000001";

fn config(world: &World, statements: &serde_json::Value) -> aws_config::SdkConfig {
    let policy = json!({ "Version": "2012-10-17", "Statement": statements });
    world
        .add_role(RoleSpec {
            name: "Reader".to_owned(),
            managed: vec![policy.to_string()],
            ..RoleSpec::default()
        })
        .unwrap();
    inside(
        world,
        world.function_credentials("Reader", "function").unwrap(),
    )
}

fn by(name: &str, value: &str) -> Filter {
    Filter::builder().name(name).values(value).build()
}

#[tokio::test]
async fn a_listing_of_ec2_is_found_by_filters_and_shown_in_pages() {
    let world = reach::world();
    let allowed =
        json!([{ "Effect": "Allow", "Action": "ec2:DescribeRouteTables", "Resource": "*" }]);
    let ec2 = Ec2::new(&config(&world, &allowed));
    world.change_network(|net| {
        for number in 0..12 {
            let vpc = if number < 11 { "vpc-1" } else { "vpc-2" }.to_owned();
            let table = RouteTable {
                vpc,
                ..RouteTable::default()
            };
            net.route_tables.insert(format!("rtb-{number:02}"), table);
        }
    });
    let page = async |token: Option<String>| {
        let call = ec2.describe_route_tables().filters(by("vpc-id", "vpc-1"));
        let answer = call.max_results(5).set_next_token(token).send().await;
        let answer = answer.unwrap();
        (answer.route_tables().len(), answer.next_token)
    };
    let (first, token) = page(None).await;
    let (second, next) = page(token.clone()).await;
    let (third, none) = page(next).await;
    assert_eq!((first, second, third, none), (5, 5, 1, None));
    let other = ec2.describe_route_tables().max_results(5);
    let refused = other.set_next_token(token).send().await.unwrap_err();
    assert_eq!(code(&refused), "InvalidNextToken");
    let small = ec2.describe_route_tables().max_results(4).send().await;
    assert_eq!(code(&small.unwrap_err()), "InvalidParameterValue");
    let unknown = ec2.describe_route_tables().filters(by("owner", "x"));
    assert_eq!(
        code(&unknown.send().await.unwrap_err()),
        "InvalidParameterValue"
    );
    let gone = ec2.describe_route_tables().route_table_ids("rtb-99");
    assert_eq!(
        code(&gone.send().await.unwrap_err()),
        "InvalidRouteTableID.NotFound"
    );
}

#[tokio::test]
async fn ec2_refuses_in_words_of_its_own() {
    let world = reach::world();
    let vpc = "arn:aws:ec2:ap-northeast-2:111122223333:vpc/vpc-1";
    let allowed =
        json!([{ "Effect": "Allow", "Action": "ec2:DescribeVpcAttribute", "Resource": vpc }]);
    let ec2 = Ec2::new(&config(&world, &allowed));
    for id in ["vpc-1", "vpc-2"] {
        world.change_network(|net| net.vpcs.insert(id.to_owned(), Vpc::default()));
    }
    let attribute = async |vpc: &str| {
        let call = ec2.describe_vpc_attribute().vpc_id(vpc);
        call.attribute(aws_sdk_ec2::types::VpcAttributeName::EnableDnsSupport)
            .send()
            .await
    };
    let read = attribute("vpc-1").await.unwrap();
    assert_eq!(read.enable_dns_support.unwrap().value, Some(false));
    let denied = attribute("vpc-2").await.unwrap_err();
    assert_eq!(code(&denied), "UnauthorizedOperation");
    assert_eq!(denied.raw_response().unwrap().status().as_u16(), 403);
    let listed = ec2.describe_vpcs().send().await.unwrap_err();
    assert_eq!(code(&listed), "UnauthorizedOperation");
    let throttle = FaultRule::always(
        standin::Service::Ec2,
        "DescribeVpcAttribute",
        FaultKind::Throttle,
    );
    world.faults().inject(throttle.times(1));
    let throttled = attribute("vpc-1").await.unwrap_err();
    assert_eq!(code(&throttled), "RequestLimitExceeded");
    assert_eq!(throttled.raw_response().unwrap().status().as_u16(), 503);
}

#[tokio::test]
async fn a_simulation_judges_by_what_it_is_given() {
    let world = reach::world();
    let iam = aws_sdk_iam::Client::new(&config(
        &world,
        &json!([
            { "Effect": "Allow", "Action": ["iam:SimulatePrincipalPolicy", "ssm:Get*"], "Resource": "*" },
            { "Effect": "Deny", "Action": "ssm:GetParameters", "Resource": "*" },
            { "Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::logs/*",
              "Condition": { "StringEquals": { "aws:SourceVpc": "vpc-1" } } },
        ]),
    ));
    let simulate = async |action: &str, resource: &str, vpc: Option<&str>| {
        let entry = aws_sdk_iam::types::ContextEntry::builder()
            .context_key_name("aws:SourceVpc")
            .context_key_type(aws_sdk_iam::types::ContextKeyTypeEnum::String);
        let entries = vpc.map(|vpc| vec![entry.context_key_values(vpc).build()]);
        let call = iam.simulate_principal_policy().policy_source_arn(ROLE);
        let call = call.action_names(action).resource_arns(resource);
        let answer = call.set_context_entries(entries).send().await.unwrap();
        let result = answer.evaluation_results().first().unwrap().clone();
        let on_resource = result.resource_specific_results().iter();
        let missing = on_resource.flat_map(|one| one.missing_context_values());
        let missing = missing.chain(result.missing_context_values()).count();
        (result.eval_decision().as_str().to_owned(), missing)
    };
    for (action, resource, vpc, expected) in [
        ("ssm:GetDocument", "*", None, ("allowed", 1)),
        ("ssm:GetParameters", "*", None, ("explicitDeny", 1)),
        ("ssm:PutParameter", "*", Some("vpc-1"), ("implicitDeny", 0)),
        (
            "s3:PutObject",
            "arn:aws:s3:::logs/x",
            None,
            ("implicitDeny", 1),
        ),
        (
            "s3:PutObject",
            "arn:aws:s3:::logs/x",
            Some("vpc-1"),
            ("allowed", 0),
        ),
        (
            "s3:PutObject",
            "arn:aws:s3:::logs/x",
            Some("vpc-2"),
            ("implicitDeny", 0),
        ),
        (
            "s3:PutObject",
            "arn:aws:s3:::other/x",
            Some("vpc-1"),
            ("implicitDeny", 0),
        ),
    ] {
        let (decision, missing) = simulate(action, resource, vpc).await;
        assert_eq!(
            (decision.as_str(), missing),
            expected,
            "{action} {resource}"
        );
    }
    let gone = iam.simulate_principal_policy().action_names("s3:PutObject");
    let gone = gone.policy_source_arn(ROLE.replace("Reader", "Nobody"));
    assert_eq!(code(&gone.send().await.unwrap_err()), "NoSuchEntity");
}

#[tokio::test]
async fn a_key_is_shown_to_who_may_see_it_and_where_it_is() {
    let world = reach::world();
    let allowed = json!([{ "Effect": "Allow", "Action": "kms:DescribeKey", "Resource": KEY }]);
    let kms = aws_sdk_kms::Client::new(&config(&world, &allowed));
    let describe = async |key: &str| kms.describe_key().key_id(key).send().await;
    assert_eq!(code(&describe(KEY).await.unwrap_err()), "NotFoundException");
    world.add_key(
        KEY,
        Key {
            state: "Disabled".to_owned(),
            policy: "{}".to_owned(),
            of_aws: false,
        },
    );
    world.add_key_alias("alias/logs", KEY);
    for name in [KEY, "alias/logs", "00000000-0000-4000-8000-000000000001"] {
        let known = describe(name).await.unwrap().key_metadata.unwrap();
        assert_eq!((known.arn(), known.enabled()), (Some(KEY), false), "{name}");
    }
    let policy = kms.get_key_policy().key_id(KEY).send().await;
    assert_eq!(code(&policy.unwrap_err()), "AccessDeniedException");
    let other = describe("alias/other").await.unwrap_err();
    assert_eq!(code(&other), "AccessDeniedException");
}
