//! Describing calls: ids, filters, pages (the query protocol of EC2).

use std::collections::BTreeMap;

use super::record::Network;
use super::shown;
use crate::call::{Answer, AwsError, Call, Handled};
use crate::random;
use crate::ssm::page;
use crate::xml::Element;

const NAMESPACE: &str = "http://ec2.amazonaws.com/doc/2016-11-15/";
/// The pages that every listing offers.
const PAGES: std::ops::RangeInclusive<usize> = 5..=1_000;

const OFFERED: [&str; 10] = [
    "DescribeInstances",
    "DescribeVpcs",
    "DescribeVpcAttribute",
    "DescribeDhcpOptions",
    "DescribeRouteTables",
    "DescribeVpcEndpoints",
    "DescribeNetworkInterfaces",
    "DescribeSecurityGroups",
    "DescribeNetworkAcls",
    "DescribeNatGateways",
];

pub(super) fn is_offered(operation: &str) -> bool {
    OFFERED.contains(&operation)
}

/// One kind of thing that is listed.
pub(super) struct Kind<T> {
    /// The parameter that lists ids.
    pub(super) ids: &'static str,
    /// The code for an id that is not there.
    pub(super) missing: &'static str,
    /// The element around the list.
    pub(super) set: &'static str,
    /// The values that a thing has for a filter; none for a filter that is not offered.
    pub(super) filter: fn(&str, &T, &str) -> Option<Vec<String>>,
    /// How a thing is shown.
    pub(super) shown: fn(&str, &T) -> Element,
}

pub(super) fn answer(network: &Network, call: &Call) -> Handled {
    match call.operation.as_str() {
        "DescribeInstances" => list(call, &network.instances, &shown::INSTANCES),
        "DescribeVpcs" => list(call, &network.vpcs, &shown::VPCS),
        "DescribeVpcAttribute" => attribute(network, call),
        "DescribeDhcpOptions" => list(call, &network.dhcp_options, &shown::DHCP_OPTIONS),
        "DescribeRouteTables" => list(call, &network.route_tables, &shown::ROUTE_TABLES),
        "DescribeVpcEndpoints" => list(call, &network.endpoints, &shown::ENDPOINTS),
        "DescribeNetworkInterfaces" => list(call, &network.interfaces, &shown::INTERFACES),
        "DescribeSecurityGroups" => list(call, &network.groups, &shown::GROUPS),
        "DescribeNetworkAcls" => list(call, &network.acls, &shown::ACLS),
        "DescribeNatGateways" => list(call, &network.nat_gateways, &shown::NAT_GATEWAYS),
        other => Err(AwsError::unknown_operation(call.service, other)),
    }
}

fn list<T>(call: &Call, things: &BTreeMap<String, T>, kind: &Kind<T>) -> Handled {
    let form = call.form();
    let ids = numbered(&form, kind.ids);
    if let Some(gone) = ids.iter().find(|id| !things.contains_key(*id)) {
        return Err(AwsError::new(
            400,
            kind.missing,
            format!("The {} '{gone}' does not exist", kind.ids),
        ));
    }
    let filters = filters(&form);
    let mut found: Vec<(&String, &T)> = Vec::new();
    for (id, thing) in things {
        let mut fits = ids.is_empty() || ids.contains(id);
        for (name, wanted) in &filters {
            let values = (kind.filter)(id, thing, name)
                .ok_or_else(|| invalid(format!("The filter '{name}' is invalid")))?;
            fits &= values.iter().any(|value| wanted.contains(value));
        }
        if fits {
            found.push((id, thing));
        }
    }
    let size = match form.get("MaxResults") {
        None => usize::MAX,
        Some(_) if !ids.is_empty() => {
            return Err(AwsError::new(
                400,
                "InvalidParameterCombination",
                "The parameters ids and maxResults cannot be used in combination",
            ));
        }
        Some(text) => text
            .parse()
            .ok()
            .filter(|size| PAGES.contains(size))
            .ok_or_else(|| invalid("maxResults is out of range".to_owned()))?,
    };
    let query = format!("{}\n{filters:?}", call.operation);
    let given = form.get("NextToken").map(String::as_str);
    let key = |(id, _): &(&String, &T)| (*id).clone();
    let (page, next) = page::cut(&found, key, &query, given, size)?;
    let things = page.iter().map(|(id, thing)| (kind.shown)(id, thing));
    let set = Element::new(kind.set).children(things);
    Ok(whole(
        call,
        [set]
            .into_iter()
            .chain(next.map(|token| Element::text("nextToken", token))),
    ))
}

fn attribute(network: &Network, call: &Call) -> Handled {
    let form = call.form();
    let parameter = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    let id = parameter("VpcId");
    let vpc = network.vpcs.get(id).ok_or_else(|| {
        AwsError::new(
            400,
            "InvalidVpcID.NotFound",
            format!("The vpc ID '{id}' does not exist"),
        )
    })?;
    let (name, value) = match parameter("Attribute") {
        "enableDnsSupport" => ("enableDnsSupport", vpc.dns_support),
        "enableDnsHostnames" => ("enableDnsHostnames", vpc.dns_hostnames),
        other => return Err(invalid(format!("Value ({other}) for attribute is invalid"))),
    };
    let value = Element::new(name).leaf("value", value.to_string());
    Ok(whole(call, [Element::text("vpcId", id), value]))
}

fn whole(call: &Call, members: impl IntoIterator<Item = Element>) -> Answer {
    let name = OFFERED
        .into_iter()
        .zip(RESPONSES)
        .find_map(|(name, response)| (name == call.operation).then_some(response));
    let document = Element::new(name.unwrap_or("Response"))
        .namespace(NAMESPACE)
        .leaf("requestId", random::request_id())
        .children(members);
    Answer::xml(document.document())
}

/// The roots of the answers, in the order of [`OFFERED`].
const RESPONSES: [&str; 10] = [
    "DescribeInstancesResponse",
    "DescribeVpcsResponse",
    "DescribeVpcAttributeResponse",
    "DescribeDhcpOptionsResponse",
    "DescribeRouteTablesResponse",
    "DescribeVpcEndpointsResponse",
    "DescribeNetworkInterfacesResponse",
    "DescribeSecurityGroupsResponse",
    "DescribeNetworkAclsResponse",
    "DescribeNatGatewaysResponse",
];

fn invalid(message: String) -> AwsError {
    AwsError::new(400, "InvalidParameterValue", message)
}

/// The values of `Name.1`, `Name.2`…
fn numbered(form: &BTreeMap<String, String>, name: &str) -> Vec<String> {
    (1..)
        .map_while(|n| form.get(&format!("{name}.{n}")).cloned())
        .collect()
}

/// The filters: each with the values of which one has to fit.
fn filters(form: &BTreeMap<String, String>) -> Vec<(String, Vec<String>)> {
    (1..)
        .map_while(|n| {
            let name = form.get(&format!("Filter.{n}.Name"))?;
            Some((name.clone(), numbered(form, &format!("Filter.{n}.Value"))))
        })
        .collect()
}
