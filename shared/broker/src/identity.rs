//! Who is calling: reads a bearer token of an OpenID Connect provider, strictly.
//!
//! The steps, in this order, each over what the one before has accepted:
//! 1. The form: size, three parts of strict base64url, a header that neither brings a key nor
//!    changes what the rest means ([`BadForm`]).
//! 2. The key, by the `kid` of the header, out of a cache that asks the provider seldom
//!    ([`FRESH_FOR`], [`COOLDOWN`], [`USABLE_FOR`]). The key has one algorithm, from its own kind
//!    and the configuration. The header must agree with it and decides nothing.
//! 3. The signature, by `jsonwebtoken` over `aws-lc-rs`. Only this much of the library is used. Its
//!    judgement of claims takes tokens without `iss` or `aud`, and its key sets ignore `use`,
//!    `key_ops` and `alg`.
//! 4. The claims, only now read, by the rules: [`rules::claims::judge`].
//!
//! Whatever is wrong with a token, the caller learns that it is not valid, and nothing else: the
//! reason is the error's source and for the log. Only a provider that cannot be asked is told
//! apart, because waiting helps then.
//!
//! Nothing here keeps a token, and no error or `Debug` shows a piece of one.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use rules::caller::Caller;
use rules::claims::{self, Audience, Expected, GroupsClaim, HumanClaim, Leeway};
use rules::moment::Moment;
use rules::names::Issuer;
use rules::strict_json;
use serde_json::{Map, Value};
use url::Url;

pub(crate) use self::address::Reach;
pub(crate) use self::fetch::{body, client};
use self::keyring::{Keyring, NoKey};
use self::provider::Provider;
use self::token::Unverified;
use crate::clock::Clock;

mod address;
mod algorithm;
mod fetch;
mod key;
mod keyring;
mod keys;
mod login;
mod provider;
mod token;

pub use self::address::BadAddress;
pub use self::algorithm::{Algorithm, NotAnAlgorithm};
pub use self::fetch::{FetchFault, NoClient};
pub use self::key::KeyFault;
pub use self::keyring::{COOLDOWN, FRESH_FOR, RETRY, USABLE_FOR};
pub use self::keys::BadKeySet;
pub use self::login::{Asking, Login, LoginConfig, LoginFault};
pub use self::provider::KeysFault;
pub use self::token::BadForm;
pub use rules::strict_json::BadJson;

/// How deep objects and arrays may stand in each other in what a provider says. The deepest honest
/// document is a key set: an object, its list, a key, and the key's list of certificates.
const DEEPEST: u8 = 8;

/// Whose tokens are believed, and which.
#[derive(Debug, Clone)]
pub struct IdentityConfig {
    /// The provider, as its tokens name it. It is `https`.
    pub issuer: Issuer,
    /// Where its key set is; without it, its discovery document is asked.
    pub jwks_uri: Option<Url>,
    /// Whom tokens must be for; at least one.
    pub audiences: BTreeSet<Audience>,
    /// The algorithms that tokens may be signed with; at least one. RSA keys that name no
    /// algorithm have the first RSA one.
    pub algorithms: Vec<Algorithm>,
    /// The claim that holds the groups.
    pub groups_claim: GroupsClaim,
    /// Where the token says who is behind the account, where accounts are told apart from people.
    pub human_claim: Option<HumanClaim>,
    /// How far the clocks may differ.
    pub leeway: Leeway,
    /// Lets the provider be on loopback, without TLS. For the local run only.
    pub allow_loopback_http: bool,
}

/// A configuration that no verifier can be made of.
#[derive(Debug, thiserror::Error)]
pub enum IdentityFault {
    /// The issuer is no address that may be asked.
    #[error("the issuer cannot be used: {0}")]
    Issuer(BadAddress),
    /// The address of the keys may not be asked.
    #[error("the address of the keys cannot be used: {0}")]
    KeysAddress(BadAddress),
    /// No audience is named, so every token would be refused.
    #[error("no audience is configured")]
    NoAudience,
    /// No algorithm is named, so every token would be refused.
    #[error("no algorithm is configured")]
    NoAlgorithm,
    /// The client that fetches keys cannot be built.
    #[error(transparent)]
    Client(#[from] NoClient),
}

/// Why there is no caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotVerified {
    /// No token, or one that is not valid. The answer is always the same 401; the reason is for
    /// the log.
    #[error("no valid token was sent")]
    Unauthenticated(#[source] Rejected),
    /// The provider's keys cannot be had, so nothing can be said of the token.
    #[error("the identity provider cannot be asked")]
    Unavailable {
        /// What failed, for the log.
        #[source]
        cause: KeysFault,
        /// When it is worth trying again; whole seconds are meant for `Retry-After`.
        retry_after: Duration,
    },
}

/// Why a token was rejected. For the log only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    /// Its form is not that of a token.
    #[error(transparent)]
    Form(BadForm),
    /// It names a key that the provider does not have.
    #[error("the token names a key that its issuer does not have")]
    UnknownKey,
    /// It names another algorithm than the key has.
    #[error("the token names another algorithm than its key has")]
    OtherAlgorithm,
    /// The signature is not of that key.
    #[error("the signature is not that of the key")]
    Signature,
    /// The claims cannot be read.
    #[error("the claims cannot be read: {0}")]
    UnreadableClaims(BadJson),
    /// The ID token was not asked for by this login.
    #[error("the token has another nonce than it was asked for with")]
    OtherNonce,
    /// The ID token was made for another client.
    #[error("the token was made for another client")]
    OtherParty,
    /// The claims do not make a caller.
    #[error(transparent)]
    Claims(claims::Unauthenticated),
}

