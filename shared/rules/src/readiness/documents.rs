//! The session documents of the place: that they exist, and that they force the log.

use super::case::Case;
use super::check::{Check, CheckName, Found};
use super::facts::{DocumentInputs, Fact, Need};
use super::finding::DocumentFault;
use super::permissions::action;
use crate::names::{AccessKind, DocumentName, KeyId};
use crate::place::Place;
use crate::session_document::{SessionDocument, User};

/// The session documents that the kinds of access use in a place, and whether each logs.
fn expected(place: &Place, kinds: &[AccessKind]) -> Vec<(DocumentName, bool)> {
    let mut documents = Vec::new();
    for kind in kinds {
        for user in User::ALL {
            if user == User::Named && !place.run_as {
                continue;
            }
            for name in SessionDocument::names_for(kind, user) {
                let document = (name, kind.loggable());
                if !documents.contains(&document) {
                    documents.push(document);
                }
            }
        }
    }
    documents
}

/// The session documents whose inputs have to be read.
#[must_use]
pub fn documents_to_read(place: &Place, kinds: &[AccessKind]) -> Vec<DocumentName> {
    let documents = expected(place, kinds).into_iter();
    documents.map(|(name, _)| name).collect()
}

/// The session documents exist.
pub(super) fn exist(case: Case<'_>) -> Check {
    let mut found = Found::default();
    let expected = expected(case.place, case.kinds);
    let count = expected.len();
    let mut missing = Vec::new();
    for (name, _) in expected {
        match case.facts.documents.get(&name) {
            Some(Fact::Known(Some(_))) => {}
            Some(Fact::Known(None)) => missing.push(name),
            Some(Fact::Unread(need)) => found.need(need.clone()),
            None => found.need(Need::Permission(action("ssm:GetDocument"))),
        }
    }
    let evidence = format!("{} of {count} are missing", missing.len());
    if !missing.is_empty() {
        found.find(DocumentFault::Missing { documents: missing });
    }
    Check::judged(CheckName::SessionDocuments, found, evidence)
}

/// The session documents name the bucket, its folder and the key, and force encryption.
pub(super) fn inputs(case: Case<'_>) -> Check {
    let name = CheckName::DocumentInputs;
    if !case.loggable() {
        return Check::not_applicable(name, "what is asked for is never logged");
    }
    let mut found = Found::default();
    let (mut elsewhere, mut open, mut other_key) = (Vec::new(), Vec::new(), Vec::new());
    let mut read = 0_u32;
    for (document, logged) in expected(case.place, case.kinds) {
        if !logged {
            continue;
        }
        let inputs = match case.facts.documents.get(&document) {
            Some(Fact::Known(Some(inputs))) => inputs,
            // That it is missing is told by the check of the documents themselves.
            Some(Fact::Known(None)) => continue,
            Some(Fact::Unread(need)) => {
                found.need(need.clone());
                continue;
            }
            None => {
                found.need(Need::Permission(action("ssm:GetDocument")));
                continue;
            }
        };
        read += 1;
        if inputs.bucket != case.place.log_bucket
            || inputs.prefix.trim_matches('/') != case.place.log_prefix
        {
            elsewhere.push(document.clone());
        }
        if !inputs.encryption {
            open.push(document.clone());
        }
        match same_key(inputs, case.place.session_key.as_ref()) {
            Some(true) => {}
            Some(false) => other_key.push(document),
            None => found.wonder(format!("which key the alias in `{document}` stands for")),
        }
    }
    if !elsewhere.is_empty() {
        found.find(DocumentFault::LogElsewhere {
            documents: elsewhere,
            wanted: format!("{}/{}", case.place.log_bucket, case.place.log_prefix),
        });
    }
    if !open.is_empty() {
        found.find(DocumentFault::EncryptionOff { documents: open });
    }
    if !other_key.is_empty() {
        found.find(DocumentFault::OtherKey {
            documents: other_key,
            wanted: case
                .place
                .session_key
                .as_ref()
                .map_or("none".to_owned(), |key| format!("`{key}`")),
        });
    }
    Check::judged(name, found, format!("the inputs of {read} documents"))
}

/// Whether a document names the place's key; not known for an alias.
fn same_key(inputs: &DocumentInputs, wanted: Option<&KeyId>) -> Option<bool> {
    match (&inputs.key, wanted) {
        (None, None) => Some(true),
        (Some(named), Some(_)) if named.contains("alias/") => None,
        (Some(named), Some(wanted)) => Some(named.rsplit('/').next() == Some(wanted.as_str())),
        (Some(_), None) | (None, Some(_)) => Some(false),
    }
}
