use std::sync::Arc;
use std::time::Duration;

use broker::fault::AwsFaultKind;
use broker::notice::Notice;
use broker::policies::{InvalidPolicy, LARGEST, NoPolicy, NotFetched, Policies, PolicyObject};
use rules::policy::PolicySet;
use standin::Service;
use standin::faults::{FaultKind, FaultRule, Moment};
use standin::journal::Outcome;
use standin::s3::BucketSpec;

use crate::arranged::{Arranged, BUCKET, arranged, reading_with};

const KEY: &str = "policy.cedar";

/// A set that lets engineers have a shell for so long.
fn policy(hours: u8) -> String {
    format!(
        r#"@id("shell") @auto("true") @max_duration("{hours}h")
        permit (principal in Postern::Group::"engineers", action == Postern::Action::"shell", resource);"#
    )
}

fn from(arranged: &Arranged, place: &str) -> Arc<Policies> {
    let object = PolicyObject {
        place: place.parse().unwrap(),
        refresh: Duration::from_secs(60),
        keep: Duration::from_secs(24 * 60 * 60),
    };
    Arc::new(Policies::in_s3(
        &object,
        arranged.owner(),
        &arranged.config,
        arranged.clock.clone(),
        arranged.notices(),
    ))
}

fn watched(arranged: &Arranged) -> Arc<Policies> {
    from(arranged, &format!("s3://{BUCKET}/{KEY}"))
}

fn is(set: &PolicySet, hours: u8) -> bool {
    set.digest() == PolicySet::parse(&policy(hours)).unwrap().digest()
}

fn invalid(answer: Result<Arc<PolicySet>, NoPolicy>) -> InvalidPolicy {
    match answer.unwrap_err() {
        NoPolicy::Invalid { cause, .. } => cause,
        NoPolicy::Unavailable { cause, .. } => panic!("unavailable: {cause}"),
    }
}

fn unavailable(answer: Result<Arc<PolicySet>, NoPolicy>) -> NotFetched {
    match answer.unwrap_err() {
        NoPolicy::Unavailable { cause, .. } => cause,
        NoPolicy::Invalid { cause, .. } => panic!("invalid: {cause}"),
    }
}

#[tokio::test]
async fn a_set_that_has_not_changed_is_the_very_same_and_is_read_once() {
    let arranged = arranged();
    arranged.put(KEY, policy(1));
    let policies = watched(&arranged);
    let first = policies.current().await.unwrap();
    assert!(is(&first, 1));
    arranged.pass(59);
    assert!(Arc::ptr_eq(&first, &policies.current().await.unwrap()));
    assert_eq!(arranged.calls("GetObject"), 1);
    // Asked again, S3 has nothing new.
    arranged.pass(1);
    assert!(Arc::ptr_eq(&first, &policies.current().await.unwrap()));
    // The same text as a new object, under another version.
    arranged.put(KEY, policy(1));
    arranged.pass(60);
    assert!(Arc::ptr_eq(&first, &policies.current().await.unwrap()));
    assert_eq!(arranged.calls("GetObject"), 3);
    let told = arranged.told();
    let [Notice::PolicyLoaded { digest, version }] = told.as_slice() else {
        panic!("{told:?}");
    };
    assert_eq!(*digest, first.digest());
    assert!(version.is_some());
}

#[tokio::test]
async fn an_object_that_has_not_changed_is_not_sent_again() {
    let arranged = arranged();
    arranged.put(KEY, policy(1));
    let policies = watched(&arranged);
    policies.current().await.unwrap();
    arranged.pass(60);
    policies.current().await.unwrap();
    let outcomes: Vec<Outcome> = arranged
        .world
        .calls_of(Service::S3, "GetObject")
        .into_iter()
        .map(|call| call.outcome)
        .collect();
    let answered = |status| Outcome::Answered { status };
    assert_eq!(outcomes, [answered(200), answered(304)]);
}

#[tokio::test]
async fn another_set_is_in_force_after_the_next_look() {
    let arranged = arranged();
    arranged.put(KEY, policy(1));
    let policies = watched(&arranged);
    assert!(is(&policies.current().await.unwrap(), 1));
    let version = arranged.put(KEY, policy(2));
    arranged.pass(59);
    assert!(is(&policies.current().await.unwrap(), 1));
    arranged.pass(1);
    let set = policies.current().await.unwrap();
    assert!(is(&set, 2));
    let last = arranged.told().pop();
    let digest = set.digest();
    let version = Some(version);
    assert_eq!(last, Some(Notice::PolicyLoaded { digest, version }));
}

