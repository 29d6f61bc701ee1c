//! Records that cannot be read: told apart, put aside, and in nobody's way.

use aws_sdk_dynamodb::types::AttributeValue;
use broker::ledger::LedgerFault;
use rules::names::RequestId;

use super::arranged::{HOUR, SHARDS, arranged, text};

#[tokio::test]
async fn what_is_no_request_or_not_this_one_is_corrupt() {
    let arranged = arranged().await;
    let (one, other) = (arranged.pending().await, arranged.pending().await);
    let id = one.id();
    let others_doc = arranged.of_request(other.id()).await["REQ"]["doc"].clone();
    let doc = arranged.of_request(id).await["REQ"]["doc"].clone();
    let pk = format!("REQ#{id}");
    for (name, value) in [
        ("doc", AttributeValue::S("{".to_owned())),
        ("doc", AttributeValue::N("1".to_owned())),
        ("doc", others_doc),
        ("version", AttributeValue::N("2".to_owned())),
    ] {
        arranged.tamper(&pk, "REQ", "doc", doc.clone()).await;
        assert!(arranged.ledger.load(id).await.unwrap().is_some());
        arranged.tamper(&pk, "REQ", name, value).await;
        let corrupt = LedgerFault::Corrupt { request: Some(id) };
        assert_eq!(arranged.ledger.load(id).await, Err(corrupt.clone()));
        assert_eq!(arranged.ledger.file(id).await, Err(corrupt));
    }
    let rest = arranged.ledger.load_all(&[id, other.id()]).await.unwrap();
    assert_eq!(rest, [other]);
}

#[tokio::test]
async fn a_request_in_quarantine_is_not_due_and_not_deleted() {
    let arranged = arranged().await;
    let (damaged, sound) = (arranged.pending().await, arranged.pending().await);
    let pk = format!("REQ#{}", damaged.id());
    let rubbish = AttributeValue::S("rubbish".to_owned());
    arranged.tamper(&pk, "REQ", "doc", rubbish).await;
    arranged.forward(48 * HOUR);
    let now = arranged.now();
    arranged.ledger.quarantine(damaged.id(), now).await.unwrap();
    let due = arranged.ledger.due(now, now, 10).await.unwrap();
    assert_eq!(due.ids(), [sound.id()]);
    let item = &arranged.of_request(damaged.id()).await["REQ"];
    assert_eq!(text(item, "doc"), "rubbish");
    assert_eq!(text(item, "quarantined_at"), now.to_string());
    // What is not there is not made.
    let absent = RequestId::new(now, [9; 10]);
    arranged.ledger.quarantine(absent, now).await.unwrap();
    assert!(arranged.of_request(absent).await.is_empty());
}

#[tokio::test]
async fn a_row_that_names_no_request_does_not_stop_the_sweep() {
    let arranged = arranged().await;
    let pending = arranged.pending().await;
    let at = pending.due_at(&arranged.pace).unwrap();
    let hour = at.seconds() / 3_600;
    let value = |text: String| AttributeValue::S(text);
    for shard in 0..SHARDS {
        let bucket = value(format!("DUE#{hour}#{shard:02}"));
        let pk = format!("ODD#{shard}");
        arranged.tamper(&pk, "ODD", "due_bucket", bucket).await;
        arranged
            .tamper(&pk, "ODD", "due_at", value("0".to_owned()))
            .await;
    }
    arranged.world.clock().set(at.millis());
    for _ in 0..2 {
        let due = arranged.ledger.due(at, at, 10).await.unwrap();
        assert_eq!(due.ids(), [pending.id()]);
    }
    assert!(!arranged.partition("ODD#0").await["ODD"].contains_key("due_bucket"));
}
