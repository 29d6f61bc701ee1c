use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use broker::fault::AwsFaultKind;
use rules::permit::Permit;
use serde_json::Value;
use standin::Service;
use standin::faults::{FaultKind, FaultRule};
use standin::journal::JournalEntry;

use crate::arranged::{ROLE, arranged};

fn assume_role(kind: FaultKind) -> FaultRule {
    FaultRule::always(Service::Sts, "AssumeRole", kind)
}

fn took_effect(calls: &[JournalEntry]) -> usize {
    calls.iter().filter(|call| call.took_effect).count()
}

#[tokio::test]
async fn credentials_carry_request_person_policy_and_length() {
    let arranged = arranged();
    let (request, permit) = arranged.granted(1);
    let policy = permit.policy().as_json().to_owned();
    let minted = arranged.sts().mint(permit).await.unwrap();
    assert_eq!(
        minted.expires_at,
        arranged.now().plus(Duration::from_secs(1_801))
    );

    let calls = arranged.world.calls_of(Service::Sts, "AssumeRole");
    assert_eq!(calls.len(), 1);
    let said = |name: &str| {
        calls[0]
            .parameters
            .get(name)
            .and_then(Value::as_str)
            .unwrap()
    };
    let id = request.id().to_string();
    assert_eq!(said("RoleArn"), ROLE);
    assert_eq!(said("RoleSessionName"), id);
    assert_eq!(said("SourceIdentity"), "engineer-7");
    assert_eq!(said("Tags.member.1.Key"), Permit::REQUEST_TAG);
    assert_eq!(said("Tags.member.1.Value"), id);
    assert_eq!(said("Policy"), policy);
    assert_eq!(said("DurationSeconds"), "1801");
    assert!(calls[0].parameters.get("Tags.member.2.Key").is_none());
    assert_eq!(calls[0].region, "ap-northeast-2");
}

#[tokio::test]
async fn throttles_are_waited_out_and_credentials_are_made_once() {
    let arranged = arranged();
    arranged
        .world
        .faults()
        .inject(assume_role(FaultKind::Throttle).times(2));
    let (_, permit) = arranged.granted(1);
    let minted = arranged.sts().mint(permit).await.unwrap();
    assert!(minted.access_key_id.starts_with("ASIA"));
    let calls = arranged.world.calls_of(Service::Sts, "AssumeRole");
    assert_eq!((calls.len(), took_effect(&calls)), (3, 1));
}

#[tokio::test]
async fn lasting_throttles_end_in_a_fault() {
    let arranged = arranged();
    arranged
        .world
        .faults()
        .inject(assume_role(FaultKind::Throttle));
    let (_, permit) = arranged.granted(1);
    let fault = arranged.sts().mint(permit).await.unwrap_err();
    assert_eq!(fault.kind, AwsFaultKind::Throttled);
    assert_eq!(arranged.world.calls_of(Service::Sts, "AssumeRole").len(), 3);
}

#[tokio::test]
async fn a_call_whose_answer_was_lost_is_not_made_again() {
    for kind in [
        FaultKind::TimeoutAfterEffect,
        FaultKind::TimeoutBeforeEffect,
        FaultKind::Fail {
            status: 500,
            code: "InternalFailure".to_owned(),
        },
    ] {
        let arranged = arranged();
        arranged
            .world
            .faults()
            .inject(assume_role(kind.clone()).times(1));
        let (_, permit) = arranged.granted(1);
        let fault = arranged.sts().mint(permit).await.unwrap_err();
        assert_eq!(fault.kind, AwsFaultKind::Unreachable, "{kind:?}");
        assert_eq!(
            arranged.world.calls_of(Service::Sts, "AssumeRole").len(),
            1,
            "{kind:?}"
        );
    }
}

#[tokio::test]
async fn a_refusal_is_told_by_its_code() {
    let arranged = arranged();
    for (status, code, kind) in [
        (403, "AccessDenied", AwsFaultKind::Denied),
        (400, "PackedPolicyTooLarge", AwsFaultKind::Rejected),
        (400, "MalformedPolicyDocument", AwsFaultKind::Rejected),
        (403, "RegionDisabledException", AwsFaultKind::Denied),
        (400, "SomethingNew", AwsFaultKind::Rejected),
    ] {
        let refusing = FaultKind::Fail {
            status,
            code: code.to_owned(),
        };
        arranged
            .world
            .faults()
            .inject(assume_role(refusing).times(1));
        let (_, permit) = arranged.granted(1);
        let fault = arranged.sts().mint(permit).await.unwrap_err();
        assert_eq!((fault.code.as_str(), fault.kind), (code, kind));
    }
}

/// What is logged, from all threads that log through it.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn no_log_line_and_no_debug_form_holds_a_secret() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let _here = tracing::subscriber::set_default(subscriber);

    let arranged = arranged();
    let (_, minted) = arranged.minted(1).await;
    arranged
        .ssm()
        .active(&arranged.place, broker::ssm::Haste::Urgent)
        .await
        .unwrap();
    let logged = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let shown = format!("{minted:?}");
    assert!(
        logged.contains("TRACE") && logged.contains("DescribeSessions"),
        "nothing was logged"
    );
    assert!(shown.contains(&minted.access_key_id));
    for secret in [minted.secret.expose(), minted.token.expose()] {
        assert!(secret.len() > 20);
        assert!(!logged.contains(secret), "logged");
        assert!(!shown.contains(secret), "shown");
    }
}
