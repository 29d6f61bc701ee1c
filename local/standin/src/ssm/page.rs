//! Page tokens: opaque, bound to the query that they came from, and worthless when altered.
//!
//! A token names the last item that was looked at, not a number of items, so that paging is not
//! disturbed by what comes and goes meanwhile.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use crate::call::AwsError;

/// How much of the digest guards a token.
const GUARD: usize = 16;

fn guard(query: &str, last: &str) -> [u8; GUARD] {
    let mut hash = Sha256::new();
    for part in [query, last] {
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part);
    }
    let mut out = [0; GUARD];
    for (to, from) in out.iter_mut().zip(hash.finalize()) {
        *to = from;
    }
    out
}

/// The token to go on after `last` in the answer to `query`.
pub(crate) fn token(query: &str, last: &str) -> String {
    let mut bytes = guard(query, last).to_vec();
    bytes.extend(last.bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The item that a token of this query goes on after.
///
/// # Errors
/// `InvalidNextToken`.
pub(crate) fn after(query: &str, token: &str) -> Result<String, AwsError> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok();
    bytes
        .as_deref()
        .and_then(|bytes| bytes.split_at_checked(GUARD))
        .and_then(|(found, last)| {
            let last = str::from_utf8(last).ok()?;
            (found == guard(query, last)).then(|| last.to_owned())
        })
        .ok_or_else(|| AwsError::new(400, "InvalidNextToken", "The specified token is not valid."))
}

/// The part of `items` that a page shows, and the token to go on with. `items` are in the order
/// of their keys.
///
/// # Errors
/// `InvalidNextToken`.
pub(crate) fn cut<'a, T>(
    items: &'a [T],
    key: impl Fn(&T) -> String,
    query: &str,
    given: Option<&str>,
    size: usize,
) -> Result<(&'a [T], Option<String>), AwsError> {
    let start = match given {
        Some(given) => {
            let last = after(query, given)?;
            items.partition_point(|item| key(item) <= last)
        }
        None => 0,
    };
    let rest = items.get(start..).unwrap_or_default();
    let page = rest.get(..size).unwrap_or(rest);
    let next = page
        .last()
        .filter(|_| rest.len() > page.len())
        .map(|last| token(query, &key(last)));
    Ok((page, next))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_goes_on_where_it_was_given_even_if_that_item_is_gone() {
        let items = ["a", "b", "c", "d"];
        let key = |item: &&str| (*item).to_owned();
        let (page, next) = cut(&items, key, "q", None, 2).unwrap();
        assert_eq!(page, ["a", "b"]);
        let next = next.unwrap();
        let (page, end) = cut(&["a", "c", "d"], key, "q", Some(&next), 2).unwrap();
        assert_eq!(page, ["c", "d"]);
        assert_eq!(end, None);
    }

    #[test]
    fn a_token_of_another_query_or_an_altered_one_is_refused() {
        let good = token("q", "item");
        assert_eq!(after("q", &good).unwrap(), "item");
        let mut altered = good.clone();
        altered.pop();
        for (query, token) in [
            ("other", good.as_str()),
            ("q", &altered),
            ("q", "x"),
            ("q", ""),
        ] {
            assert_eq!(after(query, token).unwrap_err().code, "InvalidNextToken");
        }
    }
}
