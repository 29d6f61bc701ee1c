//! What people send who mean no good, over the socket: always a clear no, never a failure of
//! Postern's own, and nothing is recorded (THREATS D2, E6, C2, C3).

mod bodies;
mod heads;
mod random;
mod sizes;

use rules::names::RequestId;

use crate::scene::{Reply, Scene};

/// What must not change: the ledger, and whatever else AWS holds for Postern.
struct Untouched<'a> {
    scene: &'a Scene,
    writes: usize,
    minted: usize,
}

impl<'a> Untouched<'a> {
    fn from_now(scene: &'a Scene) -> Self {
        let (writes, minted) = (scene.writes(), minted(scene));
        Self {
            scene,
            writes,
            minted,
        }
    }

    /// That the answer is a no of the caller's own making, and that nothing came of the call.
    #[track_caller]
    fn by(&self, what: &str, said: &Reply) {
        assert!(
            (400..500).contains(&said.status),
            "{what}: {} {}",
            said.status,
            said.text()
        );
        assert!(!said.code().is_empty(), "{what}: {}", said.text());
        assert_eq!(self.scene.writes(), self.writes, "{what} was recorded");
        assert_eq!(minted(self.scene), self.minted, "{what} made credentials");
    }
}

fn minted(scene: &Scene) -> usize {
    scene
        .world()
        .calls_of(standin::Service::Sts, "AssumeRole")
        .len()
}

/// Every route that takes a body, about this request.
fn doors(id: RequestId) -> Vec<String> {
    let verbs = [
        "approve",
        "deny",
        "withdraw",
        "credentials",
        "revoke",
        "release",
    ];
    let mut doors: Vec<String> = verbs
        .iter()
        .map(|verb| crate::scene::of(id, verb))
        .collect();
    doors.push("/v1/requests".to_owned());
    doors
}
