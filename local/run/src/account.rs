//! The AWS account of the local run: what a deployment and the people around it would have made.
//!
//! The roles are those that a deployment has, each with a policy small enough to read
//! (`roles/*.json`), and the stand-in enforces them: a function that reached for more would be
//! refused here too. The table is made by the ledger itself, once the house stands.

pub mod network;

use rules::names::AccessKind;
use rules::place::Place;
use rules::session_document::{CommandLine, DocumentSpec, SessionDocument, User};
use standin::iam::{MalformedPolicy, RoleSpec};
use standin::s3::{BucketSpec, LockMode, ObjectLock, Retention};
use standin::ssm::NodeSpec;
use standin::{AwsError, World};

/// The account: an id that AWS uses in examples.
pub const ACCOUNT: &str = "111122223333";
/// The Region.
pub const REGION: &str = "ap-northeast-2";
/// The function that `api` asks for the readiness of instances.
pub const DOCTOR_FUNCTION: &str = "postern-doctor";
/// The table.
pub const TABLE: &str = "postern";
/// The bucket that session logs land in.
pub const LOG_BUCKET: &str = "postern-session-logs";
/// The folder in the bucket.
pub const LOG_PREFIX: &str = "sessions";
/// The bucket that operators put things in for Postern to read.
pub const CONFIG_BUCKET: &str = "postern-config";
/// The key of the policy set in it, for whoever sets `POSTERN_POLICY_OBJECT`.
pub const POLICY_KEY: &str = "policy.cedar";
/// The key of the on-call feed in it, for whoever sets `POSTERN_ON_CALL_OBJECT`.
pub const ON_CALL_KEY: &str = "on-call.json";
/// The feed as `POSTERN_ON_CALL_OBJECT` names it.
pub const ON_CALL_OBJECT: &str = "s3://postern-config/on-call.json";
/// The parameter that holds the key of the feed.
pub const ON_CALL_PARAMETER: &str = "/postern/on-call-key";
/// The path of the secrets of chat.
pub const CHAT_SECRETS: &str = "/postern/chat";
/// The name of the function `chatops`.
pub const CHATOPS: &str = "postern-chatops";
/// The bucket that checkpoints of the audit chains are kept in, locked.
pub const EVIDENCE_BUCKET: &str = "postern-evidence";
/// The role that grants are sessions of.
pub const ACCESS_ROLE: &str = "arn:aws:iam::111122223333:role/postern/PosternAccess";

/// `web-7`: production.
pub const WEB_7: &str = "i-0a1b2c3d4e5f60707";
/// `web-8`: production.
pub const WEB_8: &str = "i-0a1b2c3d4e5f60708";
/// `batch-1`: staging, where the policy says yes by itself.
pub const BATCH_1: &str = "i-0a1b2c3d4e5f60b01";
/// `db-1`: production, with an agent too old for port forwarding (THREATS E8).
pub const DB_1: &str = "i-0a1b2c3d4e5f60d01";

/// The functions that are deployed, each with a role of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Function {
    /// Where people talk about access.
    Api,
    /// Where access is handed out.
    Issue,
    /// What takes access back.
    Sweeper,
    /// What examines instances.
    Doctor,
    /// The bot in chat.
    Chatops,
}

impl Function {
    /// Every function.
    pub const ALL: [Self; 5] = [
        Self::Api,
        Self::Issue,
        Self::Sweeper,
        Self::Doctor,
        Self::Chatops,
    ];

    /// The name of its role.
    #[must_use]
    pub fn role(self) -> &'static str {
        match self {
            Self::Api => "PosternApi",
            Self::Issue => "PosternIssue",
            Self::Sweeper => "PosternSweeper",
            Self::Doctor => "PosternDoctor",
            Self::Chatops => "PosternChatops",
        }
    }

    /// What its role may do.
    fn policy(self) -> &'static str {
        match self {
            Self::Api => include_str!("../roles/api.json"),
            Self::Issue => include_str!("../roles/issue.json"),
            Self::Sweeper => include_str!("../roles/sweeper.json"),
            Self::Doctor => include_str!("../roles/doctor.json"),
            Self::Chatops => include_str!("../roles/chatops.json"),
        }
    }
}

