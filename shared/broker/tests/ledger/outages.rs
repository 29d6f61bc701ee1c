//! Conflicts, throttles and lost answers.

use broker::fault::AwsFaultKind;
use broker::ledger::LedgerFault;
use standin::Service;
use standin::faults::{FaultKind, FaultRule};

use super::arranged::arranged;

const TRANSACT: &str = "TransactWriteItems";

fn rule(kind: FaultKind) -> FaultRule {
    FaultRule::always(Service::DynamoDb, TRANSACT, kind)
}

#[tokio::test]
async fn a_transaction_that_meets_others_is_tried_again_as_the_same_one() {
    let arranged = arranged().await;
    arranged.inject(rule(FaultKind::TransactionConflict).times(2));
    arranged.pending().await;
    let tries = arranged.world.calls_of(Service::DynamoDb, TRANSACT);
    assert_eq!(tries.len(), 3);
    let token = |n: usize| &tries[n].parameters["ClientRequestToken"];
    assert!(token(0).is_string());
    assert!(token(0) == token(1) && token(1) == token(2));
}

#[tokio::test]
async fn a_transaction_that_meets_others_again_and_again_has_lost() {
    let arranged = arranged().await;
    arranged.inject(rule(FaultKind::TransactionConflict));
    let step = arranged.asking(&arranged.engineer());
    let outcome = arranged.ledger.record(&step, None, arranged.now()).await;
    assert_eq!(outcome, Err(LedgerFault::LostRace));
    assert_eq!(arranged.calls(TRANSACT), 6);
    assert!(arranged.of_request(step.request().id()).await.is_empty());
}

#[tokio::test]
async fn a_write_whose_answer_was_lost_once_is_made_once() {
    let arranged = arranged().await;
    arranged.inject(rule(FaultKind::TimeoutAfterEffect).times(1));
    let pending = arranged.pending().await;
    assert_eq!(arranged.calls(TRANSACT), 2);
    let waiting = arranged.ledger.waiting_count(pending.requester()).await;
    assert_eq!(waiting.unwrap(), 1);
    assert_eq!(
        arranged.ledger.entries(pending.id()).await.unwrap().len(),
        1
    );
}

#[tokio::test]
async fn a_write_whose_every_answer_was_lost_is_found_in_the_table() {
    let arranged = arranged().await;
    arranged.inject(rule(FaultKind::TimeoutAfterEffect));
    let pending = arranged.pending().await;
    assert_eq!(
        arranged.ledger.load(pending.id()).await.unwrap(),
        Some(pending)
    );
}

#[tokio::test]
async fn an_equal_write_of_somebody_else_is_not_taken_for_ones_own() {
    let arranged = arranged().await;
    let approved = arranged.approved().await;
    let step = arranged.issuing(&approved, &arranged.engineer());
    arranged.recorded(step.clone()).await;
    // This call does not even reach DynamoDB, and finds there what it would have written itself.
    arranged.inject(rule(FaultKind::TimeoutBeforeEffect));
    match arranged.ledger.record(&step, None, arranged.now()).await {
        Err(LedgerFault::Aws(fault)) => assert_eq!(fault.kind, AwsFaultKind::Unreachable),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_throttle_is_waited_out_and_a_lasting_one_is_told() {
    let arranged = arranged().await;
    arranged.inject(rule(FaultKind::Throttle).times(2));
    arranged.pending().await;
    assert_eq!(arranged.calls(TRANSACT), 3);
    arranged.inject(rule(FaultKind::Throttle));
    let step = arranged.asking(&arranged.engineer());
    match arranged.ledger.record(&step, None, arranged.now()).await {
        Err(LedgerFault::Aws(fault)) => assert_eq!(fault.kind, AwsFaultKind::Throttled),
        other => panic!("{other:?}"),
    }
    assert!(arranged.of_request(step.request().id()).await.is_empty());
}
