//! The page that a card leads to: a yes with a fresh login.

use postern_local::account::WEB_7;
use postern_local::people::Person::{self, Anna, Ben};
use postern_local::slack::TOKEN;
use rules::names::RequestId;
use rules::status::StatusWord::{Approved, Pending};

use super::hand::{button, form};
use super::{BEN, Browser};
use crate::log::Log;
use crate::scene::{Scene, shell_on};

/// What stands in a hidden field of a page.
fn hidden(page: &str, name: &str) -> String {
    let begins = format!("name={name} value=\"");
    let rest = page.split(&begins).nth(1).expect("the field");
    rest.split('"').next().unwrap().to_owned()
}

impl Scene {
    /// Signs in on the page of a request; gives the browser and what it shows.
    async fn signs_in_for(&self, id: RequestId, person: Person) -> (Browser, String) {
        let page = format!("{}/chat/approve?request={id}", self.house().url());
        let mut browser = Browser::new();
        let back = browser.signs_in(&page, person).await;
        let (status, _, shown) = browser.get(&back).await;
        assert_eq!(status, 200, "{shown}");
        (browser, shown)
    }

    /// Sends what the page sends.
    async fn sends(&self, browser: &mut Browser, page: &str, say: &str) -> (u16, String) {
        let (ticket, shown) = (hidden(page, "ticket"), hidden(page, "shown"));
        let fields = [
            ("ticket", ticket.as_str()),
            ("shown", &shown),
            ("say", say),
            ("comment", "go on"),
        ];
        let url = format!("{}/chat/approve", self.house().url());
        let (status, _, said) = browser.post(&url, form(&fields)).await;
        (status, said)
    }
}

#[tokio::test]
async fn production_is_approved_on_the_page_that_the_card_leads_to() {
    let scene = Scene::open().await;
    let mut ask = shell_on(WEB_7);
    ask["reason"] = "<script>alert(1)</script>".into();
    let id = scene.as_(Anna).ask(&ask).await.must_be(201).id();
    scene.chat_hears().await;
    let page = button(&scene.card(id).blocks, "page").unwrap();
    assert_eq!(
        page,
        format!("{}/chat/approve?request={id}", scene.house().url())
    );

    let (mut browser, shown) = scene.signs_in_for(id, Ben).await;
    for fact in ["web-7", "prod-shell", "30 minutes", "&lt;script&gt;"] {
        assert!(shown.contains(fact), "{fact} in {shown}");
    }
    assert!(!shown.contains("<script"));
    assert_eq!(scene.status(id).await, Pending);
    let (status, said) = scene.sends(&mut browser, &shown, "approve").await;
    assert_eq!(status, 200, "{said}");
    assert_eq!(scene.status(id).await, Approved);
    let approval = &scene.view(id).await.approvals[0];
    assert_eq!(
        serde_json::to_value(approval.channel).unwrap(),
        "chat_login"
    );
    // The card is up to date at once, and the page is used up.
    assert_eq!(button(&scene.card(id).blocks, "page"), None);
    assert_eq!(scene.sends(&mut browser, &shown, "approve").await.0, 400);
}

#[tokio::test]
async fn the_page_gives_nobody_more_than_they_have() {
    let scene = Scene::open().await;
    let id = scene
        .as_(Anna)
        .ask(&shell_on(WEB_7))
        .await
        .must_be(201)
        .id();
    // The requester has nothing to answer, and another engineer learns of nothing.
    let (_, shown) = scene.signs_in_for(id, Anna).await;
    assert!(shown.contains("nothing for you to answer"), "{shown}");
    let page = format!("{}/chat/approve?request={id}", scene.house().url());
    let mut cleo = Browser::new();
    let back = cleo.signs_in(&page, Person::Cleo).await;
    let (status, _, said) = cleo.get(&back).await;
    assert_eq!(status, 404, "{said}");
    assert!(said.contains("request-not-found"));

    // A login that was begun in one browser ends in no other, and neither does its page.
    let back = Browser::new().signs_in(&page, Ben).await;
    assert_eq!(Browser::new().get(&back).await.0, 400);
    let (_, shown) = scene.signs_in_for(id, Ben).await;
    assert_eq!(
        scene.sends(&mut Browser::new(), &shown, "approve").await.0,
        400
    );
    assert_eq!(scene.status(id).await, Pending);
}

#[tokio::test]
async fn an_emergency_is_reviewed_on_the_page_and_by_no_tap() {
    let scene = Scene::open().await;
    scene.linked(BEN, Ben).await;
    let id = scene.breaks_glass(Anna).await.must_be(201).id();
    scene.as_(Anna).does("release", id).await.must_be(200);
    scene.settle(id).await;
    scene.chat_hears().await;
    for message in scene
        .house()
        .slack()
        .messages(postern_local::slack::CHANNEL)
    {
        for tap in ["approve", "review"] {
            assert_eq!(button(&message.blocks, tap), None, "{}", message.blocks);
        }
    }
    let (mut browser, shown) = scene.signs_in_for(id, Ben).await;
    let (status, said) = scene.sends(&mut browser, &shown, "review").await;
    assert_eq!(status, 200, "{said}");
    assert_eq!(
        scene.view(id).await.review.map(|review| review.open),
        Some(false)
    );
}

#[tokio::test]
async fn a_login_in_chat_at_trace_logs_no_secret() {
    let (log, _guard) = Log::of_everything_on_this_thread();
    let scene = Scene::open().await;
    scene.linked(BEN, Ben).await;
    let id = scene
        .as_(Anna)
        .ask(&shell_on(WEB_7))
        .await
        .must_be(201)
        .id();
    scene.chat_hears().await;
    let (mut browser, shown) = scene.signs_in_for(id, Ben).await;
    assert_eq!(scene.sends(&mut browser, &shown, "approve").await.0, 200);
    let text = log.text();
    assert!(text.contains("answered a call"));
    let signing = scene.house().signing_secret().expose();
    for secret in [signing, TOKEN, &hidden(&shown, "ticket")] {
        assert!(!text.contains(secret), "{secret}");
    }
}
