//! Who somebody is, and what is theirs (THREATS S2, E1, E2, E3, I3, I5, D4, D6).

use std::time::Duration;

use postern_local::account::{WEB_7, WEB_8};
use postern_local::people::Person::{Ada, Anna, Ben, Cleo, Omar};
use rules::status::StatusWord::{Approved, Pending};
use serde_json::{Value, json};
use standin::Service;

use crate::scene::{GRANT, Scene, Visitor, of, shell_on};

/// Every call about a request, but for its path.
const ABOUT_A_REQUEST: [(&str, &str); 9] = [
    ("get", ""),
    ("get", "sessions"),
    ("get", "entries"),
    ("post", "approve"),
    ("post", "deny"),
    ("post", "withdraw"),
    ("post", "credentials"),
    ("post", "revoke"),
    ("post", "release"),
];

/// Whoever these changes make of the claims of Anna.
fn changed(scene: &Scene, changes: &[(&str, Value)]) -> Visitor {
    let mut claims = scene.house().issuer().claims(Anna);
    for (name, value) in changes {
        claims[*name] = value.clone();
    }
    scene.claiming(&claims)
}

#[tokio::test]
async fn what_is_not_mine_to_see_is_not_there_by_any_call() {
    let scene = Scene::open().await;
    let (id, _) = scene.active().await;
    let shown = scene.view(id).await.shown;
    for (method, what) in ABOUT_A_REQUEST {
        let cleo = scene.as_(Cleo);
        let said = match method {
            "get" => cleo.get(&of(id, what)).await,
            _ if what == "approve" => cleo.post(&of(id, what), &json!({"shown": shown})).await,
            _ => cleo.does(what, id).await,
        };
        let said = said.must_say(404, "request-not-found");
        assert!(!said.text().contains("anna"), "{}", said.text());
    }
    let process = of(id, "credentials?format=credential_process");
    let said = scene.as_(Cleo).post(&process, &json!({})).await;
    said.must_say(404, "request-not-found");
    assert_eq!(scene.world().calls_of(Service::Sts, "AssumeRole").len(), 1);
}

#[tokio::test]
async fn two_users_see_nothing_of_each_other() {
    let scene = Scene::open().await;
    let (anna, cleo) = (scene.as_(Anna), scene.as_(Cleo));
    let annas = anna.ask(&shell_on(WEB_7)).await.must_be(201).id();
    let cleos = cleo.ask(&shell_on(WEB_7)).await.must_be(201).id();
    anna.show(annas).await.must_be(200);
    cleo.show(cleos).await.must_be(200);
    anna.show(cleos).await.must_say(404, "request-not-found");
    cleo.show(annas).await.must_say(404, "request-not-found");
    // An approver sees what they may answer, an office what there is.
    for other in [Ben, Omar, Ada] {
        for id in [annas, cleos] {
            scene.as_(other).show(id).await.must_be(200);
        }
    }
}

#[tokio::test]
async fn the_same_address_with_another_subject_is_another_person() {
    let scene = Scene::open().await;
    let mail = ("email", json!("anna@example.com"));
    let anna = changed(&scene, std::slice::from_ref(&mail));
    let other = changed(&scene, &[mail, ("sub", json!("anna-2"))]);
    let id = anna.ask(&shell_on(WEB_7)).await.must_be(201).id();
    other.show(id).await.must_say(404, "request-not-found");
    // And one subject with another address and name is the same person.
    let renamed = [("email", json!("new@example.com")), ("name", json!("Ann"))];
    changed(&scene, &renamed).show(id).await.must_be(200);
}

#[tokio::test]
async fn nobody_approves_their_own_request_by_another_spelling_of_themselves() {
    let scene = Scene::open().await;
    let ben = scene.as_(Ben);
    let id = ben.ask(&shell_on(WEB_7)).await.must_be(201).id();
    let groups = ("groups", json!(["engineers", "leads", "operators"]));
    let themselves = [
        changed(&scene, &[("sub", json!("ben")), groups.clone()]),
        changed(
            &scene,
            &[
                ("sub", json!("ben")),
                ("name", json!("Benjamin")),
                groups.clone(),
            ],
        ),
        changed(
            &scene,
            &[
                ("sub", json!("ben")),
                ("email", json!("other@example.com")),
                groups,
            ],
        ),
    ];
    for person in themselves {
        person.approve(id).await.must_say(403, "self-approval");
        person.does("deny", id).await.must_say(403, "self-approval");
    }
    assert_eq!(scene.status(id).await, Pending);
    // To the identity provider a subject in capitals is somebody else, and so it is here.
    let capitals = changed(
        &scene,
        &[("sub", json!("BEN")), ("groups", json!(["leads"]))],
    );
    capitals.approve(id).await.must_be(200);
}

