//! What keeps a step from being recorded, and that nothing of it is recorded then.

use aws_sdk_dynamodb::types::AttributeValue;
use broker::ledger::LedgerFault;

use super::arranged::arranged;

#[tokio::test]
async fn a_step_judged_on_an_old_version_is_lost_whole() {
    let arranged = arranged().await;
    let pending = arranged.pending().await;
    let approving = arranged.approving(&pending, &arranged.lead());
    arranged.recorded(arranged.withdrawing(&pending)).await;
    let before = arranged.of_request(pending.id()).await;
    let outcome = arranged
        .ledger
        .record(&approving, None, arranged.now())
        .await;
    assert_eq!(outcome, Err(LedgerFault::LostRace));
    assert_eq!(arranged.of_request(pending.id()).await, before);
}

#[tokio::test]
async fn a_request_is_made_once() {
    let arranged = arranged().await;
    let asking = arranged.asking(&arranged.engineer());
    let pending = arranged.recorded(asking.clone()).await;
    let again = arranged.ledger.record(&asking, None, arranged.now()).await;
    assert_eq!(again, Err(LedgerFault::LostRace));
    let waiting = arranged.ledger.waiting_count(pending.requester()).await;
    assert_eq!(waiting.unwrap(), 1);
}

#[tokio::test]
async fn the_write_itself_refuses_self_approval_even_if_the_rule_were_fooled() {
    let arranged = arranged().await;
    let both = arranged.person("engineer-7", &["engineers", "leads"]);
    let stored = arranged.recorded(arranged.asking(&both)).await;
    // The rule judges a request with this id that somebody else asked for, and says yes.
    let other = arranged.person("engineer-8", &["engineers"]);
    let judged = arranged.asking_as(stored.id(), &other).request().clone();
    let before = arranged.of_request(stored.id()).await;
    let by_requester = arranged.approving(&judged, &both);
    let outcome = arranged
        .ledger
        .record(&by_requester, None, arranged.now())
        .await;
    assert_eq!(outcome, Err(LedgerFault::LostRace));
    assert_eq!(arranged.of_request(stored.id()).await, before);
    // Nothing else stood in the way: from anybody else the same write is taken.
    let by_lead = arranged.approving(&judged, &arranged.lead());
    arranged.recorded(by_lead).await;
}

#[tokio::test]
async fn an_entry_is_never_overwritten() {
    let arranged = arranged().await;
    let pending = arranged.pending().await;
    let (pk, sk) = (format!("REQ#{}", pending.id()), "ENTRY#000000000002");
    let planted = AttributeValue::S("planted".to_owned());
    arranged.tamper(&pk, sk, "doc", planted).await;
    let before = arranged.of_request(pending.id()).await;
    let approving = arranged.approving(&pending, &arranged.lead());
    let outcome = arranged
        .ledger
        .record(&approving, None, arranged.now())
        .await;
    assert_eq!(outcome, Err(LedgerFault::LostRace));
    assert_eq!(arranged.of_request(pending.id()).await, before);
}
