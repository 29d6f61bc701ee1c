//! A house that goes on by itself: the schedules of its sweeper and of its chat.

use std::sync::Arc;

use functions::sweep::AHEAD;
use tokio::task::{JoinHandle, JoinSet};

use super::{EVERY, House};

impl House {
    /// Sweeps from now on until the house falls, as a deployed sweeper does: a run begins every
    /// minute, whatever has become of the one before, and looks a little further ahead.
    #[must_use = "dropping it ends the sweeping"]
    pub fn keep_sweeping(&self) -> Sweeping {
        let (sweeper, clock) = (Arc::clone(&self.sweeper), self.clock.clone());
        let telling = self.chatting.keep_telling(&self.world, &self.clock);
        let sweeping = tokio::spawn(async move {
            let mut runs = JoinSet::new();
            loop {
                let begun = clock.now();
                let sweeper = Arc::clone(&sweeper);
                runs.spawn(async move { Box::pin(sweeper.run(begun.plus(AHEAD))).await });
                clock.sleep_until(begun.plus(EVERY)).await;
                while let Some(done) = runs.try_join_next() {
                    for trouble in done.iter().flat_map(|report| &report.troubles) {
                        let request = trouble.request.map(|id| id.to_string());
                        tracing::error!(request.id = request, cause = trouble.what, "met trouble");
                    }
                }
            }
        });
        Sweeping([sweeping, telling])
    }
}

/// A sweeper at work, and what brings its events to chat; dropping it ends their work.
#[derive(Debug)]
pub struct Sweeping([JoinHandle<()>; 2]);

impl Drop for Sweeping {
    fn drop(&mut self) {
        for task in &self.0 {
            task.abort();
        }
    }
}
