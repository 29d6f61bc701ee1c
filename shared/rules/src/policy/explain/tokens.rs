//! The text of a policy as tokens: just enough of Cedar's grammar to take a policy apart.
//!
//! Cedar's own forms of a policy, JSON and the syntax tree, are built and read by functions that
//! call themselves: a chain of a few hundred `||`, which Cedar parses and evaluates well, overflows
//! the stack there and ends the process. The text is as long as it is, and nothing nests in it.
//!
//! It has been parsed before, so strings are closed and brackets match.

use std::iter::Peekable;
use std::str::Chars;

/// One token: a word, a string with its quotes, `&&`, `||` or any other character.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    text: String,
    /// Whether white space or a comment stands before it.
    spaced: bool,
}

impl Token {
    pub(super) fn is(&self, text: &str) -> bool {
        self.text == text
    }
}

/// The tokens of a text, without comments.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut spaced = false;
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        if c.is_whitespace() {
            spaced = true;
            continue;
        }
        let mut text = String::from(c);
        match c {
            '/' if rest.peek() == Some(&'/') => {
                while rest.next_if(|c| !matches!(c, '\n' | '\r')).is_some() {}
                spaced = true;
                continue;
            }
            '"' => string(&mut rest, &mut text),
            '&' | '|' => text.extend(rest.next_if_eq(&c)),
            c if is_of_a_word(c) => {
                while let Some(more) = rest.next_if(|c| is_of_a_word(*c)) {
                    text.push(more);
                }
            }
            _ => {}
        }
        tokens.push(Token { text, spaced });
        spaced = false;
    }
    tokens
}

fn is_of_a_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Reads to the end of a string. A line break in it is escaped, so that it fits on one line.
fn string(rest: &mut Peekable<Chars<'_>>, text: &mut String) {
    while let Some(c) = rest.next() {
        match c {
            // INVARIANT: Cedar knows no escape of a control character.
            '\\' => {
                text.push(c);
                text.extend(rest.next());
            }
            c if c.is_control() => text.extend(c.escape_default()),
            c => text.push(c),
        }
        if c == '"' {
            return;
        }
    }
}

/// The tokens as text on one line, spaced as they were written, one space for each gap.
pub(super) fn on_one_line(tokens: &[Token]) -> String {
    let mut line = String::new();
    for token in tokens {
        if token.spaced && !line.is_empty() {
            line.push(' ');
        }
        line.push_str(&token.text);
    }
    line
}

/// What stands between separators that are in no brackets.
pub(super) fn parted<'t>(tokens: &'t [Token], by: &str) -> impl Iterator<Item = &'t [Token]> {
    let mut depth = Some(0);
    tokens.split(move |token| {
        depth = after(depth, token);
        depth == Some(0) && token.is(by)
    })
}

/// What stands in one pair of brackets that is around everything.
pub(super) fn unwrapped<'t>(
    tokens: &'t [Token],
    (open, close): (&str, &str),
) -> Option<&'t [Token]> {
    let [first, inner @ .., last] = tokens else {
        return None;
    };
    let closed_within = inner.iter().fold(Some(0), after).is_none();
    (first.is(open) && last.is(close) && !closed_within).then_some(inner)
}

/// The tokens up to the bracket that closes the first one, and the rest.
pub(super) fn first_brackets(tokens: &[Token]) -> Option<(&[Token], &[Token])> {
    let mut depth = Some(0);
    let end = tokens.iter().position(|token| {
        depth = after(depth, token);
        depth == Some(0)
    })?;
    tokens.split_at_checked(end.saturating_add(1))
}

/// How many brackets are open after a token. Nothing, once more were closed than were opened.
fn after(depth: Option<usize>, token: &Token) -> Option<usize> {
    match token.text.as_str() {
        "(" | "[" | "{" => depth?.checked_add(1),
        ")" | "]" | "}" => depth?.checked_sub(1),
        _ => depth,
    }
}
