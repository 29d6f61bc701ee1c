//! What an alarm can count: one line of CloudWatch's embedded metric format for each thing.
//!
//! Such a line on standard output becomes a metric by itself; the function needs no permission and
//! makes no call for it (AWS-FACTS 6.14). It is the only thing beside the log that is written
//! there. The one dimension is the function: whoever called, or which request it was about, would
//! make a metric of each (and stands in the log).

use std::fmt;
use std::io::Write as _;
use std::sync::Arc;

use broker::clock::Clock;
use broker::notice::Notice;
use serde_json::{Value, json};

use crate::code::Code;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metric {
    /// Another policy set came into force, or the first one.
    PolicyLoaded,
    /// A look for the policy set failed, and the last good one stays in force.
    PolicyKept,
    /// A look found a policy set that is not valid.
    PolicyInvalid,
    /// A look for the policy set failed, and there is none.
    PolicyUnavailable,
    /// What is to tell who is on call was refused.
    OnCallRefused,
    /// What tells who is on call could not be read.
    OnCallUnread,
    /// What tells who is on call is over.
    OnCallStale,
    /// The doctor's function gave no answer.
    DoctorSilent,
    /// Somebody asked for access.
    Requests,
    /// Somebody used a way to access that is for emergencies.
    GlassBroken,
    /// A call was answered with `policy-invalid`.
    AnsweredPolicyInvalid,
    /// A call was answered with `policy-unavailable`.
    AnsweredPolicyUnavailable,
}

impl Metric {
    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PolicyLoaded => "PolicyLoaded",
            Self::PolicyKept => "PolicyKept",
            Self::PolicyInvalid => "PolicyInvalid",
            Self::PolicyUnavailable => "PolicyUnavailable",
            Self::OnCallRefused => "OnCallRefused",
            Self::OnCallUnread => "OnCallUnread",
            Self::OnCallStale => "OnCallStale",
            Self::DoctorSilent => "DoctorSilent",
            Self::Requests => "Requests",
            Self::GlassBroken => "GlassBroken",
            Self::AnsweredPolicyInvalid => "AnsweredPolicyInvalid",
            Self::AnsweredPolicyUnavailable => "AnsweredPolicyUnavailable",
        }
    }

    /// What is counted of an answer with this code.
    pub(crate) fn of_answer(code: &str) -> Option<Self> {
        [
            (Code::PolicyInvalid, Self::AnsweredPolicyInvalid),
            (Code::PolicyUnavailable, Self::AnsweredPolicyUnavailable),
        ]
        .into_iter()
        .find_map(|(counted, metric)| (counted.as_str() == code).then_some(metric))
    }
}

impl From<&Notice> for Figure {
    fn from(notice: &Notice) -> Self {
        let metric = match notice {
            Notice::PolicyLoaded { .. } => Metric::PolicyLoaded,
            Notice::PolicyKept { .. } => Metric::PolicyKept,
            Notice::PolicyInvalid { .. } => Metric::PolicyInvalid,
            Notice::PolicyUnavailable { .. } => Metric::PolicyUnavailable,
            Notice::OnCallRefused { .. } => Metric::OnCallRefused,
            Notice::OnCallUnread { .. } => Metric::OnCallUnread,
            Notice::OnCallStale { .. } => Metric::OnCallStale,
            Notice::DoctorSilent { .. } => Metric::DoctorSilent,
            Notice::Asked => Metric::Requests,
            Notice::GlassBroken { .. } => Metric::GlassBroken,
            Notice::Decided { took } => {
                let took = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
                return Self::milliseconds("TimeToDecision", &[took]);
            }
        };
        Self::count(metric.as_str(), 1)
    }
}

/// One figure of a metric line.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    name: &'static str,
    unit: &'static str,
    value: Value,
}

impl Figure {
    /// How many.
    #[must_use]
    pub fn count(name: &'static str, count: u64) -> Self {
        Self {
            name,
            unit: "Count",
            value: count.into(),
        }
    }

    /// How long, in milliseconds, once or several times; a metric takes at most a hundred values.
    #[must_use]
    pub fn milliseconds(name: &'static str, values: &[u64]) -> Self {
        Self {
            name,
            unit: "Milliseconds",
            value: match values {
                [one] => (*one).into(),
                several => several.into(),
            },
        }
    }
}

/// Counts what happens in one function. Copies write to the same place.
#[derive(Clone)]
pub struct Metrics {
    function: Arc<str>,
    clock: Clock,
    write: Arc<dyn Fn(&str) + Send + Sync>,
}

impl Metrics {
    /// Writes to standard output.
    #[must_use]
    pub fn to_stdout(function: &str, clock: Clock) -> Self {
        Self::to(function, clock, |line| {
            // Whoever reads metrics has gone; the call goes on.
            let _ = std::io::stdout().lock().write_all(line.as_bytes());
        })
    }

    /// Hands each line, with its line break, to this function.
    #[must_use]
    pub fn to(function: &str, clock: Clock, write: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self {
            function: function.into(),
            clock,
            write: Arc::new(write),
        }
    }

    /// Counts nothing.
    #[must_use]
    pub fn uncounted() -> Self {
        Self::to("none", Clock::system(), |_| {})
    }

    /// Counts one.
    pub fn count(&self, metric: Metric) {
        self.tell(&[Figure::count(metric.as_str(), 1)]);
    }

    /// Tells figures of one moment, in one line.
    pub fn tell(&self, figures: &[Figure]) {
        let named: Vec<Value> = figures
            .iter()
            .map(|figure| json!({"Name": figure.name, "Unit": figure.unit}))
            .collect();
        let mut line = json!({
            "_aws": {
                "Timestamp": self.clock.now().millis(),
                "CloudWatchMetrics": [{
                    "Namespace": "Postern",
                    "Dimensions": [["Function"]],
                    "Metrics": named,
                }],
            },
            "Function": self.function.as_ref(),
        });
        for figure in figures {
            if let Some(members) = line.as_object_mut() {
                members.insert(figure.name.to_owned(), figure.value.clone());
            }
        }
        let mut line = line.to_string();
        line.push('\n');
        (self.write)(&line);
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics")
            .field("function", &self.function)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use rules::moment::Moment;

    #[test]
    fn a_count_is_one_line_of_the_embedded_metric_format() {
        let lines = Arc::new(Mutex::new(String::new()));
        let kept = Arc::clone(&lines);
        let clock = Clock::from_fn(Arc::new(|| Moment::from_millis(1_795_514_400_123)));
        let metrics = Metrics::to("issue", clock, move |line| {
            kept.lock().unwrap().push_str(line);
        });
        metrics.count(Metric::PolicyKept);
        let text = lines.lock().unwrap().clone();
        assert!(text.ends_with('\n') && text.lines().count() == 1);
        let line: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            line,
            json!({
                "_aws": {
                    "Timestamp": 1_795_514_400_123_i64,
                    "CloudWatchMetrics": [{
                        "Namespace": "Postern",
                        "Dimensions": [["Function"]],
                        "Metrics": [{"Name": "PolicyKept", "Unit": "Count"}],
                    }],
                },
                "Function": "issue",
                "PolicyKept": 1,
            })
        );
    }

    #[test]
    fn only_answers_for_want_of_a_policy_set_are_counted() {
        let counted: Vec<Code> = Code::ALL
            .into_iter()
            .filter(|code| Metric::of_answer(code.as_str()).is_some())
            .collect();
        assert_eq!(counted, [Code::PolicyUnavailable, Code::PolicyInvalid]);
    }
}
