//! One byte sequence for one value: the encoding that digests are taken of.
//!
//! JSON with the members of every object sorted by key (by Unicode code point), no white space,
//! strings escaped as `serde_json` writes them, and integers only. The order of a map in memory
//! or a feature of a JSON library cannot change it. The audit chain rests on this encoding; the
//! offline verifier shares nothing else with the writer.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

/// The canonical encoding of a value.
///
/// A value that JSON cannot hold encodes as `null`; none of the types here is one.
#[must_use]
pub fn encode<T: Serialize>(value: &T) -> String {
    let mut out = String::new();
    write(
        &serde_json::to_value(value).unwrap_or(Value::Null),
        &mut out,
    );
    out
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            out.push_str(&value.to_string());
        }
        Value::Array(items) => {
            out.push('[');
            for (n, item) in items.iter().enumerate() {
                if n > 0 {
                    out.push(',');
                }
                write(item, out);
            }
            out.push(']');
        }
        Value::Object(members) => {
            let sorted: BTreeMap<&String, &Value> = members.iter().collect();
            out.push('{');
            for (n, (key, member)) in sorted.into_iter().enumerate() {
                if n > 0 {
                    out.push(',');
                }
                out.push_str(&Value::from(key.as_str()).to_string());
                out.push(':');
                write(member, out);
            }
            out.push('}');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_is_escaped_in_one_way() {
        let control: String = (0..32_u8).map(char::from).collect();
        assert_eq!(
            encode(&control),
            "\"\\u0000\\u0001\\u0002\\u0003\\u0004\\u0005\\u0006\\u0007\\b\\t\\n\\u000b\\f\\r\\u000e\\u000f\
             \\u0010\\u0011\\u0012\\u0013\\u0014\\u0015\\u0016\\u0017\\u0018\\u0019\\u001a\\u001b\\u001c\\u001d\\u001e\\u001f\""
        );
        let other = "\"\\/\u{7f}é\u{2028}동😀";
        assert_eq!(encode(&other), "\"\\\"\\\\/\u{7f}é\u{2028}동😀\"");
    }

    #[test]
    fn the_order_of_members_does_not_matter() {
        let one: Value =
            serde_json::from_str(r#"{"b":[1, {"z":null,"a":true}],"a":"é\n"}"#).unwrap();
        let other: Value =
            serde_json::from_str(r#"{"a":"\u00e9\n","b":[1,{"a":true,"z":null}]}"#).unwrap();
        assert_eq!(encode(&one), encode(&other));
        assert_eq!(
            encode(&one),
            "{\"a\":\"é\\n\",\"b\":[1,{\"a\":true,\"z\":null}]}"
        );
    }
}
