//! The readiness of an instance: for whoever looks at it, and for whoever asks for access to it.

use postern_local::account::WEB_7;
use postern_local::people::Person::{Anna, Ben};
use standin::Service;
use standin::faults::{FaultKind, FaultRule};

use crate::scene::{Scene, shell_on};

#[tokio::test]
async fn a_doctor_who_gives_no_answer_is_no_reason_to_turn_anybody_away() {
    let scene = Scene::with(&[("POSTERN_DOCTOR_FUNCTION", "postern-doctor")]).await;
    let failing = |status, code: &str| FaultKind::Fail {
        status,
        code: code.to_owned(),
    };
    for (kind, code) in [
        (FaultKind::TimeoutBeforeEffect, "timeout"),
        (
            failing(502, "EC2UnexpectedException"),
            "EC2UnexpectedException",
        ),
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
        scene
            .as_(Anna)
            .does("credentials", asked.id())
            .await
            .must_be(200);
    }
    let counted = scene.house().metrics();
    let silent = counted.iter().filter(|line| line.contains("DoctorSilent"));
    assert_eq!(silent.count(), 4);
}

#[tokio::test]
async fn where_no_doctor_is_asked_nothing_is_said_of_readiness() {
    let scene = Scene::with(&[("POSTERN_DOCTOR_FUNCTION", "")]).await;
    let asked = scene.as_(Anna).ask(&shell_on(WEB_7)).await.must_be(201);
    assert!(asked.body["targets"][0].get("readiness").is_none());
    assert!(scene.world().calls_of(Service::Lambda, "Invoke").is_empty());
}
