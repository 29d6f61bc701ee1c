//! The inventory: what AWS knows of instances. Nothing of it comes from a caller.
//!
//! Two sources are joined. SSM knows which nodes have an agent, whether it answers, and on which
//! platform (AWS-FACTS 4.8); stopped nodes are not among them. The tagging API knows the tags of
//! EC2 instances, stopped ones included, and only of those that have any. Tags of hybrid nodes are
//! kept by SSM. An instance that neither source knows does not exist here, and a request for it is
//! refused.
//!
//! None of the calls supports permissions on single resources (AWS-FACTS 2.6); it is the place
//! that bounds what is asked about.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_resourcegroupstagging::Client as TaggingClient;
use aws_sdk_ssm::Client as SsmClient;
use aws_sdk_ssm::types::{
    InstanceInformation, InstanceInformationStringFilter, ResourceTypeForTagging,
};
use rules::facts::{Ping, Platform, TargetFacts};
use rules::names::{AccountId, Arn, InstanceId, Region, Target};
use rules::place::{Place, Places};

use crate::aws::{Accounts, NoCredentials, PerPlace};
use crate::fault::AwsFault;

const SSM: &str = "ssm";
const DESCRIBE: &str = "DescribeInstanceInformation";
const LIST_TAGS: &str = "ListTagsForResource";
const TAGGING: &str = "tag";
const GET_RESOURCES: &str = "GetResources";

/// The most nodes on a page, and the most ids that are asked about at once.
const PAGE: usize = 50;
/// The most ARNs that the tagging API takes at once.
const ARNS: usize = 100;
/// The most pages of one listing.
const MOST_PAGES: usize = 200;

/// Reads facts about instances.
#[derive(Debug)]
pub struct Inventory {
    places: PerPlace<Clients>,
}

#[derive(Debug)]
struct Clients {
    ssm: SsmClient,
    tagging: TaggingClient,
}

/// What SSM says of a node's agent.
#[derive(Debug, Clone)]
struct Agent {
    platform: Platform,
    ping: Ping,
    version: Option<String>,
}

type Tags = BTreeMap<String, String>;

impl Inventory {
    /// Clients for all places.
    ///
    /// # Errors
    /// A place lies in an account without credentials.
    pub fn new(accounts: &Accounts, places: &Places) -> Result<Self, NoCredentials> {
        let places = PerPlace::build(accounts, places, |config| Clients {
            ssm: SsmClient::new(config),
            tagging: TaggingClient::new(config),
        })?;
        Ok(Self { places })
    }

    /// The facts about these targets as they are now, sorted by target, each once. Targets that
    /// AWS does not know, or that lie in no place served, are left out.
    ///
    /// # Errors
    /// A source gave no usable answer. Half of the facts are none.
    pub async fn facts(&self, targets: &[Target]) -> Result<Vec<TargetFacts>, AwsFault> {
        let mut by_place: BTreeMap<(&AccountId, &Region), BTreeSet<&Target>> = BTreeMap::new();
        for target in targets {
            by_place
                .entry((&target.account, &target.region))
                .or_default()
                .insert(target);
        }
        let mut facts = BTreeMap::new();
        for ((account, region), targets) in by_place {
            let Some(clients) = self.places.of(account, region) else {
                continue;
            };
            let targets: Vec<&Target> = targets.into_iter().collect();
            for found in Box::pin(clients.facts(&targets)).await? {
                facts.insert(found.target.clone(), found);
            }
        }
        Ok(facts.into_values().collect())
    }

    /// The facts about up to `limit` nodes of a place that SSM knows, sorted by target. Stopped
    /// instances are not among them.
    ///
    /// # Errors
    /// A source gave no usable answer, or the place is not served.
    pub async fn all(&self, place: &Place, limit: usize) -> Result<Vec<TargetFacts>, AwsFault> {
        let clients = self
            .places
            .of(&place.account, &place.region)
            .ok_or_else(|| AwsFault::not_served(SSM, DESCRIBE))?;
        let agents = Box::pin(clients.agents(None, limit)).await?;
        let targets: Vec<Target> = agents
            .keys()
            .map(|instance| Target {
                account: place.account.clone(),
                region: place.region.clone(),
                instance: instance.clone(),
            })
            .collect();
        let targets: Vec<&Target> = targets.iter().collect();
        let mut tags = Box::pin(clients.ec2_tags(&targets)).await?;
        tags.extend(Box::pin(clients.hybrid_tags(agents.keys())).await?);
        Ok(join(&targets, &agents, &tags))
    }
}

