//! The story of one grant, told live and checked.
//!
//! It goes the way of people: tokens from the issuer, HTTP to the API, and the AWS SDK with the
//! credentials that were handed out. Every step says what should come of it and stops the story
//! where something else does. Only what nobody outside could do, such as typing into the session
//! or seeing the instant of its end, is taken from the stand-in itself.

mod asking;
mod ending;
mod guide;
mod trail;
mod using;
mod wire;

use std::fmt::Display;
use std::io;
use std::time::Duration;

use rules::moment::Moment;
use rules::names::{RequestId, SessionId};
use rules::wire::{Credentials, RequestView};
use serde_json::{Value, json};

use self::wire::{Answer, Wire};
use crate::account::{ON_CALL_OBJECT, ON_CALL_PARAMETER};
use crate::house::House;
use crate::people::Person;
use crate::screen::{Screen, Tone};

pub use self::guide::guide;

/// How long the grant of the story lasts.
const GRANT_SECONDS: u32 = 20;
/// What Anna types into her session.
const TYPED: &str = "df -h /var";
/// A breath between steps, so that people can follow.
const BREATH: Duration = Duration::from_millis(700);

/// Settings that fit the whole of a grant's life into the story: in AWS a listing may lag, and a
/// request waits for stragglers before it closes; the stand-in shows everything at once.
#[must_use]
pub fn settings() -> Vec<(&'static str, String)> {
    let settings = [
        ("POSTERN_SETTLE", "3s"),
        ("POSTERN_SSM_CALLS_PER_SECOND", "10"),
        ("POSTERN_ON_CALL_OBJECT", ON_CALL_OBJECT),
        ("POSTERN_ON_CALL_KEY_PARAMETER", ON_CALL_PARAMETER),
    ];
    settings
        .map(|(name, value)| (name, value.to_owned()))
        .into()
}

/// Why the story stopped.
#[derive(Debug, thiserror::Error)]
pub enum Amiss {
    /// Nobody reads it.
    #[error("the story could not be written")]
    Screen(#[from] io::Error),
    /// Something is not as it should be.
    #[error("expected {expected}; got {got}")]
    Unexpected {
        /// What should be.
        expected: String,
        /// What is.
        got: String,
    },
    /// No answer came.
    #[error("no answer: {0}")]
    NoAnswer(String),
}

/// That something holds.
fn must(holds: bool, expected: &str, got: impl Display) -> Result<(), Amiss> {
    if holds {
        return Ok(());
    }
    Err(Amiss::Unexpected {
        expected: expected.to_owned(),
        got: got.to_string(),
    })
}

/// Tells the story of one grant in this house, whose sweeper must be at work.
///
/// # Errors
/// The first thing that was not as it should be.
pub async fn tell(house: &House, screen: &mut Screen) -> Result<(), Amiss> {
    let wire = Wire::to(house)?;
    let mut teller = Teller {
        house,
        screen,
        wire,
    };
    let asked = Box::pin(teller.anna_asks()).await?;
    Box::pin(teller.nobody_answers_their_own(&asked)).await?;
    Box::pin(teller.ben_approves(asked.id)).await?;
    let credentials = Box::pin(teller.anna_has_credentials(asked.id)).await?;
    let session = Box::pin(teller.a_session_opens(&credentials)).await?;
    Box::pin(teller.they_open_nothing_else(&credentials)).await?;
    Box::pin(teller.time_passes(&credentials, &session)).await?;
    Box::pin(teller.access_ends(&credentials, &session)).await?;
    Box::pin(teller.the_log_is_found(asked.id, &session)).await?;
    Box::pin(teller.the_trail_is_read(asked.id)).await
}

/// Whoever tells the story.
struct Teller<'a> {
    house: &'a House,
    screen: &'a mut Screen,
    wire: Wire,
}

impl Teller<'_> {
    async fn step(&mut self, heading: &str) -> Result<(), Amiss> {
        if self.screen.steps() > 0 {
            tokio::time::sleep(BREATH).await;
        }
        Ok(self.screen.step(heading)?)
    }

    /// Somebody reads something of the API.
    async fn reads(&mut self, who: Person, path: &str) -> Result<Answer, Amiss> {
        self.screen.asks(who.name(), &format!("GET {path}"))?;
        self.wire.call(who, "GET", path, None).await
    }

    /// Somebody sends something to the API.
    async fn sends(&mut self, who: Person, path: &str, body: &Value) -> Result<Answer, Amiss> {
        self.screen.asks(who.name(), &format!("POST {path}"))?;
        if body.as_object().is_some_and(|members| !members.is_empty()) {
            self.screen.more(&spaced(body))?;
        }
        self.wire.call(who, "POST", path, Some(body)).await
    }

    /// That a call was taken, and what it came to.
    fn taken(&mut self, answer: &Answer, status: u16, says: &str) -> Result<(), Amiss> {
        answer.must_be(status)?;
        self.screen
            .answers(&answer.status.to_string(), Tone::Good, says)?;
        Ok(())
    }

    /// That a call was refused, and why.
    fn refused(&mut self, answer: &Answer, status: u16, codes: &[&str]) -> Result<(), Amiss> {
        let problem = answer.problem(status, codes)?;
        let says = format!("{}: {}", problem.code, problem.detail);
        self.screen
            .answers(&answer.status.to_string(), Tone::Refused, &says)?;
        self.screen.more(&problem.next)?;
        Ok(())
    }
}

/// The time of day of a moment, in UTC.
fn time_of_day(moment: Moment) -> String {
    moment
        .to_string()
        .get(11..19)
        .unwrap_or_default()
        .to_owned()
}

/// The first characters of a digest, for people.
fn short(digest: &impl Display) -> String {
    digest.to_string().chars().take(12).collect()
}

/// A path of a request.
fn path_of(id: RequestId, rest: &str) -> String {
    format!("/v1/requests/{id}{rest}")
}

/// A body with blanks in it, so that it can be broken into lines.
fn spaced(body: &Value) -> String {
    let members: Vec<String> = body
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| format!("\"{name}\": {value}"))
        .collect();
    format!("{{{}}}", members.join(", "))
}

/// The body of a call that says nothing.
fn nothing() -> Value {
    json!({})
}
