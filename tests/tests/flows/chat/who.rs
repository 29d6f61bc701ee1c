//! Who may do what in chat: as much as the person that they are, and no more.

use std::time::Duration;

use postern_local::account::{BATCH_1, WEB_7};
use postern_local::people::Person::{Anna, Ben, Cleo, Omar};
use postern_local::slack::{CHANNEL, Member, Message};
use rules::names::RequestId;
use rules::status::StatusWord::{Approved, Pending};

use super::hand::button;
use super::{ANNA, BEN, Hand};
use crate::scene::{Scene, shell_on};

impl Scene {
    /// Clicks the button that was there, and nothing comes of it; what is said instead.
    async fn clicks_in_vain(&self, hand: &Hand, id: RequestId, card: &Message) -> String {
        let before = self.house().slack().whispers().len();
        let writes = self.view(id).await.version;
        let value = button(&card.blocks, "approve").expect("a button");
        let click = hand.click(self, card, "approve", &value);
        let reply = self.slack(&click).await;
        assert!(reply.status == 200, "{}", reply.text());
        let view = self.view(id).await;
        assert_eq!((view.version, view.approvals.len()), (writes, 0));
        self.told_since(before)
    }
}

#[tokio::test]
async fn unlinked_users_guests_bots_and_strangers_have_no_effect() {
    let scene = Scene::open().await;
    let anna = scene.linked(ANNA, Anna).await;
    let (id, card) = scene.asked_in_chat(&anna).await;

    let nobody = scene.seat("U0NOBODY", "Ben");
    let said = scene.clicks_in_vain(&nobody, id, &card).await;
    assert!(said.contains("/postern link"), "{said}");

    let ben = scene.linked(BEN, Ben).await;
    let slack = scene.house().slack();
    for changed in [
        Member {
            guest: true,
            ..Member::named("Ben")
        },
        Member {
            stranger: true,
            ..Member::named("Ben")
        },
        Member {
            bot: true,
            ..Member::named("Ben")
        },
        Member {
            deleted: true,
            ..Member::named("Ben")
        },
        Member {
            team: "T0OTHER".to_owned(),
            ..Member::named("Ben")
        },
    ] {
        slack.seat(BEN, changed);
        scene.advance(Duration::from_secs(5 * 60));
        let said = scene.clicks_in_vain(&ben, id, &card).await;
        assert!(said.contains("serves members"), "{said}");
    }
    // A user of another workspace is not even worked for.
    slack.seat(BEN, Member::named("Ben"));
    let calls = slack.calls().len();
    let foreign = ben.clone().at_home_in("T0OTHER");
    assert_eq!(scene.clicks_in_vain(&foreign, id, &card).await, "");
    assert_eq!(slack.calls().len(), calls);
    // And as they are, a full member again, the same click counts.
    scene.advance(Duration::from_secs(5 * 60));
    scene.taps(&ben, &scene.card(id), "approve").await;
    assert_eq!(scene.status(id).await, Approved);
}

#[tokio::test]
async fn nobody_approves_their_own_request_by_another_chat_user() {
    let scene = Scene::open().await;
    // Ben asks; the chat user of his second account in the same team is he as well.
    let ben = scene.linked(BEN, Ben).await;
    let again = scene.linked("U0BENTOO", Ben).await;
    let (id, card) = scene.asked_in_chat(&ben).await;
    for hand in [&ben, &again] {
        let said = scene.clicks_in_vain(hand, id, &card).await;
        assert!(said.contains("self-approval"), "{said}");
    }
}

#[tokio::test]
async fn whoever_may_not_approve_in_the_api_may_not_in_chat() {
    let scene = Scene::open().await;
    let anna = scene.linked(ANNA, Anna).await;
    let cleo = scene.linked("U0CLEO", Cleo).await;
    let (id, card) = scene.asked_in_chat(&anna).await;
    // Another engineer does not even learn that there is such a request.
    let said = scene.clicks_in_vain(&cleo, id, &card).await;
    assert!(said.contains("request-not-found"), "{said}");
}

#[tokio::test]
async fn a_stale_button_says_so_and_changes_nothing() {
    let scene = Scene::open().await;
    let anna = scene.linked(ANNA, Anna).await;
    let ben = scene.linked(BEN, Ben).await;
    let (id, card) = scene.asked_in_chat(&anna).await;
    scene.as_(Ben).does("deny", id).await.must_be(200);
    let said = scene.clicks_in_vain(&ben, id, &card).await;
    assert!(
        said.contains("Nothing was changed") && said.contains("denied"),
        "{said}"
    );
    // What is written on the card is brought up to date by the same click.
    assert_eq!(button(&scene.card(id).blocks, "approve"), None);
}

#[tokio::test]
async fn a_button_that_was_changed_or_made_up_is_foreign() {
    let scene = Scene::open().await;
    let anna = scene.linked(ANNA, Anna).await;
    let ben = scene.linked(BEN, Ben).await;
    let (id, card) = scene.asked_in_chat(&anna).await;
    let value = button(&card.blocks, "deny").unwrap();
    let approve = value.replacen("deny", "approve", 1);
    for forged in [approve.as_str(), "approve", "", &value.to_uppercase()] {
        let before = scene.house().slack().whispers().len();
        let click = ben.click(&scene, &card, "approve", forged);
        scene.slack(&click).await.must_be(200);
        let said = scene.told_since(before);
        assert!(said.contains("not one that Postern put here"), "{said}");
    }
    assert_eq!(scene.status(id).await, Pending);
}

#[tokio::test]
async fn an_instance_of_others_is_not_told() {
    let scene = Scene::open().await;
    let omar = scene.linked("U0OMAR", Omar).await;
    let there = scene
        .says(&omar, &format!("request {BATCH_1} 30m look around"))
        .await;
    let not_there = scene
        .says(&omar, "request i-0123456789abcdef0 30m look around")
        .await;
    assert_eq!(there, not_there);
    assert!(there.contains("no such instance"), "{there}");
}

#[tokio::test]
async fn production_is_not_approved_by_a_tap() {
    let scene = Scene::open().await;
    scene.linked(BEN, Ben).await;
    let id = scene
        .as_(Anna)
        .ask(&shell_on(WEB_7))
        .await
        .must_be(201)
        .id();
    scene.chat_hears().await;
    let card = scene.card(id);
    assert_eq!(button(&card.blocks, "approve"), None);
    assert!(
        button(&card.blocks, "page")
            .unwrap()
            .contains("/chat/approve?request=")
    );
    assert_eq!(scene.house().slack().messages(CHANNEL).len(), 1);
}
