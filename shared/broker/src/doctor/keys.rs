//! Keys of KMS: that of the bucket, and that of session traffic.

use aws_sdk_kms::types::{KeyManagerType, KeyState};
use rules::names::Region;
use rules::readiness::{Bucket, Encryption, Fact, Key, KeyArn, KeyUse, Need};

use super::Look;
use super::reading::{Call, fact, id, policy};

const DESCRIBE: Call = Call::new("kms", "DescribeKey", "kms:DescribeKey");
const POLICY: Call = Call::new("kms", "GetKeyPolicy", "kms:GetKeyPolicy");

/// A key that something is encrypted with.
pub(super) enum Found {
    /// One that somebody made.
    Own(Key),
    /// The one that AWS keeps for a service in an account.
    OfAws,
}

impl Look<'_> {
    /// The key of session traffic, where the place names one.
    pub(super) async fn session_key(self) -> Option<Fact<Key>> {
        let key = self.place.session_key.as_ref()?;
        let found = Box::pin(self.key(key.as_str(), &self.place.region)).await;
        let own = found.and_then(|found| match found {
            Found::Own(key) => Ok(key),
            Found::OfAws => Err(Need::Other(format!("key `{key}` as one of your own"))),
        });
        Some(fact(own))
    }

    /// A key by its id, alias or ARN; the first two belong to this Region.
    pub(super) async fn key(self, name: &str, region: &Region) -> Result<Found, Need> {
        let region = name.parse::<KeyArn>().map_or_else(
            |_| region.to_string(),
            |arn| {
                arn.as_str()
                    .split(':')
                    .nth(3)
                    .unwrap_or_default()
                    .to_owned()
            },
        );
        let abroad;
        let client = if region == self.place.region.as_str() {
            &self.clients.kms
        } else {
            let config = self.clients.config.to_builder();
            let config = config.region(aws_config::Region::new(region)).build();
            abroad = aws_sdk_kms::Client::new(&config);
            &abroad
        };
        let call = client.describe_key().key_id(name).send();
        let known = match self.until.call(DESCRIBE, call).await {
            Ok(answer) => answer.key_metadata,
            Err(missed) if missed.is("NotFoundException") => {
                return Err(Need::Other(format!(
                    "key `{name}`, which KMS does not know"
                )));
            }
            Err(missed) => return Err(missed.into()),
        };
        let known = known.ok_or_else(|| DESCRIBE.unreadable())?;
        if known.key_manager == Some(KeyManagerType::Aws) {
            return Ok(Found::OfAws);
        }
        let arn: KeyArn = id(DESCRIBE, known.arn())?;
        if arn.account() != self.place.account.as_str() {
            // KMS shows policies of keys to their own account only.
            return Err(Need::Other(format!(
                "the policy of key `{}`, which account `{}` keeps",
                arn.id(),
                arn.account()
            )));
        }
        let call = client.get_key_policy().key_id(arn.as_str());
        let answer = self.until.call(POLICY, call.send()).await?;
        Ok(Found::Own(Key {
            enabled: known.key_state == Some(KeyState::Enabled),
            policy: policy(POLICY, answer.policy())?,
            arn,
        }))
    }
}

/// The keys that are known, with what they are for.
pub(super) fn arns(
    bucket: &Result<Option<Bucket>, Need>,
    session: Option<&Fact<Key>>,
) -> Vec<(KeyUse, KeyArn)> {
    let mut keys = Vec::new();
    if let Ok(Some(bucket)) = bucket
        && let Fact::Known(Encryption::Kms {
            key: Some(Fact::Known(key)),
        }) = &bucket.encryption
    {
        keys.push((KeyUse::Log, key.arn.clone()));
    }
    if let Some(Fact::Known(key)) = session {
        keys.push((KeyUse::Session, key.arn.clone()));
    }
    keys
}
