//! The card of a request: all that an approver must see, and what they can do.
//!
//! A card shows the request as it stands and is edited whenever that changes, wherever it did. It is
//! the same for everybody who reads it, so its buttons go by status, audience and the risk ladder,
//! and not by who reads; who clicks is judged by the rules. A card that is decided has no buttons.
//!
//! Words of other people stand in `plain_text` only, each under a label that says whose they are.

pub(super) mod buttons;
mod pages;
pub(super) mod parts;
mod targets;

use std::fmt::Write as _;

pub use self::buttons::PAGE;
pub use self::pages::Pages;
use super::blocks::{Block, FIELD, Message, SECTION, Text};
use super::names::TeamId;
use super::signature::Secrets;
use super::text;
use crate::caller::Channel;
use crate::names::{AccessKind, GrantDuration};
use crate::route::InChat;
use crate::status::{EndReason, LapseReason, StatusWord};
use crate::wire::RequestView;
use crate::wire::views::{ApprovalView, ExtensionView};
use parts::{date, in_words, one_of, route_in_words, short_utc, who};

/// For whom a card is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Audience {
    /// Those who may answer, revoke or review.
    Approvers,
    /// Whoever the access is for.
    Requester,
}

/// What a card is of.
#[derive(Debug, Clone, Copy)]
pub struct Card<'a> {
    /// The request as it stands.
    pub view: &'a RequestView,
    /// For whom.
    pub audience: Audience,
}

/// Where a card is put.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'a> {
    /// What buttons are signed with.
    pub secrets: &'a Secrets,
    /// The workspace.
    pub team: &'a TeamId,
    /// Where the pages are that a card leads to.
    pub pages: &'a Pages,
}

/// The card; none where the policy keeps the request out of chat.
#[must_use]
pub fn card(card: &Card<'_>, setting: &Setting<'_>) -> Option<Message> {
    let view = card.view;
    if view.route.chat == InChat::None {
        return None;
    }
    let mut blocks = vec![Block::header(heading(view)), status(view)];
    blocks.extend(emergency(view));
    blocks.push(facts(view));
    blocks.extend(view.targets.iter().map(targets::target));
    blocks.extend(view.targets.iter().filter_map(targets::readiness));
    blocks.extend(words_of(
        "Reason, in the words of whoever asks",
        view.ask.reason.as_str(),
    ));
    blocks.push(route(view));
    blocks.extend(approvals(&view.approvals));
    blocks.extend(
        view.extension
            .iter()
            .flat_map(|longer| extension(longer, view)),
    );
    blocks.extend(review(view));
    let elements = buttons::of(card, setting);
    if !elements.is_empty() {
        blocks.push(Block::Actions { elements });
    }
    blocks.push(Block::small(format!(
        "{} · version {} · what is shown: {}",
        view.id,
        view.version,
        view.shown.short()
    )));
    let who = text::mrkdwn(&who(view), 200);
    let what = text::mrkdwn(&what(view), 300);
    let (sign, words) = state(view);
    Some(Message::new(
        format!("{sign} {words}: {who} asks for {what}"),
        blocks,
    ))
}

/// What it is, on one line, and loudly where it is an emergency.
pub(super) fn heading(view: &RequestView) -> String {
    let glass = if view.ask.break_glass {
        "🚨 BREAK GLASS: "
    } else {
        ""
    };
    format!("{glass}{}", what(view))
}

/// `Shell on web-1 for 45 minutes`.
pub(super) fn what(view: &RequestView) -> String {
    let kind = match &view.ask.kind {
        AccessKind::Shell {} => "Shell".to_owned(),
        AccessKind::Ssh {} => "SSH".to_owned(),
        AccessKind::Command { name } => format!("Command {name}"),
        AccessKind::Port { host, port } => format!("Port {host}:{port}"),
    };
    let duration = in_words(view.ask.duration_seconds);
    format!("{kind} on {} for {duration}", targets_in_short(view))
}

