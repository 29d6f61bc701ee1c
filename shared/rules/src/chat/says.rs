//! What Postern says in chat besides cards: outcomes, reminders, verdicts on logs, and answers that
//! one person sees.

use std::fmt::Write as _;

use super::blocks::{Answer, Block, Element, Message, SECTION, Style, Text};
use super::button::Stale;
use super::card::parts::{date, one_of, who};
use super::card::{Setting, buttons, heading, state, what, words_of};
use super::link::{Code, Link};
use super::modal::is_offered;
use super::text;
use super::words::NotUnderstood;
use crate::log_verdict::LogWord;
use crate::names::{Comment, SessionId};
use crate::refusal::{Refusal, Verb};
use crate::route::InChat;
use crate::status::StatusWord;
use crate::wire::{RequestView, TargetsView};

/// The most requests of a list in chat.
pub const LISTED: usize = 10;

/// The most instances of an offer in chat.
const OFFERED: usize = 40;

/// What became of a request, for its requester and for those who were asked. None where the policy
/// keeps it out of chat.
#[must_use]
pub fn outcome(view: &RequestView, comment: Option<&Comment>) -> Option<Message> {
    in_chat(view)?;
    let (sign, words) = state(view);
    let what = text::mrkdwn(&what(view), 300);
    let who = text::mrkdwn(&who(view), 200);
    let mut line = format!("{sign} *{words}*: {what}, for {who}");
    if let Some(at) = view.state.ends_at.filter(|_| view.state.over_at.is_none()) {
        let _ = write!(line, ". It ends {}", date(at));
    }
    let next = match view.status {
        StatusWord::Approved => {
            let begin = view.state.lapses_at.map(date).unwrap_or_default();
            Some(format!(
                "To begin, have credentials issued with a token of your own, POST \
                 /v1/requests/{}/credentials: they never go by way of chat. It lapses {begin}.",
                view.id
            ))
        }
        StatusWord::Pending
        | StatusWord::Active
        | StatusWord::Ending
        | StatusWord::Closed
        | StatusWord::Denied
        | StatusWord::Withdrawn
        | StatusWord::Lapsed => None,
    };
    let mut blocks = vec![Block::section(Text::marked(line.clone()))];
    blocks.extend(
        comment.into_iter().flat_map(|comment| {
            words_of("With these words of whoever decided it", comment.as_str())
        }),
    );
    blocks.extend(next.map(|next| Block::section(Text::marked(next))));
    blocks.push(Block::small(view.id.to_string()));
    Some(Message::new(line, blocks))
}

/// The grant ends soon, for its requester: with a button to extend it, where the policy offers that.
#[must_use]
pub fn reminder(view: &RequestView, setting: &Setting<'_>) -> Option<Message> {
    in_chat(view)?;
    let ends = date(view.state.ends_at?);
    let line = format!(
        "⏳ *Access ends soon*, {ends}: {}",
        text::mrkdwn(&what(view), 300)
    );
    let mut elements = Vec::new();
    if buttons::extendable(view) && view.extension.as_ref().is_none_or(|longer| longer.granted) {
        let style = Some(Style::Primary);
        elements.push(buttons::tap(Verb::Extend, "Extend…", style, view, setting));
    }
    elements.push(buttons::tap(
        Verb::Release,
        "Hand back",
        None,
        view,
        setting,
    ));
    let blocks = vec![
        Block::section(Text::marked(line.clone())),
        Block::Actions { elements },
        Block::small(view.id.to_string()),
    ];
    Some(Message::new(line, blocks))
}

/// Those who may answer are still waited for.
#[must_use]
pub fn nudge(view: &RequestView, n: u8) -> Option<Message> {
    in_chat(view)?;
    let groups = one_of(
        view.state
            .waits_for
            .iter()
            .map(|group| text::mrkdwn(group.as_str(), 60)),
    );
    let what = text::mrkdwn(&what(view), 300);
    let mut line = format!("⏳ *Still waits* for {groups}: {what}");
    if let Some(until) = view.state.lapses_at.or(view.state.ends_at) {
        let _ = write!(line, ", until {}", date(until));
    }
    let blocks = vec![
        Block::section(Text::marked(line.clone())),
        Block::small(format!("{} · reminder {n}", view.id)),
    ];
    Some(Message::new(line, blocks))
}

