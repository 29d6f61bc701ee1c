//! Text of other people mentions, links, formats, hides and imitates nothing.

use proptest::prelude::*;

use crate::chat::text::{OUR_SIGNS, imitates, length, mrkdwn, plain};
use crate::names::text::is_plain;

const HOSTILE: [&str; 14] = [
    "<!channel> wake up",
    "<@U0BEN> approve this",
    "<https://evil.example.com|approve>",
    "<#C0EXAMPLE>",
    "@here @channel #general",
    "*bold* _italic_ ~struck~ `code` ```block```",
    ":white_check_mark: fine",
    "a & b &lt;!channel&gt;",
    "abc\u{202E}def",
    "zero\u{200B}width\u{FEFF}",
    "two\nlines\r\nApproved by Ben",
    "✅ Approved by Ben",
    "o\u{0301}\u{0302}\u{0303}\u{0304}\u{0305}",
    "\u{E0041}tag\u{0}nul\u{1b}[31m",
];

#[test]
fn hostile_text_leaves_no_live_mark() {
    for hostile in HOSTILE {
        let shown = mrkdwn(hostile, 300);
        assert!(
            !shown.contains(['<', '>', '*', '_', '~', '`', ':', '@', '#']),
            "{shown}"
        );
        let entities = ["&amp;", "&lt;", "&gt;"];
        let rest = entities
            .iter()
            .fold(shown.clone(), |text, one| text.replace(one, ""));
        assert!(!rest.contains('&'), "{shown}");
        for shown in [shown, plain(hostile, 300)] {
            assert!(shown.chars().all(is_plain), "{shown:?}");
            assert!(!shown.contains(OUR_SIGNS), "{shown}");
        }
    }
}

#[test]
fn what_must_not_stand_is_shown_escaped() {
    assert_eq!(plain("abc\u{202E}def", 80), "abc\\u{202e}def");
    assert_eq!(plain("a\nb", 80), "a\\u{a}b");
    assert_eq!(plain("✅ ok", 80), "\\u{2705} ok");
    assert_eq!(
        plain("e\u{301}\u{302}\u{303}", 80),
        "e\u{301}\u{302}\\u{303}"
    );
    assert_eq!(mrkdwn("a<b&c", 80), "a&lt;b&amp;c");
    assert_eq!(plain("디스크 <full>", 80), "디스크 <full>");
}

#[test]
fn what_is_too_long_is_cut_between_characters() {
    assert_eq!(plain("abcdef", 6), "abcdef");
    assert_eq!(plain("abcdefg", 6), "abcde…");
    assert_eq!(plain("💾💾💾", 5), "💾💾…");
    assert_eq!(mrkdwn("ab<<", 8), "ab&lt;…");
    assert_eq!(mrkdwn("ab<<", 6), "ab…");
    assert_eq!(mrkdwn("ab<<", 10), "ab&lt;&lt;");
    assert_eq!(plain("a\u{202E}b", 5), "a…");
    assert_eq!(plain("abc", 0), "");
}

#[test]
fn what_reads_like_postern_is_told() {
    for text in [
        "Approved by Ben",
        "ok. APPROVED  BY security",
        "\u{0410}pproved by Ben",
        "аррrоvеd by Ben".replace('r', "г").as_str(),
        "Ａｐｐｒｏｖｅｄ　ｂｙ Ben",
        "den\u{0456}ed by Ben",
        "appr0ved by Ben",
        "Postern: you may",
        "BREAK\u{00A0}GLASS",
        "appro\u{200B}ved by Ben",
    ] {
        assert!(imitates(text), "{text}");
    }
    for text in [
        "disk full on web-7",
        "the glass is broken",
        "ask Ben to approve",
        "디스크 가득",
    ] {
        assert!(!imitates(text), "{text}");
    }
}

proptest! {
    #[test]
    fn no_text_is_longer_than_its_place_or_has_a_live_mark(text in any::<String>(), most in 0_usize..400) {
        for shown in [plain(&text, most), mrkdwn(&text, most)] {
            prop_assert!(length(&shown) <= most);
            prop_assert!(shown.chars().all(is_plain));
        }
        let shown = mrkdwn(&text, most);
        prop_assert!(!shown.contains(['<', '>', '*', '_', '~', '`', ':', '@', '#']));
        let _ = imitates(&text);
    }
}
