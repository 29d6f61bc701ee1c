//! What is in force: the policy set, and who is on call.

use std::sync::Arc;

use rules::life::ask::Regime;
use rules::moment::Moment;
use rules::on_call::{Feed, OnCall};
use rules::policy::PolicySet;

use crate::notice::{Notice, Notices};
use crate::on_call::OnCallFeed;
use crate::policies::{NoPolicy, Policies};
use crate::terms::Terms;

/// Keeps what changes while a function runs. Copies share it.
#[derive(Debug, Clone)]
pub struct InForce {
    policies: Arc<Policies>,
    on_call: Arc<OnCallFeed>,
    notices: Notices,
}

/// What is in force for one call.
#[derive(Debug, Clone)]
pub struct Ruling {
    policy: Arc<PolicySet>,
    feed: Option<Arc<Feed>>,
}

impl InForce {
    /// These policies, and these people on call; and whom to tell of what comes of them.
    #[must_use]
    pub fn new(policies: Policies, on_call: OnCallFeed, notices: Notices) -> Self {
        Self {
            policies: Arc::new(policies),
            on_call: Arc::new(on_call),
            notices,
        }
    }

    /// Tells of something that was done by what is in force, such as a way for emergencies.
    pub fn tell(&self, notice: Notice) {
        self.notices.tell(notice);
    }

    /// What is in force now. It is asked for again by whoever judges again: looking is cheap, and
    /// what was in force a while ago may not be any more.
    ///
    /// # Errors
    /// There is no policy set.
    pub async fn now(&self) -> Result<Ruling, NoPolicy> {
        let (policy, feed) = tokio::join!(self.policies.current(), self.on_call.current());
        Ok(Ruling {
            policy: policy?,
            feed,
        })
    }
}

impl Ruling {
    /// What the rules ask and issue by, at that time.
    #[must_use]
    pub fn regime<'a>(&'a self, terms: &'a Terms, now: Moment) -> Regime<'a> {
        let on_call = self.feed.as_deref().map(|feed| feed.at(now));
        Regime {
            places: &terms.places,
            policy: &self.policy,
            on_call: on_call.unwrap_or(OnCall::nobody()),
            pace: &terms.pace,
        }
    }
}
