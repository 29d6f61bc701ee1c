//! Buttons go by status, audience and the ladder; and a card stays within what Slack takes.

use serde_json::Value;

use super::shown::tapped;
use super::*;
use crate::chat::blocks::Message;
use crate::chat::button::Button;
use crate::chat::card::{Audience, Card, Pages, card};
use crate::chat::says;
use crate::life::end;
use crate::status::StatusWord;
use crate::wire::RequestView;

/// The card of a request as it is seen.
fn card_of(view: &RequestView, audience: Audience) -> Option<Message> {
    set(|setting| card(&Card { view, audience }, setting))
}

/// The buttons of a card: the verb that each carries, or `page`.
fn buttons(scene: &Scene, request: &Request, audience: Audience) -> Vec<String> {
    let view = view(scene, request);
    let message = card_of(&view, audience);
    let message = serde_json::to_value(message.unwrap()).unwrap();
    let blocks = message["blocks"].as_array().unwrap();
    let actions = blocks.iter().find(|block| block["type"] == "actions");
    let elements = actions.and_then(|block| block["elements"].as_array());
    elements
        .into_iter()
        .flatten()
        .map(|element| match element["value"].as_str() {
            Some(value) => {
                let button = Button::open(value, &secrets(), &team()).unwrap();
                assert_eq!(element["action_id"], button.verb.as_str());
                assert_eq!(
                    (button.version, button.shown),
                    (request.version(), request.shown())
                );
                button.verb.as_str().to_owned()
            }
            None => {
                let url = format!(
                    "https://access.example.com/chat/approve?request={}",
                    request.id()
                );
                assert_eq!(element["url"], Value::from(url));
                "page".to_owned()
            }
        })
        .collect()
}

#[test]
fn buttons_go_by_status_and_audience_and_what_is_decided_has_none() {
    let scene = tapped();
    for (status, approvers, requester) in [
        (
            StatusWord::Pending,
            &["approve", "deny"][..],
            &["withdraw"][..],
        ),
        (StatusWord::Approved, &["revoke"], &["release"]),
        (StatusWord::Active, &["revoke"], &["extend", "release"]),
        (StatusWord::Ending, &[], &[]),
        (StatusWord::Closed, &[], &[]),
        (StatusWord::Denied, &[], &[]),
        (StatusWord::Withdrawn, &[], &[]),
        (StatusWord::Lapsed, &[], &[]),
    ] {
        let request = scene.in_status(status);
        assert_eq!(
            buttons(&scene, &request, Audience::Approvers),
            approvers,
            "{status}"
        );
        assert_eq!(
            buttons(&scene, &request, Audience::Requester),
            requester,
            "{status}"
        );
    }
    let extending = scene.extending();
    let shown = buttons(&scene, &extending, Audience::Approvers);
    assert_eq!(shown, ["approve", "deny", "revoke"]);
    let shown = buttons(&scene, &extending, Audience::Requester);
    assert_eq!(shown, ["withdraw", "release"]);
}

#[test]
fn the_ladder_says_how_a_card_takes_a_yes() {
    let login = Scene::new();
    assert_eq!(
        buttons(&login, &login.asked(), Audience::Approvers),
        ["page", "deny"]
    );
    let shown = buttons(&login, &login.extending(), Audience::Approvers);
    assert_eq!(shown, ["page", "deny", "revoke"]);
    // A yes to an emergency is its review, and takes a login.
    let emergency = Scene::under(scene::EMERGENCY);
    let broken = buttons(&emergency, &emergency.broken(), Audience::Approvers);
    assert_eq!(broken, ["revoke"]);
    let over = emergency.over();
    assert_eq!(buttons(&emergency, &over, Audience::Approvers), ["page"]);
    let sam = scene::caller("sam", &["security"]);
    let reviewed = emergency.review(&over, &sam, scene::after(9)).unwrap();
    assert!(buttons(&emergency, reviewed.request(), Audience::Approvers).is_empty());
}

#[test]
fn what_the_policy_keeps_out_of_chat_is_not_shown_there() {
    let scene = Scene::under(&scene::needing(1).replace("@id", "@chat(\"none\") @id"));
    let view = view(&scene, &scene.active());
    for audience in [Audience::Approvers, Audience::Requester] {
        let message = card_of(&view, audience);
        assert_eq!(message, None);
    }
    assert_eq!(says::outcome(&view, None), None);
    assert_eq!(set(|setting| says::reminder(&view, setting)), None);
    let listed = serde_json::to_string(&says::list(&[view], false)).unwrap();
    assert!(!listed.contains("web-1"), "{listed}");
}

