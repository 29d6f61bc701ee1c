//! What of a document is a request, and what is told of the rest.

use super::*;

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
