use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use broker::fault::AwsFaultKind;
use broker::lambda::{FunctionName, Functions, NotAnswered};
use serde_json::{Value, json};
use standin::Service;
use standin::faults::{FaultKind, FaultRule};
use standin::iam::RoleSpec;
use standin::lambda::{FunctionError, TakenState};

use crate::arranged::{Arranged, arranged, config_of};

const ENOUGH: Duration = Duration::from_secs(10);

fn doubler() -> FunctionName {
    "postern-doubler".parse().unwrap()
}

fn failed(kind: &str) -> FunctionError {
    FunctionError {
        kind: kind.to_owned(),
        message: "a text that may hold anything".to_owned(),
    }
}

/// A world with a function that doubles numbers and fails of all else; and how often it has run.
fn with_doubler() -> (Arranged, Functions, Arc<AtomicU32>) {
    let arranged = arranged();
    let runs = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&runs);
    arranged
        .world
        .add_function("postern-doubler", move |event: Value| {
            counted.fetch_add(1, Ordering::SeqCst);
            async move {
                let number = event.get("number").and_then(Value::as_u64);
                let number = number.ok_or_else(|| failed("NotANumber"))?;
                Ok(json!({"doubled": number * 2}))
            }
        });
    let functions = Functions::new(&arranged.config);
    (arranged, functions, runs)
}

async fn run(functions: &Functions, event: Value, within: Duration) -> Result<Value, NotAnswered> {
    functions.invoke(&doubler(), &event, within).await
}

fn invocations(kind: FaultKind) -> FaultRule {
    FaultRule::always(Service::Lambda, "Invoke", kind)
}

#[tokio::test]
async fn a_function_that_is_waited_for_answers() {
    let (_arranged, functions, _) = with_doubler();
    let answer = run(&functions, json!({"number": 21}), ENOUGH).await;
    assert_eq!(answer.unwrap(), json!({"doubled": 42}));
    let odd: Result<u8, _> = functions
        .invoke(&doubler(), &json!({"number": 1}), ENOUGH)
        .await;
    assert_eq!(odd, Err(NotAnswered::Unreadable));
}

#[tokio::test]
async fn a_function_that_fails_is_told_apart_from_a_call_that_does() {
    let (arranged, functions, runs) = with_doubler();
    let failed = run(&functions, json!({}), ENOUGH).await.unwrap_err();
    let NotAnswered::Function { kind } = &failed else {
        panic!("{failed:?}")
    };
    assert_eq!(kind, "NotANumber");
    assert!(!failed.to_string().contains("anything"));
    assert_eq!(runs.load(Ordering::SeqCst), 1, "it is not run again");

    let nobody = "postern-nobody".parse().unwrap();
    let missing: Result<Value, _> = functions.invoke(&nobody, &json!({}), ENOUGH).await;
    let Err(NotAnswered::Call(fault)) = missing else {
        panic!("{missing:?}")
    };
    assert_eq!(
        (fault.code.as_str(), fault.kind),
        ("ResourceNotFoundException", AwsFaultKind::Rejected)
    );

    arranged.world.add_function("postern-doubler", |_| async {
        if std::hint::black_box(true) {
            panic!("not a line of this may stop the world");
        }
        Ok(json!({}))
    });
    let crashed = run(&functions, json!({}), ENOUGH).await.unwrap_err();
    assert!(
        matches!(crashed, NotAnswered::Function { .. }),
        "{crashed:?}"
    );
}