#[tokio::test]
async fn two_hundred_calls_at_once_cost_one_fetch() {
    let arranged = arranged();
    arranged.put(KEY, policy(1));
    let policies = watched(&arranged);
    let faults = arranged.world.faults();
    let gate = faults.pause(Service::S3, "GetObject", Moment::BeforeEffect);
    let calls: Vec<_> = (0..200)
        .map(|_| {
            let policies = Arc::clone(&policies);
            tokio::spawn(async move { policies.current().await.is_ok() })
        })
        .collect();
    tokio::time::timeout(Duration::from_secs(5), gate.wait_for_arrivals(1))
        .await
        .unwrap();
    gate.open();
    for call in calls {
        assert!(call.await.unwrap());
    }
    assert_eq!(arranged.calls("GetObject"), 1);
}

#[tokio::test]
async fn the_last_good_set_is_kept_while_s3_fails_and_not_for_ever() {
    let arranged = arranged();
    arranged.put(KEY, policy(1));
    let policies = watched(&arranged);
    let confirmed_at = arranged.now();
    let first = policies.current().await.unwrap();
    arranged.told();
    let outage = arranged.break_down(Service::S3, "GetObject");
    arranged.pass(60);
    assert!(Arc::ptr_eq(&first, &policies.current().await.unwrap()));
    let told = arranged.told();
    let [
        Notice::PolicyKept {
            cause: NotFetched::Aws(cause),
            confirmed_at: since,
        },
    ] = told.as_slice()
    else {
        panic!("{told:?}");
    };
    assert_eq!(cause.kind, AwsFaultKind::Denied);
    assert_eq!(*since, confirmed_at);
    // A flood of calls costs one look every few seconds.
    let before = arranged.calls("GetObject");
    for _ in 0..100 {
        policies.current().await.unwrap();
    }
    assert_eq!(arranged.calls("GetObject"), before);
    arranged.pass(5);
    policies.current().await.unwrap();
    assert_eq!(arranged.calls("GetObject"), before + 1);

    arranged.pass(24 * 60 * 60 - 66);
    assert!(policies.current().await.is_ok());
    arranged.told();
    arranged.pass(1);
    let cause = unavailable(policies.current().await);
    assert!(matches!(cause, NotFetched::Aws(_)), "{cause}");
    arranged.pass(5);
    unavailable(policies.current().await);
    let told = arranged.told();
    assert!(
        matches!(told.as_slice(), [Notice::PolicyUnavailable { .. }]),
        "{told:?}"
    );

    // The object was there all the time, and is the same.
    arranged.mend(outage);
    arranged.pass(5);
    assert!(Arc::ptr_eq(&first, &policies.current().await.unwrap()));
}

#[tokio::test]
async fn whatever_keeps_the_first_set_from_being_read_leaves_none() {
    let foreign = BucketSpec {
        owner: Some("444455556666".to_owned()),
        ..BucketSpec::default()
    };
    let arranged = arranged();
    arranged.world.create_bucket("taken-over", foreign);
    for place in [
        "s3://postern-config/nothing.cedar",
        "s3://no-such-bucket/policy.cedar",
        "s3://taken-over/policy.cedar",
    ] {
        let policies = from(&arranged, place);
        unavailable(policies.current().await);
        let told = arranged.told();
        assert!(
            matches!(told.as_slice(), [Notice::PolicyUnavailable { .. }]),
            "{place}: {told:?}"
        );
        // Within the cooldown nobody asks again.
        let before = arranged.calls("GetObject");
        unavailable(policies.current().await);
        assert_eq!(arranged.calls("GetObject"), before, "{place}");
    }
}

#[tokio::test]
async fn a_bucket_of_another_owner_than_postern_itself_gives_nothing() {
    let arranged = arranged();
    arranged.put(KEY, policy(1));
    let object = PolicyObject {
        place: format!("s3://{BUCKET}/{KEY}").parse().unwrap(),
        refresh: Duration::from_secs(60),
        keep: Duration::from_secs(60),
    };
    let elsewhere = "444455556666".parse().unwrap();
    let (config, clock) = (&arranged.config, arranged.clock.clone());
    let policies = Policies::in_s3(&object, elsewhere, config, clock, arranged.notices());
    let cause = unavailable(policies.current().await);
    assert!(cause.to_string().contains("was denied"), "{cause}");
}

