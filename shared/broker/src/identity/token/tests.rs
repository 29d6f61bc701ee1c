use serde_json::json;

use super::*;

const RSA_ONLY: [Algorithm; 1] = [Algorithm::Rs256];

fn encoded(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

fn with_header(header: &Value) -> String {
    format!("{}.{}.c2ln", encoded(&header.to_string()), encoded("{}"))
}

fn form_of(token: &str) -> Result<(), BadForm> {
    Unverified::parse(token, &RSA_ONLY).map(|_| ())
}

fn good_header() -> Value {
    json!({"alg": "RS256", "kid": "k1", "typ": "JWT"})
}

fn header_with(name: &str, value: Value) -> Result<(), BadForm> {
    let mut header = good_header();
    header[name] = value;
    form_of(&with_header(&header))
}

#[test]
fn the_parts_of_a_good_token_are_what_was_sent() {
    let token = with_header(&good_header());
    let parsed = Unverified::parse(&token, &RSA_ONLY).unwrap();
    assert_eq!(parsed.algorithm, Algorithm::Rs256);
    assert_eq!(parsed.key_id, "k1");
    assert_eq!(parsed.signature, b"sig");
    assert_eq!(parsed.claims, b"{}");
    assert_eq!(
        format!("{}.c2ln", std::str::from_utf8(parsed.signed).unwrap()),
        token
    );
}

#[test]
fn a_bearer_is_the_scheme_one_space_and_the_token() {
    for good in ["Bearer abc", "bearer abc", "BEARER abc"] {
        assert_eq!(bearer(Some(good.as_bytes())), Ok("abc"), "{good}");
    }
    assert_eq!(bearer(None), Err(BadForm::NoToken));
    for bad in [
        "",
        "Bearer",
        "Basic abc",
        "abc.def.ghi",
        "Bearer\tabc",
        "Bearerabc",
        " Bearer a",
    ] {
        assert_eq!(
            bearer(Some(bad.as_bytes())),
            Err(BadForm::NotBearer),
            "{bad}"
        );
    }
    assert_eq!(bearer(Some(b"Bearer \xff")), Err(BadForm::NotBase64Url));
    let long = |length: usize| format!("Bearer {}", "a".repeat(length)).into_bytes();
    assert!(bearer(Some(&long(LONGEST))).is_ok());
    assert_eq!(bearer(Some(&long(LONGEST + 1))), Err(BadForm::TooLong));
}

#[test]
fn a_token_has_three_parts_and_none_is_empty() {
    let good = with_header(&good_header());
    let (signed, _) = good.rsplit_once('.').unwrap();
    for bad in [
        String::new(),
        ".".into(),
        "..".into(),
        "...".into(),
        signed.to_owned(),
        format!("{signed}."),
        format!(".{good}"),
        format!("{good}."),
        format!("{good}.c2ln"),
        format!("{good}..c2ln"),
    ] {
        assert_eq!(form_of(&bad), Err(BadForm::NotThreeParts), "{bad}");
    }
}

#[test]
fn each_part_has_one_spelling() {
    let good = with_header(&good_header());
    let [header, claims, signature]: [&str; 3] =
        good.split('.').collect::<Vec<_>>().try_into().unwrap();
    for bad in [
        // Padding, white space, the other alphabet, and stray bits at the end.
        format!("{header}.{claims}.c2lnbg=="),
        format!("{header}.{claims}.{signature} "),
        format!("{header}.{claims}.{signature}\n"),
        format!(" {header}.{claims}.{signature}"),
        format!("{header}.{claims}.c2+n"),
        format!("{header}.{claims}.c2/n"),
        format!("{header}.{claims}.c2lnbh"),
        format!("{header}.{claims}.c"),
        format!("{header}.e30=.{signature}"),
        format!("{header}.e31.{signature}"),
        format!("{header}.{claims}.{signature},{good}")
            .replace('.', ".")
            .replace(',', "é"),
    ] {
        assert!(
            matches!(
                form_of(&bad),
                Err(BadForm::NotBase64Url | BadForm::NotThreeParts)
            ),
            "{bad}"
        );
    }
    assert_eq!(
        form_of(&format!("{header}.e31.{signature}")),
        Err(BadForm::NotBase64Url)
    );
}

#[test]
fn a_header_that_brings_a_key_or_changes_the_rest_is_refused() {
    for name in FORBIDDEN {
        for value in [
            json!(null),
            json!([]),
            json!("x"),
            json!({"kty": "oct", "k": "AA"}),
        ] {
            assert_eq!(
                header_with(name, value),
                Err(BadForm::Forbidden(name)),
                "{name}"
            );
        }
    }
    assert_eq!(header_with("x5t", json!("thumbprint")), Ok(()));
}

#[test]
fn an_algorithm_that_is_not_configured_is_refused() {
    for alg in [
        json!("none"),
        json!("None"),
        json!("nOnE"),
        json!(""),
        json!("HS256"),
        json!("HS384"),
        json!("HS512"),
        json!("rs256"),
        json!("RS512"),
        json!("PS256"),
        json!("ES256"),
        json!("EdDSA"),
        json!(null),
        json!(["RS256"]),
        json!(256),
    ] {
        assert_eq!(
            header_with("alg", alg.clone()),
            Err(BadForm::Algorithm),
            "{alg}"
        );
    }
    assert_eq!(
        form_of(&with_header(&json!({"kid": "k1"}))),
        Err(BadForm::Algorithm)
    );
}

#[test]
fn a_type_is_absent_or_that_of_a_token() {
    for typ in ["JWT", "jwt", "at+jwt", "at+JWT"] {
        assert_eq!(header_with("typ", json!(typ)), Ok(()), "{typ}");
    }
    assert_eq!(
        form_of(&with_header(&json!({"alg": "RS256", "kid": "k1"}))),
        Ok(())
    );
    for typ in [
        json!("JOSE"),
        json!("logout+jwt"),
        json!("dpop+jwt"),
        json!("id+jwt"),
        json!(""),
        json!(null),
        json!(["JWT"]),
    ] {
        assert_eq!(header_with("typ", typ.clone()), Err(BadForm::Type), "{typ}");
    }
}

#[test]
fn a_token_names_its_key() {
    for kid in [
        json!(""),
        json!(null),
        json!(1),
        json!(["k1"]),
        json!("k".repeat(257)),
    ] {
        assert_eq!(
            header_with("kid", kid.clone()),
            Err(BadForm::NoKeyId),
            "{kid}"
        );
    }
    assert_eq!(
        form_of(&with_header(&json!({"alg": "RS256"}))),
        Err(BadForm::NoKeyId)
    );
}

#[test]
fn a_header_is_one_strict_object() {
    for (header, why) in [
        (
            r#"{"alg":"none","alg":"RS256","kid":"k1"}"#,
            BadJson::Duplicate,
        ),
        (
            r#"{"alg":"RS256","kid":"k1","kid":"k2"}"#,
            BadJson::Duplicate,
        ),
        (r#"["RS256"]"#, BadJson::NotAnObject),
        ("RS256", BadJson::Malformed),
        (r#"{"alg":"RS256","kid":"k1"} "x""#, BadJson::Malformed),
        (
            r#"{"alg":"RS256","kid":"k1","a":[[[[[[[[[]]]]]]]]]}"#,
            BadJson::TooDeep,
        ),
    ] {
        let token = format!("{}.e30.c2ln", encoded(header));
        assert_eq!(
            form_of(&token),
            Err(BadForm::UnreadableHeader(why)),
            "{header}"
        );
    }
}

#[test]
fn a_token_is_never_shown() {
    let token = with_header(&good_header());
    let shown = format!("{:?}", Unverified::parse(&token, &RSA_ONLY).unwrap());
    assert!(
        token.split('.').all(|part| !shown.contains(part)),
        "{shown}"
    );
}
