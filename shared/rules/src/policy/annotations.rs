//! The annotations of a policy: the route that a `permit` offers, the sentence of a `forbid`.
//!
//! Cedar leaves annotations to the application. Here they carry power, so they are read as
//! strictly as the policy itself: one that is unknown, malformed or missing is an error when the
//! set is loaded, never a default that nobody chose.
//!
//! | annotation | on | value |
//! |---|---|---|
//! | `@id` | both, required | unique; 1 to 64 letters, digits or `-_.` |
//! | `@time_zone` | both | the zone of `context.weekday`, `hour` and `minute`; without it, `UTC` |
//! | `@max_duration` | permit, required | `15s` to `8h`, such as `1h30m` |
//! | `@extendable_to` | permit | the longest it may become by extension; without it, it is not extended |
//! | `@auto` | permit | `true`: nobody has to approve; stands alone |
//! | `@approvals` | permit | `1` to `5` distinct people |
//! | `@approvers` | permit | groups, separated by commas; with `@approvals` |
//! | `@stages` | permit | `1 of leads; 2 of security, directors`: up to three stages, in order |
//! | `@answer_within` | permit | `1m` to `7d`; without it, four hours; only where people approve |
//! | `@break_glass` | permit | `true`: for emergencies alone, and at once; stands in place of `@auto` |
//! | `@reviewers` | permit | groups that review it afterwards; with `@break_glass`, required there |
//! | `@for_others` | permit | `true`: it may be asked for in the name of somebody else |
//! | `@unlogged` | permit | `true`: kinds of access that cannot be logged are offered as well |
//! | `@run_as` | permit | the operating system's user that sessions run as; not with `@unlogged` |
//! | `@reason_length` | permit | the least characters of the reason, `4` to `300` |
//! | `@reason_pattern` | permit | a regular expression that the whole reason matches |
//! | `@ticket_pattern` | permit | a regular expression that the whole ticket matches; there must be one |
//! | `@chat` | permit | `tap`, `login` or `none`: how far it may be said yes to from chat; without it, `login` |
//! | `@because` | forbid | one sentence for the person who is refused |

mod notes;
mod values;

use std::collections::BTreeSet;
use std::time::Duration;

use cedar_policy::{Effect, Policy};

use self::notes::Notes;
use super::fault::{Fault, PolicyFault};
use super::wanted::Wanted;
use super::zone::Zone;
use crate::names::{Comment, GrantDuration, Group, OsUser, made_of, text_name};
use crate::route::{Consent, InChat, Stages};

text_name!(
    /// The `@id` of a policy: 1 to 64 letters, digits or `-_.`.
    PolicyId,
    "a policy id of 1 to 64 letters, digits or `-_.`",
    |text| made_of(text, 1, 64, |c| c.is_ascii_alphanumeric() || "-_.".contains(c))
);

const ID: &str = "id";
const TIME_ZONE: &str = "time_zone";
const MAX_DURATION: &str = "max_duration";
const EXTENDABLE_TO: &str = "extendable_to";
const AUTO: &str = "auto";
const APPROVALS: &str = "approvals";
const APPROVERS: &str = "approvers";
const STAGES: &str = "stages";
const ANSWER_WITHIN: &str = "answer_within";
const BREAK_GLASS: &str = "break_glass";
const REVIEWERS: &str = "reviewers";
const FOR_OTHERS: &str = "for_others";
const UNLOGGED: &str = "unlogged";
const RUN_AS: &str = "run_as";
const REASON_LENGTH: &str = "reason_length";
const REASON_PATTERN: &str = "reason_pattern";
const TICKET_PATTERN: &str = "ticket_pattern";
const CHAT: &str = "chat";
const BECAUSE: &str = "because";

const OF_A_PERMIT: [&str; 18] = [
    ID,
    TIME_ZONE,
    MAX_DURATION,
    EXTENDABLE_TO,
    AUTO,
    APPROVALS,
    APPROVERS,
    STAGES,
    ANSWER_WITHIN,
    BREAK_GLASS,
    REVIEWERS,
    FOR_OTHERS,
    UNLOGGED,
    RUN_AS,
    REASON_LENGTH,
    REASON_PATTERN,
    TICKET_PATTERN,
    CHAT,
];
const OF_A_FORBID: [&str; 3] = [ID, TIME_ZONE, BECAUSE];

/// How long a request waits for an answer where the policy does not say.
const USUAL_ANSWER: Duration = Duration::from_secs(4 * 60 * 60);

/// What a policy's annotations say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rule {
    /// It offers a route.
    Permit(Box<Terms>),
    /// It closes every route, for this reason.
    Forbid(Option<Comment>),
}

/// The terms of the route that one permit offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// Who must say yes.
    pub consent: Consent,
    /// The longest grant.
    pub max_duration: GrantDuration,
    /// The longest that a grant may become by extension; none is extended without.
    pub extendable_to: Option<GrantDuration>,
    /// How long the request waits for an answer.
    pub answer_within: Duration,
    /// Who reviews it afterwards, where it is for emergencies; for nothing else then.
    pub break_glass: Option<BTreeSet<Group>>,
    /// Whether it may be asked for in the name of somebody else.
    pub for_others: bool,
    /// Whether kinds of access that cannot be logged are offered as well.
    pub unlogged: bool,
    /// The operating system's user that sessions run as.
    pub run_as: Option<OsUser>,
    /// What reason and ticket must be like.
    pub wanted: Wanted,
    /// How far people may say yes to it from chat.
    pub chat: InChat,
}

