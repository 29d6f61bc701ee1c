//! What there is to show: cards in every status, other messages, and forms.

use serde::Serialize;
use serde_json::{Value, json};

use super::*;
use crate::chat::card::{Audience, Card, card};
use crate::chat::{modal, says, words};
use crate::facts::{LastLog, Ping, Platform, TargetFacts};
use crate::life::{answer, end};
use crate::log_verdict::LogWord;
use crate::names::AccessKind;
use crate::readiness::{Found, Readiness};
use crate::refusal::{Refusal, Verb};
use crate::wire::{KindOffer, Offer, RouteView, TargetView, TargetsView};

/// One approval by a lead, by a tap.
pub(super) fn tapped() -> Scene {
    Scene::under(&scene::needing(1).replace("@id", "@chat(\"tap\") @id"))
}

/// A place with instances as they are in the world, and people who like to play.
fn hostile() -> Scene {
    let mut scene = Scene::under(
        r#"@id("prod-unlogged") @stages("1 of leads; 2 of security, <!channel>")
        @unlogged("true") @max_duration("2h") @answer_within("8h")
        permit (principal, action, resource);"#,
    );
    scene.facts = vec![TargetFacts {
        target: scene::WEB.parse().unwrap(),
        tags: [
            ("Name", "web-1 *approved* <!channel>"),
            ("Env", "prod\u{202E}gnigats"),
            ("Note", "✅ Approved by Ben\nPostern: fine"),
            ("Link", "<https://evil.example.com|approve> @here `x`"),
            ("Long", &"x".repeat(256)),
        ]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into(),
        platform: Platform::Linux,
        ping: Ping::ConnectionLost,
        agent_version: Some("3.3.5226.0".to_owned()),
        last_log: Some(LastLog {
            session: "req-01KAV3M0000123456789ABCDEF-07a16060613c408b5"
                .parse()
                .unwrap(),
            ended_at: scene::start(),
            verdict: LogWord::Missing,
        }),
        readiness: None,
    }];
    scene
}

pub(super) fn shown(scene: &Scene, request: &Request, audience: Audience) -> Value {
    let view = view(scene, request);
    set(|setting| {
        let view = &view;
        let shown = card(&Card { view, audience }, setting);
        json(shown.unwrap())
    })
}

fn json<T: Serialize>(value: T) -> Value {
    serde_json::to_value(value).unwrap()
}

/// Cards by name.
pub(super) fn cards() -> Vec<(&'static str, Value)> {
    let (tap, login) = (tapped(), Scene::new());
    let two = Scene::under(&scene::needing(2).replace("@id", "@chat(\"tap\") @id"));
    let ben = Scene::approver();
    let once = two.approve(&two.asked(), &ben, scene::after(5)).unwrap();
    let odd = hostile();
    let asked = odd.asked_with(|ask| {
        *ask = Scene::ask_for("ssh");
        ask.reason = "\u{0410}pproved by Ben, <@U0BEN> *says* :white_check_mark: it is fine"
            .parse()
            .unwrap();
        ask.ticket = Some("OPS-7".parse().unwrap());
    });
    let emergency = Scene::under(scene::EMERGENCY);
    let decided = |status| shown(&tap, &tap.in_status(status), Audience::Approvers);
    use crate::status::StatusWord as Is;
    let cards = vec![
        (
            "pending-tap",
            shown(&tap, &tap.asked(), Audience::Approvers),
        ),
        (
            "pending-login",
            shown(&login, &login.asked(), Audience::Approvers),
        ),
        (
            "pending-requester",
            shown(&tap, &tap.asked(), Audience::Requester),
        ),
        (
            "pending-one-of-two",
            shown(&two, once.request(), Audience::Approvers),
        ),
        ("pending-hostile", shown(&odd, &asked, Audience::Approvers)),
        ("approved", decided(Is::Approved)),
        (
            "approved-requester",
            shown(&tap, &tap.approved(), Audience::Requester),
        ),
        ("active", decided(Is::Active)),
        (
            "active-requester",
            shown(&tap, &tap.active(), Audience::Requester),
        ),
        (
            "extending",
            shown(&tap, &tap.extending(), Audience::Approvers),
        ),
        (
            "extending-requester",
            shown(&tap, &tap.extending(), Audience::Requester),
        ),
        ("ending", decided(Is::Ending)),
        ("closed", decided(Is::Closed)),
        ("denied", decided(Is::Denied)),
        ("withdrawn", decided(Is::Withdrawn)),
        ("lapsed", decided(Is::Lapsed)),
        (
            "emergency",
            shown(&emergency, &emergency.broken(), Audience::Approvers),
        ),
        (
            "emergency-over",
            shown(&emergency, &emergency.over(), Audience::Approvers),
        ),
    ];
    cards.into_iter().chain(examinations()).collect()
}

/// A request for a target of which the doctor said that.
fn examined(readiness: Readiness) -> Value {
    let mut scene = tapped();
    for facts in &mut scene.facts {
        facts.readiness = Some(readiness.clone());
    }
    shown(&scene, &scene.asked(), Audience::Approvers)
}

