//! How the story reaches the API and AWS: over the socket, as everybody else does.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use reqwest::{Client, Method};
use rules::wire::Problem;
use rustls::{ClientConfig, RootCertStore};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Amiss, must};
use crate::house::House;
use crate::people::Person;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// An HTTP client, and where things are.
pub(super) struct Wire {
    client: Client,
    api: String,
    issuer: String,
}

/// An answer of the API.
pub(super) struct Answer {
    pub(super) status: u16,
    body: String,
}

impl Wire {
    pub(super) fn to(house: &House) -> Result<Self, Amiss> {
        let failed = |error: &dyn std::error::Error| Amiss::NoAnswer(error.to_string());
        // All that is asked is on loopback, without TLS; the client wants to know of some.
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| failed(&error))?
            .with_root_certificates(RootCertStore::empty())
            .with_no_client_auth();
        let client = Client::builder()
            .tls_backend_preconfigured(tls)
            .no_proxy()
            .timeout(PATIENCE)
            .build()
            .map_err(|error| failed(&error))?;
        Ok(Self {
            client,
            api: house.url().to_owned(),
            issuer: house.issuer_url().to_owned(),
        })
    }

    /// Calls the API in somebody's name, with a token fetched for it.
    pub(super) async fn call(
        &self,
        who: Person,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Answer, Amiss> {
        let token = self.token(who).await?;
        let method = Method::from_bytes(method.as_bytes()).unwrap_or_default();
        let mut call = self
            .client
            .request(method, format!("{}{path}", self.api))
            .header(AUTHORIZATION, format!("Bearer {token}"));
        if let Some(body) = body {
            call = call
                .header(CONTENT_TYPE, "application/json")
                .body(body.to_string());
        }
        Answer::to(call).await
    }

    async fn token(&self, who: Person) -> Result<String, Amiss> {
        let form = format!("person={}", who.subject());
        let call = self
            .client
            .post(format!("{}/token", self.issuer))
            .body(form);
        let answer = Answer::to(call).await?;
        answer.must_be(200)?;
        Ok(answer.body.trim().to_owned())
    }
}

impl Answer {
    async fn to(call: reqwest::RequestBuilder) -> Result<Self, Amiss> {
        let failed = |error: reqwest::Error| Amiss::NoAnswer(error.to_string());
        let answer = Box::pin(call.send()).await.map_err(failed)?;
        Ok(Self {
            status: answer.status().as_u16(),
            body: answer.text().await.map_err(failed)?,
        })
    }

    /// That the answer has this status. What else it says is told where it is a problem only: any
    /// other body could be credentials.
    pub(super) fn must_be(&self, status: u16) -> Result<(), Amiss> {
        let says = serde_json::from_str::<Problem>(&self.body)
            .map(|problem| format!(", {}: {}", problem.code, problem.detail))
            .unwrap_or_default();
        must(
            self.status == status,
            &format!("status {status}"),
            format!("{}{says}", self.status),
        )
    }

    /// The answer as what it should be.
    pub(super) fn read<T: DeserializeOwned>(&self) -> Result<T, Amiss> {
        serde_json::from_str(&self.body).map_err(|fault| Amiss::Unexpected {
            expected: format!("an answer of the shape {}", std::any::type_name::<T>()),
            got: fault.to_string(),
        })
    }

    /// The problem that the answer should be, of this status and one of these codes.
    pub(super) fn problem(&self, status: u16, codes: &[&str]) -> Result<Problem, Amiss> {
        self.must_be(status)?;
        let problem: Problem = self.read()?;
        let one_of = codes.join("` or `");
        must(
            codes.contains(&problem.code.as_str()),
            &format!("the code `{one_of}`"),
            format!("`{}`", problem.code),
        )?;
        Ok(problem)
    }
}
