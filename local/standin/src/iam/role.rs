//! Roles, and how tests make them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::policy::{MalformedPolicy, Policy};
use crate::random;
use crate::world::World;

/// A role as a test describes it; every member has a default but a role nobody trusts is of
/// little use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleSpec {
    /// The account; `None` is that of the world.
    pub account: Option<String>,
    /// The name, unique in the account. 1–64 characters.
    pub name: String,
    /// The path, such as `/postern/`. Default: `/`.
    pub path: String,
    /// The trust policy. Default: a document that trusts the function runtime alone.
    pub trust: String,
    /// Inline policies: name and document.
    pub inline: Vec<(String, String)>,
    /// The documents of managed policies that are attached.
    pub managed: Vec<String>,
    /// The document of the permissions boundary.
    pub boundary: Option<String>,
    /// The ARN of the permissions boundary; one made of the role's name without.
    pub boundary_arn: Option<String>,
    /// The longest session in seconds, 3600–43200. Default: 3600.
    pub max_session_seconds: u32,
    /// Tags of the role, which its sessions have as principal tags.
    pub tags: BTreeMap<String, String>,
}

impl Default for RoleSpec {
    fn default() -> Self {
        Self {
            account: None,
            name: String::new(),
            path: "/".to_owned(),
            trust: r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#.to_owned(),
            inline: Vec::new(),
            managed: Vec::new(),
            boundary: None,
            boundary_arn: None,
            max_session_seconds: 3_600,
            tags: BTreeMap::new(),
        }
    }
}

/// A role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Role {
    pub(crate) account: String,
    pub(crate) name: String,
    pub(crate) path: String,
    pub(crate) trust: Policy,
    pub(crate) inline: BTreeMap<String, Policy>,
    pub(crate) managed: Vec<Policy>,
    pub(crate) boundary: Option<Policy>,
    boundary_arn: Option<String>,
    pub(crate) max_session_seconds: u32,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) created_millis: i64,
}

impl Role {
    fn from_spec(spec: RoleSpec, account: String, now: i64) -> Result<Self, MalformedPolicy> {
        let inline = spec
            .inline
            .into_iter()
            .map(|(name, document)| Ok((name, Policy::permissions(document)?)))
            .collect::<Result<_, MalformedPolicy>>()?;
        let managed = spec
            .managed
            .into_iter()
            .map(Policy::permissions)
            .collect::<Result<_, MalformedPolicy>>()?;
        Ok(Self {
            account,
            name: spec.name,
            path: spec.path,
            trust: Policy::trust(spec.trust)?,
            inline,
            managed,
            boundary: spec.boundary.map(Policy::permissions).transpose()?,
            boundary_arn: spec.boundary_arn,
            max_session_seconds: spec.max_session_seconds,
            tags: spec.tags,
            created_millis: now,
        })
    }

    /// The ARN, with the path.
    pub(crate) fn arn(&self) -> String {
        format!(
            "arn:aws:iam::{}:role{}{}",
            self.account, self.path, self.name
        )
    }

    /// The unique id, the same for a role of the same name in the same account.
    pub(crate) fn id(&self) -> String {
        unique_id("AROA", &self.account, &self.name)
    }

    /// The ARN under which the permissions boundary goes, if there is one.
    pub(crate) fn boundary_arn(&self) -> Option<String> {
        let of_its_name = || {
            format!(
                "arn:aws:iam::{}:policy/{}-boundary",
                self.account, self.name
            )
        };
        self.boundary
            .as_ref()
            .map(|_| self.boundary_arn.clone().unwrap_or_else(of_its_name))
    }
}

/// A unique id in the shape of IAM's: a prefix that tells the kind, and 17 characters that hang
/// on the name alone.
pub(super) fn unique_id(prefix: &str, account: &str, name: &str) -> String {
    let digest = Sha256::digest(format!("{prefix}:{account}:{name}"));
    let rest = digest.iter().take(17).map(|byte| {
        let index = usize::from(*byte) % random::UPPER.len();
        char::from(random::UPPER.get(index).copied().unwrap_or(b'A'))
    });
    prefix.chars().chain(rest).collect()
}

impl World {
    /// Makes a role, or makes an existing one over; returns its ARN.
    ///
    /// Inline policies that an existing role got over the wire stay unless `spec` has one of the
    /// same name, as they do when a deployment tool updates a role. So a world that goes on from
    /// its data directory can be seeded again.
    ///
    /// # Errors
    /// [`MalformedPolicy`] when one of the documents is not a policy.
    pub fn add_role(&self, spec: RoleSpec) -> Result<String, MalformedPolicy> {
        let account = spec
            .account
            .clone()
            .unwrap_or_else(|| self.account().to_owned());
        let mut role = Role::from_spec(spec, account, self.now_millis())?;
        let arn = role.arn();
        {
            let mut state = self.iam_state();
            if let Some(old) = state.role(&role.account, &role.name) {
                role.created_millis = old.created_millis;
                for (name, policy) in &old.inline {
                    role.inline
                        .entry(name.clone())
                        .or_insert_with(|| policy.clone());
                }
            }
            state.put_role(role);
        }
        self.persist();
        Ok(arn)
    }

    /// Makes a managed policy of the world's account for use in `PolicyArns`; returns its ARN.
    ///
    /// # Errors
    /// [`MalformedPolicy`] when the document is not a policy.
    pub fn add_managed_policy(
        &self,
        name: &str,
        document: &str,
    ) -> Result<String, MalformedPolicy> {
        let policy = Policy::permissions(document)?;
        let arn = format!("arn:aws:iam::{}:policy/{name}", self.account());
        self.iam_state().managed.insert(arn.clone(), policy);
        self.persist();
        Ok(arn)
    }
}