/// What [`Verifier::warm`] found, for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warmed {
    /// How many keys may verify.
    pub usable: usize,
    /// Why the others were left out.
    pub left_out: Vec<KeyFault>,
}

/// Verifies tokens of one identity provider. Copies share their keys.
#[derive(Debug, Clone)]
pub struct Verifier {
    expected: Arc<Expected>,
    algorithms: Arc<[Algorithm]>,
    keyring: Arc<Keyring>,
    clock: Clock,
}

impl Verifier {
    /// A verifier that holds no keys yet.
    ///
    /// # Errors
    /// What is wrong with the configuration.
    pub fn new(config: IdentityConfig, clock: Clock) -> Result<Self, IdentityFault> {
        if config.audiences.is_empty() {
            return Err(IdentityFault::NoAudience);
        }
        if config.algorithms.is_empty() {
            return Err(IdentityFault::NoAlgorithm);
        }
        let reach = Reach::of(config.allow_loopback_http);
        let provider = Provider::new(
            config.issuer.clone(),
            config.jwks_uri,
            config.algorithms.clone(),
            reach,
        )?;
        Ok(Self {
            expected: Arc::new(Expected {
                issuer: config.issuer,
                audiences: config.audiences,
                groups_claim: config.groups_claim,
                human_claim: config.human_claim,
                leeway: config.leeway,
            }),
            algorithms: config.algorithms.into(),
            keyring: Arc::new(Keyring::new(provider, clock.clone())),
            clock,
        })
    }

    /// Fetches the keys ahead of the first request. A failure here is worth a log line and no
    /// more, for the first request asks again.
    ///
    /// # Errors
    /// [`NotVerified::Unavailable`] where the keys cannot be had.
    pub async fn warm(&self) -> Result<Warmed, NotVerified> {
        let keys = self.keyring.keys(None).await?;
        Ok(Warmed {
            usable: keys.len(),
            left_out: keys.left_out.clone(),
        })
    }

    /// The caller behind the value of a request's one `Authorization` header.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn caller(&self, authorization: Option<&[u8]>) -> Result<Caller, NotVerified> {
        let token = token::bearer(authorization).map_err(Rejected::Form)?;
        let claims = self.claims(token).await?;
        Ok(self.judge(claims)?)
    }

    /// The caller behind an ID token that was asked for with this nonce (OpenID Connect Core,
    /// section 3.1.3.7), and when they last logged in, where the token says it.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn of_id_token(
        &self,
        token: &str,
        nonce: &str,
    ) -> Result<(Caller, Option<Moment>), NotVerified> {
        let claims = self.claims(token).await?;
        if claims.get("nonce").and_then(Value::as_str) != Some(nonce) {
            return Err(Rejected::OtherNonce.into());
        }
        // Whom the token was made for, where it is for several.
        let ours = |azp: &Value| {
            let mut audiences = self.expected.audiences.iter();
            azp.as_str()
                .is_some_and(|azp| audiences.any(|ours| ours.as_str() == azp))
        };
        if !claims.get("azp").is_none_or(ours) {
            return Err(Rejected::OtherParty.into());
        }
        let at = claims.get("auth_time").and_then(Value::as_i64);
        let caller = self.judge(claims)?;
        Ok((caller, at.map(Moment::from_seconds)))
    }

    fn judge(&self, claims: Map<String, Value>) -> Result<Caller, Rejected> {
        claims::judge(&Value::Object(claims), &self.expected, self.clock.now())
            .map_err(Rejected::Claims)
    }

    /// The claims of a token whose signature was verified, read and not judged yet.
    async fn claims(&self, token: &str) -> Result<Map<String, Value>, NotVerified> {
        let token = Unverified::parse(token, &self.algorithms).map_err(Rejected::Form)?;
        let keys = self.keyring.keys(Some(&token.key_id)).await?;
        let key = keys.get(&token.key_id).ok_or(Rejected::UnknownKey)?;
        if token.algorithm != key.algorithm {
            return Err(Rejected::OtherAlgorithm.into());
        }
        if !key.verifies(token.signed, &token.signature) {
            return Err(Rejected::Signature.into());
        }
        let claims =
            strict_json::object(&token.claims, DEEPEST).map_err(Rejected::UnreadableClaims)?;
        Ok(claims)
    }
}

impl From<Rejected> for NotVerified {
    fn from(reason: Rejected) -> Self {
        Self::Unauthenticated(reason)
    }
}

impl From<NoKey> for NotVerified {
    fn from(reason: NoKey) -> Self {
        match reason {
            NoKey::Unknown => Rejected::UnknownKey.into(),
            NoKey::Unavailable { cause, retry_after } => Self::Unavailable { cause, retry_after },
        }
    }
}
