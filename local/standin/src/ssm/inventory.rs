//! The calls about nodes: `DescribeInstanceInformation`, `GetConnectionStatus` and
//! `ListTagsForResource` (AWS-FACTS 4.8).

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::check::{between, epoch_seconds, length, required};
use super::node::{Node, PingStatus, is_hybrid, target_arn};
use super::{documents, page};
use crate::call::{Answer, AwsError, Call, Demand, Handled};
use crate::world::World;

/// An agent reports every five minutes.
const HEARTBEAT_MILLIS: i64 = 300_000;
/// Nodes on a page unless the call says otherwise.
const DEFAULT_PAGE: usize = 50;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Describe {
    #[serde(default)]
    instance_information_filter_list: Vec<OldFilter>,
    #[serde(default)]
    filters: Vec<Filter>,
    max_results: Option<i64>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Filter {
    key: String,
    #[serde(default)]
    values: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OldFilter {
    key: String,
    #[serde(default)]
    value_set: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Connection {
    target: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListTags {
    resource_type: Option<String>,
    resource_id: Option<String>,
}

type Tags = BTreeMap<String, String>;

/// Answers `DescribeInstanceInformation`. Stopped nodes are not shown.
pub(super) fn describe(world: &World, call: &Call) -> Handled {
    let request: Describe = call.json_as()?;
    let size = match request.max_results {
        Some(size) => {
            between("maxResults", size, 5..=50)?;
            usize::try_from(size).unwrap_or(DEFAULT_PAGE)
        }
        None => DEFAULT_PAGE,
    };
    let filters = filters(request.filters, request.instance_information_filter_list)?;
    let identity = filters.iter().fold(String::new(), |text, filter| {
        format!("{text}\n{}={}", filter.key, filter.values.join(","))
    });
    let state = world.ssm_state();
    // Tags come after ssm in the lock order.
    let nodes: Vec<(&Node, Tags)> = state
        .nodes
        .values()
        .filter(|node| node.is_in(&call.caller.account, &call.region) && !node.stopped)
        .map(|node| (node, world.tags_of(&node.arn())))
        .filter(|(node, tags)| filters.iter().all(|filter| filter.holds(node, tags)))
        .collect();
    let query = format!("{}\n{}{identity}", call.caller.account, call.region);
    let key = |(node, _): &(&Node, Tags)| node.id.clone();
    let (shown, next) = page::cut(&nodes, key, &query, request.next_token.as_deref(), size)?;
    let list: Vec<Value> = shown
        .iter()
        .map(|(node, tags)| information(node, tags, call.now_millis))
        .collect();
    let mut answer = json!({ "InstanceInformationList": list });
    if let (Some(next), Some(members)) = (next, answer.as_object_mut()) {
        members.insert("NextToken".to_owned(), next.into());
    }
    Ok(Answer::json_1_1(&answer))
}

/// Both spellings of filters as one, in order.
fn filters(new: Vec<Filter>, old: Vec<OldFilter>) -> Result<Vec<Filter>, AwsError> {
    if !new.is_empty() && !old.is_empty() {
        return Err(AwsError::validation(
            "Filters and InstanceInformationFilterList cannot be used together",
        ));
    }
    let old = old.into_iter().map(|one| Filter {
        key: one.key,
        values: one.value_set,
    });
    let filters: Vec<Filter> = new.into_iter().chain(old).collect();
    let by_tag = filters.iter().filter(|filter| filter.is_by_tag()).count();
    if by_tag > 0 && by_tag < filters.len() {
        return Err(AwsError::validation(
            "a filter by tag cannot be combined with other filters",
        ));
    }
    filters.iter().try_for_each(Filter::check)?;
    Ok(filters)
}

impl Filter {
    fn is_by_tag(&self) -> bool {
        self.key == "tag-key" || self.key.starts_with("tag:")
    }

    fn check(&self) -> Result<(), AwsError> {
        let among = |known: &[&str]| {
            if self
                .values
                .iter()
                .all(|value| known.contains(&value.as_str()))
            {
                return Ok(());
            }
            let message = format!("a value of the filter `{}` is not valid", self.key);
            Err(AwsError::new(
                400,
                "InvalidInstanceInformationFilterValue",
                message,
            ))
        };
        if !(1..=100).contains(&self.values.len()) {
            return Err(AwsError::validation(format!(
                "the filter `{}` needs 1 to 100 values",
                self.key
            )));
        }
        match self.key.as_str() {
            "PingStatus" => among(&["Online", "ConnectionLost", "Inactive"]),
            "PlatformTypes" => among(&["Windows", "Linux", "MacOS"]),
            "ResourceType" => among(&["EC2Instance", "ManagedInstance"]),
            "InstanceIds" if !self.values.iter().all(|id| is_instance_id(id)) => Err(
                AwsError::new(400, "InvalidInstanceId", "an instance id is not valid"),
            ),
            "InstanceIds" | "AgentVersion" | "ActivationIds" | "IamRole" | "AssociationStatus" => {
                Ok(())
            }
            _ if self.is_by_tag() => Ok(()),
            other => Err(AwsError::new(
                400,
                "InvalidFilterKey",
                format!("the filter key `{other}` is not valid"),
            )),
        }
    }

    fn holds(&self, node: &Node, tags: &Tags) -> bool {
        let is = |text: &str| self.values.iter().any(|value| value == text);
        match self.key.as_str() {
            "InstanceIds" => is(&node.id),
            "AgentVersion" => is(&node.agent_version),
            "PingStatus" => is(node.ping_status.wire()),
            "PlatformTypes" => is(node.platform.wire()),
            "ResourceType" => is(node.resource_type()),
            "tag-key" => tags.keys().any(|key| is(key)),
            other => other
                .strip_prefix("tag:")
                .and_then(|key| tags.get(key))
                .is_some_and(|value| is(value)),
        }
    }
}

/// The shapes `i-` with 8 or 17, and `mi-` with 17 characters.
fn is_instance_id(id: &str) -> bool {
    let word = |text: &str, lengths: &[usize]| {
        lengths.contains(&text.len())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    id.strip_prefix("i-")
        .is_some_and(|rest| word(rest, &[8, 17]))
        || id.strip_prefix("mi-").is_some_and(|rest| word(rest, &[17]))
}

fn information(node: &Node, tags: &Tags, now: i64) -> Value {
    let (platform_name, platform_version) = node.platform.release();
    let since = now.saturating_sub(node.registered_millis).max(0);
    let silent = match node.ping_status {
        PingStatus::Online => since % HEARTBEAT_MILLIS,
        PingStatus::ConnectionLost | PingStatus::Inactive => since,
    };
    let mut shown = json!({
        "InstanceId": node.id,
        "PingStatus": node.ping_status.wire(),
        "LastPingDateTime": epoch_seconds(now.saturating_sub(silent)),
        "AgentVersion": node.agent_version,
        "IsLatestVersion": true,
        "PlatformType": node.platform.wire(),
        "PlatformName": platform_name,
        "PlatformVersion": platform_version,
        "ResourceType": node.resource_type(),
        "IPAddress": "10.0.0.10",
        "ComputerName": format!("{}.internal", node.id),
        "SourceId": node.id,
        "SourceType": if is_hybrid(&node.id) {
            "AWS::SSM::ManagedInstance"
        } else {
            "AWS::EC2::Instance"
        },
    });
    if let Some(members) = shown.as_object_mut().filter(|_| is_hybrid(&node.id)) {
        let role = node.iam_role.as_deref().unwrap_or("SSMServiceRole");
        members.insert("IamRole".to_owned(), role.into());
        members.insert(
            "RegistrationDate".to_owned(),
            epoch_seconds(node.registered_millis).into(),
        );
        if let Some(name) = tags.get("Name") {
            members.insert("Name".to_owned(), name.as_str().into());
        }
    }
    shown
}

fn connection_target(call: &Call) -> Result<String, AwsError> {
    let request: Connection = call.json_as()?;
    let target = required("target", request.target)?;
    length("target", &target, 1..=400)?;
    Ok(target)
}

/// What `GetConnectionStatus` needs: the target (AWS-FACTS 2.6).
pub(super) fn connection_demand(world: &World, call: &Call) -> Result<Demand, AwsError> {
    let target = connection_target(call)?;
    let arn = target_arn(&call.region, &call.caller.account, &target);
    Ok(super::with_tags(
        world,
        Demand::new("ssm:GetConnectionStatus", &arn),
        &arn,
    ))
}

/// Answers `GetConnectionStatus`.
pub(super) fn connection(world: &World, call: &Call) -> Handled {
    let target = connection_target(call)?;
    let connected =
        world.ssm_state().nodes.get(&target).is_some_and(|node| {
            node.is_in(&call.caller.account, &call.region) && node.is_connected()
        });
    let status = if connected {
        "connected"
    } else {
        "notconnected"
    };
    Ok(Answer::json_1_1(
        &json!({ "Target": target, "Status": status }),
    ))
}

/// The ARN that a `ListTagsForResource` is about.
fn tagged(call: &Call) -> Result<(String, String, String), AwsError> {
    let request: ListTags = call.json_as()?;
    let kind = required("resourceType", request.resource_type)?;
    let id = required("resourceId", request.resource_id)?;
    let (region, account) = (&call.region, &call.caller.account);
    let arn = match kind.as_str() {
        "ManagedInstance" => format!("arn:aws:ssm:{region}:{account}:managed-instance/{id}"),
        "Document" => documents::arn(region, account, &id),
        _ => {
            return Err(AwsError::new(
                400,
                "InvalidResourceType",
                format!("the stand-in has no tags of the resource type `{kind}`"),
            ));
        }
    };
    Ok((kind, id, arn))
}

/// What `ListTagsForResource` needs.
pub(super) fn tags_demand(call: &Call) -> Result<Demand, AwsError> {
    let (_, _, arn) = tagged(call)?;
    Ok(Demand::new("ssm:ListTagsForResource", arn))
}

/// Answers `ListTagsForResource`.
pub(super) fn tags(world: &World, call: &Call) -> Handled {
    let (kind, id, arn) = tagged(call)?;
    let known = {
        let state = world.ssm_state();
        match kind.as_str() {
            "ManagedInstance" => state.nodes.get(&id).is_some_and(|node| {
                is_hybrid(&id) && node.is_in(&call.caller.account, &call.region)
            }),
            _ => documents::exists(&state, &arn),
        }
    };
    if !known {
        let message = format!("no resource `{id}` of the type {kind}");
        return Err(AwsError::new(400, "InvalidResourceId", message));
    }
    let list: Vec<Value> = world
        .tags_of(&arn)
        .iter()
        .map(|(key, value)| json!({ "Key": key, "Value": value }))
        .collect();
    Ok(Answer::json_1_1(&json!({ "TagList": list })))
}
