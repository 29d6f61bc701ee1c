//! What the issuer answers over HTTP.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::json;

use super::{Signer, USUAL_LIFE, login};
use crate::people::Person;

/// The longest life of a token: a day.
const LONGEST_LIFE: u64 = 24 * 60 * 60;

pub(super) fn router(signer: Arc<Signer>) -> Router {
    Router::new()
        .route("/.well-known/openid-configuration", get(discovery))
        .route("/jwks.json", get(key_set))
        .route("/token", post(token))
        .route("/authorize", get(login::page).post(login::said))
        .route("/oauth/token", post(login::redeem))
        .with_state(signer)
}

async fn discovery(State(signer): State<Arc<Signer>>) -> Response {
    let url = &signer.url;
    Json(json!({
        "issuer": url,
        "jwks_uri": format!("{url}/jwks.json"),
        "authorization_endpoint": format!("{url}/authorize"),
        "token_endpoint": format!("{url}/oauth/token"),
        "response_types_supported": ["code"],
        "code_challenge_methods_supported": ["S256"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
    }))
    .into_response()
}

async fn key_set(State(signer): State<Arc<Signer>>) -> Response {
    Json(signer.key.key_set()).into_response()
}

/// The development door: `person=anna`, and `ttl=60` for another life in seconds than an hour.
/// The answer is the token and nothing else, so that a shell can take it as it is.
async fn token(State(signer): State<Arc<Signer>>, body: String) -> Response {
    let asked = match Asked::read(&body) {
        Ok(asked) => asked,
        Err(what) => return (StatusCode::BAD_REQUEST, format!("{what}\n")).into_response(),
    };
    match signer.token(asked.person, asked.life) {
        Ok(token) => {
            let headers = [(CONTENT_TYPE, "text/plain"), (CACHE_CONTROL, "no-store")];
            (headers, format!("{token}\n")).into_response()
        }
        Err(trouble) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{trouble}\n")).into_response(),
    }
}

/// Whose token, and for how long.
#[derive(Debug, PartialEq, Eq)]
struct Asked {
    person: Person,
    life: Duration,
}

impl Asked {
    /// Reads a form. Names and numbers need no escapes, so none are understood.
    fn read(form: &str) -> Result<Self, String> {
        let (mut person, mut life) = (None, USUAL_LIFE);
        for field in form.trim().split('&').filter(|field| !field.is_empty()) {
            match field.split_once('=') {
                Some(("person", name)) => {
                    person = Some(name.parse::<Person>().map_err(|fault| fault.to_string())?);
                }
                Some(("ttl", text)) => {
                    let seconds = text
                        .parse()
                        .ok()
                        .filter(|some| (1..=LONGEST_LIFE).contains(some));
                    life = seconds
                        .map(Duration::from_secs)
                        .ok_or_else(|| format!("`ttl` is 1 to {LONGEST_LIFE} seconds"))?;
                }
                _ => return Err("send `person`, and `ttl` if you like, as a form".to_owned()),
            }
        }
        let person = person.ok_or("say whose token: `person=anna`")?;
        Ok(Self { person, life })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_says_whose_token_and_for_how_long() {
        let asked = |person, seconds| {
            Ok(Asked {
                person,
                life: Duration::from_secs(seconds),
            })
        };
        assert_eq!(Asked::read("person=anna"), asked(Person::Anna, 3_600));
        assert_eq!(Asked::read("ttl=60&person=ada\n"), asked(Person::Ada, 60));
        for bad in [
            "",
            "person=",
            "person=Anna",
            "ttl=60",
            "person=anna&ttl=0",
            "person=anna&ttl=86401",
            "sub=x",
            "anna",
        ] {
            assert!(Asked::read(bad).is_err(), "{bad}");
        }
    }
}
