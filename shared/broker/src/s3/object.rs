//! One object that operators put in a bucket for Postern to read, such as the policy set.
//!
//! It is asked for with the tag of what was read last, so an object that has not changed costs one
//! small call and nothing is read of it (`If-None-Match`, answered by 304). The bucket must belong
//! to the account that Postern runs in: a name that somebody else took gives nothing.
//!
//! Reading needs `s3:GetObject` on the one object; with a pinned version `s3:GetObjectVersion`
//! instead. Where the role may not list the bucket, S3 answers for a missing object as for a
//! forbidden one (AWS-FACTS 3.12), so nothing here tells the two apart.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::primitives::ByteStream;
use rules::names::AccountId;
use rules::names::text::is_plain;

use super::{SERVICE, client};
use crate::fault::AwsFault;

const GET_OBJECT: &str = "GetObject";

/// How long reading may take in all, the body and the SDK's retries included: an API call waits
/// for it.
const PATIENCE: Duration = Duration::from_secs(5);

const NOT_MODIFIED: u16 = 304;

/// Where an object is: `s3://bucket/key`, or `s3://bucket/key?versionId=…` for one version of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectPlace {
    bucket: String,
    key: String,
    version: Option<String>,
}

/// The name of a bucket: 3 to 63 lower-case letters, digits, dots or hyphens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BucketName(String);

/// A text that is no name of a bucket.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a bucket's name: 3 to 63 lower-case letters, digits, dots or hyphens")]
pub struct NotABucket(String);

impl BucketName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for BucketName {
    type Err = NotABucket;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match is_bucket(text) {
            true => Ok(Self(text.to_owned())),
            false => Err(NotABucket(text.to_owned())),
        }
    }
}

fn is_bucket(text: &str) -> bool {
    let of_bucket = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-".contains(c);
    (3..=63).contains(&text.len()) && text.chars().all(of_bucket)
}

/// A text that says no place of an object.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an object of S3 such as `s3://bucket/key` or `s3://bucket/key?versionId=id`")]
pub struct NotAnObject(String);

impl FromStr for ObjectPlace {
    type Err = NotAnObject;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::read(text).ok_or_else(|| NotAnObject(text.to_owned()))
    }
}

impl ObjectPlace {
    fn read(text: &str) -> Option<Self> {
        let (bucket, rest) = text.strip_prefix("s3://")?.split_once('/')?;
        let (key, version) = match rest.split_once('?') {
            Some((key, query)) => (key, Some(query.strip_prefix("versionId=")?)),
            None => (rest, None),
        };
        let of_version = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        let fits = is_bucket(bucket)
            && (1..=1_024).contains(&key.len())
            && key.chars().all(is_plain)
            && version.is_none_or(|id| !id.is_empty() && id.chars().all(of_version));
        fits.then(|| Self {
            bucket: bucket.to_owned(),
            key: key.to_owned(),
            version: version.map(str::to_owned),
        })
    }
}

impl fmt::Display for ObjectPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}/{}", self.bucket, self.key)?;
        match &self.version {
            Some(version) => write!(f, "?versionId={version}"),
            None => Ok(()),
        }
    }
}

/// An object, and the client that reads it.
#[derive(Debug)]
pub(crate) struct Object {
    client: Client,
    place: ObjectPlace,
    owner: AccountId,
    largest: usize,
    patience: Duration,
}

/// What stands at the place of an object.
#[derive(Debug)]
pub(crate) enum Found {
    /// What was read last.
    Unchanged,
    /// Something else.
    Changed {
        /// What it is to be asked for with next time.
        etag: Option<String>,
        /// Its version, in a bucket that keeps them.
        version: Option<String>,
        /// Its bytes; nothing where they are too many.
        bytes: Option<Vec<u8>>,
    },
}

impl Object {
    /// An object of at most so many bytes, in a bucket of this account and of the Region of the
    /// configuration.
    pub(crate) fn new(
        sdk: &SdkConfig,
        place: ObjectPlace,
        owner: AccountId,
        largest: usize,
    ) -> Self {
        Self {
            client: client(sdk),
            place,
            owner,
            largest,
            patience: PATIENCE,
        }
    }

    /// Reads the object, unless it is what `known` is the tag of.
    pub(crate) async fn look(&self, known: Option<&str>) -> Result<Found, AwsFault> {
        tokio::time::timeout(self.patience, Box::pin(self.get(known)))
            .await
            .unwrap_or_else(|_| Err(AwsFault::timed_out(SERVICE, GET_OBJECT)))
    }

