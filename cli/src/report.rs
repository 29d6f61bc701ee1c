//! What a command says, and how it gets to the terminal.

use std::io::{self, Write};
use std::process::ExitCode;

use rules::names::text::is_plain;

use crate::input::Unreadable;

/// What a command found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Report {
    /// Whole lines.
    pub(crate) text: String,
    /// Whether what was looked at is in order.
    pub(crate) sound: bool,
    /// Whole lines on the parts of it that could not be looked at, where there are such.
    pub(crate) unread: Option<String>,
}

impl Report {
    /// A report on something that could be looked at from end to end.
    pub(crate) fn new(text: String, sound: bool) -> Self {
        let unread = None;
        Self {
            text,
            sound,
            unread,
        }
    }
}

/// Writes the report, or what kept it from being made, and gives the exit code.
pub(crate) fn write(answer: Result<Report, Unreadable>) -> ExitCode {
    let (written, code) = match answer {
        Ok(Report {
            text,
            sound,
            unread: None,
        }) => (
            io::stdout().write_all(shown(&text).as_bytes()),
            u8::from(!sound),
        ),
        Ok(Report {
            text,
            sound: _,
            unread: Some(unread),
        }) => {
            let told = format!("postern: {}", shown(&unread));
            let written = io::stdout().write_all(shown(&text).as_bytes());
            (written.and(io::stderr().write_all(told.as_bytes())), 2)
        }
        Err(fault) => {
            let text = format!("postern: {}\n", shown(&fault.to_string()));
            (io::stderr().write_all(text.as_bytes()), 2)
        }
    };
    // Whoever closes the pipe early, as `head` does, has read enough; any other loss is told.
    match written {
        Err(fault) if fault.kind() != io::ErrorKind::BrokenPipe => ExitCode::from(2),
        Ok(()) | Err(_) => ExitCode::from(code),
    }
}

/// The text with everything escaped that a terminal would obey or hide: it quotes files that
/// others wrote.
fn shown(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if is_plain(c) || matches!(c, '\n' | '\t') {
            shown.push(c);
        } else {
            shown.extend(c.escape_default());
        }
    }
    shown
}

/// `1 case`, `2 cases`, `2 policies`.
pub(crate) fn counted(count: usize, noun: &str) -> String {
    match (count, noun.strip_suffix('y')) {
        (1, _) => format!("1 {noun}"),
        (_, Some(stem)) => format!("{count} {stem}ies"),
        (_, None) => format!("{count} {noun}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::{counted, shown};

    #[test]
    fn what_a_terminal_would_obey_or_hide_is_escaped() {
        assert_eq!(shown("a\tb\n가 é"), "a\tb\n가 é");
        assert_eq!(
            shown("\u{1b}[2J\r\u{202e}\u{200b}\0"),
            r"\u{1b}[2J\r\u{202e}\u{200b}\u{0}"
        );
    }

    #[test]
    fn one_is_not_many() {
        assert_eq!(counted(1, "policy"), "1 policy");
        assert_eq!(counted(0, "policy"), "0 policies");
        assert_eq!(counted(2, "warning"), "2 warnings");
    }
}
