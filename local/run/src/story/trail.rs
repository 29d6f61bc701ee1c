//! The audit trail, and who reads it.

use rules::audit::{Actor, Entry, Event, Head, verify};
use rules::wire::EntriesView;

use super::{Amiss, Person, RequestId, Teller, must, nothing, path_of, short, time_of_day};
use crate::screen::Tone;

/// What the trail of the story must hold, in this order, whatever else is between.
const MILESTONES: [&str; 10] = [
    "asked",
    "approved",
    "activated",
    "issuing",
    "issued",
    "ended",
    "session_terminating",
    "session_over",
    "log_judged",
    "closed",
];

impl Teller<'_> {
    pub(super) async fn the_trail_is_read(&mut self, id: RequestId) -> Result<(), Amiss> {
        self.step("Ada, the auditor, reads the whole trail and checks it. She can change nothing.")
            .await?;
        let answer = self.reads(Person::Ada, &path_of(id, "/entries")).await?;
        answer.must_be(200)?;
        let view: EntriesView = answer.read()?;
        let entries: Vec<Entry> = view.entries.iter().map(|seen| seen.entry.clone()).collect();
        self.taken(
            &answer,
            200,
            &format!(
                "{} entries, each with the digest of the one before:",
                entries.len()
            ),
        )?;
        for seen in &view.entries {
            let Entry {
                n,
                at,
                actor,
                event,
                ..
            } = &seen.entry;
            let line = format!(
                "{n:>2}  {}  {:<8}{:<20}{}…  {}",
                time_of_day(*at),
                name_of(actor),
                event.word(),
                short(&seen.digest),
                about(event),
            );
            self.screen.answers("", Tone::Plain, line.trim_end())?;
        }
        let mut words = entries.iter().map(|entry| entry.event.word());
        for milestone in MILESTONES {
            let found = words.by_ref().any(|word| word == milestone);
            must(
                found,
                &format!("an entry `{milestone}` in its place"),
                "none",
            )?;
        }
        let n = u64::try_from(entries.len()).unwrap_or(u64::MAX);
        let head = Head {
            n,
            digest: view.head,
        };
        if let Err(broken) = verify(id, &entries, head) {
            return must(false, "a whole chain", broken);
        }
        let says = "every digest, worked out again here from the entries alone, is right";
        self.screen.answers("verified", Tone::Good, says)?;
        let mut forged = entries;
        if let Some(entry) = forged.get_mut(2) {
            entry.at = entry.at.plus(std::time::Duration::from_millis(1));
        }
        match verify(id, &forged, head) {
            Ok(()) => return must(false, "a forged entry to be found", "a whole chain"),
            Err(broken) => {
                let says = format!("with entry 3 moved by one millisecond: {broken}");
                self.screen.answers("forged", Tone::Refused, &says)?;
            }
        }
        let answer = self
            .sends(Person::Ada, &path_of(id, "/revoke"), &nothing())
            .await?;
        self.refused(&answer, 403, &["may-not-revoke"])
    }
}

fn name_of(actor: &Actor) -> &str {
    match actor {
        Actor::Person { person } => person.sub.as_str(),
        Actor::Postern {} => "postern",
    }
}

/// The fact of an event that matters most.
fn about(event: &Event) -> String {
    match event {
        Event::Asked { ask, .. } => {
            format!("{} for {} s", ask.kind, ask.duration_seconds.seconds())
        }
        Event::Approved { count, needed, .. } => format!("{count} of {needed}"),
        Event::Activated { ends_at } => format!("ends {}", time_of_day(*ends_at)),
        Event::Issued { access_key_id, .. } => access_key_id.clone(),
        Event::SessionSeen { instance, .. } => instance.clone(),
        Event::SessionTerminating { attempt, .. } => format!("attempt {attempt}"),
        Event::SessionOver { ended_at, .. } => format!("at {}", time_of_day(*ended_at)),
        Event::LogJudged { log, .. } => log.word().as_str().to_owned(),
        Event::LogsRechecked { sessions } => format!("{sessions} as they were"),
        Event::EndNear { ends_at } => format!("ends {}", time_of_day(*ends_at)),
        Event::Extended { ends_at, .. } => format!("ends {}", time_of_day(*ends_at)),
        Event::IssueRefused { code, .. } | Event::TerminationFailed { code, .. } => code.clone(),
        Event::Reviewed { comment } => comment.to_string(),
        Event::Ended { .. }
        | Event::ApprovedByPolicy {}
        | Event::Denied { .. }
        | Event::Withdrawn {}
        | Event::Lapsed { .. }
        | Event::Issuing { .. }
        | Event::IssueFailed { .. }
        | Event::IssueOrphaned { .. }
        | Event::GlassBroken { .. }
        | Event::ExtensionAsked { .. }
        | Event::ExtensionDenied { .. }
        | Event::ExtensionWithdrawn {}
        | Event::Closed {} => String::new(),
    }
}
