//! The JSON documents of a file, one after the other, with the line that each begins on.
//!
//! An export of a year is larger than memory should have to be, so a file is streamed and each
//! document is bounded. Documents follow one another with white space between or none: one on each
//! line, several on a line, or one over many lines. What is no JSON takes only its own line with it.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use rules::strict_json;
use serde_json::{Deserializer, Value};

use crate::input::{self, Unreadable};

/// The largest document that is read, and the longest line: the trail of one request is far shorter.
const MOST: usize = 16 * 1024 * 1024;
/// How deep a document may be nested; none that is written comes near it.
const DEEPEST: u8 = 32;

/// What comes next in a file.
#[derive(Debug)]
pub(crate) enum Next {
    /// A document.
    Document { line: usize, value: Value },
    /// Something that is none.
    Unread { line: usize, what: String },
    /// The operating system refuses to go on.
    Refused(io::Error),
}

/// The documents of a file, in its order.
pub(crate) struct Documents<R> {
    lines: Lines<R>,
    /// Lines that are no document together, so that each is read alone. What was wrong with all of
    /// them stands with the first.
    alone: VecDeque<(usize, Vec<u8>, Option<String>)>,
    ready: VecDeque<Next>,
    /// What comes after all of these.
    fault: Option<Next>,
}

impl Documents<BufReader<File>> {
    /// Opens a file.
    ///
    /// # Errors
    /// It cannot be opened.
    pub(crate) fn open(path: &Path) -> Result<Self, Unreadable> {
        let file = File::open(path).map_err(|fault| input::refused(path, fault))?;
        Ok(Self::of(BufReader::with_capacity(64 * 1024, file), MOST))
    }
}

impl<R: BufRead> Documents<R> {
    fn of(reader: R, most: usize) -> Self {
        Self {
            lines: Lines {
                reader,
                number: 0,
                most,
            },
            alone: VecDeque::new(),
            ready: VecDeque::new(),
            fault: None,
        }
    }

    /// Reads on by the lines of one document. Nothing at the end.
    fn advance(&mut self) -> Option<()> {
        let mut block = Vec::new();
        let (mut open, mut size) = (Open::default(), 0);
        let mut fault = None;
        while fault.is_none() {
            match self.lines.next() {
                None if block.is_empty() => return None,
                None => break,
                Some(Err(refused)) => fault = Some(Next::Refused(refused)),
                Some(Ok((line, None))) => {
                    let what = self.too_long();
                    fault = Some(Next::Unread { line, what });
                }
                Some(Ok((number, line))) => {
                    let line = line.unwrap_or_default();
                    let goes_on = open.after(&line);
                    size += line.len();
                    block.push((number, line));
                    if !goes_on || size > self.lines.most {
                        break;
                    }
                }
            }
        }
        let mut together = match block.as_slice() {
            [_, _, ..] if size > self.lines.most => Some(self.too_long()),
            lines => self.take(lines),
        };
        if together.is_some() {
            let lines = block.into_iter();
            self.alone
                .extend(lines.map(|(line, text)| (line, text, together.take())));
        }
        // What comes after the lines waits for them.
        self.fault = fault;
        Some(())
    }

    /// Takes the lines of one document, or of several that share lines; tells what is wrong where
    /// several lines are none together.
    fn take(&mut self, block: &[(usize, Vec<u8>)]) -> Option<String> {
        let mut read = match block {
            [] => return None,
            [(line, text)] => {
                self.ready.extend(documents(*line, text));
                return None;
            }
            [(line, _), ..] => {
                let lines: Vec<&[u8]> = block.iter().map(|(_, text)| text.as_slice()).collect();
                documents(*line, &lines.join(&b'\n'))
            }
        };
        if let Some(Next::Unread { what, .. }) = read.last_mut() {
            return Some(std::mem::take(what));
        }
        self.ready.extend(read);
        None
    }

    fn too_long(&self) -> String {
        format!("longer than {} MiB", self.lines.most / 1024 / 1024)
    }

    /// Reads the next of the lines that are read alone.
    fn take_alone(&mut self) -> Option<()> {
        let (line, text, together) = self.alone.pop_front()?;
        let mut read = documents(line, &text);
        // The first of several lines is seldom a document; what became of all says more of it.
        if let (Some(Next::Unread { what, .. }), Some(together)) = (read.last_mut(), together) {
            *what = together;
        }
        self.ready.extend(read);
        Some(())
    }
}

impl<R: BufRead> Iterator for Documents<R> {
    type Item = Next;

    fn next(&mut self) -> Option<Next> {
        loop {
            if let Some(next) = self.ready.pop_front() {
                return Some(next);
            }
            if self.take_alone().is_some() {
                continue;
            }
            if let Some(fault) = self.fault.take() {
                return Some(fault);
            }
            self.advance()?;
        }
    }
}

/// The documents of a text that begins on this line. After what is none, nothing more.
fn documents(mut line: usize, text: &[u8]) -> Vec<Next> {
    let first = line;
    let mut found = Vec::new();
    let mut documents = Deserializer::from_slice(text).into_iter::<Value>();
    let mut rest = text;
    loop {
        let begun = documents.byte_offset();
        let gap = rest.iter().take_while(|byte| byte.is_ascii_whitespace());
        let (gap, written) = rest.split_at(gap.count());
        line += breaks(gap);
        let Some(document) = documents.next() else {
            return found;
        };
        let value = match document {
            Ok(value) => value,
            Err(fault) => {
                let what = not_json(&fault, first, line);
                found.push(Next::Unread { line, what });
                return found;
            }
        };
        let end = documents.byte_offset() - begun - gap.len();
        let (written, after) = written.split_at(end.min(written.len()));
        // Of a member that stands twice, whoever reads the file may see the other one.
        if let Err(bad) = strict_json::judge(written, DEEPEST) {
            let what = bad.to_string();
            found.push(Next::Unread { line, what });
            return found;
        }
        found.push(Next::Document { line, value });
        line += breaks(written);
        rest = after;
    }
}

fn breaks(text: &[u8]) -> usize {
    text.iter().filter(|byte| **byte == b'\n').count()
}

/// What is wrong, with its place in the file and not in the text that begins on the `first` line.
fn not_json(fault: &serde_json::Error, first: usize, line: usize) -> String {
    let told = fault.to_string();
    let what = told
        .rsplit_once(" at line ")
        .map_or(told.as_str(), |it| it.0);
    let at = first + fault.line().saturating_sub(1);
    if at == line {
        format!("not JSON: {what}, column {}", fault.column())
    } else {
        format!("not JSON: {what}, line {at}, column {}", fault.column())
    }
}

/// How many objects and arrays are open, as far as the text goes.
#[derive(Debug, Default)]
struct Open(usize);

impl Open {
    /// Whether a document goes on after this line.
    fn after(&mut self, line: &[u8]) -> bool {
        let (mut text, mut escaped) = (false, false);
        for byte in line {
            match byte {
                _ if escaped => escaped = false,
                b'\\' if text => escaped = true,
                b'"' => text = !text,
                b'{' | b'[' if !text => self.0 += 1,
                b'}' | b']' if !text => self.0 = self.0.saturating_sub(1),
                _ => {}
            }
        }
        // No text goes over the end of a line; whatever breaks off in one is no JSON.
        self.0 > 0 && !text
    }
}

/// The lines of a reader, none of them held that is too long.
struct Lines<R> {
    reader: R,
    number: usize,
    /// The longest line that is held.
    most: usize,
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
            all = all && line.len().saturating_add(text.len()) <= self.most;
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
