//! Each item and attribute, as a step of each kind leaves them.

use std::collections::BTreeSet;

use rules::audit;
use rules::life::issue;
use rules::moment::Moment;
use rules::names::SessionId;
use rules::session::{ListedSession, ListedState};
use rules::sweep::{Seen, due, look};

use super::arranged::{Arranged, Item, arranged, number, text};

fn attributes(item: &Item) -> BTreeSet<&str> {
    item.keys().map(String::as_str).collect()
}

async fn keys(arranged: &Arranged, request: &rules::request::Request) -> Vec<String> {
    arranged
        .of_request(request.id())
        .await
        .into_keys()
        .collect()
}

async fn waiting(arranged: &Arranged) -> usize {
    let engineer = arranged.engineer();
    arranged
        .ledger
        .waiting_count(engineer.person())
        .await
        .unwrap()
}

#[tokio::test]
async fn asking_writes_request_entry_waits_and_count() {
    let arranged = arranged().await;
    let request = arranged.pending().await;
    let id = request.id();
    let items = arranged.of_request(id).await;
    let sort_keys: Vec<&str> = items.keys().map(String::as_str).collect();
    assert_eq!(
        sort_keys,
        ["ENTRY#000000000001", "REQ", "WAIT#leads", "WAIT#oncall"]
    );
    let own = &items["REQ"];
    let expected = [
        "pk",
        "sk",
        "id",
        "doc",
        "version",
        "requester",
        "parties",
        "day",
        "due_bucket",
        "due_at",
    ];
    assert_eq!(attributes(own), expected.into());
    assert_eq!(text(own, "id"), id.to_string());
    assert_eq!(number(own, "version"), 1);
    assert_eq!(text(own, "requester"), request.requester().key().hex());
    assert_eq!(text(own, "day"), "2026-11-24");
    let due_at = request.due_at(&arranged.pace).unwrap();
    assert_eq!(text(own, "due_at"), format!("{:015}#{id}", due_at.millis()));
    let hour = due_at.seconds() / 3_600;
    assert!(text(own, "due_bucket").starts_with(&format!("DUE#{hour}#")));
    let stored: rules::request::Request = serde_json::from_str(text(own, "doc")).unwrap();
    assert_eq!(stored, request);
    let entry = &items["ENTRY#000000000001"];
    assert_eq!(attributes(entry), ["pk", "sk", "doc", "token"].into());
    let wait = &items["WAIT#leads"];
    assert_eq!(attributes(wait), ["pk", "sk", "id", "waiting_group"].into());
    assert_eq!(text(wait, "waiting_group"), "leads");
    assert_eq!(waiting(&arranged).await, 1);
}

#[tokio::test]
async fn a_request_waits_for_the_groups_of_the_stage_that_it_is_at() {
    let arranged = arranged().await;
    let guest = arranged.person("guest-1", &["guests"]);
    let waits = async |request: &rules::request::Request| {
        let keys = keys(&arranged, request).await;
        keys.into_iter()
            .filter(|key| key.starts_with("WAIT#"))
            .collect::<Vec<_>>()
    };
    let request = arranged.recorded(arranged.asking(&guest)).await;
    assert_eq!(waits(&request).await, ["WAIT#leads"]);
    let request = arranged
        .recorded(arranged.approving(&request, &arranged.lead()))
        .await;
    assert_eq!(waits(&request).await, ["WAIT#leads", "WAIT#security"]);
    let count = arranged.ledger.waiting_count(guest.person());
    assert_eq!(count.await.unwrap(), 1);
    let other = arranged.person("guard-1", &["security"]);
    let request = arranged
        .recorded(arranged.approving(&request, &other))
        .await;
    assert!(waits(&request).await.is_empty());
    assert_eq!(
        arranged.ledger.waiting_count(guest.person()).await.unwrap(),
        0
    );
}

#[tokio::test]
async fn every_way_out_of_pending_ends_the_wait_and_frees_the_place() {
    let arranged = arranged().await;
    let approved = arranged.approved().await;
    let withdrawn = arranged.pending().await;
    let withdrawn = arranged.recorded(arranged.withdrawing(&withdrawn)).await;
    let lapsed = arranged.pending().await;
    assert_eq!(waiting(&arranged).await, 1);
    let at = lapsed.due_at(&arranged.pace).unwrap();
    let step = due(&lapsed, at, &arranged.pace).unwrap();
    let lapsed = arranged.recorded(step).await;
    assert_eq!(waiting(&arranged).await, 0);
    for request in [approved, withdrawn, lapsed] {
        let expected = ["ENTRY#000000000001", "ENTRY#000000000002", "REQ"];
        assert_eq!(keys(&arranged, &request).await, expected);
        assert_eq!(
            arranged.ledger.load(request.id()).await.unwrap(),
            Some(request)
        );
    }
}

#[tokio::test]
async fn what_the_policy_approves_by_itself_never_waits() {
    let arranged = arranged().await;
    let trusted = arranged.person("engineer-7", &["trusted"]);
    let request = arranged.recorded(arranged.asking(&trusted)).await;
    let expected = ["ENTRY#000000000001", "ENTRY#000000000002", "REQ"];
    assert_eq!(keys(&arranged, &request).await, expected);
    assert_eq!(waiting(&arranged).await, 0);
}

#[tokio::test]
async fn a_lapse_after_approval_does_not_free_a_place_again() {
    let arranged = arranged().await;
    arranged.pending().await;
    let approved = arranged.approved().await;
    let at = approved.due_at(&arranged.pace).unwrap();
    arranged
        .recorded(due(&approved, at, &arranged.pace).unwrap())
        .await;
    assert_eq!(waiting(&arranged).await, 1);
}

#[tokio::test]
async fn sessions_are_filed_with_their_request_and_the_chain_holds() {
    let arranged = arranged().await;
    let approved = arranged.approved().await;
    let begun = arranged
        .recorded(arranged.issuing(&approved, &arranged.engineer()))
        .await;
    let until = arranged.now().plus(super::arranged::HOUR);
    let issued = issue::complete(&begun, 1, "ASIAEXAMPLE", until, arranged.now());
    let active = arranged.recorded(issued.unwrap()).await;
    let id: SessionId = format!("{}-07a16060613c408b5", active.id())
        .parse()
        .unwrap();
    let seen = Seen {
        sessions: vec![listed(&id, arranged.now())],
        complete: true,
        ..Seen::default()
    };
    let step = look(&active, &[], &seen, arranged.now(), &arranged.pace)
        .step
        .unwrap();
    let records = step.sessions().to_vec();
    assert_eq!(records.len(), 1);
    let active = arranged.recorded(step).await;
    let file = arranged.ledger.file(active.id()).await.unwrap().unwrap();
    assert_eq!((&file.request, &file.sessions), (&active, &records));
    assert!(
        keys(&arranged, &active)
            .await
            .contains(&format!("SESSION#{id}"))
    );
    let entries = arranged.ledger.entries(active.id()).await.unwrap();
    audit::verify(active.id(), &entries, active.head()).unwrap();
}

fn listed(id: &SessionId, now: Moment) -> ListedSession {
    ListedSession {
        id: id.clone(),
        owner: "arn:aws:sts::111122223333:assumed-role/Access/req".to_owned(),
        instance: "i-0123456789abcdef0".to_owned(),
        document: "Postern-Shell-30".to_owned(),
        started_at: now,
        state: ListedState::Active,
    }
}
