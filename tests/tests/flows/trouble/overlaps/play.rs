//! A schedule in play: acts are done by the doors that people use, and what they are told must be
//! what is believed.

use std::time::Duration;

use postern_local::people::Person::Omar;
use proptest::sample::Index;
use rules::moment::Moment;
use rules::wire::Credentials;
use serde_json::json;

use super::Tally;
use super::act::{Act, Which};
use super::belief::{Grant, Life, Sweeps};
use super::sweeps::Held;
use super::weather::Sky;
use crate::scene::{Scene, of, shell_on};

/// The most requests and sessions of a schedule, and the most credentials of a request.
const MOST_REQUESTS: usize = 7;
const MOST_SESSIONS: usize = 14;

/// A policy that says yes by itself, to extensions as well.
const BY_ITSELF: &str = r#"@id("self") @auto("true") @max_duration("1h") @extendable_to("2h")
    permit (principal in Postern::Group::"engineers", action, resource);"#;

/// What there is in a schedule, and what is believed of it.
pub(super) struct Play {
    pub(super) scene: Scene,
    pub(super) sky: Sky,
    pub(super) grants: Vec<Grant>,
    pub(super) sweeps: Sweeps,
    pub(super) held: Vec<Held>,
    /// All that were ever issued, with the place of their grant.
    credentials: Vec<(usize, Credentials)>,
    pub(super) sessions: Vec<String>,
    pub(super) tally: Tally,
}

impl Play {
    pub(super) async fn open(seed: u64) -> Self {
        let settings = [("POSTERN_POLICY", BY_ITSELF), ("POSTERN_TABLE_SHARDS", "1")];
        let scene = Box::pin(Scene::with(&settings)).await;
        scene.world().faults().seed(seed);
        Self {
            scene,
            sky: Sky::default(),
            grants: Vec::new(),
            sweeps: Sweeps::default(),
            held: Vec::new(),
            credentials: Vec::new(),
            sessions: Vec::new(),
            tally: Tally::default(),
        }
    }

    pub(super) fn now(&self) -> Moment {
        self.scene.now()
    }

    pub(super) fn lag(&self) -> Duration {
        Duration::from_millis(self.sky.lag_millis.into())
    }

    pub(super) async fn act(&mut self, act: &Act) {
        match act {
            Act::Ask {
                who,
                instance,
                seconds,
                at_once,
            } => {
                if self.grants.len() < MOST_REQUESTS {
                    let mut body = shell_on(instance);
                    body["duration_seconds"] = (*seconds).into();
                    let asked = self.scene.as_(*who).ask(&body).await.must_be(201);
                    self.grants.push(Grant {
                        id: asked.id(),
                        who: *who,
                        length: Duration::from_secs(*seconds),
                        life: Life::Approved,
                    });
                    if *at_once {
                        self.issue(self.grants.len() - 1).await;
                    }
                }
            }
            Act::Issue { request } => {
                if let Some(at) = self.one_of(request) {
                    self.issue(at).await;
                }
            }
            Act::Open { credentials } => self.open_one(credentials).await,
            Act::Exit { session } => {
                if !self.sessions.is_empty() {
                    // One that is over already is left as it is.
                    let id = session.get(&self.sessions);
                    drop(self.scene.world().exit_session(id));
                }
            }
            Act::Extend { request, seconds } => self.extend(request, *seconds).await,
            Act::Revoke { request } => self.end_early(request, "revoke").await,
            Act::Release { request } => self.end_early(request, "release").await,
            Act::Pass { by } => self.scene.advance(*by),
            Act::PassToEnd { request, over } => self.pass_to_end(*request, *over),
            Act::Sweep => self.sweep().await,
            Act::SweepTwice => self.sweep_twice().await,
            Act::KillSweep { at } => self.kill_sweep(*at).await,
            Act::HoldSweep { at, window } => self.hold_sweep(*at, *window).await,
            Act::LetGo { held } => self.let_go(*held).await,
            Act::Turn { weather } => self.sky.turn(self.scene.world(), weather),
        }
    }

    /// The place of a grant.
    fn one_of(&self, which: &Which) -> Option<usize> {
        let places: Vec<usize> = (0..self.grants.len()).collect();
        self.choose(which, &places, |at| *at).copied()
    }

