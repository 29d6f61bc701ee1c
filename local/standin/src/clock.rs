//! The one clock of a world.
//!
//! Everything that depends on time (signatures, expiry, conditions, object times, the agent's
//! late effects) asks this clock and no other, so that a test moves a whole world by one call.
//! A clock is either the machine's own plus an offset, or moved by hand and otherwise still.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_smithy_async::time::TimeSource;

/// A shared clock: clones tell and move the same time.
#[derive(Clone, Debug)]
pub struct StandinClock {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    base: Base,
    /// Added to the base; for a clock moved by hand this is the whole time.
    offset_millis: AtomicI64,
}

#[derive(Clone, Copy, Debug)]
enum Base {
    Machine,
    Hand,
}

impl StandinClock {
    /// The machine's time; [`advance`](Self::advance) puts it ahead by an offset.
    #[must_use]
    pub fn system() -> Self {
        Self::starting(Base::Machine, 0)
    }

    /// A clock that stands at `start_millis` (milliseconds since the Unix epoch) until moved.
    #[must_use]
    pub fn by_hand(start_millis: i64) -> Self {
        Self::starting(Base::Hand, start_millis)
    }

    fn starting(base: Base, offset_millis: i64) -> Self {
        Self {
            inner: Arc::new(Inner {
                base,
                offset_millis: AtomicI64::new(offset_millis),
            }),
        }
    }

    /// Milliseconds since the Unix epoch.
    #[must_use]
    pub fn now_millis(&self) -> i64 {
        self.base_millis()
            .saturating_add(self.inner.offset_millis.load(Ordering::SeqCst))
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        let millis = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        // A saturating add keeps an absurd duration from turning time backwards.
        let _ =
            self.inner
                .offset_millis
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |offset| {
                    Some(offset.saturating_add(millis))
                });
    }

    /// Sets the time, in milliseconds since the Unix epoch; backwards is allowed.
    pub fn set(&self, millis: i64) {
        let offset = millis.saturating_sub(self.base_millis());
        self.inner.offset_millis.store(offset, Ordering::SeqCst);
    }

    fn base_millis(&self) -> i64 {
        match self.inner.base {
            Base::Hand => 0,
            Base::Machine => SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map_or(0, |since| {
                    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
                }),
        }
    }
}

/// SDK clients that share the world's clock sign with the time that the world verifies against.
impl TimeSource for StandinClock {
    fn now(&self) -> SystemTime {
        let millis = u64::try_from(self.now_millis()).unwrap_or(0);
        UNIX_EPOCH + Duration::from_millis(millis)
    }
}

/// Tables in memory go by the same clock. Those on disk cannot be given one; nothing that is
/// offered of them depends on the time (expiry is not offered, see [`crate::dynamodb`]).
impl dynoxide::storage_backend::Clock for StandinClock {
    fn now_unix_secs(&self) -> u64 {
        u64::try_from(self.now_millis().div_euclid(1000)).unwrap_or(0)
    }

    fn now_unix_secs_f64(&self) -> f64 {
        Duration::from_millis(u64::try_from(self.now_millis()).unwrap_or(0)).as_secs_f64()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_moved_by_hand_stands_still_until_moved() {
        let clock = StandinClock::by_hand(5_000);
        assert_eq!(clock.now_millis(), 5_000);
        clock.clone().advance(Duration::from_secs(2));
        assert_eq!(clock.now_millis(), 7_000);
        clock.set(1);
        assert_eq!(clock.now_millis(), 1);
    }

    #[test]
    fn the_machines_clock_can_be_put_ahead() {
        let clock = StandinClock::system();
        let before = clock.now_millis();
        clock.advance(Duration::from_secs(3600));
        assert!(clock.now_millis() >= before + 3_600_000);
    }
}
