//! The tagging API: which resources carry which tags.
//!
//! This module is the one place that knows the tags of a world's resources; whoever seeds a
//! resource with tags (a node, a bucket) registers them here by ARN. `GetResources` is regional,
//! shows only resources that carry a tag, and pages.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::call::{Answer, AwsError, Call, Demand, Handled};
use crate::world::World;

/// Pages unless the call says otherwise.
const DEFAULT_PAGE: usize = 50;
/// The largest page.
const MAX_PAGE: usize = 100;

/// Tags by resource ARN.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct State {
    tags: BTreeMap<String, BTreeMap<String, String>>,
}

impl World {
    /// Puts tags on a resource; a tag of the same key is replaced.
    pub fn tag_resource<K: Into<String>, V: Into<String>>(
        &self,
        arn: impl Into<String>,
        tags: impl IntoIterator<Item = (K, V)>,
    ) {
        self.tags_state()
            .tags
            .entry(arn.into())
            .or_default()
            .extend(
                tags.into_iter()
                    .map(|(key, value)| (key.into(), value.into())),
            );
        self.persist();
    }

    /// Takes tags off a resource.
    pub fn untag_resource(&self, arn: &str, keys: &[&str]) {
        if let Some(tags) = self.tags_state().tags.get_mut(arn) {
            tags.retain(|key, _| !keys.contains(&key.as_str()));
        }
        self.persist();
    }

    /// The tags of a resource; empty for one without.
    #[must_use]
    pub fn tags_of(&self, arn: &str) -> BTreeMap<String, String> {
        self.tags_state().tags.get(arn).cloned().unwrap_or_default()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetResources {
    #[serde(default)]
    pagination_token: String,
    #[serde(default)]
    tag_filters: Vec<TagFilter>,
    resources_per_page: Option<usize>,
    #[serde(default)]
    resource_type_filters: Vec<String>,
    #[serde(rename = "ResourceARNList", default)]
    resource_arn_list: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TagFilter {
    key: String,
    #[serde(default)]
    values: Vec<String>,
}

impl GetResources {
    /// All filters must hold; within one filter any value will do, and no values is any value.
    fn wants(&self, arn: &str, tags: &BTreeMap<String, String>) -> bool {
        let by_list = self.resource_arn_list.is_empty()
            || self.resource_arn_list.iter().any(|wanted| wanted == arn);
        let by_type = self.resource_type_filters.is_empty()
            || self
                .resource_type_filters
                .iter()
                .any(|kind| is_of_type(arn, kind));
        let by_tags = self.tag_filters.iter().all(|filter| {
            tags.get(&filter.key)
                .is_some_and(|value| filter.values.is_empty() || filter.values.contains(value))
        });
        by_list && by_type && by_tags
    }

    fn check(&self) -> Result<(), AwsError> {
        let invalid = |message: &str| Err(AwsError::new(400, "InvalidParameterException", message));
        let filtered = !self.tag_filters.is_empty() || !self.resource_type_filters.is_empty();
        if !self.resource_arn_list.is_empty() && (filtered || self.resources_per_page.is_some()) {
            return invalid(
                "ResourceARNList cannot be combined with TagFilters, ResourceTypeFilters or \
                 ResourcesPerPage",
            );
        }
        if self.resource_arn_list.len() > 100 {
            return invalid("ResourceARNList holds more than 100 ARNs");
        }
        if self.tag_filters.len() > 50
            || self
                .tag_filters
                .iter()
                .any(|filter| filter.values.len() > 20)
        {
            return invalid("TagFilters holds more than 50 filters, or one of more than 20 values");
        }
        if self
            .resources_per_page
            .is_some_and(|size| size == 0 || size > MAX_PAGE)
        {
            return invalid("ResourcesPerPage must be between 1 and 100");
        }
        Ok(())
    }
}

/// Whether an ARN is of a type such as `ec2:instance`, or of a whole service such as `ec2`.
fn is_of_type(arn: &str, kind: &str) -> bool {
    let mut parts = arn.splitn(6, ':').skip(2);
    let service = parts.next().unwrap_or_default();
    let resource = parts.nth(2).unwrap_or_default();
    let resource_type = resource.split(['/', ':']).next().unwrap_or_default();
    match kind.split_once(':') {
        None => service == kind,
        Some((wanted_service, wanted_type)) => {
            // An S3 bucket's ARN is its bare name.
            service == wanted_service
                && (resource_type == wanted_type || (service == "s3" && wanted_type == "bucket"))
        }
    }
}

/// Whether an ARN belongs to a Region; one without a Region belongs to all.
fn is_in(arn: &str, region: &str) -> bool {
    arn.split(':')
        .nth(3)
        .is_some_and(|found| found.is_empty() || found == region)
}

/// Whether an ARN belongs to an account; one without an account belongs to all.
fn is_of(arn: &str, account: &str) -> bool {
    arn.split(':')
        .nth(4)
        .is_some_and(|found| found.is_empty() || found == account)
}

/// What a call needs to be allowed: there is no resource-level permission.
pub(crate) fn demands(_world: &World, call: &Call) -> Result<Vec<Demand>, AwsError> {
    if call.operation != "GetResources" {
        return Err(AwsError::unknown_operation(call.service, &call.operation));
    }
    Ok(vec![Demand::new("tag:GetResources", "*")])
}

/// Answers a call.
pub(crate) fn handle(world: &World, call: &Call) -> Handled {
    let request: GetResources = call.json_as()?;
    request.check()?;
    let account = &call.caller.account;
    let found: Vec<(String, BTreeMap<String, String>)> = world
        .tags_state()
        .tags
        .iter()
        .filter(|(arn, tags)| {
            !tags.is_empty()
                && is_in(arn, &call.region)
                && is_of(arn, account)
                && request.wants(arn, tags)
        })
        // The token is the last ARN of the page before: stable when resources come and go.
        .filter(|(arn, _)| arn.as_str() > request.pagination_token.as_str())
        .map(|(arn, tags)| (arn.clone(), tags.clone()))
        .collect();
    let size = request.resources_per_page.unwrap_or(DEFAULT_PAGE);
    let page = found.get(..size).unwrap_or(&found);
    let token = match page.last() {
        Some((last, _)) if found.len() > page.len() => last.as_str(),
        Some(_) | None => "",
    };
    let mappings: Vec<Value> = page
        .iter()
        .map(|(arn, tags)| {
            let tags: Vec<Value> = tags
                .iter()
                .map(|(key, value)| json!({ "Key": key, "Value": value }))
                .collect();
            json!({ "ResourceARN": arn, "Tags": tags })
        })
        .collect();
    Ok(Answer::json_1_1(
        &json!({ "PaginationToken": token, "ResourceTagMappingList": mappings }),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_a_service_or_a_service_and_a_kind() {
        let instance = "arn:aws:ec2:ap-northeast-2:111122223333:instance/i-0123456789abcdef0";
        assert!(is_of_type(instance, "ec2"));
        assert!(is_of_type(instance, "ec2:instance"));
        assert!(!is_of_type(instance, "ec2:volume"));
        assert!(!is_of_type(instance, "ssm"));
        assert!(is_of_type("arn:aws:s3:::logs", "s3:bucket"));
        let node = "arn:aws:ssm:ap-northeast-2:111122223333:managed-instance/mi-0123456789abcdef0";
        assert!(is_of_type(node, "ssm:managed-instance"));
    }
}
