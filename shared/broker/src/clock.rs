//! The one clock that Postern goes by.
//!
//! The rules take the time as an argument, and this is where it comes from. It is a function, not
//! a trait: the deployed functions read the machine's clock, the local run and the tests one that
//! can be moved by hand.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rules::moment::Moment;

/// Where the time comes from.
#[derive(Clone)]
pub struct Clock {
    read: Arc<dyn Fn() -> Moment + Send + Sync>,
}

impl Clock {
    /// How long [`Clock::sleep_until`] sleeps at most before it reads the clock again.
    const GLANCE: Duration = Duration::from_millis(100);

    /// The clock of the machine.
    #[must_use]
    pub fn system() -> Self {
        Self::from_fn(Arc::new(|| {
            let since_1970 = SystemTime::now()
                .duration_since(SystemTime::UNIX_EPOCH)
                .unwrap_or_default();
            Moment::from_millis(i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX))
        }))
    }

    /// A clock that shows what the function says, such as one that is moved by hand.
    #[must_use]
    pub fn from_fn(read: Arc<dyn Fn() -> Moment + Send + Sync>) -> Self {
        Self { read }
    }

    /// The time now.
    #[must_use]
    pub fn now(&self) -> Moment {
        (self.read)()
    }

    /// Waits until the clock shows `moment` or later; not at all where it does already.
    ///
    /// The clock is read at least every 100 ms, so that a clock that is set forward wakes the
    /// sleeper, and the machine's clock, corrected meanwhile, does not wake it early.
    pub async fn sleep_until(&self, moment: Moment) {
        loop {
            let left = moment.since(self.now());
            if left.is_zero() {
                return;
            }
            tokio::time::sleep(left.min(Self::GLANCE)).await;
        }
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Clock").field(&self.now()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};
    use std::time::Instant;

    use super::*;

    #[tokio::test]
    async fn a_clock_set_forward_wakes_the_sleeper() {
        let shown = Arc::new(AtomicI64::new(1_000));
        let clock = {
            let shown = Arc::clone(&shown);
            Clock::from_fn(Arc::new(move || {
                Moment::from_millis(shown.load(Ordering::Relaxed))
            }))
        };
        let sleeper = tokio::spawn({
            let clock = clock.clone();
            async move { clock.sleep_until(Moment::from_millis(3_600_000)).await }
        });
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert!(!sleeper.is_finished());
        shown.store(3_600_000, Ordering::Relaxed);
        tokio::time::timeout(Duration::from_secs(5), sleeper)
            .await
            .unwrap()
            .unwrap();
    }

    #[tokio::test]
    async fn nobody_is_woken_before_the_moment_and_the_past_is_not_waited_for() {
        let clock = Clock::system();
        let end = clock.now().plus(Duration::from_millis(250));
        clock.sleep_until(end).await;
        assert!(clock.now() >= end);
        let started = Instant::now();
        clock.sleep_until(Moment::from_seconds(0)).await;
        assert!(started.elapsed() < Duration::from_millis(100));
    }
}
