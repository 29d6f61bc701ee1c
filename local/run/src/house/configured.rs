//! What the operators of a house put where Postern reads it: the policy set, and who is on call.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use rules::moment::Moment;
use rules::names::BadName;
use rules::on_call::{BadFeed, BadKeys, Feed, Keys, Rota};
use rules::wire::Secret;
use serde_json::json;
use standin::s3::PutObject;
use standin::ssm::ParameterType;
use standin::{AwsError, World};

use super::{House, NoHouse};
use crate::account::{CONFIG_BUCKET, ON_CALL_KEY, ON_CALL_PARAMETER, POLICY_KEY};
use crate::people::Person;

/// Why something could not be put in its place.
#[derive(Debug, thiserror::Error)]
pub enum NotPut {
    /// The rota has no name.
    #[error(transparent)]
    Rota(#[from] BadName),
    /// The key is not one.
    #[error(transparent)]
    Key(#[from] BadKeys),
    /// The feed could not be read.
    #[error(transparent)]
    Feed(#[from] BadFeed),
    /// The bucket would not take it.
    #[error(transparent)]
    Bucket(#[from] AwsError),
}

/// Makes the key of the on-call feed, anew at each start: nothing that it signed outlives a house.
pub(super) fn seed(world: &World) -> Result<Secret, NoHouse> {
    let mut bytes = [0; 32];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| NoHouse::NoKey)?;
    let key = hex::encode(bytes);
    world.put_parameter(ON_CALL_PARAMETER, ParameterType::SecureString, &key);
    Ok(Secret::new(key))
}

impl House {
    /// Puts a text where `POSTERN_POLICY_OBJECT` may point to: `s3://postern-config/policy.cedar`.
    ///
    /// # Errors
    /// None that a caller can bring about.
    pub fn put_policy(&self, text: &str) -> Result<(), NotPut> {
        self.put(POLICY_KEY, text)
    }

    /// Puts a feed where `POSTERN_ON_CALL_OBJECT` may point to,
    /// `s3://postern-config/on-call.json`, made now, good for that long, and signed with the key in
    /// `/postern/on-call-key`.
    ///
    /// # Errors
    /// The name of a rota is not one, or the feed would be good for too long.
    pub fn put_on_call(
        &self,
        rotas: &[(&str, &[Person])],
        good_for: Duration,
    ) -> Result<(), NotPut> {
        let mut named = BTreeMap::<Rota, BTreeSet<rules::names::Person>>::new();
        for (rota, people) in rotas {
            let people = people.iter().filter_map(|person| self.named(*person));
            named.entry(rota.parse()?).or_default().extend(people);
        }
        let now: Moment = self.clock().now();
        let payload = json!({
            "issued_at": now,
            "good_until": now.plus(good_for),
            "rotas": named,
        });
        let keys = Keys::read(self.on_call_key.expose())?;
        self.put(ON_CALL_KEY, &Feed::sign(&payload.to_string(), &keys)?)
    }

    /// The key that feeds of this house are signed with.
    #[must_use]
    pub fn on_call_key(&self) -> &Secret {
        &self.on_call_key
    }

    fn put(&self, key: &str, text: &str) -> Result<(), NotPut> {
        let object = PutObject {
            body: text.to_owned().into(),
            ..PutObject::default()
        };
        self.world().put_object(CONFIG_BUCKET, key, object)?;
        Ok(())
    }

    /// Somebody as tokens name them.
    fn named(&self, person: Person) -> Option<rules::names::Person> {
        let claims = self.issuer().claims(person);
        let text = |name: &str| claims.get(name)?.as_str()?.parse().ok();
        let iss = claims.get("iss")?.as_str()?.parse().ok()?;
        Some(rules::names::Person {
            iss,
            sub: text("sub")?,
        })
    }
}