impl Clients {
    /// The facts about targets of one place.
    async fn facts(&self, targets: &[&Target]) -> Result<Vec<TargetFacts>, AwsFault> {
        // Somebody waits for the answer: ask both sources at once.
        let (agents, mut tags) = tokio::try_join!(
            Box::pin(self.agents_of(targets)),
            Box::pin(self.ec2_tags(targets))
        )?;
        // SSM lists every hybrid node that is registered, so one that it does not list is none.
        tags.extend(Box::pin(self.hybrid_tags(agents.keys())).await?);
        Ok(join(targets, &agents, &tags))
    }

    /// The agents of those of these targets that SSM knows.
    async fn agents_of(
        &self,
        targets: &[&Target],
    ) -> Result<BTreeMap<InstanceId, Agent>, AwsFault> {
        let mut agents = BTreeMap::new();
        for some in targets.chunks(PAGE) {
            let ids = some
                .iter()
                .map(|target| target.instance.to_string())
                .collect();
            agents.extend(Box::pin(self.known_agents(ids)).await?);
        }
        Ok(agents)
    }

    /// The agents of those of these nodes that SSM knows.
    ///
    /// SSM may refuse a whole list for one id that it does not know; then each id is asked about
    /// by itself, so that a stranger among the targets does not hide the others.
    async fn known_agents(
        &self,
        ids: Vec<String>,
    ) -> Result<BTreeMap<InstanceId, Agent>, AwsFault> {
        let unknown = |fault: &AwsFault| fault.code == "InvalidInstanceId";
        let most = ids.len();
        match Box::pin(self.agents(Some(ids.clone()), most)).await {
            Err(fault) if unknown(&fault) => {}
            answer => return answer,
        }
        let mut agents = BTreeMap::new();
        for id in ids {
            match Box::pin(self.agents(Some(vec![id]), 1)).await {
                Ok(found) => agents.extend(found),
                Err(fault) if unknown(&fault) => {}
                Err(fault) => return Err(fault),
            }
        }
        Ok(agents)
    }

    /// Up to `limit` agents: of these nodes, or of all.
    async fn agents(
        &self,
        ids: Option<Vec<String>>,
        limit: usize,
    ) -> Result<BTreeMap<InstanceId, Agent>, AwsFault> {
        let filter = ids
            .map(|ids| {
                InstanceInformationStringFilter::builder()
                    .key("InstanceIds")
                    .set_values(Some(ids))
                    .build()
            })
            .transpose()
            .map_err(|_| AwsFault::unsendable(SSM, DESCRIBE))?;
        let filters = filter.map(|filter| vec![filter]);
        let mut agents = BTreeMap::new();
        let mut token: Option<String> = None;
        for _ in 0..MOST_PAGES {
            let call = self
                .ssm
                .describe_instance_information()
                .set_filters(filters.clone())
                .max_results(i32::try_from(PAGE).unwrap_or(i32::MAX))
                .set_next_token(token.take())
                .send();
            let answer = Box::pin(call)
                .await
                .map_err(|error| AwsFault::of(SSM, DESCRIBE, &error))?;
            for node in answer.instance_information_list() {
                // An id of another shape belongs to a kind of node that cannot be a target.
                let id = node
                    .instance_id()
                    .and_then(|id| id.parse::<InstanceId>().ok());
                if let Some(id) = id
                    && agents.len() < limit
                {
                    agents.insert(id, Agent::read(node));
                }
            }
            token = answer.next_token.filter(|token| !token.is_empty());
            if token.is_none() || agents.len() >= limit {
                return Ok(agents);
            }
        }
        Err(AwsFault::unreadable(SSM, DESCRIBE))
    }