    async fn get(&self, known: Option<&str>) -> Result<Found, AwsFault> {
        let call = self
            .client
            .get_object()
            .bucket(&self.place.bucket)
            .key(&self.place.key)
            .set_version_id(self.place.version.clone())
            .expected_bucket_owner(self.owner.as_str())
            .set_if_none_match(known.map(str::to_owned))
            .send();
        let answer = match Box::pin(call).await {
            Ok(answer) => answer,
            Err(SdkError::ServiceError(refused))
                if known.is_some() && refused.raw().status().as_u16() == NOT_MODIFIED =>
            {
                return Ok(Found::Unchanged);
            }
            Err(error) => return Err(AwsFault::of(SERVICE, GET_OBJECT, &error)),
        };
        Ok(Found::Changed {
            etag: answer.e_tag,
            version: answer.version_id.filter(|id| id != "null"),
            bytes: body(answer.body, self.largest).await?,
        })
    }
}

/// Reads a body piece by piece; nothing where it is too long. What an answer says of its length is
/// no cap.
pub(super) async fn body(
    mut body: ByteStream,
    largest: usize,
) -> Result<Option<Vec<u8>>, AwsFault> {
    let mut bytes = Vec::new();
    while let Some(piece) = body
        .try_next()
        .await
        .map_err(|_| AwsFault::unreadable(SERVICE, GET_OBJECT))?
    {
        if bytes.len().saturating_add(piece.len()) > largest {
            return Ok(None);
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(Some(bytes))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Instant;

    use aws_credential_types::Credentials;
    use aws_sdk_sts::config::SharedCredentialsProvider;
    use rules::moment::Moment;
    use standin::faults::{FaultKind, FaultRule};
    use standin::s3::BucketSpec;
    use standin::{Service, World};

    use super::*;
    use crate::aws::with_http;
    use crate::clock::Clock;
    use crate::fault::AwsFaultKind;

    /// Everything else about reading is tested on the wire, in `tests/in_force`; here the patience
    /// can be shortened.
    #[tokio::test]
    async fn a_bucket_that_never_answers_is_given_up() {
        let world = World::builder().build().unwrap();
        world.create_bucket("postern-config", BucketSpec::default());
        let hang = FaultRule::always(Service::S3, "GetObject", FaultKind::Hang);
        world.faults().inject(hang);
        let (keys, time) = (world.admin_keys(), world.clone());
        let clock = Clock::from_fn(Arc::new(move || Moment::from_millis(time.now_millis())));
        let credentials = Credentials::new(
            keys.access_key_id,
            keys.secret_access_key,
            keys.session_token,
            None,
            "test",
        );
        let sdk = with_http(
            &clock,
            world.http_client(),
            &world.region().parse().unwrap(),
            SharedCredentialsProvider::new(credentials),
        );
        let place = "s3://postern-config/policy.cedar".parse().unwrap();
        let mut object = Object::new(&sdk, place, world.account().parse().unwrap(), 1_024);
        object.patience = Duration::from_millis(100);
        let begun = Instant::now();
        let fault = object.look(None).await.unwrap_err();
        assert_eq!(
            (fault.code.as_str(), fault.kind),
            ("timeout", AwsFaultKind::Unreachable)
        );
        assert!(begun.elapsed() < Duration::from_secs(2));
    }

    #[test]
    fn a_place_is_a_bucket_a_key_and_perhaps_a_version() {
        for text in [
            "s3://postern-config/policy.cedar",
            "s3://postern-config/a/b c/정책.cedar",
            "s3://postern-config/policy.cedar?versionId=3HL4kqtJlcpXroDTDmJ.rmSpXd3dIbrHY_-",
        ] {
            let place: ObjectPlace = text.parse().unwrap();
            assert_eq!(place.to_string(), text);
        }
    }

    #[test]
    fn what_is_only_near_a_place_is_refused() {
        let long = format!("s3://postern-config/{}", "k".repeat(1_025));
        for text in [
            "",
            "policy.cedar",
            "s3://postern-config",
            "s3://postern-config/",
            "s3:///policy.cedar",
            "s3://ab/policy.cedar",
            "s3://Postern/policy.cedar",
            "https://postern-config.s3.amazonaws.com/policy.cedar",
            "s3://postern-config/policy.cedar?versionId=",
            "s3://postern-config/policy.cedar?version=1",
            "s3://postern-config/policy.cedar?versionId=1&x=2",
            "s3://postern-config/policy.cedar\n",
            &long,
        ] {
            assert!(text.parse::<ObjectPlace>().is_err(), "{text}");
        }
    }
}
