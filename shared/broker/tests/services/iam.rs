use std::time::Duration;

use broker::fault::AwsFaultKind;
use broker::iam::DenyFault;
use rules::deny_list::{Denied, DenyList};
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

/// Credentials of a grant that was taken back when everything began, until they expire.
fn over(expires_at: Moment) -> (Moment, Moment) {
    (Moment::from_seconds(1_764_000_000), expires_at)
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
            over(soon(&arranged)),
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
    let (revoked_at, expires_at) = over(soon(&arranged));
    list.deny(revoked.id(), revoked_at, expires_at);
    assert_eq!(calls[0].parameters["RoleName"], "Access");
    assert_eq!(calls[0].parameters["PolicyName"], "PosternRevoked");
    assert_eq!(calls[0].parameters["PolicyDocument"], list.to_json());
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
            over(soon(&arranged)),
            arranged.now(),
        )
        .await
        .unwrap();
    }
    assert_eq!(writes(&arranged), 1);
    // Nor is anything written for credentials that have expired.
    let (other, _) = arranged.granted(2);
    iam.deny(
        &arranged.place,
        other.id(),
        over(arranged.now()),
        arranged.now(),
    )
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
        over(soon(&arranged)),
        arranged.now(),
    )
    .await
    .unwrap();
    iam.deny(
        &arranged.place,
        arranged.granted(2).0.id(),
        over(later),
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
            over(soon(&arranged)),
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
    assert!(requests.iter().all(|request| list.names(*request)));
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
            over(soon(&arranged)),
            arranged.now(),
        )
        .await;
    assert!(matches!(denied, Err(DenyFault::NotOurs(_))), "{denied:?}");
    let pruned = arranged.iam().prune(&arranged.place, arranged.now()).await;
    assert!(matches!(pruned, Err(DenyFault::NotOurs(_))), "{pruned:?}");
    assert_eq!(writes(&arranged), before);
}

#[tokio::test]
async fn a_full_list_denies_all_credentials_that_were_issued_until_then_and_none_after() {
    let arranged = arranged();
    let (revoked, one) = arranged.minted(1).await;
    let (_, two) = arranged.minted(2).await;
    arranged.world.clock().advance(Duration::from_secs(5));
    let now = arranged.now();
    let mut list = DenyList::default();
    let full = loop {
        let mut next = list.clone();
        let n = u32::try_from(list.to_json().len()).unwrap();
        let mut entropy = [0; 10];
        entropy[..4].copy_from_slice(&n.to_be_bytes());
        match next.deny(RequestId::new(now, entropy), now, soon(&arranged)) {
            Denied::Listed => list = next,
            Denied::WithAllOthers => break list.to_json(),
            Denied::Already => panic!("it is new"),
        }
    };
    put(&arranged, &full).await;
    arranged.open(&one).await.unwrap();
    let times = (now, soon(&arranged));
    let iam = arranged.iam();
    let denied = iam.deny(&arranged.place, revoked.id(), times, now).await;
    assert_eq!(denied, Ok(Some(Denied::WithAllOthers)));
    // Whoever still has a grant asks anew, and goes on.
    let denied = Err("AccessDeniedException".to_owned());
    assert_eq!(arranged.open(&one).await, denied);
    assert_eq!(arranged.open(&two).await, denied);
    arranged.world.clock().advance(Duration::from_secs(1));
    let (_, three) = arranged.minted(3).await;
    arranged.open(&three).await.unwrap();
    // It ends when the last of those that were on the list have expired.
    arranged
        .world
        .clock()
        .advance(Duration::from_secs(1_800 + 900));
    let pruned = arranged.iam().prune(&arranged.place, arranged.now()).await;
    assert_eq!(pruned, Ok(1));
}

#[tokio::test]
async fn a_full_list_has_room_again_when_its_entries_have_expired() {
    let arranged = arranged();
    let now = arranged.now();
    let (first, second) = (arranged.granted(1).0.id(), arranged.granted(2).0.id());
    let iam = arranged.iam();
    iam.deny(&arranged.place, first, over(soon(&arranged)), now)
        .await
        .unwrap();
    arranged.world.clock().advance(Duration::from_secs(2_700));
    let later = over(arranged.now().plus(Duration::from_secs(900)));
    let denied = iam
        .deny(&arranged.place, second, later, arranged.now())
        .await;
    assert_eq!(denied, Ok(Some(Denied::Listed)));
    let calls = arranged.world.calls_of(Service::Iam, "PutRolePolicy");
    let last = calls.last().unwrap().parameters["PolicyDocument"].clone();
    let list = DenyList::parse(last.as_str().unwrap()).unwrap();
    assert!(!list.names(first) && list.names(second));
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
                over(soon(&arranged)),
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
