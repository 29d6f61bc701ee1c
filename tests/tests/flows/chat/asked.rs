//! Those who may answer are asked where the settings say: in a channel, by direct message, or both.

use postern_local::account::BATCH_1;
use postern_local::people::Person::{Anna, Ben};
use postern_local::slack::{CHANNEL, Message};
use rules::status::StatusWord::Approved;

use super::hand::button;
use super::{ANNA, BEN};
use crate::scene::{Scene, shell_on};

/// The conversation of the bot with Ben.
const WITH_BEN: &str = "D0BEN";

/// The cards that offer a yes.
fn asking(scene: &Scene, channel: &str) -> Vec<Message> {
    let mut cards = scene.house().slack().messages(channel);
    cards.retain(|card| button(&card.blocks, "approve").is_some());
    cards
}

#[tokio::test]
async fn approvers_are_asked_in_a_channel_or_directly_or_both() {
    for (how, in_channel, directly) in [("channel", 1, 0), ("direct", 0, 1), ("both", 1, 1)] {
        let scene = Scene::with(&[("POSTERN_CHAT_ASK", how)]).await;
        scene.linked(ANNA, Anna).await;
        let ben = scene.linked(BEN, Ben).await;
        let asked = scene.as_(Anna).ask(&shell_on(BATCH_1)).await;
        let id = asked.must_be(201).id();
        scene.chat_hears().await;
        let cards = |channel: &str| asking(&scene, channel);
        assert_eq!(cards(CHANNEL).len(), in_channel, "{how}");
        assert_eq!(cards(WITH_BEN).len(), directly, "{how}");
        // Whoever asks is not asked, and has a card of their own.
        assert!(cards("D0ANNA").is_empty(), "{how}");
        assert!(
            !scene.house().slack().messages("D0ANNA").is_empty(),
            "{how}"
        );

        let card = [cards(WITH_BEN), cards(CHANNEL)].concat().remove(0);
        scene.taps(&ben, &card, "approve").await;
        assert_eq!(scene.status(id).await, Approved, "{how}");
        // Wherever it was said, no card offers it any more.
        assert!(
            cards(CHANNEL).is_empty() && cards(WITH_BEN).is_empty(),
            "{how}"
        );
    }
}
