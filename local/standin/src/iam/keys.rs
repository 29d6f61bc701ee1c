//! Access keys: what was issued to whom, and until when.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use super::caller::{Caller, Principal, RoleSession};
use super::role::Role;
use crate::call::{AwsError, Demand};
use crate::random;
use crate::world::World;

/// Credentials, as their holder has them. `Debug` shows the access key id alone.
#[derive(Clone, PartialEq, Eq)]
pub struct Keys {
    /// The access key id: `ASIA…` for a session, `AKIA…` for the admin.
    pub access_key_id: String,
    /// The secret access key.
    pub secret_access_key: String,
    /// The session token; only the admin has none.
    pub session_token: Option<String>,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys")
            .field("access_key_id", &self.access_key_id)
            .finish_non_exhaustive()
    }
}

/// What is known of an access key.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct KnownKey {
    pub(crate) secret_access_key: String,
    pub(crate) session_token: Option<String>,
    /// When the key is over, in milliseconds since the Unix epoch; `None` for never.
    pub(crate) expires_at_millis: Option<i64>,
    pub(crate) caller: Caller,
}

/// All keys by their ids.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct KeyRing {
    by_id: BTreeMap<String, KnownKey>,
}

/// How long an expired key is remembered, so that its use is told as expired, not as unknown.
const REMEMBERED_MILLIS: i64 = 36 * 60 * 60 * 1_000;

/// The size of a token that carries so many bytes of policies and tags. Nobody may count on the
/// length of a token (AWS-FACTS 1.23), so no two need be equal.
pub(crate) fn token_bytes(carried: usize) -> usize {
    let [extra, ..] = random::bytes();
    carried
        .saturating_add(340)
        .saturating_add(usize::from(extra))
}

impl KeyRing {
    pub(super) fn get(&self, access_key_id: &str) -> Option<&KnownKey> {
        self.by_id.get(access_key_id)
    }

    /// Makes credentials for a session, with a token of so many bytes.
    pub(super) fn issue(
        &mut self,
        caller: Caller,
        token_bytes: usize,
        now_millis: i64,
        expires_at_millis: Option<i64>,
    ) -> Keys {
        self.by_id.retain(|_, key| {
            key.expires_at_millis
                .is_none_or(|expiry| now_millis.saturating_sub(expiry) < REMEMBERED_MILLIS)
        });
        let token = random::text(random::SECRET, token_bytes);
        self.enter("ASIA", caller, Some(token), expires_at_millis)
    }

    /// The keys of the admin of an account, made when they are first asked for.
    fn admin(&mut self, account: &str) -> Keys {
        let caller = Caller {
            account: account.to_owned(),
            principal: Principal::Admin,
        };
        match self.by_id.iter().find(|(_, key)| key.caller == caller) {
            Some((id, key)) => Keys {
                access_key_id: id.clone(),
                secret_access_key: key.secret_access_key.clone(),
                session_token: None,
            },
            None => self.enter("AKIA", caller, None, None),
        }
    }

    fn enter(
        &mut self,
        prefix: &str,
        caller: Caller,
        session_token: Option<String>,
        expires_at_millis: Option<i64>,
    ) -> Keys {
        let keys = Keys {
            access_key_id: format!("{prefix}{}", random::text(random::UPPER, 16)),
            secret_access_key: random::text(random::SECRET, 40),
            session_token: session_token.clone(),
        };
        let known = KnownKey {
            secret_access_key: keys.secret_access_key.clone(),
            session_token,
            expires_at_millis,
            caller,
        };
        self.by_id.insert(keys.access_key_id.clone(), known);
        keys
    }

    /// Knows keys that were made elsewhere.
    fn adopt(&mut self, keys: Keys, caller: Caller) {
        let known = KnownKey {
            secret_access_key: keys.secret_access_key,
            session_token: keys.session_token,
            expires_at_millis: None,
            caller,
        };
        self.by_id.insert(keys.access_key_id, known);
    }
}

impl Role {
    /// A session of this role without session policies, tags or source identity.
    pub(crate) fn session(&self, session_name: &str, now_millis: i64) -> RoleSession {
        RoleSession {
            role_name: self.name.clone(),
            role_arn: self.arn(),
            role_id: self.id(),
            session_name: session_name.to_owned(),
            policies: Vec::new(),
            tags: BTreeMap::new(),
            transitive_keys: BTreeSet::new(),
            source_identity: None,
            issued_at_millis: now_millis,
        }
    }
}

impl World {
    /// A function, which is a session of its role.
    fn function(
        &self,
        state: &super::State,
        role_name: &str,
        session_name: &str,
        now: i64,
    ) -> Result<Caller, AwsError> {
        let role = state
            .role(self.account(), role_name)
            .ok_or_else(|| no_role(role_name))?;
        Ok(Caller {
            account: role.account.clone(),
            principal: Principal::Role(Box::new(role.session(session_name, now))),
        })
    }

    /// Credentials of a role of the world's account as the runtime gives them to a function. They
    /// do not expire here, and they are a session: assuming a role with them is chaining.
    ///
    /// # Errors
    /// `NoSuchEntity` when there is no such role.
    pub fn function_credentials(
        &self,
        role_name: &str,
        session_name: &str,
    ) -> Result<Keys, AwsError> {
        let now = self.now_millis();
        let keys = {
            let mut state = self.iam_state();
            let caller = self.function(&state, role_name, session_name, now)?;
            state.keys.issue(caller, token_bytes(0), now, None)
        };
        self.persist();
        Ok(keys)
    }

    /// Takes over credentials that a runtime elsewhere has given to a function: whoever signs with
    /// them is that session of the role here too. They do not expire here.
    ///
    /// # Errors
    /// `NoSuchEntity` when there is no such role.
    pub fn adopt_function_credentials(
        &self,
        keys: Keys,
        role_name: &str,
        session_name: &str,
    ) -> Result<(), AwsError> {
        let now = self.now_millis();
        {
            let mut state = self.iam_state();
            let caller = self.function(&state, role_name, session_name, now)?;
            state.keys.adopt(keys, caller);
        }
        self.persist();
        Ok(())
    }

    /// The keys of the admin of the world's account, who may do everything. They stay the same.
    #[must_use]
    pub fn admin_keys(&self) -> Keys {
        self.admin_keys_of(self.account())
    }

    /// The keys of the admin of an account.
    #[must_use]
    pub fn admin_keys_of(&self, account: &str) -> Keys {
        let keys = self.iam_state().keys.admin(account);
        self.persist();
        keys
    }

    /// Whether the holder of a key may do what `demand` says, now: also for actions that no
    /// operation here asks about. Expiry is not looked at.
    ///
    /// # Errors
    /// `InvalidClientTokenId` for an unknown key, `AccessDenied` by policy, with the reason.
    pub fn may(&self, access_key_id: &str, demand: &Demand) -> Result<(), AwsError> {
        let key = super::known_key(self, access_key_id).ok_or_else(|| {
            let message = "The security token included in the request is invalid.";
            AwsError::new(403, "InvalidClientTokenId", message)
        })?;
        super::authorize(self, &key.caller, demand, self.now_millis())
    }
}

/// There is no role of that name.
pub(super) fn no_role(name: &str) -> AwsError {
    AwsError::new(
        404,
        "NoSuchEntity",
        format!("The role with name {name} cannot be found."),
    )
}
