//! Bodies that are not what they should be.

use postern_local::account::WEB_7;
use postern_local::people::Person::{Anna, Ben};
use reqwest::Method;
use serde_json::{Value, json};

use super::{Untouched, doors};
use crate::scene::{Scene, of, shell_on};

/// What stands where a text or a number should.
fn wrong() -> [Value; 8] {
    [
        Value::Null,
        json!(true),
        json!(-1),
        json!(1.5),
        json!(1e300),
        json!([[]]),
        json!({"a": {}}),
        json!("\u{202e}"),
    ]
}

#[tokio::test]
async fn what_is_no_json_is_refused_at_every_door() {
    let scene = Scene::open().await;
    let id = scene.asked().await;
    let untouched = Untouched::from_now(&scene);
    let brackets = [b"[".repeat(20_000), b"]".repeat(20_000)].concat();
    let braces = [b"{\"a\":".repeat(9_000), b"1".to_vec(), b"}".repeat(9_000)].concat();
    let bodies: [(&str, Vec<u8>); 9] = [
        ("20,000 brackets, open and closed", brackets),
        ("20,000 open brackets", b"[".repeat(20_000)),
        ("9,000 objects in each other", braces),
        ("a NUL", b"\0".to_vec()),
        ("a NUL in a text", b"{\"comment\": \"a\\u0000b\"}".to_vec()),
        ("half a character", b"{\"comment\": \"\xc3\"}".to_vec()),
        (
            "half a surrogate pair",
            b"{\"comment\": \"\\ud83d\"}".to_vec(),
        ),
        (
            "a member twice",
            b"{\"comment\": \"a\", \"comment\": \"b\"}".to_vec(),
        ),
        ("a form", b"comment=hello".to_vec()),
    ];
    for door in doors(id) {
        for (what, body) in &bodies {
            for person in [Anna, Ben] {
                let visitor = scene
                    .as_(person)
                    .with_header("content-type", "application/json");
                let said = visitor
                    .send(Method::POST, &door, Some(body.clone().into()))
                    .await;
                untouched.by(
                    &format!("{what} at {door}"),
                    &said.must_say(400, "unreadable-body"),
                );
            }
        }
    }
}

#[tokio::test]
async fn what_is_json_of_another_shape_is_refused_at_every_door() {
    let scene = Scene::open().await;
    let id = scene.asked().await;
    let untouched = Untouched::from_now(&scene);
    let shapes = [
        json!([]),
        json!("approve"),
        json!(1),
        json!(true),
        json!({"comment": 1}),
        json!({"comment": "fine", "approved": true}),
        json!({"__proto__": {}}),
    ];
    for door in doors(id) {
        for body in &shapes {
            for person in [Anna, Ben] {
                let said = scene.as_(person).post(&door, body).await;
                untouched.by(
                    &format!("{body} at {door}"),
                    &said.must_say(422, "invalid-body"),
                );
            }
        }
    }
}

#[tokio::test]
async fn a_field_of_the_wrong_type_is_refused_by_its_name() {
    let scene = Scene::open().await;
    let untouched = Untouched::from_now(&scene);
    let honest = shell_on(WEB_7);
    for field in ["targets", "kind", "duration_seconds", "reason"] {
        for value in wrong() {
            let mut body = honest.clone();
            body[field] = value.clone();
            let said = scene
                .as_(Anna)
                .ask(&body)
                .await
                .must_say(422, "invalid-body");
            let detail = said.body["detail"].as_str().unwrap();
            assert!(detail.contains(field), "{field} = {value}: {detail}");
            assert!(!detail.contains('\u{202e}'), "{detail:?}");
            untouched.by(&format!("{field} = {value}"), &said);
        }
        let mut body = honest.clone();
        body.as_object_mut().unwrap().remove(field);
        let said = scene
            .as_(Anna)
            .ask(&body)
            .await
            .must_say(422, "invalid-body");
        untouched.by(&format!("no {field}"), &said);
    }
    for (extra, value) in [("approved", json!(true)), ("status", json!("approved"))] {
        let mut body = honest.clone();
        body[extra] = value;
        let said = scene
            .as_(Anna)
            .ask(&body)
            .await
            .must_say(422, "invalid-body");
        untouched.by(extra, &said);
    }
}

