//! JSON of which no two readers see two different things, judged without keeping any of it.
//!
//! Of a member that stands twice, one reader takes the first and another the last; what an
//! approver is shown must not hang on which. A NUL in a text ends it for one reader and not for
//! another.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::fmt;

use serde::Deserializer;
use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};

/// How deep objects and arrays may stand in each other. No honest body is deeper than 3.
pub(super) const DEEPEST: u8 = 32;

/// Why a body is not read any further.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum BadJson {
    /// Not JSON, or not in UTF-8; or more than one value.
    #[error("is not JSON in UTF-8")]
    Malformed,
    /// A member stands twice in one object.
    #[error("names one member twice")]
    Duplicate,
    /// Objects and arrays stand too deep in each other.
    #[error("is nested too deep")]
    TooDeep,
    /// A text holds a NUL character.
    #[error("holds a NUL character")]
    Nul,
}

/// Judges the form of a document, not its shape.
pub(super) fn must_be_plain(document: &[u8]) -> Result<(), BadJson> {
    let fault = Cell::new(None);
    let node = Node {
        depth: 0,
        fault: &fault,
    };
    let mut reader = serde_json::Deserializer::from_slice(document);
    node.deserialize(&mut reader)
        .and_then(|()| reader.end())
        .map_err(|_| fault.get().unwrap_or(BadJson::Malformed))
}

/// A value at some depth. What is wrong with it is kept aside, because the library's error is text.
#[derive(Clone, Copy)]
struct Node<'a> {
    depth: u8,
    fault: &'a Cell<Option<BadJson>>,
}

impl Node<'_> {
    fn refuse<E: Error>(self, fault: BadJson) -> E {
        self.fault.set(Some(fault));
        E::custom(fault)
    }

    fn below<E: Error>(self) -> Result<Self, E> {
        if self.depth >= DEEPEST {
            return Err(self.refuse(BadJson::TooDeep));
        }
        Ok(Self {
            depth: self.depth + 1,
            ..self
        })
    }

    fn text<E: Error>(self, text: &str) -> Result<(), E> {
        if text.contains('\0') {
            return Err(self.refuse(BadJson::Nul));
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.text(text)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let below = self.below()?;
        while items.next_element_seed(below)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let below = self.below()?;
        let mut names = BTreeSet::new();
        while let Some(name) = members.next_key::<String>()? {
            self.text(&name)?;
            if !names.insert(name) {
                return Err(self.refuse(BadJson::Duplicate));
            }
            members.next_value_seed(below)?;
        }
        Ok(())
    }
}
