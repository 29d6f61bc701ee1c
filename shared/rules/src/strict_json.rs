//! JSON of which no two readers see two different things, judged without keeping any of it.
//!
//! Of a member that stands twice, one reader takes the first and another the last; neither what an
//! approver is shown nor who a token speaks of must hang on which. A NUL in a text ends it for one
//! reader and not for another. Depth is capped before anything is built.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::fmt;

use serde::Deserializer;
use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// Why a document is not read any further.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadJson {
    /// Not JSON, or not in UTF-8; or more than one value.
    #[error("not JSON in UTF-8")]
    Malformed,
    /// JSON, but no object.
    #[error("not a JSON object")]
    NotAnObject,
    /// A member stands twice in one object.
    #[error("one member is named twice")]
    Duplicate,
    /// Objects and arrays stand too deep in each other.
    #[error("nested too deep")]
    TooDeep,
    /// A text or a name holds a NUL character.
    #[error("a text holds a NUL character")]
    Nul,
}

/// Judges the form of a document, not its shape: objects and arrays may stand in each other
/// `deepest` levels deep. Size is capped by whoever received the bytes.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn judge(document: &[u8], deepest: u8) -> Result<(), BadJson> {
    let fault = Cell::new(None);
    let node = Node {
        left: deepest,
        fault: &fault,
    };
    let mut reader = serde_json::Deserializer::from_slice(document);
    node.deserialize(&mut reader)
        .and_then(|()| reader.end())
        .map_err(|_| fault.get().unwrap_or(BadJson::Malformed))
}

/// Reads a document that is one object, judged first.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn object(document: &[u8], deepest: u8) -> Result<Map<String, Value>, BadJson> {
    judge(document, deepest)?;
    match serde_json::from_slice(document) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_),
        ) => Err(BadJson::NotAnObject),
        Err(_) => Err(BadJson::Malformed),
    }
}

/// A value, and how many levels may stand in it. What is wrong with it is kept aside, because the library's error is text.
#[derive(Clone, Copy)]
struct Node<'a> {
    left: u8,
    fault: &'a Cell<Option<BadJson>>,
}

impl Node<'_> {
    fn refuse<E: Error>(self, fault: BadJson) -> E {
        self.fault.set(Some(fault));
        E::custom(fault)
    }

    fn below<E: Error>(self) -> Result<Self, E> {
        match self.left.checked_sub(1) {
            Some(left) => Ok(Self { left, ..self }),
            None => Err(self.refuse(BadJson::TooDeep)),
        }
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn judged(text: &str) -> Result<(), BadJson> {
        judge(text.as_bytes(), 8)
    }

    #[test]
    fn honest_documents_pass() {
        for text in [
            r#"{"a": [1, -1, 1.5, "x", null, true, {"b": {}}], "c": 18446744073709551615}"#,
            r#"{"a":{"x":1},"b":{"x":1},"A":1}"#,
            "[]",
            "null",
            " 1 ",
        ] {
            assert_eq!(judged(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn a_member_that_stands_twice_is_refused_however_it_is_spelt_and_wherever() {
        for text in [
            r#"{"aud":"a","aud":"a"}"#,
            r#"{"aud":"a","b":1,"\u0061ud":"b"}"#,
            r#"{"deep":[{"x":1,"x":2}]}"#,
        ] {
            assert_eq!(judged(text), Err(BadJson::Duplicate), "{text}");
        }
    }

    #[test]
    fn depth_is_capped() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(judged(&nested(8)), Ok(()));
        assert_eq!(judged(&nested(9)), Err(BadJson::TooDeep));
        assert_eq!(judged(&nested(20_000)), Err(BadJson::TooDeep));
        assert_eq!(judged(&"[".repeat(20_000)), Err(BadJson::TooDeep));
        assert_eq!(judged(&r#"{"a":"#.repeat(20_000)), Err(BadJson::TooDeep));
    }

    #[test]
    fn a_nul_is_refused_in_texts_and_in_names() {
        assert_eq!(judged(r#"{"a":"x\u0000"}"#), Err(BadJson::Nul));
        assert_eq!(judged(r#"{"a\u0000":1}"#), Err(BadJson::Nul));
    }

    #[test]
    fn an_object_is_read_as_it_stands_and_nothing_else_is_one() {
        let value = json!({"a": [1, -1, 1.5, "x", null, true, {"b": {}}], "c": u64::MAX});
        let read = object(value.to_string().as_bytes(), 8);
        assert_eq!(read.map(Value::Object), Ok(value));
        for text in ["[]", "null", "1", "\"text\"", "true"] {
            assert_eq!(
                object(text.as_bytes(), 8),
                Err(BadJson::NotAnObject),
                "{text}"
            );
        }
        assert_eq!(
            object(br#"{"aud":"a","aud":"b"}"#, 8),
            Err(BadJson::Duplicate)
        );
    }

    #[test]
    fn what_is_not_json_is_refused() {
        let bad: [&[u8]; 9] = [
            b"",
            b"{",
            b"{}x",
            b"{}{}",
            b"{\"a\":1e999}",
            b"{\"a\":NaN}",
            b"{\"a\":\"\xff\"}",
            b"\xef\xbb\xbf{}",
            b"\0",
        ];
        for text in bad {
            assert_eq!(judge(text, 8), Err(BadJson::Malformed), "{text:?}");
        }
    }
}
