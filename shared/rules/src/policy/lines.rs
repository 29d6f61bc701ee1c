//! Where the policies of a text stand, and their annotations: for whoever has to mend one.
//!
//! Cedar does not tell, so the text is read once more, only for what ends a policy and what begins
//! an annotation. It has been parsed before, so strings are closed and a `;` ends a policy.
//!
//! Before it is parsed it is looked through for what stands too deep in each other: Cedar's parser
//! goes down by calling itself, and a stack that overflows ends the whole process.

use std::iter::Peekable;
use std::str::Chars;

/// Where each policy of a text stands, by its place in the text; lines count from 1.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Lines(Vec<Standing>);

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Standing {
    first: Option<usize>,
    annotations: Vec<(String, usize)>,
}

/// How deep brackets and conditions may stand in each other in one policy, and how many `&&` and
/// `||` may join its conditions.
pub(super) const DEEPEST: usize = 50;

/// The line on which a policy gets deeper than [`DEEPEST`], where one does. Every `if` of a policy
/// counts as open until the policy ends, because chains of them nest to the right. So do chains of
/// `&&` and `||`, each by itself: a list of that many names is a set, and `contains` reads better.
pub(super) fn too_deep(text: &str) -> Option<usize> {
    let (mut brackets, mut ifs, mut joints, mut line) = (0_usize, 0_usize, 0_usize, 1);
    let mut word = String::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        if c.is_alphanumeric() || c == '_' {
            word.push(c);
            continue;
        }
        ifs += usize::from(word == "if");
        word.clear();
        match c {
            '&' | '|' if rest.next_if_eq(&c).is_some() => joints += 1,
            '\n' => line += 1,
            '/' if rest.peek() == Some(&'/') => {
                while rest.next_if(|c| !matches!(c, '\n' | '\r')).is_some() {}
            }
            '"' => line += skip_string(&mut rest),
            '(' | '[' | '{' => brackets += 1,
            ')' | ']' | '}' => brackets = brackets.saturating_sub(1),
            ';' => (ifs, joints) = (0, 0),
            _ => {}
        }
        if brackets.saturating_add(ifs) > DEEPEST || joints > DEEPEST {
            return Some(line);
        }
    }
    None
}

impl Lines {
    /// Looks a text of policies through.
    pub(super) fn of(text: &str) -> Self {
        let mut policies = Vec::new();
        let mut current = Standing::default();
        let mut line = 1;
        let mut rest = text.chars().peekable();
        while let Some(c) = rest.next() {
            match c {
                '\n' => line += 1,
                '/' if rest.peek() == Some(&'/') => {
                    while rest.next_if(|c| !matches!(c, '\n' | '\r')).is_some() {}
                }
                ';' => policies.push(std::mem::take(&mut current)),
                c if c.is_whitespace() => {}
                c => {
                    current.first.get_or_insert(line);
                    if c == '"' {
                        line += skip_string(&mut rest);
                    } else if c == '@' {
                        current.annotations.push((name(&mut rest), line));
                    }
                }
            }
        }
        Self(policies)
    }

    /// The line of a policy's annotation, or the first of the policy where it has no such.
    pub(super) fn line(&self, place: usize, annotation: Option<&str>) -> Option<usize> {
        let standing = self.0.get(place)?;
        standing
            .annotations
            .iter()
            .find(|(name, _)| Some(name.as_str()) == annotation)
            .map(|(_, line)| *line)
            .or(standing.first)
    }
}

/// Goes past the end of a string and counts the line breaks in it.
fn skip_string(rest: &mut Peekable<Chars<'_>>) -> usize {
    let mut breaks = 0;
    while let Some(c) = rest.next() {
        // What a backslash escapes ends no string; it may be a line break all the same.
        let c = if c == '\\' {
            rest.next()
        } else {
            Some(c).filter(|c| *c != '"')
        };
        match c {
            Some('\n') => breaks += 1,
            Some(_) => {}
            None => break,
        }
    }
    breaks
}

fn name(rest: &mut Peekable<Chars<'_>>) -> String {
    std::iter::from_fn(|| rest.next_if(|c| c.is_ascii_alphanumeric() || *c == '_')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_too_deep_is_found_by_its_line() {
        let nested = |n: usize| format!("a\n{}{}", "(".repeat(n), ")".repeat(n));
        assert_eq!(too_deep(&nested(50)), None);
        assert_eq!(too_deep(&nested(51)), Some(2));
        assert_eq!(too_deep(&"if a then b else ".repeat(51)), Some(1));
        assert_eq!(too_deep(&"if a then b else c;".repeat(51)), None);
        assert_eq!(
            too_deep(&format!("\"{0}\" // {0}\n iffy", "(if ".repeat(99))),
            None
        );
        assert_eq!(too_deep(&"()[]{}".repeat(99)), None);
        assert_eq!(too_deep(&"a || b && ".repeat(25)), None);
        assert_eq!(
            too_deep(&format!("{}a ||", "a || b && ".repeat(25))),
            Some(1)
        );
        assert_eq!(too_deep(&"a || b; ".repeat(99)), None);
    }

    #[test]
    fn policies_and_annotations_are_found_behind_comments_and_strings() {
        let lines = Lines::of(
            "// @id(\"no\"); forbid\n\n@id(\"a;\\\"b\nc\") @auto(\"true\")\npermit(principal);\n\
             forbid // ;\n(x); @id(\"d\")\n@because(\";\")\nforbid(x);",
        );
        assert_eq!(lines.line(0, None), Some(3));
        assert_eq!(lines.line(0, Some("id")), Some(3));
        assert_eq!(lines.line(0, Some("auto")), Some(4));
        assert_eq!(lines.line(0, Some("approvals")), Some(3));
        assert_eq!(lines.line(1, Some("id")), Some(6));
        assert_eq!(lines.line(2, Some("because")), Some(8));
        assert_eq!(lines.line(3, None), None);
    }
}
