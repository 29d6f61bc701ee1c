//! `postern audit verify`: every trail of some files, one line each, and what the checkpoints make
//! of them.

mod told;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use self::told::Told;
use super::checkpoints::{Checkpoint, Checkpoints};
use super::hash::Hash;
use super::trail::{Broken, Trail};
use super::{Head, Verify};
use crate::documents::{Documents, Next};
use crate::input::{self, Unreadable};
use crate::report::Report;
use crate::trails::{Held, Stated};

/// The trails of some files, by request.
type Trails = BTreeMap<String, Trail>;

pub(super) fn run(asked: &Verify) -> Result<Report, Unreadable> {
    let trails = read(&asked.files)?;
    let mut checkpoints = Vec::new();
    for path in &asked.checkpoints {
        checkpoints.extend(Checkpoint::all(path)?);
    }
    Ok(judge(&trails, &Checkpoints::of(checkpoints), asked))
}

fn read(files: &[PathBuf]) -> Result<Trails, Unreadable> {
    let mut trails = Trails::new();
    for file in files {
        let fault = |line: usize, what: &str| Unreadable::Trails {
            path: file.clone(),
            what: format!("line {line}: {what}"),
        };
        // Of one file, everybody knows which.
        let named = (files.len() > 1).then_some(file.as_path());
        for next in Documents::open(file)? {
            match next {
                Next::Document { line, value } => {
                    take(value, &mut trails, named, line).map_err(|what| fault(line, what))?;
                }
                Next::Unread { line, what } => return Err(fault(line, &what)),
                Next::Refused(refused) => return Err(input::refused(file, refused)),
            }
        }
    }
    match files {
        [file, ..] if trails.is_empty() => Err(Unreadable::Trails {
            path: file.clone(),
            what: match files.len() {
                1 => "it holds no entry".to_owned(),
                _ => "neither it nor another one holds an entry".to_owned(),
            },
        }),
        _ => Ok(trails),
    }
}

/// Takes one document: an answer of the API, an entry with its digest, or an entry.
fn take(
    document: Value,
    trails: &mut Trails,
    file: Option<&Path>,
    line: usize,
) -> Result<(), &'static str> {
    let place = || match file {
        Some(file) => format!("`{}`, line {line}", file.display()),
        None => format!("line {line}"),
    };
    match Held::of(document) {
        Held::Trail {
            request: Some(request),
            head: Some(head),
            entries,
        } => {
            let trail = of(trails, &request);
            for stated in &entries {
                check(stated)?;
                trail.take(stated, place);
            }
            trail.ends_with(head);
        }
        Held::Trail { .. } => return Err("a trail names its `request` and its `head`"),
        Held::Entry(stated) => {
            check(&stated)?;
            let request = stated.entry.get("request").and_then(Value::as_str);
            let request = request.ok_or("an entry names its `request`")?;
            of(trails, request).take(&stated, place);
        }
    }
    Ok(())
}

fn of<'a>(trails: &'a mut Trails, request: &str) -> &'a mut Trail {
    trails
        .entry(request.to_owned())
        .or_insert_with(|| Trail::of(request))
}

/// What stands without a digest must at least be like an entry.
fn check(Stated { entry, digest }: &Stated) -> Result<(), &'static str> {
    match digest.is_none() && entry.get("previous").is_none() {
        true => Err("this is neither a trail nor an entry of one"),
        false => Ok(()),
    }
}

fn judge(trails: &Trails, checkpoints: &Checkpoints, asked: &Verify) -> Report {
    let mut requests: BTreeMap<String, Vec<Hash>> = BTreeMap::new();
    let mut numbers = Vec::new();
    for head in &asked.head {
        match head {
            Head::Request(request, digest) => {
                requests
                    .entry(request.to_string())
                    .or_default()
                    .push(*digest);
            }
            Head::Checkpoint(number, digest) => numbers.push((*number, *digest)),
        }
    }
    let seen = checkpoints.seen();
    let mut told = Told::default();
    for (request, trail) in trails {
        let known = requests.remove(request).unwrap_or_default();
        let seen = seen.get(request.as_str()).map(Vec::as_slice);
        match trail.judge(seen.unwrap_or_default(), &known) {
            Ok(last) => {
                let unknown = told.covered(trail, seen, checkpoints);
                told.whole(request, trail, last, unknown);
            }
            Err((broken, place)) => told.broken(request, &broken, place.as_deref()),
        }
        told.entries(trail);
    }
    for (request, seen) in seen {
        let first = seen.iter().min_by_key(|one| one.n);
        let (Some(first), false) = (first, trails.contains_key(request)) else {
            continue;
        };
        if asked.some {
            told.elsewhere();
        } else {
            let (n, checkpoint) = (first.n, first.checkpoint);
            told.broken(request, &Broken::Absent { n, checkpoint }, None);
        }
    }
    // A request of which a digest is known and nothing is there cannot be whole.
    for (request, known) in requests {
        if let Some(known) = known.first() {
            told.broken(&request, &Broken::Nowhere { known: *known }, None);
        }
    }
    told.chain(checkpoints.judge(&numbers).err());
    told.report(trails, checkpoints)
}

#[cfg(test)]
mod tests;
