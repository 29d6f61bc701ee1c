//! Broken set-ups: each is a sound one with one change, and has exactly one finding.

use serde_json::json;

use super::super::*;
use super::setup::{S3_LIST, SSM_GROUP, block, https};
use super::{Base, Setup};
use crate::facts::Ping;

/// One broken set-up.
#[derive(Debug)]
pub(super) struct Break {
    /// What is broken, in words.
    pub(super) name: &'static str,
    /// In which sound set-up.
    pub(super) base: Base,
    /// The change.
    pub(super) change: fn(&mut Setup),
    /// The code of what is then found.
    pub(super) code: &'static str,
    /// What its sentence names.
    pub(super) names: &'static str,
    /// Which question then has a no.
    pub(super) question: Question,
}

macro_rules! breaks {
    ($($question:ident $base:ident: $name:literal => $code:literal ($names:literal) $change:expr;)*) => {
        &[$(Break {
            name: $name,
            base: Base::$base,
            change: $change,
            code: $code,
            names: $names,
            question: Question::$question,
        },)*]
    };
}

mod logs;

fn list(text: &str) -> GroupPeer {
    GroupPeer::List(text.parse().unwrap())
}

fn group(text: &str) -> GroupPeer {
    GroupPeer::Group(text.parse().unwrap())
}

fn state(setup: &mut Setup, state: InstanceState) {
    setup.instance(|instance| instance.state = state);
}

/// A policy that lets pass everything else.
fn only(action: &str) -> serde_json::Value {
    json!({ "Statement": { "Effect": "Allow", "Principal": "*", "Action": action, "Resource": "*" } })
}

pub(super) const INSTANCES: &[Break] = breaks! {
    Reach Endpoints: "it is stopped" => "instance-not-running" ("stopped")
        |s| state(s, InstanceState::Stopped);
    Reach Endpoints: "it is being started" => "instance-not-running" ("pending")
        |s| state(s, InstanceState::Pending);
    Reach Endpoints: "it is terminated" => "instance-not-running" ("terminated")
        |s| state(s, InstanceState::Terminated);
    Reach Endpoints: "its metadata service is off" => "metadata-off" ("i-0123456789abcdef0")
        |s| s.instance(|instance| instance.metadata = false);
    Reach Endpoints: "it has no profile" => "no-instance-role" ("i-0123456789abcdef0")
        |s| s.instance(|instance| instance.profile = None);
    Reach HostManagement: "host management is off" => "no-instance-role" ("i-0123456789abcdef0")
        |s| s.instance(|instance| instance.host_management = Fact::Known(None));
    Reach Endpoints: "its profile is empty" => "instance-profile-empty" ("Web")
        |s| s.instance(|instance| if let Some(Fact::Known(profile)) = &mut instance.profile {
            profile.role = None;
        });
    Reach Endpoints: "EC2 may not assume the role" => "role-not-trusted" ("ec2.amazonaws.com")
        |s| s.role(|role| role.trusted = Fact::Known(false));
    Reach HostManagement: "SSM may not assume the role" => "role-not-trusted" ("ssm.amazonaws.com")
        |s| s.role(|role| role.trusted = Fact::Known(false));
    Reach Endpoints: "the role lacks a channel" => "role-lacks-agent-actions"
        ("ssmmessages:OpenDataChannel")
        |s| s.take("ssmmessages:OpenData", "", Decision::ImplicitDeny);
    Reach Endpoints: "a boundary denies the heartbeat" => "role-lacks-agent-actions"
        ("ssm:UpdateInstanceInformation")
        |s| s.take("ssm:", "", Decision::ExplicitDeny);
    Reach OldAgent: "the role lacks what an old agent does" => "role-lacks-agent-actions"
        ("ec2messages:GetMessages")
        |s| s.take("ec2messages:", "", Decision::ImplicitDeny);
    Reach HostManagement: "its agent does not know host management" =>
        "agent-too-old-for-host-management" ("3.2.581.0")
        |s| {
            s.kinds = vec![AccessKind::Shell {}];
            s.endpoints(|endpoints| {
                let mut more = endpoints.first().cloned().unwrap();
                more.service = Service::Ec2Messages;
                endpoints.push(more);
            });
            s.agent(|agent| agent.version = "3.2.581.0".into());
        };
    Reach Endpoints: "its agent never registered" => "agent-not-registered" ("i-0123456789abcdef0")
        |s| s.facts.agent = Fact::Known(None);
    Reach Endpoints: "its agent is silent" => "agent-silent" ("i-0123456789abcdef0")
        |s| s.agent(|agent| agent.ping = Ping::ConnectionLost);
    Reach Hybrid: "the node's agent is silent" => "agent-silent" ("mi-0123456789abcdef0")
        |s| s.agent(|agent| agent.ping = Ping::Inactive);
    Reach Endpoints: "its agent holds no channel" => "agent-not-connected" ("i-0123456789abcdef0")
        |s| s.facts.connected = Fact::Known(false);
    Forward Endpoints: "its agent is too old for ports" => "agent-too-old-for-ports" ("3.3.4850.0")
        |s| s.agent(|agent| agent.version = "3.3.4850.0".into());
    Forward Hybrid: "the node's agent is too old for ports" => "agent-too-old-for-ports" ("3.3.x")
        |s| s.agent(|agent| agent.version = "3.3.x".into());
    Reach Hybrid: "the advanced tier is off" => "advanced-tier-off" ("mi-0123456789abcdef0")
        |s| if let Machine::Hybrid { advanced_tier, .. } = &mut s.facts.machine {
            *advanced_tier = Fact::Known(false);
        };
    Reach Endpoints: "there is no such instance" => "instance-missing" ("i-0123456789abcdef0")
        |s| s.facts.machine = Machine::Ec2(Fact::Known(None));
};

