//! A small OpenID Connect issuer on loopback, so that no identity provider is needed.
//!
//! It publishes what Postern reads of an issuer (discovery document and key set), logs people in by
//! their browser, and hands a token to whoever asks for one in somebody's name. That last door is for development and is the whole
//! reason why this issuer must never be believed by a deployment: there is no password, no consent
//! and no client. It listens on loopback only, and a deployed function refuses such an issuer.
//!
//! The signing key is made at the first start. With a data directory it is kept there, so that
//! tokens outlive a restart.

mod door;
mod key;
mod login;

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use broker::clock::Clock;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use self::key::Key;
pub use self::key::KeyTrouble;
pub use self::login::CHAT_CLIENT;
use self::login::Logins;
use crate::people::Person;

/// Whom tokens are for, unless somebody wants others.
pub const AUDIENCE: &str = "postern-local";

/// How long a token lasts, unless another length is asked for.
pub const USUAL_LIFE: Duration = Duration::from_secs(60 * 60);

/// An issuer in service; dropping it closes its door.
#[derive(Debug)]
pub struct Issuer {
    signer: Arc<Signer>,
    task: JoinHandle<io::Result<()>>,
}

/// What makes tokens.
#[derive(Debug)]
struct Signer {
    url: String,
    key: Key,
    clock: Clock,
    logins: Logins,
}

/// Why there is no issuer.
#[derive(Debug, thiserror::Error)]
pub enum NoIssuer {
    /// The listener has no address.
    #[error("the issuer cannot listen")]
    Listen(#[from] io::Error),
    /// Its key could not be made or kept.
    #[error(transparent)]
    Key(#[from] KeyTrouble),
}

impl Issuer {
    /// Opens the issuer at a listener that is already bound, under the address it has.
    ///
    /// # Errors
    /// The key could not be made, read or kept, or the listener has no address.
    pub fn open(
        listener: TcpListener,
        data_dir: Option<&Path>,
        clock: Clock,
    ) -> Result<Self, NoIssuer> {
        let address: SocketAddr = listener.local_addr()?;
        let signer = Arc::new(Signer {
            url: format!("http://{address}"),
            key: Key::kept_in(data_dir)?,
            clock,
            logins: Logins::default(),
        });
        let router = door::router(Arc::clone(&signer));
        let task = tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { signer, task })
    }

    /// The `iss` of its tokens.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.signer.url
    }

    /// Where the chat client wants people back once they have logged in.
    pub fn register(&self, redirect: &str) {
        self.signer.logins.register(redirect);
    }

    /// A token of the usual life in somebody's name.
    ///
    /// # Errors
    /// The key would not sign.
    pub fn token(&self, person: Person) -> Result<String, KeyTrouble> {
        self.signer.token(person, USUAL_LIFE)
    }

    /// A token that says exactly this, for tests of what must not be believed.
    ///
    /// # Errors
    /// The key would not sign.
    pub fn sign(&self, claims: &Value) -> Result<String, KeyTrouble> {
        self.signer.key.sign(claims)
    }

    /// The claims of a token of the usual life in somebody's name, for tests that change them.
    #[must_use]
    pub fn claims(&self, person: Person) -> Value {
        self.signer.claims(person, USUAL_LIFE)
    }
}

impl Drop for Issuer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Signer {
    fn claims(&self, person: Person, life: Duration) -> Value {
        let now = self.clock.now();
        json!({
            "iss": self.url,
            "aud": AUDIENCE,
            "sub": person.subject(),
            "name": person.name(),
            "groups": person.groups(),
            "iat": now.seconds(),
            "exp": now.plus(life).seconds(),
        })
    }

    fn token(&self, person: Person, life: Duration) -> Result<String, KeyTrouble> {
        self.key.sign(&self.claims(person, life))
    }
}
