use super::*;
use crate::pace::Pace;

fn object(size: u64, stored_at: i64) -> LogObject {
    LogObject {
        key: "sessions/x.log".into(),
        size,
        etag: "e".into(),
        version: Some("v".into()),
        stored_at: Moment::from_seconds(stored_at),
    }
}

fn listed(versions: &[LogObject], deleted: bool) -> LogLook {
    LogLook::Listed(LogListing {
        versions: versions.to_vec(),
        deleted,
    })
}

fn refused() -> LogLook {
    LogLook::Refused {
        code: "AccessDenied".into(),
    }
}

/// A session from second 1,000 to second 2,000, judged at `now`.
fn judged(known: &LogVerdict, look: &LogLook, now: i64) -> LogVerdict {
    let ran = Span {
        started_at: Moment::from_seconds(1_000),
        ended_at: Moment::from_seconds(2_000),
    };
    judge(
        known,
        ran,
        look,
        Moment::from_seconds(now),
        &Pace::default(),
    )
}

#[test]
fn each_finding_has_its_own_verdict() {
    let table = [
        ("pending", listed(&[], false), 2_000),
        ("pending", listed(&[], false), 5_599),
        ("missing", listed(&[], false), 5_600),
        ("landed", listed(&[object(9, 2_001)], false), 2_002),
        ("landed", listed(&[object(9, 2_300)], false), 9_000),
        ("late", listed(&[object(9, 2_301)], false), 2_302),
        ("late", listed(&[object(9, 8_000)], false), 9_000),
        ("empty", listed(&[object(0, 2_001)], false), 2_002),
        (
            "altered",
            listed(&[object(9, 2_001), object(9, 2_050)], false),
            3_000,
        ),
        ("altered", listed(&[object(9, 2_001)], true), 3_000),
        ("altered", listed(&[], true), 3_000),
        ("altered", listed(&[object(9, 999)], false), 3_000),
        ("pending", refused(), 5_599),
        ("unreadable", refused(), 5_600),
    ];
    for (expected, look, now) in table {
        let verdict = judged(&LogVerdict::Pending {}, &look, now);
        assert_eq!(verdict.word().as_str(), expected, "{look:?} at {now}");
    }
}

/// One verdict of each word, all but `pending`.
fn known() -> Vec<LogVerdict> {
    let object = object(9, 2_001);
    let empty = LogObject {
        size: 0,
        ..object.clone()
    };
    vec![
        LogVerdict::Landed {
            object: object.clone(),
        },
        LogVerdict::Late { object },
        LogVerdict::Missing {},
        LogVerdict::Empty { object: empty },
        LogVerdict::Altered {
            versions: 2,
            deleted: false,
        },
        LogVerdict::Unreadable {
            code: "NoSuchBucket".into(),
        },
        LogVerdict::Unloggable {},
    ]
}

#[test]
fn a_verdict_changes_along_the_arrows_and_in_no_other_way() {
    let one = |size, at| listed(&[object(size, at)], false);
    let other = LogObject {
        etag: "f".into(),
        ..object(9, 2_001)
    };
    // What the second look shows, and what becomes of landed, late, missing, empty, altered,
    // unreadable and unloggable by it.
    let table: [(&str, LogLook, [&str; 7]); 8] = [
        (
            "the log",
            one(9, 2_001),
            [
                "landed",
                "late",
                "late",
                "altered",
                "altered",
                "landed",
                "unloggable",
            ],
        ),
        (
            "a later log",
            one(9, 8_000),
            [
                "altered",
                "altered",
                "late",
                "altered",
                "altered",
                "late",
                "unloggable",
            ],
        ),
        (
            "an empty log",
            one(0, 2_001),
            [
                "altered",
                "altered",
                "empty",
                "empty",
                "altered",
                "empty",
                "unloggable",
            ],
        ),
        (
            "other content",
            listed(std::slice::from_ref(&other), false),
            [
                "altered",
                "altered",
                "late",
                "altered",
                "altered",
                "landed",
                "unloggable",
            ],
        ),
        (
            "two versions",
            listed(&[object(9, 2_001), other], false),
            [
                "altered",
                "altered",
                "altered",
                "altered",
                "altered",
                "altered",
                "unloggable",
            ],
        ),
        (
            "a delete marker",
            listed(&[object(9, 2_001)], true),
            [
                "altered",
                "altered",
                "altered",
                "altered",
                "altered",
                "altered",
                "unloggable",
            ],
        ),
        (
            "nothing",
            listed(&[], false),
            [
                "altered",
                "altered",
                "missing",
                "altered",
                "altered",
                "missing",
                "unloggable",
            ],
        ),
        ("no answer", refused(), LogWord::FINAL.map(LogWord::as_str)),
    ];
    for (what, look, expected) in table {
        let words: Vec<_> = known()
            .iter()
            .map(|verdict| judged(verdict, &look, 9_000).word().as_str())
            .collect();
        assert_eq!(words, expected, "{what}");
    }
}

#[test]
fn what_no_look_can_change_is_not_looked_at_again() {
    let looks = [listed(&[], true), listed(&[], false), refused()];
    for verdict in known() {
        let changes = looks
            .iter()
            .any(|look| judged(&verdict, look, 9_000) != verdict);
        assert!(verdict.may_change() || !changes, "{verdict:?}");
    }
    let fixed: Vec<_> = known().iter().map(LogVerdict::may_change).collect();
    assert_eq!(fixed, [true, true, true, true, false, true, false]);
}

#[test]
fn only_pending_keeps_a_request_open() {
    assert!(!LogVerdict::Pending {}.is_final());
    assert!(known().iter().all(LogVerdict::is_final));
    let words: Vec<_> = known().iter().map(LogVerdict::word).collect();
    assert_eq!(words, LogWord::FINAL);
    for word in LogWord::FINAL {
        assert_eq!(serde_json::json!(word), word.as_str());
    }
}