pub(super) const ENDPOINTS: &[Break] = breaks! {
    Reach Endpoints: "DNS support is off" => "dns-support-off" ("vpc-00000000000000001")
        |s| s.network(|network| network.dns_support = Fact::Known(false));
    Reach Nat: "DNS support is off, behind NAT" => "dns-support-off" ("vpc-00000000000000001")
        |s| s.network(|network| network.dns_support = Fact::Known(false));
    Reach Endpoints: "DNS hostnames are off" => "dns-hostnames-off" ("vpc-00000000000000001")
        |s| s.network(|network| network.dns_hostnames = Fact::Known(false));
    Reach Endpoints: "no endpoint for ssm" => "endpoint-missing" ("`ssm`")
        |s| s.without(Service::Ssm);
    Reach Endpoints: "no endpoint for ssmmessages" => "endpoint-missing" ("`ssmmessages`")
        |s| s.without(Service::SsmMessages);
    Reach OldAgent: "no endpoint for ec2messages" => "endpoint-missing" ("`ec2messages`")
        |s| s.without(Service::Ec2Messages);
    Reach Endpoints: "no endpoint for kms" => "endpoint-missing" ("`kms`")
        |s| s.without(Service::Kms);
    Log Endpoints: "no endpoint for logs" => "endpoint-missing" ("`logs`")
        |s| s.documents(|inputs| inputs.log_group = Some("sessions".into()));
    Reach Endpoints: "an endpoint waits" => "endpoint-not-available" ("pendingAcceptance")
        |s| s.endpoint(Service::Ssm, |endpoint| {
            endpoint.state = EndpointState::Other("pendingAcceptance".into());
        });
    Reach Endpoints: "private DNS is off" => "private-dns-off" ("`ssmmessages`")
        |s| s.private_dns_off(Service::SsmMessages);
    Reach Endpoints: "the endpoints' group lets another subnet in" =>
        "endpoint-security-group-closed" ("10.0.1.7")
        |s| s.endpoint_ingress(vec![https(block("10.0.3.0/24"))]);
    Reach Endpoints: "the endpoints' group lets its own members in" =>
        "endpoint-security-group-closed" ("sg-0000000000000e0e0")
        |s| s.endpoint_ingress(vec![https(group(SSM_GROUP))]);
    Reach Both: "the endpoints' group is closed, and NAT does not help" =>
        "endpoint-security-group-closed" ("10.0.1.7")
        |s| s.endpoint_ingress(Vec::new());
    Reach Endpoints: "the policy of an endpoint" => "endpoint-policy-denies" ("`ssmmessages`")
        |s| s.endpoint(Service::SsmMessages, |endpoint| {
            endpoint.policy = only("ssmmessages:CreateControlChannel");
        });
    Reach Endpoints: "the endpoints' ACL lets no requests in" => "endpoint-acl-blocks-requests"
        ("acl-0000000000000000b")
        |s| s.deny(false, Direction::In, "10.0.1.0/24");
    Reach Endpoints: "the endpoints' ACL lets no answers out" => "endpoint-acl-blocks-answers"
        ("acl-0000000000000000b")
        |s| s.deny(false, Direction::Out, "0.0.0.0/0");
    Log Endpoints: "no gateway endpoint for S3" => "s3-endpoint-missing" ("vpc-00000000000000001")
        |s| {
            s.without(Service::S3);
            s.routes(|routes| routes.truncate(1));
        };
    Log Endpoints: "S3 is in a peered VPC" => "s3-endpoint-missing" ("rtb-00000000000000001")
        |s| {
            s.without(Service::S3);
            s.default_route(RouteTarget::Peering("pcx-00000000000000001".parse().unwrap()));
        };
    Log Endpoints: "S3 is in another route table" => "s3-endpoint-not-routed"
        ("rtb-00000000000000001")
        |s| s.routes(|routes| routes.truncate(1));
    Log Endpoints: "the policy of S3's endpoint" => "endpoint-policy-denies" ("s3:PutObject")
        |s| s.endpoint(Service::S3, |endpoint| {
            endpoint.policy["Statement"][0]["Resource"] = "arn:aws:s3:::amazon-ssm-*".into();
        });
    Log Both: "the policy of S3's endpoint, and NAT does not help" => "endpoint-policy-denies"
        ("`s3`")
        |s| s.endpoint(Service::S3, |endpoint| endpoint.policy = only("s3:GetObject"));
};

