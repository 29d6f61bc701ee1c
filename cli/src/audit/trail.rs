//! A chain of entries, judged by its description and not by the code that writes it.
//!
//! Nothing is shared with the writer but the canonical encoding: an entry is whatever JSON stands in
//! the file, and the digests are worked out here. An entry names the digest of the one before, the
//! first one that of the request's id.
//!
//! Entries are taken one by one and only their digests are kept, so that a file may be larger than
//! memory.

use rules::canonical;
use serde_json::Value;

use super::hash::Hash;
use crate::trails::Stated;

const OF_A_REQUEST: &str = "postern.chain.v1";
const OF_AN_ENTRY: &str = "postern.entry.v1";

/// Where a trail stops being what was written, and how.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Broken {
    #[error("entry {n} is of another request")]
    Foreign { n: u64 },
    #[error("entry {n} is missing; one that says {found} stands in its place")]
    Order { n: u64, found: String },
    #[error("entry {n} stands here once more; it is there already")]
    Again { n: u64 },
    #[error("entry {n} does not follow from the one before it")]
    Link { n: u64 },
    #[error("entry {n} has another digest than it says")]
    Digest { n: u64 },
    #[error("there is no entry of it")]
    Empty {},
    #[error("the trail ends with entry {n}, and with another digest than it says")]
    End { n: u64 },
    #[error("no entry of it has the digest that is known, {known}")]
    Unknown { known: Hash },
    #[error("entry {n} has another digest than checkpoint {checkpoint} says")]
    Otherwise { n: u64, checkpoint: u64 },
    #[error("the trail ends with entry {last}, and checkpoint {checkpoint} knows entry {n}")]
    Cut { last: u64, n: u64, checkpoint: u64 },
    #[error("it is not in the files, and checkpoint {checkpoint} knows entry {n} of it")]
    Absent { n: u64, checkpoint: u64 },
    #[error("it is not in the files, and the digest {known} is known of it")]
    Nowhere { known: Hash },
}

/// What a checkpoint says of a trail: that entry `n` had this digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) n: u64,
    pub(super) digest: Hash,
    pub(super) checkpoint: u64,
}

/// The entries of a request, as far as they have been taken.
#[derive(Debug)]
pub(super) struct Trail {
    request: String,
    /// The digests of the entries that are as they were written, in order.
    digests: Vec<Hash>,
    /// What the next entry has to name.
    before: Hash,
    /// The first entry that is not as it was written, and where it stands.
    broken: Option<(Broken, String)>,
    /// The digests that its end is said to have.
    heads: Vec<String>,
    /// When its first entry says it was written.
    begun: Option<String>,
    entries: usize,
}

impl Trail {
    /// The trail of a request, before its first entry.
    pub(super) fn of(request: &str) -> Self {
        Self {
            request: request.to_owned(),
            digests: Vec::new(),
            before: Hash::of(OF_A_REQUEST, request),
            broken: None,
            heads: Vec::new(),
            begun: None,
            entries: 0,
        }
    }

    /// Takes the next entry. `place` tells where it stands.
    pub(super) fn take(&mut self, stated: &Stated, place: impl FnOnce() -> String) {
        self.entries += 1;
        // Behind the first entry that is wrong, nothing rests on anything.
        if self.broken.is_some() {
            return;
        }
        match self.next(stated) {
            Ok(digest) => {
                if self.digests.is_empty() {
                    let at = stated.entry.get("at").and_then(Value::as_str);
                    self.begun = at.map(str::to_owned);
                }
                self.before = digest;
                self.digests.push(digest);
            }
            Err(broken) => self.broken = Some((broken, place())),
        }
    }

    /// Takes the digest that its end is said to have.
    pub(super) fn ends_with(&mut self, head: String) {
        self.heads.push(head);
    }

    fn next(&self, Stated { entry, digest }: &Stated) -> Result<Hash, Broken> {
        let n = self.last() + 1;
        if entry.get("request").and_then(Value::as_str) != Some(self.request.as_str()) {
            return Err(Broken::Foreign { n });
        }
        let found = entry.get("n").cloned().unwrap_or_default();
        match found.as_u64() {
            Some(there) if there == n => {}
            Some(there) if (1..n).contains(&there) => return Err(Broken::Again { n: there }),
            Some(_) | None => {
                let found = found.to_string();
                return Err(Broken::Order { n, found });
            }
        }
        let previous = entry.get("previous").and_then(Value::as_str);
        if previous.and_then(Hash::read) != Some(self.before) {
            return Err(Broken::Link { n });
        }
        let worked_out = Hash::of(OF_AN_ENTRY, &canonical::encode(entry));
        match digest {
            Some(says) if Hash::read(says) != Some(worked_out) => Err(Broken::Digest { n }),
            Some(_) | None => Ok(worked_out),
        }
    }

    /// How many entries it was given, whatever they are.
    pub(super) fn entries(&self) -> usize {
        self.entries
    }

    /// The number of the last entry that is as it was written.
    pub(super) fn last(&self) -> u64 {
        u64::try_from(self.digests.len()).unwrap_or(u64::MAX)
    }

    /// When its first entry says it was written.
    pub(super) fn begun(&self) -> Option<&str> {
        self.begun.as_deref()
    }

    /// The digest that the trail ends with.
    ///
    /// # Errors
    /// The first entry that is not as it was written, with its place in the files where it has one.
    pub(super) fn judge(
        &self,
        seen: &[Seen],
        known: &[Hash],
    ) -> Result<Hash, (Broken, Option<String>)> {
        let bare = |broken| (broken, None);
        let found = |one: &Seen| {
            let place = one.n.checked_sub(1).and_then(|n| usize::try_from(n).ok());
            self.digests.get(place?)
        };
        let mut seen: Vec<&Seen> = seen.iter().collect();
        seen.sort_by_key(|one| one.n);
        for one in &seen {
            if found(one).is_some_and(|digest| *digest != one.digest) {
                let (n, checkpoint) = (one.n, one.checkpoint);
                return Err(bare(Broken::Otherwise { n, checkpoint }));
            }
        }
        if let Some((broken, place)) = &self.broken {
            return Err((broken.clone(), Some(place.clone())));
        }
        let last = self.last();
        if last == 0 {
            return Err(bare(Broken::Empty {}));
        }
        if let Some(one) = seen.iter().find(|one| found(one).is_none()) {
            let (n, checkpoint) = (one.n, one.checkpoint);
            return Err(bare(Broken::Cut {
                last,
                n,
                checkpoint,
            }));
        }
        if self
            .heads
            .iter()
            .any(|head| Hash::read(head) != Some(self.before))
        {
            return Err(bare(Broken::End { n: last }));
        }
        match known.iter().find(|known| !self.digests.contains(known)) {
            Some(known) => Err(bare(Broken::Unknown { known: *known })),
            None => Ok(self.before),
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
