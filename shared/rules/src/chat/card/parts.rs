//! Words for people: who, how long, when.

use crate::facts::Ping;
use crate::moment::Moment;
use crate::names::{GrantDuration, Group, Person};
use crate::wire::{RequestView, RouteView};

/// `45 minutes`, `1 hour 30 minutes`.
pub(crate) fn in_words(duration: GrantDuration) -> String {
    let seconds = duration.seconds();
    let parts = [
        (seconds / 3_600, "hour"),
        (seconds / 60 % 60, "minute"),
        (seconds % 60, "second"),
    ];
    let words: Vec<String> = parts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, unit)| {
            let many = if *count == 1 { "" } else { "s" };
            format!("{count} {unit}{many}")
        })
        .collect();
    words.join(" ")
}

/// A moment in the reader's own zone, where the reader's client can do that, and in UTC elsewhere.
/// It stands in `mrkdwn` only.
pub(crate) fn date(at: Moment) -> String {
    let seconds = at.seconds();
    format!(
        "<!date^{seconds}^{{date_short_pretty}} {{time}}|{}>",
        short_utc(at)
    )
}

/// `2026-11-24 10:15 UTC`.
pub(crate) fn short_utc(at: Moment) -> String {
    let text = at.to_string();
    let minutes: String = text.chars().take(16).collect();
    format!("{} UTC", minutes.replace('T', " "))
}

/// `a`, `a or b`, `a, b or c`.
pub(crate) fn one_of(names: impl Iterator<Item = String>) -> String {
    let names: Vec<String> = names.collect();
    match names.split_last() {
        None => "nobody".to_owned(),
        Some((only, [])) => only.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
    }
}

/// A person, by the name that they have chosen and by what they truly are.
pub(crate) fn named(person: &Person, name: Option<&str>) -> String {
    match name {
        Some(name) => format!("{name} ({person})"),
        None => person.to_string(),
    }
}

/// Who the access is for.
pub(crate) fn who(view: &RequestView) -> String {
    named(&view.requester, view.requester_name.as_deref())
}

/// `1 of leads; then 2 of security or ops`.
pub(crate) fn route_in_words(route: &RouteView) -> String {
    if !route.reviewers.is_empty() {
        return "for emergencies; nobody is asked before".to_owned();
    }
    let stages: Vec<String> = route
        .stages
        .iter()
        .map(|stage| {
            let groups = stage.groups.iter().map(Group::to_string);
            let groups = crate::chat::text::plain(&one_of(groups), 300);
            format!("{} of {groups}", stage.needed)
        })
        .collect();
    if stages.is_empty() {
        "the policy says yes by itself".to_owned()
    } else {
        format!("needs {}", stages.join("; then "))
    }
}

/// Whether the agent answers.
pub(super) fn ping(ping: Ping) -> &'static str {
    match ping {
        Ping::Online => "online",
        Ping::ConnectionLost => "silent of late",
        Ping::Inactive => "not there",
    }
}