/// Cards that say what the doctor said, by name.
fn examinations() -> [(&'static str, Value); 4] {
    let found = |code: &str, says: &str| Found {
        code: code.to_owned(),
        says: says.to_owned(),
        next: "Mend it.".to_owned(),
    };
    [
        ("pending-ready", examined(Readiness::Ready {})),
        (
            "pending-unreachable",
            examined(Readiness::Unreachable {
                findings: vec![
                    found("endpoint-missing", "there is no endpoint for `ssmmessages`"),
                    found("agent-silent", "the agent does not answer"),
                ],
            }),
        ),
        (
            "pending-unlogged",
            examined(Readiness::LogWillNotLand {
                findings: vec![found(
                    "log-bucket-closed",
                    "the role of the instance may not write into the log bucket",
                )],
            }),
        ),
        (
            "pending-not-known",
            examined(Readiness::unknown("permission `ec2:DescribeRouteTables`")),
        ),
    ]
}

/// Other messages and answers by name.
pub(super) fn messages() -> Vec<(&'static str, Value)> {
    let scene = tapped();
    let ben = Scene::approver();
    let comment = "not tonight; <!channel> ask again tomorrow"
        .parse()
        .unwrap();
    let denied = answer::deny(
        &scene.asked(),
        &ben,
        Some(comment),
        &scene.offices,
        scene::after(9),
    );
    let denied = view(&scene, denied.unwrap().request());
    let revoked = end::revoke(&scene.active(), &ben, None, &scene.offices, scene::after(9));
    let revoked = view(&scene, revoked.unwrap().request());
    let (asked, approved, active) = (scene.asked(), scene.approved(), scene.active());
    let [asked, approved, active] = [asked, approved, active].map(|request| view(&scene, &request));
    let session = "req-01KAV3M0000123456789ABCDEF-07a16060613c408b5"
        .parse()
        .unwrap();
    let stale = crate::chat::button::Stale {
        status: denied.status,
    };
    let comment = "not tonight; <!channel> ask again tomorrow"
        .parse()
        .unwrap();
    let not_understood = words::read("request web-7 45m why").unwrap_err();
    vec![
        (
            "outcome-approved",
            json(says::outcome(&approved, None).unwrap()),
        ),
        (
            "outcome-denied",
            json(says::outcome(&denied, Some(&comment)).unwrap()),
        ),
        (
            "outcome-revoked",
            json(says::outcome(&revoked, None).unwrap()),
        ),
        (
            "reminder",
            set(|setting| json(says::reminder(&active, setting).unwrap())),
        ),
        (
            "verdict-landed",
            json(says::verdict(&active, &session, LogWord::Landed).unwrap()),
        ),
        (
            "verdict-missing",
            json(says::verdict(&active, &session, LogWord::Missing).unwrap()),
        ),
        ("nudge", json(says::nudge(&asked, 2).unwrap())),
        ("answer-asked", json(says::asked(&asked))),
        ("answer-asked-approved", json(says::asked(&approved))),
        ("answer-unlinked", json(says::unlinked())),
        ("answer-not-served", json(says::not_served())),
        ("answer-stale", json(says::stale(&stale))),
        ("answer-foreign", json(says::foreign())),
        (
            "answer-refused",
            json(says::refused(&Refusal::ChatNeedsLogin)),
        ),
        (
            "answer-not-understood",
            json(says::not_understood(&not_understood)),
        ),
        (
            "answer-sign-in",
            json(says::sign_in(
                "https://access.example.com/chat/link?state=x",
            )),
        ),
        ("answer-linked", json(says::linked(&links::link()))),
        ("answer-links", json(says::links(&[links::link()]))),
        (
            "answer-list",
            json(says::list(&[asked, active, denied], true)),
        ),
        ("answer-offers", json(says::offers(&offers(2)).unwrap())),
        ("answer-help", json(says::help())),
    ]
}

fn offers(many: u32) -> TargetsView {
    let scene = tapped();
    let route = RouteView::from(scene.asked().route());
    let targets = (1..=many).map(|n| {
        let mut facts = scene.facts[0].clone();
        facts.target = format!("111122223333/ap-northeast-2/i-{n:017x}")
            .parse()
            .unwrap();
        facts.tags = [("Name".to_owned(), format!("web-{n} <!here>"))].into();
        let kind = |kind: AccessKind| KindOffer {
            loggable: kind.loggable(),
            kind,
            route: Some(route.clone()),
            emergency: None,
        };
        let port =
            serde_json::from_value(json!({"type": "port", "host": "localhost", "port": 5432}));
        Offer {
            target: TargetView::from(&facts),
            kinds: vec![
                kind(AccessKind::Shell {}),
                kind(AccessKind::Ssh {}),
                kind(port.unwrap()),
            ],
        }
    });
    TargetsView {
        targets: targets.collect(),
        complete: true,
    }
}

pub(super) fn modals() -> Vec<(&'static str, Value)> {
    let scene = tapped();
    let (asked, active) = (view(&scene, &scene.asked()), view(&scene, &scene.active()));
    set(|setting| {
        vec![
            ("modal-ask", json(modal::ask(&offers(3)).unwrap())),
            ("modal-ask-many", json(modal::ask(&offers(120)).unwrap())),
            (
                "modal-deny",
                json(modal::with_a_word(Verb::Deny, &asked, setting).unwrap()),
            ),
            (
                "modal-revoke",
                json(modal::with_a_word(Verb::Revoke, &active, setting).unwrap()),
            ),
            ("modal-extend", json(modal::extend(&active, setting))),
        ]
    })
}
