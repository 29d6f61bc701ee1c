//! Lists: who finds which requests, in which order, and page by page.

use std::collections::BTreeSet;
use std::time::Duration;

use postern_local::account::{BATCH_1, WEB_7};
use postern_local::people::Person::{Ada, Anna, Ben, Cleo, Omar};
use rules::names::RequestId;
use rules::wire::RequestList;
use serde_json::json;

use crate::scene::{AT_ONCE, Scene, Visitor, ask, shell_on};

/// One page, by its query.
async fn page(visitor: &Visitor, query: &str) -> RequestList {
    visitor
        .get(&format!("/v1/requests?{query}"))
        .await
        .must_be(200)
        .read()
}

/// The ids of one page.
async fn ids(visitor: &Visitor, query: &str) -> Vec<RequestId> {
    page(visitor, query)
        .await
        .requests
        .iter()
        .map(|request| request.id)
        .collect()
}

/// The ids of every page, each page with its own.
async fn pages(visitor: &Visitor, query: &str) -> Vec<Vec<RequestId>> {
    let mut pages = Vec::new();
    let mut at = query.to_owned();
    loop {
        let RequestList { requests, next } = page(visitor, &at).await;
        pages.push(requests.iter().map(|request| request.id).collect());
        match next {
            Some(after) => at = format!("{query}&after={after}"),
            None => return pages,
        }
        assert!(pages.len() < 50, "the pages have no end");
    }
}

/// So many requests of somebody's, one each second, the newest first.
async fn made(scene: &Scene, visitor: &Visitor, count: usize) -> Vec<RequestId> {
    let mut ids = Vec::new();
    for _ in 0..count {
        scene.advance(Duration::from_secs(1));
        ids.push(visitor.ask(&shell_on(WEB_7)).await.must_be(201).id());
    }
    ids.reverse();
    ids
}

#[tokio::test]
async fn mine_are_those_that_i_made_and_no_others() {
    let scene = Scene::open().await;
    let (anna, cleo) = (scene.as_(Anna), scene.as_(Cleo));
    let annas = made(&scene, &anna, 3).await;
    let cleos = made(&scene, &cleo, 2).await;
    assert_eq!(ids(&anna, "").await, annas);
    assert_eq!(ids(&anna, "view=mine").await, annas);
    assert_eq!(ids(&cleo, "view=mine").await, cleos);
    // Those who see everything have made nothing.
    for other in [Ben, Omar, Ada] {
        assert_eq!(ids(&scene.as_(other), "view=mine").await, []);
    }
}

#[tokio::test]
async fn pages_are_newest_first_whole_and_without_doubles() {
    let scene = Scene::with(&[("POSTERN_MOST_PENDING", "100")]).await;
    let anna = scene.as_(Anna);
    let all = made(&scene, &anna, 25).await;
    let lists = [
        (anna.clone(), "view=mine"),
        (scene.as_(Ben), "view=waiting"),
        (scene.as_(Ada), "view=all"),
    ];
    for (visitor, query) in lists {
        // 20 where nobody says how many.
        let usual = pages(&visitor, query).await;
        assert_eq!(
            usual.iter().map(Vec::len).collect::<Vec<_>>(),
            [20, 5],
            "{query}"
        );
        assert_eq!(usual.concat(), all, "{query}");
        for limit in [1, 7, 24, 25, 26, 100] {
            let pages = pages(&visitor, &format!("{query}&limit={limit}")).await;
            assert_eq!(pages.len(), all.len().div_ceil(limit), "{query} by {limit}");
            assert_eq!(pages.concat(), all, "{query} by {limit}");
        }
    }
}

#[tokio::test]
async fn what_is_new_meanwhile_moves_no_page() {
    let scene = Scene::open().await;
    let anna = scene.as_(Anna);
    let all = made(&scene, &anna, 4).await;
    let first = page(&anna, "limit=2").await;
    let after = first.next.expect("there is a second page");
    made(&scene, &anna, 3).await;
    assert_eq!(
        ids(&anna, &format!("limit=2&after={after}")).await,
        all[2..]
    );
}

#[tokio::test]
async fn waiting_are_those_that_i_may_approve_now() {
    let scene = Scene::open().await;
    let (anna, ben) = (scene.as_(Anna), scene.as_(Ben));
    let first = made(&scene, &anna, 1).await[0];
    let command = ask(&json!({"type": "command", "name": "disk-usage"}), &[WEB_7]);
    scene.advance(Duration::from_secs(1));
    let second = anna.ask(&command).await.must_be(201).id();
    scene.advance(Duration::from_secs(1));
    let bens = ben.ask(&shell_on(WEB_7)).await.must_be(201).id();
    let query = "view=waiting";
    // Leads may answer all of them, Ben himself not his own, and operators only the command.
    assert_eq!(ids(&ben, query).await, [second, first]);
    assert_eq!(
        ids(&scene.somebody("lena", &["leads"]), query).await,
        [bens, second, first]
    );
    assert_eq!(ids(&scene.as_(Omar), query).await, [second]);
    // In two groups that may, each is there once; in none, none is.
    let both = scene.somebody("lena", &["leads", "operators"]);
    assert_eq!(ids(&both, query).await, [bens, second, first]);
    for other in [Anna, Cleo, Ada] {
        assert_eq!(ids(&scene.as_(other), query).await, []);
    }
    // What is answered waits no more.
    ben.approve(first).await.must_be(200);
    ben.does("deny", second).await.must_be(200);
    assert_eq!(ids(&ben, query).await, []);
}

