//! Which route says no with which codes.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use rules::refusal::Class;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};

use crate::code::Code;
use crate::problem::{PROBLEM_JSON, status_of};

/// The ways in which one route says no.
pub(super) struct Route {
    /// The operation.
    pub(super) operation: &'static str,
    /// HTTP's own codes.
    pub(super) http: &'static [&'static [Code]],
    /// The codes of the rules, by their class.
    pub(super) rules: &'static [(Class, &'static [&'static str])],
}

/// Every route has these.
const ANY: &[Code] = &[Code::UnreadableRequest, Code::HeadTooLarge];
/// Every route that takes a token and asks the ledger.
const CALL: &[Code] = &[
    Code::Unauthenticated,
    Code::IdentityProviderUnavailable,
    Code::AwsUnavailable,
    Code::Internal,
];
/// Every route that chat systems call, who sign what they send.
const SIGNED: &[Code] = &[
    Code::Unauthenticated,
    Code::BodyTooLarge,
    Code::UnreadableBody,
    Code::AwsUnavailable,
];
/// Every route about one request.
const ONE: &[Code] = &[Code::InvalidRequestId];
/// Every route about one target.
const TARGET: &[Code] = &[Code::InvalidTarget];
const QUERY: &[Code] = &[Code::InvalidQuery];
/// Every route that takes a body.
const BODY: &[Code] = &[
    Code::UnsupportedMediaType,
    Code::BodyTooLarge,
    Code::UnreadableBody,
    Code::InvalidBody,
];
/// Every route that changes something.
const CHANGE: &[Code] = &[
    Code::InvalidIdempotencyKey,
    Code::UnsupportedMediaType,
    Code::BodyTooLarge,
    Code::UnreadableBody,
    Code::InvalidBody,
    Code::IdempotencyKeyReused,
    Code::LostRace,
];

/// Every route that judges by the policy set.
const JUDGED: &[Code] = &[Code::PolicyUnavailable, Code::PolicyInvalid];

/// Why a policy says no to an ask.
const POLICY: &[&str] = &[
    "policy-forbids",
    "policy-unevaluable",
    "duration-too-long",
    "reason-too-short",
    "reason-unlike",
    "ticket-unlike",
    "not-for-others",
    "not-unlogged",
    "no-break-glass",
    "no-groups",
    "no-policy",
    "no-route",
];
/// Why what is asked of targets is not possible.
const TARGETS: &[&str] = &[
    "unknown-target",
    "place-not-served",
    "kind-not-offered",
    "agent-too-old",
    "run-as-impossible",
];

const UNKNOWN: (Class, &[&str]) = (Class::NotFound, &["request-not-found"]);