/// One policy's annotations, read.
pub(super) struct Annotated {
    pub(super) id: PolicyId,
    pub(super) zone: Zone,
    pub(super) rule: Rule,
}

/// Reads one policy's annotations. Nothing, where a fault was noted.
pub(super) fn read(
    policy: &Policy,
    label: &str,
    faults: &mut Vec<PolicyFault>,
) -> Option<Annotated> {
    let mut notes = Notes::of(policy, label, faults);
    let id = notes.required(ID, str::parse);
    let zone = notes
        .optional(TIME_ZONE, str::parse)
        .unwrap_or_else(Zone::utc);
    let rule = match policy.effect() {
        Effect::Permit => {
            notes.refuse_unknown("permit", &OF_A_PERMIT);
            terms(&mut notes).map(|terms| Rule::Permit(Box::new(terms)))
        }
        Effect::Forbid => {
            notes.refuse_unknown("forbid", &OF_A_FORBID);
            Some(Rule::Forbid(notes.optional(BECAUSE, str::parse)))
        }
    };
    let (id, rule) = (id?, rule?);
    Some(Annotated { id, zone, rule })
}

fn terms(notes: &mut Notes<'_>) -> Option<Terms> {
    let max_duration = notes.required(MAX_DURATION, values::max_duration);
    let extendable_to = notes.optional(EXTENDABLE_TO, values::max_duration);
    if let (Some(longest), Some(most)) = (max_duration, extendable_to)
        && most <= longest
    {
        notes.note(EXTENDABLE_TO, Fault::NoLonger);
    }
    let answer_within = notes
        .optional(ANSWER_WITHIN, values::answer_within)
        .unwrap_or(USUAL_ANSWER);
    let break_glass = break_glass(notes);
    let consent = consent(notes);
    if notes.has(RUN_AS) {
        notes.refuse_beside(RUN_AS, &[UNLOGGED]);
    }
    let wanted = Wanted {
        reason_length: notes
            .optional(REASON_LENGTH, values::reason_length)
            .unwrap_or_default(),
        reason: notes.optional(REASON_PATTERN, str::parse),
        ticket: notes.optional(TICKET_PATTERN, str::parse),
    };
    let chat = chat(notes);
    let flag = |notes: &mut Notes<'_>, key| notes.optional(key, values::yes).is_some();
    Some(Terms {
        consent: consent?,
        max_duration: max_duration?,
        extendable_to,
        answer_within,
        break_glass,
        for_others: flag(notes, FOR_OTHERS),
        unlogged: flag(notes, UNLOGGED),
        run_as: notes.optional(RUN_AS, str::parse),
        wanted,
        chat,
    })
}

/// How far people may say yes from chat. Where nobody has to, there is nothing to tap; and an
/// emergency is never reviewed by a tap, whatever the policy says.
fn chat(notes: &mut Notes<'_>) -> InChat {
    let said = notes.optional(CHAT, values::chat);
    if said == Some(InChat::Tap)
        && let Some(key) = [BREAK_GLASS, AUTO].into_iter().find(|key| notes.has(key))
    {
        notes.note(CHAT, Fault::NoTap(key));
    }
    said.unwrap_or_default()
}

/// Who reviews a broken glass, where the permit is for that.
fn break_glass(notes: &mut Notes<'_>) -> Option<BTreeSet<Group>> {
    if !notes.has(BREAK_GLASS) {
        if notes.has(REVIEWERS) {
            notes.note(REVIEWERS, Fault::WithoutBreakGlass);
        }
        return None;
    }
    // Whoever breaks the glass does it in their own name.
    notes.refuse_beside(BREAK_GLASS, &[FOR_OTHERS]);
    let yes = notes.required(BREAK_GLASS, values::yes);
    let reviewers = notes.required(REVIEWERS, values::approvers);
    yes.and(reviewers)
}

fn consent(notes: &mut Notes<'_>) -> Option<Consent> {
    let of_people = [APPROVALS, APPROVERS, STAGES, ANSWER_WITHIN];
    if notes.has(BREAK_GLASS) {
        // Its own value is read where its reviewers are.
        notes.refuse_beside(BREAK_GLASS, &[AUTO]);
        notes.refuse_beside(BREAK_GLASS, &of_people);
        return Some(Consent::Automatic);
    }
    if notes.has(AUTO) {
        notes.refuse_beside(AUTO, &of_people);
        return notes
            .required(AUTO, values::yes)
            .map(|()| Consent::Automatic);
    }
    if notes.has(STAGES) {
        notes.refuse_beside(STAGES, &[APPROVALS, APPROVERS]);
        let stages = notes.required(STAGES, values::stages)?;
        return Some(Consent::Approvals { stages });
    }
    if !notes.has(APPROVALS) && !notes.has(APPROVERS) {
        notes.note(APPROVALS, Fault::NoConsent);
        return None;
    }
    let needed = notes.required(APPROVALS, values::approvals);
    let groups = notes.required(APPROVERS, values::approvers);
    // INVARIANT: both were read within their bounds, so they make a stage.
    let stages = Stages::one(needed?, groups?).ok()?;
    Some(Consent::Approvals { stages })
}