pub(super) const WAYS_OUT: &[Break] = breaks! {
    Reach Nat: "no default route" => "no-way-out" ("rtb-00000000000000001")
        |s| s.no_default();
    Reach Nat: "the NAT gateway is gone" => "route-blackhole" ("nat-00000000000000001")
        |s| s.change_default(|route| route.active = false);
    Reach Nat: "the NAT gateway failed" => "nat-not-available" ("nat-00000000000000001")
        |s| s.nat(|nat| nat.available = false);
    Reach Nat: "the NAT gateway is private" => "nat-without-internet" ("nat-00000000000000001")
        |s| s.nat(|nat| nat.leads_out = false);
    Reach Public: "no public address" => "no-public-address" ("i-0123456789abcdef0")
        |s| s.instance(|instance| instance.public_address = None);
    Reach Public: "the internet gateway is gone" => "route-blackhole" ("igw-00000000000000001")
        |s| s.change_default(|route| route.active = false);
    Reach Endpoints: "nothing may go out" => "egress-closed" ("sg-00000000000001010")
        |s| s.egress(Vec::new());
    Reach Public: "only HTTP may go out" => "egress-closed" ("sg-00000000000001010")
        |s| s.egress(vec![GroupRule {
            traffic: Traffic::Tcp(PortRange::new(80, 80).unwrap()),
            peer: block("0.0.0.0/0"),
        }]);
    Reach Endpoints: "only S3 may be reached" => "egress-misses-endpoint" ("sg-0000000000000e0e0")
        |s| s.egress(vec![https(list(S3_LIST))]);
    Log Endpoints: "only endpoints may be reached" => "egress-misses-s3" ("sg-00000000000001010")
        |s| s.egress(vec![https(group(SSM_GROUP))]);
    Reach Nat: "only the VPC may be reached" => "egress-misses-internet" ("sg-00000000000001010")
        |s| s.egress(vec![https(block("10.0.0.0/16"))]);
    Reach Endpoints: "the ACL lets no requests out" => "acl-blocks-requests"
        ("acl-0000000000000000a")
        |s| s.deny(true, Direction::Out, "0.0.0.0/0");
    Log Endpoints: "the ACL lets requests out to the VPC only" => "acl-blocks-requests"
        ("acl-0000000000000000a")
        |s| s.network(|network| {
            let Fact::Known(acls) = &mut network.acls else { return };
            for entry in acls.values_mut().flat_map(|acl| &mut acl.entries) {
                if entry.direction == Direction::Out {
                    entry.block = "10.0.0.0/16".parse().unwrap();
                }
            }
        });
    Reach Nat: "the ACL lets no answers in" => "acl-blocks-answers" ("acl-0000000000000000a")
        |s| s.deny(true, Direction::In, "0.0.0.0/0");
    Reach Endpoints: "the ACL lets answers in to some ports only" => "acl-blocks-answers"
        ("acl-0000000000000000a")
        |s| s.network(|network| {
            let Fact::Known(acls) = &mut network.acls else { return };
            let (_, acl) = acls.iter_mut().next().unwrap();
            for entry in &mut acl.entries {
                if entry.direction == Direction::In {
                    entry.traffic = Traffic::Tcp(PortRange::new(49_152, 65_535).unwrap());
                }
            }
        });
};

/// All of them, in the order in which several are broken at once.
pub(super) fn all() -> impl Iterator<Item = &'static Break> {
    // What takes the instance itself away comes last, so that what is broken before is there.
    [ENDPOINTS, WAYS_OUT, logs::LOGS, INSTANCES]
        .into_iter()
        .flatten()
}

impl Break {
    /// The set-up, broken.
    pub(super) fn setup(&self) -> Setup {
        let mut setup = Setup::of(self.base);
        (self.change)(&mut setup);
        setup
    }
}
