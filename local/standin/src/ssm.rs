//! Systems Manager: nodes, session documents and sessions, as Session Manager shows them, and
//! parameters (`stored`).
//!
//! A session's life is a timeline that is read for a moment (`session`), so an end that comes by
//! itself needs nobody to bring it about, and a listing that lags reads an earlier moment
//! (`listing`). The agent on the node is played by `agent`: at a session's end it writes the log
//! to the bucket that the session's document names. Documents are read strictly (`document`);
//! AWS's own are there from the start (`owned`).
//!
//! What AWS leaves open is a switch in [`SessionHabits`], so that a caller can be tested against
//! either answer. Nothing of a session's traffic is offered: a data channel is only judged
//! ([`World::open_data_channel`]).

mod agent;
mod channel;
mod check;
mod document;
mod documents;
mod inventory;
mod listing;
mod node;
mod open;
mod owned;
pub(crate) mod page;
mod parameter;
mod rate;
mod seeding;
mod session;
mod setting;
mod stored;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::call::{Answer, AwsError, Call, Demand, Handled};
use crate::world::World;

pub use agent::LogBehaviour;
pub(crate) use agent::settle;
pub use document::SessionType;
pub use node::{NodeSpec, PingStatus, Platform};
pub use seeding::{NotThere, SessionSnapshot};
pub use session::{EndCause, SessionHabits, SessionStatus};
pub use stored::ParameterType;

/// Nodes, documents, sessions and parameters.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct State {
    /// By id, which no two accounts share.
    nodes: BTreeMap<String, node::Node>,
    /// By ARN.
    documents: BTreeMap<String, documents::Document>,
    /// By id, whose random part no two accounts share.
    sessions: BTreeMap<String, session::Session>,
    /// By session or node.
    log_orders: BTreeMap<String, agent::Ordered>,
    habits: SessionHabits,
    /// Settings of accounts, by ARN; what is not here is as AWS makes it.
    settings: BTreeMap<String, String>,
    /// By ARN. Never on disk.
    #[serde(skip)]
    parameters: BTreeMap<String, stored::Stored>,
    #[serde(skip)]
    recent: rate::Recent,
}

impl State {
    /// A session of an account and Region.
    fn session(&self, account: &str, region: &str, id: &str) -> Option<&session::Session> {
        self.sessions
            .get(id)
            .filter(|session| session.is_in(account, region))
    }
}

/// Adds the tags of a resource to what is asked about it.
fn with_tags(world: &World, demand: Demand, arn: &str) -> Demand {
    world
        .tags_of(arn)
        .into_iter()
        .fold(demand, |demand, (key, value)| {
            demand
                .with(format!("ssm:resourceTag/{key}"), value.clone())
                .with(format!("aws:ResourceTag/{key}"), value)
        })
}

/// What a call needs to be allowed.
pub(crate) fn demands(world: &World, call: &Call) -> Result<Vec<Demand>, AwsError> {
    let one = |demand: Demand| vec![demand];
    // No resource-level permission (AWS-FACTS 2.6).
    let on_any = || Ok(one(Demand::new(format!("ssm:{}", call.operation), "*")));
    match call.operation.as_str() {
        "StartSession" => open::start_demands(world, call),
        "ResumeSession" | "TerminateSession" => open::session_demand(world, call).map(one),
        "DescribeSessions" | "DescribeInstanceInformation" | "ListDocuments" => on_any(),
        "GetConnectionStatus" => inventory::connection_demand(world, call).map(one),
        "CreateDocument" => documents::create_demand(call).map(one),
        "GetDocument" | "DescribeDocument" => documents::named_demand(world, call).map(one),
        "ListTagsForResource" => inventory::tags_demand(call).map(one),
        "GetParameter" => stored::demand(world, call).map(one),
        "GetServiceSetting" => setting::demand(call).map(one),
        other => Err(AwsError::unknown_operation(call.service, other)),
    }
}

/// Answers a call.
pub(crate) fn handle(world: &World, call: &Call) -> Handled {
    {
        let mut state = world.ssm_state();
        if state.habits.rate_limits {
            state.recent.admit(call)?;
        }
    }
    settle(world, call.now_millis);
    let answer = match call.operation.as_str() {
        "StartSession" => open::start(world, call),
        "ResumeSession" => open::resume(world, call),
        "TerminateSession" => open::terminate(world, call),
        "DescribeSessions" => describe_sessions(world, call),
        "DescribeInstanceInformation" => inventory::describe(world, call),
        "GetConnectionStatus" => inventory::connection(world, call),
        "CreateDocument" => documents::create(world, call),
        "GetDocument" => documents::get(world, call),
        "DescribeDocument" => documents::describe(world, call),
        "ListDocuments" => documents::list(world, call),
        "ListTagsForResource" => inventory::tags(world, call),
        "GetParameter" => stored::get(world, call),
        "GetServiceSetting" => setting::get(world, call),
        other => Err(AwsError::unknown_operation(call.service, other)),
    };
    // A session that just ended may have a log that is due at once.
    settle(world, call.now_millis);
    answer
}

fn describe_sessions(world: &World, call: &Call) -> Handled {
    let query = listing::Query::read(call.json()?)?;
    let state = world.ssm_state();
    let lag = i64::from(state.habits.listing_lag_millis);
    let view = listing::View {
        account: &call.caller.account,
        region: &call.region,
        as_of: call.now_millis.saturating_sub(lag),
    };
    let answer = query.answer(state.sessions.values(), view, &state.habits)?;
    Ok(Answer::json_1_1(&answer))
}

#[cfg(test)]
mod tests;