/// The targets by name, the first two of them.
pub(super) fn targets_in_short(view: &RequestView) -> String {
    let names: Vec<String> = view
        .targets
        .iter()
        .map(|target| {
            let id = target.target.instance.to_string();
            target
                .name
                .as_deref()
                .map_or(id, |name| text::plain(name, 40))
        })
        .collect();
    match names.as_slice() {
        [] => "no target".to_owned(),
        [one] => one.clone(),
        [one, two] => format!("{one} and {two}"),
        [one, rest @ ..] => format!("{one} and {} more", rest.len()),
    }
}

/// A sign and a few words for where it is.
pub(super) fn state(view: &RequestView) -> (&'static str, &'static str) {
    let state = &view.state;
    match view.status {
        StatusWord::Pending => ("⏳", "Waits for an answer"),
        StatusWord::Approved => ("✅", "Approved, not begun"),
        StatusWord::Active => ("🔓", "Access is open"),
        StatusWord::Denied => ("⛔", "Denied"),
        StatusWord::Withdrawn => ("⛔", "Taken back"),
        StatusWord::Lapsed => match state.lapsed_because {
            Some(LapseReason::Unused) => ("⛔", "Approved, and never used in time"),
            Some(LapseReason::Unanswered) | None => ("⛔", "Nobody answered in time"),
        },
        StatusWord::Ending | StatusWord::Closed => match state.ended_because {
            Some(EndReason::Revoked) => ("🔒", "Revoked"),
            Some(EndReason::Released) => ("🔒", "Handed back"),
            Some(EndReason::Expired) | None => ("🔒", "Over"),
        },
    }
}

/// Who must do something now.
fn waited_for(view: &RequestView) -> String {
    let groups = view.state.waits_for.iter();
    one_of(groups.map(|group| text::mrkdwn(group.as_str(), 60)))
}

fn status(view: &RequestView) -> Block {
    let (sign, words) = state(view);
    let mut line = format!("{sign} *{words}*");
    let state = &view.state;
    if let Some(over_at) = state.over_at {
        let _ = write!(line, ", {}", date(over_at));
    } else if let Some(until) = state.lapses_at.or(state.ends_at) {
        let _ = write!(line, ", until {}", date(until));
    }
    let may = match view.status {
        StatusWord::Pending => Some("can answer"),
        StatusWord::Closed | StatusWord::Lapsed => Some("must review it"),
        StatusWord::Approved
        | StatusWord::Active
        | StatusWord::Ending
        | StatusWord::Denied
        | StatusWord::Withdrawn => None,
    };
    if let Some(may) = may.filter(|_| !state.waits_for.is_empty()) {
        let _ = write!(line, "; {} {may}", waited_for(view));
    }
    Block::section(Text::marked(line))
}

fn emergency(view: &RequestView) -> Option<Block> {
    if !view.ask.break_glass {
        return None;
    }
    let groups = one_of(
        view.route
            .reviewers
            .iter()
            .map(|group| text::mrkdwn(group.as_str(), 60)),
    );
    Some(Block::section(Text::marked(format!(
        "🚨 *BREAK GLASS.* Nobody was asked before, and everybody is told. {groups} must review it \
         when it is over; whoever sees that it is no emergency can revoke it now."
    ))))
}

fn facts(view: &RequestView) -> Block {
    let mut fields = vec![field("Who asks", &who(view))];
    if let Some(asker) = &view.asked_by {
        let name = parts::named(&asker.person, asker.name.as_deref());
        fields.push(field("Asked in their name by", &name));
    }
    let mut what = format!("{}, {}", view.ask.kind, in_words(view.ask.duration_seconds));
    if let Some(user) = &view.route.run_as {
        let _ = write!(what, ", as {user}");
    }
    fields.push(field("What, and for how long", &what));
    let logged = if view.loggable {
        "Yes: its transcript is looked for"
    } else {
        "⚠ NO. This kind of access cannot be logged"
    };
    fields.push(Text::own(format!("Is it logged?\n{logged}"), FIELD));
    let ends = match (view.state.ends_at, view.ask.starts_at) {
        (Some(at), _) => format!("Ends\n{}", date(at)),
        (None, Some(at)) => format!(
            "Begins\nnot before {}, and ends {} later",
            date(at),
            in_words(view.ask.duration_seconds)
        ),
        (None, None) => {
            let duration = in_words(view.ask.duration_seconds);
            format!("Ends\n{duration} after it is first used")
        }
    };
    if view.state.over_at.is_none() {
        fields.push(Text::marked(ends));
    }
    if let Some(ticket) = &view.ask.ticket {
        fields.push(field("Ticket", ticket.as_str()));
    }
    Block::fields(fields)
}

