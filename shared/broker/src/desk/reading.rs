//! Looking at requests.

use rules::audit;
use rules::caller::Caller;
use rules::chat::button::{Button, Stale};
use rules::names::RequestId;
use rules::refusal::Refusal;
use rules::status::StatusWord;
use rules::wire::{EntriesView, EntryView, RequestList, RequestView, SessionView, SessionsView};

use super::Desk;
use super::calling::in_time;
use super::turned::Turned;
use crate::ledger::{Day, Page};

/// Which requests to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListQuery {
    /// Whose.
    pub view: ListView,
    /// Only those in this status.
    pub status: Option<StatusWord>,
    /// How many to look at for one page: 1 to 100. With a status the page may hold fewer, and
    /// still have a successor.
    pub limit: usize,
    /// Where the last page ended.
    pub after: Option<RequestId>,
}

/// Whose requests to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListView {
    /// Those that the caller made.
    Mine,
    /// Those that the caller may approve now.
    Waiting,
    /// Everybody's that were made on one day, in UTC; today where none is named. For operators and
    /// auditors.
    All {
        /// The day.
        day: Option<Day>,
    },
}

impl Desk {
    /// One request.
    ///
    /// # Errors
    /// There is none that the caller may see, or AWS failed.
    pub async fn show(&self, caller: &Caller, id: RequestId) -> Result<RequestView, Turned> {
        in_time(async {
            let request = self.files.load(caller, id).await?;
            Ok(self.files.view(&request, caller))
        })
        .await
    }

    /// A request beside a button that was clicked, where it still is what was seen then.
    ///
    /// # Errors
    /// There is none that the caller may see, or AWS failed.
    pub async fn seen(
        &self,
        caller: &Caller,
        button: &Button,
    ) -> Result<Result<RequestView, Stale>, Turned> {
        in_time(async {
            let request = self.files.load(caller, button.request).await?;
            let fits = button.must_fit(&request);
            Ok(fits.map(|()| self.files.view(&request, caller)))
        })
        .await
    }

    /// The sessions of a request seen so far, oldest first, with the verdict on each one's log.
    ///
    /// # Errors
    /// There is no request that the caller may see, or AWS failed.
    pub async fn sessions(&self, caller: &Caller, id: RequestId) -> Result<SessionsView, Turned> {
        in_time(async {
            self.files.load(caller, id).await?;
            let file = self
                .files
                .ledger
                .file(id)
                .await?
                .ok_or_else(Turned::not_found)?;
            let mut sessions: Vec<SessionView> =
                file.sessions.iter().map(SessionView::from).collect();
            sessions.sort_by(|one, other| {
                (one.started_at, &one.id).cmp(&(other.started_at, &other.id))
            });
            Ok(SessionsView {
                request: id,
                sessions,
            })
        })
        .await
    }

    /// The audit trail of a request, checked while it is read.
    ///
    /// # Errors
    /// There is no request that the caller may see, or AWS failed.
    pub async fn entries(&self, caller: &Caller, id: RequestId) -> Result<EntriesView, Turned> {
        in_time(async {
            // Before the entries: they can only be more than the request knows of, never fewer.
            let request = self.files.load(caller, id).await?;
            let head = request.head();
            let mut entries = self.files.ledger.entries(id).await?;
            entries.retain(|entry| entry.n <= head.n);
            let whole = audit::verify(id, &entries, head).is_ok();
            Ok(EntriesView {
                request: id,
                entries: entries.into_iter().map(EntryView::from).collect(),
                head: head.digest,
                whole,
            })
        })
        .await
    }

    /// A page of requests, newest first.
    ///
    /// # Errors
    /// The caller may not list everybody's, or AWS failed.
    pub async fn list(&self, caller: &Caller, query: &ListQuery) -> Result<RequestList, Turned> {
        in_time(async {
            let (ledger, terms) = (&self.files.ledger, &self.files.terms);
            let page = Page {
                limit: query.limit,
                after: query.after,
            };
            let found = match query.view {
                ListView::Mine => ledger.mine(caller.person(), &page).await?,
                ListView::Waiting => ledger.waiting_for(caller.groups(), &page).await?,
                ListView::All { .. } if !terms.offices.sees_all(caller) => {
                    return Err(Turned::Refused {
                        refusal: Refusal::MayNotListAll,
                        request: None,
                    });
                }
                ListView::All { day } => {
                    let day = day.unwrap_or_else(|| Day::of(self.files.now()));
                    ledger.on_day(day, &page).await?
                }
            };
            let next = found
                .ids
                .last()
                .filter(|_| found.more)
                .map(ToString::to_string);
            let requests = ledger.load_all(&found.ids).await?;
            // Indexes lag behind and only find candidates; what is shown is read from the table.
            let requests = requests
                .iter()
                .filter(|request| request.is_visible_to(caller, &terms.offices))
                .map(|request| self.files.view(request, caller))
                .filter(|view| match query.view {
                    ListView::Waiting => {
                        let answers = |verb: &String| verb == "approve" || verb == "review";
                        view.you_may.iter().any(answers)
                    }
                    ListView::Mine | ListView::All { .. } => true,
                })
                .filter(|view| query.status.is_none_or(|status| view.status == status))
                .collect();
            Ok(RequestList { requests, next })
        })
        .await
    }
}
