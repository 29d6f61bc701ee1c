//! Slack fails in every way that it has: nothing is lost, nothing stands twice, and nobody who asks
//! the API waits for it.

use std::time::{Duration, Instant};

use postern_local::account::BATCH_1;
use postern_local::people::Person::{Anna, Ben};
use postern_local::slack::{CHANNEL, Trouble};
use rules::status::StatusWord::{Approved, Pending};
use standin::Service;
use standin::faults::{FaultKind, FaultRule};

use super::hand::button;
use super::{ANNA, BEN};
use crate::scene::{Scene, shell_on};

impl Scene {
    /// Minutes pass, and chat is told what it can be told.
    async fn minutes_pass(&self, minutes: u32) {
        for _ in 0..minutes {
            self.advance(Duration::from_secs(60));
            self.chat_hears().await;
        }
    }
}

#[tokio::test]
async fn an_outage_delays_and_loses_nothing_and_doubles_nothing() {
    for trouble in [
        Trouble::Down,
        Trouble::CallLost,
        Trouble::AnswerLost,
        Trouble::Limited(30),
        Trouble::Refused("internal_error"),
    ] {
        let scene = Scene::open().await;
        let anna = scene.linked(ANNA, Anna).await;
        let ben = scene.linked(BEN, Ben).await;
        let slack = scene.house().slack();
        slack.trouble("*", &trouble, 1_000);
        // The API does not wait for it.
        let id = scene
            .as_(Anna)
            .ask(&shell_on(BATCH_1))
            .await
            .must_be(201)
            .id();
        scene.chat_hears().await;
        scene.minutes_pass(3).await;
        assert_eq!(scene.status(id).await, Pending);
        slack.mend();
        scene.minutes_pass(11).await;
        let card = scene.card(id);
        assert!(button(&card.blocks, "approve").is_some(), "{trouble:?}");

        // What is decided while it is down shows afterwards, with every message once.
        slack.trouble("*", &trouble, 1_000);
        scene.as_(Ben).approve(id).await.must_be(200);
        scene.chat_hears().await;
        scene.minutes_pass(2).await;
        slack.mend();
        scene.minutes_pass(11).await;
        assert_eq!(
            button(&scene.card(id).blocks, "approve"),
            None,
            "{trouble:?}"
        );
        assert_eq!(scene.status(id).await, Approved);
        for channel in [CHANNEL, "D0ANNA"] {
            let messages = slack.messages(channel);
            let mut keys: Vec<String> = messages
                .iter()
                .map(|message| message.metadata.to_string())
                .collect();
            let all = keys.len();
            keys.sort();
            keys.dedup();
            assert_eq!(keys.len(), all, "{trouble:?} in {channel}");
            let outcomes = messages.iter().filter(|one| one.text.contains("pproved"));
            assert!(outcomes.count() >= 1, "{trouble:?} in {channel}");
        }
        drop((anna, ben));
    }
}

#[tokio::test]
async fn one_lost_answer_is_looked_for_before_it_is_said_again() {
    let scene = Scene::open().await;
    let anna = scene.linked(ANNA, Anna).await;
    let slack = scene.house().slack();
    slack.trouble("chat.postMessage", &Trouble::AnswerLost, 1);
    scene
        .says(&anna, &format!("request {BATCH_1} 30m disk full"))
        .await;
    scene.minutes_pass(2).await;
    let looked = slack
        .calls()
        .iter()
        .any(|call| call.starts_with("conversations.history"));
    assert!(looked);
    let cards = slack.messages(CHANNEL).len() + slack.messages("D0ANNA").len();
    assert_eq!(cards, 2);
}

#[tokio::test]
async fn slack_is_answered_in_time_whatever_aws_does() {
    for (service, operation) in [(Service::Lambda, "Invoke"), (Service::Ssm, "GetParameter")] {
        let scene = Scene::open().await;
        let anna = scene.seat(ANNA, "Anna");
        let hang = FaultRule::always(service, operation, FaultKind::Hang);
        let hang = scene.world().faults().inject(hang);
        let command = anna.command(&scene, "help", "1");
        let begun = Instant::now();
        let late = scene.slack(&command).await;
        assert!(begun.elapsed() < Duration::from_secs(3), "{operation}");
        late.must_say(503, "aws-unavailable");
        scene.world().faults().remove(hang);
        scene.slack(&command).await.must_be(200);
        assert_eq!(scene.house().slack().whispers().len(), 1, "{operation}");
    }
}

#[tokio::test]
async fn another_bot_token_is_taken_up_without_a_deployment() {
    let scene = Scene::open().await;
    scene.linked(ANNA, Anna).await;
    let slack = scene.house().slack();
    slack.change_token("another-local-token");
    let name = format!("{}/bot-token", postern_local::account::CHAT_SECRETS);
    let kind = standin::ssm::ParameterType::SecureString;
    scene
        .world()
        .put_parameter(&name, kind, "another-local-token");
    scene.advance(Duration::from_secs(60));
    scene.as_(Anna).ask(&shell_on(BATCH_1)).await.must_be(201);
    scene.chat_hears().await;
    scene.minutes_pass(6).await;
    assert_eq!(slack.messages(CHANNEL).len(), 1);
}

#[tokio::test]
async fn those_who_do_not_answer_are_reminded_less_and_less() {
    let scene = Scene::with(&[("POSTERN_CHAT_NUDGE_AFTER", "10m")]).await;
    let anna = scene.linked(ANNA, Anna).await;
    scene.asked_in_chat(&anna).await;
    let at = |minutes: u32| (minutes, scene.house().slack().messages(CHANNEL).len());
    let mut seen = Vec::new();
    for minutes in 1..=75 {
        scene.minutes_pass(1).await;
        seen.push(at(minutes));
    }
    let said: Vec<u32> = seen
        .windows(2)
        .filter(|pair| pair[0].1 < pair[1].1)
        .map(|pair| pair[1].0)
        .collect();
    // 10 minutes, then 20 more, then 40 more; a minute later at most.
    assert_eq!(said.len(), 3, "{said:?}");
    for (minute, due) in said.iter().zip([10, 30, 70]) {
        assert!((due..=due + 1).contains(minute), "{said:?}");
    }
}