#[tokio::test]
async fn a_target_is_one_instance_by_its_exact_name_or_nothing() {
    let scene = Scene::open().await;
    let untouched = Untouched::from_now(&scene);
    let place = "111122223333/ap-northeast-2";
    let named = [
        format!("{place}/*"),
        format!("{place}/i-*"),
        format!("{place}/i-0a1b2c3d4e5f6070?"),
        format!("{place}/{WEB_7}/.."),
        format!("{place}/{WEB_7} "),
        format!("{place}/{WEB_7}\",\"*"),
        format!("{place}/${{aws:userid}}"),
        format!("{place}/{}", WEB_7.to_uppercase()),
        format!("arn:aws:ec2:ap-northeast-2:111122223333:instance/{WEB_7}"),
        format!("*/ap-northeast-2/{WEB_7}"),
        format!("111122223333/*/{WEB_7}"),
        format!("11112222333/ap-northeast-2/{WEB_7}"),
        format!("１１１１22223333/ap-northeast-2/{WEB_7}"),
        WEB_7.to_owned(),
    ];
    for target in named {
        let mut body = shell_on(WEB_7);
        body["targets"] = json!([target]);
        let said = scene
            .as_(Anna)
            .ask(&body)
            .await
            .must_say(422, "invalid-body");
        untouched.by(&target, &said);
    }
    let real = format!("{place}/{WEB_7}");
    let elsewhere = format!("444455556666/ap-northeast-2/{WEB_7}");
    let many: Vec<String> = (0..11)
        .map(|n| format!("{place}/i-0123456789abcde{n:02}"))
        .collect();
    let lists = [
        json!([]),
        json!([real, real]),
        json!([real, elsewhere]),
        json!(many),
    ];
    for targets in lists {
        let mut body = shell_on(WEB_7);
        body["targets"] = targets.clone();
        let said = scene
            .as_(Anna)
            .ask(&body)
            .await
            .must_say(422, "invalid-body");
        untouched.by(&targets.to_string(), &said);
    }
}

#[tokio::test]
async fn a_text_that_people_will_read_is_one_plain_line() {
    let scene = Scene::open().await;
    let id = scene.asked().await;
    let untouched = Untouched::from_now(&scene);
    let texts = [
        "turned \u{202e}round",
        "zero\u{200b}width",
        "two\r\nlines",
        "a tab\tin it",
        "\u{1b}[2Jcleared",
        "line\u{2028}separator",
        "soft\u{ad}hyphen",
        "\u{feff}marked",
        "",
        "   ",
        &"long ".repeat(100),
    ];
    for text in texts {
        let mut body = shell_on(WEB_7);
        body["reason"] = text.into();
        let said = scene
            .as_(Anna)
            .ask(&body)
            .await
            .must_say(422, "invalid-body");
        untouched.by(&format!("reason {text:?}"), &said);
        // Whatever comes back of it in the detail is harmless.
        let detail = said.body["detail"].as_str().unwrap();
        assert!(detail.chars().all(|c| !c.is_control()), "{detail:?}");
        assert!(
            !detail.contains(['\u{202e}', '\u{200b}', '\u{2028}', '\u{feff}']),
            "{detail:?}"
        );

        let said = scene
            .as_(Ben)
            .post(&of(id, "deny"), &json!({"comment": text}))
            .await;
        untouched.by(
            &format!("comment {text:?}"),
            &said.must_say(422, "invalid-body"),
        );
    }
}

#[tokio::test]
async fn a_forward_never_leads_to_the_metadata_service() {
    let scene = Scene::open().await;
    let untouched = Untouched::from_now(&scene);
    let hosts = [
        "169.254.169.254",
        "169.254.170.2",
        "0xa9fea9fe",
        "2852039166",
        "0.0.0.0",
        "::1",
        "fd00:ec2::254",
        "instance-data",
        "metadata.google.internal",
        "db\nlocalhost",
        "LOCALHOST",
    ];
    for host in hosts {
        let mut body = shell_on(WEB_7);
        body["kind"] = json!({"type": "port", "host": host, "port": 80});
        let said = scene
            .as_(Anna)
            .ask(&body)
            .await
            .must_say(422, "invalid-body");
        untouched.by(host, &said);
    }
    for port in [json!(0), json!(-1), json!(65_536), json!("80"), Value::Null] {
        let mut body = shell_on(WEB_7);
        body["kind"] = json!({"type": "port", "host": "localhost", "port": port});
        let said = scene
            .as_(Anna)
            .ask(&body)
            .await
            .must_say(422, "invalid-body");
        untouched.by(&format!("port {port}"), &said);
    }
}

#[tokio::test]
async fn a_yes_to_anything_but_the_digest_that_was_shown_is_refused() {
    let scene = Scene::open().await;
    let id = scene.asked().await;
    let ben = scene.as_(Ben);
    let shown = ben.show(id).await.body["shown"]
        .as_str()
        .unwrap()
        .to_owned();
    let untouched = Untouched::from_now(&scene);
    let no_digest = [
        json!({}),
        json!({"shown": null}),
        json!({"shown": shown.to_uppercase()}),
        json!({"shown": shown.get(..63)}),
        json!({"shown": format!("{shown} ")}),
        json!({"shown": [shown]}),
    ];
    for body in no_digest {
        let said = ben
            .post(&of(id, "approve"), &body)
            .await
            .must_say(422, "invalid-body");
        untouched.by(&body.to_string(), &said);
    }
    let other = json!({"shown": "0".repeat(64)});
    let said = ben
        .post(&of(id, "approve"), &other)
        .await
        .must_say(409, "shown-changed");
    untouched.by("another digest", &said);
}
