//! Far too much of anything, sent over a socket of its own.

use std::fmt::Write as _;
use std::time::Duration;

use postern_local::people::Person::Anna;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::Untouched;
use crate::scene::Scene;

/// How long an answer may take: it comes at once, however much is still to be sent.
const AT_ONCE: Duration = Duration::from_secs(10);

impl Scene {
    /// Says exactly this to the API and gives status and code of the answer. What is not taken any
    /// more once the answer has come stays unsaid.
    async fn told(&self, head: &str, body: Vec<u8>) -> (u16, String) {
        let address = self.house().url().strip_prefix("http://").unwrap();
        let (mut answer, mut say) = TcpStream::connect(address).await.unwrap().into_split();
        let head = head.replace('\n', "\r\n").into_bytes();
        let saying = tokio::spawn(async move {
            let _ = say.write_all(&head).await;
            let _ = say.write_all(&body).await;
            say
        });
        let mut heard = Vec::new();
        let all = async {
            let mut piece = [0; 4_096];
            loop {
                match answer.read(&mut piece).await {
                    Ok(0) | Err(_) => return,
                    Ok(n) => heard.extend_from_slice(&piece[..n]),
                }
            }
        };
        tokio::time::timeout(AT_ONCE, all)
            .await
            .expect("the answer comes at once");
        saying.abort();
        let heard = String::from_utf8(heard).unwrap();
        let status = heard.get(9..12).and_then(|status| status.parse().ok());
        let body = heard.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        let body: Value = serde_json::from_str(body).unwrap_or(Value::Null);
        let code = body["code"].as_str().unwrap_or_default().to_owned();
        (status.unwrap_or_else(|| panic!("no answer: {heard}")), code)
    }

    fn head(&self, more: &str) -> String {
        let token = self.house().token(Anna).unwrap();
        format!(
            "POST /v1/requests HTTP/1.1\nhost: api\nconnection: close\n\
             content-type: application/json\nauthorization: Bearer {token}\n{more}\n"
        )
    }
}

#[tokio::test]
async fn ten_megabytes_are_refused_before_they_are_read() {
    let scene = Scene::open().await;
    let untouched = Untouched::from_now(&scene);
    let announced = scene.head(&format!("content-length: {}\n", 10 * 1_024 * 1_024));
    // Not one byte of the body need be sent for that.
    let said = scene.told(&announced, Vec::new()).await;
    assert_eq!(said, (413, "body-too-large".to_owned()));
    let said = scene.told(&announced, vec![b' '; 10 * 1_024 * 1_024]).await;
    assert_eq!(said, (413, "body-too-large".to_owned()));
    assert_eq!(scene.writes(), untouched.writes);
}

#[tokio::test]
async fn a_body_of_unknown_length_is_read_up_to_its_cap() {
    let scene = Scene::open().await;
    let untouched = Untouched::from_now(&scene);
    let chunked = scene.head("transfer-encoding: chunked\n");
    let chunk = [
        format!("{:x}\r\n", 64 * 1_024).into_bytes(),
        vec![b' '; 64 * 1_024],
        b"\r\n".to_vec(),
    ];
    // It has no end: whoever waited for one would wait for ever.
    let said = scene.told(&chunked, chunk.concat().repeat(2)).await;
    assert_eq!(said, (413, "body-too-large".to_owned()));
    assert_eq!(scene.writes(), untouched.writes);
}

#[tokio::test]
async fn too_many_headers_and_too_long_ones_are_refused() {
    let scene = Scene::open().await;
    let untouched = Untouched::from_now(&scene);
    let many = (0..99).fold(String::new(), |mut all, n| {
        writeln!(all, "x-filler-{n}: x").unwrap();
        all
    });
    let long = format!("x-filler: {}\n", "x".repeat(64 * 1_024));
    for headers in [many, long] {
        let head = scene.head(&format!("content-length: 2\n{headers}"));
        let (status, _) = scene.told(&head, b"{}".to_vec()).await;
        assert_eq!(status, 431);
    }
    assert_eq!(scene.writes(), untouched.writes);
}

#[tokio::test]
async fn a_line_break_in_a_header_never_makes_another_header() {
    let scene = Scene::open().await;
    let untouched = Untouched::from_now(&scene);
    for key in [
        "key-0001\rset-cookie: a=b",
        "key-0001\0",
        "key-\u{202e}0001",
        "key-0001\n set-cookie: a=b",
    ] {
        let head = scene.head(&format!("content-length: 2\nidempotency-key: {key}\n"));
        let (status, _) = scene.told(&head, b"{}".to_vec()).await;
        assert_eq!(status, 400, "{key:?}");
    }
    assert_eq!(scene.writes(), untouched.writes);
}
