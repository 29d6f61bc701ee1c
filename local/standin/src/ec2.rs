//! EC2: the calls that describe an instance and what surrounds it.
//!
//! A world has one network for each account and Region: plain records by id ([`Network`]), which a
//! test makes and changes as it likes, also into states that EC2 itself would not let anybody
//! make. Over the wire they are only read, by ids or filters and in pages. Filters are those that
//! are offered here; another one is refused, never ignored.

mod describe;
mod record;
mod shown;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::call::{AwsError, Call, Demand, Handled};
use crate::world::World;

pub use record::{
    AclEntry, DhcpOptions, Endpoint, Instance, Interface, NatGateway, Network, NetworkAcl,
    Permission, Route, RouteTable, SecurityGroup, Vpc,
};

/// The networks.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct State {
    /// By account and Region, as `111122223333/eu-west-1`.
    networks: BTreeMap<String, Network>,
}

impl World {
    /// Makes or changes what there is in the world's account and Region.
    pub fn change_network<T>(&self, change: impl FnOnce(&mut Network) -> T) -> T {
        self.change_network_of(self.account(), self.region(), change)
    }

    /// Makes or changes what there is in an account and Region.
    pub fn change_network_of<T>(
        &self,
        account: &str,
        region: &str,
        change: impl FnOnce(&mut Network) -> T,
    ) -> T {
        let place = format!("{account}/{region}");
        let result = change(self.ec2_state().networks.entry(place).or_default());
        self.persist();
        result
    }
}

/// What a call needs to be allowed. Only attributes of a VPC are asked for one resource.
pub(crate) fn demands(_world: &World, call: &Call) -> Result<Vec<Demand>, AwsError> {
    let action = format!("ec2:{}", call.operation);
    if !describe::is_offered(&call.operation) {
        return Err(AwsError::unknown_operation(call.service, &call.operation));
    }
    if call.operation != "DescribeVpcAttribute" {
        return Ok(vec![Demand::new(action, "*")]);
    }
    let form = call.form();
    let vpc = form.get("VpcId").map(String::as_str).unwrap_or_default();
    let (region, account) = (&call.region, &call.caller.account);
    let arn = format!("arn:aws:ec2:{region}:{account}:vpc/{vpc}");
    Ok(vec![Demand::new(action, arn)])
}

/// Answers a call.
pub(crate) fn handle(world: &World, call: &Call) -> Handled {
    let place = format!("{}/{}", call.caller.account, call.region);
    let nothing = Network::default();
    let state = world.ec2_state();
    let network = state.networks.get(&place).unwrap_or(&nothing);
    describe::answer(network, call)
}
