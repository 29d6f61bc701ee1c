use std::time::Duration;

use broker::in_force::InForce;
use broker::on_call::{FeedPlace, OnCallFeed};
use broker::policies::Policies;
use broker::terms::Terms;
use rules::names::Person;
use rules::offices::Offices;
use rules::pace::Pace;
use rules::policy::PolicySet;
use serde_json::json;

use crate::arranged::{ACCOUNT, Arranged, BUCKET, PARAMETER, arranged};
use crate::on_call::{FIRST, KEY, feed};

/// Rules without a policy, and a feed.
fn in_force(arranged: &Arranged) -> InForce {
    let place = FeedPlace {
        object: format!("s3://{BUCKET}/{KEY}").parse().unwrap(),
        key: PARAMETER.parse().unwrap(),
    };
    let (config, clock) = (&arranged.config, arranged.clock.clone());
    InForce::new(
        Policies::bundled(PolicySet::parse("").unwrap().into(), &arranged.notices()),
        OnCallFeed::in_s3(&place, arranged.owner(), config, clock, arranged.notices()),
        arranged.notices(),
    )
}

#[tokio::test]
async fn the_rules_are_told_who_is_on_call_at_the_time_of_the_call() {
    let arranged = arranged();
    arranged.set_keys(FIRST);
    arranged.put(KEY, feed(arranged.now(), "anna", FIRST));
    let terms = Terms {
        places: serde_json::from_value(json!([{
            "account": ACCOUNT, "region": "ap-northeast-2", "log_bucket": "session-logs",
            "access_role": "arn:aws:iam::111122223333:role/postern/Access",
        }]))
        .unwrap(),
        pace: Pace::default(),
        offices: Offices::default(),
    };
    let anna = Person {
        iss: "https://login.example.com".parse().unwrap(),
        sub: "anna".parse().unwrap(),
    };
    let ruling = in_force(&arranged).now().await.unwrap();
    let on_call_after = |seconds| {
        let then = arranged.now().plus(Duration::from_secs(seconds));
        !ruling
            .regime(&terms, then)
            .on_call
            .rotas_of(&anna)
            .is_empty()
    };
    assert!(on_call_after(0) && on_call_after(3_599));
    // A call that takes long is judged by the time at which it is judged.
    assert!(!on_call_after(3_600));
}
