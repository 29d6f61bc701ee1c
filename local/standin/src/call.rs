//! What passes between the doors and the services: a call that is known to be authentic, what it
//! demands of its caller, and the answer or the error that goes back.

use std::borrow::Cow;
use std::collections::BTreeMap;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::iam::Caller;

/// The services that a world offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Service {
    /// Amazon DynamoDB.
    DynamoDb,
    /// Amazon S3.
    S3,
    /// AWS Systems Manager.
    Ssm,
    /// AWS Security Token Service.
    Sts,
    /// AWS Identity and Access Management.
    Iam,
    /// The Resource Groups Tagging API.
    Tagging,
    /// Amazon EventBridge.
    Events,
    /// Amazon EC2.
    Ec2,
    /// AWS Key Management Service.
    Kms,
    /// AWS Lambda.
    Lambda,
}

impl Service {
    /// The service that a SigV4 credential scope names, or `None` for one that is not here.
    #[must_use]
    pub fn from_scope(name: &str) -> Option<Self> {
        Some(match name {
            "dynamodb" => Self::DynamoDb,
            "s3" => Self::S3,
            "ssm" => Self::Ssm,
            "sts" => Self::Sts,
            "iam" => Self::Iam,
            "tagging" => Self::Tagging,
            "events" => Self::Events,
            "ec2" => Self::Ec2,
            "kms" => Self::Kms,
            "lambda" => Self::Lambda,
            _ => return None,
        })
    }

    /// The name in SigV4 scopes, as in `…/dynamodb/aws4_request`.
    #[must_use]
    pub fn scope(self) -> &'static str {
        match self {
            Self::DynamoDb => "dynamodb",
            Self::S3 => "s3",
            Self::Ssm => "ssm",
            Self::Sts => "sts",
            Self::Iam => "iam",
            Self::Tagging => "tagging",
            Self::Events => "events",
            Self::Ec2 => "ec2",
            Self::Kms => "kms",
            Self::Lambda => "lambda",
        }
    }

    /// How the service speaks on the wire, which also decides the shape of its errors.
    #[must_use]
    pub fn protocol(self) -> Protocol {
        match self {
            Self::DynamoDb => Protocol::Json10,
            Self::Ssm | Self::Tagging | Self::Events | Self::Kms => Protocol::Json11,
            Self::Sts | Self::Iam => Protocol::Query,
            Self::Ec2 => Protocol::Ec2,
            Self::S3 => Protocol::RestXml,
            Self::Lambda => Protocol::RestJson,
        }
    }
}

/// The wire protocols of AWS that are spoken here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// `application/x-amz-json-1.0`.
    Json10,
    /// `application/x-amz-json-1.1`.
    Json11,
    /// Form parameters in, XML out.
    Query,
    /// The same, with lists and errors as EC2 alone has them.
    Ec2,
    /// REST with XML bodies.
    RestXml,
    /// REST with JSON bodies.
    RestJson,
}

/// One authenticated call: parsed far enough to be judged.
#[derive(Clone, Debug)]
pub struct Call {
    /// The service named by the SigV4 scope.
    pub service: Service,
    /// The API operation, such as `StartSession`.
    pub operation: String,
    /// The Region named by the SigV4 scope.
    pub region: String,
    /// Whose key signed the call.
    pub caller: Caller,
    /// The world's time when the call arrived, in milliseconds since the Unix epoch.
    pub now_millis: i64,
    /// The HTTP method.
    pub method: http::Method,
    /// The path as it was on the wire, percent-encoding kept.
    pub path: String,
    /// The query parameters, decoded, in order.
    pub query: Vec<(String, String)>,
    /// The request headers.
    pub headers: http::HeaderMap,
    /// The request body; for S3 the payload proper, with `aws-chunked` framing removed.
    pub body: Bytes,
}

impl Call {
    /// The body as JSON; an empty body is an empty object.
    ///
    /// # Errors
    /// `SerializationException` when the body is not JSON.
    pub fn json(&self) -> Result<Value, AwsError> {
        if self.body.is_empty() {
            return Ok(Value::Object(Map::new()));
        }
        serde_json::from_slice(&self.body).map_err(|_| {
            AwsError::new(
                400,
                "SerializationException",
                "the body is not readable as JSON",
            )
        })
    }

    /// The body read as a typed request.
    ///
    /// # Errors
    /// `SerializationException` when the body is not JSON of that shape.
    pub fn json_as<T: serde::de::DeserializeOwned>(&self) -> Result<T, AwsError> {
        serde_json::from_value(self.json()?)
            .map_err(|error| AwsError::new(400, "SerializationException", error.to_string()))
    }

