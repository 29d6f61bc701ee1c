//! Who is faster wins, and nobody wins twice.

use std::sync::Arc;

use broker::ledger::LedgerFault;
use rules::pace::Pace;
use rules::step::Step;
use tokio::task::JoinSet;

use super::arranged::{Arranged, arranged, arranged_at};

/// What became of all these steps, recorded at once.
async fn at_once(
    arranged: &Arranged,
    steps: impl IntoIterator<Item = Step>,
) -> Vec<Result<(), LedgerFault>> {
    let mut calls = JoinSet::new();
    for step in steps {
        let (ledger, now) = (Arc::clone(&arranged.ledger), arranged.now());
        calls.spawn(async move { ledger.record(&step, None, now).await });
    }
    calls.join_all().await
}

fn count(outcomes: &[Result<(), LedgerFault>], wanted: &Result<(), LedgerFault>) -> usize {
    outcomes.iter().filter(|outcome| *outcome == wanted).count()
}

#[tokio::test]
async fn of_fifty_equal_issues_at_once_one_wins() {
    let arranged = arranged().await;
    let approved = arranged.approved().await;
    // Equal to the byte, and still fifty calls: each winner would go on to call STS.
    let step = arranged.issuing(&approved, &arranged.engineer());
    let outcomes = at_once(&arranged, vec![step.clone(); 50]).await;
    assert_eq!(count(&outcomes, &Ok(())), 1, "{outcomes:?}");
    assert_eq!(count(&outcomes, &Err(LedgerFault::LostRace)), 49);
    let entries = arranged.ledger.entries(approved.id()).await.unwrap();
    assert_eq!(entries.len() as u64, step.request().version());
}

#[tokio::test]
async fn of_an_approval_and_a_withdrawal_at_once_one_wins() {
    let arranged = arranged().await;
    let pending = arranged.pending().await;
    let approving = arranged.approving(&pending, &arranged.lead());
    let outcomes = at_once(&arranged, [arranged.withdrawing(&pending), approving]).await;
    assert_eq!(count(&outcomes, &Ok(())), 1, "{outcomes:?}");
    let waiting = arranged.ledger.waiting_count(pending.requester()).await;
    assert_eq!(waiting.unwrap(), 0);
}

#[tokio::test]
async fn fifty_asks_at_once_do_not_pass_the_cap_of_pending_requests() {
    let arranged = arranged_at(Pace {
        most_pending: 10,
        ..Pace::default()
    })
    .await;
    let engineer = arranged.engineer();
    let asks: Vec<Step> = (0..50).map(|_| arranged.asking(&engineer)).collect();
    let outcomes = at_once(&arranged, asks).await;
    assert_eq!(count(&outcomes, &Ok(())), 10, "{outcomes:?}");
    let capped = Err(LedgerFault::TooManyPending { most: 10 });
    assert_eq!(count(&outcomes, &capped), 40, "{outcomes:?}");
    let waiting = arranged.ledger.waiting_count(engineer.person()).await;
    assert_eq!(waiting.unwrap(), 10);
    // The cap is each person's own.
    let other = arranged.person("engineer-8", &["engineers"]);
    arranged.recorded(arranged.asking(&other)).await;
}