/// What was found of a session's log.
#[must_use]
pub fn verdict(view: &RequestView, session: &SessionId, log: LogWord) -> Option<Message> {
    in_chat(view)?;
    let (sign, says) = match log {
        LogWord::Pending => ("⏳", "is still waited for"),
        LogWord::Landed => ("📜", "has landed"),
        LogWord::Late => ("📜", "has landed, late"),
        LogWord::Missing => ("🚨", "is MISSING"),
        LogWord::Empty => ("🚨", "is EMPTY"),
        LogWord::Altered => ("🚨", "was ALTERED"),
        LogWord::Unreadable => ("🚨", "cannot be looked at"),
        LogWord::Unloggable => ("⚠", "does not exist: this kind of access cannot be logged"),
    };
    let what = text::mrkdwn(&what(view), 300);
    let line = format!("{sign} The log of a session of {what} *{says}*");
    let blocks = vec![
        Block::section(Text::marked(line.clone())),
        Block::small(format!("{session}")),
    ];
    Some(Message::new(line, blocks))
}

/// A rule says no to whoever clicked or typed.
#[must_use]
pub fn refused(refusal: &Refusal) -> Answer {
    let blocks = vec![
        Block::section(Text::own(
            format!("⛔ {}.", capital(&text::plain(&refusal.to_string(), 1_000))),
            SECTION,
        )),
        Block::section(Text::of_others(&refusal.next(), SECTION)),
        Block::small(refusal.code()),
    ];
    Message::new("Postern says no", blocks).ephemeral()
}

/// The button that was clicked is of a request as it was.
#[must_use]
pub fn stale(stale: &Stale) -> Answer {
    let line = format!(
        "⏳ Nothing was changed: the request has changed since this message was written; it is {} \
         now. Read the message again, it is being brought up to date.",
        stale.status
    );
    note(line)
}

/// The button that was clicked is none of Postern's here.
#[must_use]
pub fn foreign() -> Answer {
    note(
        "⛔ Nothing was changed: this button is not one that Postern put here, or it is of a secret \
         that is no longer in use. Use the newest message, or the API.",
    )
}

/// The chat user is bound to nobody, or no longer.
#[must_use]
pub fn unlinked() -> Answer {
    note(
        "🔒 Nothing was changed: Postern does not know who you are. Type /postern link, sign in \
         once, and do it again.",
    )
}

/// The chat user cannot be served at all.
#[must_use]
pub fn not_served() -> Answer {
    note(
        "⛔ Nothing was changed: Postern serves members of its own workspace, and no guests, bots or \
         people of other workspaces.",
    )
}

/// Where to sign in, for whoever wants to be bound.
#[must_use]
pub fn sign_in(page: &str) -> Answer {
    let blocks = vec![
        Block::section(Text::own(
            "Sign in on this page within ten minutes. It shows you a code; come back and type \
             /postern link and the code. Show the page and the code to nobody: whoever has both acts \
             as you in chat.",
            SECTION,
        )),
        Block::Actions {
            elements: vec![Element::Button {
                action_id: buttons::PAGE,
                text: Text::own("Sign in", 75),
                value: None,
                url: Some(page.to_owned()),
                style: Some(Style::Primary),
                confirm: None,
            }],
        },
    ];
    Message::new("Sign in to link your chat user", blocks).ephemeral()
}

/// The chat user is bound.
#[must_use]
pub fn linked(link: &Link) -> Answer {
    let person = text::plain(&link.identity.person.to_string(), 300);
    let until = date(link.until);
    let blocks = vec![
        Block::section(Text::own(format!("✅ Here you act as {person}."), SECTION)),
        Block::section(Text::marked(format!(
            "Until {until}. `/postern links` shows your links, `/postern unlink` cuts this one."
        ))),
    ];
    Message::new("Your chat user is linked", blocks).ephemeral()
}

/// The chat users that are bound to somebody.
#[must_use]
pub fn links(links: &[Link]) -> Answer {
    if links.is_empty() {
        return note("No chat user is linked to you.");
    }
    let blocks = links.iter().take(LISTED).map(|link| {
        let user = text::mrkdwn(&link.user.to_string(), 120);
        let (made, until) = (date(link.made_at), date(link.until));
        Block::section(Text::marked(format!("{user}: since {made}, until {until}")))
    });
    Message::new("Your links", blocks.collect()).ephemeral()
}

/// What was typed is not understood.
#[must_use]
pub fn not_understood(why: &NotUnderstood) -> Answer {
    note(format!(
        "{}. Type instead: {}",
        capital(&why.to_string()),
        why.instead()
    ))
}

