//! What stands between the outside and the functions, and between the functions and AWS.

use std::sync::Arc;

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use axum::Router;
use axum::extract::Request;
use broker::aws::with_http;
use broker::practice::Practice;
use standin::World;
use standin::iam::Keys;
use standin::lambda::FunctionError;
use tower::ServiceExt as _;

use super::{Function, NoHouse, Wire};
use crate::account::{DOCTOR_FUNCTION, REGION};

/// The routers of the functions at one address. API Gateway tells them apart by route; whoever
/// meets no route meets those of `api`.
pub(super) fn one_address(api: Router, issue: Router, doctor: Router, chat: Router) -> Router {
    Router::new().fallback(move |request: Request| {
        let path = request.uri().path();
        let function = if is_of_issue(path) {
            &issue
        } else if is_of_doctor(path) {
            &doctor
        } else if path.starts_with("/chat/") || path.starts_with("/v1/chat/") {
            &chat
        } else {
            &api
        };
        function.clone().oneshot(request)
    })
}

/// Whether a path is that of the one route of `issue`, `/v1/requests/{id}/credentials`.
fn is_of_issue(path: &str) -> bool {
    path.strip_prefix("/v1/requests/")
        .and_then(|rest| rest.strip_suffix("/credentials"))
        .is_some_and(|id| !id.is_empty() && !id.contains('/'))
}

/// Whether a path is that of the one route of `doctor`,
/// `/v1/targets/{account}/{region}/{id}/readiness`.
fn is_of_doctor(path: &str) -> bool {
    path.strip_prefix("/v1/targets/")
        .and_then(|rest| rest.strip_suffix("/readiness"))
        .is_some_and(|target| {
            target.split('/').count() == 3 && target.split('/').all(|part| !part.is_empty())
        })
}

/// Gives the world a function that answers what `api` asks of it.
pub(super) fn examines(world: &World, practice: &Arc<Practice>) {
    let practice = Arc::clone(practice);
    world.add_function(DOCTOR_FUNCTION, move |event| {
        let practice = Arc::clone(&practice);
        async move {
            let failed = |error: serde_json::Error| FunctionError {
                kind: "Unreadable".to_owned(),
                message: error.to_string(),
            };
            let examination = serde_json::from_value(event).map_err(failed)?;
            let examined = Box::pin(practice.examine(&examination)).await;
            serde_json::to_value(examined).map_err(failed)
        }
    });
}

impl Wire {
    /// How a function reaches AWS.
    pub(super) fn of(&self, function: Function) -> Result<SdkConfig, NoHouse> {
        let keys = self
            .world
            .function_credentials(function.role(), function.role())
            .map_err(|error| NoHouse::Credentials(error.message))?;
        self.config(&keys)
    }

    /// How the holder of these keys reaches AWS: configured as a deployed function is, with
    /// nothing taken from the environment or the home directory of whoever runs this.
    pub(super) fn config(&self, keys: &Keys) -> Result<SdkConfig, NoHouse> {
        let credentials = Credentials::new(
            &keys.access_key_id,
            &keys.secret_access_key,
            keys.session_token.clone(),
            None,
            "the local run",
        );
        let region = REGION
            .parse()
            .map_err(|_| NoHouse::Place(REGION.to_owned()))?;
        let past_the_socket = with_http(
            &self.clock,
            self.world.http_client(),
            &region,
            SharedCredentialsProvider::new(credentials),
        );
        let Some(endpoint) = &self.endpoint else {
            return Ok(past_the_socket);
        };
        let mut builder = past_the_socket.into_builder();
        // Without one of its own, each client has the SDK's own HTTP client, as in AWS.
        builder.set_http_client(None);
        Ok(builder.endpoint_url(endpoint).build())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_one_route_of_issue_leads_to_it() {
        assert!(is_of_issue("/v1/requests/req-1/credentials"));
        for other in [
            "/v1/requests",
            "/v1/requests/req-1",
            "/v1/requests/credentials",
            "/v1/requests//credentials",
            "/v1/requests/a/b/credentials",
            "/v1/requests/req-1/credentials/",
        ] {
            assert!(!is_of_issue(other), "{other}");
        }
    }

    #[test]
    fn only_the_one_route_of_doctor_leads_to_it() {
        assert!(is_of_doctor("/v1/targets/1/r/i-1/readiness"));
        for other in [
            "/v1/targets",
            "/v1/targets/readiness",
            "/v1/targets/1/r/readiness",
            "/v1/targets/1//i-1/readiness",
            "/v1/targets/1/r/i-1/x/readiness",
            "/v1/targets/1/r/i-1/readiness/",
        ] {
            assert!(!is_of_doctor(other), "{other}");
        }
    }
}
