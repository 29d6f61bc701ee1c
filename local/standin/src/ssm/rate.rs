//! The account's calls per second (AWS-FACTS 0.7), by account, Region and operation.

use std::collections::{BTreeMap, VecDeque};

use crate::call::{AwsError, Call};

/// When the recent calls came, oldest first.
#[derive(Debug, Default)]
pub(super) struct Recent {
    calls: BTreeMap<(String, String, &'static str), VecDeque<i64>>,
}

/// The operations that are limited, and to how many calls in a second.
fn limit(operation: &str) -> Option<(&'static str, usize)> {
    Some(match operation {
        "StartSession" => ("StartSession", 3),
        "TerminateSession" => ("TerminateSession", 6),
        "DescribeSessions" => ("DescribeSessions", 6),
        "ResumeSession" => ("ResumeSession", 6),
        "GetConnectionStatus" => ("GetConnectionStatus", 50),
        _ => return None,
    })
}

impl Recent {
    /// Counts a call.
    ///
    /// # Errors
    /// `ThrottlingException` when it is one too many for any span of a second.
    pub(super) fn admit(&mut self, call: &Call) -> Result<(), AwsError> {
        let Some((operation, most)) = limit(&call.operation) else {
            return Ok(());
        };
        let key = (call.caller.account.clone(), call.region.clone(), operation);
        let times = self.calls.entry(key).or_default();
        // A clock that was put back forgets the future.
        times.retain(|at| (call.now_millis - 999..=call.now_millis).contains(at));
        if times.len() >= most {
            return Err(AwsError::new(400, "ThrottlingException", "Rate exceeded"));
        }
        times.push_back(call.now_millis);
        Ok(())
    }
}