    /// The parameters of a query-protocol call, from the form body or the query string.
    #[must_use]
    pub fn form(&self) -> BTreeMap<String, String> {
        let mut form: BTreeMap<String, String> = self.query.iter().cloned().collect();
        form.extend(url::form_urlencoded::parse(&self.body).into_owned());
        form
    }

    /// A query parameter by name, decoded.
    #[must_use]
    pub fn query_value(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// A header by name, if it is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

/// One thing that a call needs to be allowed: all demands of a call must be met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Demand {
    /// The IAM action, such as `ssm:StartSession`.
    pub action: String,
    /// The ARN of the resource, or `*` for an action without resource-level permission.
    pub resource: String,
    /// Condition keys that this demand adds to the global ones, each with its values.
    pub context: BTreeMap<String, Vec<String>>,
}

impl Demand {
    /// A demand without condition keys of its own.
    #[must_use]
    pub fn new(action: impl Into<String>, resource: impl Into<String>) -> Self {
        Self {
            action: action.into(),
            resource: resource.into(),
            context: BTreeMap::new(),
        }
    }

    /// Adds a condition key with one value.
    #[must_use]
    pub fn with(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.context
            .entry(key.into())
            .or_default()
            .push(value.into());
        self
    }

    /// Adds a condition key with several values (or none, which is still a present key).
    #[must_use]
    pub fn with_all(mut self, key: impl Into<String>, values: Vec<String>) -> Self {
        self.context.entry(key.into()).or_default().extend(values);
        self
    }
}

/// What goes back to the caller of a call that worked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Response headers, besides those that the door adds (request id, date, length).
    pub headers: Vec<(String, String)>,
    /// The response body.
    pub body: Bytes,
}

impl Answer {
    /// A 200 of `application/x-amz-json-1.1`.
    #[must_use]
    pub fn json_1_1(value: &Value) -> Self {
        Self::ok("application/x-amz-json-1.1", value.to_string())
    }

    /// A 200 of `application/x-amz-json-1.0`.
    #[must_use]
    pub fn json_1_0(value: &Value) -> Self {
        Self::ok("application/x-amz-json-1.0", value.to_string())
    }

    /// A 200 of XML; the text is a whole document.
    #[must_use]
    pub fn xml(document: impl Into<String>) -> Self {
        Self::ok("text/xml", document.into())
    }

    /// An answer without a body.
    #[must_use]
    pub fn empty(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Bytes::new(),
        }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    fn ok(content_type: &str, body: String) -> Self {
        Self {
            status: 200,
            headers: vec![("content-type".to_owned(), content_type.to_owned())],
            body: Bytes::from(body),
        }
    }
}

/// An error as AWS would give it; the door renders it in the protocol of the service.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code} ({status}): {message}")]
pub struct AwsError {
    /// The error code, such as `ValidationException`.
    pub code: Cow<'static, str>,
    /// The text for a person.
    pub message: String,
    /// The HTTP status.
    pub status: u16,
    /// Further members of the error shape (JSON protocols only), such as `CancellationReasons`.
    pub extra: Box<Map<String, Value>>,
}

impl AwsError {
    /// An error of a status, a code and a message.
    #[must_use]
    pub fn new(
        status: u16,
        code: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            code: code.into(),
            message: message.into(),
            status,
            extra: Box::default(),
        }
    }

    /// A refusal by policy. The door writes it as `AccessDenied` (403) or, for the JSON
    /// protocols, `AccessDeniedException` (400; 403 where they are REST).
    #[must_use]
    pub fn access_denied(message: impl Into<String>) -> Self {
        Self::new(403, "AccessDenied", message)
    }

    /// A request that is readable but wrong: `ValidationException` (400).
    #[must_use]
    pub fn validation(message: impl Into<String>) -> Self {
        Self::new(400, "ValidationException", message)
    }

    /// An operation that the stand-in does not offer. A caller must see this at once, so it is
    /// never dressed up as a success.
    #[must_use]
    pub fn unknown_operation(service: Service, operation: &str) -> Self {
        let code = match service.protocol() {
            Protocol::Json10 | Protocol::Json11 | Protocol::RestJson => "UnknownOperationException",
            Protocol::Query | Protocol::Ec2 => "InvalidAction",
            Protocol::RestXml => "NotImplemented",
        };
        let status = if service == Service::S3 { 501 } else { 400 };
        Self::new(
            status,
            code,
            format!(
                "the stand-in does not offer `{}:{operation}`",
                service.scope()
            ),
        )
    }
}

/// What a service gives for a call.
pub(crate) type Handled = Result<Answer, AwsError>;
