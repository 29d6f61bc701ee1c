//! The readiness of a target, from the asking to the issue.

use super::scene::{Scene, needing, start};
use crate::policy::PolicySet;
use crate::readiness::{Found, Readiness};
use crate::refusal::Refusal;
use crate::wire::RequestView;

const REFUSING: &str = r#"
    @id("unreachable") @because("it cannot be reached")
    forbid(principal, action, resource)
    when { resource has readiness && resource.readiness == "unreachable" };"#;

fn unreachable() -> Readiness {
    let found = Found {
        code: "endpoint-missing".to_owned(),
        says: "there is no endpoint for `ssm`".to_owned(),
        next: "Create the endpoint.".to_owned(),
    };
    Readiness::Unreachable {
        findings: vec![found],
    }
}

fn scene(policy: &str, readiness: Option<Readiness>) -> Scene {
    let mut scene = Scene::under(policy);
    scene.facts[0].readiness = readiness;
    scene
}

#[test]
fn without_a_policy_on_it_an_unreachable_target_is_flagged_to_asker_and_approver() {
    let scene = scene(&needing(1), Some(unreachable()));
    let request = scene.asked();
    assert_eq!(request.facts()[0].readiness, Some(unreachable()));
    for caller in [Scene::requester(), Scene::approver()] {
        let view = RequestView::of(&request, &caller, &scene.offices, &scene.pace, start());
        assert_eq!(view.targets[0].readiness, Some(unreachable()));
    }
    // What the approver was shown is part of what they approve.
    let other = Scene::under(&needing(1));
    assert_ne!(request.shown(), other.asked().shown());
}

#[test]
fn a_policy_may_refuse_it_with_the_finding_and_its_mend() {
    let scene = scene(&format!("{}{REFUSING}", needing(1)), Some(unreachable()));
    let refusal = scene.ask(&Scene::requester()).unwrap_err();
    let told = refusal.to_string();
    assert!(told.contains("there is no endpoint for `ssm`"), "{told}");
    assert_eq!(
        refusal.next(),
        "Have this mended, then ask again. Create the endpoint."
    );
}

#[test]
fn the_readiness_on_record_is_judged_when_access_is_activated_and_no_other() {
    // Flagged when it was asked for, and approved with that.
    let mut scene = scene(&needing(1), Some(unreachable()));
    let approved = scene.approved();
    // The inventory, which is read again, knows nothing of readiness.
    scene.facts[0].readiness = None;
    assert!(scene.begin(&approved, &Scene::requester(), start()).is_ok());
    scene.policy = PolicySet::parse(&format!("{}{REFUSING}", needing(1))).unwrap();
    let refused = scene.begin(&approved, &Scene::requester(), start());
    let Err(Refusal::NoLongerAllowed(denial)) = refused else {
        panic!("{refused:?}");
    };
    assert!(denial.to_string().contains("no endpoint"), "{denial}");

    let mut sound = self::scene(&needing(1), Some(Readiness::Ready {}));
    let active = sound.active();
    sound.facts[0].readiness = Some(unreachable());
    let step = sound.extend(&active, &Scene::requester(), start());
    let extended = step.unwrap();
    let extension = extended.request().asked_extension().unwrap();
    assert_eq!(extension.facts[0].readiness, Some(Readiness::Ready {}));
}
