//! The kinds of calls to AWS: who makes them, and about what.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::Value;
use standin::Service;
use standin::faults::{FaultKind, FaultRule, RuleId};
use standin::journal::JournalEntry;

use crate::scene::Scene;

/// One kind of call, by the first call of it in a life.
#[derive(Debug, Clone)]
pub(super) struct Site {
    service: Service,
    operation: String,
    /// The role of who makes it.
    role: String,
    /// What it is about.
    about: String,
    /// Text that tells it from other calls of the operation, which may be made at the same time.
    mark: String,
    /// How many calls of the operation with that text come before it.
    nth: u32,
}

/// The kinds of calls that Postern has made, each once.
pub(super) fn sites(journal: &[JournalEntry]) -> Vec<Site> {
    let mut known = BTreeSet::new();
    let mut made: BTreeMap<(String, String, String), u32> = BTreeMap::new();
    let mut sites = Vec::new();
    for call in journal {
        let mark = mark(&call.parameters);
        let key = (
            format!("{:?}", call.service),
            call.operation.clone(),
            mark.clone(),
        );
        let count = made.entry(key).or_default();
        let nth = *count;
        *count += 1;
        // What people do with their credentials, or a test behind the curtain, is not Postern's.
        let role = call.caller.as_deref().and_then(role_of);
        let Some(role) =
            role.filter(|role| role.starts_with("Postern") && *role != "PosternAccess")
        else {
            continue;
        };
        let site = Site {
            service: call.service,
            operation: call.operation.clone(),
            role: role.to_owned(),
            about: about(&call.parameters),
            mark,
            nth,
        };
        if known.insert(site.to_string()) {
            sites.push(site);
        }
    }
    sites
}

/// Each operation once for each role that calls it, whatever it is about.
pub(super) fn one_of_each_operation(sites: Vec<Site>) -> Vec<Site> {
    let mut known = BTreeSet::new();
    let mut chosen = sites;
    chosen.retain(|site| known.insert((site.operation.clone(), site.role.clone())));
    chosen
}

/// Those that change something.
pub(super) fn with_effect(sites: Vec<Site>) -> Vec<Site> {
    let reads = ["Get", "BatchGet", "Query", "Describe", "List"];
    let mut chosen = sites;
    chosen.retain(|site| !reads.iter().any(|read| site.operation.starts_with(read)));
    chosen
}

/// The role in the ARN of a session of it.
fn role_of(caller: &str) -> Option<&str> {
    caller.split_once("assumed-role/")?.1.split('/').next()
}

/// The kind of item, or the index, that a call of the ledger names; nothing for any other call.
fn mark(parameters: &Value) -> String {
    let key = parameters["Key"]["pk"]["S"].as_str();
    let queried = parameters["ExpressionAttributeValues"][":pk"]["S"].as_str();
    let kind = key.or(queried).and_then(|pk| pk.split_once('#'));
    let index = parameters["IndexName"].as_str();
    match (kind, index) {
        (Some((kind, _)), _) => format!("{kind}#"),
        (None, Some(index)) => format!("\"{index}\""),
        (None, None) => String::new(),
    }
}

/// What a call is about: an index, a kind of item, what is written to a chain, which sessions.
fn about(parameters: &Value) -> String {
    let written = parameters["TransactItems"].as_array().into_iter().flatten();
    let words: Vec<String> = written
        .filter_map(|action| action["Put"]["Item"]["doc"]["S"].as_str())
        .filter_map(|doc| serde_json::from_str::<Value>(doc).ok())
        .filter_map(|doc| doc["event"]["type"].as_str().map(str::to_owned))
        .collect();
    let values = &parameters["ExpressionAttributeValues"];
    let key = &parameters["Key"]["pk"]["S"];
    let named = [
        key.as_str().and_then(|key| key.split('#').next()),
        values[":pk"]["S"]
            .as_str()
            .and_then(|key| key.split('#').next()),
        parameters["IndexName"].as_str(),
        values[":prefix"]["S"].as_str(),
        parameters["State"].as_str(),
        parameters["ConditionExpression"].as_str(),
    ];
    let named = named.into_iter().flatten().map(str::to_owned);
    named.chain(words).collect::<Vec<_>>().join(" ")
}

impl Site {
    pub(super) fn is(&self, service: Service) -> bool {
        self.service == service
    }

    /// Whether each attempt is a call that was counted: the SDK repeats none of the sweeper's to SSM.
    pub(super) fn is_counted(&self) -> bool {
        self.is(Service::Ssm) && self.role == "PosternSweeper"
    }

    /// Whether several such calls are made at the same time, so that each try of a fault may strike
    /// another one.
    pub(super) fn has_twins(&self) -> bool {
        self.mark == "LOG#"
    }

    /// Lets the first call of this kind meet the fault: each attempt a part of it.
    pub(super) fn strike(&self, scene: &Scene, fault: Vec<FaultKind>) -> Vec<RuleId> {
        let attempts = (self.nth..).zip(fault);
        let rule = |(skipped, kind)| {
            let rule = FaultRule::once(self.service, self.operation.clone(), kind);
            let rule = rule.body_contains(&self.mark).after_skipping(skipped);
            scene.world().faults().inject(rule)
        };
        attempts.map(rule).collect()
    }
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            service,
            operation,
            role,
            about,
            ..
        } = self;
        write!(f, "{service:?}:{operation} of {role} ({about})")
    }
}
