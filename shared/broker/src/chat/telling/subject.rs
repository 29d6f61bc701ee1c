//! What is told of: a request as it stands, with its trail.

use rules::audit::Entry;
use rules::chat::card::Setting;
use rules::chat::names::TeamId;
use rules::chat::notice::Routing;
use rules::chat::signature::Secrets as Keys;
use rules::moment::Moment;
use rules::names::RequestId;
use rules::request::Request;
use rules::status::StatusWord;
use rules::wire::RequestView;
use rules::wire::bus::RequestEvent;

use super::Later;
use crate::chat::Chat;

/// A request that is told of.
pub(super) struct Subject<'a> {
    pub(super) chat: &'a Chat,
    pub(super) request: Request,
    pub(super) view: RequestView,
    entries: Vec<Entry>,
    keys: Keys,
}

impl<'a> Subject<'a> {
    /// The request of that id, where there is one.
    pub(super) async fn of(chat: &'a Chat, id: RequestId) -> Result<Option<Self>, Later> {
        let Some(request) = chat.ledger.load(id).await? else {
            return Ok(None);
        };
        Ok(Some(Self {
            chat,
            view: RequestView::of_anybody(&request),
            request,
            entries: chat.ledger.entries(id).await?,
            keys: chat.keys().await?,
        }))
    }

    /// What has happened since that entry, as far as the request as it was read knows of it.
    pub(super) fn news(&self, since: u64) -> Vec<(u64, Option<RequestEvent>)> {
        let head = self.request.head().n;
        let Some(first) = self.entries.first() else {
            return Vec::new();
        };
        let new = self.entries.iter();
        let new = new.filter(|entry| entry.n > since && entry.n <= head);
        new.map(|entry| (entry.n, RequestEvent::of(first, entry)))
            .collect()
    }

    /// Where its cards are put in that chat system.
    pub(super) fn setting<'s>(&'s self, team: &'s TeamId) -> Setting<'s> {
        self.chat.setting(&self.keys, team)
    }

    /// When those who may answer are reminded next.
    pub(super) fn next_nudge(&self, routing: &Routing, now: Moment) -> Option<Moment> {
        let view = &self.view;
        let (asked_at, until) = match (view.status, &view.extension) {
            (StatusWord::Pending, _) => (view.asked_at, view.state.lapses_at),
            (StatusWord::Active, Some(longer)) if !longer.granted => {
                (longer.asked_at, view.state.ends_at)
            }
            (_, Some(_) | None) => return None,
        };
        let nudges = &routing.nudges;
        nudges.of(asked_at, until?).find(|at| *at > now)
    }
}
