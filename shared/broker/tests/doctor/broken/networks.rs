//! Networks.

use serde_json::json;
use standin::ec2::{AclEntry, Network, Permission, Route};

use super::{Break, breaks};
use crate::house::{BUCKET, House, INSTANCE};
use crate::network::{
    ENDPOINT_ACL, ENDPOINT_SUBNET, IGW, MAIN_TABLE, NAT, OWN_ACL, OWN_GROUP, OWN_TABLE, S3_LIST,
    SSM_GROUP, VPC, add_endpoint, allow, endpoint_id,
};

fn without_endpoint(house: &House, number: u8) {
    house.network(|net| net.endpoints.remove(&endpoint_id(number)));
}

fn policy(house: &House, number: u8, action: &str, resource: &str) {
    let statement = json!({
        "Effect": "Allow", "Principal": "*", "Action": action, "Resource": resource,
    });
    house.network(|net| {
        let endpoint = net.endpoints.get_mut(&endpoint_id(number)).unwrap();
        endpoint.policy = json!({ "Statement": [statement] }).to_string();
    });
}

fn ingress(house: &House, rules: Vec<Permission>) {
    house.network(|net| net.groups.get_mut(SSM_GROUP).unwrap().ingress = rules);
}

fn egress(house: &House, rules: Vec<Permission>) {
    house.network(|net| net.groups.get_mut(OWN_GROUP).unwrap().egress = rules);
}

fn deny(house: &House, acl: &str, egress: bool, block: &str) {
    let entry = AclEntry {
        number: 50,
        allows: false,
        protocol: "-1".to_owned(),
        ports: None,
        ..allow(50, egress, (0, 0), block)
    };
    house.network(|net| net.acls.get_mut(acl).unwrap().entries.push(entry));
}

fn routes<T>(net: &mut Network, table: &str, change: impl FnOnce(&mut Vec<Route>) -> T) -> T {
    change(&mut net.route_tables.get_mut(table).unwrap().routes)
}

fn is_default(route: &Route) -> bool {
    route.destination == "0.0.0.0/0"
}

fn default_is_gone(house: &House) {
    house.network(|net| {
        routes(net, OWN_TABLE, |routes| {
            routes
                .iter_mut()
                .find(|route| is_default(route))
                .unwrap()
                .active = false;
        });
    });
}

fn vpc(house: &House, change: impl FnOnce(&mut standin::ec2::Vpc)) {
    house.network(|net| change(net.vpcs.get_mut(VPC).unwrap()));
}

pub(super) const ENDPOINTS: &[Break] = breaks! {
    Reach Endpoints: "DNS support is off" => "dns-support-off" (VPC)
        |h| vpc(h, |vpc| vpc.dns_support = false);
    Reach Endpoints: "DNS hostnames are off" => "dns-hostnames-off" (VPC)
        |h| vpc(h, |vpc| vpc.dns_hostnames = false);
    Reach Endpoints: "no endpoint for ssm" => "endpoint-missing" ("`ssm`")
        |h| without_endpoint(h, 11);
    Reach Endpoints: "no endpoint for ssmmessages" => "endpoint-missing" ("`ssmmessages`")
        |h| without_endpoint(h, 12);
    Reach Endpoints: "no endpoint for kms" => "endpoint-missing" ("`kms`")
        |h| without_endpoint(h, 13);
    Log Endpoints: "no endpoint for logs" => "endpoint-missing" ("`logs`")
        |h| h.add_documents(|inputs| inputs["cloudWatchLogGroupName"] = "sessions".into());
    Reach Endpoints: "an endpoint for ssm in another VPC" => "endpoint-missing" ("`ssm`")
        |h| h.network(|net| {
            let endpoint = net.endpoints.get_mut(&endpoint_id(11)).unwrap();
            endpoint.vpc = "vpc-00000000000000002".to_owned();
        });
    Reach Endpoints: "an endpoint waits" => "endpoint-not-available" ("pendingAcceptance")
        |h| h.network(|net| {
            let endpoint = net.endpoints.get_mut(&endpoint_id(11)).unwrap();
            endpoint.state = "pendingAcceptance".to_owned();
        });
    Reach Endpoints: "private DNS is off" => "private-dns-off" ("`ssmmessages`")
        |h| h.network(|net| {
            net.endpoints.get_mut(&endpoint_id(12)).unwrap().private_dns = false;
        });
    Reach Endpoints: "the endpoints' group lets another subnet in" =>
        "endpoint-security-group-closed" ("10.0.1.7")
        |h| ingress(h, vec![Permission::https(&["10.0.3.0/24"])]);
    Reach Endpoints: "the endpoints' group lets its own members in" =>
        "endpoint-security-group-closed" (SSM_GROUP)
        |h| ingress(h, vec![Permission::https(&[SSM_GROUP])]);
    Reach Endpoints: "the policy of an endpoint" => "endpoint-policy-denies" ("`ssmmessages`")
        |h| policy(h, 12, "ssmmessages:CreateControlChannel", "*");
    Reach Endpoints: "the endpoints' ACL lets no requests in" => "endpoint-acl-blocks-requests"
        (ENDPOINT_ACL)
        |h| deny(h, ENDPOINT_ACL, false, "10.0.1.0/24");
    Reach Endpoints: "the endpoints' ACL lets no answers out" => "endpoint-acl-blocks-answers"
        (ENDPOINT_ACL)
        |h| deny(h, ENDPOINT_ACL, true, "0.0.0.0/0");
    Log Endpoints: "no gateway endpoint for S3" => "s3-endpoint-missing" (VPC)
        |h| h.network(|net| {
            net.endpoints.remove(&endpoint_id(33));
            routes(net, OWN_TABLE, |routes| routes.truncate(1));
        });
    Log Endpoints: "S3 is in a peered VPC" => "s3-endpoint-missing" (OWN_TABLE)
        |h| h.network(|net| {
            net.endpoints.remove(&endpoint_id(33));
            routes(net, OWN_TABLE, |routes| {
                routes.truncate(1);
                routes.push(Route::to("0.0.0.0/0", "pcx-00000000000000001"));
            });
        });
    Log Endpoints: "S3 is in another route table" => "s3-endpoint-not-routed" (OWN_TABLE)
        |h| h.network(|net| {
            let route = routes(net, OWN_TABLE, |routes| routes.pop().unwrap());
            routes(net, MAIN_TABLE, |routes| routes.push(route));
        });
    Log Endpoints: "the subnet has no table, and the main one no way to S3" =>
        "s3-endpoint-not-routed" (MAIN_TABLE)
        |h| h.network(|net| net.route_tables.get_mut(OWN_TABLE).unwrap().subnets.clear());
    Log Endpoints: "the policy of S3's endpoint" => "endpoint-policy-denies" ("s3:PutObject")
        |h| policy(h, 33, "s3:*", &format!("arn:aws:s3:::{BUCKET}"));
    Reach Endpoints: "nothing may go out" => "egress-closed" (OWN_GROUP)
        |h| egress(h, Vec::new());
    Reach Endpoints: "only S3 may be reached" => "egress-misses-endpoint" (SSM_GROUP)
        |h| egress(h, vec![Permission::https(&[S3_LIST])]);
    Log Endpoints: "only endpoints may be reached" => "egress-misses-s3" (OWN_GROUP)
        |h| egress(h, vec![Permission::https(&[SSM_GROUP])]);
    Reach Endpoints: "the ACL lets no requests out" => "acl-blocks-requests" (OWN_ACL)
        |h| deny(h, OWN_ACL, true, "0.0.0.0/0");
};

