//! Keys by which a call is told apart from its repetition.

use std::time::Duration;

use broker::ledger::{LedgerFault, Remembered};

use super::arranged::{HOUR, arranged, number, text};

const KEY: &str = "key-0001";

#[tokio::test]
async fn a_mark_is_recorded_with_its_step_and_remembered_for_its_person_only() {
    let arranged = arranged().await;
    let engineer = arranged.engineer();
    let mark = arranged.mark(&engineer, KEY, "ask");
    let step = arranged.asking(&engineer);
    let now = arranged.now();
    arranged
        .ledger
        .record(&step, Some(&mark), now)
        .await
        .unwrap();
    let expected = Remembered {
        fingerprint: mark.fingerprint,
        request: step.request().id(),
    };
    let found = arranged
        .ledger
        .remembered(&mark.person, &mark.key, now)
        .await;
    assert_eq!(found.unwrap(), Some(expected));
    let lead = arranged.lead();
    let found = arranged
        .ledger
        .remembered(lead.person(), &mark.key, now)
        .await;
    assert_eq!(found.unwrap(), None);
    let pk = format!("IDEM#{}#{KEY}", engineer.person().key());
    let item = &arranged.partition(&pk).await["IDEM"];
    assert_eq!(text(item, "fingerprint"), mark.fingerprint.hex());
    assert_eq!(text(item, "request"), step.request().id().to_string());
    assert_eq!(number(item, "expires"), now.plus(24 * HOUR).seconds());
}

#[tokio::test]
async fn a_key_that_was_used_meanwhile_keeps_the_whole_step_out() {
    let arranged = arranged().await;
    let engineer = arranged.engineer();
    let mark = arranged.mark(&engineer, KEY, "ask");
    let (first, second) = (arranged.asking(&engineer), arranged.asking(&engineer));
    let now = arranged.now();
    arranged
        .ledger
        .record(&first, Some(&mark), now)
        .await
        .unwrap();
    let outcome = arranged.ledger.record(&second, Some(&mark), now).await;
    assert_eq!(outcome, Err(LedgerFault::KeyTaken));
    assert!(arranged.of_request(second.request().id()).await.is_empty());
    let waiting = arranged.ledger.waiting_count(engineer.person()).await;
    assert_eq!(waiting.unwrap(), 1);
}

#[tokio::test]
async fn an_expired_key_counts_as_absent_while_dynamodb_still_has_it() {
    let arranged = arranged().await;
    let engineer = arranged.engineer();
    let mark = arranged.mark(&engineer, KEY, "ask");
    let (first, second) = (arranged.asking(&engineer), arranged.asking(&engineer));
    arranged
        .ledger
        .record(&first, Some(&mark), arranged.now())
        .await
        .unwrap();
    arranged.forward(24 * HOUR - Duration::from_secs(1));
    let found = arranged
        .ledger
        .remembered(&mark.person, &mark.key, arranged.now())
        .await;
    assert!(found.unwrap().is_some());
    arranged.forward(Duration::from_secs(1));
    let pk = format!("IDEM#{}#{KEY}", engineer.person().key());
    assert_eq!(arranged.partition(&pk).await.len(), 1);
    let found = arranged
        .ledger
        .remembered(&mark.person, &mark.key, arranged.now())
        .await;
    assert_eq!(found.unwrap(), None);
    arranged
        .ledger
        .record(&second, Some(&mark), arranged.now())
        .await
        .unwrap();
    let found = arranged
        .ledger
        .remembered(&mark.person, &mark.key, arranged.now())
        .await;
    assert_eq!(found.unwrap().unwrap().request, second.request().id());
}
