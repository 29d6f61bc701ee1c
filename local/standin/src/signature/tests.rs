//! The parts of a signature that no SDK would ever send. What SDKs send, and tampering with it,
//! is tested at the door.

use http::HeaderValue;

use super::*;

fn headers(authorization: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(
        "authorization",
        HeaderValue::from_str(authorization).unwrap(),
    );
    headers
}

#[test]
fn an_authorization_header_is_read_with_and_without_spaces() {
    let scope = "Credential=AKID/20261124/us-east-1/sts/aws4_request";
    for gap in [", ", ","] {
        let value =
            format!("AWS4-HMAC-SHA256 {scope}{gap}SignedHeaders=host;x-amz-date{gap}Signature=ab");
        let claim = claim(&headers(&value)).unwrap();
        assert_eq!(
            (&*claim.access_key_id, &*claim.region, &*claim.service),
            ("AKID", "us-east-1", "sts")
        );
        assert_eq!(claim.signed_headers, ["host", "x-amz-date"]);
        assert_eq!((&*claim.date, &*claim.signature), ("20261124", "ab"));
    }
}

#[test]
fn an_authorization_header_that_lacks_a_part_is_malformed() {
    assert_eq!(claim(&HeaderMap::new()), Err(Unauthentic::Missing));
    for value in [
        "",
        "Bearer abc",
        "AWS4-HMAC-SHA256",
        "AWS4-HMAC-SHA256 Credential=A/20261124/r/sts/aws4_request, Signature=ab",
        "AWS4-HMAC-SHA256 Credential=A/20261124/r/sts/aws4_request, SignedHeaders=host",
        "AWS4-HMAC-SHA256 Credential=A/20261124/r/sts, SignedHeaders=host, Signature=ab",
        "AWS4-HMAC-SHA256 Credential=A/20261124/r/sts/aws5, SignedHeaders=host, Signature=ab",
    ] {
        let claimed = claim(&headers(value));
        assert!(
            matches!(claimed, Err(Unauthentic::Malformed(_))),
            "{value}: {claimed:?}"
        );
    }
}

#[test]
fn a_time_is_judged_to_the_second_and_must_be_one() {
    let now = 1_795_510_800_000;
    assert_eq!(near("20261124T090000Z", now), Ok(()));
    assert_eq!(near("20261124T084500Z", now), Ok(()));
    assert_eq!(
        near("20261124T084459Z", now),
        Err(Unauthentic::Skewed(
            "Signature expired: 20261124T084459Z is now earlier than 20261124T084500Z \
             (20261124T090000Z - 15 min.)"
                .to_owned()
        ))
    );
    assert!(matches!(
        near("20261124T091501Z", now),
        Err(Unauthentic::Skewed(_))
    ));
    for odd in [
        "",
        "2026-11-24T09:00:00Z",
        "20261324T090000Z",
        "20261124T090000",
    ] {
        assert!(
            matches!(near(odd, now), Err(Unauthentic::Malformed(_))),
            "{odd}"
        );
    }
}
