//! Checkpoints as they stand in files, one document each, and nothing in them that is not known.

use std::fs;
use std::path::{Path, PathBuf};

use rules::canonical;
use serde::Deserialize;
use serde_json::Value;

use super::super::hash::Hash;
use crate::documents::{Documents, Next};
use crate::input::{self, Unreadable};

const OF_A_CHECKPOINT: &str = "postern.checkpoint.v1";

/// A checkpoint.
#[derive(Debug, Clone)]
pub(in super::super) struct Checkpoint {
    pub(in super::super) number: u64,
    pub(in super::super) deployment: String,
    pub(in super::super) at: String,
    pub(in super::super) previous: Hash,
    pub(in super::super) digest: Hash,
    pub(in super::super) heads: Vec<Head>,
    /// Where it stands.
    pub(in super::super) place: String,
}

/// The last entry of a trail.
#[derive(Debug, Clone)]
pub(in super::super) struct Head {
    pub(in super::super) request: String,
    pub(in super::super) n: u64,
    pub(in super::super) digest: Hash,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    checkpoint: u64,
    deployment: String,
    at: String,
    previous: String,
    heads: Vec<HeadForm>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HeadForm {
    request: String,
    n: u64,
    digest: String,
}

impl Checkpoint {
    /// Reads a document that is a checkpoint.
    ///
    /// # Errors
    /// What of it is none.
    pub(in super::super) fn read(document: Value, place: String) -> Result<Self, String> {
        let digest = Hash::of(OF_A_CHECKPOINT, &canonical::encode(&document));
        // A list of the values alone would be read as well, and is another document.
        let objects = |heads: &Vec<Value>| heads.iter().all(Value::is_object);
        let heads = document.get("heads").and_then(Value::as_array);
        if !document.is_object() || !heads.is_none_or(objects) {
            return Err("a checkpoint and each of its heads is an object".to_owned());
        }
        let form: Form = serde_json::from_value(document).map_err(|fault| fault.to_string())?;
        let hash = |text: &str| {
            Hash::read(text)
                .ok_or_else(|| format!("`{text}` is no digest of 64 lower-case hexadecimal digits"))
        };
        if form.checkpoint == 0 || form.heads.iter().any(|head| head.n == 0) {
            return Err("checkpoints and entries are counted from 1".to_owned());
        }
        let heads = form.heads.into_iter().map(|head| {
            Ok(Head {
                digest: hash(&head.digest)?,
                request: head.request,
                n: head.n,
            })
        });
        Ok(Self {
            number: form.checkpoint,
            deployment: form.deployment,
            at: form.at,
            previous: hash(&form.previous)?,
            digest,
            heads: heads.collect::<Result<_, String>>()?,
            place,
        })
    }

    /// The checkpoints of a file, or of every `*.json` in a folder and below it.
    ///
    /// # Errors
    /// One cannot be read, or there is none.
    pub(in super::super) fn all(path: &Path) -> Result<Vec<Self>, Unreadable> {
        let mut all = Vec::new();
        for file in files(path)? {
            of_file(&file, &mut all)?;
        }
        if all.is_empty() {
            return Err(no_checkpoints(path, "it holds none"));
        }
        Ok(all)
    }
}

fn no_checkpoints(path: &Path, what: &str) -> Unreadable {
    Unreadable::Checkpoints {
        path: path.to_owned(),
        what: what.to_owned(),
    }
}

fn of_file(file: &Path, all: &mut Vec<Checkpoint>) -> Result<(), Unreadable> {
    for next in Documents::open(file)? {
        let (line, read) = match next {
            Next::Document { line, value } => {
                let place = match line {
                    1 => format!("`{}`", file.display()),
                    _ => format!("`{}`, line {line}", file.display()),
                };
                (line, Checkpoint::read(value, place))
            }
            Next::Unread { line, what } => (line, Err(what)),
            Next::Refused(fault) => return Err(input::refused(file, fault)),
        };
        let read = read.map_err(|what| no_checkpoints(file, &format!("line {line}: {what}")));
        all.push(read?);
    }
    Ok(())
}

/// The files of a path, in the order of their names. Links inside a folder are not followed: they
/// could lead in a circle.
fn files(path: &Path) -> Result<Vec<PathBuf>, Unreadable> {
    let refused = |path: &Path| {
        let path = path.to_owned();
        move |fault| input::refused(&path, fault)
    };
    if !fs::metadata(path).map_err(refused(path))?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let (mut found, mut folders) = (Vec::new(), vec![path.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(refused(&folder))? {
            let entry = entry.map_err(refused(&folder))?;
            let (path, kind) = (entry.path(), entry.file_type().map_err(refused(&folder))?);
            if kind.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "json") {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}
