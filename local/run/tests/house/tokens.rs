//! Tokens of the issuer, as Postern reads them.

use std::time::Duration;

use postern_local::house::House;
use postern_local::people::Person;
use rules::names::Group;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::outside::house;

/// What the development door answers to a form: status and body.
async fn door(house: &House, form: &str) -> (u16, String) {
    let address = house.issuer_url().strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!(
        "POST /token HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap();
    (status.parse().unwrap(), body.trim().to_owned())
}

#[tokio::test]
async fn the_verifier_believes_the_issuer_and_reads_who_everybody_is() {
    let (house, _) = house().await;
    let verifier = house.config().verifier(house.clock().clone()).unwrap();
    for person in Person::ALL {
        let header = format!("Bearer {}", house.token(person).unwrap());
        let caller = verifier.caller(Some(header.as_bytes())).await.unwrap();
        assert_eq!(caller.person().sub.as_str(), person.subject());
        assert_eq!(caller.person().iss.as_str(), house.issuer_url());
        let groups: Vec<&str> = caller.groups().iter().map(Group::as_str).collect();
        assert_eq!(groups, person.groups());
    }
}

#[tokio::test]
async fn a_token_from_the_door_lasts_as_long_as_was_asked() {
    let (house, clock) = house().await;
    let verifier = house.config().verifier(house.clock().clone()).unwrap();
    let believed = async |token: &str| {
        let header = format!("Bearer {token}");
        verifier.caller(Some(header.as_bytes())).await.is_ok()
    };
    let (status, minute) = door(&house, "person=anna&ttl=60").await;
    assert_eq!(status, 200);
    let (_, hour) = door(&house, "person=anna").await;
    assert!(believed(&minute).await && believed(&hour).await);
    // The leeway of 5 s is the last that a token has.
    clock.advance(Duration::from_secs(65));
    assert!(!believed(&minute).await && believed(&hour).await);
    clock.advance(Duration::from_secs(3_600));
    assert!(!believed(&hour).await);
}

#[tokio::test]
async fn the_door_says_what_it_wants() {
    let (house, _) = house().await;
    let (status, says) = door(&house, "person=mallory").await;
    assert_eq!(status, 400);
    assert!(says.contains("anna, ben, cleo, omar and ada"), "{says}");
    assert_eq!(door(&house, "").await.0, 400);
}

#[tokio::test]
async fn tokens_of_another_house_are_not_believed() {
    let ((ours, _), (theirs, _)) = (house().await, house().await);
    let verifier = ours.config().verifier(ours.clock().clone()).unwrap();
    let foreign = format!("Bearer {}", theirs.token(Person::Ben).unwrap());
    assert!(verifier.caller(Some(foreign.as_bytes())).await.is_err());
    // Nor are claims of ours that another key signed.
    let posing = theirs
        .issuer()
        .sign(&ours.issuer().claims(Person::Ben))
        .unwrap();
    let posing = format!("Bearer {posing}");
    assert!(verifier.caller(Some(posing.as_bytes())).await.is_err());
}
