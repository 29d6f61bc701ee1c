//! The outbox: what has been recorded is put on the event bus, at least once.

use rules::audit::Entry;
use rules::names::RequestId;
use rules::wire::bus::{BusEvent, BypassEvent, RequestEvent};

use super::GLANCE;
use super::site::Run;
use crate::fault::AwsFaultKind;
use crate::ledger::{Unsent, UnsentEntries};

/// The most things of one shard that are put on the bus in one pass.
const MOST: usize = 100;

/// Something with the events that it is on the bus.
struct Parcel {
    unsent: Unsent,
    events: Vec<BusEvent>,
}

impl Run<'_> {
    /// Puts on the bus what there is until everything else has been done, and then once more.
    pub(super) async fn drain(&self) {
        let mut recorded = None;
        loop {
            let last = self.is_finished();
            // What this run has recorded itself leaves with it; what others record meanwhile has
            // the next one.
            let steps = self.tally(|tally| tally.steps());
            if last && recorded == Some(steps) {
                return;
            }
            let more = !self.is_over() && Box::pin(self.drain_once()).await;
            recorded = Some(steps);
            if more {
                continue;
            }
            if last {
                return;
            }
            let again = self.now().plus(GLANCE);
            tokio::select! {
                () = self.sweeper.clock.sleep_until(again) => {}
                () = self.finish.notified() => {}
            }
        }
    }

    /// Puts on the bus what there is, as far as one pass goes. Gives whether there may be more.
    async fn drain_once(&self) -> bool {
        let (unsent, unreadable) = match self.sweeper.ledger.unsent(MOST).await {
            Ok(unsent) => unsent,
            Err(fault) => {
                self.trouble(None, &fault);
                return false;
            }
        };
        if unreadable > 0 {
            let what = format!("{unreadable} items of the outbox cannot be read");
            self.trouble(None, &what);
        }
        let full = unsent.len() >= MOST;
        let mut parcels = Vec::new();
        for unsent in unsent {
            parcels.extend(self.parcel(unsent).await);
        }
        let all = self.post(&parcels).await;
        full && all
    }

    /// The events of one thing. Nothing where it cannot be read, which is reported.
    async fn parcel(&self, unsent: Unsent) -> Option<Parcel> {
        let events = match &unsent {
            Unsent::Bypass(bypass) => vec![BypassEvent::of(bypass).on_bus()],
            Unsent::Entries(entries) => self.events_of(entries).await?,
        };
        Some(Parcel { unsent, events })
    }

    /// The chain alone tells all that stands in them: a damaged request has its events all the same.
    async fn events_of(&self, unsent: &UnsentEntries) -> Option<Vec<BusEvent>> {
        let id: RequestId = unsent.request;
        let chain = match self.sweeper.ledger.entries(id).await {
            Ok(chain) => chain,
            Err(fault) => {
                self.trouble(Some(id), &fault);
                return None;
            }
        };
        let first = chain.first()?;
        let is_due = |entry: &&Entry| (unsent.from..=unsent.to).contains(&entry.n);
        let events = chain
            .iter()
            .filter(is_due)
            .filter_map(|entry| RequestEvent::of(first, entry));
        Some(events.map(|event| event.on_bus()).collect())
    }

    /// Puts parcels on the bus. One that the bus refuses does not hold up the others; while the bus
    /// cannot be reached all stays where it is. Gives whether all were taken.
    async fn post(&self, parcels: &[Parcel]) -> bool {
        let mut rest = parcels;
        while !rest.is_empty() {
            let events: Vec<BusEvent> = rest.iter().flat_map(|one| one.events.clone()).collect();
            let (taken, fault) = self.sweeper.bus.put(&events).await;
            self.tally(|tally| tally.posted(taken));
            let mut left = taken;
            let mut whole = 0;
            for parcel in rest {
                if left < parcel.events.len() {
                    self.sent_in_part(&parcel.unsent, left).await;
                    break;
                }
                left -= parcel.events.len();
                whole += 1;
                self.sent(&parcel.unsent).await;
            }
            let Some(fault) = fault else {
                return true;
            };
            let refused = rest.get(whole).map(|parcel| &parcel.unsent);
            let request = match refused {
                Some(Unsent::Entries(entries)) => Some(entries.request),
                Some(Unsent::Bypass(_)) | None => None,
            };
            self.trouble(request, &fault);
            if fault.kind != AwsFaultKind::Rejected {
                return false;
            }
            rest = rest.get(whole.saturating_add(1)..).unwrap_or_default();
        }
        true
    }

    async fn sent(&self, unsent: &Unsent) {
        if let Err(fault) = self.sweeper.ledger.sent(unsent).await {
            // It comes once more, which whoever listens knows how to deal with.
            self.trouble(None, &fault);
        }
    }

    /// The bus took the first events of something and not the next.
    async fn sent_in_part(&self, unsent: &Unsent, taken: usize) {
        let (Unsent::Entries(entries), Ok(taken @ 1..)) = (unsent, u64::try_from(taken)) else {
            return;
        };
        let to = entries.from.saturating_add(taken).saturating_sub(1);
        self.sent(&Unsent::Entries(UnsentEntries { to, ..*entries }))
            .await;
    }
}