/// Why the account could not be made.
#[derive(Debug, thiserror::Error)]
pub enum NotSeeded {
    /// A role's policy is not a policy.
    #[error("a role could not be made: {0}")]
    Role(#[from] MalformedPolicy),
    /// A session document is not one.
    #[error("session document `{name}` could not be made: {code}: {message}")]
    Document {
        /// Its name.
        name: String,
        /// The error code of the service.
        code: String,
        /// What the service said.
        message: String,
    },
}

/// The kinds of access that are offered: shells, one fixed command, and one port.
#[must_use]
pub fn kinds() -> serde_json::Value {
    serde_json::json!([
        {"type": "shell"},
        {"type": "command", "name": "disk-usage"},
        {"type": "port", "host": "localhost", "port": 5432},
    ])
}

/// Makes all that is not there yet. Doing it again changes nothing, so a house that goes on from
/// its data directory is seeded like a new one.
///
/// # Errors
/// A policy or a document of this crate is wrong.
pub fn seed(world: &World, place: &Place) -> Result<(), NotSeeded> {
    for function in Function::ALL {
        world.add_role(RoleSpec {
            name: function.role().to_owned(),
            path: "/postern/".to_owned(),
            managed: vec![function.policy().to_owned()],
            ..RoleSpec::default()
        })?;
    }
    // Its own policy is a managed one: the inline policies are the deny list's.
    world.add_role(RoleSpec {
        name: "PosternAccess".to_owned(),
        path: "/postern/".to_owned(),
        trust: include_str!("../roles/access-trust.json").to_owned(),
        managed: vec![include_str!("../roles/access.json").to_owned()],
        boundary: Some(include_str!("../roles/access-boundary.json").to_owned()),
        ..RoleSpec::default()
    })?;
    for bucket in [LOG_BUCKET, CONFIG_BUCKET] {
        world.create_bucket(
            bucket,
            BucketSpec {
                versioning: true,
                ..BucketSpec::default()
            },
        );
    }
    world.create_bucket(
        EVIDENCE_BUCKET,
        BucketSpec {
            versioning: true,
            object_lock: Some(ObjectLock {
                default_retention: Some(Retention {
                    mode: LockMode::Compliance,
                    days: 365,
                }),
            }),
            ..BucketSpec::default()
        },
    );
    for document in documents(place) {
        let name = document.name();
        world
            .add_document(
                name.as_str(),
                &document.content(&DocumentSpec::from(place)),
                REGION,
            )
            .map_err(|AwsError { code, message, .. }| NotSeeded::Document {
                name: name.to_string(),
                code: code.to_string(),
                message: message.to_string(),
            })?;
    }
    for node in nodes() {
        world.add_node(node);
    }
    network::seed(world)?;
    Ok(())
}

/// A session document for each kind of access that the place offers, and for each sort of user that
/// its sessions run as.
fn documents(place: &Place) -> Vec<SessionDocument> {
    let users = match place.run_as {
        true => User::ALL.to_vec(),
        false => vec![User::Usual],
    };
    place
        .kinds
        .iter()
        .flat_map(|kind| match kind {
            AccessKind::Shell {} => users
                .iter()
                .flat_map(|user| SessionDocument::shells(*user))
                .collect(),
            AccessKind::Command { name } => match "df -h".parse::<CommandLine>() {
                Ok(line) => users
                    .iter()
                    .map(|user| SessionDocument::Command {
                        name: name.clone(),
                        line: line.clone(),
                        user: *user,
                    })
                    .collect(),
                Err(_) => Vec::new(),
            },
            AccessKind::Port { host, port } => {
                vec![SessionDocument::Port {
                    host: host.clone(),
                    port: *port,
                }]
            }
            AccessKind::Ssh {} => vec![SessionDocument::Ssh],
        })
        .collect()
}

/// The instances, with their tags.
#[must_use]
pub fn nodes() -> [NodeSpec; 4] {
    let node =
        |id: &str, name: &str, env: &str| NodeSpec::linux(id).tag("Name", name).tag("Env", env);
    let old = NodeSpec {
        agent_version: "3.3.1345.0".to_owned(),
        ..node(DB_1, "db-1", "prod")
    };
    [
        node(WEB_7, "web-7", "prod"),
        node(WEB_8, "web-8", "prod"),
        node(BATCH_1, "batch-1", "staging"),
        old,
    ]
}
