//! The snapshot on disk: everything but the tables, as one JSON file.
//!
//! The file is replaced by rename, so a process killed at any moment leaves either the old
//! snapshot or the new one. It is written before an answer leaves the door: what a caller was
//! told is what a restarted world knows. Serialising the whole state on each change is the
//! simplest thing that is right, and a local world is small.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::world::{World, WorldError, locked};
use crate::{ec2, events, iam, kms, s3, ssm, tagging};

/// What is kept of a world, read back.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Snapshot {
    pub(crate) iam: iam::State,
    pub(crate) ssm: ssm::State,
    pub(crate) s3: s3::State,
    pub(crate) ec2: ec2::State,
    pub(crate) kms: kms::State,
    pub(crate) tags: tagging::State,
    pub(crate) events: events::State,
}

/// The same members by reference, so that saving copies nothing.
#[derive(Serialize)]
struct SnapshotRef<'a> {
    iam: &'a iam::State,
    ssm: &'a ssm::State,
    s3: &'a s3::State,
    ec2: &'a ec2::State,
    kms: &'a kms::State,
    tags: &'a tagging::State,
    events: &'a events::State,
}

/// A data directory in use.
pub(crate) struct Store {
    file: PathBuf,
    /// The digest of what was written last; its lock also puts writers one after another.
    last: Mutex<Option<[u8; 32]>>,
}

impl Store {
    /// Opens a data directory, making it if it is not there, and reads its snapshot.
    pub(crate) fn open(dir: &Path) -> Result<(Self, Snapshot), WorldError> {
        fs::create_dir_all(dir).map_err(|source| WorldError::DataDir {
            path: dir.to_owned(),
            source,
        })?;
        let file = dir.join("world.json");
        let saved = match fs::read(&file) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|source| WorldError::Snapshot {
                path: file.clone(),
                source,
            })?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Snapshot::default(),
            Err(source) => return Err(WorldError::DataDir { path: file, source }),
        };
        Ok((
            Self {
                file,
                last: Mutex::new(None),
            },
            saved,
        ))
    }

    /// Writes the snapshot if it differs from the last one written.
    pub(crate) fn save(&self, world: &World) {
        let mut last = locked(&self.last);
        let bytes = {
            let (iam, ssm, s3) = (world.iam_state(), world.ssm_state(), world.s3_state());
            let (ec2, kms) = (world.ec2_state(), world.kms_state());
            let (tags, events) = (world.tags_state(), world.events_state());
            serde_json::to_vec(&SnapshotRef {
                iam: &iam,
                ssm: &ssm,
                s3: &s3,
                ec2: &ec2,
                kms: &kms,
                tags: &tags,
                events: &events,
            })
        };
        let bytes = match bytes {
            Ok(bytes) => bytes,
            Err(error) => {
                tracing::error!(error = %error, "the snapshot could not be serialised");
                return;
            }
        };
        let digest: [u8; 32] = Sha256::digest(&bytes).into();
        if *last == Some(digest) {
            return;
        }
        let fresh = self.file.with_extension("json.new");
        match fs::write(&fresh, &bytes).and_then(|()| fs::rename(&fresh, &self.file)) {
            Ok(()) => *last = Some(digest),
            Err(error) => tracing::error!(error = %error, "the snapshot could not be written"),
        }
    }
}
