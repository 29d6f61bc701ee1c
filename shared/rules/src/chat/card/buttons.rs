//! The buttons of a card: by status, by audience, and by the rung of the risk ladder.

use super::parts::in_words;
use super::parts::who;
use super::{Audience, Card, Setting, what};
use crate::chat::blocks::{BUTTON, Confirm, Element, Style, Text};
use crate::chat::button::Button;
use crate::chat::text;
use crate::names::GrantDuration;
use crate::refusal::Verb;
use crate::route::InChat;
use crate::status::StatusWord;
use crate::wire::RequestView;

/// The action id of a button that only leads to a page. Slack tells of the click all the same; it
/// is acknowledged and nothing more.
pub const PAGE: &str = "page";

/// The buttons.
pub(super) fn of(card: &Card<'_>, setting: &Setting<'_>) -> Vec<Element> {
    match card.audience {
        Audience::Approvers => approvers(card.view, setting),
        Audience::Requester => requester(card.view, setting),
    }
}

/// The rung of what waits for a yes; nothing where nothing waits.
fn waits(view: &RequestView) -> Option<InChat> {
    match (view.status, &view.extension) {
        (StatusWord::Pending, _) => Some(view.route.chat),
        (StatusWord::Active, Some(extension)) if !extension.granted => Some(extension.route.chat),
        _ => None,
    }
}

fn approvers(view: &RequestView, setting: &Setting<'_>) -> Vec<Element> {
    let mut buttons = Vec::new();
    let longer = view.status == StatusWord::Active;
    match waits(view) {
        Some(InChat::Tap) => {
            let approve = tap(
                Verb::Approve,
                "Approve",
                Some(Style::Primary),
                view,
                setting,
            );
            buttons.push(asking(approve, view));
            buttons.push(deny(view, setting, longer));
        }
        Some(InChat::Login) => {
            buttons.push(page("Sign in to approve", view, setting));
            buttons.push(deny(view, setting, longer));
        }
        Some(InChat::None) | None => {}
    }
    match view.status {
        StatusWord::Approved | StatusWord::Active => {
            buttons.push(tap(
                Verb::Revoke,
                "Revoke…",
                Some(Style::Danger),
                view,
                setting,
            ));
        }
        StatusWord::Closed | StatusWord::Lapsed => {
            let open = view.review.as_ref().is_some_and(|review| review.open);
            if open && view.route.chat.for_review() == InChat::Login {
                buttons.push(page("Sign in to review", view, setting));
            }
        }
        StatusWord::Pending | StatusWord::Ending | StatusWord::Denied | StatusWord::Withdrawn => {}
    }
    buttons
}

fn requester(view: &RequestView, setting: &Setting<'_>) -> Vec<Element> {
    let release = || tap(Verb::Release, "Hand back", None, view, setting);
    let withdraw = |words| tap(Verb::Withdraw, words, None, view, setting);
    match view.status {
        StatusWord::Pending => vec![withdraw("Take back")],
        StatusWord::Approved => vec![release()],
        StatusWord::Active if waits(view).is_some() => {
            vec![withdraw("Do not extend"), release()]
        }
        StatusWord::Active => {
            let mut buttons = Vec::new();
            if extendable(view) {
                buttons.push(tap(
                    Verb::Extend,
                    "Extend…",
                    Some(Style::Primary),
                    view,
                    setting,
                ));
            }
            buttons.push(release());
            buttons
        }
        StatusWord::Ending
        | StatusWord::Closed
        | StatusWord::Denied
        | StatusWord::Withdrawn
        | StatusWord::Lapsed => Vec::new(),
    }
}

/// Whether the policy lets the grant become longer than it is. An emergency is extended with a
/// login, as it was begun.
pub(in crate::chat) fn extendable(view: &RequestView) -> bool {
    let total = view.extension.as_ref().map_or_else(
        || view.ask.duration_seconds.seconds(),
        |extension| extension.total_seconds,
    );
    !view.ask.break_glass
        && view
            .route
            .extendable_to_seconds
            .is_some_and(|most| most > total)
}

/// A button that says so itself.
pub(in crate::chat) fn tap(
    verb: Verb,
    words: &str,
    style: Option<Style>,
    view: &RequestView,
    setting: &Setting<'_>,
) -> Element {
    let value = Button::of(verb, view).seal(setting.secrets, setting.team);
    Element::Button {
        action_id: verb.as_str(),
        text: Text::own(words, BUTTON),
        value: Some(value),
        url: None,
        style,
        confirm: None,
    }
}

fn deny(view: &RequestView, setting: &Setting<'_>, longer: bool) -> Element {
    let words = if longer {
        "Do not extend…"
    } else {
        "Deny…"
    };
    tap(Verb::Deny, words, Some(Style::Danger), view, setting)
}

fn page(words: &str, view: &RequestView, setting: &Setting<'_>) -> Element {
    Element::Button {
        action_id: PAGE,
        text: Text::own(words, BUTTON),
        value: None,
        url: Some(setting.pages.approve(view.id)),
        style: Some(Style::Primary),
        confirm: None,
    }
}

/// The same button, which asks before it counts.
fn asking(button: Element, view: &RequestView) -> Element {
    let Element::Button {
        action_id,
        text,
        value,
        url,
        style,
        ..
    } = button
    else {
        return button;
    };
    let wanted = match &view.extension {
        Some(extension) if !extension.granted => {
            let total = GrantDuration::from_seconds(u64::from(extension.total_seconds));
            let total = total.map_or_else(|_| "longer".to_owned(), in_words);
            format!("{total} in all: {}", what(view))
        }
        Some(_) | None => what(view),
    };
    let who = text::plain(&who(view), 120);
    let question = format!("{who} gets: {}", text::plain(&wanted, 170));
    Element::Button {
        action_id,
        text,
        value,
        url,
        style,
        confirm: Some(Confirm {
            title: Text::own("Do you say yes?", 100),
            text: Text::own(question, 300),
            confirm: Text::own("Approve", 30),
            deny: Text::own("Not now", 30),
        }),
    }
}
