//! Answers and errors in the words of each protocol.

use bytes::Bytes;
use serde_json::{Map, Value};

use crate::call::{Answer, AwsError, Handled, Protocol, Service};
use crate::xml::Element;

/// A result on its way out.
pub(super) struct Told {
    pub(super) protocol: Protocol,
    pub(super) service: Option<Service>,
    pub(super) result: Handled,
}

impl Told {
    /// The response, with the headers that every AWS answer has.
    pub(super) fn response(
        self,
        request_id: &str,
        now_millis: i64,
        method: &http::Method,
    ) -> http::Response<Bytes> {
        let Self {
            protocol,
            service,
            result,
        } = self;
        let mut answer =
            result.unwrap_or_else(|error| error_answer(&error, protocol, service, request_id));
        let id_header = match protocol {
            Protocol::RestXml => "x-amz-request-id",
            Protocol::Json10
            | Protocol::Json11
            | Protocol::RestJson
            | Protocol::Query
            | Protocol::Ec2 => "x-amzn-requestid",
        };
        answer = answer
            .header(id_header, request_id)
            .header("date", http_date(now_millis));
        if method == http::Method::HEAD {
            answer.body = Bytes::new();
        }
        answer.into_response()
    }
}

fn error_answer(
    error: &AwsError,
    protocol: Protocol,
    service: Option<Service>,
    request_id: &str,
) -> Answer {
    let (content_type, body) = match protocol {
        Protocol::Json10 => ("application/x-amz-json-1.0", json_error(error, service)),
        Protocol::Json11 => ("application/x-amz-json-1.1", json_error(error, service)),
        Protocol::RestJson => ("application/json", json_error(error, service)),
        Protocol::Query => ("text/xml", query_error(error, service, request_id)),
        Protocol::Ec2 => ("text/xml", ec2_error(error, request_id)),
        Protocol::RestXml => ("application/xml", s3_error(error, request_id)),
    };
    let answer = Answer {
        status: error.status,
        headers: Vec::new(),
        body: Bytes::from(body),
    }
    .header("content-type", content_type);
    match protocol {
        // REST says the code in a header.
        Protocol::RestJson => answer.header("x-amzn-errortype", error.code.as_ref()),
        Protocol::Json10
        | Protocol::Json11
        | Protocol::Query
        | Protocol::Ec2
        | Protocol::RestXml => answer,
    }
}

fn json_error(error: &AwsError, service: Option<Service>) -> String {
    let kind = match service {
        Some(Service::DynamoDb) => format!("com.amazonaws.dynamodb.v20120810#{}", error.code),
        Some(
            Service::S3
            | Service::Ssm
            | Service::Sts
            | Service::Iam
            | Service::Tagging
            | Service::Events
            | Service::Ec2
            | Service::Kms
            | Service::Lambda,
        )
        | None => error.code.to_string(),
    };
    let mut members = Map::clone(&error.extra);
    members.insert("__type".to_owned(), Value::String(kind));
    // TransactionCanceledException alone spells its text with a capital, as its own member.
    if !members.contains_key("Message") {
        members.insert("message".to_owned(), Value::String(error.message.clone()));
    }
    Value::Object(members).to_string()
}

fn query_error(error: &AwsError, service: Option<Service>, request_id: &str) -> String {
    let namespace = match service {
        Some(Service::Iam) => "https://iam.amazonaws.com/doc/2010-05-08/",
        Some(
            Service::Sts
            | Service::DynamoDb
            | Service::S3
            | Service::Ssm
            | Service::Tagging
            | Service::Events
            | Service::Ec2
            | Service::Kms
            | Service::Lambda,
        )
        | None => "https://sts.amazonaws.com/doc/2011-06-15/",
    };
    let fault = if error.status >= 500 {
        "Receiver"
    } else {
        "Sender"
    };
    Element::new("ErrorResponse")
        .namespace(namespace)
        .child(
            Element::new("Error")
                .leaf("Type", fault)
                .leaf("Code", error.code.as_ref())
                .leaf("Message", error.message.as_str()),
        )
        .leaf("RequestId", request_id)
        .document()
}

fn ec2_error(error: &AwsError, request_id: &str) -> String {
    let one = Element::new("Error")
        .leaf("Code", error.code.as_ref())
        .leaf("Message", error.message.as_str());
    Element::new("Response")
        .child(Element::new("Errors").child(one))
        .leaf("RequestID", request_id)
        .document()
}

fn s3_error(error: &AwsError, request_id: &str) -> String {
    Element::new("Error")
        .leaf("Code", error.code.as_ref())
        .leaf("Message", error.message.as_str())
        .leaf("RequestId", request_id)
        .leaf("HostId", "standin")
        .document()
}

/// The error with what depends on the family put right: a refusal by policy has its own code and
/// status in each.
pub(super) fn in_family(mut error: AwsError, protocol: Protocol) -> AwsError {
    if error.code != "AccessDenied" {
        return error;
    }
    match protocol {
        Protocol::Json10 | Protocol::Json11 => {
            error.code = "AccessDeniedException".into();
            error.status = 400;
        }
        // REST says it by the status too, which is 403 already.
        Protocol::RestJson => error.code = "AccessDeniedException".into(),
        Protocol::Ec2 => error.code = "UnauthorizedOperation".into(),
        Protocol::Query | Protocol::RestXml => {}
    }
    error
}

/// Calls come too fast, in the words of the service.
pub(super) fn throttled(service: Service) -> AwsError {
    match service.protocol() {
        Protocol::Json10 | Protocol::Json11 => {
            AwsError::new(400, "ThrottlingException", "Rate exceeded")
        }
        Protocol::RestJson => AwsError::new(429, "TooManyRequestsException", "Rate Exceeded."),
        Protocol::Query => AwsError::new(400, "Throttling", "Rate exceeded"),
        Protocol::Ec2 => AwsError::new(503, "RequestLimitExceeded", "Request limit exceeded."),
        Protocol::RestXml => AwsError::new(503, "SlowDown", "Please reduce your request rate."),
    }
}

/// A time as HTTP headers write it (RFC 9110).
pub(crate) fn http_date(millis: i64) -> String {
    jiff::Timestamp::from_millisecond(millis)
        .map(|time| time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string())
        .unwrap_or_default()
}
