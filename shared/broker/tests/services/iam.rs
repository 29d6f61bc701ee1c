use std::time::Duration;

use broker::fault::AwsFaultKind;
use broker::iam::DenyFault;
use rules::deny_list::DenyList;
use rules::moment::Moment;
use rules::names::RequestId;
use serde_json::json;
use standin::Service;
use standin::faults::{FaultKind, FaultRule};

use crate::arranged::{Arranged, arranged};

fn writes(arranged: &Arranged) -> usize {
    let calls = |operation| arranged.world.calls_of(Service::Iam, operation).len();
    calls("PutRolePolicy") + calls("DeleteRolePolicy")
}

fn soon(arranged: &Arranged) -> Moment {
    arranged.now().plus(Duration::from_secs(1_800))
}

async fn put(arranged: &Arranged, document: &str) {
    let call = aws_sdk_iam::Client::new(&arranged.config)
        .put_role_policy()
        .role_name("Access")
        .policy_name(DenyList::POLICY_NAME)
        .policy_document(document)
        .send();
    Box::pin(call).await.unwrap();
}

#[tokio::test]
async fn denied_credentials_open_nothing_and_others_still_do() {
    let arranged = arranged();
    let (revoked, one) = arranged.minted(1).await;
    let (_, two) = arranged.minted(2).await;
    arranged.open(&one).await.unwrap();
    arranged
        .iam()
        .deny(
            &arranged.place,
            revoked.id(),
            soon(&arranged),
            arranged.now(),
        )
        .await
        .unwrap();
    assert_eq!(
        arranged.open(&one).await,
        Err("AccessDeniedException".to_owned())
    );
    arranged.open(&two).await.unwrap();

    let calls = arranged.world.calls_of(Service::Iam, "PutRolePolicy");
    assert_eq!(calls.len(), 1);
    let mut list = DenyList::default();
    list.deny(revoked.id(), soon(&arranged));
    assert_eq!(calls[0].parameters["RoleName"], "Access");
    assert_eq!(calls[0].parameters["PolicyName"], "PosternRevoked");
    assert_eq!(
        calls[0].parameters["PolicyDocument"],
        list.to_json().unwrap()
    );
}

#[tokio::test]
async fn denying_again_writes_nothing() {
    let arranged = arranged();
    let (request, _) = arranged.granted(1);
    let iam = arranged.iam();
    for _ in 0..3 {
        iam.deny(
            &arranged.place,
            request.id(),
            soon(&arranged),
            arranged.now(),
        )
        .await
        .unwrap();
    }
    assert_eq!(writes(&arranged), 1);
    // Nor is anything written for credentials that have expired.
    let (other, _) = arranged.granted(2);
    iam.deny(&arranged.place, other.id(), arranged.now(), arranged.now())
        .await
        .unwrap();
    assert_eq!(writes(&arranged), 1);
}

#[tokio::test]
async fn entries_go_when_their_credentials_have_expired_and_the_policy_with_the_last() {
    let arranged = arranged();
    let iam = arranged.iam();
    let later = soon(&arranged).plus(Duration::from_secs(1_800));
    iam.deny(
        &arranged.place,
        arranged.granted(1).0.id(),
        soon(&arranged),
        arranged.now(),
    )
    .await
    .unwrap();
    iam.deny(
        &arranged.place,
        arranged.granted(2).0.id(),
        later,
        arranged.now(),
    )
    .await
    .unwrap();
    let prune = async || iam.prune(&arranged.place, arranged.now()).await.unwrap();
    assert_eq!((prune().await, writes(&arranged)), (0, 2));
    arranged.world.clock().advance(Duration::from_secs(1_800));
    assert_eq!((prune().await, writes(&arranged)), (1, 3));
    arranged.world.clock().advance(Duration::from_secs(1_800));
    assert_eq!(prune().await, 1);
    assert_eq!(
        arranged
            .world
            .calls_of(Service::Iam, "DeleteRolePolicy")
            .len(),
        1
    );
    assert_eq!((prune().await, writes(&arranged)), (0, 4));
}

