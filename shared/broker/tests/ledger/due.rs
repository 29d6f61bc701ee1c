//! What is due, and what finding it costs.

use std::time::Duration;

use broker::ledger::{DueList, DueRow};
use rules::moment::Moment;
use rules::names::RequestId;

use super::arranged::{Arranged, HOUR, arranged, ledger_of, number, text};

const SECOND: Duration = Duration::from_secs(1);

async fn due(arranged: &Arranged, most: usize) -> DueList {
    let now = arranged.now();
    arranged.ledger.due(now, now, most).await.unwrap()
}

async fn cursor(arranged: &Arranged) -> i64 {
    number(&arranged.partition("DUE").await["CURSOR"], "hour")
}

/// A request that lapses at the moment given with it.
async fn pending(arranged: &Arranged) -> (RequestId, Moment) {
    let request = arranged.pending().await;
    (request.id(), request.due_at(&arranged.pace).unwrap())
}

#[tokio::test]
async fn only_what_is_due_is_listed_and_the_longest_due_first() {
    let arranged = arranged().await;
    let mut made = Vec::new();
    for _ in 0..9 {
        made.push(pending(&arranged).await);
        arranged.forward(20 * 60 * SECOND);
    }
    let ids: Vec<RequestId> = made.iter().map(|(id, _)| *id).collect();
    let (_, fifth) = made[4];
    arranged.world.clock().set(fifth.millis() - 1);
    assert_eq!(due(&arranged, 100).await.ids(), ids[..4]);
    arranged.world.clock().set(fifth.millis());
    let all = due(&arranged, 100).await;
    assert_eq!((all.ids(), all.more), (ids[..5].to_vec(), false));
    let some = due(&arranged, 3).await;
    assert_eq!((some.ids(), some.more), (ids[..3].to_vec(), true));
    let exactly = due(&arranged, 5).await;
    assert_eq!((exactly.rows.len(), exactly.more), (5, false));
}

#[tokio::test]
async fn a_window_lists_what_will_be_due_within_it() {
    let arranged = arranged().await;
    let (id, at) = pending(&arranged).await;
    let now = at.minus(30 * SECOND);
    arranged.world.clock().set(now.millis());
    let found = arranged
        .ledger
        .due(at.minus(SECOND), now, 10)
        .await
        .unwrap();
    assert_eq!(found.ids(), []);
    let found = arranged.ledger.due(at, now, 10).await.unwrap();
    assert_eq!(found.rows, [DueRow { at, id }]);
}

#[tokio::test]
async fn what_is_over_is_never_due() {
    let arranged = arranged().await;
    let request = arranged.pending().await;
    let at = request.due_at(&arranged.pace).unwrap();
    arranged.recorded(arranged.withdrawing(&request)).await;
    arranged.world.clock().set(at.millis());
    let now = arranged.now();
    assert_eq!(
        arranged.ledger.due(now.plus(HOUR), now, 10).await.unwrap(),
        DueList::default()
    );
    let item = &arranged.of_request(request.id()).await["REQ"];
    assert!(!item.contains_key("due_bucket") && !item.contains_key("due_at"));
}

#[tokio::test]
async fn what_is_overdue_when_written_is_filed_in_the_hour_of_its_writing() {
    let arranged = arranged().await;
    let engineer = arranged.engineer();
    let asking = arranged.asking(&engineer);
    let due_at = asking.request().due_at(&arranged.pace).unwrap();
    arranged.world.clock().set(due_at.plus(30 * HOUR).millis());
    // A sweep passes the hour before the request is written.
    while due(&arranged, 10).await.more {}
    let request = arranged.recorded(asking).await;
    let item = &arranged.of_request(request.id()).await["REQ"];
    let hour = arranged.now().seconds() / 3_600;
    assert!(text(item, "due_bucket").starts_with(&format!("DUE#{hour}#")));
    assert_eq!(
        text(item, "due_at"),
        format!("{:015}#{}", due_at.millis(), request.id())
    );
    assert_eq!(due(&arranged, 10).await.ids(), [request.id()]);
}

#[tokio::test]
async fn the_cursor_passes_hours_that_are_over_and_empty_and_no_others() {
    let arranged = arranged().await;
    let (id, at) = pending(&arranged).await;
    let due_hour = at.seconds() / 3_600;
    arranged.world.clock().set(at.plus(50 * HOUR).millis());
    for _ in 0..3 {
        assert_eq!(due(&arranged, 10).await.ids(), [id]);
        assert_eq!(cursor(&arranged).await, due_hour);
    }
    let request = arranged.ledger.load(id).await.unwrap().unwrap();
    arranged.recorded(arranged.withdrawing(&request)).await;
    let hour = arranged.now().seconds() / 3_600;
    due(&arranged, 10).await;
    let passed = cursor(&arranged).await;
    assert!(passed == hour || passed == hour - 1, "{passed} of {hour}");
    // It never goes back.
    let earlier = at.minus(HOUR);
    arranged.ledger.due(earlier, earlier, 10).await.unwrap();
    assert_eq!(cursor(&arranged).await, passed);
}

#[tokio::test]
async fn a_first_sweep_finds_everything_however_late_it_comes() {
    let arranged = arranged().await;
    let (id, _) = pending(&arranged).await;
    arranged.forward(10 * 24 * HOUR);
    // The sweeper is another function, with a ledger of its own.
    let sweeper = ledger_of(&arranged.config, arranged.pace);
    let now = arranged.now();
    let mut found = sweeper.due(now, now, 10).await.unwrap();
    while found.rows.is_empty() && found.more {
        found = sweeper.due(now, now, 10).await.unwrap();
    }
    assert_eq!(found.ids(), [id]);
}

#[tokio::test]
async fn after_a_standstill_each_call_keeps_the_way_it_has_made() {
    let arranged = arranged().await;
    let request = arranged.pending().await;
    arranged.recorded(arranged.withdrawing(&request)).await;
    let first = {
        due(&arranged, 10).await;
        cursor(&arranged).await
    };
    arranged.forward(200 * HOUR);
    let mut calls = 1;
    let mut last = first;
    while due(&arranged, 10).await.more {
        assert!(cursor(&arranged).await > last);
        last = cursor(&arranged).await;
        calls += 1;
    }
    assert_eq!(calls, 3);
    assert!(cursor(&arranged).await >= first + 199);
}

#[tokio::test]
async fn the_cost_of_a_sweep_does_not_grow_with_the_table() {
    let arranged = arranged().await;
    let mut costs = Vec::new();
    for closed in [5, 500] {
        for _ in 0..closed {
            let request = arranged.pending().await;
            arranged.recorded(arranged.withdrawing(&request)).await;
        }
        arranged.world.clear_journal();
        assert_eq!(due(&arranged, 10).await.ids(), []);
        costs.push((arranged.calls("Query"), arranged.world.journal().len()));
    }
    assert_eq!(costs[0], costs[1]);
}
