//! Another chat system behind the signed webhook, in the place of Slack.

use std::time::Duration;

use postern_local::account::BATCH_1;
use postern_local::people::Person::{self, Anna, Ben};
use rules::names::RequestId;
use rules::status::StatusWord::{Active, Approved, Closed, Pending};
use serde_json::{Value, json};

use super::Browser;
use super::bot::{Bot, HOOK, press, signature};
use crate::scene::{Scene, shell_on};

/// What somebody is told, in one line.
fn told(reply: &Value) -> String {
    let says = reply["says"].as_array().unwrap().iter();
    says.map(|line| line.as_str().unwrap())
        .collect::<Vec<_>>()
        .join(" / ")
}

impl Scene {
    /// Somebody links their user of the other chat system.
    async fn linked_there(&self, user: &str, person: Person) {
        let reply = self.says_to_bot(user, "link").await;
        let page = reply["buttons"][0]["url"].as_str().unwrap().to_owned();
        let code = Browser::new().links(&page, person).await;
        let reply = self.says_to_bot(user, &format!("link {code}")).await;
        assert!(told(&reply).contains("Here you act as"), "{reply}");
    }

    async fn presses(&self, user: &str, press: &str, more: Value) -> Value {
        let id = format!("press-{}-{user}", self.now().millis());
        let mut document = json!({"id": id, "user": user, "press": press});
        let more = more.as_object().unwrap().clone();
        document.as_object_mut().unwrap().extend(more);
        self.bot_sends(&document).await.must_be(200).body
    }
}

#[tokio::test]
async fn a_grant_is_asked_for_approved_extended_and_handed_back_behind_the_webhook() {
    let bot = Bot::listen().await;
    let scene = Scene::with_bot(&bot).await;
    scene.linked_there("anna", Anna).await;
    scene.linked_there("ben", Ben).await;

    let offers = scene.says_to_bot("anna", "").await;
    assert!(told(&offers).contains(BATCH_1), "{offers}");
    let asked = scene
        .says_to_bot("anna", &format!("request {BATCH_1} 30m disk full"))
        .await;
    let id: RequestId = asked["request"].as_str().unwrap().parse().unwrap();
    assert_eq!(scene.status(id).await, Pending);

    // Those who may answer are asked; the bot knows where they are.
    let cards = bot.said(&scene, "card");
    let card = cards.iter().find(|card| card["to"] == "members").unwrap();
    assert_eq!(card["groups"], json!(["leads", "operators"]));
    assert_eq!(card["request"]["ask"]["reason"], "disk full");
    let approve = press(card, "Approve").expect("a button to approve");
    let reply = scene.presses("ben", &approve, json!({})).await;
    assert_eq!(told(&reply), "");
    assert_eq!(scene.status(id).await, Approved);
    let outcome = bot.said(&scene, "outcome");
    assert!(
        outcome.iter().any(|one| one["to"] == "person"),
        "{outcome:?}"
    );

    let credentials = scene.credentials(id).await;
    scene.opened(&credentials).await;
    scene.chat_hears().await;
    assert_eq!(scene.status(id).await, Active);
    let own = bot.notices(&scene);
    let own = own.iter().rfind(|one| press(one, "Extend…").is_some());
    let extend = press(own.unwrap(), "Extend…").unwrap();
    let reply = scene.presses("anna", &extend, json!({})).await;
    assert!(told(&reply).contains("Nothing was changed"), "{reply}");
    scene.advance(Duration::from_secs(1));
    let longer = json!({"for": "30m", "comment": "the repair takes longer"});
    scene.presses("anna", &extend, longer).await;
    let extension = scene.view(id).await.extension.expect("asked for longer");
    assert_eq!(extension.reason.as_str(), "the repair takes longer");

    let own = bot.notices(&scene);
    let own = own.iter().rfind(|one| press(one, "Hand back").is_some());
    let release = press(own.unwrap(), "Hand back").unwrap();
    scene.advance(Duration::from_secs(1));
    scene.presses("anna", &release, json!({})).await;
    for _ in 0..40 {
        scene.advance(Duration::from_secs(60));
        scene.chat_hears().await;
    }
    assert_eq!(scene.status(id).await, Closed);
    let verdicts = bot.said(&scene, "verdict");
    assert_eq!(verdicts[0]["log"], "landed");
    // Slack was not there.
    assert!(scene.house().slack().calls().is_empty());
}

#[tokio::test]
async fn a_document_counts_once_and_only_by_its_signature() {
    let bot = Bot::listen().await;
    let scene = Scene::with_bot(&bot).await;
    scene.linked_there("anna", Anna).await;
    let secret = scene.house().hook_secret().expose();
    let ask = json!({"id": "document-1", "user": "anna", "say": format!("request {BATCH_1} 30m disk full")});
    let first = scene.bot_sends(&ask).await.must_be(200).body;
    let again = scene.bot_sends(&ask).await.must_be(200).body;
    assert_eq!(first["request"], again["request"]);

    let body = json!({"id": "document-2", "user": "anna", "say": "list"}).to_string();
    let now = scene.now().seconds();
    let by = |secret: &str, domain: &str, at: i64| {
        let at = at.to_string();
        let signed = signature(secret, domain, &at, &body);
        (at, signed)
    };
    let (inward, outward) = ("postern.webhook.in.v1", "postern.webhook.out.v1");
    let wrong = "0123456789abcdef0123456789abcdef";
    for (at, signed) in [
        by(wrong, inward, now),
        by(secret, outward, now),
        by(secret, inward, now - 301),
        by(secret, inward, now + 301),
        ("soon".to_owned(), by(secret, inward, now).1),
        (now.to_string(), "v0=00".to_owned()),
    ] {
        let refused = scene.bot_sends_with(&at, &signed, body.clone()).await;
        refused.must_say(401, "unauthenticated");
    }
    // What is signed and cannot be read in one way changes nothing either.
    for body in ["", "[]", r#"{"id":"document-3","user":"anna"}"#] {
        let at = now.to_string();
        let signed = signature(secret, inward, &at, body);
        let refused = scene.bot_sends_with(&at, &signed, body.to_owned()).await;
        refused.must_say(400, "unreadable-body");
    }
    let long = "x".repeat(20_000);
    let signed = signature(secret, inward, &now.to_string(), &long);
    let refused = scene.bot_sends_with(&now.to_string(), &signed, long).await;
    refused.must_say(413, "body-too-large");
}

