//! Telling: messages are made from the request and its audit trail as they stand in the ledger.
//!
//! Nothing is told from an event. An event, like a change that was made from here, only marks the
//! request ([`Ledger::mark_untold`](crate::ledger::Ledger::mark_untold)); then its board is brought in
//! line with it: what its entries come to and was not said is said, and every card that shows
//! something else is edited. So an event that comes twice, late or in another order does no harm, and
//! an outage of Slack delays and loses nothing: the mark stays until all is said, and the schedule
//! finds it.
//!
//! Another chat system is told the same through its webhook ([`hook`]), by notices that carry an id of
//! their own.
//!
//! One run at a time works on a board, under a lease. A message is put on record as *being said* before
//! it is posted. Whoever finds such a record looks for the message in Slack before posting it.

mod hook;
mod slack;
mod subject;

use std::time::Duration;

use rules::moment::Moment;
use rules::names::RequestId;

use self::subject::Subject;
use super::hook::HookFault;
use super::{Chat, Trouble};
use crate::fault::AwsFault;
use crate::ledger::{ChatSystem, LedgerFault, Untold};
use crate::slack::SlackFault;

/// How long one run may hold a board.
const LEASE: Duration = Duration::from_secs(60);

/// How often a board is looked at again that was marked meanwhile.
const ROUNDS: usize = 4;

/// How long after a failure the next try follows, the first time.
const FIRST_WAIT: Duration = Duration::from_secs(20);

/// The longest such wait.
const LONGEST_WAIT: Duration = Duration::from_secs(10 * 60);

/// How many marks of each shard one run looks at.
const MARKS: usize = 100;

/// What one run told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    /// Boards that are as their requests are.
    pub told: u32,
    /// Boards that have to wait for Slack.
    pub waiting: u32,
    /// What Slack refuses for good, or what else went wrong. For the log.
    pub troubles: Vec<String>,
}

/// Why a board is not as its request is yet.
enum Later {
    /// Slack has to be waited for.
    Slack(SlackFault),
    /// Another chat system has to be waited for.
    Hook(HookFault),
    /// Something else.
    Trouble(Trouble),
}

impl From<Trouble> for Later {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Slack(fault) => Self::Slack(fault),
            other
            @ (Trouble::Ledger(_) | Trouble::Aws(_) | Trouble::Keys(_) | Trouble::Entropy) => {
                Self::Trouble(other)
            }
        }
    }
}

impl From<SlackFault> for Later {
    fn from(fault: SlackFault) -> Self {
        Self::Slack(fault)
    }
}

impl From<HookFault> for Later {
    fn from(fault: HookFault) -> Self {
        Self::Hook(fault)
    }
}

impl From<LedgerFault> for Later {
    fn from(fault: LedgerFault) -> Self {
        Self::Trouble(fault.into())
    }
}

impl From<AwsFault> for Later {
    fn from(fault: AwsFault) -> Self {
        Self::Trouble(fault.into())
    }
}

impl Chat {
    /// Something has changed about a request: its boards are marked, and brought in line where chat
    /// lets it.
    ///
    /// # Errors
    /// The ledger failed before the marks were made. Afterwards nothing is lost.
    pub async fn tell(&self, id: RequestId) -> Result<Told, Trouble> {
        let mut marks = Vec::new();
        for system in self.systems() {
            marks.push(self.ledger.mark_untold(id, system).await?);
        }
        let mut told = Told::default();
        for untold in marks {
            // A mark that nothing has failed of yet waits for a reminder, and news do not wait for
            // that.
            if untold.tries == 0 || untold.not_before <= self.now() {
                self.settle(untold, &mut told).await;
            } else {
                told.waiting = told.waiting.saturating_add(1);
            }
        }
        Ok(told)
    }

    /// The chat systems that are told.
    fn systems(&self) -> impl Iterator<Item = ChatSystem> + use<> {
        let slack = self.workspace.is_some().then_some(ChatSystem::Slack);
        let hook = self.hook.is_some().then_some(ChatSystem::Hook);
        slack.into_iter().chain(hook)
    }

