//! What Postern puts where nobody can change it: checkpoints of the audit chains.
//!
//! The bucket keeps versions and locks each object for as long as its default retention says
//! (AWS-FACTS 8.5), so an object that stands there is what was written there first. It is written
//! only where nothing stands yet; the checksum that a locked bucket wants is the SDK's own.

use aws_config::SdkConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use rules::names::AccountId;

use super::object::{BucketName, body};
use super::{SERVICE, client};
use crate::fault::AwsFault;

const PUT_OBJECT: &str = "PutObject";
const GET_OBJECT: &str = "GetObject";
/// The code for a key that is taken.
const TAKEN: &str = "PreconditionFailed";
/// The code for one that somebody else is writing at the same time.
const BEING_WRITTEN: &str = "ConditionalRequestConflict";

/// The largest object that is read back.
const LARGEST: usize = 16 * 1_024 * 1_024;

/// A bucket that keeps evidence.
#[derive(Debug)]
pub struct Evidence {
    client: Client,
    bucket: BucketName,
    owner: AccountId,
}

/// What became of putting an object there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kept {
    /// It stands there.
    Now,
    /// Something stood there before, and still does.
    Before,
}

impl Evidence {
    /// A bucket of this account, in the Region of the configuration.
    #[must_use]
    pub fn new(sdk: &SdkConfig, bucket: BucketName, owner: AccountId) -> Self {
        Self {
            client: client(sdk),
            bucket,
            owner,
        }
    }

    /// Puts an object there, where nothing stands under its key.
    pub(crate) async fn keep(&self, key: &str, text: String) -> Result<Kept, AwsFault> {
        let call = self
            .client
            .put_object()
            .bucket(self.bucket.as_str())
            .key(key)
            .expected_bucket_owner(self.owner.as_str())
            .if_none_match("*")
            .content_type("application/json")
            .body(ByteStream::from(text.into_bytes()))
            .send();
        match Box::pin(call).await {
            Ok(_) => Ok(Kept::Now),
            Err(error) => match AwsFault::of(SERVICE, PUT_OBJECT, &error) {
                fault if [TAKEN, BEING_WRITTEN].contains(&fault.code.as_str()) => Ok(Kept::Before),
                fault => Err(fault),
            },
        }
    }

    /// The text of an object that stands there.
    pub(crate) async fn read(&self, key: &str) -> Result<String, AwsFault> {
        let call = self
            .client
            .get_object()
            .bucket(self.bucket.as_str())
            .key(key)
            .expected_bucket_owner(self.owner.as_str())
            .send();
        let answer = Box::pin(call)
            .await
            .map_err(|error| AwsFault::of(SERVICE, GET_OBJECT, &error))?;
        let bytes = body(answer.body, LARGEST).await?;
        bytes
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .ok_or_else(|| AwsFault::unreadable(SERVICE, GET_OBJECT))
    }
}
