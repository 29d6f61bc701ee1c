//! JSON of which no two readers see two different things.
//!
//! Of a member that stands twice in an object, one reader takes the first and another the last, so
//! a token or a key set with one is refused. Depth is capped before anything is built; size is
//! capped by whoever received the bytes.

use std::cell::Cell;
use std::fmt;

use serde::Deserializer;
use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// How deep objects and arrays may stand in each other. The deepest honest document is a key set:
/// an object, its list, a key, and the key's list of certificates.
const DEEPEST: u8 = 8;

/// Bytes that are no JSON object as it is wanted here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadJson {
    /// Not JSON, or not in UTF-8.
    #[error("it is not JSON")]
    Malformed,
    /// JSON, but no object.
    #[error("it is not a JSON object")]
    NotAnObject,
    /// A member stands twice in one object.
    #[error("it names one member twice")]
    Duplicate,
    /// Objects and arrays stand too deep in each other.
    #[error("it is nested too deep")]
    TooDeep,
}

/// Reads a document that is one object.
pub(super) fn object(document: &[u8]) -> Result<Map<String, Value>, BadJson> {
    let fault = Cell::new(None);
    let node = Node {
        depth: 0,
        fault: &fault,
    };
    let mut reader = serde_json::Deserializer::from_slice(document);
    let value = node
        .deserialize(&mut reader)
        .and_then(|value| reader.end().map(|()| value))
        .map_err(|_| fault.get().unwrap_or(BadJson::Malformed))?;
    match value {
        Value::Object(members) => Ok(members),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Err(BadJson::NotAnObject)
        }
    }
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
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value)
            .map(Value::Number)
            .ok_or_else(|| self.refuse(BadJson::Malformed))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let below = self.below()?;
        let mut all = Vec::new();
        while let Some(item) = items.next_element_seed(below)? {
            all.push(item);
        }
        Ok(Value::Array(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let below = self.below()?;
        let mut all = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            if all.contains_key(&name) {
                return Err(self.refuse(BadJson::Duplicate));
            }
            let value = members.next_value_seed(below)?;
            all.insert(name, value);
        }
        Ok(Value::Object(all))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_object_is_read_as_it_stands() {
        let value = json!({"a": [1, -1, 1.5, "x", null, true, {"b": {}}], "c": u64::MAX});
        assert_eq!(
            object(value.to_string().as_bytes()).map(Value::Object),
            Ok(value)
        );
    }

    #[test]
    fn a_member_that_stands_twice_is_refused_however_it_is_spelt_and_wherever() {
        for text in [
            r#"{"aud":"a","aud":"a"}"#,
            r#"{"aud":"a","b":1,"\u0061ud":"b"}"#,
            r#"{"deep":[{"x":1,"x":2}]}"#,
        ] {
            assert_eq!(object(text.as_bytes()), Err(BadJson::Duplicate), "{text}");
        }
        assert!(object(br#"{"a":{"x":1},"b":{"x":1},"A":1}"#).is_ok());
    }

    #[test]
    fn depth_is_capped() {
        let nested = |depth: usize| {
            format!(
                "{{\"a\":{}{}}}",
                "[".repeat(depth - 1),
                "]".repeat(depth - 1)
            )
            .into_bytes()
        };
        assert!(object(&nested(8)).is_ok());
        assert_eq!(object(&nested(9)), Err(BadJson::TooDeep));
        assert_eq!(object(&nested(20_000)), Err(BadJson::TooDeep));
        assert_eq!(object("[".repeat(20_000).as_bytes()), Err(BadJson::TooDeep));
    }

    #[test]
    fn what_is_no_object_is_refused() {
        for text in ["[]", "null", "1", "\"text\"", "true"] {
            assert_eq!(object(text.as_bytes()), Err(BadJson::NotAnObject), "{text}");
        }
        let bad: [&[u8]; 8] = [
            b"",
            b"{",
            b"{}x",
            b"{}{}",
            b"{\"a\":1e999}",
            b"{\"a\":NaN}",
            b"{\"a\":\"\xff\"}",
            b"\xef\xbb\xbf{}",
        ];
        for text in bad {
            assert_eq!(object(text), Err(BadJson::Malformed), "{text:?}");
        }
    }
}
