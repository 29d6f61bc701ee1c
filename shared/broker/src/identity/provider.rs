//! The identity provider: finds the key set and reads it.

use std::time::Duration;

use rules::names::Issuer;
use rules::strict_json::{self, BadJson};
use serde_json::Value;
use url::Url;

use super::DEEPEST;
use super::IdentityFault;
use super::address::{BadAddress, Reach};
use super::algorithm::Algorithm;
use super::fetch::{FetchFault, Fetcher, PATIENCE};
use super::keys::{BadKeySet, KeySet};

/// Why the provider's keys could not be had. It holds no address and no content, so it may be
/// logged as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeysFault {
    /// The discovery document could not be fetched.
    #[error("the discovery document could not be fetched: {0}")]
    Discovery(FetchFault),
    /// The discovery document cannot be read.
    #[error("the discovery document cannot be used: {0}")]
    UnreadableDiscovery(BadJson),
    /// The discovery document is of another issuer (OpenID Connect Discovery, section 4.3).
    #[error("the discovery document is of another issuer")]
    OtherIssuer,
    /// The discovery document has no `jwks_uri`, or one that may not be asked.
    #[error("the discovery document's `jwks_uri` cannot be used: {0}")]
    KeysAddress(BadAddress),
    /// The key set could not be fetched.
    #[error("the key set could not be fetched: {0}")]
    Keys(FetchFault),
    /// The key set was refused.
    #[error("the key set cannot be used: {0}")]
    KeySet(BadKeySet),
    /// Discovery and key set together took too long.
    #[error("the keys could not be fetched in time")]
    TooLate,
    /// The attempt did not come to an end.
    #[error("the attempt to fetch the keys was broken off")]
    BrokenOff,
}

/// Where the keys are.
#[derive(Debug)]
enum Source {
    /// At a configured address.
    Known(Url),
    /// Where the document at this address says.
    Discovered(Url),
}

/// The identity provider as it is configured.
#[derive(Debug)]
pub(super) struct Provider {
    issuer: Issuer,
    source: Source,
    algorithms: Vec<Algorithm>,
    reach: Reach,
    fetcher: Fetcher,
    /// How long a refresh may take, discovery included.
    pub(super) patience: Duration,
}

impl Provider {
    pub(super) fn new(
        issuer: Issuer,
        keys: Option<Url>,
        algorithms: Vec<Algorithm>,
        reach: Reach,
    ) -> Result<Self, IdentityFault> {
        let address = reach
            .document(issuer.as_str())
            .map_err(IdentityFault::Issuer)?;
        // An issuer has neither query nor fragment (OpenID Connect Discovery, section 3).
        if address.query().is_some() {
            return Err(IdentityFault::Issuer(BadAddress::Tail));
        }
        let source = match keys {
            Some(keys) => {
                reach.judge(&keys).map_err(IdentityFault::KeysAddress)?;
                Source::Known(keys)
            }
            None => {
                let base = issuer.as_str().trim_end_matches('/');
                reach
                    .document(&format!("{base}/.well-known/openid-configuration"))
                    .map(Source::Discovered)
                    .map_err(IdentityFault::Issuer)?
            }
        };
        Ok(Self {
            issuer,
            source,
            algorithms,
            reach,
            fetcher: Fetcher::new(reach)?,
            patience: PATIENCE,
        })
    }

    /// Fetches the key set, which takes 3 s at most, discovery included.
    pub(super) async fn keys(&self) -> Result<KeySet, KeysFault> {
        tokio::time::timeout(self.patience, self.fetch())
            .await
            .unwrap_or(Err(KeysFault::TooLate))
    }

    async fn fetch(&self) -> Result<KeySet, KeysFault> {
        let discovered;
        let keys = match &self.source {
            Source::Known(keys) => keys,
            Source::Discovered(discovery) => {
                discovered = self.discover(discovery).await?;
                &discovered
            }
        };
        let document = self.fetcher.document(keys).await.map_err(KeysFault::Keys)?;
        KeySet::read(&document, &self.algorithms).map_err(KeysFault::KeySet)
    }

    /// Asks anew each time: a provider that moves its keys is followed without a deployment.
    async fn discover(&self, discovery: &Url) -> Result<Url, KeysFault> {
        let document = self
            .fetcher
            .document(discovery)
            .await
            .map_err(KeysFault::Discovery)?;
        let document =
            strict_json::object(&document, DEEPEST).map_err(KeysFault::UnreadableDiscovery)?;
        if document.get("issuer").and_then(Value::as_str) != Some(self.issuer.as_str()) {
            return Err(KeysFault::OtherIssuer);
        }
        let keys = document
            .get("jwks_uri")
            .and_then(Value::as_str)
            .ok_or(KeysFault::KeysAddress(BadAddress::Malformed))?;
        self.reach.document(keys).map_err(KeysFault::KeysAddress)
    }
}
