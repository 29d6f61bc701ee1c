//! Texts of a policy that stand for more than themselves: wildcards and variables.
//!
//! A [`Template`] is a text as the policy has it, in pieces. Resolving it against a context gives
//! a [`Pattern`], in which every character that came out of a variable stands for itself alone: a
//! `*` in the value of a tag never becomes a wildcard, and a `${` never another variable. That is
//! why matching works on pieces and no text is ever pasted together.

use super::context::Context;

/// A text of a policy, in pieces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Template {
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Glyph(Glyph),
    Variable {
        key: String,
        default: Option<String>,
    },
}

/// A template whose variables have got their values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pattern {
    glyphs: Vec<Glyph>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Glyph {
    /// This character.
    Exactly(char),
    /// `?`: any one character.
    One,
    /// `*`: any characters, or none.
    Many,
}

impl Glyph {
    fn of(character: char) -> Self {
        match character {
            '*' => Self::Many,
            '?' => Self::One,
            other => Self::Exactly(other),
        }
    }

    fn character(self) -> char {
        match self {
            Self::Exactly(character) => character,
            Self::One => '?',
            Self::Many => '*',
        }
    }
}

impl Template {
    /// A text with wildcards and no variables, as a policy of version 2008-10-17 has them.
    pub(crate) fn plain(text: &str) -> Self {
        Self {
            pieces: text
                .chars()
                .map(|character| Piece::Glyph(Glyph::of(character)))
                .collect(),
        }
    }

    /// A text with wildcards and variables; the error says what is wrong with a variable.
    pub(crate) fn with_variables(text: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            pieces.extend(Self::plain(before).pieces);
            let end = variable_end(after)
                .ok_or_else(|| format!("the policy variable in `{text}` has no closing brace"))?;
            let (inside, beyond) = after.split_at_checked(end).unwrap_or((after, ""));
            pieces.push(variable(inside)?);
            rest = beyond.strip_prefix('}').unwrap_or_default();
        }
        pieces.extend(Self::plain(rest).pieces);
        Ok(Self { pieces })
    }

    /// The text if it has no variables, wildcards as they were written.
    pub(crate) fn literal(&self) -> Option<String> {
        self.pieces
            .iter()
            .map(|piece| match piece {
                Piece::Glyph(glyph) => Some(glyph.character()),
                Piece::Variable { .. } => None,
            })
            .collect()
    }

    /// Gives the variables their values; `None` when one has none, or more than one.
    pub(crate) fn resolve(&self, context: &Context) -> Option<Pattern> {
        let mut glyphs = Vec::with_capacity(self.pieces.len());
        for piece in &self.pieces {
            match piece {
                Piece::Glyph(glyph) => glyphs.push(*glyph),
                Piece::Variable { key, default } => {
                    let value = context.single(key).or(default.as_deref())?;
                    glyphs.extend(value.chars().map(Glyph::Exactly));
                }
            }
        }
        Some(Pattern { glyphs })
    }
}

/// Where the closing brace of a variable is; one inside a quoted default does not count.
fn variable_end(text: &str) -> Option<usize> {
    let mut quoted = false;
    text.char_indices()
        .find(|(_, character)| {
            quoted ^= *character == '\'';
            *character == '}' && !quoted
        })
        .map(|(at, _)| at)
}

fn variable(inside: &str) -> Result<Piece, String> {
    if let "*" | "?" | "$" = inside {
        let character = inside.chars().next().unwrap_or('$');
        return Ok(Piece::Glyph(Glyph::Exactly(character)));
    }
    let (key, default) = match inside.split_once(',') {
        None => (inside, None),
        Some((key, default)) => {
            let default = default
                .trim()
                .strip_prefix('\'')
                .and_then(|text| text.strip_suffix('\''))
                .filter(|text| !text.contains('\''))
                .ok_or_else(|| {
                    format!("the default of the policy variable `{inside}` is not in single quotes")
                })?;
            (key, Some(default.to_owned()))
        }
    };
    let named = key
        .split_once(':')
        .is_some_and(|(vendor, name)| !vendor.is_empty() && !name.is_empty() && key.trim() == key);
    if !named || key.contains(['$', '{', '*', '?', '\'']) {
        return Err(format!("`{inside}` is not a policy variable"));
    }
    Ok(Piece::Variable {
        key: key.to_owned(),
        default,
    })
}

impl Pattern {
    /// Whether the pattern, wildcards in force, covers all of `text`.
    pub(crate) fn covers(&self, text: &str) -> bool {
        covers(&self.glyphs, &text.chars().collect::<Vec<_>>())
    }

    /// Whether the pattern covers an ARN part by part: no wildcard reaches over one of the first
    /// five colons.
    pub(crate) fn covers_arn(&self, arn: &str) -> bool {
        let written: Vec<&[Glyph]> = self
            .glyphs
            .splitn(6, |glyph| *glyph == Glyph::Exactly(':'))
            .collect();
        let actual: Vec<&str> = arn.splitn(6, ':').collect();
        written.len() == 6
            && actual.len() == 6
            && written
                .iter()
                .zip(&actual)
                .all(|(pattern, part)| covers(pattern, &part.chars().collect::<Vec<_>>()))
    }