#[tokio::test]
async fn a_yes_is_a_yes_to_one_request_only() {
    let scene = Scene::open().await;
    let ben = scene.as_(Ben);
    let small = scene
        .as_(Anna)
        .ask(&shell_on(WEB_7))
        .await
        .must_be(201)
        .id();
    let mut body = shell_on(WEB_7);
    body["duration_seconds"] = (2 * 60 * 60).into();
    let large = scene.as_(Anna).ask(&body).await.must_be(201).id();
    let shown = ben.show(small).await.body["shown"].clone();
    let swapped = ben
        .post(&of(large, "approve"), &json!({"shown": shown}))
        .await;
    swapped.must_say(409, "shown-changed");
    // Word for word the same request is still another one.
    let twin = scene
        .as_(Anna)
        .ask(&shell_on(WEB_7))
        .await
        .must_be(201)
        .id();
    let swapped = ben
        .post(&of(twin, "approve"), &json!({"shown": shown}))
        .await;
    swapped.must_say(409, "shown-changed");
    ben.post(&of(small, "approve"), &json!({"shown": shown}))
        .await
        .must_be(200);
}

#[tokio::test]
async fn a_requester_who_lost_the_group_gets_no_credentials_and_no_new_ones() {
    let scene = Scene::open().await;
    let (id, _) = scene.active().await;
    let former = scene.somebody("anna", &["writers"]);
    former
        .does("credentials", id)
        .await
        .must_say(403, "no-longer-allowed");
    // It was her grant all the same, and she may give it back.
    former.does("release", id).await.must_be(200);
}

#[tokio::test]
async fn an_approver_who_lost_the_group_approves_nothing() {
    let scene = Scene::open().await;
    let id = scene.asked().await;
    scene
        .somebody("ben", &["engineers"])
        .show(id)
        .await
        .must_say(404, "request-not-found");
    // A group is its exact name.
    for group in ["Leads", "leads ", "lead", "leads,operators"] {
        let yes = json!({"shown": scene.view(id).await.shown});
        let other = scene.somebody("ben", &[group]);
        let said = other.post(&of(id, "approve"), &yes).await;
        assert!(
            [401, 404].contains(&said.status),
            "{group}: {}",
            said.text()
        );
    }
    assert_eq!(scene.status(id).await, Pending);
}

#[tokio::test]
async fn an_office_that_is_not_configured_is_nobodys() {
    let none = [
        ("POSTERN_OPERATOR_GROUPS", ""),
        ("POSTERN_AUDITOR_GROUPS", ""),
    ];
    let scene = Scene::with(&none).await;
    let id = scene.asked().await;
    for person in [Omar, Ada] {
        scene
            .as_(person)
            .show(id)
            .await
            .must_say(404, "request-not-found");
        let all = scene.as_(person).get("/v1/requests?view=all").await;
        all.must_say(403, "may-not-list-all");
    }
}

#[tokio::test]
async fn the_eleventh_request_waits_until_one_of_ten_is_answered() {
    let scene = Scene::open().await;
    let anna = scene.as_(Anna);
    let mut waiting = Vec::new();
    for _ in 0..10 {
        waiting.push(anna.ask(&shell_on(WEB_7)).await.must_be(201).id());
    }
    let turned = anna
        .ask(&shell_on(WEB_7))
        .await
        .must_say(429, "too-many-pending");
    let wait: u64 = turned.header("retry-after").unwrap().parse().unwrap();
    assert!(wait > 0);
    // What is on the way does not count for others, and neither do grants.
    scene.as_(Cleo).ask(&shell_on(WEB_8)).await.must_be(201);
    for (n, verb) in ["withdraw", "deny", "approve"].into_iter().enumerate() {
        let freed = match verb {
            "withdraw" => anna.does(verb, waiting[n]).await,
            "deny" => scene.as_(Ben).does(verb, waiting[n]).await,
            _ => scene.as_(Ben).approve(waiting[n]).await,
        };
        freed.must_be(200);
        anna.ask(&shell_on(WEB_7)).await.must_be(201);
        let turned = anna.ask(&shell_on(WEB_7)).await;
        turned.must_say(429, "too-many-pending");
    }
    // What lapses frees its place too.
    scene.advance(Duration::from_secs(4 * 60 * 60));
    scene.sweep().await;
    scene.as_(Anna).ask(&shell_on(WEB_7)).await.must_be(201);
}

#[tokio::test]
async fn an_end_is_exclusive_everywhere() {
    let scene = Scene::open().await;
    let moment = Duration::from_millis(1);
    let (id, _) = scene.active().await;
    scene.advance(GRANT - moment);
    scene.as_(Anna).does("credentials", id).await.must_be(200);
    assert_eq!(
        scene.as_(Anna).show(id).await.body["you_may"],
        json!(["issue", "release", "extend"])
    );
    scene.advance(moment);
    scene
        .as_(Anna)
        .does("credentials", id)
        .await
        .must_say(409, "grant-over");
    assert_eq!(
        scene.as_(Anna).show(id).await.body["you_may"],
        json!(["release"])
    );

    let unused = scene.approved().await;
    scene.advance(Duration::from_secs(4 * 60 * 60) - moment);
    assert_eq!(
        scene.as_(Anna).show(unused).await.body["you_may"],
        json!(["issue", "release", "extend"])
    );
    scene.advance(moment);
    assert_eq!(scene.status(unused).await, Approved);
    scene
        .as_(Anna)
        .does("credentials", unused)
        .await
        .must_say(409, "deadline-passed");
}
