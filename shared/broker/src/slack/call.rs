//! One call of a method: sent, and its answer judged.

use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use reqwest::{RequestBuilder, Response};
use rules::wire::Secret;
use serde_json::Value;
use url::Url;

use super::{Slack, SlackFault, text, unreadable};
use crate::identity::{FetchFault, body};

/// The largest answer that is read, in bytes: a page of messages.
const LARGEST: usize = 1_024 * 1_024;

/// How long is waited where Slack does not say how long: its limits are by the minute.
const USUAL_WAIT: Duration = Duration::from_secs(30);

/// The longest that Slack is believed to want.
const LONGEST_WAIT: Duration = Duration::from_secs(60 * 60);

/// What a call may be followed by.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Again {
    /// Done twice it is done once.
    Harmless,
    /// Done twice it is done twice.
    Never,
}

impl Slack {
    pub(super) async fn json(
        &self,
        method: &'static str,
        token: &Secret,
        body: &Value,
        again: Again,
    ) -> Result<Value, SlackFault> {
        let body = body.to_string();
        let call = || {
            let call = self.call(method, token)?;
            let kind = HeaderValue::from_static("application/json; charset=utf-8");
            Ok(call.header(CONTENT_TYPE, kind).body(body.clone()))
        };
        self.ask(method, call, again).await
    }

    pub(super) async fn form(
        &self,
        method: &'static str,
        token: &Secret,
        form: &[(&str, &str)],
    ) -> Result<Value, SlackFault> {
        let fields = form.iter().map(|(name, value)| {
            let value = utf8_percent_encode(value, NON_ALPHANUMERIC);
            format!("{name}={value}")
        });
        let body = fields.collect::<Vec<_>>().join("&");
        let call = || {
            let call = self.call(method, token)?;
            let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
            Ok(call.header(CONTENT_TYPE, kind).body(body.clone()))
        };
        self.ask(method, call, Again::Harmless).await
    }

    fn call(&self, method: &'static str, token: &Secret) -> Result<RequestBuilder, SlackFault> {
        let unsendable = || SlackFault::Unsendable { method };
        let base = self.base.as_str().trim_end_matches('/');
        let url = Url::parse(&format!("{base}/{method}")).map_err(|_| unsendable())?;
        let bearer = format!("Bearer {}", token.expose().trim());
        let mut bearer = HeaderValue::try_from(bearer).map_err(|_| unsendable())?;
        bearer.set_sensitive(true);
        Ok(self.client.post(url).header(AUTHORIZATION, bearer))
    }

    async fn ask(
        &self,
        method: &'static str,
        call: impl Fn() -> Result<RequestBuilder, SlackFault>,
        again: Again,
    ) -> Result<Value, SlackFault> {
        match self.judged(method, call()?).await {
            Err(fault) if fault.is_unclear() && again == Again::Harmless => {
                self.judged(method, call()?).await
            }
            answer => answer,
        }
    }

    /// Slack answers most of what it refuses with a 200 that says `ok: false`.
    async fn judged(
        &self,
        method: &'static str,
        call: RequestBuilder,
    ) -> Result<Value, SlackFault> {
        let bytes = self.read(method, call).await?;
        let answer: Value = serde_json::from_slice(&bytes).map_err(|_| unreadable(method))?;
        match answer.get("ok").and_then(Value::as_bool) {
            Some(true) => Ok(answer),
            Some(false) => {
                let code = text(&answer, "/error").unwrap_or_else(|| "unnamed".to_owned());
                match code.as_str() {
                    "ratelimited" | "rate_limited" => Err(SlackFault::Limited {
                        method,
                        after: USUAL_WAIT,
                    }),
                    // Slack's own failures: some of the call may have been done.
                    "internal_error"
                    | "fatal_error"
                    | "request_timeout"
                    | "service_unavailable" => Err(unreadable(method)),
                    _ => Err(SlackFault::Refused {
                        method,
                        code: plain(&code),
                    }),
                }
            }
            None => Err(unreadable(method)),
        }
    }

    pub(super) async fn read(
        &self,
        method: &'static str,
        call: RequestBuilder,
    ) -> Result<Vec<u8>, SlackFault> {
        let unclear = |why| SlackFault::Unclear { method, why };
        let answer = call
            .send()
            .await
            .map_err(|error| unclear(FetchFault::of(&error)))?;
        match answer.status().as_u16() {
            200 => body(answer, LARGEST).await.map_err(unclear),
            429 => Err(SlackFault::Limited {
                method,
                after: wait(&answer),
            }),
            status @ 400..=499 => Err(SlackFault::Refused {
                method,
                code: format!("http-{status}"),
            }),
            300..=399 => Err(unclear(FetchFault::Redirect)),
            status => Err(unclear(FetchFault::Status(status))),
        }
    }
}

/// How long an answer wants calls to wait.
pub(crate) fn wait(answer: &Response) -> Duration {
    let said = answer.headers().get(RETRY_AFTER);
    let seconds = said
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.trim().parse().ok());
    seconds.map_or(USUAL_WAIT, |seconds| {
        Duration::from_secs(seconds).min(LONGEST_WAIT)
    })
}

/// Slack's words are names; whatever else comes is cut down to one.
fn plain(code: &str) -> String {
    let of_name = |c: &char| c.is_ascii_alphanumeric() || *c == '_';
    code.chars().filter(of_name).take(64).collect()
}
