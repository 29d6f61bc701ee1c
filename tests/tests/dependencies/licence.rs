//! SPDX expressions, as far as manifests use them: `AND`, `OR`, `WITH`, brackets, and the `/` that
//! old manifests have for `OR`.

use std::collections::BTreeSet;

/// Whether a package under this expression may be used with these licences.
pub(crate) fn is_allowed(expression: &str, allowed: &BTreeSet<String>) -> bool {
    let spaced = expression
        .replace('/', " OR ")
        .replace('(', " ( ")
        .replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut reader = Reader {
        words: &words,
        allowed,
    };
    reader
        .any()
        .is_some_and(|is_allowed| is_allowed && reader.words.is_empty())
}

/// Reads words from the front. Nothing where the expression is none.
struct Reader<'a> {
    words: &'a [&'a str],
    allowed: &'a BTreeSet<String>,
}

impl Reader<'_> {
    fn takes(&mut self, word: &str) -> bool {
        match self.words.split_first() {
            Some((first, rest)) if *first == word => {
                self.words = rest;
                true
            }
            _ => false,
        }
    }

    fn any(&mut self) -> Option<bool> {
        let mut is_allowed = self.all()?;
        while self.takes("OR") {
            is_allowed |= self.all()?;
        }
        Some(is_allowed)
    }

    fn all(&mut self) -> Option<bool> {
        let mut is_allowed = self.one()?;
        while self.takes("AND") {
            is_allowed &= self.one()?;
        }
        Some(is_allowed)
    }

    fn one(&mut self) -> Option<bool> {
        if self.takes("(") {
            let inside = self.any()?;
            return self.takes(")").then_some(inside);
        }
        let (name, rest) = self.words.split_first()?;
        self.words = rest;
        let name = if self.takes("WITH") {
            let (exception, rest) = self.words.split_first()?;
            self.words = rest;
            format!("{name} WITH {exception}")
        } else {
            (*name).to_owned()
        };
        Some(self.allowed.contains(&name))
    }
}

#[test]
fn an_expression_is_allowed_where_one_choice_is_allowed_as_a_whole() {
    let allowed: BTreeSet<String> = ["MIT", "ISC", "Apache-2.0 WITH LLVM-exception"]
        .map(str::to_owned)
        .into();
    for (expression, expected) in [
        ("MIT", true),
        ("GPL-3.0-only", false),
        ("MIT OR GPL-3.0-only", true),
        ("GPL-3.0-only/MIT", true),
        ("MIT AND GPL-3.0-only", false),
        ("MIT AND (GPL-3.0-only OR ISC)", true),
        ("(MIT OR ISC) AND GPL-3.0-only", false),
        ("GPL-3.0-only OR ISC AND MIT", true),
        ("MIT AND ISC OR GPL-3.0-only", true),
        ("GPL-3.0-only AND MIT OR Unknown", false),
        ("Apache-2.0 WITH LLVM-exception", true),
        ("Apache-2.0", false),
        ("MIT WITH LLVM-exception", false),
        ("", false),
        ("MIT ISC", false),
        ("(MIT", false),
        ("MIT OR", false),
    ] {
        assert_eq!(is_allowed(expression, &allowed), expected, "{expression}");
    }
}
