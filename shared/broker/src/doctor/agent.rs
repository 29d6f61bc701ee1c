//! What Session Manager knows: the agent, its channel, the account's settings, the documents.

use std::collections::BTreeMap;

use aws_sdk_ssm::types::{
    ConnectionStatus, DocumentFormat, InstanceInformation, InstanceInformationStringFilter,
    PingStatus, PlatformType,
};
use futures_util::StreamExt as _;
use rules::facts::{Ping, Platform};
use rules::names::DocumentName;
use rules::readiness::{Agent, DocumentInputs, Fact, Need};

use super::Look;
use super::reading::{Call, fact, policy};

const NODES: Call = Call::new(
    "ssm",
    "DescribeInstanceInformation",
    "ssm:DescribeInstanceInformation",
);
const CONNECTION: Call = Call::new("ssm", "GetConnectionStatus", "ssm:GetConnectionStatus");
const SETTING: Call = Call::new("ssm", "GetServiceSetting", "ssm:GetServiceSetting");
const DOCUMENT: Call = Call::new("ssm", "GetDocument", "ssm:GetDocument");

/// The setting that names the role of Default Host Management.
pub(super) const HOST_MANAGEMENT: &str =
    "/ssm/managed-instance/default-ec2-instance-management-role";
/// The setting that says which tier hybrid nodes are of: `standard` or `advanced`.
const TIER: &str = "/ssm/managed-instance/activation-tier";

/// How many documents are read at once: SSM counts calls (AWS-FACTS 0.7).
const DOCUMENTS_AT_ONCE: usize = 4;

/// What Session Manager says of a node.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) agent: Agent,
    /// The name of the role of its activation; instances of EC2 have none here.
    pub(super) role: Option<String>,
}

impl Look<'_> {
    /// What Session Manager knows of the target; none where it does not know it.
    pub(super) async fn node(self) -> Result<Option<Node>, Need> {
        let filter = InstanceInformationStringFilter::builder()
            .key("InstanceIds")
            .values(self.target.instance.to_string())
            .build()
            .map_err(|_| NODES.unreadable())?;
        let listing = self
            .clients
            .ssm
            .describe_instance_information()
            .filters(filter)
            .into_paginator()
            .items()
            .send()
            .try_collect();
        let nodes = self.until.call(NODES, listing).await?;
        let id = self.target.instance.to_string();
        let found = nodes
            .iter()
            .find(|node| node.instance_id() == Some(id.as_str()));
        found.map(node).transpose()
    }

    /// Whether the agent holds a control channel.
    pub(super) async fn connected(self) -> Result<bool, Need> {
        let call = self.clients.ssm.get_connection_status();
        let call = call.target(self.target.instance.to_string()).send();
        let answer = self.until.call(CONNECTION, call).await?;
        match answer.status {
            Some(ConnectionStatus::Connected) => Ok(true),
            Some(ConnectionStatus::NotConnected) => Ok(false),
            Some(_) | None => Err(CONNECTION.unreadable()),
        }
    }

    /// Whether hybrid nodes are of the advanced tier.
    pub(super) async fn advanced_tier(self) -> Result<bool, Need> {
        match self.setting(TIER).await?.as_deref() {
            Some("advanced") => Ok(true),
            Some("standard") | None => Ok(false),
            Some(_) => Err(SETTING.unreadable()),
        }
    }

    /// A setting of the account in the Region; none where it is as AWS makes it.
    pub(super) async fn setting(self, id: &str) -> Result<Option<String>, Need> {
        let call = self.clients.ssm.get_service_setting();
        let call = call.setting_id(id).send();
        let setting = match self.until.call(SETTING, call).await {
            Ok(answer) => answer.service_setting,
            Err(missed) if missed.is("ServiceSettingNotFound") => return Ok(None),
            Err(missed) => return Err(missed.into()),
        };
        let setting = setting.ok_or_else(|| SETTING.unreadable())?;
        if setting.status.as_deref() == Some("Default") {
            return Ok(None);
        }
        Ok(setting
            .setting_value
            .filter(|value| !value.is_empty() && value != "$None"))
    }

    /// What session documents say.
    pub(super) async fn documents(
        self,
        names: Vec<DocumentName>,
    ) -> BTreeMap<DocumentName, Fact<Option<DocumentInputs>>> {
        let reads = names.into_iter().map(|name| async move {
            let inputs = fact(Box::pin(self.document(&name)).await);
            (name, inputs)
        });
        futures_util::stream::iter(reads)
            .buffer_unordered(DOCUMENTS_AT_ONCE)
            .collect()
            .await
    }

    async fn document(self, name: &DocumentName) -> Result<Option<DocumentInputs>, Need> {
        let call = self.clients.ssm.get_document().name(name.as_str());
        let call = call.document_format(DocumentFormat::Json).send();
        let answer = match self.until.call(DOCUMENT, call).await {
            Ok(answer) => answer,
            Err(missed) if missed.is("InvalidDocument") => return Ok(None),
            Err(missed) => return Err(missed.into()),
        };
        let content = policy(DOCUMENT, answer.content())?;
        DocumentInputs::read(&content)
            .map(Some)
            .map_err(|bad| Need::Other(format!("document `{name}` as it should be: {bad}")))
    }
}

fn node(node: &InstanceInformation) -> Result<Node, Need> {
    let ping = match node.ping_status() {
        Some(PingStatus::Online) => Ping::Online,
        Some(PingStatus::ConnectionLost) => Ping::ConnectionLost,
        Some(PingStatus::Inactive) => Ping::Inactive,
        Some(_) | None => return Err(NODES.unreadable()),
    };
    let platform = match node.platform_type() {
        Some(PlatformType::Linux) => Platform::Linux,
        Some(PlatformType::Windows) => Platform::Windows,
        Some(PlatformType::Macos) => Platform::MacOs,
        Some(_) | None => Platform::Unknown,
    };
    let version = node.agent_version().ok_or_else(|| NODES.unreadable())?;
    Ok(Node {
        agent: Agent {
            ping,
            version: version.to_owned(),
            platform,
        },
        role: node.iam_role().map(str::to_owned),
    })
}