pub(super) const WAYS_OUT: &[Break] = breaks! {
    Reach Nat: "DNS support is off, behind NAT" => "dns-support-off" (VPC)
        |h| vpc(h, |vpc| vpc.dns_support = false);
    Reach Nat: "no default route" => "no-way-out" (OWN_TABLE)
        |h| h.network(|net| routes(net, OWN_TABLE, |routes| routes.truncate(1)));
    Reach Nat: "the NAT gateway is gone" => "route-blackhole" (NAT)
        |h| {
            h.network(|net| net.nat_gateways.clear());
            default_is_gone(h);
        };
    Reach Nat: "the NAT gateway failed" => "nat-not-available" (NAT)
        |h| h.network(|net| {
            net.nat_gateways.get_mut(NAT).unwrap().state = "failed".to_owned();
        });
    Reach Nat: "the NAT gateway is private" => "nat-without-internet" (NAT)
        |h| h.network(|net| net.nat_gateways.get_mut(NAT).unwrap().public_address = None);
    Reach Nat: "the NAT gateway is in a private subnet" => "nat-without-internet" (NAT)
        |h| h.network(|net| routes(net, MAIN_TABLE, |routes| routes.truncate(1)));
    Reach Nat: "the NAT gateway's internet gateway is gone" => "nat-without-internet" (NAT)
        |h| h.network(|net| routes(net, MAIN_TABLE, |routes| routes[1].active = false));
    Reach Public: "no public address" => "no-public-address" (INSTANCE)
        |h| h.network(|net| {
            net.instances.get_mut(INSTANCE).unwrap().public_address = None;
        });
    Reach Public: "the internet gateway is gone" => "route-blackhole" (IGW)
        |h| default_is_gone(h);
    Reach Public: "only HTTP may go out" => "egress-closed" (OWN_GROUP)
        |h| egress(h, vec![Permission {
            ports: Some((80, 80)),
            ..Permission::https(&["0.0.0.0/0"])
        }]);
    Reach Public: "only IPv6 may go out" => "egress-misses-internet" (OWN_GROUP)
        |h| egress(h, vec![Permission::https(&["::/0"])]);
    Reach Nat: "only the VPC may be reached" => "egress-misses-internet" (OWN_GROUP)
        |h| egress(h, vec![Permission::https(&["10.0.0.0/16"])]);
    Reach Nat: "the ACL lets no answers in" => "acl-blocks-answers" (OWN_ACL)
        |h| deny(h, OWN_ACL, false, "0.0.0.0/0");
    Reach Nat: "the endpoint of ssm takes its name over, and is closed" =>
        "endpoint-security-group-closed" (SSM_GROUP)
        |h| {
            h.network(|net| add_endpoint(net, "ssm", 11));
            ingress(h, Vec::new());
        };
    Reach Nat: "the endpoint of ssm has an ACL of its own" => "endpoint-acl-blocks-requests"
        (ENDPOINT_ACL)
        |h| h.network(|net| {
            add_endpoint(net, "ssm", 11);
            let acl = net.acls.get_mut(ENDPOINT_ACL).unwrap();
            acl.subnets = vec![ENDPOINT_SUBNET.to_owned()];
            acl.entries.retain(|entry| entry.egress);
        });
};