    /// One of these, each of which belongs to the grant of this place.
    fn choose<'a, T>(&self, which: &Which, all: &'a [T], of: fn(&T) -> usize) -> Option<&'a T> {
        let runs = |one: &&T| self.grants[of(one)].runs(self.now());
        let mut some: Vec<&T> = all.iter().filter(runs).collect();
        if some.is_empty() || !which.runs {
            some = all.iter().collect();
        }
        (!some.is_empty()).then(|| *which.index.get(&some))
    }

    /// Credentials are issued while the grant runs, which it does from the first of them on.
    async fn issue(&mut self, at: usize) {
        let now = self.now();
        let grant = &mut self.grants[at];
        let reply = self
            .scene
            .as_(grant.who)
            .does("credentials", grant.id)
            .await;
        if grant.life != Life::Approved && !grant.runs(now) {
            reply.must_be(409);
            return;
        }
        let issued: Credentials = reply.must_be(200).read();
        if grant.life == Life::Approved {
            let ends_at = now.whole_second().plus(grant.length);
            grant.life = Life::Runs { ends_at };
        }
        assert_eq!(
            grant.life,
            Life::Runs {
                ends_at: issued.ends_at
            }
        );
        self.credentials.push((at, issued));
    }

    /// Somebody tries credentials, which open a session while their grant runs and not after.
    async fn open_one(&mut self, which: &Which) {
        if self.sessions.len() >= MOST_SESSIONS {
            return;
        }
        let Some((at, credentials)) = self.choose(which, &self.credentials, |(at, _)| *at) else {
            return;
        };
        let (now, grant) = (self.now(), &self.grants[*at]);
        let target = credentials.targets[0].instance.to_string();
        let opened = self
            .scene
            .open_session(credentials, &target, &credentials.document)
            .await;
        let usable = now < credentials.ends_at && now < credentials.expires_at;
        let over_at = grant.over_at(now);
        let denied = match grant.life {
            Life::EndedEarly { at, swept } => self.sweeps.owe_the_denial(at, swept),
            Life::Approved | Life::Runs { .. } | Life::NeverBegan => false,
        };
        match opened {
            Ok(id) => {
                assert!(usable, "{id} was opened at {now}, by {credentials:?}");
                assert!(!denied, "{id} was opened, denied since {over_at:?}");
                self.sessions.push(id);
                self.tally.opened += 1;
            }
            Err(refusal) => {
                let id = grant.id;
                assert!(!usable || over_at.is_some(), "{id} runs: {refusal:?}");
                self.tally.refused += 1;
            }
        }
    }

    async fn extend(&mut self, which: &Which, seconds: u64) {
        let Some(at) = self.one_of(which) else { return };
        let now = self.now();
        let grant = &mut self.grants[at];
        let body = json!({"longer_seconds": seconds, "reason": "the repair takes longer"});
        let path = of(grant.id, "extend");
        let reply = self.scene.as_(grant.who).post(&path, &body).await;
        match &mut grant.life {
            Life::Runs { ends_at } if now < *ends_at => {
                // The policy has a longest, which is not the matter here.
                if reply.status == 200 {
                    *ends_at = ends_at.plus(Duration::from_secs(seconds));
                    assert_eq!(reply.body["state"]["ends_at"], json!(ends_at));
                    self.tally.extended += 1;
                } else {
                    reply.must_say(403, "duration-too-long");
                }
            }
            Life::Approved | Life::Runs { .. } | Life::EndedEarly { .. } | Life::NeverBegan => {
                reply.must_be(409);
            }
        }
    }

    async fn end_early(&mut self, which: &Which, verb: &str) {
        let Some(at) = self.one_of(which) else { return };
        let now = self.now();
        let grant = &mut self.grants[at];
        let who = if verb == "revoke" { Omar } else { grant.who };
        let reply = self.scene.as_(who).does(verb, grant.id).await;
        let swept = self.sweeps.count();
        let ended = match grant.life {
            Life::Approved => Some(Life::NeverBegan),
            Life::Runs { ends_at } if now < ends_at => Some(Life::EndedEarly { at: now, swept }),
            // It is over by itself, whatever is said of it now.
            Life::Runs { .. } | Life::EndedEarly { .. } | Life::NeverBegan => None,
        };
        if let Some(life) = ended {
            reply.must_be(200);
            self.tally.ended_early += usize::from(life != Life::NeverBegan);
            grant.life = life;
        }
    }

    fn pass_to_end(&self, which: Index, over: Duration) {
        let now = self.now();
        let ends: Vec<Moment> = self
            .grants
            .iter()
            .filter_map(|grant| match grant.life {
                Life::Runs { ends_at } if now < ends_at => Some(ends_at),
                Life::Runs { .. } | Life::Approved | Life::EndedEarly { .. } | Life::NeverBegan => {
                    None
                }
            })
            .collect();
        if !ends.is_empty() {
            self.scene.advance_to(which.get(&ends).plus(over));
        }
    }
}
