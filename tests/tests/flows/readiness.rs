//! The readiness of an instance: for whoever looks at it, and for whoever asks for access to it.

use std::path::Path;
use std::sync::Arc;

use broker::notice::Notices;
use functions::doctor::{self, DoctorState};
use functions::metrics::Metrics;
use lambda_runtime::{Context, LambdaEvent};
use postern_local::account::network::SSM_ENDPOINT;
use postern_local::account::{DB_1, LOG_BUCKET, WEB_7, WEB_8};
use postern_local::house::Function;
use postern_local::people::Person::{Ada, Anna, Ben, Omar};
use serde_json::{Value, json};
use standin::Service;
use standin::faults::{FaultKind, FaultRule};
use tower::ServiceExt as _;

use crate::lambda::event;
use crate::scene::{Scene, ask, of, shell_on, target};

/// The path of the readiness of an instance.
fn readiness_of(instance: &str) -> String {
    format!("/v1/targets/{}/readiness", target(instance))
}

impl Scene {
    /// Nothing leads to `ssm` any more.
    fn breaks_the_way_to_ssm(&self) {
        self.world()
            .change_network(|network| network.endpoints.remove(SSM_ENDPOINT));
    }
}

#[tokio::test]
async fn a_sound_instance_is_ready_and_a_request_says_so() {
    let scene = Scene::with_doctor().await;
    for person in [Anna, Omar, Ada] {
        let told = scene.as_(person).get(&readiness_of(WEB_7)).await;
        let told = told.must_be(200);
        assert_eq!(told.body["reachable"], json!({"answer": "yes"}), "{told:?}");
        assert_eq!(told.body["log_lands"], json!({"answer": "yes"}), "{told:?}");
        assert_eq!(told.body["findings"], json!([]));
        assert_eq!(told.header("cache-control"), Some("no-store"));
    }
    let asked = scene.as_(Anna).ask(&shell_on(WEB_7)).await.must_be(201);
    let readiness = &asked.body["targets"][0]["readiness"];
    assert_eq!(readiness, &json!({"answer": "ready"}));
}

#[tokio::test]
async fn a_missing_endpoint_is_told_with_its_mend_and_refused_with_it() {
    let scene = Scene::with_doctor().await;
    scene.breaks_the_way_to_ssm();
    let told = scene.as_(Anna).get(&readiness_of(WEB_7)).await.must_be(200);
    let no = json!({"answer": "no", "because": ["endpoint-missing"]});
    assert_eq!(told.body["reachable"], no, "{}", told.text());
    let finding = &told.body["findings"][0];
    let command = finding["command"].as_str().unwrap();
    assert!(command.contains("ec2 create-vpc-endpoint "), "{command}");
    assert!(command.contains("com.amazonaws.ap-northeast-2.ssm "));

    let refused = scene.as_(Anna).ask(&shell_on(WEB_7)).await;
    let refused = refused.must_say(403, "policy-forbids");
    let reason = &refused.body["facts"]["denial"]["reasons"][0];
    assert_eq!(reason["policy"], "out-of-reach");
    assert_eq!(reason["findings"][0]["code"], "endpoint-missing");
    assert!(refused.text().contains(finding["says"].as_str().unwrap()));
    let next = refused.body["next"].as_str().unwrap();
    assert!(next.ends_with(finding["next"].as_str().unwrap()), "{next}");
    // Explaining says the same, and an emergency waits for no mend.
    let explained = scene
        .as_(Anna)
        .post("/v1/policy/explain", &shell_on(WEB_7))
        .await;
    assert!(explained.must_be(200).text().contains("out-of-reach"));
    let mut emergency = shell_on(WEB_7);
    emergency["break_glass"] = true.into();
    emergency["reason"] = "the shop is down, and web-7 with it".into();
    let asked = scene.as_(Anna).ask(&emergency).await.must_be(201);
    let readiness = &asked.body["targets"][0]["readiness"];
    assert_eq!(readiness["answer"], "unreachable");
}

