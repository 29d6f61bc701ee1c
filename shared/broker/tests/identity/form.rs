//! The form of a token and its header (S1).

use broker::identity::{BadForm, BadJson, Rejected};
use serde_json::{Value, json};

use crate::setting::{Setting, rejection};
use crate::signing::b64;

const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

#[tokio::test]
async fn without_one_bearer_token_nobody_is_let_in_or_asked() {
    let setting = Setting::new().await;
    let token = setting.good_token();
    let none = setting.verifier.caller(None).await;
    assert_eq!(rejection(none, ""), Rejected::Form(BadForm::NoToken));
    for header in [
        String::new(),
        token.clone(),
        format!("Basic {token}"),
        format!("Token {token}"),
        format!("Bearer{token}"),
        format!(" Bearer {token}"),
    ] {
        let answer = setting.verifier.caller(Some(header.as_bytes())).await;
        assert_eq!(
            rejection(answer, &header),
            Rejected::Form(BadForm::NotBearer)
        );
    }
    // Two spaces, two tokens, or a comma between two headers that a proxy joined.
    for header in [
        format!("Bearer  {token}"),
        format!("Bearer {token} {token}"),
        format!("Bearer {token}, Bearer {token}"),
    ] {
        let answer = setting.verifier.caller(Some(header.as_bytes())).await;
        assert!(
            matches!(rejection(answer, &header), Rejected::Form(_)),
            "{header}"
        );
    }
    assert_eq!(setting.issuer.asked(), [""; 0]);
}

#[tokio::test]
async fn only_three_parts_make_a_token() {
    let setting = Setting::new().await;
    let good = setting.good_token();
    let (signed, signature) = good.rsplit_once('.').unwrap();
    for bad in [
        String::new(),
        "..".to_owned(),
        signed.to_owned(),
        format!("{signed}."),
        format!(".{good}"),
        format!("{good}."),
        format!("{good}.{signature}"),
        // Five parts are an encrypted token (RFC 7516).
        format!("{good}.{signature}.{signature}"),
    ] {
        assert_eq!(
            setting.rejected(&bad).await,
            Rejected::Form(BadForm::NotThreeParts),
            "{bad}"
        );
    }
    assert!(setting.caller(&good).await.is_ok());
}

#[tokio::test]
async fn each_part_is_spelt_in_strict_base64url() {
    let setting = Setting::new().await;
    let header = b64(setting.key.header().to_string());
    let claims = b64(setting.claims().to_string());
    let spoilt = |part: &str| {
        [
            "=", "==", "\n", "\r\n", " ", "+", "/", "%3D", "\u{e9}", "A====",
        ]
        .map(|tail| format!("{part}{tail}"))
    };
    let mut bad: Vec<String> = Vec::new();
    bad.extend(spoilt(&header).map(|header| setting.key.seal(&header, &claims)));
    bad.extend(spoilt(&claims).map(|claims| setting.key.seal(&header, &claims)));
    bad.extend(spoilt(&setting.good_token()));
    bad.push(format!("\n{}", setting.good_token()));
    for token in bad {
        assert_eq!(
            setting.rejected(&token).await,
            Rejected::Form(BadForm::NotBase64Url),
            "{token:?}"
        );
    }
}

#[tokio::test]
async fn bits_that_no_byte_needs_are_zero() {
    let setting = Setting::new().await;
    let good = setting.good_token();
    // 64 bytes of signature leave four bits of the last character without a meaning.
    let (rest, last) = good.split_at(good.len() - 1);
    let at = ALPHABET
        .iter()
        .position(|c| [*c] == last.as_bytes())
        .unwrap();
    assert_eq!(at % 16, 0);
    for stray in &ALPHABET[at + 1..at + 16] {
        let other = format!("{rest}{}", char::from(*stray));
        assert_eq!(
            setting.rejected(&other).await,
            Rejected::Form(BadForm::NotBase64Url),
            "{other}"
        );
    }
    // `e31` decodes to `{}` in a lax reader, as `e30` does in every one.
    let stray = setting
        .key
        .seal(&b64(setting.key.header().to_string()), "e31");
    assert_eq!(
        setting.rejected(&stray).await,
        Rejected::Form(BadForm::NotBase64Url)
    );
}

#[tokio::test]
async fn a_token_of_more_than_eight_kib_is_not_read() {
    let setting = Setting::new().await;
    let token = |padding: usize| {
        let claims = setting.claims_with("padding", json!("x".repeat(padding)));
        setting.key.token(&claims)
    };
    // One byte more of claims is one or two characters more of token.
    let longest = (5_000..).take_while(|n| token(*n).len() <= 8_192).last();
    let (short, long) = longest.map(|n| (token(n), token(n + 1))).unwrap();
    assert!(setting.caller(&short).await.is_ok());
    assert_eq!(
        setting.rejected(&long).await,
        Rejected::Form(BadForm::TooLong)
    );
}

