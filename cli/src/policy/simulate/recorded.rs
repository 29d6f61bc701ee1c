//! Audit entries, read one by one.
//!
//! Of what is recorded only the entries of somebody asking matter; the others are let pass by the
//! name of their event, so that events which this version does not know are no faults.

use std::collections::{BTreeSet, VecDeque};
use std::fs::File;
use std::io::{self, BufReader};
use std::path::Path;

use rules::ask::Ask;
use rules::audit::{Actor, Entry, Event};
use rules::facts::TargetFacts;
use rules::moment::Moment;
use rules::names::{Group, Person, RequestId};
use rules::on_call::Rota;
use rules::policy::{Question, Sought};
use rules::route::Route;
use serde_json::Value;

use crate::documents::{Documents, Next};
use crate::input::Unreadable;
use crate::trails::{Held, Stated};

/// Somebody asked, and this is all that the policy looked at.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) request: RequestId,
    /// Who asked; where it was for somebody else, the policy was asked about them all the same.
    pub(super) person: Person,
    pub(super) ask: Ask,
    /// The route that was offered.
    pub(super) route: Route,
    groups: BTreeSet<Group>,
    rotas: BTreeSet<Rota>,
    facts: Vec<TargetFacts>,
    at: Moment,
}

impl Asked {
    /// What the policies were asked.
    pub(super) fn question(&self) -> Question<'_> {
        Question {
            ask: &self.ask,
            person: &self.person,
            groups: &self.groups,
            rotas: &self.rotas,
            facts: &self.facts,
            // Of access that begins later, the policy is asked about its beginning.
            at: self.ask.starts_at.unwrap_or(self.at),
            sought: Sought::Anew,
        }
    }
}

/// What comes next in a file.
#[derive(Debug)]
pub(super) enum Found {
    /// A request.
    Asked(Box<Asked>),
    /// Something that is no entry.
    Unread {
        /// Where it stands, such as `line 7`.
        place: String,
        what: String,
    },
    /// The operating system refuses to go on.
    Refused(io::Error),
}

/// The requests of a file, in its order.
pub(super) struct Recorded {
    documents: Documents<BufReader<File>>,
    waiting: VecDeque<Found>,
}

impl Recorded {
    /// Opens a file of trails or entries.
    ///
    /// # Errors
    /// It cannot be opened.
    pub(super) fn open(path: &Path) -> Result<Self, Unreadable> {
        Ok(Self {
            documents: Documents::open(path)?,
            waiting: VecDeque::new(),
        })
    }
}

impl Iterator for Recorded {
    type Item = Found;

    fn next(&mut self) -> Option<Found> {
        loop {
            if let Some(found) = self.waiting.pop_front() {
                return Some(found);
            }
            match self.documents.next()? {
                Next::Document { line, value } => {
                    self.waiting.extend(found(value, &format!("line {line}")));
                }
                Next::Unread { line, what } => {
                    let place = format!("line {line}");
                    return Some(Found::Unread { place, what });
                }
                Next::Refused(fault) => return Some(Found::Refused(fault)),
            }
        }
    }
}

/// What a document says: an entry, one with its digest, or a whole trail.
fn found(document: Value, place: &str) -> Vec<Found> {
    match Held::of(document) {
        Held::Trail { entries, .. } => entries
            .into_iter()
            .zip(1_u32..)
            .filter_map(|(stated, n)| one(stated, &format!("{place}, entry {n}")))
            .collect(),
        Held::Entry(stated) => one(stated, place).into_iter().collect(),
    }
}

/// What an entry says; nothing where nobody asks in it.
fn one(Stated { entry, .. }: Stated, place: &str) -> Option<Found> {
    match entry.pointer("/event/type").and_then(Value::as_str) {
        Some("asked") => Some(match serde_json::from_value(entry) {
            Ok(entry) => asked(entry, place),
            Err(fault) => Found::Unread {
                place: place.to_owned(),
                what: fault.to_string(),
            },
        }),
        Some(_) => None,
        None => Some(no_entry(place)),
    }
}

fn no_entry(place: &str) -> Found {
    Found::Unread {
        place: place.to_owned(),
        what: "no audit entry".to_owned(),
    }
}

fn asked(entry: Entry, place: &str) -> Found {
    let (
        Actor::Person { person },
        Event::Asked {
            ask,
            route,
            groups,
            rotas,
            facts,
            shown: _,
        },
    ) = (entry.actor, entry.event)
    else {
        return Found::Unread {
            place: place.to_owned(),
            what: "asked by nobody".to_owned(),
        };
    };
    Found::Asked(Box::new(Asked {
        request: entry.request,
        person,
        ask: *ask,
        route: *route,
        groups: groups.into_iter().collect(),
        rotas: rotas.into_iter().collect(),
        facts,
        at: entry.at,
    }))
}

#[cfg(test)]
mod tests;
