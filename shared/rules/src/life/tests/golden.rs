//! Every status × verb × person, in one table that people can read.

use std::fmt::Write as _;

use super::scene::{EMERGENCY, Scene, after, caller};
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
with the groups of all the others, the reviewer is of security, and the stranger is an engineer \
like the requester.
";

const EMERGENCIES: &str = "
# Emergencies

What was asked for with `break_glass`, which the policy leaves to members of security to review.
";

fn people() -> [(&'static str, Caller); 7] {
    [
        ("requester", Scene::requester()),
        ("approver", Scene::approver()),
        ("operator", caller("olga", &["operators"])),
        ("auditor", caller("carla", &["auditors"])),
        (
            "insider",
            caller(
                "anna",
                &["engineers", "leads", "operators", "auditors", "security"],
            ),
        ),
        ("reviewer", caller("sam", &["security"])),
        ("stranger", caller("dan", &["engineers"])),
    ]
}

/// A request, and the moment at which verbs are tried on it.
struct Row {
    name: String,
    request: Request,
    now: Moment,
}

/// Requests in every status, then grants whose extension waits for an answer.
fn ordinary(scene: &Scene) -> Vec<Row> {
    let mut rows = Vec::new();
    let extending = ("active, extension asked".to_owned(), scene.extending());
    let requests = StatusWord::ALL
        .into_iter()
        .map(|status| (status.to_string(), scene.in_status(status)))
        .chain([extending]);
    for (name, request) in requests {
        let ending = request.status().word() == StatusWord::Ending;
        let due = request.due_at(&scene.pace).filter(|_| !ending);
        rows.push(Row {
            name: format!("{name}, in time"),
            request: request.clone(),
            now: after(0),
        });
        rows.extend(due.map(|now| Row {
            name: format!("{name}, too late"),
            request,
            now,
        }));
    }
    rows
}

/// Emergencies in the statuses that they have.
fn emergencies(scene: &Scene) -> Vec<Row> {
    let anna = Scene::requester();
    let approved = scene.broken();
    let active = scene.begin(&approved, &anna, after(0)).unwrap().step;
    let ending = end::release(active.request(), &anna, &scene.offices, after(1)).unwrap();
    let late = approved.due_at(&scene.pace).unwrap();
    let lapsed = sweep::due(&approved, late, &scene.pace).unwrap();
    let sam = caller("sam", &["security"]);
    let reviewed = scene.review(&scene.over(), &sam, after(2)).unwrap();
    [
        ("approved", approved),
        ("active", active.request().clone()),
        ("ending", ending.request().clone()),
        ("closed", scene.over()),
        ("lapsed", lapsed.request().clone()),
        ("closed and reviewed", reviewed.request().clone()),
    ]
    .map(|(name, request)| Row {
        name: name.to_owned(),
        request,
        now: after(3),
    })
    .into()
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
        Verb::Extend => scene.extend(request, caller, now),
        Verb::Review => scene.review(request, caller, now),
    }
}

/// One table: a verb tried on each request by everybody.
fn write_verb(text: &mut String, scene: &Scene, verb: Verb, rows: &[Row]) {
    write!(text, "\n## {}\n\n| status |", verb.as_str()).unwrap();
    for (name, _) in people() {
        write!(text, " {name} |").unwrap();
    }
    writeln!(text, "\n|---|{}", "---|".repeat(people().len())).unwrap();
    for Row { name, request, now } in rows {
        write!(text, "| {name} |").unwrap();
        for (_, person) in people() {
            let cell = match tried(scene, verb, request, &person, *now) {
                Ok(step) => format!("**{}**", step.request().status().word()),
                Err(refusal) => refusal.code().to_owned(),
            };
            write!(text, " {cell} |").unwrap();
        }
        text.push('\n');
    }
}

fn table() -> String {
    let scene = Scene::new();
    let mut text = HEAD.to_owned();
    let rows = ordinary(&scene);
    for verb in Verb::ALL {
        write_verb(&mut text, &scene, verb, &rows);
    }
    text.push_str(EMERGENCIES);
    let emergency = Scene::under(EMERGENCY);
    let rows = emergencies(&emergency);
    for verb in Verb::ALL {
        write_verb(&mut text, &emergency, verb, &rows);
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
