//! The key that the issuer signs with: one, of ES256.

use std::fmt;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

/// A key pair, its public half ready to be published.
pub(super) struct Key {
    pair: EcdsaKeyPair,
    id: String,
    x: String,
    y: String,
}

/// Why there is no key, or no signature.
#[derive(Debug, thiserror::Error)]
pub enum KeyTrouble {
    /// The cryptography failed.
    #[error("the issuer's key could not be made or used")]
    Cryptography,
    /// The file of the key could not be read or written.
    #[error("the issuer's key `{path}` could not be read or written")]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// The file holds something else.
    #[error("`{0}` does not hold the issuer's key; remove it to have a new one made")]
    NotAKey(PathBuf),
}

impl Key {
    /// The key that is kept in a directory, made where there is none; a passing one without.
    pub(super) fn kept_in(dir: Option<&Path>) -> Result<Self, KeyTrouble> {
        let Some(dir) = dir else {
            return Self::of(&made()?).ok_or(KeyTrouble::Cryptography);
        };
        let path = dir.join("issuer.p8");
        let trouble = |source| KeyTrouble::File {
            path: path.clone(),
            source,
        };
        let der = match fs::read(&path) {
            Ok(der) => der,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let der = made()?;
                keep(&path, &der).map_err(trouble)?;
                der
            }
            Err(error) => return Err(trouble(error)),
        };
        Self::of(&der).ok_or(KeyTrouble::NotAKey(path))
    }

    fn of(pkcs8: &[u8]) -> Option<Self> {
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8).ok()?;
        // An uncompressed point: 4, then x and y of 32 bytes each.
        let point = pair.public_key().as_ref();
        let (x, y) = point.strip_prefix(&[4])?.split_at_checked(32)?;
        let id = digest(&SHA256, point).as_ref().get(..8).map(hex::encode)?;
        let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
        Some(Self { pair, id, x, y })
    }

    /// The public half as a key set of one (RFC 7517).
    pub(super) fn key_set(&self) -> Value {
        let Self { id, x, y, .. } = self;
        json!({"keys": [{
            "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": id, "x": x, "y": y,
        }]})
    }

    /// The claims as a signed token.
    pub(super) fn sign(&self, claims: &Value) -> Result<String, KeyTrouble> {
        let header = json!({"alg": "ES256", "typ": "JWT", "kid": self.id});
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(&header), part(claims));
        let signature = self
            .pair
            .sign(&SystemRandom::new(), message.as_bytes())
            .map_err(|_| KeyTrouble::Cryptography)?;
        Ok(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Key").field(&self.id).finish()
    }
}

/// A new key pair as PKCS #8.
fn made() -> Result<Vec<u8>, KeyTrouble> {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)
        .map_err(|_| KeyTrouble::Cryptography)?;
    let der = pair.to_pkcs8v1().map_err(|_| KeyTrouble::Cryptography)?;
    Ok(der.as_ref().to_vec())
}

/// Writes a new file that only its owner can read; half a file is never taken for a key.
fn keep(path: &Path, der: &[u8]) -> io::Result<()> {
    let fresh = path.with_extension("p8.new");
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&fresh)?;
    file.write_all(der)?;
    file.sync_all()?;
    fs::rename(&fresh, path)
}
