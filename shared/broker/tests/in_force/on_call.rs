use std::sync::Arc;
use std::time::Duration;

use broker::notice::Notice;
use broker::on_call::{FeedPlace, NotRead, OnCallFeed, RefusedFeed};
use rules::moment::Moment;
use rules::names::Person;
use rules::on_call::{BadFeed, Feed, Keys};
use serde_json::json;
use standin::Service;

use crate::arranged::{Arranged, BUCKET, PARAMETER, arranged};

pub(crate) const KEY: &str = "on-call.json";
pub(crate) const FIRST: &str = "the-first-key-of-these-tests-only";
const SECOND: &str = "the-second-key-of-these-tests-only";

fn watched(arranged: &Arranged) -> Arc<OnCallFeed> {
    let place = FeedPlace {
        object: format!("s3://{BUCKET}/{KEY}").parse().unwrap(),
        key: PARAMETER.parse().unwrap(),
    };
    Arc::new(OnCallFeed::in_s3(
        &place,
        arranged.owner(),
        &arranged.config,
        arranged.clock.clone(),
        arranged.notices(),
    ))
}

/// A feed by which somebody is on call for payments for an hour, signed with a key.
pub(crate) fn feed(issued_at: Moment, sub: &str, key: &str) -> String {
    let payload = json!({
        "issued_at": issued_at,
        "good_until": issued_at.plus(Duration::from_secs(3_600)),
        "rotas": {"payments": [{"iss": "https://login.example.com", "sub": sub}]},
    });
    Feed::sign(&payload.to_string(), &Keys::read(key).unwrap()).unwrap()
}

fn put(arranged: &Arranged, sub: &str, key: &str) {
    arranged.put(KEY, feed(arranged.now(), sub, key));
}

/// Who of `anna` and `ben` is on call now.
async fn on_call(arranged: &Arranged, watched: &OnCallFeed) -> Vec<&'static str> {
    let feed = watched.current().await;
    let now = arranged.now();
    let is = |sub: &&str| {
        let person = Person {
            iss: "https://login.example.com".parse().unwrap(),
            sub: sub.parse().unwrap(),
        };
        let feed = feed.as_ref();
        feed.is_some_and(|feed| !feed.at(now).rotas_of(&person).is_empty())
    };
    ["anna", "ben"].into_iter().filter(is).collect()
}

/// A feed by which Anna is on call, as it is being watched.
async fn anna_is_on_call() -> (Arranged, Arc<OnCallFeed>) {
    let arranged = arranged();
    arranged.set_keys(FIRST);
    put(&arranged, "anna", FIRST);
    let watched = watched(&arranged);
    assert_eq!(on_call(&arranged, &watched).await, ["anna"]);
    assert_eq!(arranged.told(), []);
    (arranged, watched)
}

fn refused(arranged: &Arranged) -> RefusedFeed {
    let told = arranged.told();
    match told.as_slice() {
        [Notice::OnCallRefused { cause }] => cause.clone(),
        _ => panic!("{told:?}"),
    }
}

fn unread(arranged: &Arranged) -> NotRead {
    let told = arranged.told();
    match told.as_slice() {
        [Notice::OnCallUnread { cause }] => cause.clone(),
        _ => panic!("{told:?}"),
    }
}

#[tokio::test]
async fn another_feed_counts_after_the_next_look() {
    let (arranged, watched) = anna_is_on_call().await;
    arranged.pass(29);
    put(&arranged, "ben", FIRST);
    assert_eq!(on_call(&arranged, &watched).await, ["anna"]);
    arranged.pass(1);
    assert_eq!(on_call(&arranged, &watched).await, ["ben"]);
    assert_eq!(arranged.calls("GetParameter"), 1);
    assert_eq!(arranged.told(), []);
}

#[tokio::test]
async fn a_feed_that_is_over_puts_nobody_on_call_and_is_told_of() {
    let (arranged, watched) = anna_is_on_call().await;
    let good_until = arranged.now().plus(Duration::from_secs(3_600));
    arranged.pass(3_599);
    assert_eq!(on_call(&arranged, &watched).await, ["anna"]);
    arranged.pass(1);
    // At the very second, whether or not it is time to look.
    assert!(on_call(&arranged, &watched).await.is_empty());
    arranged.pass(30);
    assert!(on_call(&arranged, &watched).await.is_empty());
    assert_eq!(arranged.told(), [Notice::OnCallStale { good_until }]);
    put(&arranged, "ben", FIRST);
    arranged.pass(30);
    assert_eq!(on_call(&arranged, &watched).await, ["ben"]);
}

#[tokio::test]
async fn a_feed_with_a_bad_signature_puts_nobody_on_call() {
    let (arranged, watched) = anna_is_on_call().await;
    put(&arranged, "ben", SECOND);
    arranged.pass(30);
    assert!(on_call(&arranged, &watched).await.is_empty());
    assert_eq!(refused(&arranged), BadFeed::Signature.into());
    // The key was read again to be sure, once.
    assert_eq!(arranged.calls("GetParameter"), 2);
    for _ in 0..100 {
        on_call(&arranged, &watched).await;
    }
    assert_eq!(arranged.calls("GetParameter"), 2);
    put(&arranged, "anna", FIRST);
    arranged.pass(30);
    assert_eq!(on_call(&arranged, &watched).await, ["anna"]);
}

