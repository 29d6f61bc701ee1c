//! Forms: to ask, to deny or revoke with a word, to extend.

use std::collections::BTreeMap;

use super::blocks::{
    BUTTON, Block, Choice, Element, Errors, Modal, OPTIONS, PLACEHOLDER, SECTION, TITLE, Text,
};
use super::button::Button;
use super::card::parts::who;
use super::card::{Setting, what};
use super::inbound::Submitted;
use super::text;
use super::words::{Place, Wish};
use crate::ask::Targets;
use crate::names::duration::read_length;
use crate::names::{AccessKind, Comment, GrantDuration, Reason, Target, Ticket};
use crate::refusal::Verb;
use crate::route::InChat;
use crate::wire::{KindOffer, RequestView, TargetsView};

/// The form to ask.
pub const ASK: &str = "ask";
/// The form to say no, with a word.
pub const DENY: &str = "deny";
/// The form to take a grant back, with a word.
pub const REVOKE: &str = "revoke";
/// The form to ask for longer.
pub const EXTEND: &str = "extend";

const TARGETS: &str = "targets";
const KIND: &str = "kind";
const LENGTH: &str = "length";
const REASON: &str = "reason";
const TICKET: &str = "ticket";
const COMMENT: &str = "comment";

/// Whether a kind of access may be asked for from chat.
pub(super) fn is_offered(kind: &KindOffer) -> bool {
    let route = kind.route.as_ref();
    route.is_some_and(|route| route.chat != InChat::None)
}

/// The form to ask, with the targets and kinds that somebody may ask for from chat. None where there
/// are none.
#[must_use]
pub fn ask(offers: &TargetsView) -> Option<Modal> {
    let mut kinds: Vec<AccessKind> = Vec::new();
    let mut targets = Vec::new();
    for offer in &offers.targets {
        let here = offer.kinds.iter().filter(|kind| is_offered(kind));
        let mut any = false;
        for kind in here {
            any = true;
            if !kinds.contains(&kind.kind) {
                kinds.push(kind.kind.clone());
            }
        }
        if any {
            targets.push(choice(offer));
        }
    }
    let more = !offers.complete || targets.len() > OPTIONS;
    targets.truncate(OPTIONS);
    kinds.sort();
    kinds.truncate(OPTIONS);
    if targets.is_empty() {
        return None;
    }
    let kinds: Vec<Choice> = kinds.iter().filter_map(kind_choice).collect();
    let first = kinds.first()?.clone();
    let hint = if more {
        "There are more than fit here: name others with /postern request."
    } else {
        "One to ten, of one account and Region."
    };
    let blocks = vec![
        input(
            TARGETS,
            "Which instances?",
            Some(hint),
            false,
            Element::MultiStaticSelect {
                action_id: TARGETS,
                options: targets,
                max_selected_items: Targets::MOST,
                placeholder: Text::own("Choose", PLACEHOLDER),
            },
        ),
        input(
            KIND,
            "Which kind of access?",
            None,
            false,
            Element::StaticSelect {
                action_id: KIND,
                options: kinds,
                initial_option: Some(first),
            },
        ),
        input(
            LENGTH,
            "For how long?",
            Some("Such as 45m or 1h30m; access ends by itself then."),
            false,
            line(LENGTH, None, 16, Some("45m"), None),
        ),
        input(
            REASON,
            "Why?",
            Some("One line. Whoever answers reads it, and it is kept."),
            false,
            line(REASON, Some(3), 300, None, Some("disk full on web-7")),
        ),
        input(
            TICKET,
            "Ticket",
            None,
            true,
            line(TICKET, None, 64, None, None),
        ),
    ];
    Some(modal(ASK, "", "Ask for access", Some("Ask"), blocks))
}

