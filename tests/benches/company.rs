//! A company for benches: a deployment whose policy says yes at once, and any number of engineers.
//!
//! The API is called over its socket, and sessions are opened with the credentials that it gives.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_ssm::error::DisplayErrorContext;
use postern_local::account::{ACCOUNT, BATCH_1, REGION, WEB_7, WEB_8};
use postern_local::house::{Doors, House, Plan};
use postern_local::people::Person;
use reqwest::Client;
use rules::moment::Moment;
use rules::names::RequestId;
use rules::wire::{Credentials, RequestView};
use rustls::{ClientConfig, RootCertStore};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use standin::StandinClock;
use standin::iam::Keys;

pub(crate) type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Every engineer gets a shell anywhere, without anybody's yes.
const POLICY: &str = r#"@id("at-once") @auto("true") @max_duration("1h")
    permit (
        principal in Postern::Group::"engineers",
        action == Postern::Action::"shell",
        resource
    );"#;

const INSTANCES: [&str; 3] = [WEB_7, WEB_8, BATCH_1];

/// A deployment and the way to it.
pub(crate) struct Company {
    house: House,
    http: Client,
}

/// A grant with a session of it that is open.
#[derive(Debug, Clone)]
pub(crate) struct Grant {
    pub(crate) id: RequestId,
    pub(crate) ends_at: Moment,
    pub(crate) session: String,
}

impl Company {
    pub(crate) async fn open(
        clock: StandinClock,
        doors: Doors,
        settings: &[(&'static str, &str)],
    ) -> Outcome<Self> {
        let settings = settings.iter().copied().chain([("POSTERN_POLICY", POLICY)]);
        let house = House::start(Plan {
            clock,
            data_dir: None,
            doors,
            settings: settings
                .map(|(name, value)| (name, value.to_owned()))
                .collect(),
        });
        Ok(Self {
            house: Box::pin(house).await?,
            http: http_client()?,
        })
    }

    pub(crate) fn house(&self) -> &House {
        &self.house
    }

    pub(crate) fn now(&self) -> Moment {
        self.house.clock().now()
    }

    /// One of the engineers gets access to an instance, for so long from now on, and opens a session.
    pub(crate) async fn granted(&self, engineer: usize, length: Duration) -> Outcome<Grant> {
        let mut claims = self.house.issuer().claims(Person::Anna);
        if let Some(claims) = claims.as_object_mut() {
            claims.insert("sub".to_owned(), format!("engineer-{engineer}").into());
        }
        let token = self.house.issuer().sign(&claims)?;
        let instance = INSTANCES
            .get(engineer % INSTANCES.len())
            .ok_or("there are instances")?;
        let ask = json!({
            "targets": [format!("{ACCOUNT}/{REGION}/{instance}")],
            "kind": {"type": "shell"},
            "duration_seconds": length.as_secs(),
            "reason": "disk full",
        });
        let request: RequestView = self.post(&token, "/v1/requests", Some(&ask)).await?;
        let path = format!("/v1/requests/{}/credentials", request.id);
        let credentials: Credentials = self.post(&token, &path, Some(&json!({}))).await?;
        let keys = Keys {
            access_key_id: credentials.access_key_id.clone(),
            secret_access_key: credentials.secret_access_key.expose().to_owned(),
            session_token: Some(credentials.session_token.expose().to_owned()),
        };
        let call = aws_sdk_ssm::Client::new(&self.house.sdk_config_of(&keys)?)
            .start_session()
            .target(*instance)
            .document_name(&credentials.document)
            .send();
        let opened = Box::pin(call)
            .await
            .map_err(|error| DisplayErrorContext(error).to_string())?;
        Ok(Grant {
            id: request.id,
            ends_at: credentials.ends_at,
            session: opened.session_id.ok_or("a session has an id")?,
        })
    }

    /// Says something to the API, which must be well received.
    pub(crate) async fn post<T: DeserializeOwned>(
        &self,
        token: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Outcome<T> {
        let mut call = self
            .http
            .post(format!("{}{path}", self.house.url()))
            .header("authorization", format!("Bearer {token}"));
        if let Some(body) = body {
            call = call
                .header("content-type", "application/json")
                .body(body.to_string());
        }
        let answer = Box::pin(call.send()).await?;
        let (status, text) = (answer.status(), answer.text().await?);
        if !status.is_success() {
            return Err(format!("{path}: {status}: {text}").into());
        }
        Ok(serde_json::from_str(&text)?)
    }
}

fn http_client() -> Outcome<Client> {
    // All that is called is on loopback, without TLS; the client wants to know of some.
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let tls = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    let client = Client::builder()
        .tls_backend_preconfigured(tls)
        .no_proxy()
        .timeout(Duration::from_secs(60))
        .build()?;
    Ok(client)
}
