//! Links: made by a login and a code, for a time, and cut.

use std::time::Duration;

use postern_local::people::Person::{Anna, Ben, Cleo, Omar};
use reqwest::Method;

use super::hand::button;
use super::{ANNA, BEN, Browser, Hand};
use crate::scene::Scene;

#[tokio::test]
async fn a_link_needs_the_login_and_the_code_in_one_hand() {
    let scene = Scene::open().await;
    // Mallory has a chat user, and talks Ben into signing in on Mallory's page.
    let mallory = scene.seat("U0MALLORY", "Mallory");
    let page = scene.link_page(&mallory).await;
    let code = Browser::new().links(&page, Ben).await;
    // Ben is shown a code, and Mallory is not: five guesses end the attempt.
    let ben = scene.seat(BEN, "Ben");
    let said = scene.says(&ben, &format!("link {code}")).await;
    assert!(said.contains("Nothing was linked"), "{said}");
    for _ in 0..5 {
        let said = scene.says(&mallory, "link 0000-0000").await;
        assert!(said.contains("Nothing was linked"), "{said}");
    }
    let said = scene.says(&mallory, &format!("link {code}")).await;
    assert!(said.contains("Nothing was linked"), "{said}");
    let links = scene.as_(Omar).get("/v1/chat/links").await.must_be(200);
    assert_eq!(links.body["linked"].as_array().unwrap().len(), 0);
}

#[tokio::test]
async fn a_login_is_good_once_and_for_ten_minutes() {
    let scene = Scene::open().await;
    let anna = scene.seat(ANNA, "Anna");
    let page = scene.link_page(&anna).await;
    let mut browser = Browser::new();
    let back = browser.signs_in(&page, Anna).await;
    assert_eq!(browser.get(&back).await.0, 200);
    // Neither the way back nor the page is good twice.
    assert_eq!(browser.get(&back).await.0, 400);
    assert_eq!(browser.get(&page).await.0, 400);

    let late = scene.link_page(&anna).await;
    let back = browser.signs_in(&late, Anna).await;
    scene.advance(Duration::from_secs(10 * 60));
    assert_eq!(browser.get(&back).await.0, 400);
    assert_eq!(browser.get(&late).await.0, 400);

    // A new attempt takes the place of the one before, and a code of nobody's provider is none.
    let first = scene.link_page(&anna).await;
    let second = scene.link_page(&anna).await;
    assert_eq!(browser.get(&first).await.0, 400);
    let state = second.split("state=").nth(1).unwrap();
    let url = scene.house().url();
    let made_up = format!("{url}/chat/link/callback?state={state}&code=made-up");
    assert_eq!(browser.get(&made_up).await.0, 400);
    for odd in [
        "",
        "?state=x&code=y",
        "?error=access_denied",
        "?state=a&state=b",
    ] {
        let page = format!("{url}/chat/link/callback{odd}");
        assert_eq!(browser.get(&page).await.0, 400, "{odd}");
    }
}

#[tokio::test]
async fn a_link_counts_for_its_time_and_then_a_login_is_asked() {
    let scene = Scene::with(&[("POSTERN_CHAT_LINK_FOR", "1h")]).await;
    let anna = scene.linked(ANNA, Anna).await;
    let said = scene.says(&anna, "list").await;
    assert!(said.contains("Nothing of yours is open"), "{said}");
    scene.advance(Duration::from_secs(60 * 60));
    let said = scene.says(&anna, "list").await;
    assert!(said.contains("/postern link"), "{said}");
}

#[tokio::test]
async fn a_link_is_seen_and_cut_by_its_owner_and_by_operators() {
    let scene = Scene::open().await;
    let anna = scene.linked(ANNA, Anna).await;
    let ben = scene.linked(BEN, Ben).await;
    let of = |links: &crate::scene::Reply| -> Vec<String> {
        let links = links.body["linked"].as_array().unwrap().iter();
        links
            .map(|link| link["id"].as_str().unwrap().to_owned())
            .collect()
    };
    let path = "/v1/chat/links";
    let seen = scene.as_(Anna).get(path).await.must_be(200);
    assert_eq!(of(&seen), ["T0POSTERN.U0ANNA"]);
    let seen = scene.as_(Omar).get(path).await.must_be(200);
    assert_eq!(of(&seen), ["T0POSTERN.U0ANNA", "T0POSTERN.U0BEN"]);
    let seen = scene.as_(Cleo).get(path).await.must_be(200);
    assert_eq!(of(&seen), Vec::<String>::new());

    let cut = |id: &str| format!("{path}/{id}");
    let bens = cut("T0POSTERN.U0BEN");
    let said = scene.as_(Anna).send(Method::DELETE, &bens, None).await;
    said.must_say(404, "link-not-found");
    let said = scene
        .as_(Omar)
        .send(Method::DELETE, &cut("nonsense"), None)
        .await;
    said.must_say(404, "link-not-found");
    scene
        .as_(Omar)
        .send(Method::DELETE, &bens, None)
        .await
        .must_be(204);
    let said = scene.says(&ben, "list").await;
    assert!(said.contains("/postern link"), "{said}");

    // Anna cuts her own where it was made.
    let said = scene.says(&anna, "unlink").await;
    assert!(said.contains("cut"), "{said}");
    let seen = scene.as_(Omar).get(path).await.must_be(200);
    assert_eq!(of(&seen), Vec::<String>::new());
}

#[tokio::test]
async fn nobody_is_linked_without_being_a_member() {
    let scene = Scene::open().await;
    let ghost = Hand::of("U0GHOST");
    let said = scene.says(&ghost, "link").await;
    assert!(said.contains("serves members"), "{said}");
    let told = scene.house().slack().whispers();
    assert_eq!(button(&told.last().unwrap().blocks, "page"), None);
}
