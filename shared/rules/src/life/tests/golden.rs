//! Every status × verb × person, in one table that people can read.

use std::fmt::Write as _;

use super::scene::{Scene, after, caller};
use crate::caller::Caller;
use crate::life::{answer, end};
use crate::moment::Moment;
use crate::refusal::{Refusal, Verb};
use crate::request::Request;
use crate::status::StatusWord;
use crate::step::Step;
use crate::sweep;

const TABLE: &str = include_str!("../../../tests/golden/status-verb.md");
const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/status-verb.md");

const HEAD: &str = "\
# What each verb does in each status

Made by `UPDATE_GOLDEN=1 cargo test -p rules golden`, and compared by every test run. A cell holds \
the status after the verb, or the code of the refusal. *In time* is the moment at which the status \
was reached, *too late* the one at which its deadline or its grant is over: the end is exclusive. \
The policy asks for one approval by a lead. The approver is a lead, the insider is the requester \
with the groups of all the others, and the stranger is an engineer like the requester.
";

/// When a verb is tried.
#[derive(Clone, Copy)]
enum Time {
    InTime,
    TooLate,
}

fn people() -> [(&'static str, Caller); 6] {
    [
        ("requester", Scene::requester()),
        ("approver", Scene::approver()),
        ("operator", caller("olga", &["operators"])),
        ("auditor", caller("carla", &["auditors"])),
        (
            "insider",
            caller("anna", &["engineers", "leads", "operators", "auditors"]),
        ),
        ("stranger", caller("dan", &["engineers"])),
    ]
}

/// The request in that status, and the moment at which verbs are tried on it.
fn at(scene: &Scene, status: StatusWord, time: Time) -> Option<(Request, Moment)> {
    let request = scene.in_status(status);
    let moment = match (time, request.due_at(&scene.pace)) {
        (Time::InTime, _) => after(0),
        (Time::TooLate, Some(due)) if status != StatusWord::Ending => due,
        (Time::TooLate, _) => return None,
    };
    Some((request, moment))
}

fn tried(
    scene: &Scene,
    verb: Verb,
    request: &Request,
    caller: &Caller,
    now: Moment,
) -> Result<Step, Refusal> {
    let offices = &scene.offices;
    match verb {
        Verb::Approve => scene.approve(request, caller, now),
        Verb::Deny => answer::deny(request, caller, None, offices, now),
        Verb::Withdraw => answer::withdraw(request, caller, offices, now),
        Verb::Issue => scene.begin(request, caller, now).map(|begun| begun.step),
        Verb::Revoke => end::revoke(request, caller, None, offices, now),
        Verb::Release => end::release(request, caller, offices, now),
    }
}

fn table() -> String {
    let scene = Scene::new();
    let mut text = HEAD.to_owned();
    for verb in Verb::ALL {
        write!(text, "\n## {}\n\n| status |", verb.as_str()).unwrap();
        for (name, _) in people() {
            write!(text, " {name} |").unwrap();
        }
        text.push_str("\n|---|---|---|---|---|---|---|\n");
        for status in StatusWord::ALL {
            for (when, time) in [("in time", Time::InTime), ("too late", Time::TooLate)] {
                let Some((request, now)) = at(&scene, status, time) else {
                    continue;
                };
                write!(text, "| {status}, {when} |").unwrap();
                for (_, person) in people() {
                    let cell = match tried(&scene, verb, &request, &person, now) {
                        Ok(step) => format!("**{}**", step.request().status().word()),
                        Err(refusal) => refusal.code().to_owned(),
                    };
                    write!(text, " {cell} |").unwrap();
                }
                text.push('\n');
            }
        }
    }
    text.push_str(
        "\n## The clock\n\n| status | before its deadline | at its deadline |\n|---|---|---|\n",
    );
    for status in StatusWord::ALL {
        let request = scene.in_status(status);
        let Some(due_at) = request.due_at(&scene.pace) else {
            writeln!(text, "| {status} | is over for good | is over for good |").unwrap();
            continue;
        };
        let cell = |now| match sweep::due(&request, now, &scene.pace) {
            Some(step) => format!("**{}**", step.request().status().word()),
            None if status == StatusWord::Ending => "goes by what is seen".to_owned(),
            None => "stays".to_owned(),
        };
        let before = due_at.minus(std::time::Duration::from_millis(1));
        writeln!(text, "| {status} | {} | {} |", cell(before), cell(due_at)).unwrap();
    }
    text
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "the file is rewritten when somebody asks for it"
)]
fn every_status_and_verb_is_decided_as_the_table_says() {
    let table = table();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(PATH, &table).unwrap();
    } else {
        assert_eq!(
            table, TABLE,
            "run with UPDATE_GOLDEN=1 and read the difference"
        );
    }
}

#[test]
fn nobody_but_the_requester_has_credentials_issued_and_they_answer_nothing_of_their_own() {
    let scene = Scene::new();
    for status in StatusWord::ALL {
        let request = scene.in_status(status);
        for (name, person) in people() {
            let own = matches!(name, "requester" | "insider");
            for verb in [Verb::Issue, Verb::Withdraw, Verb::Release] {
                let outcome = tried(&scene, verb, &request, &person, after(0));
                assert!(
                    own || outcome.is_err(),
                    "{name} may {} {status}",
                    verb.as_str()
                );
            }
            for verb in [Verb::Approve, Verb::Deny] {
                let outcome = tried(&scene, verb, &request, &person, after(0));
                assert!(
                    !own || outcome.is_err(),
                    "{name} may {} {status}",
                    verb.as_str()
                );
            }
        }
    }
}