#[tokio::test]
async fn a_throttled_look_is_a_failed_look_and_no_other_set() {
    let arranged = arranged();
    arranged.put(KEY, policy(1));
    let policies = watched(&arranged);
    policies.current().await.unwrap();
    arranged.put(KEY, policy(2));
    arranged.pass(60);
    // A code that the SDK does not try again by itself, so that nothing is waited for.
    let slow = FaultKind::Fail {
        status: 400,
        code: "ThrottlingError".to_owned(),
    };
    let rule = FaultRule::once(Service::S3, "GetObject", slow);
    arranged.world.faults().inject(rule);
    assert!(is(&policies.current().await.unwrap(), 1));
    arranged.pass(5);
    assert!(is(&policies.current().await.unwrap(), 2));
}

#[tokio::test]
async fn what_does_not_validate_is_never_in_force_and_neither_is_the_set_before_it() {
    let large = vec![b' '; LARGEST + 1];
    let bad: [(&[u8], &str); 5] = [
        (
            b"permit (principal, action, resource);",
            "does not validate",
        ),
        (b"permit (", "does not validate"),
        (b"@id(\"caf\xe9\")", "not UTF-8"),
        (&large, "larger than 1 MiB"),
        (b"\xff\xfe", "not UTF-8"),
    ];
    for (body, says) in bad {
        let arranged = arranged();
        arranged.put(KEY, policy(1));
        let policies = watched(&arranged);
        let first = policies.current().await.unwrap();
        arranged.put(KEY, body);
        arranged.pass(60);
        arranged.told();
        let cause = invalid(policies.current().await);
        assert!(cause.to_string().contains(says), "{cause}");
        assert_eq!(
            arranged.told(),
            [Notice::PolicyInvalid {
                cause: cause.clone()
            }]
        );
        // It is looked at every round, and told of; it is not read again.
        arranged.pass(60);
        assert_eq!(invalid(policies.current().await), cause);
        assert_eq!(
            arranged.told(),
            [Notice::PolicyInvalid {
                cause: cause.clone()
            }]
        );
        // An outage does not bring the old set back.
        let outage = arranged.break_down(Service::S3, "GetObject");
        arranged.pass(60);
        assert_eq!(invalid(policies.current().await), cause);
        arranged.mend(outage);
        // The text from before, put there again, is the set from before.
        arranged.put(KEY, policy(1));
        arranged.pass(5);
        let again = policies.current().await.unwrap();
        assert!(Arc::ptr_eq(&first, &again));
        let told = arranged.told();
        assert!(
            matches!(told.last(), Some(Notice::PolicyLoaded { .. })),
            "{told:?}"
        );
    }
}

#[tokio::test]
async fn a_set_may_be_as_large_as_the_cap_and_empty() {
    let arranged = arranged();
    let policies = watched(&arranged);
    let mut text = policy(1);
    text.extend(std::iter::repeat_n('\n', LARGEST - text.len()));
    arranged.put(KEY, text);
    assert!(policies.current().await.is_ok());
    // An empty set permits nothing, and is one.
    arranged.put(KEY, "");
    arranged.pass(60);
    assert_eq!(policies.current().await.unwrap().ids().count(), 0);
}

#[tokio::test]
async fn a_pinned_version_stays_in_force_whatever_is_put_on_top() {
    let arranged = reading_with(&["s3:GetObjectVersion"]);
    let version = arranged.put(KEY, policy(1));
    let place = format!("s3://{BUCKET}/{KEY}?versionId={version}");
    let policies = from(&arranged, &place);
    let first = policies.current().await.unwrap();
    arranged.put(KEY, "nonsense");
    arranged.pass(60);
    assert!(Arc::ptr_eq(&first, &policies.current().await.unwrap()));
    let pinned = Some(version);
    let digest = first.digest();
    let version = pinned;
    assert_eq!(arranged.told(), [Notice::PolicyLoaded { digest, version }]);
    // Without the version the permission is another one.
    unavailable(watched(&arranged).current().await);
}
