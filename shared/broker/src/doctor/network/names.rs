//! The resolution of names in a VPC.

use std::net::{IpAddr, Ipv4Addr};

use aws_sdk_ec2::types::{Vpc, VpcAttributeName};
use rules::readiness::{Need, Resolver};

use super::super::Look;
use super::super::machine::Seat;
use super::super::reading::{Call, id};
use super::filter;

const ATTRIBUTE: Call = Call::new("ec2", "DescribeVpcAttribute", "ec2:DescribeVpcAttribute");
const VPCS: Call = Call::new("ec2", "DescribeVpcs", "ec2:DescribeVpcs");
const DHCP: Call = Call::new("ec2", "DescribeDhcpOptions", "ec2:DescribeDhcpOptions");

/// How a set of DHCP options names Amazon's own resolver.
const AMAZON: &str = "AmazonProvidedDNS";
/// The addresses that Amazon's resolver has in every VPC.
const EVERYWHERE: [&str; 2] = ["169.254.169.253", "fd00:ec2::253"];

impl Look<'_> {
    pub(super) async fn dns_support(self, seat: &Seat) -> Result<bool, Need> {
        let call = self.clients.ec2.describe_vpc_attribute();
        let call = call.vpc_id(seat.vpc.as_str());
        let call = call.attribute(VpcAttributeName::EnableDnsSupport).send();
        let answer = self.until.call(ATTRIBUTE, call).await?;
        let flag = answer.enable_dns_support.and_then(|flag| flag.value);
        flag.ok_or_else(|| ATTRIBUTE.unreadable())
    }

    pub(super) async fn dns_hostnames(self, seat: &Seat) -> Result<bool, Need> {
        let call = self.clients.ec2.describe_vpc_attribute();
        let call = call.vpc_id(seat.vpc.as_str());
        let call = call.attribute(VpcAttributeName::EnableDnsHostnames).send();
        let answer = self.until.call(ATTRIBUTE, call).await?;
        let flag = answer.enable_dns_hostnames.and_then(|flag| flag.value);
        flag.ok_or_else(|| ATTRIBUTE.unreadable())
    }

    /// Whom instances ask for names. The VPC names a set of DHCP options, and the set the servers.
    pub(super) async fn resolver(self, seat: &Seat) -> Result<Resolver, Need> {
        let call = self.clients.ec2.describe_vpcs();
        let call = call.filters(filter("vpc-id", [&seat.vpc])).send();
        let vpcs = self.until.call(VPCS, call).await?.vpcs.unwrap_or_default();
        let vpc = vpcs.first().ok_or_else(|| VPCS.unreadable())?;
        let options: String = id(VPCS, vpc.dhcp_options_id())?;
        let open = || Need::Other(format!("whom instances of `{}` ask for names", seat.vpc));
        if options == "default" {
            // Without a set it hangs on the kind of machine whom it asks.
            return Err(open());
        }
        let call = self.clients.ec2.describe_dhcp_options();
        let call = call.filters(filter("dhcp-options-id", [&options]));
        let answer = self.until.call(DHCP, call.send()).await?;
        let sets = answer.dhcp_options.unwrap_or_default();
        let set = sets.first().ok_or_else(|| DHCP.unreadable())?;
        let settings = set.dhcp_configurations().iter();
        let servers: Vec<&str> = settings
            .filter(|setting| setting.key() == Some("domain-name-servers"))
            .flat_map(|setting| setting.values())
            .filter_map(|value| value.value())
            .collect();
        if servers.is_empty() {
            return Err(open());
        }
        let own = servers
            .into_iter()
            .filter(|server| *server != AMAZON)
            .map(|server| id(DHCP, Some(server)))
            .collect::<Result<Vec<IpAddr>, _>>()?;
        let own: Vec<IpAddr> = own
            .into_iter()
            .filter(|server| !is_of_amazon(*server, vpc))
            .collect();
        if own.is_empty() {
            Ok(Resolver::Amazon)
        } else {
            Ok(Resolver::Own(own))
        }
    }
}

/// Whether this is Amazon's resolver by its address: the third one of the VPC, or one that it has
/// everywhere.
fn is_of_amazon(server: IpAddr, vpc: &Vpc) -> bool {
    let base = vpc.cidr_block().and_then(|block| block.split('/').next());
    let base: Option<Ipv4Addr> = base.and_then(|text| text.parse().ok());
    let third = base.map(|base| IpAddr::V4(Ipv4Addr::from_bits(base.to_bits().saturating_add(2))));
    third == Some(server) || EVERYWHERE.iter().any(|one| one.parse() == Ok(server))
}
