//! Logging people in by a browser: authorization code with PKCE (RFC 6749, RFC 7636).
//!
//! The page that asks who one is takes anybody's word for it, like the rest of this issuer. What
//! comes of it is judged as a provider would: the client and the address that it sends people back to
//! are registered, a code is good once, for a minute, and for whoever holds its verifier.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, LOCATION};
use axum::response::{Html, IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rules::moment::Moment;
use serde_json::json;
use url::Url;
use url::form_urlencoded::{Serializer, parse};

use super::{Signer, USUAL_LIFE};
use crate::people::Person;

/// The client that the chat function logs people in by.
pub const CHAT_CLIENT: &str = "postern-chat";

/// How long a code is good.
const CODE_LIFE: Duration = Duration::from_secs(60);

/// Who may send people here, and which codes are out.
#[derive(Debug, Default)]
pub(super) struct Logins(Mutex<Book>);

#[derive(Debug, Default)]
struct Book {
    /// Where the client wants people back.
    redirect: Option<String>,
    codes: BTreeMap<String, Code>,
}

/// A code that is out.
#[derive(Debug, Clone)]
struct Code {
    person: Person,
    asked: Asked,
    at: Moment,
}

/// What a client asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Asked {
    redirect: String,
    state: String,
    nonce: String,
    challenge: String,
}

impl Logins {
    fn held(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where the chat client wants people back from now on.
    pub(super) fn register(&self, redirect: &str) {
        self.held().redirect = Some(redirect.to_owned());
    }
}

fn fields(form: &str) -> BTreeMap<String, String> {
    parse(form.as_bytes()).into_owned().collect()
}

impl Asked {
    /// What a query asks for, where it is what this client may ask for.
    fn read(fields: &BTreeMap<String, String>, logins: &Logins) -> Result<Self, &'static str> {
        let field = |name: &'static str| fields.get(name).filter(|value| !value.is_empty());
        let is = |name, value: &str| field(name).is_some_and(|is| is == value);
        let registered = logins.held().redirect.clone();
        if !is("client_id", CHAT_CLIENT) {
            return Err("unauthorized_client");
        }
        match (field("redirect_uri"), registered) {
            (Some(asked), Some(registered)) if *asked == registered => {}
            (_, _) => return Err("invalid_redirect_uri"),
        }
        if !is("response_type", "code") {
            return Err("unsupported_response_type");
        }
        if !is("code_challenge_method", "S256") {
            return Err("invalid_request");
        }
        let needed = |name| field(name).cloned().ok_or("invalid_request");
        let scopes = needed("scope")?;
        if !scopes.split(' ').any(|scope| scope == "openid") {
            return Err("invalid_scope");
        }
        Ok(Self {
            redirect: needed("redirect_uri")?,
            state: needed("state")?,
            nonce: needed("nonce")?,
            challenge: needed("code_challenge")?,
        })
    }
}

/// The page that asks who one is.
pub(super) async fn page(State(signer): State<Arc<Signer>>, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let fields = fields(&query);
    if let Err(word) = Asked::read(&fields, &signer.logins) {
        return (StatusCode::BAD_REQUEST, format!("{word}\n")).into_response();
    }
    let mut page = "<!doctype html><title>Who are you?</title><h1>Who are you?</h1>".to_owned();
    for person in Person::ALL {
        let mut form = Serializer::new(String::new());
        for (name, value) in &fields {
            form.append_pair(name, value);
        }
        let form = form.append_pair("person", person.subject()).finish();
        page.push_str(&format!(
            "<form method=post action=\"/authorize?{}\"><button>{person}</button></form>",
            form.replace('&', "&amp;")
        ));
    }
    Html(page).into_response()
}

/// Somebody has said who they are.
pub(super) async fn said(State(signer): State<Arc<Signer>>, RawQuery(query): RawQuery) -> Response {
    let fields = fields(&query.unwrap_or_default());
    let bad = |word: &str| (StatusCode::BAD_REQUEST, format!("{word}\n")).into_response();
    let asked = match Asked::read(&fields, &signer.logins) {
        Ok(asked) => asked,
        Err(word) => return bad(word),
    };
    let person = fields.get("person").and_then(|name| name.parse().ok());
    let Some(person) = person else {
        return bad("access_denied");
    };
    let mut bytes = [0_u8; 24];
    let (Ok(()), Ok(mut back)) = (
        aws_lc_rs::rand::fill(&mut bytes),
        Url::parse(&asked.redirect),
    ) else {
        return bad("server_error");
    };
    let code = URL_SAFE_NO_PAD.encode(bytes);
    back.query_pairs_mut()
        .append_pair("code", &code)
        .append_pair("state", &asked.state);
    let at = signer.clock.now();
    let out = Code { person, asked, at };
    signer.logins.held().codes.insert(code, out);
    let to = [(LOCATION, back.to_string())];
    (StatusCode::SEE_OTHER, to).into_response()
}

/// The token endpoint.
pub(super) async fn redeem(State(signer): State<Arc<Signer>>, body: String) -> Response {
    let fields = fields(&body);
    let field = |name: &str| fields.get(name).map(String::as_str).unwrap_or_default();
    let bad = |word: &str| (StatusCode::BAD_REQUEST, Json(json!({"error": word}))).into_response();
    if field("grant_type") != "authorization_code" {
        return bad("unsupported_grant_type");
    }
    // Whatever comes of it, a code is good once.
    let Some(code) = signer.logins.held().codes.remove(field("code")) else {
        return bad("invalid_grant");
    };
    let now = signer.clock.now();
    let hashed = digest(&SHA256, field("code_verifier").as_bytes());
    let fits = field("client_id") == CHAT_CLIENT
        && field("redirect_uri") == code.asked.redirect
        && URL_SAFE_NO_PAD.encode(hashed) == code.asked.challenge
        && now.since(code.at) < CODE_LIFE;
    if !fits {
        return bad("invalid_grant");
    }
    let mut claims = signer.claims(code.person, USUAL_LIFE);
    if let Some(claims) = claims.as_object_mut() {
        claims.insert("aud".to_owned(), CHAT_CLIENT.into());
        claims.insert("nonce".to_owned(), code.asked.nonce.into());
        claims.insert("auth_time".to_owned(), code.at.seconds().into());
    }
    match signer.key.sign(&claims) {
        Ok(token) => {
            let answer = json!({
                "token_type": "Bearer",
                "access_token": "none-is-needed",
                "expires_in": USUAL_LIFE.as_secs(),
                "id_token": token,
            });
            ([(CACHE_CONTROL, "no-store")], Json(answer)).into_response()
        }
        Err(_) => bad("server_error"),
    }
}