/// A target as an option.
fn choice(offer: &crate::wire::Offer) -> Choice {
    let target = &offer.target.target;
    let name = offer.target.name.as_deref().unwrap_or("no name");
    let text = format!("{} · {}", text::plain(name, 40), target.instance);
    let place = format!("{} {}", target.account, target.region);
    Choice {
        text: Text::own(text, BUTTON),
        value: target.to_string(),
        description: Some(Text::own(place, BUTTON)),
    }
}

/// A kind as an option: its word, and what belongs to it. None where that does not fit.
fn kind_choice(kind: &AccessKind) -> Option<Choice> {
    let value = match kind {
        AccessKind::Shell {} | AccessKind::Ssh {} => kind.word().to_owned(),
        AccessKind::Command { name } => format!("command {name}"),
        AccessKind::Port { host, port } => format!("port {host}:{port}"),
    };
    let logged = if kind.loggable() {
        "logged"
    } else {
        "CANNOT be logged"
    };
    (value.len() <= BUTTON).then(|| Choice {
        text: Text::own(format!("{value} ({logged})"), BUTTON),
        value,
        description: None,
    })
}

/// What a form to ask was filled in with.
///
/// # Errors
/// What is wrong, by field, as the form is answered with it.
pub fn read_ask(form: &Submitted) -> Result<Wish, Errors> {
    let mut wrong = BTreeMap::new();
    let mut note = |field, says: &str| wrong.insert(field, says.to_owned());
    let targets: Vec<Place> = form
        .many(TARGETS)
        .iter()
        .filter_map(|text| text.parse::<Target>().ok())
        .map(Place::Target)
        .collect();
    if targets.is_empty() || targets.len() != form.many(TARGETS).len() {
        note(TARGETS, "Choose one to ten instances.");
    }
    let kind = form.one(KIND).and_then(read_kind);
    if kind.is_none() {
        note(KIND, "Choose a kind of access.");
    }
    let duration = read_duration(form.one(LENGTH));
    if duration.is_none() {
        note(LENGTH, "15s to 8h, such as 45m or 1h30m.");
    }
    let reason = form.one(REASON).and_then(|text| text.parse().ok());
    if reason.is_none() {
        note(REASON, "One plain line of 3 to 300 characters.");
    }
    let ticket = match form.one(TICKET).filter(|text| !text.is_empty()) {
        None => None,
        Some(text) => {
            let ticket: Option<Ticket> = text.parse().ok();
            if ticket.is_none() {
                note(TICKET, "Letters, digits and -_#/. only.");
            }
            ticket
        }
    };
    match (kind, duration, reason) {
        (Some(kind), Some(duration), Some(reason)) if wrong.is_empty() => Ok(Wish {
            targets,
            kind,
            duration,
            reason,
            ticket,
        }),
        _ => Err(errors(wrong)),
    }
}

fn read_kind(text: &str) -> Option<AccessKind> {
    match text.split_once(' ') {
        None if text == "shell" => Some(AccessKind::Shell {}),
        None if text == "ssh" => Some(AccessKind::Ssh {}),
        Some(("command", name)) => name.parse().ok().map(|name| AccessKind::Command { name }),
        Some(("port", place)) => {
            let (host, port) = place.rsplit_once(':')?;
            let (host, port) = (host.parse().ok()?, port.parse().ok()?);
            Some(AccessKind::Port { host, port })
        }
        _ => None,
    }
}

fn read_duration(text: Option<&str>) -> Option<GrantDuration> {
    let length = read_length(text?.trim())?;
    GrantDuration::from_seconds(length.as_secs()).ok()
}

/// The form to say no, or to take a grant back, with a word. It carries the button that was clicked,
/// so that what is sent off is about what was seen.
#[must_use]
pub fn with_a_word(verb: Verb, view: &RequestView, setting: &Setting<'_>) -> Option<Modal> {
    let (callback, title, submit) = match verb {
        Verb::Deny => (DENY, "Say no", "Deny"),
        Verb::Revoke => (REVOKE, "Take the access back", "Revoke"),
        Verb::Approve
        | Verb::Withdraw
        | Verb::Issue
        | Verb::Release
        | Verb::Extend
        | Verb::Review => return None,
    };
    let blocks = vec![
        about(view),
        input(
            COMMENT,
            "What do you say with it?",
            Some("One line. The requester reads it, and it is kept."),
            true,
            line(COMMENT, None, 300, None, None),
        ),
    ];
    let carried = Button::of(verb, view).seal(setting.secrets, setting.team);
    Some(modal(callback, &carried, title, Some(submit), blocks))
}

