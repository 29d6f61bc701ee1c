//! Lists: newest first, page by page, each request once.

use std::collections::BTreeSet;
use std::time::Duration;

use broker::ledger::{Day, Ids, Page};
use rules::names::{Group, RequestId};

use super::arranged::{Arranged, HOUR, arranged};

/// Five requests, a second apart, oldest first.
async fn five(arranged: &Arranged) -> Vec<RequestId> {
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(arranged.pending().await.id());
        arranged.forward(Duration::from_secs(1));
    }
    ids
}

fn page(after: Option<RequestId>) -> Page {
    Page { limit: 2, after }
}

/// Walks a list to its end by pages of two.
async fn walk(next: impl AsyncFn(Page) -> Ids) -> Vec<RequestId> {
    let mut seen = Vec::new();
    loop {
        let found = next(page(seen.last().copied())).await;
        assert!(found.ids.len() <= 2);
        seen.extend(found.ids);
        if !found.more {
            return seen;
        }
    }
}

#[tokio::test]
async fn ones_own_requests_are_listed_newest_first_over_pages() {
    let arranged = arranged().await;
    let mut ids = five(&arranged).await;
    let other = arranged.person("engineer-8", &["engineers"]);
    arranged.recorded(arranged.asking(&other)).await;
    let engineer = arranged.engineer();
    let found = walk(async |page| {
        arranged
            .ledger
            .mine(engineer.person(), &page)
            .await
            .unwrap()
    })
    .await;
    ids.reverse();
    assert_eq!(found, ids);
}

#[tokio::test]
async fn a_day_lists_what_was_asked_on_it_over_pages() {
    let arranged = arranged().await;
    let today = Day::of(arranged.now());
    let mut ids = five(&arranged).await;
    arranged.forward(24 * HOUR);
    let tomorrow = Day::of(arranged.now());
    let later = arranged.pending().await.id();
    let found = walk(async |page| arranged.ledger.on_day(today, &page).await.unwrap()).await;
    ids.reverse();
    assert_eq!(found, ids);
    let found = walk(async |page| arranged.ledger.on_day(tomorrow, &page).await.unwrap()).await;
    assert_eq!(found, [later]);
}

#[tokio::test]
async fn who_is_in_two_groups_sees_a_waiting_request_once_and_an_answered_one_not() {
    let arranged = arranged().await;
    let mut ids = five(&arranged).await;
    let answered = arranged.ledger.load(ids.remove(2)).await.unwrap().unwrap();
    arranged.recorded(arranged.withdrawing(&answered)).await;
    ids.reverse();
    for groups in [
        &["leads", "oncall"][..],
        &["leads"],
        &["oncall", "engineers"],
    ] {
        let groups: BTreeSet<Group> = groups.iter().map(|group| group.parse().unwrap()).collect();
        let found =
            walk(async |page| arranged.ledger.waiting_for(&groups, &page).await.unwrap()).await;
        assert_eq!(found, ids, "{groups:?}");
    }
    let engineers = BTreeSet::from(["engineers".parse().unwrap()]);
    let found = arranged
        .ledger
        .waiting_for(&engineers, &page(None))
        .await
        .unwrap();
    assert_eq!(found.ids, []);
}

#[tokio::test]
async fn requests_are_loaded_in_the_order_asked_for_and_absent_ones_left_out() {
    let arranged = arranged().await;
    let ids = five(&arranged).await;
    let absent = RequestId::new(arranged.now(), [9; 10]);
    let wanted = [ids[3], absent, ids[0], ids[4], ids[0]];
    let found = arranged.ledger.load_all(&wanted).await.unwrap();
    let found: Vec<RequestId> = found.iter().map(|request| request.id()).collect();
    assert_eq!(found, [ids[3], ids[0], ids[4], ids[0]]);
    assert_eq!(arranged.ledger.load_all(&[]).await.unwrap(), []);
}