#[tokio::test]
async fn a_log_that_will_not_land_is_flagged_to_asker_and_approver_and_on_record() {
    let scene = Scene::with_doctor().await;
    scene.world().remove_bucket(LOG_BUCKET);
    let both = ask(&json!({"type": "shell"}), &[WEB_7, WEB_8]);
    let asked = scene.as_(Anna).ask(&both).await.must_be(201);
    let seen = scene.as_(Ben).get(&of(asked.id(), "")).await.must_be(200);
    for view in [&asked.body, &seen.body] {
        for target in view["targets"].as_array().unwrap() {
            let readiness = &target["readiness"];
            assert_eq!(readiness["answer"], "log_will_not_land", "{readiness}");
            assert_eq!(readiness["findings"][0]["code"], "log-bucket-missing");
        }
    }
    let entries = scene.entries(asked.id()).await;
    let recorded = serde_json::to_value(&entries.entries[0]).unwrap();
    let recorded = &recorded["entry"]["event"]["facts"][0]["readiness"];
    assert_eq!(recorded, &asked.body["targets"][0]["readiness"]);
    scene.as_(Ben).approve(asked.id()).await.must_be(200);
    // The readiness on record is judged again, and the doctor is not asked again.
    let before = scene.world().calls_of(Service::Lambda, "Invoke").len();
    let issued = scene.as_(Anna).does("credentials", asked.id()).await;
    issued.must_be(200);
    let after = scene.world().calls_of(Service::Lambda, "Invoke").len();
    assert_eq!(before, after);
}

#[tokio::test]
async fn an_agent_too_old_for_ports_is_told_and_reached_by_shells() {
    let scene = Scene::with_doctor().await;
    let of_kind = async |kind: &str| {
        let path = format!("{}?kind={kind}", readiness_of(DB_1));
        scene.as_(Anna).get(&path).await.must_be(200).body
    };
    let port = of_kind("port").await;
    let no = json!({"answer": "no", "because": ["agent-too-old-for-ports"]});
    assert_eq!(port["forwards_safely"], no);
    let next = port["findings"][0]["next"].as_str().unwrap();
    assert!(next.contains("3.3.4851.0"), "{next}");
    let shell = of_kind("shell").await;
    assert_eq!(shell["reachable"], json!({"answer": "yes"}), "{shell}");
    assert_eq!(
        shell["forwards_safely"],
        json!({"answer": "not_applicable"})
    );
}

#[tokio::test]
async fn whoever_may_ask_for_nothing_on_a_target_is_told_that_there_is_none() {
    let scene = Scene::with_doctor().await;
    let mara = scene.somebody("mara", &["sales"]);
    let stranger = mara.get(&readiness_of(WEB_7)).await;
    let stranger = stranger.must_say(404, "target-not-found");
    for missing in [
        readiness_of("i-00000000000000001"),
        "/v1/targets/111122223333/us-east-1/i-0a1b2c3d4e5f60707/readiness".to_owned(),
    ] {
        let said = scene.as_(Omar).get(&missing).await;
        let said = said.must_say(404, "target-not-found");
        assert_eq!(said.text(), stranger.text());
    }
    let nobody = scene.nobody().get(&readiness_of(WEB_7)).await;
    nobody.must_say(401, "unauthenticated");
    assert!(
        scene
            .world()
            .calls_of(Service::Ec2, "DescribeInstances")
            .is_empty(),
        "nothing was looked at for any of them"
    );
    let path = format!("{}?kind=ssh", readiness_of(WEB_7));
    let said = scene.as_(Anna).get(&path).await;
    said.must_say(422, "kind-not-offered");
}

#[tokio::test]
async fn what_the_doctor_may_not_read_is_unknown_and_names_the_permission() {
    let scene = Scene::with_doctor().await;
    let denied = FaultKind::Fail {
        status: 403,
        code: "UnauthorizedOperation".to_owned(),
    };
    let rule = FaultRule::always(Service::Ec2, "DescribeVpcEndpoints", denied);
    scene.world().faults().inject(rule);
    let told = scene.as_(Anna).get(&readiness_of(WEB_7)).await.must_be(200);
    assert_eq!(told.body["reachable"]["answer"], "unknown");
    let need = &told.body["reachable"]["needs"][0]["permission"];
    assert_eq!(need, "ec2:DescribeVpcEndpoints");
    let asked = scene.as_(Anna).ask(&shell_on(WEB_7)).await.must_be(201);
    let readiness = &asked.body["targets"][0]["readiness"];
    assert_eq!(readiness["answer"], "unknown");
    let because = readiness["because"][0].as_str().unwrap();
    assert!(because.contains("ec2:DescribeVpcEndpoints"), "{because}");
}

#[tokio::test]
async fn a_doctor_who_gives_no_answer_is_no_reason_to_turn_anybody_away() {
    let scene = Scene::with_doctor().await;
    let failing = |status, code: &str| FaultKind::Fail {
        status,
        code: code.to_owned(),
    };
    for (kind, code) in [
        (FaultKind::TimeoutBeforeEffect, "timeout"),
        (
            failing(403, "AccessDeniedException"),
            "AccessDeniedException",
        ),
        (
            failing(404, "ResourceNotFoundException"),
            "ResourceNotFoundException",
        ),
    ] {
        let faults = scene.world().faults();
        faults.clear();
        faults.inject(FaultRule::always(Service::Lambda, "Invoke", kind));
        let asked = scene.as_(Anna).ask(&shell_on(WEB_7)).await.must_be(201);
        let readiness = &asked.body["targets"][0]["readiness"];
        assert_eq!(readiness["answer"], "unknown", "{readiness}");
        let because = readiness["because"][0].as_str().unwrap();
        assert!(because.contains(&format!("`{code}`")), "{because}");
        scene.as_(Ben).approve(asked.id()).await.must_be(200);
        let issued = scene.as_(Anna).does("credentials", asked.id()).await;
        issued.must_be(200);
    }
    let counted = scene.house().metrics();
    let silent = counted.iter().filter(|line| line.contains("DoctorSilent"));
    assert_eq!(silent.count(), 3);
}