/// The form to ask for longer.
#[must_use]
pub fn extend(view: &RequestView, setting: &Setting<'_>) -> Modal {
    let blocks = vec![
        about(view),
        input(
            LENGTH,
            "How much longer?",
            Some("Such as 30m. Where people approved, people approve again."),
            false,
            line(LENGTH, None, 16, Some("30m"), None),
        ),
        input(
            REASON,
            "Why?",
            None,
            false,
            line(REASON, Some(3), 300, None, Some("the repair takes longer")),
        ),
    ];
    let carried = Button::of(Verb::Extend, view).seal(setting.secrets, setting.team);
    modal(EXTEND, &carried, "Extend the access", Some("Ask"), blocks)
}

/// The word that a form to deny or revoke was filled in with.
///
/// # Errors
/// What is wrong with it.
pub fn read_word(form: &Submitted) -> Result<Option<Comment>, Errors> {
    match form.one(COMMENT).filter(|text| !text.is_empty()) {
        None => Ok(None),
        Some(text) => text.parse().map(Some).map_err(|_| {
            let says = "One plain line of at most 300 characters.".to_owned();
            errors([(COMMENT, says)].into())
        }),
    }
}

/// How much longer, and why.
///
/// # Errors
/// What is wrong, by field.
pub fn read_extend(form: &Submitted) -> Result<(GrantDuration, Reason), Errors> {
    let longer = read_duration(form.one(LENGTH));
    let reason = form.one(REASON).and_then(|text| text.parse().ok());
    let mut wrong = BTreeMap::new();
    if longer.is_none() {
        wrong.insert(LENGTH, "15s to 8h, such as 30m.".to_owned());
    }
    if reason.is_none() {
        wrong.insert(REASON, "One plain line of 3 to 300 characters.".to_owned());
    }
    longer.zip(reason).ok_or_else(|| errors(wrong))
}

fn errors(errors: BTreeMap<&'static str, String>) -> Errors {
    Errors {
        response_action: "errors",
        errors,
    }
}

fn about(view: &RequestView) -> Block {
    let who = text::plain(&who(view), 200);
    Block::section(Text::own(format!("{}\nfor {who}", what(view)), SECTION))
}

fn input(
    id: &'static str,
    label: &str,
    hint: Option<&str>,
    optional: bool,
    element: Element,
) -> Block {
    Block::Input {
        block_id: id,
        label: Text::own(label, BUTTON),
        hint: hint.map(|hint| Text::own(hint, PLACEHOLDER)),
        optional,
        element: Box::new(element),
    }
}

fn line(
    action_id: &'static str,
    min_length: Option<u16>,
    max_length: u16,
    initial: Option<&str>,
    placeholder: Option<&str>,
) -> Element {
    Element::PlainTextInput {
        action_id,
        multiline: false,
        min_length,
        max_length,
        initial_value: initial.map(str::to_owned),
        placeholder: placeholder.map(|text| Text::own(text, PLACEHOLDER)),
    }
}

fn modal(
    callback_id: &'static str,
    metadata: &str,
    title: &str,
    submit: Option<&str>,
    blocks: Vec<Block>,
) -> Modal {
    Modal {
        r#type: "modal",
        callback_id,
        private_metadata: metadata.to_owned(),
        title: Text::own(title, TITLE),
        submit: submit.map(|submit| Text::own(submit, TITLE)),
        close: Text::own("Cancel", TITLE),
        blocks,
    }
}