#[test]
fn a_reminder_offers_to_extend_where_the_policy_does() {
    let offers = |scene: &Scene| {
        let view = view(scene, &scene.active());
        let said = set(|setting| says::reminder(&view, setting)).unwrap();
        serde_json::to_string(&said).unwrap().contains("\"extend\"")
    };
    assert!(offers(&tapped()));
    assert!(!offers(&Scene::under(
        &scene::needing(1).replace("@extendable_to(\"2h\")", "")
    )));
    // Nothing is near its end that has none.
    let scene = tapped();
    let view = view(&scene, &scene.asked());
    assert_eq!(set(|setting| says::reminder(&view, setting)), None);
}

#[test]
fn a_card_with_all_that_it_can_hold_stays_within_what_slack_takes() {
    let mut scene = tapped();
    let one = scene.facts[0].clone();
    scene.facts = (0..10)
        .map(|n| {
            let mut facts = one.clone();
            facts.target = format!("111122223333/ap-northeast-2/i-{n:017x}")
                .parse()
                .unwrap();
            facts.tags = (0..50)
                .map(|n| (format!("{n}-{}", "k".repeat(120)), "💾".repeat(250)))
                .chain([("Name".to_owned(), "n".repeat(256))])
                .collect();
            facts
        })
        .collect();
    let targets = scene
        .facts
        .iter()
        .map(|facts| facts.target.clone())
        .collect::<Vec<_>>();
    let asked = scene.asked_with(|ask| {
        ask.targets = targets.try_into().unwrap();
        ask.reason = "💾".repeat(300).parse().unwrap();
    });
    let view = view(&scene, &asked);
    let audience = Audience::Approvers;
    let message = card_of(&view, audience);
    let message = serde_json::to_value(message.unwrap()).unwrap();
    let blocks = message["blocks"].as_array().unwrap();
    assert!(blocks.len() <= 50, "{}", blocks.len());
    let mut sections = 0;
    for block in blocks {
        let text = block["text"]["text"].as_str().unwrap_or_default();
        let most = if block["type"] == "header" {
            150
        } else {
            3_000
        };
        assert!(text.encode_utf16().count() <= most, "{text}");
        sections += 1;
    }
    assert!(sections >= 14);
    assert!(message["text"].as_str().unwrap().encode_utf16().count() <= 3_000);
}

#[test]
fn the_end_is_told_in_the_readers_zone_and_in_utc_where_that_cannot_be() {
    let scene = tapped();
    let view = view(&scene, &scene.active());
    let ends = view.state.ends_at.unwrap();
    let audience = Audience::Approvers;
    let message = card_of(&view, audience);
    let message = serde_json::to_string(&message.unwrap()).unwrap();
    let date = format!(
        "<!date^{}^{{date_short_pretty}} {{time}}|2026-11-24 10:01 UTC>",
        ends.seconds()
    );
    assert!(message.contains(&date), "{message}");
    assert!(message.contains("1 minute"), "{message}");
}

#[test]
fn a_card_says_how_it_ended() {
    let scene = tapped();
    let released = end::release(
        &scene.active(),
        &Scene::requester(),
        &scene.offices,
        scene::after(9),
    );
    let view = view(&scene, released.unwrap().request());
    let said = serde_json::to_string(&says::outcome(&view, None).unwrap()).unwrap();
    assert!(said.contains("Handed back"), "{said}");
}

#[test]
fn pages_are_of_one_host() {
    for good in [
        "https://access.example.com",
        "https://x.execute-api.eu-central-1.amazonaws.com/prod",
        "http://127.0.0.1:8080",
    ] {
        assert!(good.parse::<Pages>().is_ok(), "{good}");
    }
    for bad in [
        "",
        "access.example.com",
        "https://a/",
        "https://a?b",
        "https://a/b c",
        "http://a",
        "javascript://a",
        "https://a\"b",
    ] {
        assert!(bad.parse::<Pages>().is_err(), "{bad}");
    }
}
