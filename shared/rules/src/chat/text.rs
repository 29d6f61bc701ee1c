//! Text of other people, made harmless for chat.
//!
//! Reasons and comments are one plain line by their type. Names, tags, groups and whatever else
//! comes from tokens and AWS may hold anything. Where a message can, such text stands in a
//! `plain_text` object: Slack renders no mention, link, emoji or format in one. The fallback of a
//! notification and a date are `mrkdwn`, and there text is escaped as well, and marks that format
//! are exchanged for others that look alike.
//!
//! Control, bidirectional, zero-width and other invisible characters are shown as `\u{202e}`; so are
//! the signs by which Postern marks its own words, and heaps of combining marks, which would cover
//! the lines around them. What reads like one of Postern's own lines, letters of other alphabets
//! included, is told from them by [`imitates`].

use crate::names::text::is_plain;

/// Signs that stand only in what Postern itself says.
pub(super) const OUR_SIGNS: [char; 8] = ['✅', '⛔', '⏳', '🔓', '🚨', '⚠', '🔒', '📜'];

/// Beginnings of lines that only Postern writes.
const OUR_WORDS: [&str; 9] = [
    "approved by",
    "approval by",
    "denied by",
    "revoked by",
    "extended by",
    "reviewed by",
    "break glass",
    "postern:",
    "policy:",
];

/// How long a text is as Slack may count it: in units of UTF-16, the most of all counts.
pub(super) fn length(text: &str) -> usize {
    text.encode_utf16().count()
}

/// A text of other people for a `plain_text` object, at most so long: one line that shows what is in
/// it, cut between characters.
#[must_use]
pub fn plain(text: &str, most: usize) -> String {
    capped(pieces(text), most)
}

/// A text of other people for `mrkdwn`, at most so long: it mentions, links and formats nothing.
#[must_use]
pub fn mrkdwn(text: &str, most: usize) -> String {
    let escaped = pieces(text).flat_map(|piece| {
        let whole = (piece.chars().count() > 1).then(|| piece.clone());
        let single = piece
            .chars()
            .map(|c| match c {
                '&' => "&amp;".to_owned(),
                '<' => "&lt;".to_owned(),
                '>' => "&gt;".to_owned(),
                // They would format, or make an emoji or a mention of what is around them.
                '*' => '∗'.to_string(),
                '_' => 'ˍ'.to_string(),
                '~' => '∼'.to_string(),
                '`' => 'ˋ'.to_string(),
                ':' => '∶'.to_string(),
                '@' => '＠'.to_string(),
                '#' => '＃'.to_string(),
                other => other.to_string(),
            })
            .collect::<Vec<String>>();
        whole.map_or(single, |whole| vec![whole])
    });
    capped(escaped, most)
}

/// Whether a text reads like a line that only Postern writes.
#[must_use]
pub fn imitates(text: &str) -> bool {
    let folded: String = text.chars().filter_map(fold).collect();
    let words: Vec<&str> = folded.split_whitespace().collect();
    let line = words.join(" ");
    OUR_WORDS.iter().any(|own| {
        let own: String = own.chars().filter_map(fold).collect();
        line.contains(&own)
    })
}

/// The characters of a text as they are shown: each by itself, or escaped where it must not stand.
fn pieces(text: &str) -> impl Iterator<Item = String> + '_ {
    let mut heap = 0_u8;
    text.chars().map(move |c| {
        heap = if is_combining(c) {
            heap.saturating_add(1)
        } else {
            0
        };
        let shown = is_plain(c) && !OUR_SIGNS.contains(&c) && heap <= 2;
        if shown {
            c.to_string()
        } else {
            c.escape_unicode().to_string()
        }
    })
}

/// As many pieces as fit, with `…` in place of the others.
fn capped(pieces: impl Iterator<Item = String>, most: usize) -> String {
    let (mut text, mut used) = (String::new(), 0_usize);
    // Where the text ends if the rest does not fit: there is room for the dots.
    let mut cut = 0;
    for piece in pieces {
        used = used.saturating_add(length(&piece));
        if used > most {
            text.truncate(cut);
            if most > 0 {
                text.push('…');
            }
            return text;
        }
        text.push_str(&piece);
        if used < most {
            cut = text.len();
        }
    }
    text
}

fn is_combining(c: char) -> bool {
    matches!(
        c,
        '\u{0300}'..='\u{036F}'
            | '\u{0483}'..='\u{0489}'
            | '\u{0591}'..='\u{05BD}'
            | '\u{0610}'..='\u{061A}'
            | '\u{064B}'..='\u{065F}'
            | '\u{0E31}'
            | '\u{0E34}'..='\u{0E3A}'
            | '\u{0E47}'..='\u{0E4E}'
            | '\u{1AB0}'..='\u{1AFF}'
            | '\u{1DC0}'..='\u{1DFF}'
            | '\u{20D0}'..='\u{20FF}'
            | '\u{FE20}'..='\u{FE2F}'
    )
}

/// A letter as the Latin one that it looks like, in small; nothing for what is not seen.
fn fold(c: char) -> Option<char> {
    const LIKE: [(&str, char); 24] = [
        ("аɑαΑАａ", 'a'),
        ("ЬьВвßβΒ", 'b'),
        ("сСϲⅽ", 'c'),
        ("ԁⅾ", 'd'),
        ("еЕεΕеё℮", 'e'),
        ("ɡ", 'g'),
        ("һНнΗ", 'h'),
        ("іІιΙıΪї1l|", 'i'),
        ("јЈ", 'j'),
        ("кКκΚ", 'k'),
        ("ӏⅼ", 'i'),
        ("мМΜⅿ", 'm'),
        ("пΝη", 'n'),
        ("оОοΟσ0", 'o'),
        ("рРρΡ", 'p'),
        ("ԛ", 'q'),
        ("гᴦ", 'r'),
        ("ѕЅ", 's'),
        ("тТτΤ", 't'),
        ("υμ", 'u'),
        ("ѵνⅴ", 'v'),
        ("ԝω", 'w'),
        ("хХχΧⅹ", 'x'),
        ("уУγΥүỵ", 'y'),
    ];
    if is_combining(c) || !is_plain(c) {
        return None;
    }
    let wide = u32::from(c);
    let c = match wide {
        // Full-width forms of ASCII.
        0xFF01..=0xFF5E => char::from_u32(wide - 0xFEE0).unwrap_or(c),
        0x3000 | 0xA0 | 0x2000..=0x200A => ' ',
        _ => c,
    };
    let c = c.to_ascii_lowercase();
    let like = LIKE.iter().find(|(all, _)| all.contains(c));
    Some(like.map_or(c, |(_, latin)| *latin))
}
