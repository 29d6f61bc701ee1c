//! Audit entries, read one by one.
//!
//! An export of a year is larger than memory should have to be, so lines are streamed and bounded.
//! Of what is recorded only the entries of somebody asking matter; the others are let pass by the
//! name of their event, so that events which this version does not know are no faults.

use std::collections::{BTreeSet, VecDeque};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Chain, Cursor, Read};
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

use crate::input::{self, Unreadable};

/// The longest line that is read, without its end: the trail of one request is far shorter.
const MOST_LINE: usize = 1024 * 1024;
/// The largest document that is not in lines.
const MOST_DOCUMENT: u64 = 16 * 1024 * 1024;

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
    lines: Lines<Chain<Cursor<Vec<u8>>, BufReader<File>>>,
    waiting: VecDeque<Found>,
}

impl Recorded {
    /// Opens a file: JSON Lines, or one document of JSON over several lines.
    ///
    /// # Errors
    /// It cannot be read.
    pub(super) fn open(path: &Path) -> Result<Self, Unreadable> {
        let refused = |fault| input::refused(path, fault);
        let mut reader = BufReader::new(File::open(path).map_err(refused)?);
        let mut head = Vec::new();
        // The first line that says something decides.
        while blank(&head) && head.len() < MOST_LINE {
            let bound = u64::try_from(MOST_LINE).unwrap_or(u64::MAX);
            let read = (&mut reader).take(bound).read_until(b'\n', &mut head);
            if read.map_err(refused)? == 0 {
                break;
            }
        }
        let first: Result<Value, _> = serde_json::from_slice(&head);
        let mut waiting = VecDeque::new();
        if first.is_err_and(|fault| fault.is_eof()) && !blank(&head) {
            let rest = (&mut reader).take(MOST_DOCUMENT).read_to_end(&mut head);
            rest.map_err(refused)?;
            if let Ok(document) = serde_json::from_slice(&head) {
                waiting.extend(found(document, "the document"));
                head.clear();
            }
        }
        Ok(Self {
            lines: Lines {
                reader: Cursor::new(head).chain(reader),
                number: 0,
            },
            waiting,
        })
    }
}

fn blank(bytes: &[u8]) -> bool {
    bytes.iter().all(u8::is_ascii_whitespace)
}

impl Iterator for Recorded {
    type Item = Found;

    fn next(&mut self) -> Option<Found> {
        loop {
            if let Some(found) = self.waiting.pop_front() {
                return Some(found);
            }
            let (number, line) = match self.lines.next()? {
                Ok(line) => line,
                Err(fault) => return Some(Found::Refused(fault)),
            };
            let place = format!("line {number}");
            let unread = |what: String| Found::Unread {
                place: place.clone(),
                what,
            };
            match line {
                None => self
                    .waiting
                    .push_back(unread("longer than 1 MiB".to_owned())),
                Some(line) if blank(&line) => {}
                Some(line) => match serde_json::from_slice(&line) {
                    Ok(value) => self.waiting.extend(found(value, &place)),
                    Err(fault) => self.waiting.push_back(unread(format!("not JSON: {fault}"))),
                },
            }
        }
    }
}

/// What a value says: an entry, one with its digest, or a whole trail.
fn found(value: Value, place: &str) -> Vec<Found> {
    let Value::Object(mut members) = value else {
        return vec![no_entry(place)];
    };
    if let Some(Value::Array(entries)) = members.remove("entries") {
        return entries
            .into_iter()
            .zip(1_u32..)
            .flat_map(|(entry, n)| one(entry, &format!("{place}, entry {n}")))
            .collect();
    }
    one(Value::Object(members), place).into_iter().collect()
}

/// What an entry says, with its digest or without; nothing where nobody asks in it.
fn one(mut value: Value, place: &str) -> Option<Found> {
    let entry = match value.get_mut("entry") {
        Some(entry) => entry.take(),
        None => value,
    };
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

/// The lines of a reader, none of them held that is too long.
struct Lines<R> {
    reader: R,
    number: usize,
}

impl<R: BufRead> Lines<R> {
    /// The next line with its number; without its text where it is too long. Nothing at the end.
    fn next(&mut self) -> Option<io::Result<(usize, Option<Vec<u8>>)>> {
        let mut line = Vec::new();
        let mut all = true;
        let mut ended = false;
        let mut some = false;
        while !ended {
            let part = match self.reader.fill_buf() {
                Ok([]) => break,
                Ok(part) => part,
                Err(fault) if fault.kind() == io::ErrorKind::Interrupted => continue,
                Err(fault) => return Some(Err(fault)),
            };
            some = true;
            let end = part.iter().position(|byte| *byte == b'\n');
            let (text, _) = part.split_at(end.unwrap_or(part.len()));
            all = all && line.len().saturating_add(text.len()) <= MOST_LINE;
            if all {
                line.extend_from_slice(text);
            }
            let read = text.len() + usize::from(end.is_some());
            ended = end.is_some();
            self.reader.consume(read);
        }
        some.then(|| {
            self.number += 1;
            Ok((self.number, all.then_some(line)))
        })
    }
}

#[cfg(test)]
mod tests;