    /// Brings the boards in line that are marked and due, until that moment.
    ///
    /// # Errors
    /// The marks cannot be read.
    pub async fn tell_all(&self, until: Moment) -> Result<Told, Trouble> {
        let mut told = Told::default();
        for untold in self.ledger.untold(MARKS).await? {
            let now = self.now();
            if now >= until {
                break;
            }
            if untold.not_before <= now {
                self.settle(untold, &mut told).await;
            }
        }
        Ok(told)
    }

    /// Brings one board in line, and takes its mark away or puts it off.
    async fn settle(&self, untold: Untold, told: &mut Told) {
        let id = untold.request;
        let lease = format!("chat/{}/{id}", untold.system.as_str());
        let now = self.now();
        let taken = self.ledger.take_lease(lease, now.plus(LEASE), now).await;
        let lease = match taken {
            Ok(Some(lease)) => lease,
            // Whoever is at it sees the mark that was made.
            Ok(None) => {
                told.waiting = told.waiting.saturating_add(1);
                return;
            }
            Err(fault) => return told.troubles.push(fault.to_string()),
        };
        match Box::pin(self.line_up(untold, told)).await {
            Ok(true) => told.told = told.told.saturating_add(1),
            Ok(false) => told.waiting = told.waiting.saturating_add(1),
            Err(trouble) => told.troubles.push(format!("{id}: {trouble}")),
        }
        if let Err(fault) = self.ledger.give_back(lease).await {
            told.troubles.push(fault.to_string());
        }
    }

    async fn line_up(&self, mut untold: Untold, told: &mut Told) -> Result<bool, Trouble> {
        for _ in 0..ROUNDS {
            let outcome = Box::pin(self.once(&untold, told)).await;
            match outcome {
                Ok(None) => {
                    if self.ledger.told(&untold).await? {
                        return Ok(true);
                    }
                }
                // The mark stays, for the next reminder.
                Ok(Some(next)) => {
                    if self.ledger.tell_at(&untold, next, 0).await? {
                        return Ok(true);
                    }
                }
                Err(Later::Slack(fault)) => {
                    told.troubles.push(format!("{}: {fault}", untold.request));
                    self.put_off(&untold, fault.wait()).await?;
                    return Ok(false);
                }
                Err(Later::Hook(fault)) => {
                    told.troubles.push(format!("{}: {fault}", untold.request));
                    self.put_off(&untold, fault.wait()).await?;
                    return Ok(false);
                }
                Err(Later::Trouble(trouble)) => {
                    self.put_off(&untold, Duration::ZERO).await?;
                    return Err(trouble);
                }
            }
            // It was marked again meanwhile.
            untold = match self.ledger.untold_of(untold.request, untold.system).await? {
                Some(untold) => untold,
                None => return Ok(true),
            };
        }
        Ok(false)
    }

    /// The board is looked at again after at least so long, and later each time.
    async fn put_off(&self, untold: &Untold, wait: Duration) -> Result<(), Trouble> {
        let tries = untold.tries.saturating_add(1);
        let at = self.now().plus(wait.max(pause(untold.tries)));
        self.ledger.tell_at(untold, at, tries).await?;
        Ok(())
    }

    /// Says what is to be said now. Gives when there is more, of itself. Of a chat system that is there
    /// no more nothing is to be said.
    async fn once(&self, untold: &Untold, told: &mut Told) -> Result<Option<Moment>, Later> {
        let Some(subject) = Subject::of(self, untold.request).await? else {
            return Ok(None);
        };
        match (untold.system, &self.workspace, &self.hook) {
            (ChatSystem::Slack, Some(workspace), _) => {
                let mut work = slack::Work::of(subject, workspace).await?;
                let outcome = Box::pin(work.run()).await;
                told.troubles.append(&mut work.troubles);
                outcome
            }
            (ChatSystem::Hook, _, Some(hook)) => {
                let mut work = hook::Work::of(subject, hook).await?;
                Box::pin(work.run()).await
            }
            (ChatSystem::Slack, None, _) | (ChatSystem::Hook, _, None) => Ok(None),
        }
    }
}

/// Longer each time.
fn pause(tries: u32) -> Duration {
    FIRST_WAIT
        .saturating_mul(1_u32.checked_shl(tries.min(10)).unwrap_or(u32::MAX))
        .min(LONGEST_WAIT)
}
