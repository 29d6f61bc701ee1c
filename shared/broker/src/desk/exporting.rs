//! Handing out the audit trails of many requests, for whoever keeps or checks them elsewhere.

use futures_util::StreamExt as _;
use futures_util::stream::iter;
use rules::caller::Caller;
use rules::names::RequestId;
use rules::refusal::Refusal;
use rules::wire::EntryView;

use super::Desk;
use super::calling::in_time;
use super::turned::Turned;
use crate::ledger::{Day, LedgerFault, Page};

/// How many requests a page looks at.
const PAGE: usize = 100;
/// How many trails are read at the same time.
const AT_ONCE: usize = 8;
/// How long a page may be before its last trail: a function may answer with 6 MB.
const LONG_ENOUGH: usize = 2_000_000;

/// One page of an export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Export {
    /// One entry on each line, with its digest: the trails of requests one after the other, newest
    /// first, each whole.
    pub lines: String,
    /// Where the page ended, where there is another.
    pub next: Option<RequestId>,
}

impl Desk {
    /// The audit trails of the requests that were made on a day, page by page. A trail goes on to
    /// grow until its request is over for good, also after the day.
    ///
    /// # Errors
    /// The caller may not see everybody's, a record cannot be read, or AWS failed.
    pub async fn export(
        &self,
        caller: &Caller,
        day: Day,
        after: Option<RequestId>,
    ) -> Result<Export, Turned> {
        if !self.files.terms.offices.sees_all(caller) {
            return Err(Turned::Refused {
                refusal: Refusal::MayNotListAll,
                request: None,
            });
        }
        in_time(self.page(day, after)).await
    }

    async fn page(&self, day: Day, after: Option<RequestId>) -> Result<Export, Turned> {
        let ledger = &self.files.ledger;
        let page = Page { limit: PAGE, after };
        let found = ledger.on_day(day, &page).await?;
        let last = found.ids.last().copied();
        let trails = found
            .ids
            .into_iter()
            .map(|id| async move { (id, ledger.entries(id).await) });
        let mut trails = iter(trails).buffered(AT_ONCE);
        let mut export = Export {
            lines: String::new(),
            next: None,
        };
        while let Some((id, entries)) = trails.next().await {
            let entries = match entries {
                Ok(entries) => entries,
                // What stands before it is handed out first; the next page begins with it and fails.
                Err(LedgerFault::Corrupt { .. }) if export.next.is_some() => return Ok(export),
                Err(fault) => return Err(fault.into()),
            };
            for entry in entries {
                let line = serde_json::to_string(&EntryView::from(entry));
                export
                    .lines
                    .push_str(&line.map_err(|_| Turned::Damaged { request: Some(id) })?);
                export.lines.push('\n');
            }
            export.next = Some(id);
            if export.lines.len() >= LONG_ENOUGH {
                break;
            }
        }
        if export.next == last && !found.more {
            export.next = None;
        }
        Ok(export)
    }
}
