//! What a page shows of a request: the same facts as a card.

use std::fmt::Write as _;

use rules::caller::Caller;
use rules::chat::text;
use rules::wire::RequestView;

/// Text of whoever it is, as text: nothing invisible, and nothing that a browser reads as more.
pub(super) fn escaped(words: &str) -> String {
    let mut escaped = String::new();
    for c in text::plain(words, 3_000).chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// The facts of a request, and a form to answer it with where the rules would take an answer.
pub(super) fn asked(view: &RequestView, caller: &Caller, ticket: &str) -> String {
    let mut page = String::new();
    let who = caller.person().to_string();
    let _ = write!(page, "<p>You have signed in as {}.</p><dl>", escaped(&who));
    for (name, value) in facts(view) {
        let _ = write!(page, "<dt>{name}</dt><dd>{}</dd>", escaped(&value));
    }
    page.push_str("</dl>");
    let may = |verb: &str| view.you_may.iter().any(|may| may == verb);
    let buttons: Vec<&str> = [
        ("approve", "<button name=say value=approve>Approve</button>"),
        ("deny", "<button name=say value=deny>Deny</button>"),
        ("review", "<button name=say value=review>Review</button>"),
    ]
    .into_iter()
    .filter(|(verb, _)| may(verb))
    .map(|(_, button)| button)
    .collect();
    if buttons.is_empty() {
        page.push_str("<p>There is nothing for you to answer here now.</p>");
        return page;
    }
    let _ = write!(
        page,
        "<form method=post action=\"/chat/approve\">\
         <input type=hidden name=ticket value=\"{}\"><input type=hidden name=shown value=\"{}\">\
         <label>A word with it, which is kept <input name=comment maxlength=300></label>{}</form>",
        escaped(ticket),
        view.shown.hex(),
        buttons.join("")
    );
    page
}

/// What became of it.
pub(super) fn told(view: &RequestView) -> String {
    let status = view.status.to_string();
    format!(
        "<p>The request {} is {} now. You may close this page.</p>",
        view.id,
        escaped(&status)
    )
}

fn facts(view: &RequestView) -> Vec<(&'static str, String)> {
    let ask = &view.ask;
    let name = view.requester_name.as_deref().unwrap_or("no name");
    let mut facts = vec![
        ("Who asks", format!("{name} ({})", view.requester)),
        ("Access", ask.kind.to_string()),
    ];
    if ask.break_glass {
        facts.insert(0, ("EMERGENCY", "nobody was waited for".to_owned()));
    }
    if let Some(asker) = &view.asked_by {
        facts.push(("Asked in their name by", asker.person.to_string()));
    }
    for target in &view.targets {
        let name = target.name.as_deref().unwrap_or("no name");
        facts.push(("To", format!("{name}: {}", target.target)));
    }
    let logged = match view.loggable {
        true => "yes",
        false => "NO: this kind of access cannot be logged",
    };
    facts.push(("Logged", logged.to_owned()));
    facts.push(("For", length(ask.duration_seconds.seconds())));
    if let Some(at) = ask.starts_at {
        facts.push(("Not before", at.to_string()));
    }
    if let Some(longer) = &view.extension {
        facts.push(("Longer, in all", length(longer.total_seconds)));
        facts.push(("Why longer", longer.reason.to_string()));
    }
    facts.push(("Reason", ask.reason.to_string()));
    if let Some(ticket) = &ask.ticket {
        facts.push(("Ticket", ticket.to_string()));
    }
    facts.push(("Policy", view.route.policy.clone()));
    for approval in &view.approvals {
        let name = approval.name.as_deref().unwrap_or("no name");
        facts.push(("Approved by", format!("{name} ({})", approval.by)));
    }
    facts.push(("Status", view.status.to_string()));
    facts
}

fn length(seconds: u32) -> String {
    let (minutes, rest) = (seconds / 60, seconds % 60);
    match (minutes, rest) {
        (0, rest) => format!("{rest} seconds"),
        (minutes, 0) => format!("{minutes} minutes"),
        (minutes, rest) => format!("{minutes} minutes and {rest} seconds"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_others_are_text() {
        let hostile = "<script>'\"&\u{202e}\n</dl>";
        let shown = escaped(hostile);
        for live in ['<', '>', '"', '\'', '\u{202e}', '\n'] {
            assert!(!shown.contains(live), "{shown}");
        }
    }
}
