//! What is taken by way of chat, and what is not.

use super::scene::{AUTOMATIC, EMERGENCY, Scene, after, caller, needing};
use crate::audit::Event;
use crate::caller::Channel;
use crate::life::{answer, ask, end};
use crate::refusal::Refusal;
use crate::request::Request;
use crate::route::InChat;

const CHANNELS: [Channel; 3] = [Channel::Api, Channel::ChatLogin, Channel::ChatTap];

/// One approval, on that rung.
fn on(rung: InChat) -> Scene {
    Scene::under(&needing(1).replace("@id", &format!("@chat(\"{}\") @id", rung.word())))
}

/// An emergency that is over, on that rung.
fn emergency_on(rung: InChat) -> (Scene, Request) {
    let policy = EMERGENCY.replace("@id", &format!("@chat(\"{}\") @id", rung.word()));
    let scene = Scene::under(&policy);
    let over = scene.over();
    (scene, over)
}

fn said(result: Result<impl Sized, Refusal>) -> Option<&'static str> {
    result.err().map(|refusal| refusal.code())
}

#[test]
fn a_yes_is_taken_by_the_ways_of_its_rung() {
    for (rung, taken) in [
        (InChat::Tap, [None, None, None]),
        (InChat::Login, [None, None, Some("chat-needs-login")]),
        (
            InChat::None,
            [None, Some("not-in-chat"), Some("not-in-chat")],
        ),
    ] {
        let scene = on(rung);
        for (channel, code) in CHANNELS.into_iter().zip(taken) {
            let ben = Scene::approver().by(channel);
            let step = scene.approve(&scene.asked(), &ben, after(1));
            assert_eq!(said(step.clone()), code, "{rung:?} by {channel:?}");
            let Ok(step) = step else { continue };
            let approval = step.request().approvals().last().unwrap().clone();
            assert_eq!(approval.channel, channel);
            let told = step.entries().iter().any(|entry| {
                matches!(&entry.event, Event::Approved { channel: by, .. } if *by == channel)
            });
            assert!(told, "{channel:?}");
        }
    }
}

#[test]
fn whoever_may_not_approve_at_all_is_told_that_first() {
    let scene = on(InChat::None);
    let anna = caller("anna", &["engineers", "leads"]).by(Channel::ChatTap);
    let step = scene.approve(&scene.asked(), &anna, after(1));
    assert_eq!(said(step), Some("self-approval"));
    let dan = caller("dan", &["guests"]).by(Channel::ChatTap);
    let step = scene.approve(&scene.asked(), &dan, after(1));
    assert_eq!(said(step), Some("request-not-found"));
}

#[test]
fn an_extension_is_answered_on_the_rung_of_its_own_route() {
    let mut scene = on(InChat::Login);
    let active = scene.active();
    scene.policy = on(InChat::Tap).policy;
    let asked = scene
        .extend(&active, &Scene::requester(), after(5))
        .unwrap();
    let ben = Scene::approver().by(Channel::ChatTap);
    assert!(scene.approve(asked.request(), &ben, after(6)).is_ok());
    // And the other way round.
    let mut scene = on(InChat::Tap);
    let active = scene.active();
    scene.policy = on(InChat::Login).policy;
    let asked = scene
        .extend(&active, &Scene::requester(), after(5))
        .unwrap();
    let step = scene.approve(asked.request(), &ben, after(6));
    assert_eq!(said(step), Some("chat-needs-login"));
}

#[test]
fn asking_and_extending_take_a_tap_wherever_the_policy_is_in_chat() {
    let anna = Scene::requester().by(Channel::ChatTap);
    for (rung, code) in [
        (InChat::Tap, None),
        (InChat::Login, None),
        (InChat::None, Some("not-in-chat")),
    ] {
        let scene = on(rung);
        assert_eq!(said(scene.ask(&anna)), code, "{rung:?}");
        let step = scene.extend(&scene.active(), &anna, after(5));
        assert_eq!(said(step), code, "{rung:?}");
    }
    let scene = Scene::under(AUTOMATIC);
    assert_eq!(said(scene.ask(&anna)), None);
}

#[test]
fn the_glass_is_broken_and_reviewed_with_a_login_and_never_with_a_tap() {
    let scene = Scene::under(EMERGENCY);
    let broken = |channel| {
        let anna = Scene::requester().by(channel);
        let mut wanted = Scene::ask_for("shell");
        wanted.break_glass = true;
        said(ask::ask(
            scene.asking(&anna, wanted),
            scene.regime(),
            after(0),
        ))
    };
    assert_eq!(CHANNELS.map(broken), [None, None, Some("chat-needs-login")]);
    for (rung, taken) in [
        (InChat::Login, [None, None, Some("chat-needs-login")]),
        (
            InChat::None,
            [None, Some("not-in-chat"), Some("not-in-chat")],
        ),
    ] {
        let (scene, over) = emergency_on(rung);
        let review = |channel| {
            let sam = caller("sam", &["security"]).by(channel);
            said(scene.review(&over, &sam, after(9)))
        };
        assert_eq!(CHANNELS.map(review), taken, "{rung:?}");
    }
    // A rung that a policy cannot have would not be enough either.
    assert_eq!(
        InChat::Tap.for_review().takes(Channel::ChatTap),
        Err(Refusal::ChatNeedsLogin)
    );
}

#[test]
fn what_takes_access_away_is_taken_by_every_way() {
    for rung in InChat::ALL {
        let scene = on(rung);
        let tap = Channel::ChatTap;
        let (anna, ben) = (Scene::requester().by(tap), Scene::approver().by(tap));
        let (asked, active, offices) = (scene.asked(), scene.active(), &scene.offices);
        assert!(answer::deny(&asked, &ben, None, offices, after(1)).is_ok());
        assert!(answer::withdraw(&asked, &anna, offices, after(1)).is_ok());
        assert!(end::revoke(&active, &ben, None, offices, after(9)).is_ok());
        assert!(end::release(&active, &anna, offices, after(9)).is_ok());
    }
}

#[test]
fn no_credentials_go_by_way_of_chat() {
    for channel in [Channel::ChatLogin, Channel::ChatTap] {
        let scene = on(InChat::Tap);
        let anna = Scene::requester().by(channel);
        for request in [scene.approved(), scene.active()] {
            let refusal = scene.begin(&request, &anna, after(9)).unwrap_err();
            assert_eq!(refusal.code(), "not-in-chat", "{channel:?}");
        }
    }
}

#[test]
fn nobody_comes_to_prove_more_by_saying_by_which_way_they_call() {
    for first in CHANNELS {
        for then in CHANNELS {
            let anna = Scene::requester().by(first).by(then);
            let least = if [first, then].contains(&Channel::ChatTap) {
                Channel::ChatTap
            } else if [first, then].contains(&Channel::ChatLogin) {
                Channel::ChatLogin
            } else {
                Channel::Api
            };
            assert_eq!(anna.channel(), least);
        }
    }
}
