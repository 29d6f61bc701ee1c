//! Only what Slack signed is believed. The vectors are checked against Slack's own library in
//! `checks/chat`.

use proptest::prelude::*;

use super::*;
use crate::chat::signature::{NotSigned, verify};

const VECTORS: &str = include_str!("../../../tests/golden/chat/signatures.json");
const PATH: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/golden/chat/signatures.json"
);

const BODIES: [&str; 5] = [
    "",
    "token=x&team_id=T0EXAMPLE&text=request+i-0123+45m+disk+full",
    "payload=%7B%22type%22%3A%22block_actions%22%7D",
    "v0:1795514460:doubled",
    "text=%EB%94%94%EC%8A%A4%ED%81%AC+%F0%9F%92%BE",
];

fn headers(secret: &str, body: &[u8], at: i64) -> (String, String) {
    let at = at.to_string();
    let secrets = Secrets::read(secret).unwrap();
    let signature = secrets.sign(&[b"v0:", at.as_bytes(), b":", body]);
    (at, format!("v0={}", hex::encode(signature)))
}

fn judge(secret: &str, (at, signature): (&str, &str), body: &[u8]) -> Result<(), NotSigned> {
    let secrets = Secrets::read(secret).unwrap();
    verify(
        &secrets,
        Some(at.as_bytes()),
        Some(signature.as_bytes()),
        body,
        now(),
    )
}

#[test]
fn the_vectors_for_slacks_own_library_are_current() {
    let vectors: Vec<serde_json::Value> = BODIES
        .iter()
        .map(|body| {
            let (timestamp, signature) = headers(SECRET, body.as_bytes(), now().seconds());
            serde_json::json!({
                "secret": SECRET, "timestamp": timestamp, "body": body, "signature": signature,
            })
        })
        .collect();
    golden::must_be(PATH, VECTORS, &vectors);
}

#[test]
fn a_call_that_slack_signed_is_believed_within_five_minutes_both_ways() {
    for (off, good) in [
        (0, true),
        (300, true),
        (-300, true),
        (301, false),
        (-301, false),
    ] {
        let body = BODIES[1].as_bytes();
        let (at, signature) = headers(SECRET, body, now().seconds() + off);
        let judged = judge(SECRET, (&at, &signature), body);
        let expected = if good {
            Ok(())
        } else {
            Err(NotSigned::OutOfTime)
        };
        assert_eq!(judged, expected, "{off}");
    }
}

#[test]
fn during_a_rotation_both_secrets_are_good_and_afterwards_one() {
    let body = b"a=b";
    let (at, signature) = headers(SECRET, body, now().seconds());
    let both = format!("{OTHER_SECRET}\n{SECRET}\n");
    assert_eq!(judge(&both, (&at, &signature), body), Ok(()));
    let judged = judge(OTHER_SECRET, (&at, &signature), body);
    assert_eq!(judged, Err(NotSigned::Signature));
}

#[test]
fn a_header_has_one_form() {
    let body = b"a=b";
    let (at, signature) = headers(SECRET, body, now().seconds());
    for bad in [
        "",
        "-1",
        "+1795514460",
        " 1795514460",
        "1795514460 ",
        "01795514460",
        "1e9",
        "1795514460.0",
        "179551446０",
        "99999999999999999999",
    ] {
        assert_eq!(
            judge(SECRET, (bad, &signature), body),
            Err(NotSigned::Timestamp),
            "{bad:?}"
        );
    }
    let upper = signature.to_uppercase().replace("V0", "v0");
    let digits = signature.strip_prefix("v0=").unwrap();
    for bad in [
        "",
        "v0=",
        digits,
        &upper,
        &format!("{signature}0"),
        &format!("v1={digits}"),
        &format!(" {signature}"),
        &format!("v0={signature}"),
        signature.get(..66).unwrap(),
    ] {
        assert_eq!(
            judge(SECRET, (&at, bad), body),
            Err(NotSigned::Form),
            "{bad:?}"
        );
    }
    let secrets = secrets();
    for (time, mac) in [(None, None), (Some(&at), None), (None, Some(&signature))] {
        let (time, mac) = (time.map(String::as_bytes), mac.map(String::as_bytes));
        assert_eq!(
            verify(&secrets, time, mac, body, now()),
            Err(NotSigned::Missing)
        );
    }
}

#[test]
fn secrets_are_never_shown() {
    let shown = format!("{:?} {:?}", secrets(), Secrets::read("short").unwrap_err());
    assert!(
        !shown.contains("example") && !shown.contains("short"),
        "{shown}"
    );
    for bad in [
        "",
        "short",
        "two words that are long enough for a key",
        "a\nb\nc",
    ] {
        assert!(Secrets::read(bad).is_err(), "{bad:?}");
    }
}

proptest! {
    #[test]
    fn whatever_is_changed_the_signature_is_no_longer_good(
        body in proptest::collection::vec(any::<u8>(), 1..64),
        at in 0_usize..64,
        bit in 0_u8..8,
    ) {
        let (time, signature) = headers(SECRET, &body, now().seconds());
        prop_assert_eq!(judge(SECRET, (&time, &signature), &body), Ok(()));
        let mut other = body.clone();
        let at = at % other.len();
        other[at] ^= 1 << bit;
        prop_assert_eq!(judge(SECRET, (&time, &signature), &other), Err(NotSigned::Signature));
        let later = (now().seconds() + 1).to_string();
        prop_assert_eq!(judge(SECRET, (&later, &signature), &body), Err(NotSigned::Signature));
    }

    #[test]
    fn no_header_makes_it_panic(
        time in proptest::collection::vec(any::<u8>(), 0..40),
        mac in proptest::collection::vec(any::<u8>(), 0..80),
    ) {
        prop_assert!(verify(&secrets(), Some(&time), Some(&mac), b"x", now()).is_err());
    }
}