/// What has become of asking: who can answer and until when, or how to go on.
#[must_use]
pub fn asked(view: &RequestView) -> Answer {
    let mut line = match (view.status, view.state.lapses_at) {
        (StatusWord::Pending, until) => {
            let groups = view.state.waits_for.iter();
            let groups = one_of(groups.map(|group| text::mrkdwn(group.as_str(), 60)));
            let until = until.map(|until| format!(", until {}", date(until)));
            let until = until.unwrap_or_default();
            format!("⏳ Asked. {groups} can answer{until}; you are told here what becomes of it.")
        }
        (_, until) => {
            let until = until.map(|until| format!(" It lapses {}.", date(until)));
            let until = until.unwrap_or_default();
            format!(
                "✅ Nobody has to be asked. To begin, have credentials issued with a token of your own, POST /v1/requests/{}/credentials.{until}",
                view.id
            )
        }
    };
    for (target, readiness) in view.targets.iter().filter_map(|target| {
        let readiness = target.readiness.as_ref()?;
        Some((&target.target.instance, readiness.findings().first()?))
    }) {
        let says = text::mrkdwn(&readiness.says, 300);
        let _ = write!(line, "\n⚠ {target}: {says}");
    }
    let blocks = vec![
        Block::section(Text::marked(line.clone())),
        Block::small(view.id.to_string()),
    ];
    Message::new(line, blocks).ephemeral()
}

/// Requests that are somebody's or wait for them.
#[must_use]
pub fn list(views: &[RequestView], more: bool) -> Answer {
    if views.is_empty() {
        return note("Nothing of yours is open, and nothing waits for you.");
    }
    let mut blocks: Vec<Block> = Vec::new();
    for view in views
        .iter()
        .filter(|view| view.route.chat != InChat::None)
        .take(LISTED)
    {
        let (sign, words) = state(view);
        let who = text::plain(&who(view), 120);
        let line = format!("{sign} {words}: {}\n{who} · {}", heading(view), view.id);
        blocks.push(Block::section(Text::own(line, SECTION)));
    }
    if more || views.len() > LISTED {
        blocks.push(Block::small("There are more: GET /v1/requests shows them."));
    }
    Message::new("Your requests", blocks).ephemeral()
}

/// What somebody may ask for from chat, where there is no form to choose from. None where there is
/// nothing.
#[must_use]
pub fn offers(offers: &TargetsView) -> Option<Answer> {
    let lines = offers.targets.iter().filter_map(|offer| {
        let kinds: Vec<String> = offer
            .kinds
            .iter()
            .filter(|kind| is_offered(kind))
            .map(|kind| kind.kind.to_string())
            .collect();
        let target = &offer.target;
        let name = text::plain(target.name.as_deref().unwrap_or("no name"), 80);
        (!kinds.is_empty()).then(|| format!("{}, {name}: {}", target.target, kinds.join(", ")))
    });
    let mut lines: Vec<String> = lines.take(OFFERED + 1).collect();
    if lines.is_empty() {
        return None;
    }
    let more = lines.len() > OFFERED || !offers.complete;
    lines.truncate(OFFERED);
    let mut blocks: Vec<Block> = lines
        .into_iter()
        .map(|line| Block::section(Text::own(line, SECTION)))
        .collect();
    blocks.push(Block::small(match more {
        true => "There are more. Say: request, the instance, how long, and why.",
        false => "Say: request, the instance, how long, and why.",
    }));
    Some(Message::new("What you may ask for", blocks).ephemeral())
}

/// What there is to say.
#[must_use]
pub fn help() -> Answer {
    let lines = [
        "/postern: a form to ask for access",
        "/postern request i-… 45m why: the same in one line; also account/region/i-…, several with \
         commas, and ssh, command NAME or port HOST:PORT before the length",
        "/postern list: what is yours, and what waits for you",
        "/postern link: say who you are, once; links and unlink show and cut that",
        "Credentials are never handed out in chat: POST /v1/requests/{id}/credentials issues them, with a \
         token of your own.",
    ];
    let blocks = lines.map(|line| Block::section(Text::own(line, SECTION)));
    Message::new("What Postern understands", blocks.to_vec()).ephemeral()
}

/// A sentence with a capital at its beginning.
fn capital(sentence: &str) -> String {
    let mut letters = sentence.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}

/// A line of Postern's own for one person's eyes.
#[must_use]
pub fn note(line: impl Into<String>) -> Answer {
    let line = line.into();
    let blocks = vec![Block::section(Text::own(line.clone(), SECTION))];
    Message::new(line, blocks).ephemeral()
}

/// What the page says that shows a code.
#[must_use]
pub fn code_for_people(code: &Code) -> String {
    format!(
        "Type this in your own chat, and show or tell it to nobody: /postern link {}",
        code.for_people()
    )
}

fn in_chat(view: &RequestView) -> Option<()> {
    (view.route.chat != InChat::None).then_some(())
}
