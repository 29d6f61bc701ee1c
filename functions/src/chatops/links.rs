//! Links between chat users and people: to see them, and to cut them.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use broker::chat::Chat;
use broker::desk::Turned;
use broker::ledger::LedgerFault;
use rules::chat::ChatUser;
use rules::wire::{LinkList, LinkView};

use crate::authentication::Authenticated;
use crate::code::Code;
use crate::problem::{Answered, No};

/// List links of chat users
///
/// Those that are bound to the caller; for operators, everybody's.
#[utoipa::path(
    get,
    path = "/v1/chat/links",
    tag = "chat",
    responses((status = 200, description = "The links", body = LinkList)),
)]
pub(crate) async fn links(
    Authenticated(caller): Authenticated,
    State(chat): State<Arc<Chat>>,
) -> Answered<Json<LinkList>> {
    let links = chat.links(&caller).await.map_err(no)?;
    let linked = links.iter().map(LinkView::from).collect();
    Ok(Json(LinkList { linked }))
}

/// Cut the link of a chat user
///
/// Its owner does, by whatever account, or an operator. What the chat user does from then on has no
/// effect until they have linked anew.
#[utoipa::path(
    delete,
    path = "/v1/chat/links/{id}",
    tag = "chat",
    params(("id" = String, Path, description = "The `id` of the link, such as `T0123ABCD.U0123ABCD`")),
    responses((status = 204, description = "The link is cut")),
)]
pub(crate) async fn unlink(
    Authenticated(caller): Authenticated,
    Path(id): Path<String>,
    State(chat): State<Arc<Chat>>,
) -> Answered<StatusCode> {
    let user = user(&id).ok_or_else(|| No::of(Code::LinkNotFound))?;
    match chat.unlink(&caller, &user).await.map_err(no)? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(No::of(Code::LinkNotFound)),
    }
}

fn user(id: &str) -> Option<ChatUser> {
    // No workspace has a dot in its name.
    let (team, user) = id.split_once('.')?;
    Some(ChatUser {
        team: team.parse().ok()?,
        user: user.parse().ok()?,
    })
}

fn no(fault: LedgerFault) -> No {
    Turned::from(fault).into()
}
