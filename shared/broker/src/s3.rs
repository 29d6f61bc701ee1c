//! S3: what stands under a session log's exact key, (`object`) what operators put there for Postern
//! to read, and (`evidence`) what Postern puts where nobody can change it.
//!
//! Of logs, versions are listed and no object is ever read: the role needs
//! `s3:ListBucketVersions` alone, so whoever follows logs cannot see what people typed (AWS-FACTS
//! 3.12). Versions rather than objects, because a second version or a delete marker is the trace
//! of tampering (AWS-FACTS 3.7).

mod evidence;
mod object;

use aws_config::SdkConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::types::ObjectVersion;
use rules::log_verdict::{LogListing, LogLook, LogObject};
use rules::names::SessionId;
use rules::place::{Place, Places};

pub use self::evidence::Evidence;
pub(crate) use self::evidence::Kept;
pub use self::object::{BucketName, NotABucket, NotAnObject, ObjectPlace};
pub(crate) use self::object::{Found, Object};
use crate::aws::{Accounts, NoCredentials, PerPlace, moment};
use crate::fault::{AwsFault, AwsFaultKind};

const SERVICE: &str = "s3";
const LIST_VERSIONS: &str = "ListObjectVersions";

/// The most pages that one key is looked for on. The key sorts before all others that begin with
/// it, so a first page without it is the only one, unless S3 sends short pages.
const MOST_PAGES: usize = 10;

/// Looks for session logs.
#[derive(Debug)]
pub struct S3Logs {
    places: PerPlace<Client>,
}

impl S3Logs {
    /// Clients for all places. A place's log bucket lies in its account and Region.
    ///
    /// # Errors
    /// A place lies in an account without credentials.
    pub fn new(accounts: &Accounts, places: &Places) -> Result<Self, NoCredentials> {
        Ok(Self {
            places: PerPlace::build(accounts, places, client)?,
        })
    }

    /// Looks for a session's log. That S3 will not tell is an outcome too, where it is S3 that says
    /// so: the bucket is not there, or not to be read.
    ///
    /// # Errors
    /// S3 could not be reached, throttled, or gave no usable answer.
    pub async fn look(&self, place: &Place, session: &SessionId) -> Result<LogLook, AwsFault> {
        match Box::pin(self.listing(place, session)).await {
            Ok(listing) => Ok(LogLook::Listed(listing)),
            Err(fault) => match fault.kind {
                // Without credentials no call was made, and S3 has said nothing.
                AwsFaultKind::Denied | AwsFaultKind::Rejected if fault.code != "unsendable" => {
                    Ok(LogLook::Refused { code: fault.code })
                }
                AwsFaultKind::Denied
                | AwsFaultKind::Rejected
                | AwsFaultKind::Throttled
                | AwsFaultKind::Unreachable => Err(fault),
            },
        }
    }

    /// What stands under the exact key of a session's log, in a bucket of the place's account.
    ///
    /// # Errors
    /// S3 throttled, denied, or gave no usable answer; the bucket belongs to another account. A
    /// listing is whole or it is a fault, because what is absent from it counts as missing.
    pub async fn listing(
        &self,
        place: &Place,
        session: &SessionId,
    ) -> Result<LogListing, AwsFault> {
        let client = self
            .places
            .of(&place.account, &place.region)
            .ok_or_else(|| AwsFault::not_served(SERVICE, LIST_VERSIONS))?;
        let key = place.log_key(&session.to_string());
        let mut listing = LogListing::default();
        let mut key_marker: Option<String> = None;
        let mut version_marker: Option<String> = None;
        for _ in 0..MOST_PAGES {
            let call = client
                .list_object_versions()
                .bucket(&place.log_bucket)
                .prefix(&key)
                .expected_bucket_owner(place.account.as_str())
                .set_key_marker(key_marker.take())
                .set_version_id_marker(version_marker.take())
                .send();
            let answer = Box::pin(call)
                .await
                .map_err(|error| AwsFault::of(SERVICE, LIST_VERSIONS, &error))?;
            for version in answer
                .versions()
                .iter()
                .filter(|found| found.key() == Some(&key))
            {
                let object = read(version, &key)
                    .ok_or_else(|| AwsFault::unreadable(SERVICE, LIST_VERSIONS))?;
                listing.versions.push(object);
            }
            listing.deleted |= answer
                .delete_markers()
                .iter()
                .any(|marker| marker.key() == Some(&key));
            let beyond = answer
                .versions()
                .iter()
                .any(|found| found.key() != Some(&key))
                || answer
                    .delete_markers()
                    .iter()
                    .any(|marker| marker.key() != Some(&key));
            if beyond || answer.is_truncated() != Some(true) {
                return Ok(listing);
            }
            key_marker = answer.next_key_marker;
            version_marker = answer.next_version_id_marker;
            if key_marker.is_none() {
                break;
            }
        }
        // Either thousands of versions of one log, which is a finding however many there are, or
        // pages that lead nowhere.
        if listing.versions.len() > 1 || listing.deleted {
            Ok(listing)
        } else {
            Err(AwsFault::unreadable(SERVICE, LIST_VERSIONS))
        }
    }
}

fn client(config: &SdkConfig) -> Client {
    // An endpoint of one's own has no DNS names for buckets.
    let own_endpoint = config.endpoint_url().is_some();
    let config = aws_sdk_s3::config::Builder::from(config)
        .force_path_style(own_endpoint)
        .build();
    Client::from_conf(config)
}

fn read(version: &ObjectVersion, key: &str) -> Option<LogObject> {
    Some(LogObject {
        key: key.to_owned(),
        size: u64::try_from(version.size()?).ok()?,
        etag: version.e_tag()?.trim_matches('"').to_owned(),
        // A bucket that keeps no versions has one, named `null`.
        version: version
            .version_id()
            .filter(|id| *id != "null")
            .map(str::to_owned),
        stored_at: moment(version.last_modified()?),
    })
}