#[tokio::test]
async fn a_key_is_rotated_in_either_order() {
    // The parameter first, with both keys in it.
    let (arranged, watched) = anna_is_on_call().await;
    arranged.set_keys(&format!("{SECOND}\n{FIRST}\n"));
    put(&arranged, "ben", SECOND);
    arranged.pass(30);
    assert_eq!(on_call(&arranged, &watched).await, ["ben"]);
    assert_eq!(arranged.told(), []);
    // The feed first: nobody is on call until the parameter follows.
    let (arranged, watched) = anna_is_on_call().await;
    put(&arranged, "ben", SECOND);
    arranged.pass(30);
    assert!(on_call(&arranged, &watched).await.is_empty());
    arranged.set_keys(SECOND);
    arranged.pass(30);
    assert_eq!(on_call(&arranged, &watched).await, ["ben"]);
}

#[tokio::test]
async fn what_a_key_signed_ends_when_the_key_is_taken_out() {
    let (arranged, watched) = anna_is_on_call().await;
    arranged.set_keys(SECOND);
    arranged.pass(299);
    assert_eq!(on_call(&arranged, &watched).await, ["anna"]);
    arranged.pass(30);
    assert!(on_call(&arranged, &watched).await.is_empty());
    assert_eq!(refused(&arranged), BadFeed::Signature.into());
}

#[tokio::test]
async fn the_last_feed_counts_until_it_is_over_whatever_else_fails() {
    let (arranged, watched) = anna_is_on_call().await;
    let outage = arranged.break_down(Service::S3, "GetObject");
    arranged.pass(30);
    assert_eq!(on_call(&arranged, &watched).await, ["anna"]);
    assert!(matches!(unread(&arranged), NotRead::Aws(_)));
    // A flood of calls costs one look every few seconds.
    let before = arranged.calls("GetObject");
    for _ in 0..100 {
        on_call(&arranged, &watched).await;
    }
    assert_eq!(arranged.calls("GetObject"), before);
    arranged.mend(outage);

    arranged.put(KEY, "{}");
    arranged.pass(30);
    assert_eq!(on_call(&arranged, &watched).await, ["anna"]);
    assert_eq!(refused(&arranged), BadFeed::Members.into());
    arranged.put(KEY, vec![b' '; Feed::LARGEST + 1]);
    arranged.pass(30);
    assert_eq!(on_call(&arranged, &watched).await, ["anna"]);
    assert_eq!(refused(&arranged), BadFeed::TooLarge.into());

    put(&arranged, "ben", FIRST);
    let outage = arranged.break_down(Service::Ssm, "GetParameter");
    arranged.pass(300);
    assert_eq!(on_call(&arranged, &watched).await, ["anna"]);
    assert!(matches!(unread(&arranged), NotRead::Aws(_)));
    arranged.mend(outage);
    arranged.set_keys("too short to be a key");
    arranged.pass(5);
    assert_eq!(on_call(&arranged, &watched).await, ["anna"]);
    assert!(matches!(unread(&arranged), NotRead::Keys(_)));
    arranged.set_keys(FIRST);
    arranged.pass(5);
    assert_eq!(on_call(&arranged, &watched).await, ["ben"]);
}

#[tokio::test]
async fn an_outage_does_not_keep_a_feed_beyond_its_end() {
    let (arranged, watched) = anna_is_on_call().await;
    arranged.break_down(Service::S3, "GetObject");
    arranged.pass(3_600);
    assert!(on_call(&arranged, &watched).await.is_empty());
    let told = arranged.told();
    assert!(
        matches!(
            told.as_slice(),
            [Notice::OnCallUnread { .. }, Notice::OnCallStale { .. }]
        ),
        "{told:?}"
    );
}

#[tokio::test]
async fn a_copy_of_an_earlier_feed_is_refused() {
    let (arranged, watched) = anna_is_on_call().await;
    let earlier = feed(arranged.now(), "anna", FIRST);
    arranged.pass(30);
    put(&arranged, "ben", FIRST);
    assert_eq!(on_call(&arranged, &watched).await, ["ben"]);
    arranged.put(KEY, earlier);
    arranged.pass(30);
    assert_eq!(on_call(&arranged, &watched).await, ["ben"]);
    assert_eq!(refused(&arranged), RefusedFeed::Older);
}

#[tokio::test]
async fn nobody_is_on_call_without_a_feed_or_a_parameter() {
    let arranged = arranged();
    let watched = watched(&arranged);
    put(&arranged, "anna", FIRST);
    assert!(on_call(&arranged, &watched).await.is_empty());
    assert!(matches!(unread(&arranged), NotRead::Aws(_)));
    // Nothing is fetched that could not be believed.
    assert_eq!(arranged.calls("GetObject"), 0);
    arranged.set_keys(FIRST);
    arranged.pass(5);
    assert_eq!(on_call(&arranged, &watched).await, ["anna"]);

    let none = OnCallFeed::none();
    assert!(on_call(&arranged, &none).await.is_empty());
    assert_eq!(arranged.told(), []);
}

#[tokio::test]
async fn many_calls_at_once_cost_one_look() {
    let arranged = arranged();
    arranged.set_keys(FIRST);
    put(&arranged, "anna", FIRST);
    let watched = watched(&arranged);
    let calls: Vec<_> = (0..200)
        .map(|_| {
            let watched = Arc::clone(&watched);
            tokio::spawn(async move { watched.current().await.is_some() })
        })
        .collect();
    for call in calls {
        assert!(call.await.unwrap());
    }
    let (objects, keys) = (arranged.calls("GetObject"), arranged.calls("GetParameter"));
    assert_eq!((objects, keys), (1, 1));
}

#[tokio::test]
async fn no_notice_shows_a_key() {
    let arranged = arranged();
    arranged.set_keys(&format!("{FIRST} {SECOND}"));
    let watched = watched(&arranged);
    watched.current().await;
    let shown = format!("{:?} {watched:?}", arranged.told());
    assert!(
        shown.contains("OnCallUnread") && !shown.contains("of-these-tests"),
        "{shown}"
    );
}
