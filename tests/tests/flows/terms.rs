//! Access that is more than an approval and a time: emergencies, extensions, later starts, access
//! for others, other users, and what asking would come to.

mod emergencies;
mod explaining;
mod extensions;
mod others;

use postern_local::account::WEB_7;
use postern_local::people::Person;
use rules::names::RequestId;
use serde_json::json;

use crate::scene::{Reply, Scene, of, shell_on};

impl Scene {
    /// Somebody asks for a shell on `web-7` as an emergency.
    pub(crate) async fn breaks_glass(&self, person: Person) -> Reply {
        let mut body = shell_on(WEB_7);
        body["break_glass"] = true.into();
        body["reason"] = "the shop is down and nobody answers".into();
        self.as_(person).ask(&body).await
    }

    /// An emergency of Anna's, approved by itself.
    pub(crate) async fn broken(&self) -> RequestId {
        self.breaks_glass(Person::Anna).await.must_be(201).id()
    }

    /// Somebody says what became of an emergency.
    pub(crate) async fn reviews(&self, person: Person, id: RequestId) -> Reply {
        let body = json!({"comment": "read the transcript"});
        self.as_(person).post(&of(id, "review"), &body).await
    }

    /// Anna wants her grant to last so many seconds longer.
    pub(crate) async fn extends(&self, id: RequestId, seconds: u32) -> Reply {
        let body = json!({"longer_seconds": seconds, "reason": "the repair takes longer"});
        self.as_(Person::Anna).post(&of(id, "extend"), &body).await
    }
}
