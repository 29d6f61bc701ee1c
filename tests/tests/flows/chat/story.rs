//! The whole life of a grant, told and answered in chat.

use std::time::Duration;

use postern_local::account::network::SSM_ENDPOINT;
use postern_local::account::{BATCH_1, WEB_7};
use postern_local::people::Person::{Anna, Ben};
use postern_local::slack::CHANNEL;
use rules::status::StatusWord::{Active, Approved, Closed, Pending};
use serde_json::json;

use super::hand::button;
use super::{ANNA, BEN};
use crate::scene::Scene;

/// The conversation of the bot with Anna.
const WITH_ANNA: &str = "D0ANNA";

impl Scene {
    /// What the bot has told Anna.
    fn told_anna(&self) -> String {
        let messages = self.house().slack().messages(WITH_ANNA);
        let texts = messages.iter().map(|message| message.blocks.to_string());
        texts.collect::<Vec<_>>().join("\n")
    }
}

#[tokio::test]
async fn a_grant_is_asked_for_approved_extended_and_handed_back_in_chat() {
    let scene = Scene::open().await;
    let anna = scene.linked(ANNA, Anna).await;
    let ben = scene.linked(BEN, Ben).await;

    // Asked in one line: those who may answer see all of it in the channel, and a button.
    let (id, card) = scene.asked_in_chat(&anna).await;
    assert_eq!(scene.status(id).await, Pending);
    let shown = card.blocks.to_string();
    for fact in [
        BATCH_1,
        "batch-1",
        "disk full on batch-1",
        "staging-shell",
        "30 minutes",
    ] {
        assert!(shown.contains(fact), "{fact} in {shown}");
    }

    // A tap approves. The card loses its button, and Anna is told.
    assert_eq!(scene.taps(&ben, &card, "approve").await, "");
    assert_eq!(scene.status(id).await, Approved);
    let decided = scene.card(id);
    assert_eq!(button(&decided.blocks, "approve"), None);
    assert!(decided.edits > 0);
    let approval = &scene.view(id).await.approvals[0];
    assert_eq!(serde_json::to_value(approval.channel).unwrap(), "chat_tap");
    assert!(scene.told_anna().contains(&id.to_string()));

    // What happens elsewhere shows here: credentials are issued on the command line.
    let credentials = scene.credentials(id).await;
    scene.opened(&credentials).await;
    scene.chat_hears().await;
    assert_eq!(scene.status(id).await, Active);

    // Longer, by a form; a lead says yes to that with another tap.
    let own = scene.house().slack().messages(WITH_ANNA);
    let own = own
        .iter()
        .find(|message| button(&message.blocks, "extend").is_some());
    scene
        .taps(&anna, own.expect("a card of her own"), "extend")
        .await;
    let view = scene.house().slack().views().pop().unwrap().view;
    let bad = anna.form(
        &view,
        &[("length", "soon"), ("reason", "the repair takes longer")],
    );
    let said = scene.slack(&bad).await.must_be(200);
    assert_eq!(said.body["response_action"], "errors");
    let good = anna.form(
        &view,
        &[("length", "30m"), ("reason", "the repair takes longer")],
    );
    scene.slack(&good).await.must_be(200);
    let waits = scene
        .view(id)
        .await
        .extension
        .expect("an extension is asked");
    assert!(!waits.granted);
    let cards = scene.house().slack().messages(CHANNEL);
    let asked = cards
        .iter()
        .rfind(|card| button(&card.blocks, "approve").is_some());
    scene.taps(&ben, asked.expect("a button"), "approve").await;
    assert!(scene.view(id).await.extension.unwrap().granted);

    // The reminder, then handed back by a tap; the log lands and its verdict is told.
    let ends_at = scene.view(id).await.state.ends_at.unwrap();
    scene.advance_to(ends_at.minus(Duration::from_secs(4 * 60)));
    scene.chat_hears().await;
    assert!(scene.told_anna().contains("Access ends soon"));
    let own = scene.house().slack().messages(WITH_ANNA);
    let own = own
        .iter()
        .rfind(|message| button(&message.blocks, "release").is_some());
    scene.taps(&anna, own.unwrap(), "release").await;
    for _ in 0..10 {
        scene.advance(Duration::from_secs(60));
        scene.chat_hears().await;
    }
    assert_eq!(scene.status(id).await, Closed);
    assert!(scene.told_anna().contains("has landed"));
    for card in scene.house().slack().messages(CHANNEL) {
        let mut blocks = card.blocks.as_array().unwrap().iter();
        assert!(
            !blocks.any(|block| block["type"] == json!("actions")),
            "{}",
            card.blocks
        );
    }
}

