//! A deployment that falls in the middle of a grant and is brought up again.

use std::path::PathBuf;
use std::time::Duration;

use postern_local::house::{Doors, Plan};
use postern_local::people::Person::Ben;
use rules::status::StatusWord;
use standin::StandinClock;

use crate::scene::{Denied, Scene};

/// A directory that is gone when its test is.
struct Directory(PathBuf);

impl Directory {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("postern-flows-{}", std::process::id()));
        // Of a process of that number that was killed.
        let _ = std::fs::remove_dir_all(&path);
        Self(path)
    }

    /// The deployment that is kept here, at this time.
    async fn scene(&self, at_millis: i64) -> Scene {
        // The same ports every time, and below those that the system gives to others meanwhile.
        let first = 27_500 + u16::try_from(std::process::id() % 1_700).unwrap() * 3;
        let plan = Plan {
            clock: StandinClock::by_hand(at_millis),
            data_dir: Some(self.0.clone()),
            doors: Doors::Loopback { first: Some(first) },
            settings: vec![("POSTERN_SSM_CALLS_PER_SECOND", "20".to_owned())],
        };
        Box::pin(Scene::planned(plan)).await
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[tokio::test]
async fn a_grant_goes_on_over_restarts_and_its_session_is_ended_at_its_end() {
    let directory = Directory::new();
    let scene = directory.scene(1_795_510_800_000).await;
    let (id, credentials) = scene.active().await;
    scene.advance(Duration::from_secs(60));
    let session = scene.opened(&credentials).await;
    let waiting = scene.asked().await;
    let before = scene.trail(id).await;
    let at = scene.now().millis();
    drop(scene);

    // Down for a minute.
    let scene = directory.scene(at + 60_000).await;
    assert_eq!(scene.trail(id).await, before);
    assert!(scene.world().session(&session).unwrap().status.is_usable());
    scene.opened(&credentials).await;
    scene.as_(Ben).approve(waiting).await.must_be(200);
    scene.credentials(id).await;
    let ends_at = credentials.ends_at;
    drop(scene);

    // Down again, and up a second after the end.
    let scene = directory.scene(ends_at.millis() + 1_000).await;
    scene.sweep().await;
    for session in scene.sessions_of(id) {
        assert!(session.status.is_over(), "{session:?}");
    }
    let instance = credentials.targets[0].instance.to_string();
    let late = scene.open_session(&credentials, &instance, &credentials.document);
    assert_eq!(late.await, Err(Denied("ExpiredTokenException".to_owned())));
    scene.advance(Duration::from_secs(60));
    scene.sweep().await;
    // What was made before this process is not in its journal, so only the trail is looked at.
    assert_eq!(scene.status(id).await, StatusWord::Closed);
    let trail = scene.trail(id).await;
    assert_eq!(
        trail.iter().filter(|word| **word == "log_judged").count(),
        2
    );
    assert!(scene.entries(id).await.whole);
}