#[tokio::test]
async fn writers_of_one_process_do_not_overwrite_each_other() {
    let arranged = arranged();
    let iam = arranged.iam();
    let requests: Vec<RequestId> = (1..=8).map(|n| arranged.granted(n).0.id()).collect();
    let deny = |n: usize| {
        iam.deny(
            &arranged.place,
            requests[n],
            soon(&arranged),
            arranged.now(),
        )
    };
    let results = tokio::join!(
        deny(0),
        deny(1),
        deny(2),
        deny(3),
        deny(4),
        deny(5),
        deny(6),
        deny(7)
    );
    results.0.unwrap();
    results.7.unwrap();
    let calls = arranged.world.calls_of(Service::Iam, "PutRolePolicy");
    let last = calls.last().unwrap().parameters["PolicyDocument"]
        .as_str()
        .unwrap();
    let list = DenyList::parse(last).unwrap();
    assert!(requests.iter().all(|request| list.denies(*request)));
}

#[tokio::test]
async fn a_policy_that_somebody_else_wrote_is_left_as_it_is() {
    let arranged = arranged();
    let foreign = json!({"Version": "2012-10-17", "Statement": [
        {"Sid": "Incident", "Effect": "Deny", "Action": "*", "Resource": "*"}]});
    put(&arranged, &foreign.to_string()).await;
    let (request, _) = arranged.granted(1);
    let before = writes(&arranged);
    let denied = arranged
        .iam()
        .deny(
            &arranged.place,
            request.id(),
            soon(&arranged),
            arranged.now(),
        )
        .await;
    assert!(matches!(denied, Err(DenyFault::NotOurs(_))), "{denied:?}");
    let pruned = arranged.iam().prune(&arranged.place, arranged.now()).await;
    assert!(matches!(pruned, Err(DenyFault::NotOurs(_))), "{pruned:?}");
    assert_eq!(writes(&arranged), before);
}

#[tokio::test]
async fn a_full_list_is_a_fault_and_loses_nobody() {
    let arranged = arranged();
    let mut list = DenyList::default();
    let mut n = 0_u32;
    let full = loop {
        let mut next = list.clone();
        n += 1;
        let mut entropy = [0; 10];
        entropy[..4].copy_from_slice(&n.to_be_bytes());
        next.deny(RequestId::new(arranged.now(), entropy), soon(&arranged));
        match next.to_json() {
            Ok(_) => list = next,
            Err(_) => break list.to_json().unwrap(),
        }
    };
    put(&arranged, &full).await;
    let (request, _) = arranged.granted(200);
    let denied = arranged
        .iam()
        .deny(
            &arranged.place,
            request.id(),
            soon(&arranged),
            arranged.now(),
        )
        .await;
    assert!(matches!(denied, Err(DenyFault::Overflow(_))), "{denied:?}");
    assert_eq!(writes(&arranged), 1);
    // Once the old entries are due, there is room again without a prune of its own.
    arranged.world.clock().advance(Duration::from_secs(1_800));
    let again = arranged
        .iam()
        .deny(
            &arranged.place,
            request.id(),
            soon(&arranged),
            arranged.now(),
        )
        .await;
    assert_eq!(again, Ok(()));
}

#[tokio::test]
async fn a_fault_of_iam_is_told() {
    let arranged = arranged();
    let (request, _) = arranged.granted(1);
    let fail = |status, code: &str| FaultKind::Fail {
        status,
        code: code.to_owned(),
    };
    for (operation, fault, kind) in [
        (
            "GetRolePolicy",
            FaultKind::Throttle,
            AwsFaultKind::Throttled,
        ),
        (
            "GetRolePolicy",
            fail(403, "AccessDenied"),
            AwsFaultKind::Denied,
        ),
        (
            "PutRolePolicy",
            fail(500, "ServiceFailure"),
            AwsFaultKind::Unreachable,
        ),
        (
            "PutRolePolicy",
            fail(404, "NoSuchEntity"),
            AwsFaultKind::Rejected,
        ),
    ] {
        arranged
            .world
            .faults()
            .inject(FaultRule::always(Service::Iam, operation, fault));
        let denied = arranged
            .iam()
            .deny(
                &arranged.place,
                request.id(),
                soon(&arranged),
                arranged.now(),
            )
            .await;
        let Err(DenyFault::Aws(fault)) = denied else {
            panic!("{denied:?}")
        };
        assert_eq!((fault.operation, fault.kind), (operation, kind));
        arranged.world.faults().clear();
    }
}