    /// The tags of the EC2 instances among these targets that carry any.
    async fn ec2_tags(&self, targets: &[&Target]) -> Result<BTreeMap<InstanceId, Tags>, AwsFault> {
        let by_arn: BTreeMap<String, &InstanceId> = targets
            .iter()
            .filter(|target| matches!(target.instance, InstanceId::Ec2(_)))
            .map(|target| (Arn::of_target(target).to_string(), &target.instance))
            .collect();
        let arns: Vec<&String> = by_arn.keys().collect();
        let mut tags = BTreeMap::new();
        for some in arns.chunks(ARNS) {
            for (arn, found) in Box::pin(self.tags_of_arns(some)).await? {
                if let Some(instance) = by_arn.get(&arn) {
                    tags.insert((*instance).clone(), found);
                }
            }
        }
        Ok(tags)
    }

    /// The tags of the hybrid nodes among these.
    async fn hybrid_tags(
        &self,
        instances: impl Iterator<Item = &InstanceId>,
    ) -> Result<BTreeMap<InstanceId, Tags>, AwsFault> {
        let mut tags = BTreeMap::new();
        for instance in instances {
            if let InstanceId::Hybrid(id) = instance {
                tags.insert(instance.clone(), Box::pin(self.tags_of_hybrid(id)).await?);
            }
        }
        Ok(tags)
    }

    async fn tags_of_arns(&self, arns: &[&String]) -> Result<BTreeMap<String, Tags>, AwsFault> {
        let arns: Vec<String> = arns.iter().map(|arn| (*arn).clone()).collect();
        let mut tags = BTreeMap::new();
        let mut token: Option<String> = None;
        for _ in 0..MOST_PAGES {
            let call = self
                .tagging
                .get_resources()
                .set_resource_arn_list(Some(arns.clone()))
                .set_pagination_token(token.take())
                .send();
            let answer = Box::pin(call)
                .await
                .map_err(|error| AwsFault::of(TAGGING, GET_RESOURCES, &error))?;
            for resource in answer.resource_tag_mapping_list() {
                let found = resource
                    .tags()
                    .iter()
                    .map(|tag| (tag.key().to_owned(), tag.value().to_owned()))
                    .collect();
                if let Some(arn) = resource.resource_arn() {
                    tags.insert(arn.to_owned(), found);
                }
            }
            token = answer.pagination_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(tags);
            }
        }
        Err(AwsFault::unreadable(TAGGING, GET_RESOURCES))
    }

    async fn tags_of_hybrid(&self, id: &str) -> Result<Tags, AwsFault> {
        let call = self
            .ssm
            .list_tags_for_resource()
            .resource_type(ResourceTypeForTagging::ManagedInstance)
            .resource_id(id)
            .send();
        let answer = Box::pin(call)
            .await
            .map_err(|error| AwsFault::of(SSM, LIST_TAGS, &error))?;
        Ok(answer
            .tag_list()
            .iter()
            .map(|tag| (tag.key().to_owned(), tag.value().to_owned()))
            .collect())
    }
}

impl Agent {
    fn read(node: &InstanceInformation) -> Self {
        Self {
            platform: match node.platform_type().map(|platform| platform.as_str()) {
                Some("Linux") => Platform::Linux,
                Some("Windows") => Platform::Windows,
                Some("MacOS") => Platform::MacOs,
                Some(_) | None => Platform::Unknown,
            },
            ping: match node.ping_status().map(|ping| ping.as_str()) {
                Some("Online") => Ping::Online,
                Some("ConnectionLost") => Ping::ConnectionLost,
                Some(_) | None => Ping::Inactive,
            },
            version: node.agent_version().map(str::to_owned),
        }
    }
}

/// The facts about the targets that one of the sources knows.
fn join(
    targets: &[&Target],
    agents: &BTreeMap<InstanceId, Agent>,
    tags: &BTreeMap<InstanceId, Tags>,
) -> Vec<TargetFacts> {
    targets
        .iter()
        .filter_map(|target| {
            let (agent, tags) = (agents.get(&target.instance), tags.get(&target.instance));
            if agent.is_none() && tags.is_none() {
                return None;
            }
            Some(TargetFacts {
                target: (*target).clone(),
                tags: tags.cloned().unwrap_or_default(),
                platform: agent.map_or(Platform::Unknown, |agent| agent.platform),
                ping: agent.map_or(Ping::Inactive, |agent| agent.ping),
                agent_version: agent.and_then(|agent| agent.version.clone()),
                last_log: None,
                readiness: None,
            })
        })
        .collect()
}
