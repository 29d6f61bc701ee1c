//! The words of the slash command, by a table.

use proptest::prelude::*;

use crate::chat::words::{NotUnderstood, Place, Words, read};

fn wish(text: &str) -> String {
    match read(text) {
        Ok(Words::Request(wish)) => {
            let targets: Vec<String> = wish
                .targets
                .iter()
                .map(|place| match place {
                    Place::Instance(instance) => instance.to_string(),
                    Place::Target(target) => target.to_string(),
                })
                .collect();
            let ticket = wish.ticket.map(|ticket| format!(" [{ticket}]"));
            format!(
                "{}; {}; {}; {}{}",
                targets.join("+"),
                wish.kind,
                wish.duration,
                wish.reason,
                ticket.unwrap_or_default()
            )
        }
        other => format!("{other:?}"),
    }
}

#[test]
fn what_is_asked_for_in_words_is_understood() {
    let whole = "111122223333/ap-northeast-2/i-0123456789abcdef0";
    for (said, understood) in [
        (
            "request i-0123456789abcdef0 45m disk full on web-7".to_owned(),
            "i-0123456789abcdef0; shell; 45m; disk full on web-7".to_owned(),
        ),
        (
            "  Request  mi-0123456789abcdef0   for  1h30m   disk full ".to_owned(),
            "mi-0123456789abcdef0; shell; 1h 30m; disk full".to_owned(),
        ),
        (
            format!("request {whole} ssh 15m look for 5m at it"),
            format!("{whole}; ssh; 15m; look for 5m at it"),
        ),
        (
            "request i-01234567,i-01234568 command restart-nginx 10m ticket:OPS-7 it hangs"
                .to_owned(),
            "i-01234567+i-01234568; command `restart-nginx`; 10m; it hangs [OPS-7]".to_owned(),
        ),
        (
            "request i-01234567 port localhost:5432 30m a &lt;slow&gt; query &amp; more".to_owned(),
            "i-01234567; port localhost:5432; 30m; a <slow> query & more".to_owned(),
        ),
    ] {
        assert_eq!(wish(&said), understood);
    }
}

#[test]
fn the_other_words_stand_alone() {
    for (said, words) in [
        ("", Words::Form),
        ("   ", Words::Form),
        ("help", Words::Help),
        ("help me", Words::Help),
        ("LIST", Words::List),
        ("link", Words::Link(None)),
        (
            "link abcd-efgh",
            Words::Link(Some("ABCDEFGH".parse().unwrap())),
        ),
        ("links", Words::Links),
        ("unlink", Words::Unlink(None)),
        (
            "unlink U0BEN",
            Words::Unlink(Some("U0BEN".parse().unwrap())),
        ),
        (
            "unlink <@U0BEN|ben>",
            Words::Unlink(Some("U0BEN".parse().unwrap())),
        ),
        (
            "unlink &lt;@U0BEN&gt;",
            Words::Unlink(Some("U0BEN".parse().unwrap())),
        ),
    ] {
        assert_eq!(read(said), Ok(words), "{said}");
    }
}

#[test]
fn what_is_not_understood_is_told_with_what_to_type_instead() {
    for (said, why) in [
        ("reqest i-01234567 45m why", NotUnderstood::Unknown),
        (
            "approve req-01KAV3M0000123456789ABCDEF",
            NotUnderstood::Unknown,
        ),
        ("list all", NotUnderstood::TooMuch("list")),
        ("links x", NotUnderstood::TooMuch("links")),
        ("link 12", NotUnderstood::Code),
        ("unlink @ben", NotUnderstood::User),
        ("unlink everybody please", NotUnderstood::User),
        ("request", NotUnderstood::NoTarget),
        ("request web-7 45m why", NotUnderstood::Target(1)),
        ("request i-01234567,web 45m why", NotUnderstood::Target(2)),
        ("request i-01234567, 45m why", NotUnderstood::Target(2)),
        ("request i-01234567", NotUnderstood::NoLength),
        ("request i-01234567 disk full", NotUnderstood::NoLength),
        (
            "request i-01234567 for ben 45m why",
            NotUnderstood::ForOthers,
        ),
        ("request i-01234567 9h why not", NotUnderstood::Length),
        ("request i-01234567 1s why not", NotUnderstood::Length),
        ("request i-01234567 45m", NotUnderstood::Reason),
        ("request i-01234567 45m x", NotUnderstood::Reason),
        (
            "request i-01234567 45m hidden\u{202E}text",
            NotUnderstood::Reason,
        ),
        (
            "request i-01234567 45m ticket: why not",
            NotUnderstood::Ticket,
        ),
        (
            "request i-01234567 command 45m why not",
            NotUnderstood::NoLength,
        ),
        (
            "request i-01234567 port 169.254.169.254:80 45m why",
            NotUnderstood::Kind,
        ),
        (
            "request i-01234567 port localhost 45m why",
            NotUnderstood::Kind,
        ),
    ] {
        let got = read(said).unwrap_err();
        assert_eq!(got, why, "{said}");
        assert!(!got.to_string().ends_with('.') && !got.instead().is_empty());
    }
    let eleven = ["i-01234567"; 11].join(",");
    let many = read(&format!("request {eleven} 45m why"));
    assert_eq!(many, Err(NotUnderstood::TooManyTargets(11)));
    assert_eq!(read(&"x".repeat(3_001)), Err(NotUnderstood::TooLong));
}

proptest! {
    #[test]
    fn no_words_make_it_panic(text in any::<String>(), more in "[a-z0-9:@<>,. -]{0,60}") {
        let _ = (read(&text), read(&format!("request {more}")), read(&format!("unlink {more}")));
    }
}
