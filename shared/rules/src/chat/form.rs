//! `application/x-www-form-urlencoded`, read strictly: what two readers could read in two ways is
//! refused.

use std::collections::BTreeMap;

/// The most fields of a body; Slack sends about fifteen.
const MOST_FIELDS: usize = 64;

/// The fields of a body, by name. Nothing where a name stands twice or is empty, an escape is
/// broken, a byte would have had to be escaped, or a text is not UTF-8 or holds a NUL.
pub(super) fn read(body: &[u8]) -> Option<BTreeMap<String, String>> {
    let mut fields = BTreeMap::new();
    for field in body.split(|byte| *byte == b'&') {
        let at = field.iter().position(|byte| *byte == b'=')?;
        let (name, value) = field.split_at(at);
        let (name, value) = (decode(name)?, decode(value.get(1..)?)?);
        if name.is_empty() || fields.len() >= MOST_FIELDS || fields.insert(name, value).is_some() {
            return None;
        }
    }
    Some(fields)
}

fn decode(text: &[u8]) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.iter().copied();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let (high, low) = (rest.next()?, rest.next()?);
                hex_digit(high)? << 4 | hex_digit(low)?
            }
            // Browsers and libraries escape all others.
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'*' => byte,
            _ => return None,
        });
    }
    let text = String::from_utf8(bytes).ok()?;
    (!text.contains('\0')).then_some(text)
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte)
        .to_digit(16)
        .and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_as_forms_write_them() {
        let read = read(b"a=b+c&d=%26%3D%C3%BC&e=").unwrap();
        let pairs: Vec<(&str, &str)> = read.iter().map(|(k, v)| (&**k, &**v)).collect();
        assert_eq!(pairs, [("a", "b c"), ("d", "&=ü"), ("e", "")]);
    }

    #[test]
    fn what_can_be_read_in_two_ways_is_not_read() {
        for bad in [
            "",
            "a",
            "=b",
            "a=b&",
            "&a=b",
            "a=b&&c=d",
            "a=1&a=2",
            "a=1&%61=2",
            "a=%",
            "a=%4",
            "a=%4g",
            "a=%+1",
            "a=%FF",
            "a=%C3",
            "a=%00",
            "a=b=c",
            "a=b;c=d",
            "a=b c",
            "a=\u{fc}",
            "a=\n",
            "a=%ED%A0%80",
            "a[]=1",
            "a=\"",
        ] {
            assert_eq!(read(bad.as_bytes()), None, "{bad:?}");
        }
        let many: Vec<String> = (0..=MOST_FIELDS).map(|n| format!("f{n}=1")).collect();
        assert_eq!(read(many.join("&").as_bytes()), None);
        assert!(read(many[1..].join("&").as_bytes()).is_some());
    }
}
