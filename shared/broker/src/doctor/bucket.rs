//! The bucket that logs land in.

use aws_sdk_s3::Client;
use rules::names::{AccountId, Region};
use rules::readiness::{Bucket, Encryption, Fact, Need};
use serde_json::Value;

use super::Look;
use super::keys::Found;
use super::reading::{Call, Missed, fact, id, policy};

/// Whoever may list a bucket is told that it is there, and in which Region.
const HEAD: Call = Call::new("s3", "HeadBucket", "s3:ListBucket");
const ENCRYPTION: Call = Call::new("s3", "GetBucketEncryption", "s3:GetEncryptionConfiguration");
const POLICY: Call = Call::new("s3", "GetBucketPolicy", "s3:GetBucketPolicy");

impl Look<'_> {
    /// The bucket of the place; none where there is no such bucket.
    pub(super) async fn bucket(self) -> Result<Option<Bucket>, Need> {
        let own = &self.clients.s3;
        match Box::pin(self.head(own, None)).await {
            Ok(region) => Ok(Some(Box::pin(self.bucket_in(region, own)).await)),
            Err(missed) if missed.is("NotFound") || missed.is("http-404") => Ok(None),
            // S3 tells where a bucket is to whoever asks in the wrong Region.
            Err(Missed {
                bucket_region: Some(region),
                ..
            }) if region != self.place.region.as_str() => {
                let region: Region = id(HEAD, Some(&region))?;
                let config = self.clients.config.to_builder();
                let there = aws_config::Region::new(region.to_string());
                let there = Client::new(&config.region(there).build());
                match Box::pin(self.head(&there, None)).await {
                    Ok(region) => Ok(Some(Box::pin(self.bucket_in(region, &there)).await)),
                    Err(missed) => Err(missed.into()),
                }
            }
            Err(missed) => Err(missed.into()),
        }
    }

    /// The Region of the bucket, which is there, and belongs to the account where one is named.
    async fn head(self, client: &Client, owner: Option<&AccountId>) -> Result<Region, Missed> {
        let call = client
            .head_bucket()
            .bucket(&self.place.log_bucket)
            .set_expected_bucket_owner(owner.map(ToString::to_string))
            .send();
        let answer = self.until.call(HEAD, call).await?;
        let region = answer.bucket_region().and_then(|text| text.parse().ok());
        Ok(region.unwrap_or_else(|| self.place.region.clone()))
    }

    async fn bucket_in(self, region: Region, client: &Client) -> Bucket {
        let (owner, encryption, policy) = tokio::join!(
            Box::pin(self.owner(client)),
            Box::pin(self.encryption(client, &region)),
            Box::pin(self.bucket_policy(client)),
        );
        Bucket {
            owner: fact(owner),
            encryption: fact(encryption),
            policy: fact(policy),
            region,
        }
    }

    /// Whose bucket it is. S3 does not say, but refuses whoever expects another owner; so the
    /// accounts that Postern serves are tried.
    async fn owner(self, client: &Client) -> Result<AccountId, Need> {
        let own = &self.place.account;
        let mut others: Vec<&AccountId> = self.places.iter().map(|place| &place.account).collect();
        others.retain(|account| *account != own);
        others.dedup();
        for account in std::iter::once(own).chain(others) {
            match Box::pin(self.head(client, Some(account))).await {
                Ok(_) => return Ok(account.clone()),
                Err(missed) if missed.is("http-403") || missed.is("AccessDenied") => {}
                Err(missed) => return Err(missed.into()),
            }
        }
        Err(Need::Other(format!(
            "the account that owns bucket `{}`, which is none that is served",
            self.place.log_bucket
        )))
    }

    async fn encryption(self, client: &Client, region: &Region) -> Result<Encryption, Need> {
        let call = client.get_bucket_encryption();
        let call = call.bucket(&self.place.log_bucket).send();
        let answer = self.until.call(ENCRYPTION, call).await?;
        let rules = answer.server_side_encryption_configuration;
        let rules = rules.map(|rules| rules.rules).unwrap_or_default();
        let default = rules
            .iter()
            .find_map(|rule| rule.apply_server_side_encryption_by_default())
            .ok_or_else(|| ENCRYPTION.unreadable())?;
        match default.sse_algorithm().as_str() {
            "AES256" => Ok(Encryption::Aes256),
            "aws:kms:dsse" => Ok(Encryption::Dsse),
            "aws:kms" => {
                let key = match default.kms_master_key_id() {
                    None => None,
                    Some(key) => match Box::pin(self.key(key, region)).await {
                        Ok(Found::Own(key)) => Some(Fact::Known(key)),
                        Ok(Found::OfAws) => None,
                        Err(need) => Some(Fact::Unread(need)),
                    },
                };
                Ok(Encryption::Kms { key })
            }
            _ => Err(ENCRYPTION.unreadable()),
        }
    }

    async fn bucket_policy(self, client: &Client) -> Result<Option<Value>, Need> {
        let call = client.get_bucket_policy();
        let call = call.bucket(&self.place.log_bucket).send();
        match self.until.call(POLICY, call).await {
            Ok(answer) => policy(POLICY, answer.policy()).map(Some),
            Err(missed) if missed.is("NoSuchBucketPolicy") => Ok(None),
            Err(missed) => Err(missed.into()),
        }
    }
}
