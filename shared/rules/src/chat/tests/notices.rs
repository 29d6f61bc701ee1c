//! Which event is told to whom, by a table.

use std::collections::BTreeSet;
use std::time::Duration;

use super::shown::tapped;
use super::*;
use crate::audit::Entry;
use crate::chat::notice::{Asked, Notice, Nudges, Place, Routing, What};
use crate::life::answer;
use crate::sweep;
use crate::wire::bus::RequestEvent;

fn routing(asked: Asked) -> Routing {
    Routing {
        asked,
        channels: [("leads".parse().unwrap(), "C0LEADS".parse().unwrap())].into(),
        usual: Some("C0USUAL".parse().unwrap()),
        alarms: Some("C0ALARM".parse().unwrap()),
        nudges: Nudges::default(),
    }
}

/// A notice in one line.
fn line(notice: &Notice) -> String {
    let to = match &notice.place {
        Place::Channel { channel } => channel.to_string(),
        Place::Members { groups } => {
            let groups: Vec<&str> = groups.iter().map(|group| group.as_str()).collect();
            format!("members of {}", groups.join("+"))
        }
        Place::Person { person } => person.sub.to_string(),
    };
    let what = match &notice.what {
        What::Card => "card".to_owned(),
        What::Edit => "edit".to_owned(),
        What::Nudge { n } => format!("nudge {n}"),
        What::Outcome { comment } => {
            format!(
                "outcome {}",
                comment.as_ref().map_or("", |comment| comment.as_str())
            )
        }
        What::Reminder => "reminder".to_owned(),
        What::Verdict { log, .. } => format!("verdict {}", log.as_str()),
    };
    format!("{to}: {}", what.trim())
}

fn lines(notices: &[Notice]) -> BTreeSet<String> {
    notices.iter().map(line).collect()
}

/// The events of the entries that a step wrote, told of the request as it stands after it.
fn told(scene: &Scene, first: &Entry, step: &crate::step::Step, asked: Asked) -> Vec<Notice> {
    let view = view(scene, step.request());
    let events = step
        .entries()
        .iter()
        .filter_map(|entry| RequestEvent::of(first, entry));
    events
        .flat_map(|event| routing(asked).notices(&event, &view))
        .collect()
}

fn set_of(lines: &[&str]) -> BTreeSet<String> {
    lines.iter().map(|line| (*line).to_owned()).collect()
}

#[test]
fn what_is_asked_is_told_to_those_who_may_answer_and_the_outcome_to_everybody_who_was_asked() {
    let scene = tapped();
    let asked = scene.ask(&Scene::requester()).unwrap();
    let first = &asked.entries()[0];
    let channel = told(&scene, first, &asked, Asked::Channel);
    assert_eq!(lines(&channel), set_of(&["anna: card", "C0LEADS: card"]));
    let direct = told(&scene, first, &asked, Asked::Direct);
    assert_eq!(
        lines(&direct),
        set_of(&["anna: card", "members of leads: card"])
    );
    let both = told(&scene, first, &asked, Asked::Both);
    let all = ["anna: card", "C0LEADS: card", "members of leads: card"];
    assert_eq!(lines(&both), set_of(&all));

    let ben = Scene::approver();
    let comment = Some("not now".parse().unwrap());
    let denied = answer::deny(
        asked.request(),
        &ben,
        comment,
        &scene.offices,
        scene::after(9),
    );
    let denied = told(&scene, first, &denied.unwrap(), Asked::Channel);
    assert_eq!(
        lines(&denied),
        set_of(&[
            "anna: edit",
            "anna: outcome not now",
            "C0LEADS: edit",
            "C0LEADS: outcome not now"
        ])
    );
    let late = asked.request().due_at(&scene.pace).unwrap();
    let lapsed = sweep::due(asked.request(), late, &scene.pace).unwrap();
    let lapsed = told(&scene, first, &lapsed, Asked::Channel);
    assert!(lines(&lapsed).contains("C0LEADS: outcome"));
}

#[test]
fn the_next_stage_is_asked_when_it_waits() {
    let scene = Scene::under(
        r#"@id("staged") @stages("1 of leads; 1 of security") @max_duration("1h")
        permit (principal, action, resource);"#,
    );
    let asked = scene.ask(&Scene::requester()).unwrap();
    let first = &asked.entries()[0];
    assert_eq!(
        lines(&told(&scene, first, &asked, Asked::Channel)),
        set_of(&["anna: card", "C0LEADS: card"])
    );
    let once = scene
        .approve(asked.request(), &Scene::approver(), scene::after(5))
        .unwrap();
    let once = told(&scene, first, &once, Asked::Channel);
    let all = [
        "anna: edit",
        "C0LEADS: edit",
        "C0USUAL: edit",
        "C0USUAL: card",
    ];
    assert_eq!(lines(&once), set_of(&all));
}

