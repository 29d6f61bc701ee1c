//! `postern audit verify`: every trail of a file, one line each.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use rules::strict_json;
use serde_json::{Deserializer, Value};

use super::Head;
use super::trail::{Broken, Stated, digests};
use crate::input::{self, Unreadable};
use crate::report::{Report, counted};

/// The largest file that is read: a year of a busy team stays below it.
const MOST_BYTES: u64 = 256 * 1_024 * 1_024;
/// How deep an entry may be nested; none that is written comes near it.
const DEEPEST: u8 = 32;

/// What a file says of one request.
#[derive(Debug, Default)]
struct Trail {
    entries: Vec<Stated>,
    /// The digests that its end is said to have.
    heads: Vec<String>,
}

pub(super) fn run(file: &Path, known: &[Head]) -> Result<Report, Unreadable> {
    let fault = |what: String| Unreadable::Trails {
        path: file.to_owned(),
        what,
    };
    let trails = read(&input::text_of(file, MOST_BYTES)?).map_err(fault)?;
    if trails.is_empty() {
        return Err(fault("it holds no entry".to_owned()));
    }
    Ok(report(&trails, known))
}

fn report(trails: &BTreeMap<String, Trail>, known: &[Head]) -> Report {
    let (mut text, mut broken, mut entries) = (String::new(), 0_usize, 0_usize);
    for (request, trail) in trails {
        entries += trail.entries.len();
        let heads = known
            .iter()
            .filter(|head| head.request.to_string() == *request);
        let heads: Vec<String> = heads.map(|head| head.digest.to_string()).collect();
        match check(request, trail, &heads) {
            Ok(last) => {
                let count = counted(trail.entries.len(), "entry");
                let _ = writeln!(text, "whole   {request}  {count}, the last {last}");
            }
            Err(why) => {
                broken += 1;
                let _ = writeln!(text, "BROKEN  {request}  {why}");
            }
        }
    }
    // A request that is not in the file cannot be whole.
    for head in known {
        if !trails.contains_key(&head.request.to_string()) {
            broken += 1;
            let _ = writeln!(text, "BROKEN  {}  it is not in the file", head.request);
        }
    }
    let _ = writeln!(
        text,
        "\n{}, {}, {broken} broken",
        counted(trails.len(), "trail"),
        counted(entries, "entry")
    );
    Report::new(text, broken == 0)
}

/// The digest that the trail ends with.
fn check(request: &str, trail: &Trail, known: &[String]) -> Result<String, Broken> {
    let digests = digests(request, &trail.entries)?;
    let n = u64::try_from(digests.len()).unwrap_or(u64::MAX);
    let last = digests.last().cloned().unwrap_or_default();
    if trail.heads.iter().any(|head| *head != last) {
        return Err(Broken::End { n });
    }
    match known.iter().find(|known| !digests.contains(known)) {
        Some(known) => Err(Broken::Unknown {
            known: known.clone(),
        }),
        None => Ok(last),
    }
}

/// The trails of a text, by request. Documents follow one another, with white space between or none.
fn read(text: &str) -> Result<BTreeMap<String, Trail>, String> {
    let mut trails = BTreeMap::new();
    let mut documents = Deserializer::from_str(text).into_iter::<Value>();
    loop {
        let before = text.get(..documents.byte_offset()).unwrap_or(text);
        let gap = text.get(before.len()..).unwrap_or_default();
        let gap = gap.len() - gap.trim_start().len();
        let begun = text.get(..before.len() + gap).unwrap_or(text);
        let line = begun.matches('\n').count() + 1;
        let Some(document) = documents.next() else {
            return Ok(trails);
        };
        let document = document.map_err(|fault| fault.to_string())?;
        let end = documents.byte_offset();
        let written = text.get(before.len()..end).unwrap_or_default().trim();
        // Of a member that stands twice, whoever reads the file may see the other one.
        strict_json::judge(written.as_bytes(), DEEPEST)
            .map_err(|bad| format!("line {line}: {bad}"))?;
        take(document, &mut trails).map_err(|what| format!("line {line}: {what}"))?;
    }
}

/// Takes one document: an answer of the API, an entry with its digest, or an entry.
fn take(document: Value, trails: &mut BTreeMap<String, Trail>) -> Result<(), String> {
    let text = |value: &Value, name: &str| value.get(name)?.as_str().map(str::to_owned);
    if let Some(entries) = document.get("entries").and_then(Value::as_array) {
        let (Some(request), Some(head)) = (text(&document, "request"), text(&document, "head"))
        else {
            return Err("a trail names its `request` and its `head`".to_owned());
        };
        let trail = trails.entry(request).or_default();
        trail.heads.push(head);
        for view in entries {
            trail.entries.push(stated(view.clone())?);
        }
        return Ok(());
    }
    let stated = stated(document)?;
    let request = text(&stated.entry, "request").ok_or("an entry names its `request`")?;
    trails.entry(request).or_default().entries.push(stated);
    Ok(())
}

fn stated(document: Value) -> Result<Stated, String> {
    let Some(entry) = document.get("entry").cloned() else {
        let is_entry = document.get("previous").is_some();
        return match is_entry {
            true => Ok(Stated {
                entry: document,
                digest: None,
            }),
            false => Err("this is neither a trail nor an entry of one".to_owned()),
        };
    };
    // An entry that comes with a digest must have the one it comes with, and no other text.
    let digest = document.get("digest").and_then(Value::as_str);
    Ok(Stated {
        entry,
        digest: Some(digest.unwrap_or_default().to_owned()),
    })
}
