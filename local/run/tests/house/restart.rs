//! What a house keeps when it falls and is brought up again on its data directory.

use std::fs;
use std::path::PathBuf;

use axum::http::StatusCode;
use postern_local::house::{Doors, House, NoHouse, Plan};
use postern_local::people::Person;
use serde_json::json;
use standin::StandinClock;

use crate::outside::{START, call};

/// A directory that is gone when the test is.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("postern-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        Self(path)
    }
}

impl Directory {
    /// A house on it. Its ports lie below those that the system hands out, so that nobody takes
    /// them while it is down, and hang on the process, so that no other test has them.
    async fn house(&self, offset: u16) -> Result<House, NoHouse> {
        let own = u16::try_from(std::process::id() % 1_000).unwrap() * 15;
        House::start(Plan {
            clock: StandinClock::by_hand(START),
            data_dir: Some(self.0.clone()),
            doors: Doors::Loopback {
                first: Some(12_000 + own + offset),
            },
            settings: Vec::new(),
        })
        .await
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[tokio::test]
async fn requests_tokens_and_addresses_outlive_a_restart() {
    let directory = Directory::new("restart");
    let first = directory.house(0).await.unwrap();
    let ask = json!({
        "targets": ["111122223333/ap-northeast-2/i-0a1b2c3d4e5f60707"],
        "kind": {"type": "shell"}, "duration_seconds": 900, "reason": "disk full on web-7",
    });
    let (status, asked) = call(&first, Person::Anna, "POST", "/v1/requests", Some(ask)).await;
    assert_eq!(status, StatusCode::CREATED, "{asked}");
    let token = first.token(Person::Anna).unwrap();
    let addresses = [
        first.url().to_owned(),
        first.issuer_url().to_owned(),
        first.aws_url(),
    ];
    drop(first);

    let second = directory.house(0).await.unwrap();
    assert_eq!(
        addresses,
        [
            second.url().to_owned(),
            second.issuer_url().to_owned(),
            second.aws_url()
        ]
    );
    let verifier = second.config().verifier(second.clock().clone()).unwrap();
    assert!(
        verifier
            .caller(Some(format!("Bearer {token}").as_bytes()))
            .await
            .is_ok()
    );
    let path = format!("/v1/requests/{}", asked["id"].as_str().unwrap());
    let (status, found) = call(&second, Person::Anna, "GET", &path, None).await;
    assert_eq!(status, StatusCode::OK, "{found}");
    assert_eq!(found, asked);
}

#[tokio::test]
async fn a_house_that_should_move_elsewhere_says_why_it_cannot() {
    let directory = Directory::new("elsewhere");
    drop(directory.house(3).await.unwrap());
    let refused = directory.house(4).await.unwrap_err();
    assert!(matches!(refused, NoHouse::Door(_)), "{refused}");
    assert!(
        refused.to_string().contains("leave `--port` out"),
        "{refused}"
    );
}

#[tokio::test]
async fn a_directory_that_holds_something_else_is_not_guessed_at() {
    for (file, offset) in [("ports.json", 6), ("issuer.p8", 9), ("world.json", 12)] {
        let directory = Directory::new(file);
        fs::create_dir_all(&directory.0).unwrap();
        fs::write(directory.0.join(file), "something else").unwrap();
        let refused = directory.house(offset).await.unwrap_err().to_string();
        assert!(refused.contains(file), "{refused}");
    }
}
