//! One grant's whole life, lived by people who do as they are told: whoever is told that AWS is not
//! to be had says the same again.

use std::time::Duration;

use postern_local::account::WEB_7;
use postern_local::people::Person::{self, Ada, Anna, Ben};
use rules::names::RequestId;
use rules::wire::{Credentials, RequestView};
use serde_json::{Value, json};
use standin::Service;

use crate::scene::{Reply, Scene, of, shell_on};
use crate::trouble::reckoning::Reckoning;

/// How often somebody says the same again.
const MOST_TRIES: usize = 4;
/// How long the grant lasts: longer than anybody is ever told to wait.
const GRANT_SECONDS: u64 = 15 * 60;
/// How many sweeps it takes at most to end a session whose end is due, one second apart: SSM is told
/// again after two seconds, four more and eight more.
const MOST_SWEEPS: usize = 16;

/// How a life went.
pub(super) struct Lived {
    /// The request at its end.
    pub(super) closed: Reckoning,
    /// How often somebody was told to come again.
    turned_away: usize,
    /// What the sweeps met.
    pub(super) troubles: Vec<String>,
}

impl Lived {
    /// How often anybody noticed that something had gone wrong.
    pub(super) fn noticed(&self) -> usize {
        self.turned_away + self.troubles.len()
    }
}

struct Life<'a> {
    scene: &'a Scene,
    turned_away: usize,
    troubles: Vec<String>,
}

/// Anna asks, Ben approves, Anna has credentials and opens a session, Ben revokes the grant, and
/// all is settled in the end.
pub(super) async fn live(scene: &Scene) -> Lived {
    let mut life = Life {
        scene,
        turned_away: 0,
        troubles: Vec::new(),
    };
    let id = life.until_credentials().await;
    let closed = life.until_closed(id).await;
    Lived {
        closed,
        turned_away: life.turned_away,
        troubles: life.troubles,
    }
}

impl Life<'_> {
    async fn until_credentials(&mut self) -> RequestId {
        self.gets(Anna, "/v1/targets").await;
        let mut ask = shell_on(WEB_7);
        ask["duration_seconds"] = GRANT_SECONDS.into();
        let asked = self.says(Anna, "/v1/requests", &ask).await;
        let id = asked.id();
        self.gets(Anna, "/v1/requests?view=mine").await;
        self.gets(Ben, "/v1/requests?view=waiting").await;
        let shown: RequestView = self.gets(Ben, &of(id, "")).await.read();
        let yes = json!({"shown": shown.shown});
        self.says(Ben, &of(id, "approve"), &yes).await;
        let credentials: Credentials = self
            .says(Anna, &of(id, "credentials"), &json!({}))
            .await
            .read();
        self.scene.opened(&credentials).await;
        id
    }

    async fn until_closed(&mut self, id: RequestId) -> Reckoning {
        // While the grant runs the session is put on record and left alone.
        self.sweep().await;
        self.says(Ben, &of(id, "revoke"), &json!({})).await;
        let mut sweeps = 0;
        while self
            .scene
            .sessions_of(id)
            .iter()
            .any(|one| !one.status.is_over())
        {
            assert!(
                sweeps < MOST_SWEEPS,
                "the session is still open: {:?}",
                self.troubles
            );
            self.sweep().await;
            self.scene.advance(Duration::from_secs(1));
            sweeps += 1;
        }
        self.scene.advance(Duration::from_secs(2));
        self.sweep().await;
        for what in ["sessions", "entries"] {
            self.gets(Ada, &of(id, what)).await;
        }
        for _ in 0..MOST_SWEEPS {
            self.scene.advance(Duration::from_secs(17 * 60));
            self.sweep().await;
            if self.nobody_is_denied_any_more() {
                break;
            }
        }
        self.scene.reckon(id).await
    }

    /// Whether the denial of the revoked credentials has been taken back, which comes last of all.
    fn nobody_is_denied_any_more(&self) -> bool {
        let calls = self
            .scene
            .world()
            .calls_of(Service::Iam, "DeleteRolePolicy");
        calls.iter().any(|call| call.took_effect)
    }

    async fn gets(&mut self, who: Person, path: &str) -> Reply {
        for _ in 0..MOST_TRIES {
            let reply = self.scene.as_(who).get(path).await;
            if !self.comes_again(&reply) {
                return reply.must_be(200);
            }
        }
        panic!("{who} cannot get {path}");
    }

    async fn says(&mut self, who: Person, path: &str, body: &Value) -> Reply {
        let key = format!(
            "{}-{}",
            who.subject(),
            path.rsplit('/').next().unwrap_or_default()
        );
        for _ in 0..MOST_TRIES {
            let visitor = self.scene.as_(who).with_key(&key);
            let reply = visitor.post(path, body).await;
            if !self.comes_again(&reply) {
                assert!(
                    matches!(reply.status, 200 | 201),
                    "{path}: {}",
                    reply.text()
                );
                return reply;
            }
        }
        panic!("{who} cannot say {path}");
    }

    /// Whether somebody was told to come again; then they wait as long as they were told to.
    fn comes_again(&mut self, reply: &Reply) -> bool {
        let wait = match (reply.status, reply.code()) {
            (503, "aws-unavailable") => reply.header("retry-after"),
            (409, "issue-in-progress") => Some("60"),
            _ => return false,
        };
        let wait: u64 = wait.unwrap().parse().unwrap();
        self.turned_away += 1;
        self.scene.advance(Duration::from_secs(wait));
        true
    }

    async fn sweep(&mut self) {
        let report = self.scene.sweep_in_trouble().await;
        let troubles = report.troubles.iter().map(|trouble| trouble.what.clone());
        self.troubles.extend(troubles);
    }
}
