//! The bot's rules, by tables, properties and golden files.

mod buttons;
mod cards;
mod golden;
mod links;
mod notices;
mod payloads;
mod senders;
mod shown;
mod signatures;
mod texts;
mod webhooks;
mod wording;

use super::card::{Pages, Setting};
use super::names::{ChatUser, TeamId};
use super::signature::Secrets;
use crate::life::tests::scene::{self, Scene};
use crate::moment::Moment;
use crate::request::Request;
use crate::wire::RequestView;

/// A secret that is in use nowhere, and says so.
const SECRET: &str = "an-example-secret-in-use-nowhere-1";
const OTHER_SECRET: &str = "an-example-secret-in-use-nowhere-2";

fn now() -> Moment {
    scene::after(60)
}

fn secrets() -> Secrets {
    Secrets::read(SECRET).unwrap()
}

fn team() -> TeamId {
    "T0EXAMPLE".parse().unwrap()
}

fn user(id: &str) -> ChatUser {
    ChatUser {
        team: team(),
        user: id.parse().unwrap(),
    }
}

fn pages() -> Pages {
    "https://access.example.com".parse().unwrap()
}

/// Calls something with a place for cards.
fn set<T>(call: impl FnOnce(&Setting<'_>) -> T) -> T {
    call(&Setting {
        secrets: &secrets(),
        team: &team(),
        pages: &pages(),
    })
}

/// The request as the chat bot sees it: by an eye that sees all and may do nothing.
fn view(scene: &Scene, request: &Request) -> RequestView {
    let auditor = scene::caller("carla", &["auditors"]);
    RequestView::of(request, &auditor, &scene.offices, &scene.pace, now())
}
