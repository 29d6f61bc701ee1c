//! Logging somebody in by their browser: authorization code with PKCE (RFC 7636), for whoever has no
//! token to send.
//!
//! What is sent to the provider is made anew for each login: the state that comes back, the nonce
//! that the ID token must hold, and the verifier that only this side knows. The address that the
//! provider sends people back to is fixed. Every login is a fresh one: the provider is asked to have
//! the person log in now (`prompt=login`), and the token has to say that they did.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Client;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use rules::caller::Caller;
use rules::chat::link::{State, Verifier};
use rules::claims::Audience;
use rules::moment::Moment;
use rules::names::{Digest, Issuer};
use rules::strict_json;
use rules::wire::Secret;
use serde_json::{Map, Value};
use url::Url;

use super::address::{BadAddress, Reach};
use super::fetch::{FetchFault, LARGEST, NoClient, body, client};
use super::{DEEPEST, NotVerified, Verifier as TokenVerifier};

/// How long the provider may take over one call.
const PATIENCE: Duration = Duration::from_secs(5);

/// How old a login may be that was asked for as a fresh one.
const FRESH: Duration = Duration::from_secs(5 * 60);

/// Everything but what RFC 3986 leaves as it is.
const FORM: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// By which client people are logged in.
#[derive(Debug, Clone)]
pub struct LoginConfig {
    /// The provider.
    pub issuer: Issuer,
    /// The client, which is the audience of its ID tokens.
    pub client: Audience,
    /// Where the provider sends people back to.
    pub redirect: String,
    /// What is asked for, with spaces between: `openid`, and what brings the groups.
    pub scopes: String,
    /// Lets the provider be on loopback, without TLS. For the local run only.
    pub allow_loopback_http: bool,
}

/// What one login is asked for with.
#[derive(Debug, Clone, Copy)]
pub struct Asking<'a> {
    /// What comes back with the code.
    pub state: &'a State,
    /// What the code is redeemed with.
    pub verifier: &'a Verifier,
}

/// Why nobody was logged in.
#[derive(Debug, thiserror::Error)]
pub enum LoginFault {
    /// The discovery document or the token endpoint could not be asked.
    #[error("the identity provider could not be asked: {0}")]
    Unreached(FetchFault),
    /// What the provider said cannot be used.
    #[error("the identity provider gave an answer that cannot be used: {0}")]
    Unusable(&'static str),
    /// An address of the discovery document may not be asked.
    #[error("an address of the discovery document cannot be used: {0}")]
    Address(BadAddress),
    /// The provider would not take the code.
    #[error("the identity provider did not take the code: status {0}")]
    Refused(u16),
    /// The ID token is not good.
    #[error(transparent)]
    Token(#[from] NotVerified),
    /// The login is not a fresh one.
    #[error("the token does not say that the person has just logged in")]
    NotFresh,
}

impl LoginFault {
    /// Whether trying again later may help.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Unreached(_)
            | Self::Unusable(_)
            | Self::Address(_)
            | Self::Token(NotVerified::Unavailable { .. }) => true,
            Self::Refused(_) | Self::NotFresh | Self::Token(NotVerified::Unauthenticated(_)) => {
                false
            }
        }
    }
}

/// Logs people in.
#[derive(Debug)]
pub struct Login {
    config: LoginConfig,
    reach: Reach,
    client: Client,
    /// Believes tokens for this client only.
    verifier: TokenVerifier,
}

/// Where the provider is to be asked.
struct Endpoints {
    authorization: Url,
    token: Url,
}

impl Login {
    /// Logs people in by this client. `verifier` must believe tokens for it and for nobody else.
    ///
    /// # Errors
    /// The HTTP client cannot be built.
    pub fn new(config: LoginConfig, verifier: TokenVerifier) -> Result<Self, NoClient> {
        let reach = Reach::of(config.allow_loopback_http);
        Ok(Self {
            client: client(reach, PATIENCE)?,
            config,
            reach,
            verifier,
        })
    }

    /// The address that somebody's browser is sent to.
    ///
    /// # Errors
    /// The provider cannot be asked where that is.
    pub async fn address(&self, asking: Asking<'_>) -> Result<Url, LoginFault> {
        let mut address = self.endpoints().await?.authorization;
        address
            .query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", self.config.client.as_str())
            .append_pair("redirect_uri", &self.config.redirect)
            .append_pair("scope", &self.config.scopes)
            .append_pair("state", asking.state.as_str())
            .append_pair("nonce", &nonce(asking.verifier))
            .append_pair("code_challenge", &asking.verifier.challenge())
            .append_pair("code_challenge_method", "S256")
            .append_pair("prompt", "login")
            .append_pair("max_age", "0");
        Ok(address)
    }