#[tokio::test]
async fn what_i_have_approved_does_not_wait_for_me_though_it_waits_for_another() {
    let scene = Scene::open().await;
    let unlogged = json!({"type": "port", "host": "localhost", "port": 5432});
    let id = scene
        .as_(Anna)
        .ask(&ask(&unlogged, &[WEB_7]))
        .await
        .must_be(201)
        .id();
    scene.as_(Ben).approve(id).await.must_be(200);
    assert_eq!(ids(&scene.as_(Ben), "view=waiting").await, []);
    assert_eq!(
        ids(&scene.somebody("sven", &["security"]), "view=waiting").await,
        [id]
    );
}

#[tokio::test]
async fn everybodys_are_listed_by_day_to_operators_and_auditors() {
    let scene = Scene::with(&[AT_ONCE]).await;
    let mut first_day = made(&scene, &scene.as_(Anna), 2).await;
    scene.advance(Duration::from_secs(1));
    // What was not pending for a moment is there too.
    let automatic = scene
        .as_(Cleo)
        .ask(&shell_on(BATCH_1))
        .await
        .must_be(201)
        .id();
    first_day.insert(0, automatic);
    scene.advance(Duration::from_secs(24 * 60 * 60));
    let second_day = made(&scene, &scene.as_(Cleo), 1).await;
    for reader in [Omar, Ada].map(|person| scene.as_(person)) {
        assert_eq!(ids(&reader, "view=all&day=2026-11-24").await, first_day);
        assert_eq!(ids(&reader, "view=all&day=2026-11-25").await, second_day);
        assert_eq!(ids(&reader, "view=all").await, second_day);
        assert_eq!(ids(&reader, "view=all&day=2026-11-23").await, []);
    }
}

#[tokio::test]
async fn a_status_picks_those_in_it() {
    let scene = Scene::open().await;
    let pending = scene.asked().await;
    let approved = scene.approved().await;
    let (active, _) = scene.active().await;
    let denied = scene.asked().await;
    scene.as_(Ben).does("deny", denied).await.must_be(200);
    let withdrawn = scene.asked().await;
    scene
        .as_(Anna)
        .does("withdraw", withdrawn)
        .await
        .must_be(200);
    let (ending, _) = scene.active().await;
    scene.as_(Anna).does("release", ending).await.must_be(200);
    let closed = scene.approved().await;
    scene.as_(Anna).does("release", closed).await.must_be(200);
    let in_status = [
        ("pending", pending),
        ("approved", approved),
        ("active", active),
        ("ending", ending),
        ("closed", closed),
        ("denied", denied),
        ("withdrawn", withdrawn),
    ];
    for (status, id) in in_status {
        for (person, view) in [(Anna, "mine"), (Ada, "all")] {
            let query = format!("view={view}&status={status}");
            assert_eq!(ids(&scene.as_(person), &query).await, [id], "{query}");
        }
    }
    assert_eq!(ids(&scene.as_(Anna), "status=lapsed").await, []);
    // A page may be short of what it looked at, and then there is another one.
    let found = pages(&scene.as_(Anna), "status=active&limit=2").await;
    assert_eq!(found.concat(), [active]);
    assert!(found.len() > 1);
}

#[tokio::test]
async fn what_may_be_asked_for_depends_on_who_asks() {
    let scene = Scene::open().await;
    let offers = |reply: crate::scene::Reply| -> BTreeSet<String> {
        assert_eq!(reply.body["complete"], true);
        let targets = reply.body["targets"].as_array().unwrap();
        let kind = |kind: &serde_json::Value| kind["kind"]["type"].as_str().unwrap().to_owned();
        targets
            .iter()
            .map(|target| {
                let kinds: Vec<String> = target["kinds"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(kind)
                    .collect();
                format!("{}: {}", target["name"].as_str().unwrap(), kinds.join(" "))
            })
            .collect()
    };
    let anna = offers(scene.as_(Anna).get("/v1/targets").await.must_be(200));
    let expected = [
        "batch-1: shell",
        "db-1: shell command",
        "web-7: shell command port",
        "web-8: shell command port",
    ];
    assert_eq!(anna, expected.map(str::to_owned).into());
    let contractor = scene.somebody("carl", &["engineers", "contractors"]);
    let contractor = offers(contractor.get("/v1/targets").await.must_be(200));
    assert_eq!(contractor, ["batch-1: shell".to_owned()].into());
    assert!(offers(scene.as_(Ada).get("/v1/targets").await.must_be(200)).is_empty());
}
