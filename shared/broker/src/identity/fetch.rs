//! Fetches the documents of an identity provider.
//!
//! The client does one thing: a GET of one address, with TLS roots that are compiled in (loading
//! those of the machine costs tens of milliseconds in a small function), no proxy from the
//! environment, no redirect, no retry, no connection kept. A refresh happens every few minutes, and
//! a connection that slept through a frozen function is a fault waiting to happen.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{ACCEPT, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use rustls::{ClientConfig, RootCertStore};
use url::Url;

use super::address::{Reach, Resolver};

/// The largest document that is read, in bytes.
pub(crate) const LARGEST: usize = 64 * 1_024;

/// How long all of a refresh may take: an API call waits for it.
pub(super) const PATIENCE: Duration = Duration::from_secs(3);

const CONNECT_PATIENCE: Duration = Duration::from_millis(1_500);

/// Why a document could not be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FetchFault {
    /// No connection, or it broke.
    #[error("its host cannot be reached")]
    Unreachable,
    /// No answer in time.
    #[error("its host did not answer in time")]
    TooLate,
    /// The answer points elsewhere, where nobody follows.
    #[error("its host answered with a redirect")]
    Redirect,
    /// The answer is not a 200.
    #[error("its host answered with status {0}")]
    Status(u16),
    /// The document is larger than its kind may be; a key set has 64 KiB at most.
    #[error("it is larger than it may be")]
    TooLarge,
}

impl FetchFault {
    pub(crate) fn of(error: &reqwest::Error) -> Self {
        if error.is_timeout() {
            Self::TooLate
        } else {
            Self::Unreachable
        }
    }
}

/// The client that fetches.
#[derive(Debug)]
pub(super) struct Fetcher {
    client: Client,
}

/// The client could not be built: a fault of this program or of its build.
#[derive(Debug, thiserror::Error)]
#[error("the client that asks hosts outside AWS cannot be built")]
pub struct NoClient(#[source] Box<dyn std::error::Error + Send + Sync>);

/// A client that asks hosts outside AWS, and gives up after that long. It follows no redirect, sends
/// nothing twice by itself and goes past no proxy.
pub(crate) fn client(reach: Reach, patience: Duration) -> Result<Client, NoClient> {
    // The provider of cryptography is named here: a default of the process could be another.
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let tls = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| NoClient(error.into()))?
        .with_root_certificates(RootCertStore {
            roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
        })
        .with_no_client_auth();
    Client::builder()
        .tls_backend_preconfigured(tls)
        .https_only(reach == Reach::Deployed)
        .dns_resolver(Arc::new(Resolver(reach)))
        .no_proxy()
        .redirect(Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .connect_timeout(CONNECT_PATIENCE)
        .timeout(patience)
        .pool_max_idle_per_host(0)
        .build()
        .map_err(|error| NoClient(error.into()))
}

impl Fetcher {
    pub(super) fn new(reach: Reach) -> Result<Self, NoClient> {
        Ok(Self {
            client: client(reach, PATIENCE)?,
        })
    }

    /// The bytes of a document.
    pub(super) async fn document(&self, address: &Url) -> Result<Vec<u8>, FetchFault> {
        let answer = self
            .client
            .get(address.clone())
            .header(ACCEPT, HeaderValue::from_static("application/json"))
            .send()
            .await
            .map_err(|error| FetchFault::of(&error))?;
        let status = answer.status();
        if status.is_redirection() {
            return Err(FetchFault::Redirect);
        }
        if status.as_u16() != 200 {
            return Err(FetchFault::Status(status.as_u16()));
        }
        body(answer, LARGEST).await
    }
}

/// Reads a body piece by piece. What it says of its length is a promise and not a cap.
pub(crate) async fn body(mut answer: Response, most: usize) -> Result<Vec<u8>, FetchFault> {
    let mut document = Vec::new();
    while let Some(piece) = answer
        .chunk()
        .await
        .map_err(|error| FetchFault::of(&error))?
    {
        if document.len() + piece.len() > most {
            return Err(FetchFault::TooLarge);
        }
        document.extend_from_slice(&piece);
    }
    Ok(document)
}
