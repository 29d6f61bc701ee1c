use super::*;

/// The lines of a text, each with its number; nothing for one that is too long.
fn lines(text: &[u8]) -> Vec<(usize, Option<usize>)> {
    let mut lines = Lines {
        // A small buffer, so that lines are put together from parts.
        reader: BufReader::with_capacity(7, text),
        number: 0,
    };
    std::iter::from_fn(|| lines.next())
        .map(|line| line.unwrap())
        .map(|(number, line)| (number, line.map(|line| line.len())))
        .collect()
}

#[test]
fn lines_are_read_one_by_one_and_none_that_is_too_long() {
    assert_eq!(lines(b""), []);
    assert_eq!(
        lines(b"ab\n\nlonger than the buffer"),
        [(1, Some(2)), (2, Some(0)), (3, Some(22))]
    );
    for (length, read) in [(MOST_LINE, Some(MOST_LINE)), (MOST_LINE + 1, None)] {
        let mut text = vec![b' '; length];
        assert_eq!(lines(&text), [(1, read)]);
        text.extend(b"\nnext\n");
        assert_eq!(lines(&text), [(1, read), (2, Some(4))]);
    }
}

#[test]
fn only_entries_of_somebody_asking_matter() {
    let told = |text: &str| -> Vec<String> {
        found(serde_json::from_str(text).unwrap(), "line 1")
            .iter()
            .map(|found| match found {
                Found::Unread { place, what } => format!("{place}: {what}"),
                other @ (Found::Asked(_) | Found::Refused(_)) => format!("{other:?}"),
            })
            .collect()
    };
    let none: [&str; 0] = [];
    assert_eq!(told(r#"{"event":{"type":"closed"}}"#), none);
    assert_eq!(
        told(r#"{"entry":{"event":{"type":"of_tomorrow"}},"digest":"x"}"#),
        none
    );
    assert_eq!(told(r#"{"entries":[]}"#), none);
    assert_eq!(told("[]"), ["line 1: no audit entry"]);
    assert_eq!(told(r#"{"event":"asked"}"#), ["line 1: no audit entry"]);
    assert_eq!(
        told(r#"{"entries":[{"event":{"type":"closed"}},{"event":{"type":"asked"}},1]}"#),
        [
            "line 1, entry 2: missing field `ask`",
            "line 1, entry 3: no audit entry"
        ]
    );
}