    /// The text, where wildcards stand for themselves.
    pub(crate) fn text(&self) -> String {
        self.glyphs.iter().map(|glyph| glyph.character()).collect()
    }
}

/// Wildcard matching in time proportional to the product of the lengths: on a mismatch only the
/// last `*` takes one character more.
fn covers(pattern: &[Glyph], text: &[char]) -> bool {
    let (mut at, mut read) = (0, 0);
    let mut last_many: Option<(usize, usize)> = None;
    while let Some(character) = text.get(read) {
        match pattern.get(at) {
            Some(Glyph::Many) => {
                at += 1;
                last_many = Some((at, read));
            }
            Some(Glyph::One) => {
                at += 1;
                read += 1;
            }
            Some(Glyph::Exactly(wanted)) if wanted == character => {
                at += 1;
                read += 1;
            }
            Some(Glyph::Exactly(_)) | None => match last_many {
                Some((after_many, taken)) => {
                    at = after_many;
                    read = taken + 1;
                    last_many = Some((after_many, read));
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(at).all(|glyph| *glyph == Glyph::Many)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context() -> Context {
        Context::new()
            .with("aws:userid", "AROAX:req-1")
            .with("aws:PrincipalTag/hostile", "*")
            .with("aws:PrincipalTag/nested", "${aws:userid}")
            .with("aws:TagKeys", "a")
            .with("aws:TagKeys", "b")
    }

    fn covers(template: &str, text: &str) -> bool {
        Template::with_variables(template)
            .unwrap()
            .resolve(&context())
            .is_some_and(|pattern| pattern.covers(text))
    }

    #[test]
    fn wildcards_cover_what_they_should() {
        for (template, text, covered) in [
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("*", "anything: at / all", true),
            ("?", "", false),
            ("?", "é", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-b-b-d", false),
            ("a**", "a", true),
            ("*ab", "aab", true),
            ("req-?*", "req-", false),
            ("req-?*", "req-1", true),
            ("abc", "ABC", false),
            ("a.c", "abc", false),
        ] {
            assert_eq!(covers(template, text), covered, "{template} over {text}");
        }
    }

    #[test]
    fn a_long_chain_of_wildcards_is_cheap() {
        assert!(!covers(
            &format!("{}b", "a*".repeat(60)),
            &"a".repeat(5_000)
        ));
    }

    #[test]
    fn what_comes_out_of_a_variable_is_literal() {
        for (template, text, covered) in [
            ("session/${aws:userid}-*", "session/AROAX:req-1-abc", true),
            ("session/${AWS:UserId}-*", "session/AROAX:req-1-abc", true),
            ("session/${aws:userid}-*", "session/AROAX:req-2-abc", false),
            ("x${aws:PrincipalTag/hostile}", "x*", true),
            ("x${aws:PrincipalTag/hostile}", "xyz", false),
            ("${aws:PrincipalTag/nested}", "${aws:userid}", true),
            ("${aws:PrincipalTag/nested}", "AROAX:req-1", false),
            ("${*}${?}${$}", "*?$", true),
            ("${*}", "a", false),
            ("${?}", "a", false),
            ("$5 {x}", "$5 {x}", true),
        ] {
            assert_eq!(covers(template, text), covered, "{template} over {text}");
        }
    }

    #[test]
    fn a_variable_without_exactly_one_value_needs_a_default() {
        for (template, text, covered) in [
            ("${aws:SourceIdentity}", "", false),
            ("*${aws:SourceIdentity}", "anything", false),
            ("${aws:SourceIdentity, 'no*body'}", "no*body", true),
            ("${aws:SourceIdentity, 'no*body'}", "no one's body", false),
            ("${aws:SourceIdentity,'}'}", "}", true),
            ("${aws:userid, 'else'}", "AROAX:req-1", true),
            ("${aws:TagKeys}", "a", false),
            ("${aws:TagKeys, 'many'}", "many", true),
        ] {
            assert_eq!(covers(template, text), covered, "{template} over {text}");
        }
    }

    #[test]
    fn a_variable_that_is_none_is_refused() {
        for template in [
            "${aws:userid",
            "${}",
            "${userid}",
            "${aws:}",
            "${ aws:userid}",
            "${aws:user*}",
            "${aws:userid, nobody}",
            "${aws:userid, 'it's'}",
            "${aws:${aws:userid}}",
            "${aws:userid, 'open}",
        ] {
            assert!(Template::with_variables(template).is_err(), "{template}");
        }
    }

    #[test]
    fn an_arn_is_covered_part_by_part() {
        let covers = |template: &str, arn: &str| {
            Template::plain(template)
                .resolve(&Context::new())
                .unwrap()
                .covers_arn(arn)
        };
        assert!(covers(
            "arn:aws:iam::*:role/A*",
            "arn:aws:iam::111122223333:role/App"
        ));
        assert!(covers("arn:*:*:*:*:*", "arn:aws:ssm:x:y:a:b:c"));
        assert!(!covers(
            "arn:aws:iam::*:role/App",
            "arn:aws:iam::1:user/x:role/App"
        ));
        assert!(!covers(
            "arn:aws:iam:*",
            "arn:aws:iam::111122223333:role/App"
        ));
        assert!(!covers("*", "arn:aws:iam::111122223333:role/App"));
        assert!(!covers("arn:*:*:*:*:*", "not an arn"));
    }
}
