//! When to look again at something that changes elsewhere: seldom enough, and one look at a time.
//!
//! A look that came to something holds until the next round; after one that failed, the next
//! follows soon, but not at once: a flood of calls during an outage costs a few looks and no more.
//!
//! A look runs as a task of its own. Whoever needs its outcome waits for it, and a call that goes
//! away meanwhile does not take the look with it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rules::moment::Moment;
use tokio::sync::OwnedMutexGuard;

use crate::clock::Clock;

/// Keeps the times of the looks at one thing.
#[derive(Debug)]
pub(crate) struct Rounds {
    every: Duration,
    cooldown: Duration,
    clock: Clock,
    last: Arc<Mutex<Option<Look>>>,
    /// Held by whoever is looking.
    turn: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Debug, Clone, Copy)]
struct Look {
    began_at: Moment,
    came_to_something: bool,
}

/// Puts down that a look is over, however it ends: also one that panics is not begun again at
/// once. The fields fall in their order, so the turn is given up last.
struct Ending {
    look: Look,
    last: Arc<Mutex<Option<Look>>>,
    _turn: OwnedMutexGuard<()>,
}

impl Drop for Ending {
    fn drop(&mut self) {
        *held(&self.last) = Some(self.look);
    }
}

impl Rounds {
    /// A look `every` so often, and after one that failed the next no sooner than `cooldown` later.
    pub(crate) fn new(every: Duration, cooldown: Duration, clock: Clock) -> Self {
        Self {
            every,
            cooldown: cooldown.min(every),
            clock,
            last: Arc::default(),
            turn: Arc::default(),
        }
    }

    /// Looks where it is time to, and otherwise does nothing; waits for a look that is under way.
    /// `look` is told when it begins, and tells whether it came to something.
    pub(crate) async fn keep_up<F>(&self, look: impl FnOnce(Moment) -> F)
    where
        F: Future<Output = bool> + Send + 'static,
    {
        if !self.is_due() {
            return;
        }
        let turn = Arc::clone(&self.turn).lock_owned().await;
        // Somebody may have looked while this call waited for its turn.
        if !self.is_due() {
            return;
        }
        let began_at = self.clock.now();
        let mut ending = Ending {
            look: Look {
                began_at,
                came_to_something: false,
            },
            last: Arc::clone(&self.last),
            _turn: turn,
        };
        let look = look(began_at);
        let task = tokio::spawn(async move {
            ending.look.came_to_something = look.await;
            drop(ending);
        });
        // What a look that panicked leaves behind is told from the state, like any other.
        drop(task.await);
    }

    /// How long until the next look; whole seconds are meant for `Retry-After`.
    pub(crate) fn wait(&self) -> Duration {
        let last = *held(&self.last);
        let wait = last.map_or(Duration::ZERO, |look| {
            let passed = elapsed(look.began_at, self.clock.now());
            self.pause(look).saturating_sub(passed)
        });
        wait.max(Duration::from_secs(1))
    }

    fn is_due(&self) -> bool {
        let last = *held(&self.last);
        last.is_none_or(|look| elapsed(look.began_at, self.clock.now()) >= self.pause(look))
    }

    fn pause(&self, look: Look) -> Duration {
        if look.came_to_something {
            self.every
        } else {
            self.cooldown
        }
    }
}

/// How long ago that was. A clock that was set back makes it long ago, lest nobody look until the
/// clock has caught up.
fn elapsed(then: Moment, now: Moment) -> Duration {
    if now < then {
        Duration::MAX
    } else {
        now.since(then)
    }
}

/// Takes a lock whatever became of its last holder: all that is held so is replaced as a whole.
pub(crate) fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

    use super::*;

    struct Scene {
        rounds: Arc<Rounds>,
        now: Arc<AtomicI64>,
        looks: Arc<AtomicUsize>,
    }

    fn scene() -> Scene {
        let now = Arc::new(AtomicI64::new(1_795_600_000_000));
        let read = Arc::clone(&now);
        let clock = Clock::from_fn(Arc::new(move || {
            Moment::from_millis(read.load(Ordering::SeqCst))
        }));
        let (every, cooldown) = (Duration::from_secs(60), Duration::from_secs(5));
        Scene {
            rounds: Arc::new(Rounds::new(every, cooldown, clock)),
            now,
            looks: Arc::default(),
        }
    }

    impl Scene {
        fn pass(&self, seconds: i64) {
            self.now.fetch_add(seconds * 1_000, Ordering::SeqCst);
        }

        async fn keep_up(&self, well: bool) -> usize {
            let looks = Arc::clone(&self.looks);
            self.rounds
                .keep_up(|_| async move {
                    looks.fetch_add(1, Ordering::SeqCst);
                    tokio::task::yield_now().await;
                    well
                })
                .await;
            self.looks.load(Ordering::SeqCst)
        }
    }

    #[tokio::test]
    async fn a_look_that_came_to_something_holds_for_a_round_and_another_for_the_cooldown() {
        let scene = scene();
        assert_eq!(scene.keep_up(true).await, 1);
        assert_eq!(scene.rounds.wait(), Duration::from_secs(60));
        scene.pass(59);
        assert_eq!(scene.keep_up(true).await, 1);
        scene.pass(1);
        assert_eq!(scene.keep_up(false).await, 2);
        assert_eq!(scene.rounds.wait(), Duration::from_secs(5));
        scene.pass(4);
        assert_eq!(scene.keep_up(false).await, 2);
        assert_eq!(scene.rounds.wait(), Duration::from_secs(1));
        scene.pass(1);
        assert_eq!(scene.keep_up(true).await, 3);
    }

    #[tokio::test]
    async fn a_clock_that_was_set_back_does_not_keep_anybody_from_looking() {
        let scene = scene();
        scene.keep_up(true).await;
        scene.pass(-3_600);
        assert_eq!(scene.keep_up(true).await, 2);
    }

    #[tokio::test]
    async fn many_calls_share_one_look() {
        let scene = scene();
        let calls: Vec<_> = (0..200)
            .map(|_| {
                let (rounds, looks) = (Arc::clone(&scene.rounds), Arc::clone(&scene.looks));
                tokio::spawn(async move {
                    rounds
                        .keep_up(|_| async move {
                            looks.fetch_add(1, Ordering::SeqCst);
                            tokio::task::yield_now().await;
                            false
                        })
                        .await;
                })
            })
            .collect();
        for call in calls {
            call.await.unwrap();
        }
        assert_eq!(scene.looks.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn a_call_that_goes_away_does_not_take_the_look_with_it() {
        let scene = scene();
        let gate = Arc::new(tokio::sync::Notify::new());
        let (rounds, looks) = (Arc::clone(&scene.rounds), Arc::clone(&scene.looks));
        let wait = Arc::clone(&gate);
        let call = tokio::spawn(async move {
            rounds
                .keep_up(|_| async move {
                    wait.notified().await;
                    looks.fetch_add(1, Ordering::SeqCst);
                    true
                })
                .await;
        });
        tokio::task::yield_now().await;
        call.abort();
        gate.notify_one();
        assert_eq!(scene.keep_up(true).await, 1);
    }

    #[tokio::test]
    async fn a_look_that_panics_has_failed() {
        let scene = scene();
        scene
            .rounds
            .keep_up(|_| async { panic!("as arranged") })
            .await;
        assert_eq!(scene.keep_up(true).await, 0);
        scene.pass(5);
        assert_eq!(scene.keep_up(true).await, 1);
    }
}