#[tokio::test]
async fn what_is_asked_for_in_chat_asks_the_doctor_too() {
    let scene = Scene::with_doctor().await;
    let anna = scene.linked(ANNA, Anna).await;
    let (_, card) = scene.asked_in_chat(&anna).await;
    let shown = card.blocks.to_string();
    assert!(
        shown.contains("it can be reached, and its log can land"),
        "{shown}"
    );
    let listed = scene.says(&anna, "list").await;
    assert!(listed.contains("Waits for an answer"), "{listed}");
    // A policy of the starter set refuses what nobody can reach, here too.
    scene
        .world()
        .change_network(|network| network.endpoints.remove(SSM_ENDPOINT));
    let words = format!("request {WEB_7} 30m disk full");
    let said = scene.says(&anna, &words).await;
    assert!(
        said.contains("Nobody can reach") || said.contains("endpoint"),
        "{said}"
    );
    assert_eq!(scene.house().slack().messages(CHANNEL).len(), 1);
}

#[tokio::test]
async fn what_is_answered_by_the_api_shows_in_chat() {
    let scene = Scene::open().await;
    let anna = scene.linked(ANNA, Anna).await;
    let (id, card) = scene.asked_in_chat(&anna).await;
    assert!(button(&card.blocks, "approve").is_some());
    scene.as_(Ben).approve(id).await.must_be(200);
    scene.chat_hears().await;
    assert_eq!(button(&scene.card(id).blocks, "approve"), None);
    // And what was asked by the API is answered in chat.
    let ben = scene.linked(BEN, Ben).await;
    let body = crate::scene::shell_on(BATCH_1);
    let other = scene.as_(Anna).ask(&body).await.must_be(201).id();
    scene.chat_hears().await;
    scene.taps(&ben, &scene.card(other), "deny").await;
    let view = scene.house().slack().views().pop().unwrap().view;
    let form = ben.form(&view, &[("comment", "use the runbook")]);
    scene.slack(&form).await.must_be(200);
    let trail = scene.trail(other).await;
    assert_eq!(trail.last(), Some(&"denied"));
}

#[tokio::test]
async fn hostile_words_leave_no_live_markup() {
    let scene = Scene::open().await;
    let anna = scene.linked(ANNA, Anna).await;
    let words =
        format!("request {BATCH_1} 30m <!channel> <@U0BEN> <https://x.example|ok> *x* :tada:");
    let said = scene.says(&anna, &words).await;
    assert!(said.contains("Asked."), "{said}");
    for message in scene.house().slack().messages(CHANNEL) {
        let blocks = message.blocks.as_array().unwrap().clone();
        let texts = blocks.iter().flat_map(|block| {
            let one = block.get("text").into_iter();
            let fields = block["fields"].as_array().into_iter().flatten();
            let elements = block["elements"].as_array().into_iter().flatten();
            one.chain(fields)
                .chain(elements)
                .cloned()
                .collect::<Vec<_>>()
        });
        for text in texts.filter(|text| text["type"] == "mrkdwn") {
            let text = text["text"].as_str().unwrap();
            for live in ["<!channel>", "<@U0BEN>", "<https"] {
                assert!(!text.contains(live), "{text}");
            }
        }
    }
    // What would turn text round is refused.
    let said = scene
        .says(&anna, &format!("request {BATCH_1} 30m abc\u{202e}def"))
        .await;
    assert!(said.contains("one plain line"), "{said}");
}