    /// Who has logged in, by the code that the provider sent back, and the token that says so.
    ///
    /// # Errors
    /// Why that is nobody.
    pub async fn redeem(
        &self,
        code: &str,
        asked: Asking<'_>,
        secret: Option<&Secret>,
        now: Moment,
    ) -> Result<(Caller, Secret), LoginFault> {
        let endpoint = self.endpoints().await?.token;
        let client = self.config.client.as_str();
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &self.config.redirect),
            ("code_verifier", asked.verifier.as_str()),
        ];
        let mut call = self
            .client
            .post(endpoint)
            .header(ACCEPT, HeaderValue::from_static("application/json"))
            .header(
                CONTENT_TYPE,
                HeaderValue::from_static("application/x-www-form-urlencoded"),
            );
        match secret {
            None => form.push(("client_id", client)),
            // Both are written as a form has them (RFC 6749, section 2.3.1).
            Some(secret) => {
                let pair = format!("{}:{}", encoded(client), encoded(secret.expose()));
                let value = HeaderValue::try_from(format!("Basic {}", STANDARD.encode(pair)));
                let mut value =
                    value.map_err(|_| LoginFault::Unusable("the client's secret is none"))?;
                value.set_sensitive(true);
                call = call.header(AUTHORIZATION, value);
            }
        }
        let form: Vec<String> = form
            .iter()
            .map(|(name, value)| format!("{name}={}", encoded(value)))
            .collect();
        let answer = self.answer(call.body(form.join("&"))).await?;
        let token = answer
            .get("id_token")
            .and_then(Value::as_str)
            .ok_or(LoginFault::Unusable("it has no ID token"))?;
        let (caller, at) = self
            .verifier
            .of_id_token(token, &nonce(asked.verifier))
            .await?;
        match at {
            Some(at) if now.since(at) <= FRESH => Ok((caller, Secret::new(token.to_owned()))),
            Some(_) | None => Err(LoginFault::NotFresh),
        }
    }

    /// Who had logged in, by the token that came of it, as long as it is good.
    ///
    /// # Errors
    /// It is not.
    pub async fn again(&self, token: &Secret, verifier: &Verifier) -> Result<Caller, LoginFault> {
        let nonce = nonce(verifier);
        let (caller, _) = self.verifier.of_id_token(token.expose(), &nonce).await?;
        Ok(caller)
    }

    /// Asked anew each time: logins are seldom, and a provider that moves is followed.
    async fn endpoints(&self) -> Result<Endpoints, LoginFault> {
        let issuer = self.config.issuer.as_str();
        let base = issuer.trim_end_matches('/');
        let discovery = self
            .reach
            .document(&format!("{base}/.well-known/openid-configuration"))
            .map_err(LoginFault::Address)?;
        let document = self.answer(self.client.get(discovery)).await?;
        if document.get("issuer").and_then(Value::as_str) != Some(issuer) {
            return Err(LoginFault::Unusable("it is of another issuer"));
        }
        let endpoint = |name: &str| {
            let text = document.get(name).and_then(Value::as_str);
            let text = text.ok_or(LoginFault::Address(BadAddress::Malformed))?;
            self.reach.document(text).map_err(LoginFault::Address)
        };
        Ok(Endpoints {
            authorization: endpoint("authorization_endpoint")?,
            token: endpoint("token_endpoint")?,
        })
    }

    async fn answer(
        &self,
        call: reqwest::RequestBuilder,
    ) -> Result<Map<String, Value>, LoginFault> {
        let unreached = |error: reqwest::Error| LoginFault::Unreached(FetchFault::of(&error));
        let answer = call.send().await.map_err(unreached)?;
        let status = answer.status().as_u16();
        match status {
            200 => {}
            400..=499 => return Err(LoginFault::Refused(status)),
            _ => return Err(LoginFault::Unreached(FetchFault::Status(status))),
        }
        let bytes = body(answer, LARGEST).await.map_err(LoginFault::Unreached)?;
        strict_json::object(&bytes, DEEPEST).map_err(|_| LoginFault::Unusable("it is not JSON"))
    }
}

/// What the ID token must hold. It follows from what only this side knows, so nothing more has to be
/// kept.
fn nonce(verifier: &Verifier) -> String {
    Digest::of("postern.chat.nonce", verifier.as_str().as_bytes()).hex()
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, FORM).to_string()
}
