//! The machine itself: an instance of EC2, or a hybrid node.

use std::net::IpAddr;

use aws_sdk_ec2::types::{Instance as Described, InstanceMetadataEndpointState, InstanceStateName};
use rules::names::InstanceId;
use rules::readiness::{Fact, GroupId, Instance, InstanceState, Machine, Need, SubnetId, VpcId};

use super::Look;
use super::agent::Node;
use super::reading::{Call, fact, id};
use super::role::Keys;

const INSTANCES: Call = Call::new("ec2", "DescribeInstances", "ec2:DescribeInstances");

/// Where an instance is in its network.
#[derive(Debug)]
pub(super) struct Seat {
    pub(super) vpc: VpcId,
    pub(super) subnet: SubnetId,
    pub(super) address: IpAddr,
    pub(super) groups: Vec<GroupId>,
}

impl Look<'_> {
    /// The machine; `node` is what Session Manager says of it, and `keys` what its role is asked
    /// about.
    pub(super) async fn machine(
        self,
        node: impl Future<Output = Result<Option<Node>, Need>>,
        keys: impl Future<Output = Keys> + Clone,
    ) -> Machine {
        match &self.target.instance {
            InstanceId::Ec2(_) => Machine::Ec2(fact(Box::pin(self.instance(keys)).await)),
            InstanceId::Hybrid(_) => {
                let role = async {
                    let unknown = || Need::Other("the role of the node's activation".to_owned());
                    let name = node.await?.and_then(|node| node.role).ok_or_else(unknown)?;
                    Box::pin(self.role_of_ssm(&name, keys)).await
                };
                let (tier, role) = tokio::join!(Box::pin(self.advanced_tier()), Box::pin(role));
                Machine::Hybrid {
                    advanced_tier: fact(tier),
                    role: fact(role),
                }
            }
        }
    }

    async fn instance(
        self,
        keys: impl Future<Output = Keys> + Clone,
    ) -> Result<Option<Box<Instance>>, Need> {
        let wanted = self.target.instance.to_string();
        let call = self.clients.ec2.describe_instances();
        let call = call.instance_ids(&wanted).send();
        let found = match self.until.call(INSTANCES, call).await {
            Ok(answer) => {
                let reservations = answer.reservations.into_iter().flatten();
                let mut instances = reservations.flat_map(|one| one.instances.unwrap_or_default());
                instances.find(|one| one.instance_id() == Some(wanted.as_str()))
            }
            Err(missed) if missed.is("InvalidInstanceID.NotFound") => None,
            Err(missed) => return Err(missed.into()),
        };
        let Some(found) = found else {
            return Ok(None);
        };
        let state = state(&found)?;
        // A terminated instance is shown for a while, without its network: there is nothing left.
        if state == InstanceState::Terminated && found.vpc_id().is_none() {
            return Ok(None);
        }
        let seat = seat(&found)?;
        let profile = async {
            let arn = found
                .iam_instance_profile()
                .and_then(|profile| profile.arn());
            match arn {
                None => None,
                Some(arn) => Some(fact(Box::pin(self.profile(arn, keys.clone())).await)),
            }
        };
        let (profile, host_management, network) = tokio::join!(
            Box::pin(profile),
            Box::pin(self.host_management(keys.clone())),
            Box::pin(self.network(&seat)),
        );
        Ok(Some(Box::new(Instance {
            state,
            private_address: seat.address,
            public_address: match found.public_ip_address() {
                None => None,
                Some(text) => Some(id(INSTANCES, Some(text))?),
            },
            metadata: found
                .metadata_options()
                .and_then(|options| options.http_endpoint())
                != Some(&InstanceMetadataEndpointState::Disabled),
            profile,
            host_management: fact(host_management),
            network,
            vpc: seat.vpc,
            subnet: seat.subnet,
        })))
    }
}

fn state(instance: &Described) -> Result<InstanceState, Need> {
    let name = instance.state().and_then(|state| state.name());
    match name {
        Some(InstanceStateName::Pending) => Ok(InstanceState::Pending),
        Some(InstanceStateName::Running) => Ok(InstanceState::Running),
        Some(InstanceStateName::Stopping) => Ok(InstanceState::Stopping),
        Some(InstanceStateName::Stopped) => Ok(InstanceState::Stopped),
        Some(InstanceStateName::ShuttingDown) => Ok(InstanceState::ShuttingDown),
        Some(InstanceStateName::Terminated) => Ok(InstanceState::Terminated),
        Some(_) | None => Err(INSTANCES.unreadable()),
    }
}

/// The place of the primary interface. An instance of a subnet with IPv6 alone has no other
/// address.
fn seat(instance: &Described) -> Result<Seat, Need> {
    let address = instance
        .private_ip_address()
        .or_else(|| instance.ipv6_address());
    let groups = instance.security_groups().iter();
    Ok(Seat {
        vpc: id(INSTANCES, instance.vpc_id())?,
        subnet: id(INSTANCES, instance.subnet_id())?,
        address: id(INSTANCES, address)?,
        groups: groups
            .map(|group| id(INSTANCES, group.group_id()))
            .collect::<Result<_, _>>()?,
    })
}

/// A fact that hangs on one that could not be read.
pub(super) fn unread<T>(need: &Need) -> Fact<T> {
    Fact::Unread(need.clone())
}
