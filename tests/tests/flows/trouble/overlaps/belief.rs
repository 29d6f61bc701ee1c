//! What is believed of the grants and the sweeps: when each grant runs, and what a sweep owes.

use std::time::Duration;

use postern_local::people::Person;
use rules::moment::Moment;
use rules::names::RequestId;

/// The longest wait between two looks at a request that is ending, and before SSM is told again to
/// end a session.
const LOOK_AGAIN_AT_LAST: Duration = Duration::from_secs(60);
const TELL_AGAIN_AT_LAST: Duration = Duration::from_secs(30);
/// The longest wait between two looks while a session is known to be open.
const LOOK_SOON_AT_LAST: Duration = Duration::from_secs(15);
/// How long after its window a sweep that died still holds the right to write deny lists.
const LEASE: Duration = Duration::from_secs(5);

/// How long after a sweep that could not end a session, or could not see it yet, another one may
/// leave it open at the most. Looks grow rarer the longer a request has been over.
pub(super) fn longest_wait(over_at: Moment, last: Moment) -> Duration {
    let look = last.since(over_at) / 4;
    look.clamp(LOOK_SOON_AT_LAST, LOOK_AGAIN_AT_LAST) + TELL_AGAIN_AT_LAST
}

/// A request of a schedule.
#[derive(Debug)]
pub(super) struct Grant {
    pub(super) id: RequestId,
    pub(super) who: Person,
    pub(super) length: Duration,
    pub(super) life: Life,
}

/// Where it is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Life {
    /// Nobody has had credentials.
    Approved,
    /// It runs until then, unless somebody ends it.
    Runs { ends_at: Moment },
    /// Somebody ended it before its time, after so many sweeps: the clock may stand still between
    /// a sweep and an end.
    EndedEarly { at: Moment, swept: usize },
    /// It was ended before it began.
    NeverBegan,
}

impl Grant {
    pub(super) fn runs(&self, now: Moment) -> bool {
        matches!(self.life, Life::Runs { ends_at } if now < ends_at)
    }

    /// When it was over, where it is.
    pub(super) fn over_at(&self, now: Moment) -> Option<Moment> {
        match self.life {
            Life::Approved | Life::NeverBegan => None,
            Life::Runs { ends_at } => (ends_at <= now).then_some(ends_at),
            Life::EndedEarly { at, .. } => Some(at),
        }
    }
}

/// A sweep that is over.
#[derive(Debug, Clone, Copy)]
pub(super) struct Swept {
    pub(super) at: Moment,
    /// Whether it came to its end and says that nothing went wrong.
    pub(super) clean: bool,
    /// Whether it alone had the right to write deny lists.
    pub(super) may_deny: bool,
    /// How far listings lagged.
    pub(super) lag: Duration,
}

/// What was swept so far.
#[derive(Debug, Default)]
pub(super) struct Sweeps {
    past: Vec<Swept>,
    leased_until: Option<Moment>,
}

impl Sweeps {
    pub(super) fn note(&mut self, swept: Swept) {
        self.past.push(swept);
    }

    /// A sweep that may never give back its right to write deny lists.
    pub(super) fn lease_may_be_lost(&mut self, now: Moment, window: Duration) {
        let until = now.plus(window).plus(LEASE);
        self.leased_until = self.leased_until.max(Some(until));
    }

    pub(super) fn lease_is_free(&self, now: Moment) -> bool {
        self.leased_until.is_none_or(|until| until < now)
    }

    /// Whether the last sweep must have ended a session: it is clean, the session was listed, and
    /// nothing keeps it waiting any more.
    pub(super) fn owe_the_end(&self, over_at: Moment, started_at: Moment) -> bool {
        let sees = |swept: &Swept| swept.clean && started_at.plus(swept.lag) <= swept.at;
        let Some((last, before)) = self.past.split_last() else {
            return false;
        };
        sees(last) && over_at <= last.at && waited(over_at, last, before, sees)
    }

    /// How many sweeps there were.
    pub(super) fn count(&self) -> usize {
        self.past.len()
    }

    /// Whether credentials of a grant are denied by now that was ended early, after so many sweeps.
    pub(super) fn owe_the_denial(&self, over_at: Moment, swept: usize) -> bool {
        // Whoever writes late may undo what others wrote, so only what is since then counts.
        let denies = |swept: &Swept| swept.clean && swept.may_deny;
        let since = self
            .past
            .iter()
            .rposition(|swept| !swept.clean)
            .map_or(0, |at| at + 1);
        (since.max(swept)..self.past.len()).any(|at| {
            let (before, rest) = self.past.split_at(at);
            let this = &rest[0];
            denies(this) && waited(over_at, this, before, denies)
        })
    }
}

/// Whether nothing kept a sweep from looking: no sweep since the end failed to do what this one is
/// to do, or the last of those was long enough ago.
fn waited(over_at: Moment, now: &Swept, before: &[Swept], does: impl Fn(&Swept) -> bool) -> bool {
    let failed = before
        .iter()
        .rev()
        .take_while(|swept| over_at <= swept.at)
        .find(|swept| !does(swept));
    failed.is_none_or(|failed| failed.at.plus(longest_wait(over_at, failed.at)) <= now.at)
}
