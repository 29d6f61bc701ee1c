//! The story, where something is not as it should be.

use std::io;

use postern_local::house::{Doors, House, Plan};
use postern_local::screen::Screen;
use postern_local::story::{Amiss, tell};
use standin::StandinClock;

use crate::outside::START;

/// A house that is otherwise than the story has it.
async fn told_with(name: &'static str, value: &str) -> Amiss {
    let house = House::start(Plan {
        clock: StandinClock::by_hand(START),
        data_dir: None,
        doors: Doors::InProcess,
        settings: vec![(name, value.to_owned())],
    })
    .await
    .unwrap();
    let mut screen = Screen::new(Box::new(io::sink()), false);
    Box::pin(tell(&house, &mut screen)).await.unwrap_err()
}

#[tokio::test]
async fn the_story_stops_at_what_is_not_as_it_should_be() {
    let policy = r#"@id("too-easy") @auto("true") @max_duration("1h")
        permit (principal in Postern::Group::"engineers", action, resource);"#;
    let amiss = told_with("POSTERN_POLICY", policy).await;
    assert_eq!(
        amiss.to_string(),
        "expected the status pending; got approved"
    );
}

#[tokio::test]
async fn the_story_tells_the_code_of_an_answer_that_it_did_not_expect() {
    let amiss = told_with("POSTERN_GROUPS_CLAIM", "roles").await;
    let says = amiss.to_string();
    assert!(says.starts_with("expected status 201; got 40"), "{says}");
    assert!(says.contains(": "), "{says}");
}