#[tokio::test]
async fn throttles_are_waited_out_within_the_time_that_is_given() {
    let (arranged, functions, runs) = with_doubler();
    arranged
        .world
        .faults()
        .inject(invocations(FaultKind::Throttle).times(1));
    let answer = run(&functions, json!({"number": 1}), ENOUGH).await;
    assert_eq!(answer.unwrap(), json!({"doubled": 2}));
    assert_eq!(runs.load(Ordering::SeqCst), 1);

    arranged
        .world
        .faults()
        .inject(invocations(FaultKind::Throttle));
    let started = Instant::now();
    let fault = run(&functions, json!({"number": 1}), Duration::from_millis(200)).await;
    assert!(matches!(fault, Err(NotAnswered::Call(_))), "{fault:?}");
    assert!(started.elapsed() < Duration::from_millis(700));
    assert_eq!(runs.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn nobody_waits_longer_than_the_time_that_is_given_and_the_function_goes_on() {
    let (arranged, functions, _) = with_doubler();
    let done = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&done);
    arranged.world.add_function("postern-doubler", move |_| {
        let counted = Arc::clone(&counted);
        async move {
            tokio::time::sleep(Duration::from_millis(150)).await;
            counted.fetch_add(1, Ordering::SeqCst);
            Ok(json!({}))
        }
    });
    let fault = run(&functions, json!({}), Duration::from_millis(50)).await;
    let Err(NotAnswered::Call(fault)) = fault else {
        panic!("{fault:?}")
    };
    assert_eq!(
        (fault.code.as_str(), fault.kind),
        ("timeout", AwsFaultKind::Unreachable)
    );
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(done.load(Ordering::SeqCst), 1, "run once, and to its end");
}

#[tokio::test]
async fn a_role_may_invoke_what_its_policy_names_and_nothing_else() {
    let (arranged, _, runs) = with_doubler();
    let statement = json!({"Effect": "Allow", "Action": "lambda:InvokeFunction",
        "Resource": "arn:aws:lambda:ap-northeast-2:111122223333:function:postern-doubler"});
    let policy = json!({"Version": "2012-10-17", "Statement": [statement]});
    let role = RoleSpec {
        name: "Caller".to_owned(),
        managed: vec![policy.to_string()],
        ..RoleSpec::default()
    };
    arranged.world.add_role(role).unwrap();
    arranged
        .world
        .add_function("postern-issue", |_| async { Ok(json!({})) });
    let keys = arranged.world.function_credentials("Caller", "f").unwrap();
    let functions = Functions::new(&config_of(&arranged.world, &arranged.clock, &keys));
    run(&functions, json!({"number": 1}), ENOUGH).await.unwrap();
    let other = "postern-issue".parse().unwrap();
    let waited: Result<Value, _> = functions.invoke(&other, &json!({}), ENOUGH).await;
    let Err(NotAnswered::Call(fault)) = waited else {
        panic!("{waited:?}")
    };
    let left = functions.hand_on(&other, &json!({})).await.unwrap_err();
    for fault in [fault, left] {
        assert_eq!(
            (fault.code.as_str(), fault.kind),
            ("AccessDeniedException", AwsFaultKind::Denied)
        );
    }
    assert_eq!(runs.load(Ordering::SeqCst), 1);
    assert!(arranged.world.taken().is_empty());
}

#[tokio::test]
async fn an_event_that_is_handed_on_is_run_afterwards() {
    let (arranged, functions, runs) = with_doubler();
    functions
        .hand_on(&doubler(), &json!({"number": 4}))
        .await
        .unwrap();
    let world = &arranged.world;
    tokio::time::timeout(ENOUGH, world.taken_has_run())
        .await
        .unwrap();
    let [taken] = world.taken().try_into().unwrap();
    assert_eq!((taken.attempts, taken.state), (1, TakenState::Done));
    assert_eq!(taken.event, json!({"number": 4}));
    assert_eq!(runs.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn an_event_that_fails_is_run_twice_more_and_then_given_up() {
    let (arranged, functions, runs) = with_doubler();
    functions.hand_on(&doubler(), &json!({})).await.unwrap();
    let world = &arranged.world;
    for (attempts, wait) in [(1, 60), (2, 120)] {
        let waiting = TakenState::Waiting(failed("NotANumber"));
        until(&arranged, attempts, &waiting).await;
        world.clock().advance(Duration::from_secs(wait - 1));
        tokio::time::sleep(Duration::from_millis(30)).await;
        assert_eq!(runs.load(Ordering::SeqCst), attempts, "not a second early");
        world.clock().advance(Duration::from_secs(1));
    }
    until(&arranged, 3, &TakenState::GivenUp(failed("NotANumber"))).await;
    world.clock().advance(Duration::from_secs(3_600));
    tokio::time::sleep(Duration::from_millis(30)).await;
    assert_eq!(runs.load(Ordering::SeqCst), 3);
}

/// Waits until the one event that was taken has had so many attempts, and looks how it stands.
async fn until(arranged: &Arranged, attempts: u32, state: &TakenState) {
    let seen = async {
        loop {
            let [taken] = arranged.world.taken().try_into().unwrap();
            if taken.attempts == attempts && taken.state != TakenState::Running {
                return taken.state;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    assert_eq!(&tokio::time::timeout(ENOUGH, seen).await.unwrap(), state);
}

#[tokio::test]
async fn an_event_that_is_too_long_is_refused() {
    let (arranged, functions, runs) = with_doubler();
    let long = json!({"number": 1, "rest": "x".repeat(1_100_000)});
    run(&functions, long.clone(), ENOUGH).await.unwrap();
    let fault = functions.hand_on(&doubler(), &long).await.unwrap_err();
    assert_eq!(fault.code, "RequestTooLargeException");
    assert_eq!(runs.load(Ordering::SeqCst), 1);
    assert!(arranged.world.taken().is_empty());
}
