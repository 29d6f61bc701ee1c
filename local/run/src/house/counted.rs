//! What the functions of a house count: here nobody reads their standard output.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use broker::clock::Clock;
use functions::metrics::Metrics;

use super::Function;

/// The most lines that are kept; a house may stand for days.
const MOST: usize = 1_000;

/// Keeps the lines of metrics. Copies keep the same ones.
#[derive(Debug, Clone, Default)]
pub(super) struct Counted(Arc<Mutex<VecDeque<String>>>);

impl Counted {
    /// What a function counts by.
    pub(super) fn metrics(&self, function: Function, clock: &Clock) -> Metrics {
        let kept = self.clone();
        Metrics::to(function.role(), clock.clone(), move |line| {
            let mut lines = kept.held();
            if lines.len() == MOST {
                lines.pop_front();
            }
            lines.push_back(line.to_owned());
        })
    }

    /// All that are kept, oldest first.
    pub(super) fn lines(&self) -> Vec<String> {
        self.held().iter().cloned().collect()
    }

    fn held(&self) -> MutexGuard<'_, VecDeque<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