#[test]
fn an_emergency_is_loud() {
    let scene = Scene::under(scene::EMERGENCY);
    let broken = scene.try_asking(|ask| ask.break_glass = true).unwrap();
    let first = &broken.entries()[0];
    let told = lines(&told(&scene, first, &broken, Asked::Channel));
    for line in ["anna: card", "C0USUAL: card", "C0ALARM: card"] {
        assert!(told.contains(line), "{line} in {told:?}");
    }
}

#[test]
fn an_event_that_comes_twice_has_the_same_keys_and_no_two_notices_share_one() {
    let scene = tapped();
    let asked = scene.ask(&Scene::requester()).unwrap();
    let first = &asked.entries()[0];
    let approved = scene
        .approve(asked.request(), &Scene::approver(), scene::after(5))
        .unwrap();
    let keys = |notices: Vec<Notice>| {
        notices
            .into_iter()
            .map(|notice| notice.key)
            .collect::<Vec<_>>()
    };
    let once = keys(told(&scene, first, &approved, Asked::Both));
    assert_eq!(once, keys(told(&scene, first, &approved, Asked::Both)));
    assert!(once.len() > 4);
    let all: BTreeSet<_> = once
        .iter()
        .chain(&keys(told(&scene, first, &asked, Asked::Both)))
        .copied()
        .collect();
    assert_eq!(all.len(), once.len() + 3);
}

#[test]
fn what_is_not_configured_is_told_nobody_and_what_is_not_in_chat_neither() {
    let nothing = Routing {
        channels: [].into(),
        usual: None,
        alarms: None,
        ..routing(Asked::Channel)
    };
    let scene = tapped();
    let asked = scene.ask(&Scene::requester()).unwrap();
    let first = &asked.entries()[0];
    let event = RequestEvent::of(first, first).unwrap();
    let told = nothing.notices(&event, &view(&scene, asked.request()));
    assert_eq!(lines(&told), set_of(&["anna: card"]));
    let out = Scene::under(&scene::needing(1).replace("@id", "@chat(\"none\") @id"));
    let asked = out.ask(&Scene::requester()).unwrap();
    let event = RequestEvent::of(&asked.entries()[0], &asked.entries()[0]).unwrap();
    assert!(
        routing(Asked::Both)
            .notices(&event, &view(&out, asked.request()))
            .is_empty()
    );
    assert!(
        routing(Asked::Both)
            .nudges(&view(&out, asked.request()), scene::after(7_200))
            .is_empty()
    );
}

#[test]
fn reminders_come_ever_less_often_and_not_after_it_is_over() {
    let scene = tapped();
    let asked = scene.asked();
    let view = view(&scene, &asked);
    let at =
        |minutes: u64| lines(&routing(Asked::Channel).nudges(&view, scene::after(minutes * 60)));
    for (minutes, expected) in [
        (0, None),
        (9, None),
        (10, Some(1)),
        (29, Some(1)),
        (30, Some(2)),
        (70, Some(3)),
        (239, Some(3)),
        (240, None),
    ] {
        let expected = expected.map(|n| format!("C0LEADS: nudge {n}"));
        assert_eq!(at(minutes), expected.into_iter().collect(), "{minutes}");
    }
    let nudges = Nudges {
        first: Duration::from_secs(600),
        most: 200,
    };
    let until = scene::after(100_000);
    assert!(nudges.of(scene::start(), until).all(|at| at < until));
    let key =
        |minutes: u64| routing(Asked::Channel).nudges(&view, scene::after(minutes * 60))[0].key;
    assert_eq!(key(10), key(29));
    assert_ne!(key(10), key(30));
}

#[test]
fn a_reminder_of_an_end_that_was_moved_is_not_said() {
    let scene = tapped();
    let near = scene::after(30);
    let mut scene = scene;
    scene.pace.remind_before = Duration::from_secs(30);
    let step = sweep::due(&scene.active(), near, &scene.pace).unwrap();
    let asked = scene.ask(&Scene::requester()).unwrap();
    let first = &asked.entries()[0];
    assert!(lines(&told(&scene, first, &step, Asked::Channel)).contains("anna: reminder"));
    let event = RequestEvent::of(first, &step.entries()[0]).unwrap();
    let moved = scene
        .extend(step.request(), &Scene::requester(), scene::after(31))
        .unwrap();
    let moved = scene
        .approve(moved.request(), &Scene::approver(), scene::after(32))
        .unwrap();
    assert!(
        routing(Asked::Channel)
            .notices(&event, &view(&scene, moved.request()))
            .is_empty()
    );
}
