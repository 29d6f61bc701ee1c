//! What Slack calls: commands and interactions.
//!
//! Slack waits three seconds, so an answer comes before that whatever AWS does.
//!
//! In this order: the size, the signature over the bytes as they came, and only then the form, and
//! whom it is of. Who is not Slack gets the one `401`. The answer does not wait for the work.

use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use broker::chat::acting::Sort;
use broker::chat::hearing::Call;
use broker::chat::{Heard, NotBelieved, Work};
use http_body_util::{BodyExt, Limited};
use rules::chat::blocks::Errors;
use rules::chat::inbound::{Interaction, LONGEST, Submitted};
use rules::chat::{modal, says};

use super::ChatState;
use crate::code::Code;
use crate::problem::{Answered, No};

const TIMESTAMP: &str = "x-slack-request-timestamp";
const SIGNATURE: &str = "x-slack-signature";

/// How long Slack is kept waiting at most. It gives up after three seconds.
const PATIENCE: Duration = Duration::from_millis(2_500);

/// The answer did not come in time.
#[derive(Debug, thiserror::Error)]
#[error("no answer was had within {} ms", PATIENCE.as_millis())]
struct Late;

/// Take a slash command of Slack
///
/// The answer is at once; what is to be done is done afterwards, and told where Slack says. Where Slack
/// is not served, this path does not exist.
#[utoipa::path(
    post,
    path = "/chat/slack/commands",
    operation_id = "slack_command",
    tag = "chat",
    security(("slack" = [])),
    request_body(content = Object, content_type = "application/x-www-form-urlencoded", description = "As Slack sends it"),
    responses((status = 200, description = "Taken; or a message for whoever said it")),
)]
pub(super) async fn command(
    State(state): State<ChatState>,
    request: Request,
) -> Answered<Response> {
    in_time(on_command(state, request)).await
}

/// Take a click or a form of Slack
///
/// As with commands. A form that cannot be taken as it is, is told what is wrong in it.
#[utoipa::path(
    post,
    path = "/chat/slack/interactions",
    operation_id = "slack_interaction",
    tag = "chat",
    security(("slack" = [])),
    request_body(content = Object, content_type = "application/x-www-form-urlencoded", description = "As Slack sends it"),
    responses((status = 200, description = "Taken; or what is wrong in a form")),
)]
pub(super) async fn interaction(
    State(state): State<ChatState>,
    request: Request,
) -> Answered<Response> {
    in_time(on_interaction(state, request)).await
}

/// The answer, or that there is none. What was handed on by then is done, and done once where Slack or
/// whoever clicked says it again.
async fn in_time(answer: impl Future<Output = Answered<Response>>) -> Answered<Response> {
    let answer = tokio::time::timeout(PATIENCE, answer).await;
    answer.unwrap_or_else(|_| Err(No::of(Code::AwsUnavailable).because(&Late)))
}

async fn on_command(state: ChatState, request: Request) -> Answered<Response> {
    let (work, heard) = believed(&state, request, Sort::Command).await?;
    if !state.chat.serves(heard.sender()) {
        return Ok(Json(says::not_served()).into_response());
    }
    handed_on(&state, &work).await
}

async fn on_interaction(state: ChatState, request: Request) -> Answered<Response> {
    let (work, heard) = believed(&state, request, Sort::Interaction).await?;
    if !state.chat.serves(heard.sender()) {
        return Ok(StatusCode::OK.into_response());
    }
    match &heard {
        Heard::Interaction(Interaction::Submitted(form)) => {
            // It is said while the form is open.
            if let Some(errors) = wrong_in(form) {
                return Ok(errors);
            }
        }
        Heard::Interaction(Interaction::Closed(_) | Interaction::Other { .. }) => {
            return Ok(StatusCode::OK.into_response());
        }
        Heard::Interaction(Interaction::Actions(_)) | Heard::Command(_) => {}
    }
    handed_on(&state, &work).await
}

/// What is wrong in a form, as Slack shows it.
fn wrong_in(form: &Submitted) -> Option<Response> {
    let said = |errors: Errors| Json(errors).into_response();
    match form.callback.as_str() {
        modal::ASK => modal::read_ask(form).err().map(said),
        modal::DENY | modal::REVOKE => modal::read_word(form).err().map(said),
        modal::EXTEND => modal::read_extend(form).err().map(said),
        _ => None,
    }
}

/// Hands work on. What cannot be is said to whoever waits, for nothing else will be.
async fn handed_on(state: &ChatState, work: &Work) -> Answered<Response> {
    let given = state.work.functions.hand_on(&state.work.name, work).await;
    match (given, work.chat) {
        (Ok(()), _) => Ok(StatusCode::OK.into_response()),
        (Err(fault), Sort::Command) => {
            tracing::error!(cause = %fault, "work of chat was not handed on");
            let said = "Postern could not take this. Nothing was done; say it again in a moment.";
            Ok(Json(says::note(said)).into_response())
        }
        (Err(fault), Sort::Interaction) => {
            // Slack shows whoever clicked that it did not work.
            Err(No::of(Code::AwsUnavailable).because(&fault))
        }
    }
}

/// A header that came once.
pub(super) fn once<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a [u8]> {
    let mut sent = headers.get_all(name).iter();
    let first = sent.next()?;
    sent.next().is_none().then(|| first.as_bytes())
}

/// The call, where it is Slack's.
async fn believed(state: &ChatState, request: Request, sort: Sort) -> Answered<(Work, Heard)> {
    let (parts, body) = request.into_parts();
    let body = bytes(body, LONGEST).await?;
    let (timestamp, signature) = (
        once(&parts.headers, TIMESTAMP),
        once(&parts.headers, SIGNATURE),
    );
    let call = Call {
        timestamp,
        signature,
        body: &body,
    };
    let believed = state.chat.believe(call, state.chat.now()).await;
    believed.map_err(not_believed)?;
    let heard = match sort {
        Sort::Command => Heard::command(&body),
        Sort::Interaction => Heard::interaction(&body),
    };
    let heard = heard.map_err(|why| No::about(Code::UnreadableBody, &why.to_string()))?;
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).ok();
    let work = timestamp.zip(signature).and_then(|(timestamp, signature)| {
        Some(Work {
            chat: sort,
            timestamp: text(timestamp)?,
            signature: text(signature)?,
            body: text(&body)?,
        })
    });
    // Whatever was verified and read is text.
    let work = work.ok_or_else(|| No::of(Code::UnreadableBody))?;
    Ok((work, heard))
}

/// Whoever is not believed is told nothing of why.
pub(super) fn not_believed(why: NotBelieved) -> No {
    match why {
        NotBelieved::NotSigned(why) => No::of(Code::Unauthenticated).because(&why),
        NotBelieved::Trouble(trouble) => No::of(Code::AwsUnavailable).because(&trouble),
    }
}

/// A body of at most so many bytes.
pub(super) async fn bytes(body: Body, most: usize) -> Answered<Vec<u8>> {
    let limited = Limited::new(body, most).collect().await;
    let collected = limited.map_err(|_| No::of(Code::BodyTooLarge))?;
    Ok(collected.to_bytes().to_vec())
}