#[tokio::test]
async fn a_header_that_brings_a_key_or_an_extension_is_refused() {
    let setting = Setting::new().await;
    let jwk = setting.key.jwk();
    let elsewhere = json!(format!("{}/keys", setting.issuer.name()));
    for (name, value) in [
        ("crit", json!(["exp"])),
        ("crit", json!(["http://example.com/unknown"])),
        ("crit", json!([])),
        ("crit", json!(null)),
        ("b64", json!(false)),
        ("zip", json!("DEF")),
        ("enc", json!("A256GCM")),
        ("cty", json!("JWT")),
        ("jku", elsewhere.clone()),
        ("jwk", jwk),
        ("x5u", elsewhere),
        ("x5c", json!(["MIIB"])),
    ] {
        let mut header = setting.key.header();
        header[name] = value;
        let token = setting.key.token_with(&header, &setting.claims());
        assert_eq!(
            setting.rejected(&token).await,
            Rejected::Form(BadForm::Forbidden(name)),
            "{header}"
        );
    }
    assert_eq!(setting.issuer.asked(), [""; 0]);
}

#[tokio::test]
async fn a_header_names_a_known_type_and_a_key() {
    let setting = Setting::new().await;
    let with = |name: &str, value: Value| {
        let mut header = setting.key.header();
        header[name] = value;
        setting.key.token_with(&header, &setting.claims())
    };
    for typ in ["JWT", "jwt", "at+jwt"] {
        assert!(setting.caller(&with("typ", json!(typ))).await.is_ok());
    }
    for typ in [
        json!("logout+jwt"),
        json!("secevent+jwt"),
        json!("JOSE"),
        json!(""),
        json!(null),
        json!(1),
    ] {
        assert_eq!(
            setting.rejected(&with("typ", typ)).await,
            Rejected::Form(BadForm::Type)
        );
    }
    for kid in [json!(null), json!(1), json!(""), json!("k".repeat(257))] {
        assert_eq!(
            setting.rejected(&with("kid", kid)).await,
            Rejected::Form(BadForm::NoKeyId)
        );
    }
    let without = json!({"alg": "ES256"});
    let token = setting.key.token_with(&without, &setting.claims());
    assert_eq!(
        setting.rejected(&token).await,
        Rejected::Form(BadForm::NoKeyId)
    );
}

#[tokio::test]
async fn a_member_that_stands_twice_is_refused_in_header_and_claims() {
    let setting = Setting::new().await;
    let claims = setting.claims().to_string();
    for header in [
        r#"{"alg":"none","alg":"ES256","kid":"k1"}"#,
        r#"{"alg":"ES256","kid":"k1","kid":"k2"}"#,
        r#"{"alg":"ES256","kid":"k1","\u006bid":"k2"}"#,
    ] {
        let token = setting.key.token_of(header, &claims);
        assert_eq!(
            setting.rejected(&token).await,
            Rejected::Form(BadForm::UnreadableHeader(BadJson::Duplicate)),
            "{header}"
        );
    }
    let header = setting.key.header().to_string();
    for twice in [
        r#"{"sub":"u-root","#,
        r#"{"aud":"other","#,
        r#"{"exp":1,"#,
        r#"{"\u0073ub":"u-root","#,
        r#"{"groups":["operators"],"#,
    ] {
        let token = setting
            .key
            .token_of(&header, &claims.replacen('{', twice, 1));
        assert_eq!(
            setting.rejected(&token).await,
            Rejected::UnreadableClaims(BadJson::Duplicate),
            "{twice}"
        );
    }
}

#[tokio::test]
async fn claims_that_are_no_shallow_json_object_are_refused() {
    let setting = Setting::new().await;
    let header = setting.key.header().to_string();
    for (claims, why) in [
        ("claims".to_owned(), BadJson::Malformed),
        ("{}{}".to_owned(), BadJson::Malformed),
        ("[]".to_owned(), BadJson::NotAnObject),
        ("null".to_owned(), BadJson::NotAnObject),
        ("[".repeat(2_000), BadJson::TooDeep),
        (r#"{"a":"#.repeat(1_000), BadJson::TooDeep),
    ] {
        let token = setting.key.token_of(&header, &claims);
        assert_eq!(
            setting.rejected(&token).await,
            Rejected::UnreadableClaims(why),
            "{claims}"
        );
    }
}
