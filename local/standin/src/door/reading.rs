//! Reading a request: which service, which operation. Nothing here is believed yet.

use percent_encoding::percent_decode_str;

use super::Incoming;
use crate::call::{AwsError, Protocol, Service};
use crate::signature::{self, Claim};

/// A request whose service and operation are known.
pub(super) struct Reading {
    pub(super) service: Service,
    pub(super) operation: String,
    pub(super) claim: Claim,
    pub(super) query: Vec<(String, String)>,
}

/// A request that cannot be read, with the protocol in which to say so.
pub(super) struct Unread {
    pub(super) protocol: Protocol,
    pub(super) error: AwsError,
}

pub(super) fn read(incoming: &Incoming) -> Result<Reading, Unread> {
    let claim = signature::claim(&incoming.headers).map_err(|why| {
        let protocol = guess(incoming);
        Unread {
            protocol,
            error: why.told(protocol),
        }
    })?;
    let service = Service::from_scope(&claim.service).ok_or_else(|| Unread {
        protocol: guess(incoming),
        error: AwsError::new(
            400,
            "UnknownService",
            format!(
                "the stand-in does not offer the service `{}`",
                claim.service
            ),
        ),
    })?;
    let query = parse_query(&incoming.raw_query);
    let operation = operation(service, incoming, &query).map_err(|error| Unread {
        protocol: service.protocol(),
        error,
    })?;
    Ok(Reading {
        service,
        operation,
        claim,
        query,
    })
}

fn operation(
    service: Service,
    incoming: &Incoming,
    query: &[(String, String)],
) -> Result<String, AwsError> {
    let unknown = |name: &str| AwsError::unknown_operation(service, name);
    let target_prefix = match service {
        Service::DynamoDb => "DynamoDB_20120810",
        Service::Ssm => "AmazonSSM",
        Service::Tagging => "ResourceGroupsTaggingAPI_20170126",
        Service::Events => "AWSEvents",
        Service::Kms => "TrentService",
        Service::S3 => {
            return crate::s3::operation(incoming, query)
                .map(str::to_owned)
                .ok_or_else(|| unknown(incoming.method.as_str()));
        }
        Service::Lambda => {
            return crate::lambda::operation(&incoming.method, &incoming.path)
                .map(str::to_owned)
                .ok_or_else(|| unknown(&incoming.path));
        }
        Service::Sts | Service::Iam | Service::Ec2 => {
            return query
                .iter()
                .cloned()
                .chain(url::form_urlencoded::parse(&incoming.body).into_owned())
                .find(|(key, _)| key == "Action")
                .map(|(_, action)| action)
                .ok_or_else(|| AwsError::new(400, "MissingAction", "no Action was given"));
        }
    };
    let target = incoming
        .headers
        .get("x-amz-target")
        .and_then(|value| value.to_str().ok())
        .ok_or_else(|| unknown("(no X-Amz-Target)"))?;
    match target.split_once('.') {
        Some((prefix, operation)) if prefix == target_prefix => Ok(operation.to_owned()),
        Some(_) | None => Err(unknown(target)),
    }
}

/// The protocol of a request that does not even name its service.
fn guess(incoming: &Incoming) -> Protocol {
    let content_type = incoming
        .headers
        .get(http::header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    if content_type.starts_with("application/x-amz-json-1.0") {
        Protocol::Json10
    } else if incoming.headers.contains_key("x-amz-target") {
        Protocol::Json11
    } else if content_type.starts_with("application/x-www-form-urlencoded") {
        Protocol::Query
    } else {
        Protocol::RestXml
    }
}

fn parse_query(raw: &str) -> Vec<(String, String)> {
    let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    raw.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(key, value)| (decode(key), decode(value)))
        .collect()
}
