use std::time::Duration;

use http::HeaderValue;

use super::*;

type Expected = [(u16, &'static str); 3];

const MISMATCH: Expected = [
    (403, "SignatureDoesNotMatch"),
    (400, "InvalidSignatureException"),
    (403, "SignatureDoesNotMatch"),
];
const MALFORMED: Expected = [
    (400, "IncompleteSignature"),
    (400, "IncompleteSignatureException"),
    (400, "AuthorizationHeaderMalformed"),
];
const FINE: Expected = [(200, ""), (200, ""), (200, "")];

/// Signs a call of each family with fresh keys of a role, does something to it, and checks what
/// is told.
async fn check(what: &str, tamper: impl Fn(&World, &mut Incoming), expected: Expected) {
    let world = world();
    let keys = world.function_credentials("All", "req-1").unwrap();
    for (family, (status, code)) in FAMILIES.into_iter().zip(expected) {
        let mut incoming = signed(&world, &keys, family).await;
        tamper(&world, &mut incoming);
        let told = told(&world, incoming).await;
        assert_eq!(told, (status, code.to_owned()), "{what}, {family:?}");
    }
}

fn rewrite(incoming: &mut Incoming, name: &'static str, change: impl Fn(&str) -> String) {
    let header = incoming.headers.get(name).unwrap().to_str().unwrap();
    let changed = HeaderValue::from_str(&change(header)).unwrap();
    incoming.headers.insert(name, changed);
}

#[tokio::test]
async fn what_was_signed_and_left_alone_passes() {
    check("left alone", |_, _| {}, FINE).await;
}

#[tokio::test]
async fn no_part_of_a_signed_request_can_be_changed() {
    check("method", |_, it| it.method = http::Method::PATCH, {
        // S3 goes by the method and offers nothing here.
        [MISMATCH[0], MISMATCH[1], (501, "NotImplemented")]
    })
    .await;
    check("query", |_, it| it.raw_query.push_str("&x=1"), MISMATCH).await;
    check(
        "host",
        |_, it| it.host = it.host.replace("ap-northeast-2", "us-east-1"),
        MISMATCH,
    )
    .await;
    check("path", |_, it| it.path.push('d'), MISMATCH).await;
    check(
        "a signed header",
        |_, it| rewrite(it, "x-amz-date", |date| date.replace("T0900", "T0901")),
        MISMATCH,
    )
    .await;
    check(
        "the signature",
        |_, it| {
            rewrite(it, "authorization", |value| {
                let (head, signature) = value.rsplit_once("Signature=").unwrap();
                let reversed: String = signature.chars().rev().collect();
                format!("{head}Signature={reversed}")
            });
        },
        MISMATCH,
    )
    .await;
    check(
        "the Region of the scope",
        |_, it| {
            rewrite(it, "authorization", |v| {
                v.replace("ap-northeast-2", "us-east-1")
            })
        },
        MISMATCH,
    )
    .await;
}

#[tokio::test]
async fn the_body_that_was_signed_is_the_body() {
    let add = |_: &World, it: &mut Incoming| it.body = [&it.body[..], b" "].concat().into();
    let expected = [MISMATCH[0], MISMATCH[1], (400, "XAmzContentSHA256Mismatch")];
    check("body", add, expected).await;
}

#[tokio::test]
async fn headers_that_mean_something_must_be_signed() {
    let add = |_: &World, it: &mut Incoming| {
        it.headers.insert(
            "x-amz-bypass-governance-retention",
            HeaderValue::from_static("true"),
        );
    };
    check("an added header", add, MALFORMED).await;
    let no_host = |_: &World, it: &mut Incoming| {
        rewrite(it, "authorization", |value| value.replace("host;", ""));
    };
    check("a host that is not signed", no_host, MALFORMED).await;
    let other_day = |_: &World, it: &mut Incoming| {
        rewrite(it, "authorization", |value| {
            value.replace("20261124", "20261123")
        });
    };
    check("a scope of another day", other_day, MALFORMED).await;
    let sigv4a = |_: &World, it: &mut Incoming| {
        rewrite(it, "authorization", |v| {
            v.replace("AWS4-HMAC", "AWS4-ECDSA-P256")
        });
    };
    check("another algorithm", sigv4a, MALFORMED).await;
}

#[tokio::test]
async fn keys_and_their_tokens_belong_together() {
    let unknown: Expected = [
        (403, "InvalidClientTokenId"),
        (400, "UnrecognizedClientException"),
        (403, "InvalidAccessKeyId"),
    ];
    let no_key = |_: &World, it: &mut Incoming| {
        rewrite(it, "authorization", |value| {
            value.replace("Credential=ASIA", "Credential=ASIB")
        });
    };
    check("an unknown key", no_key, unknown).await;
    let no_token = |_: &World, it: &mut Incoming| {
        it.headers.remove("x-amz-security-token");
    };
    check("no token", no_token, unknown).await;
    let other_token = |world: &World, it: &mut Incoming| {
        let other = world
            .function_credentials("All", "req-2")
            .unwrap()
            .session_token
            .unwrap();
        rewrite(it, "x-amz-security-token", |_| other.clone());
    };
    check(
        "another's token",
        other_token,
        [unknown[0], unknown[1], (400, "InvalidToken")],
    )
    .await;
}

#[tokio::test]
async fn a_call_is_good_for_a_quarter_of_an_hour_either_way() {
    const LEEWAY: i64 = 15 * 60_000;
    let skewed: Expected = [MISMATCH[0], MISMATCH[1], (403, "RequestTimeTooSkewed")];
    for (by, expected) in [
        (LEEWAY, FINE),
        (LEEWAY + 1, skewed),
        (-LEEWAY, FINE),
        (-LEEWAY - 1, skewed),
    ] {
        let world = world();
        let keys = world.admin_keys();
        for (family, (status, code)) in FAMILIES.into_iter().zip(expected) {
            world.clock().set(START);
            let incoming = signed(&world, &keys, family).await;
            world.clock().set(START + by);
            assert_eq!(
                told(&world, incoming).await,
                (status, code.to_owned()),
                "{by} {family:?}"
            );
        }
    }
}

#[tokio::test]
async fn credentials_that_have_expired_are_told_so() {
    let world = world();
    let caller = iam::Caller::of_role("111122223333", "All", "req-1");
    let expiry = START + 900_000;
    let keys = world.iam_state().issue(caller, 400, START, expiry);
    let expired: Expected = [
        (403, "ExpiredToken"),
        (400, "ExpiredTokenException"),
        (400, "ExpiredToken"),
    ];
    for (at, expected) in [
        (Duration::from_millis(899_999), FINE),
        (Duration::from_millis(1), expired),
    ] {
        world.clock().advance(at);
        for (family, (status, code)) in FAMILIES.into_iter().zip(expected) {
            let incoming = signed(&world, &keys, family).await;
            assert_eq!(
                told(&world, incoming).await,
                (status, code.to_owned()),
                "{family:?}"
            );
        }
    }
}
