//! What `postern audit verify` says: a line for each trail, and what it adds up to.

use std::fmt::Write as _;

use super::Trails;
use crate::audit::checkpoints::{self, Checkpoints};
use crate::audit::hash::Hash;
use crate::audit::trail::{Broken, Seen, Trail};
use crate::report::{Report, counted};

/// The lines so far, and what has been counted.
#[derive(Debug, Default)]
pub(super) struct Told {
    lines: String,
    broken: usize,
    entries: usize,
    chain: Option<checkpoints::Broken>,
    /// Requests that checkpoints know and that were not to be in the files.
    elsewhere: usize,
    /// Trails that no checkpoint knows: those that began after the last, and the others.
    newer: usize,
    unknown: usize,
    /// Entries behind the last that a checkpoint knows of their trail.
    beyond: u64,
}

impl Told {
    /// `unknown`: where a checkpoint might know the trail, and none does.
    pub(super) fn whole(&mut self, request: &str, trail: &Trail, last: Hash, unknown: bool) {
        let count = counted(trail.entries(), "entry");
        let unknown = match unknown {
            true => "; known to no checkpoint",
            false => "",
        };
        let _ = writeln!(
            self.lines,
            "whole   {request}  {count}, the last {last}{unknown}"
        );
    }

    pub(super) fn entries(&mut self, trail: &Trail) {
        self.entries += trail.entries();
    }

    pub(super) fn broken(&mut self, what: &str, why: &Broken, place: Option<&str>) {
        self.broken += 1;
        let _ = writeln!(self.lines, "BROKEN  {what}  {why}{}", Place(place));
    }

    /// Counts how far the checkpoints know a trail; whether one might, and none does.
    pub(super) fn covered(
        &mut self,
        trail: &Trail,
        seen: Option<&[Seen]>,
        all: &Checkpoints,
    ) -> bool {
        let Some((_, last)) = all.ends() else {
            return false;
        };
        match seen.and_then(|seen| seen.iter().map(|one| one.n).max()) {
            Some(known) => self.beyond += trail.last().saturating_sub(known),
            // Moments are all written alike, so that they compare as their texts do.
            None if trail.begun().is_some_and(|at| at > last.at.as_str()) => self.newer += 1,
            None => {
                self.unknown += 1;
                return true;
            }
        }
        false
    }

    pub(super) fn elsewhere(&mut self) {
        self.elsewhere += 1;
    }

    pub(super) fn chain(&mut self, broken: Option<checkpoints::Broken>) {
        if let Some(broken) = &broken {
            let checkpoints::Broken {
                number,
                fault,
                place,
            } = broken;
            let place = Place(place.as_deref());
            let _ = writeln!(self.lines, "BROKEN  checkpoint {number}  {fault}{place}");
        }
        self.chain = broken;
    }

    pub(super) fn report(self, trails: &Trails, all: &Checkpoints) -> Report {
        let mut text = self.lines;
        let _ = writeln!(
            text,
            "\n{}, {}, {} broken",
            counted(trails.len(), "trail"),
            counted(self.entries, "entry"),
            self.broken
        );
        if let Some((first, last)) = all.ends() {
            let count = counted(all.count(), "checkpoint");
            let state = match self.chain {
                None => "the chain is whole",
                Some(_) => "the chain is BROKEN",
            };
            let _ = writeln!(text, "{count} of `{}`, {state}", last.deployment);
            let _ = writeln!(
                text,
                "  the last is checkpoint {} of {}, {}",
                last.number, last.at, last.digest
            );
            if first.number > 1 {
                let _ = writeln!(
                    text,
                    "  it begins with checkpoint {}: older ones are not here, and nothing shows what it rests on",
                    first.number
                );
            }
            for (count, noun, what) in [
                (
                    self.elsewhere,
                    "trail",
                    "known to the checkpoints and not in the files",
                ),
                (self.newer, "trail", "begun after the last checkpoint"),
                (
                    self.unknown,
                    "trail",
                    "begun before the last checkpoint and known to none that is here",
                ),
                (
                    usize::try_from(self.beyond).unwrap_or(usize::MAX),
                    "entry",
                    "behind the last that a checkpoint knows of the trail",
                ),
            ] {
                if count > 0 {
                    let _ = writeln!(text, "  {} {what}", counted(count, noun));
                }
            }
        }
        Report::new(text, self.broken == 0 && self.chain.is_none())
    }
}

/// Where something stands, if it does.
struct Place<'a>(Option<&'a str>);

impl std::fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Some(place) => write!(f, " ({place})"),
            None => Ok(()),
        }
    }
}