#[tokio::test]
async fn where_no_doctor_is_asked_nothing_is_said_of_readiness() {
    let scene = Scene::open().await;
    scene.breaks_the_way_to_ssm();
    let asked = scene.as_(Anna).ask(&shell_on(WEB_7)).await.must_be(201);
    assert!(asked.body["targets"][0].get("readiness").is_none());
    let calls = scene.world().calls_of(Service::Lambda, "Invoke");
    assert!(calls.is_empty());
}

#[tokio::test]
async fn the_function_tells_api_and_the_gateway_apart_by_their_events() {
    let scene = Scene::with_doctor().await;
    let house = scene.house();
    let sdk = house.sdk_config(Function::Doctor);
    let in_force = house
        .config()
        .in_force(sdk, house.clock().clone(), Notices::unheard());
    let practice = house
        .config()
        .practice(sdk, in_force, house.clock().clone());
    let verifier = house.config().verifier(house.clock().clone()).unwrap();
    let state = DoctorState {
        practice: Arc::new(practice.unwrap()),
        verifier: Arc::new(verifier),
        metrics: Metrics::uncounted(),
    };
    let told = async |event: &Value| -> Value {
        let event = serde_json::from_str(&event.to_string()).unwrap();
        let event = LambdaEvent::new(event, Context::default());
        let answer = doctor::behind(state.clone()).oneshot(event).await;
        serde_json::to_value(answer.unwrap_or_else(|never| match never {})).unwrap()
    };
    let examination = json!({"examine": [target(WEB_7)], "kind": {"type": "shell"}});
    let examined = told(&examination).await;
    assert_eq!(
        examined["examined"][0]["readiness"],
        json!({"answer": "ready"})
    );
    // What a person sends as a body is no event.
    let http = told(&event("GET", &readiness_of(WEB_7), &[], Some(&examination))).await;
    assert_eq!(http["statusCode"], 401);
    let token = format!("Bearer {}", house.token(Anna).unwrap());
    let headers = [("authorization", token.as_str())];
    let http = told(&event("GET", &readiness_of(WEB_7), &headers, None)).await;
    assert_eq!(http["statusCode"], 200, "{http}");
    // Nor is what is neither.
    let odd =
        told(&json!({"examine": [target(WEB_7)], "kind": {"type": "shell"}, "more": 1})).await;
    assert_eq!(odd["statusCode"], 400);
}

const PAGE_HEAD: &str = "\
# What a doctor says

`GET /v1/targets/{account}/{region}/{id}/readiness` answers three questions about an instance: can a
session be opened on it, will the log of a session land in the bucket, and does its agent forward ports
safely. `?kind=shell` (or `command`, `port`, `ssh`) asks for one kind of access; otherwise it is all that
the place offers. Whoever may ask for something on the instance may ask, and so may operators and
auditors.

- `yes`: everything that bears on the question is as it should be. That is no promise: only a session
  proves the way, and only a log in the bucket proves the log.
- `no`: something does not work. Each finding has a stable code, a sentence, and the mend as a command and,
  where a template can say it, as a piece of one. Words in capitals stand for what only you can name.
- `unknown`: nothing is known to be wrong, and something could not be looked at. It names what is lacking,
  such as a permission of the doctor's role. It never counts as `yes`.

This is the answer about an instance in a private subnet whose endpoint for `ssm` is missing. It was made
by the tests, with the local run's doctor.

```json
";

#[tokio::test]
async fn the_page_shows_an_answer_as_it_is_given() {
    let scene = Scene::with_doctor().await;
    scene.breaks_the_way_to_ssm();
    let path = format!("{}?kind=shell", readiness_of(WEB_7));
    let told = scene.as_(Anna).get(&path).await.must_be(200);
    let shown = serde_json::to_string_pretty(&told.body).unwrap();
    let page = format!("{PAGE_HEAD}{shown}\n```\n");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/readiness.md");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&file, &page).unwrap();
    }
    let golden = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(golden == page, "run with UPDATE_GOLDEN=1 if this is meant");
}
