//! Who is behind a request: people with several accounts, people asked for, and people who owe a
//! review.

use broker::ledger::{LedgerFault, Page};
use rules::caller::Caller;
use rules::life::{end, review};
use rules::names::Person;
use rules::offices::Offices;
use rules::request::Request;
use rules::step::Step;

use super::arranged::{Arranged, arranged};

const PAGE: Page = Page {
    limit: 10,
    after: None,
};

impl Arranged {
    /// The step of breaking the glass, not recorded.
    fn breaking(&self, caller: &Caller) -> Step {
        self.asking_for(self.new_id(), caller, |ask| ask.break_glass = true)
    }

    /// A broken glass, handed back before it was used.
    async fn broken(&self, caller: &Caller) -> Request {
        let broken = self.recorded(self.breaking(caller)).await;
        let back = end::release(&broken, caller, &Offices::default(), self.now());
        self.recorded(back.unwrap()).await
    }

    fn reviewing(&self, request: &Request) -> Step {
        let (sam, seen) = (self.person("sam", &["security"]), "seen".parse().unwrap());
        review::review(request, &sam, seen, &Offices::default(), self.now()).unwrap()
    }

    async fn unreviewed(&self, caller: &Caller) -> Option<rules::names::RequestId> {
        self.ledger.unreviewed(caller.identity()).await.unwrap()
    }
}

#[tokio::test]
async fn the_write_itself_refuses_a_second_account_of_whoever_asked() {
    let arranged = arranged().await;
    let own = arranged.account("anna", Some("7"), &["engineers"]);
    let stored = arranged.recorded(arranged.asking(&own)).await;
    // The rule judges a request with this id that somebody else asked for, and says yes.
    let other = arranged.account("cleo", Some("8"), &["engineers"]);
    let judged = arranged.asking_as(stored.id(), &other).request().clone();
    let second = arranged.account("anna-admin", Some("7"), &["leads"]);
    let step = arranged.approving(&judged, &second);
    let before = arranged.of_request(stored.id()).await;
    let outcome = arranged.ledger.record(&step, None, arranged.now()).await;
    assert_eq!(outcome, Err(LedgerFault::LostRace));
    assert_eq!(arranged.of_request(stored.id()).await, before);
    // Nothing else stood in the way.
    let lead = arranged.account("lead-1", Some("9"), &["leads"]);
    arranged.recorded(arranged.approving(&judged, &lead)).await;
}

#[tokio::test]
async fn the_write_itself_refuses_whoever_asked_for_somebody_else() {
    let arranged = arranged().await;
    let (dora, anna) = (
        arranged.person("dora", &["engineers", "leads"]),
        arranged.person("anna", &["engineers"]),
    );
    let for_anna = |ask: &mut rules::ask::Ask| ask.for_person = Some(anna.person().clone());
    let stored = arranged.asking_for(arranged.new_id(), &dora, for_anna);
    let stored = arranged.recorded(stored).await;
    let other = arranged.person("cleo", &["engineers"]);
    let judged = arranged.asking_as(stored.id(), &other).request().clone();
    let step = arranged.approving(&judged, &dora);
    let outcome = arranged.ledger.record(&step, None, arranged.now()).await;
    assert_eq!(outcome, Err(LedgerFault::LostRace));
}

#[tokio::test]
async fn whoever_asked_and_whoever_it_is_for_both_find_it() {
    let arranged = arranged().await;
    let dora = arranged.person("dora", &["engineers"]);
    let anna: Person = arranged.person("anna", &["engineers"]).person().clone();
    let named = anna.clone();
    let step = arranged.asking_for(arranged.new_id(), &dora, |ask| ask.for_person = Some(named));
    let request = arranged.recorded(step).await;
    for person in [&anna, dora.person()] {
        let found = arranged.ledger.mine(person, &PAGE).await.unwrap();
        assert_eq!(found.ids, [request.id()], "{person}");
    }
    // It counts for whoever asked, so that nobody fills another one's share.
    assert_eq!(arranged.ledger.waiting_count(dora.person()).await, Ok(1));
    assert_eq!(arranged.ledger.waiting_count(&anna).await, Ok(0));
}

#[tokio::test]
async fn of_two_broken_glasses_at_once_one_is_recorded() {
    let arranged = arranged().await;
    let anna = arranged.engineer();
    let (one, other) = (arranged.breaking(&anna), arranged.breaking(&anna));
    let now = arranged.now();
    let outcomes = tokio::join!(
        arranged.ledger.record(&one, None, now),
        arranged.ledger.record(&other, None, now)
    );
    let (kept, lost) = match outcomes {
        (Ok(()), Err(LedgerFault::LostRace)) => (one, other),
        (Err(LedgerFault::LostRace), Ok(())) => (other, one),
        outcomes => panic!("{outcomes:?}"),
    };
    assert_eq!(arranged.unreviewed(&anna).await, Some(kept.request().id()));
    assert!(arranged.of_request(lost.request().id()).await.is_empty());
}

#[tokio::test]
async fn the_debt_is_that_of_every_account_and_a_review_pays_it() {
    let arranged = arranged().await;
    let anna = arranged.account("anna", Some("7"), &["engineers"]);
    let second = arranged.account("anna-admin", Some("7"), &["engineers"]);
    let request = arranged.broken(&anna).await;
    for account in [&anna, &second] {
        assert_eq!(arranged.unreviewed(account).await, Some(request.id()));
    }
    let breaking = arranged.breaking(&second);
    let outcome = arranged
        .ledger
        .record(&breaking, None, arranged.now())
        .await;
    assert_eq!(outcome, Err(LedgerFault::LostRace));
    let stranger = arranged.account("cleo", Some("8"), &["engineers"]);
    assert_eq!(arranged.unreviewed(&stranger).await, None);

    arranged.recorded(arranged.reviewing(&request)).await;
    assert_eq!(arranged.unreviewed(&second).await, None);
    arranged.recorded(arranged.breaking(&second)).await;
}

#[tokio::test]
async fn a_review_waits_in_the_index_of_its_groups_until_it_is_made() {
    let arranged = arranged().await;
    let security = ["security".parse().unwrap()].into();
    let request = arranged.broken(&arranged.engineer()).await;
    let waiting = arranged.ledger.waiting_for(&security, &PAGE).await.unwrap();
    assert_eq!(waiting.ids, [request.id()]);
    arranged.recorded(arranged.reviewing(&request)).await;
    let waiting = arranged.ledger.waiting_for(&security, &PAGE).await.unwrap();
    assert!(waiting.ids.is_empty());
}
