//! Instances, agents and roles.

use serde_json::json;
use standin::ec2::Instance;
use standin::ssm::{NodeSpec, PingStatus};

use super::{Break, breaks};
use crate::house::{HOST_MANAGEMENT, HYBRID, House, INSTANCE, ROLE, TIER, agent_policy, without};

fn instance(house: &House, change: impl FnOnce(&mut Instance)) {
    house.network(|net| change(net.instances.get_mut(INSTANCE).unwrap()));
}

fn state(house: &House, state: &str) {
    instance(house, |instance| instance.state = state.to_owned());
}

fn take(house: &House, service: &str, actions: &[&str]) {
    house.add_role(service, &without(agent_policy(), actions));
}

pub(super) const INSTANCES: &[Break] = breaks! {
    Reach Endpoints: "it is stopped" => "instance-not-running" ("stopped")
        |h| state(h, "stopped");
    Reach Endpoints: "it is being started" => "instance-not-running" ("pending")
        |h| state(h, "pending");
    Reach Endpoints: "it is being terminated" => "instance-not-running" ("shutting-down")
        |h| state(h, "shutting-down");
    Reach Endpoints: "it was terminated" => "instance-missing" (INSTANCE)
        |h| instance(h, |instance| {
            *instance = Instance { state: "terminated".to_owned(), ..Instance::default() };
        });
    Reach Endpoints: "there is no such instance" => "instance-missing" (INSTANCE)
        |h| h.network(|net| net.instances.clear());
    Reach Endpoints: "its metadata service is off" => "metadata-off" (INSTANCE)
        |h| instance(h, |instance| instance.metadata = false);
    Reach Endpoints: "it has no profile" => "no-instance-role" (INSTANCE)
        |h| instance(h, |instance| instance.profile = None);
    Reach HostManagement: "host management is off" => "no-instance-role" (INSTANCE)
        |h| h.world.set_service_setting(HOST_MANAGEMENT, None);
    Reach Endpoints: "its profile is empty" => "instance-profile-empty" (ROLE)
        |h| { h.world.add_instance_profile(h.account, ROLE, None); };
    Reach Endpoints: "its profile was deleted" => "instance-profile-empty" ("Gone")
        |h| instance(h, |instance| {
            instance.profile = Some("arn:aws:iam::111122223333:instance-profile/Gone".to_owned());
        });
    Reach Endpoints: "EC2 may not assume the role" => "role-not-trusted" ("ec2.amazonaws.com")
        |h| h.add_role("lambda.amazonaws.com", &agent_policy());
    Reach HostManagement: "SSM may not assume the role" => "role-not-trusted"
        ("ssm.amazonaws.com")
        |h| h.add_role("ec2.amazonaws.com", &agent_policy());
    Reach Hybrid: "SSM may not assume the node's role" => "role-not-trusted"
        ("ssm.amazonaws.com")
        |h| h.add_role("ec2.amazonaws.com", &agent_policy());
    Reach Endpoints: "the role lacks a channel" => "role-lacks-agent-actions"
        ("ssmmessages:OpenDataChannel")
        |h| take(h, "ec2.amazonaws.com", &["ssmmessages:OpenDataChannel"]);
    Reach Endpoints: "a boundary denies the heartbeat" => "role-lacks-agent-actions"
        ("ssm:UpdateInstanceInformation")
        |h| h.role_with("ec2.amazonaws.com", &agent_policy(), Some(&json!({
            "Version": "2012-10-17", "Statement": [
                { "Effect": "Allow", "Action": "*", "Resource": "*" },
                { "Effect": "Deny", "Action": "ssm:*", "Resource": "*" },
            ],
        })));
    Reach Endpoints: "its agent never registered" => "agent-not-registered" (INSTANCE)
        |h| h.world.forget_node(INSTANCE);
    Reach Endpoints: "its agent is silent" => "agent-silent" (INSTANCE)
        |h| h.world.set_ping_status(INSTANCE, PingStatus::ConnectionLost).unwrap();
    Reach Hybrid: "the node's agent is silent" => "agent-silent" (HYBRID)
        |h| h.world.set_ping_status(HYBRID, PingStatus::Inactive).unwrap();
    Reach Endpoints: "its agent holds no channel" => "agent-not-connected" (INSTANCE)
        |h| h.world.set_agent_channel(INSTANCE, false).unwrap();
    Forward Endpoints: "its agent is too old for ports" => "agent-too-old-for-ports"
        ("3.3.4850.0")
        |h| h.world.add_node(NodeSpec {
            agent_version: "3.3.4850.0".to_owned(),
            ..NodeSpec::linux(INSTANCE)
        });
    Reach Hybrid: "the advanced tier is off" => "advanced-tier-off" (HYBRID)
        |h| h.world.set_service_setting(TIER, None);
};
