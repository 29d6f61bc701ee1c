//! Text that people write: reasons, comments, ticket numbers.
//!
//! Such text is shown to approvers, written into logs and sent to chat. Control characters would
//! forge log lines, bidirectional and zero-width characters would make it read as something else,
//! so they are refused, not cleaned: what an approver sees is what was written.

use super::{made_of, text_name};

/// Whether a character may stand in text shown to people.
///
/// Refused: control characters (line breaks among them), bidirectional marks and overrides,
/// zero-width and other invisible characters, line and paragraph separators, tag characters,
/// variation selectors outside emoji use, private use and non-characters.
#[must_use]
pub fn is_plain(c: char) -> bool {
    !(c.is_control()
        || matches!(
            c,
            '\u{00AD}'
                | '\u{034F}'
                | '\u{061C}'
                | '\u{115F}'..='\u{1160}'
                | '\u{17B4}'..='\u{17B5}'
                | '\u{180B}'..='\u{180F}'
                | '\u{200B}'..='\u{200F}'
                | '\u{2028}'..='\u{202E}'
                | '\u{2060}'..='\u{206F}'
                | '\u{3164}'
                | '\u{E000}'..='\u{F8FF}'
                | '\u{FDD0}'..='\u{FDEF}'
                | '\u{FE00}'..='\u{FE0F}'
                | '\u{FEFF}'
                | '\u{FFA0}'
                | '\u{FFF0}'..='\u{FFFF}'
                | '\u{1D173}'..='\u{1D17A}'
                | '\u{E0000}'..='\u{10FFFF}'
        ))
}

/// Whether a text is one plain line of `least` to `most` characters with something to read in it.
fn is_line(text: &str, least: usize, most: usize) -> bool {
    made_of(text, least, most, is_plain) && text.trim().chars().count() >= least
}

text_name!(
    /// Why access is asked for: one line of 3 to 300 plain characters.
    Reason,
    "a reason: one line of 3 to 300 characters, without control, bidirectional or invisible characters",
    |text| is_line(text, 3, 300)
);

text_name!(
    /// What somebody says with a decision: one line of 1 to 300 plain characters.
    Comment,
    "a comment: one line of 1 to 300 characters, without control, bidirectional or invisible characters",
    |text| is_line(text, 1, 300)
);

text_name!(
    /// A ticket number of the organisation's own system: 1 to 64 letters, digits or `-_#/.`.
    Ticket,
    "a ticket number of 1 to 64 letters, digits or `-_#/.`",
    |text| made_of(text, 1, 64, |c| c.is_ascii_alphanumeric() || "-_#/.".contains(c))
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_one_plain_line() {
        assert!("disk full on web-7 — 디스크".parse::<Reason>().is_ok());
        for bad in [
            "",
            "ab",
            "   ",
            "two\nlines",
            "a\r\nb",
            "nul\0byte",
            "abc\u{202E}def",
        ] {
            assert!(bad.parse::<Reason>().is_err(), "{bad:?}");
        }
        assert!("x".repeat(300).parse::<Reason>().is_ok());
        assert!("x".repeat(301).parse::<Reason>().is_err());
    }

    #[test]
    fn bidirectional_and_zero_width_characters_are_refused() {
        for bad in [
            '\u{202E}',
            '\u{200B}',
            '\u{2066}',
            '\u{FEFF}',
            '\u{2028}',
            '\u{E0041}',
        ] {
            assert!(
                format!("look {bad} here").parse::<Comment>().is_err(),
                "{bad:?}"
            );
        }
    }

    #[test]
    fn an_error_shows_hostile_input_escaped_and_cut() {
        let error = format!("\u{202E}\n{}", "x".repeat(500))
            .parse::<Reason>()
            .unwrap_err();
        let text = error.to_string();
        assert!(!text.contains('\n') && !text.contains('\u{202E}'));
        assert!(text.len() < 300, "{}", text.len());
    }
}
