//! What the bot of another chat system sends: signed documents with what people say and press.
//!
//! In this order: the size, the signature over the bytes as they came, and only then the document. The
//! answer says what came of it, for whoever said or pressed it; the cards follow as notices.

use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use broker::chat::hearing::Call;
use broker::chat::hook::{SIGNATURE, TIMESTAMP};
use rules::chat::webhook::{Document, LONGEST, Reply};
use rules::names::RequestId;
use serde_json::json;

use super::ChatState;
use super::calls::{bytes, not_believed, once};
use crate::code::Code;
use crate::problem::{Answered, No};

/// Take what the bot of another chat system sends
///
/// What somebody says or presses there. The same document counts once, however often it is sent. Where
/// no such chat system is set, this path does not exist.
#[utoipa::path(
    post,
    path = "/chat/webhook",
    operation_id = "webhook",
    tag = "chat",
    security(("webhook" = [])),
    request_body = Document,
    responses((status = 200, description = "What came of it, for whoever did it", body = Reply)),
)]
pub(super) async fn document(
    State(state): State<ChatState>,
    request: Request,
) -> Answered<Response> {
    let (parts, body) = request.into_parts();
    let body = bytes(body, LONGEST).await?;
    let call = Call {
        timestamp: once(&parts.headers, TIMESTAMP),
        signature: once(&parts.headers, SIGNATURE),
        body: &body,
    };
    let chat = &state.chat;
    let believed = chat.believe_hook(call, chat.now()).await;
    believed.map_err(not_believed)?;
    let read = chat.read_hook(&body);
    let inbound = read.map_err(|why| No::about(Code::UnreadableBody, &why.to_string()))?;
    // The bot may send the same document again: it has one identity.
    let heard = Box::pin(chat.hear(inbound)).await;
    let reply = heard.map_err(|trouble| No::of(Code::AwsUnavailable).because(&trouble))?;
    if let Some(request) = reply.request {
        tell_later(&state, request).await;
    }
    Ok(Json(reply).into_response())
}

/// Something may have changed: everybody is told in the background. Where that cannot be handed on,
/// the event of the change brings it.
async fn tell_later(state: &ChatState, request: RequestId) {
    let changed = json!({"source": "postern", "detail": {"request": request}});
    let given = state
        .work
        .functions
        .hand_on(&state.work.name, &changed)
        .await;
    if let Err(fault) = given {
        tracing::warn!(cause = %fault, "what has changed was not handed on");
    }
}
