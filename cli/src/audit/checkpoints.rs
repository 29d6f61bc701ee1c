//! A chain of checkpoints, judged by its description and not by the code that writes it.
//!
//! A checkpoint holds the last entries of the trails that have grown since the one before, and names
//! the digest of the one before. They lie where nobody can change them for as long as their
//! retention lasts; older ones may be gone, so the chain may begin above 1.

mod form;

use std::collections::BTreeMap;

pub(super) use self::form::Checkpoint;
use super::hash::Hash;
use super::trail::Seen;

const OF_A_DEPLOYMENT: &str = "postern.checkpoints.v1";

/// Where the chain of checkpoints stops being what was written, and how.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Fault {
    #[error("it is missing; the next that is here is checkpoint {found}")]
    Missing { found: u64 },
    #[error("it is there twice, the first time as {first}")]
    Twice { first: String },
    #[error("it is of `{of}`, and the checkpoints before it are of `{before}`")]
    Foreign { of: String, before: String },
    #[error("it does not rest on the deployment that it names")]
    Start {},
    #[error("it does not follow from the one before it")]
    Link {},
    #[error("it knows of no trail")]
    Empty {},
    #[error("it names `{request}` out of order or twice")]
    Order { request: String },
    #[error("it knows entry {n} of `{request}`, and checkpoint {before} knew entry {already}")]
    Backwards {
        request: String,
        n: u64,
        before: u64,
        already: u64,
    },
    #[error("it has another digest than the one that is known")]
    Known {},
    #[error("it is known, and not in the files")]
    Absent {},
}

/// The first checkpoint that is not as it was written.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Broken {
    pub(super) number: u64,
    pub(super) fault: Fault,
    /// The file that it stands in, if it does.
    pub(super) place: Option<String>,
}

/// The checkpoints of some files, in order of their numbers.
#[derive(Debug)]
pub(super) struct Checkpoints(Vec<Checkpoint>);

impl Checkpoints {
    pub(super) fn of(mut all: Vec<Checkpoint>) -> Self {
        all.sort_by_key(|one| one.number);
        Self(all)
    }

    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    /// The oldest, and the newest.
    pub(super) fn ends(&self) -> Option<(&Checkpoint, &Checkpoint)> {
        self.0.first().zip(self.0.last())
    }

    /// What they say of each trail, by request.
    pub(super) fn seen(&self) -> BTreeMap<&str, Vec<Seen>> {
        let mut seen: BTreeMap<&str, Vec<Seen>> = BTreeMap::new();
        for checkpoint in &self.0 {
            for head in &checkpoint.heads {
                seen.entry(&head.request).or_default().push(Seen {
                    n: head.n,
                    digest: head.digest,
                    checkpoint: checkpoint.number,
                });
            }
        }
        seen
    }

    /// Checks the chain, and the digests that are known of it by number.
    ///
    /// # Errors
    /// The first checkpoint that is not as it was written.
    pub(super) fn judge(&self, known: &[(u64, Hash)]) -> Result<(), Broken> {
        let mut before: Option<&Checkpoint> = None;
        let mut latest = BTreeMap::new();
        for checkpoint in &self.0 {
            check(checkpoint, before, &mut latest, known).map_err(|(number, fault)| Broken {
                number,
                // One that is missing stands nowhere.
                place: (number == checkpoint.number).then(|| checkpoint.place.clone()),
                fault,
            })?;
            before = Some(checkpoint);
        }
        let absent = |(number, _): &&(u64, Hash)| !self.0.iter().any(|one| one.number == *number);
        match known.iter().find(absent) {
            None => Ok(()),
            Some((number, _)) => Err(Broken {
                number: *number,
                fault: Fault::Absent {},
                place: None,
            }),
        }
    }
}

/// Checks one against the one before it and against what all before it knew of the trails: by
/// request, the checkpoint and the number of the entry.
fn check<'a>(
    checkpoint: &'a Checkpoint,
    before: Option<&Checkpoint>,
    latest: &mut BTreeMap<&'a str, (u64, u64)>,
    known: &[(u64, Hash)],
) -> Result<(), (u64, Fault)> {
    let number = checkpoint.number;
    let fault = |fault| Err((number, fault));
    match before {
        Some(before) => {
            if number == before.number {
                let first = before.place.clone();
                return fault(Fault::Twice { first });
            }
            let next = before.number.saturating_add(1);
            if number != next {
                return Err((next, Fault::Missing { found: number }));
            }
            if checkpoint.deployment != before.deployment {
                return fault(Fault::Foreign {
                    of: checkpoint.deployment.clone(),
                    before: before.deployment.clone(),
                });
            }
            if checkpoint.previous != before.digest {
                return fault(Fault::Link {});
            }
        }
        None => {
            let start = Hash::of(OF_A_DEPLOYMENT, &checkpoint.deployment);
            if number == 1 && checkpoint.previous != start {
                return fault(Fault::Start {});
            }
        }
    }
    if checkpoint.heads.is_empty() {
        return fault(Fault::Empty {});
    }
    let mut last: Option<&str> = None;
    for head in &checkpoint.heads {
        let request = head.request.as_str();
        if last.is_some_and(|last| last >= request) {
            let request = request.to_owned();
            return fault(Fault::Order { request });
        }
        last = Some(request);
        match latest.insert(request, (number, head.n)) {
            // A trail may be named again as it was, by a run that took over from one which was
            // interrupted; it is never named as shorter.
            Some((before, already)) if already > head.n => {
                return fault(Fault::Backwards {
                    request: request.to_owned(),
                    n: head.n,
                    before,
                    already,
                });
            }
            Some(_) | None => {}
        }
    }
    let other = |(n, digest): &(u64, Hash)| *n == number && *digest != checkpoint.digest;
    if known.iter().any(other) {
        return fault(Fault::Known {});
    }
    Ok(())
}