/// Every route.
pub(super) const ROUTES: &[Route] = &[
    Route {
        operation: "ask",
        http: &[ANY, CALL, CHANGE, JUDGED],
        rules: &[
            (Class::Forbidden, POLICY),
            (Class::Forbidden, &["review-open"]),
            (Class::Impossible, TARGETS),
            (
                Class::Impossible,
                &[
                    "too-many-targets",
                    "start-out-of-range",
                    "emergency-later",
                    "other-issuer",
                ],
            ),
            (Class::TooMany, &["too-many-pending"]),
        ],
    },
    Route {
        operation: "list",
        http: &[ANY, CALL, QUERY],
        rules: &[(Class::Forbidden, &["may-not-list-all"])],
    },
    Route {
        operation: "export",
        http: &[ANY, CALL, QUERY],
        rules: &[(Class::Forbidden, &["may-not-list-all"])],
    },
    Route {
        operation: "show",
        http: &[ANY, CALL, ONE],
        rules: &[UNKNOWN],
    },
    Route {
        operation: "sessions",
        http: &[ANY, CALL, ONE],
        rules: &[UNKNOWN],
    },
    Route {
        operation: "entries",
        http: &[ANY, CALL, ONE],
        rules: &[UNKNOWN],
    },
    Route {
        operation: "approve",
        http: &[ANY, CALL, ONE, CHANGE],
        rules: &[
            UNKNOWN,
            (Class::Forbidden, &["self-approval", "not-an-approver"]),
            (
                Class::Conflict,
                &[
                    "already-approved",
                    "shown-changed",
                    "wrong-status",
                    "deadline-passed",
                    "grant-over",
                ],
            ),
        ],
    },
    Route {
        operation: "deny",
        http: &[ANY, CALL, ONE, CHANGE],
        rules: &[
            UNKNOWN,
            (Class::Forbidden, &["self-approval", "not-an-approver"]),
            (
                Class::Conflict,
                &["wrong-status", "deadline-passed", "grant-over"],
            ),
        ],
    },
    Route {
        operation: "withdraw",
        http: &[ANY, CALL, ONE, CHANGE],
        rules: &[
            UNKNOWN,
            (Class::Forbidden, &["not-the-requester"]),
            (Class::Conflict, &["wrong-status"]),
        ],
    },
    Route {
        operation: "revoke",
        http: &[ANY, CALL, ONE, CHANGE],
        rules: &[
            UNKNOWN,
            (Class::Forbidden, &["may-not-revoke"]),
            (Class::Conflict, &["wrong-status"]),
        ],
    },
    Route {
        operation: "release",
        http: &[ANY, CALL, ONE, CHANGE],
        rules: &[
            UNKNOWN,
            (Class::Forbidden, &["not-the-requester"]),
            (Class::Conflict, &["wrong-status"]),
        ],
    },
    Route {
        operation: "extend",
        http: &[ANY, CALL, ONE, CHANGE, JUDGED],
        rules: &[
            UNKNOWN,
            (Class::Forbidden, &["not-the-requester", "not-extendable"]),
            (Class::Forbidden, POLICY),
            (
                Class::Conflict,
                &["wrong-status", "grant-over", "extension-waiting"],
            ),
            (Class::Impossible, TARGETS),
        ],
    },
    Route {
        operation: "review",
        http: &[ANY, CALL, ONE, CHANGE],
        rules: &[
            UNKNOWN,
            (Class::Forbidden, &["self-approval", "not-a-reviewer"]),
            (
                Class::Conflict,
                &["wrong-status", "nothing-to-review", "already-reviewed"],
            ),
        ],
    },
    Route {
        operation: "issue",
        http: &[ANY, CALL, ONE, QUERY, CHANGE, JUDGED],
        rules: &[
            UNKNOWN,
            (
                Class::Forbidden,
                &[
                    "not-the-requester",
                    "no-longer-allowed",
                    "user-changed",
                    "approvals-void",
                ],
            ),
            (
                Class::Conflict,
                &[
                    "wrong-status",
                    "deadline-passed",
                    "grant-over",
                    "too-early",
                    "issue-in-progress",
                ],
            ),
            (Class::Impossible, TARGETS),
            (Class::Impossible, &["too-many-targets"]),
        ],
    },
    Route {
        operation: "targets",
        http: &[ANY, CALL, JUDGED],
        rules: &[],
    },
    Route {
        operation: "readiness",
        http: &[ANY, CALL, TARGET, QUERY, JUDGED],
        rules: &[
            (Class::NotFound, &["target-not-found"]),
            (Class::Impossible, &["kind-not-offered"]),
        ],
    },
    Route {
        operation: "explain",
        http: &[ANY, CALL, BODY, JUDGED],
        rules: &[],
    },
    Route {
        operation: "links",
        http: &[ANY, CALL],
        rules: &[],
    },
    Route {
        operation: "unlink",
        http: &[ANY, CALL, &[Code::LinkNotFound]],
        rules: &[],
    },
    Route {
        operation: "slack_command",
        http: &[ANY, SIGNED],
        rules: &[],
    },
    Route {
        operation: "slack_interaction",
        http: &[ANY, SIGNED],
        rules: &[],
    },
    Route {
        operation: "webhook",
        http: &[ANY, SIGNED],
        rules: &[],
    },
    Route {
        operation: "link_page",
        http: &[],
        rules: &[],
    },
    Route {
        operation: "login_callback",
        http: &[],
        rules: &[],
    },
    Route {
        operation: "answer_page",
        http: &[],
        rules: &[],
    },
    Route {
        operation: "answer_by_page",
        http: &[],
        rules: &[],
    },
    Route {
        operation: "health",
        http: &[ANY],
        rules: &[],
    },
    Route {
        operation: "openapi",
        http: &[ANY],
        rules: &[],
    },
];

impl Route {
    /// The codes of the route, by status.
    pub(super) fn by_status(&self) -> BTreeMap<u16, Vec<&'static str>> {
        let http = self.http.iter().copied().flatten();
        let http = http.map(|code| (code.status(), code.as_str()));
        let rules = self
            .rules
            .iter()
            .flat_map(|(class, codes)| codes.iter().map(|code| (status_of(*class), *code)));
        let mut by_status = BTreeMap::<u16, Vec<&'static str>>::new();
        for (status, code) in http.chain(rules) {
            by_status.entry(status.as_u16()).or_default().push(code);
        }
        by_status
    }
}

/// Declares every no of an operation.
pub(super) fn declare(operation: &mut Operation) {
    let id = operation.operation_id.as_deref();
    let Some(route) = ROUTES.iter().find(|route| Some(route.operation) == id) else {
        return;
    };
    for (status, codes) in route.by_status() {
        let answer = RefOr::T(response(status, &codes));
        operation
            .responses
            .responses
            .insert(status.to_string(), answer);
    }
}

fn response(status: u16, codes: &[&str]) -> Response {
    let codes: Vec<String> = codes.iter().map(|code| format!("`{code}`")).collect();
    let problem = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name("Problem")))
        .build();
    let response = ResponseBuilder::new()
        .description(codes.join(", "))
        .content(PROBLEM_JSON, problem);
    let response = match StatusCode::from_u16(status) {
        Ok(StatusCode::UNAUTHORIZED) => {
            response.header("WWW-Authenticate", header(Type::String, "Always `Bearer`"))
        }
        Ok(StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS) => {
            response.header("Retry-After", header(Type::Integer, "Seconds to wait"))
        }
        Ok(StatusCode::CONFLICT) => response.header(
            "Retry-After",
            header(
                Type::Integer,
                "Seconds to wait, with `issue-in-progress` only",
            ),
        ),
        _ => response,
    };
    response.build()
}

fn header(kind: Type, description: &str) -> utoipa::openapi::Header {
    HeaderBuilder::new()
        .schema(Some(ObjectBuilder::new().schema_type(kind)))
        .description(Some(description))
        .build()
}
