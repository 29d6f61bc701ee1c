//! Who is faster wins, and nobody wins twice.

use std::sync::Arc;

use broker::ledger::LedgerFault;
use rules::step::Step;
use tokio::task::JoinSet;

use super::arranged::{Arranged, arranged};

/// How many ledgers' `record` of the same step succeeded, of 50 at once; the others lost.
async fn winners(arranged: &Arranged, step: &Step) -> usize {
    let mut calls = JoinSet::new();
    for _ in 0..50 {
        let (ledger, step, now) = (Arc::clone(&arranged.ledger), step.clone(), arranged.now());
        calls.spawn(async move { ledger.record(&step, None, now).await });
    }
    let outcomes = calls.join_all().await;
    let lost = outcomes.iter().filter(|one| **one == Err(LedgerFault::LostRace));
    assert_eq!(lost.count(), 49, "{outcomes:?}");
    outcomes.iter().filter(|one| one.is_ok()).count()
}

#[tokio::test]
async fn of_fifty_equal_issues_at_once_one_wins() {
    let arranged = arranged().await;
    let approved = arranged.approved().await;
    // Equal to the byte, and still fifty calls: each winner would go on to call STS.
    let step = arranged.issuing(&approved, &arranged.engineer());
    assert_eq!(winners(&arranged, &step).await, 1);
    let entries = arranged.ledger.entries(approved.id()).await.unwrap();
    assert_eq!(entries.len() as u64, step.request().version());
}
