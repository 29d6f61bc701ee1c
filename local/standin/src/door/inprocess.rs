//! The door for SDK clients in the same process.

use std::fmt;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use http_body_util::BodyExt as _;

use super::{Incoming, Served, serve};
use crate::world::World;

/// An HTTP client whose only server is a world. Endpoints are not looked at, beyond the bucket
/// that the host of an S3 call may name: service and Region come from the signature.
#[derive(Clone)]
pub struct InProcess {
    world: World,
}

impl World {
    /// An HTTP client for SDK clients in this process. Give the client the world's clock as its
    /// time source too when that clock is moved by hand, or its signatures are out of date.
    #[must_use]
    pub fn http_client(&self) -> SharedHttpClient {
        SharedHttpClient::new(InProcess {
            world: self.clone(),
        })
    }
}

impl fmt::Debug for InProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InProcess")
    }
}

impl HttpClient for InProcess {
    fn http_connector(
        &self,
        _settings: &HttpConnectorSettings,
        _components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for InProcess {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let world = self.world.clone();
        HttpConnectorFuture::new(async move {
            match serve(&world, incoming(request).await?).await {
                Served::Answer(response) => HttpResponse::try_from(response.map(SdkBody::from))
                    .map_err(|error| ConnectorError::other(error.into(), None)),
                Served::TimedOut => Err(ConnectorError::timeout(
                    "an injected fault: no answer came".into(),
                )),
            }
        })
    }
}

pub(super) async fn incoming(request: HttpRequest) -> Result<Incoming, ConnectorError> {
    let request = request
        .try_into_http1x()
        .map_err(|error| ConnectorError::user(error.into()))?;
    let (parts, body) = request.into_parts();
    let body = body
        .collect()
        .await
        .map_err(ConnectorError::user)?
        .to_bytes();
    let host = parts
        .headers
        .get(http::header::HOST)
        .and_then(|value| value.to_str().ok())
        .or_else(|| parts.uri.authority().map(http::uri::Authority::as_str))
        .unwrap_or_default()
        .to_owned();
    Ok(Incoming {
        method: parts.method,
        path: parts.uri.path().to_owned(),
        raw_query: parts.uri.query().unwrap_or_default().to_owned(),
        host,
        headers: parts.headers,
        body,
        secure: parts.uri.scheme() == Some(&http::uri::Scheme::HTTPS),
    })
}