#[tokio::test]
async fn nobody_has_power_there_by_their_name_alone() {
    let bot = Bot::listen().await;
    let scene = Scene::with_bot(&bot).await;
    let words = format!("request {BATCH_1} 30m disk full");
    let reply = scene.says_to_bot("anna", &words).await;
    assert!(
        told(&reply).contains("does not know who you are"),
        "{reply}"
    );
    assert_eq!(reply["request"], Value::Null);

    // A button is of its chat system, and of what was seen.
    let id = scene
        .as_(Anna)
        .ask(&shell_on(BATCH_1))
        .await
        .must_be(201)
        .id();
    scene.chat_hears().await;
    scene.linked_there("anna", Anna).await;
    let approve = bot.yes(&scene);
    // Nobody answers their own request.
    let reply = scene.presses("anna", &approve, json!({})).await;
    assert!(told(&reply).contains("self-approval"), "{reply}");
    let (plain, _) = approve.rsplit_once(' ').unwrap();
    let forged = format!("{plain} {}", "0".repeat(64));
    scene.advance(Duration::from_secs(1));
    let reply = scene.presses("anna", &forged, json!({})).await;
    assert!(told(&reply).contains("not one that Postern"), "{reply}");
    assert_eq!(scene.status(id).await, Pending);
}

#[tokio::test]
async fn notices_wait_for_a_bot_that_is_down_and_are_known_again() {
    let bot = Bot::listen().await;
    let scene = Scene::with_bot(&bot).await;
    scene.linked_there("anna", Anna).await;
    // It breaks down before it has taken the first, and after it has taken the next.
    for (status, taken) in [(500, false), (404, false), (429, false), (502, true)] {
        bot.fails(1, status, taken);
        let before = bot.said(&scene, "card").len();
        let ask = shell_on(BATCH_1);
        let id = scene.as_(Anna).ask(&ask).await.must_be(201).id();
        scene.chat_hears().await;
        for _ in 0..3 {
            scene.advance(Duration::from_secs(60));
            scene.chat_hears().await;
        }
        let cards = bot.said(&scene, "card");
        // One to the members of the group, one to Anna.
        assert_eq!(cards.len(), before + 2, "{status}");
        assert_eq!(cards.last().unwrap()["request"]["id"], id.to_string());
        scene.as_(Anna).does("withdraw", id).await.must_be(200);
        scene.chat_hears().await;
    }
    let ids: Vec<Value> = bot
        .notices(&scene)
        .iter()
        .map(|one| one["id"].clone())
        .collect();
    let twice = ids
        .iter()
        .filter(|id| ids.iter().filter(|one| one == id).count() > 1);
    assert_eq!(twice.count(), 2, "only the one whose answer was lost");
}

#[tokio::test]
async fn slack_and_another_chat_system_are_told_side_by_side_and_one_that_is_down_holds_up_none() {
    let bot = Bot::listen().await;
    let scene = Scene::with(&[
        ("POSTERN_CHAT_HOOK", HOOK),
        ("POSTERN_CHAT_HOOK_ADDRESS", &bot.address),
    ])
    .await;
    bot.fails(1_000, 500, false);
    let id = scene
        .as_(Anna)
        .ask(&shell_on(BATCH_1))
        .await
        .must_be(201)
        .id();
    scene.chat_hears().await;
    let card = scene.card(id);
    assert!(bot.notices(&scene).is_empty());
    // What happens next shows in Slack at once, however long the other one has been down.
    let other = scene.as_(Anna).ask(&shell_on(BATCH_1)).await;
    let other = other.must_be(201).id();
    scene.chat_hears().await;
    scene.as_(Anna).does("withdraw", other).await.must_be(200);
    scene.chat_hears().await;
    assert_eq!(
        super::hand::button(&scene.card(other).blocks, "approve"),
        None
    );
    bot.fails(0, 0, false);
    for _ in 0..3 {
        scene.advance(Duration::from_secs(60));
        scene.chat_hears().await;
    }
    assert!(!bot.said(&scene, "card").is_empty());
    // The button of one is none in the other.
    let ben = scene.linked(super::BEN, Ben).await;
    scene.linked_there("ben", Ben).await;
    let click = ben.click(&scene, &card, "approve", &bot.yes(&scene));
    let before = scene.house().slack().whispers().len();
    scene.slack(&click).await.must_be(200);
    assert!(scene.told_since(before).contains("not one that Postern"));
    let ours = super::hand::button(&card.blocks, "approve").unwrap();
    let reply = scene.presses("ben", &ours, json!({})).await;
    assert!(told(&reply).contains("not one that Postern"), "{reply}");
    assert_eq!(scene.status(id).await, Pending);
}

#[tokio::test]
async fn without_a_webhook_there_is_no_route_for_one() {
    let scene = Scene::open().await;
    let document = json!({"id": "document-1", "user": "anna", "say": "help"});
    scene.bot_sends(&document).await.must_be(404);
}