/// A label of Postern's own above what it is of; the label is the first line, and what others wrote
/// has no lines.
fn field(label: &str, value: &str) -> Text {
    Text::own(
        format!("{label}\n{}", text::plain(value, FIELD - 100)),
        FIELD,
    )
}

/// What somebody wrote, under a label that says so, and a warning where it reads like Postern.
pub(super) fn words_of(label: &str, words: &str) -> Vec<Block> {
    let shown = text::plain(words, 1_800);
    let mut blocks = vec![Block::section(Text::own(
        format!("{label}\n“{shown}”"),
        SECTION,
    ))];
    if text::imitates(words) {
        blocks.push(Block::small(
            "⚠ These words read like Postern's own and are not. What is true stands on the card.",
        ));
    }
    blocks
}

fn route(view: &RequestView) -> Block {
    let policy = &view.route.policy;
    let way = route_in_words(&view.route);
    let ladder = match view.route.chat {
        InChat::Tap if view.status == StatusWord::Pending => "; a tap here is enough",
        InChat::Login if view.status == StatusWord::Pending => "; a yes takes a login",
        InChat::Tap | InChat::Login | InChat::None => "",
    };
    Block::section(Text::own(
        format!("Policy {policy}: {way}{ladder}"),
        SECTION,
    ))
}

fn approvals(approvals: &[ApprovalView]) -> Option<Block> {
    if approvals.is_empty() {
        return None;
    }
    let lines: Vec<String> = approvals
        .iter()
        .map(|approval| {
            let name = parts::named(&approval.by, approval.name.as_deref());
            let by = match approval.channel {
                Channel::Api => "by the API",
                Channel::ChatLogin => "from chat, with a login",
                Channel::ChatTap => "from chat, by a tap",
            };
            let name = text::plain(&name, 200);
            format!("✅ {name}, {}, {by}", short_utc(approval.at))
        })
        .collect();
    let lines = lines.join("\n");
    Some(Block::section(Text::own(
        format!("Said yes\n{lines}"),
        SECTION,
    )))
}

fn extension(extension: &ExtensionView, view: &RequestView) -> Vec<Block> {
    let total = GrantDuration::from_seconds(u64::from(extension.total_seconds));
    let total = total.map_or_else(|_| "longer".to_owned(), in_words);
    let ends = date(extension.ends_at);
    let what = if extension.granted {
        format!("*Extended* to {total} in all; ends {ends}")
    } else {
        let groups = waited_for(view);
        format!("⏳ *Asks for longer*: {total} in all, until {ends}; {groups} can answer")
    };
    let policy = &extension.route.policy;
    let way = route_in_words(&extension.route);
    let mut blocks = vec![Block::Divider {}, Block::section(Text::marked(what))];
    blocks.extend(words_of(
        "Why longer, in the words of whoever asks",
        extension.reason.as_str(),
    ));
    blocks.push(Block::small(format!("Policy {policy}: {way}")));
    blocks
}

fn review(view: &RequestView) -> Vec<Block> {
    let Some(review) = &view.review else {
        return Vec::new();
    };
    match (&review.by, &review.comment) {
        (Some(by), Some(comment)) => {
            let name = parts::named(&by.person, by.name.as_deref());
            let name = text::plain(&name, 200);
            words_of(&format!("Reviewed: {name} wrote"), comment.as_str())
        }
        (None, _) | (_, None) => vec![Block::small("The review of this emergency is open.")],
    }
}
