use std::time::Duration;

use broker::aws::{Accounts, Duty};
use broker::fault::AwsFaultKind;
use broker::ssm::{CallRate, Haste, Ssm};
use rules::place::Place;

use crate::arranged::{ACCOUNT, arranged};

#[tokio::test]
async fn a_place_without_credentials_of_its_account_is_refused_at_the_start() {
    let arranged = arranged();
    let elsewhere = Accounts::home(
        "444455556666".parse().unwrap(),
        arranged.config.clone(),
        Duty::Operate,
    );
    let refused = Ssm::new(&elsewhere, &arranged.places, CallRate::default()).unwrap_err();
    assert_eq!(refused.account.as_str(), ACCOUNT);
    let both = elsewhere.and(ACCOUNT.parse().unwrap(), arranged.config.clone());
    assert!(Ssm::new(&both, &arranged.places, CallRate::default()).is_ok());
}

#[tokio::test]
async fn a_place_that_is_not_served_is_never_called() {
    let arranged = arranged();
    let foreign = Place {
        account: "444455556666".parse().unwrap(),
        ..arranged.place.clone()
    };
    let fault = arranged
        .ssm()
        .active(&foreign, Haste::Urgent)
        .await
        .unwrap_err();
    assert_eq!(
        (fault.code.as_str(), fault.kind),
        ("place-not-served", AwsFaultKind::Rejected)
    );
    let request = arranged.granted(1).0.id();
    let times = (arranged.now(), arranged.now().plus(Duration::from_secs(60)));
    assert!(
        arranged
            .iam()
            .deny(&foreign, request, times, arranged.now())
            .await
            .is_err()
    );
    assert!(arranged.inventory().all(&foreign, 10).await.is_err());
    assert!(arranged.world.journal().is_empty());
}
