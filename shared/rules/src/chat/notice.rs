//! Who is told what, when something has happened to a request.
//!
//! Each event of the bus comes to a few notices. An event may come twice, and a request may have
//! moved on since: so a notice has a key that is the same each time, a card always shows the request
//! as it stands, and what would be news of something that is over is left out.
//!
//! Whoever waits is reminded less and less often, and never after it is over.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::Serialize;

use super::card::Audience;
use super::names::ChannelId;
use crate::audit::{Event, Severity};
use crate::canonical;
use crate::log_verdict::LogWord;
use crate::moment::Moment;
use crate::names::{Comment, Digest, Group, Person, SessionId};
use crate::route::InChat;
use crate::status::StatusWord;
use crate::wire::RequestView;
use crate::wire::bus::RequestEvent;

/// How those who may answer are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// In a channel.
    Channel,
    /// By direct message, of those of them who are linked.
    Direct,
    /// Both.
    Both,
}

/// Where messages go. What is not configured is told nobody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Routing {
    /// How those who may answer are asked.
    pub asked: Asked,
    /// The channel of a group.
    pub channels: BTreeMap<Group, ChannelId>,
    /// The channel of groups that have none.
    pub usual: Option<ChannelId>,
    /// Where emergencies and logs that are not there are told as well.
    pub alarms: Option<ChannelId>,
    /// When those who may answer are reminded.
    pub nudges: Nudges,
}

/// When those who may answer are reminded: once after this long, then twice as long after each time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nudges {
    /// How long after it was asked the first one comes.
    pub first: Duration,
    /// The most of one request.
    pub most: u8,
}

impl Default for Nudges {
    fn default() -> Self {
        Self {
            first: Duration::from_secs(10 * 60),
            most: 3,
        }
    }
}

impl Nudges {
    /// The moments of the reminders of something that waits from then until then, exclusive.
    pub fn of(&self, asked_at: Moment, until: Moment) -> impl Iterator<Item = Moment> {
        let mut wait = self.first.max(Duration::from_secs(60));
        let mut at = asked_at;
        (0..self.most).map_while(move |_| {
            at = at.plus(wait);
            wait = wait.saturating_mul(2);
            (at < until).then_some(at)
        })
    }
}

/// Where a notice goes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "to", rename_all = "snake_case")]
pub enum Place {
    /// To a channel.
    Channel {
        /// Which.
        channel: ChannelId,
    },
    /// To each linked member of these groups, but to nobody whom the request is about.
    Members {
        /// Which.
        groups: BTreeSet<Group>,
    },
    /// To one person, where they are linked.
    Person {
        /// Whom.
        person: Person,
    },
}

/// What is said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "say", rename_all = "snake_case")]
pub enum What {
    /// The card, anew.
    Card,
    /// The card that stands there already, brought up to date. Nothing where none does.
    Edit,
    /// That they are still waited for, under the card.
    Nudge {
        /// Which one, from 1.
        n: u8,
    },
    /// What became of it, under the card where there is one.
    Outcome {
        /// The word that was said with it.
        comment: Option<Comment>,
    },
    /// That the grant ends soon.
    Reminder,
    /// What was found of a log.
    Verdict {
        /// Of which session.
        session: SessionId,
        /// What.
        log: LogWord,
    },
}

/// A message to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The same each time, so that it is said once.
    pub key: Digest,
    /// Where.
    pub place: Place,
    /// Which card is there.
    pub audience: Audience,
    /// What.
    pub what: What,
}

impl Routing {
    /// The notices that an event comes to, of a request as it stands now.
    #[must_use]
    pub fn notices(&self, event: &RequestEvent, view: &RequestView) -> Vec<Notice> {
        if view.route.chat == InChat::None {
            return Vec::new();
        }
        let Some(entry) = &event.entry else {
            // Only an asking is too long for the bus.
            return self.asked_for(&event.id, view);
        };
        let told = Told {
            routing: self,
            id: &event.id,
            view,
        };
        match &entry.event {
            Event::Asked { .. } => self.asked_for(&event.id, view),
            Event::GlassBroken { .. } => {
                let mut notices = told.answering(What::Card);
                notices.extend(told.alarm(What::Card));
                notices
            }
            Event::Approved { .. } => match view.status {
                // The next stage is asked; those of the one before see their yes on the card.
                StatusWord::Pending => told.with_edits(told.answering(What::Card)),
                StatusWord::Approved => told.decided(None),
                StatusWord::Active => match &view.extension {
                    None => told.decided(None),
                    Some(longer) if !longer.granted => told.with_edits(told.answering(What::Card)),
                    // That it is longer now is told by an event of its own.
                    Some(_) => told.edits(),
                },
                StatusWord::Ending
                | StatusWord::Closed
                | StatusWord::Denied
                | StatusWord::Withdrawn
                | StatusWord::Lapsed => told.edits(),
            },
            Event::Denied { comment } | Event::ExtensionDenied { comment } => {
                told.decided(comment.clone())
            }
            Event::Ended { comment, .. } => told.decided(comment.clone()),
            Event::Withdrawn {} | Event::Lapsed { .. } | Event::Extended { .. } => {
                told.decided(None)
            }
            Event::ExtensionAsked { .. } => {
                let waits = view
                    .extension
                    .as_ref()
                    .is_some_and(|longer| !longer.granted);
                let asked = if waits {
                    told.answering(What::Card)
                } else {
                    Vec::new()
                };
                told.with_edits(asked)
            }
            Event::EndNear { ends_at } => {
                let near =
                    view.status == StatusWord::Active && view.state.ends_at == Some(*ends_at);
                let reminder = near.then(|| told.requester(What::Reminder));
                reminder.into_iter().collect()
            }
            Event::LogJudged { session, log } => {
                let log = log.word();
                if log == LogWord::Pending {
                    return Vec::new();
                }
                let session = session.clone();
                let what = What::Verdict { session, log };
                let mut notices = vec![told.requester(what.clone())];
                notices.extend(told.answering(what.clone()));
                if event.severity == Severity::Critical {
                    notices.extend(told.alarm(what));
                }
                notices
            }
            Event::Closed {} => {
                let open = view.review.as_ref().is_some_and(|review| review.open);
                let review = if open {
                    told.answering(What::Card)
                } else {
                    Vec::new()
                };
                told.with_edits(review)
            }
            Event::ApprovedByPolicy {}
            | Event::Activated { .. }
            | Event::ExtensionWithdrawn {}
            | Event::IssueRefused { .. }
            | Event::Reviewed { .. } => told.edits(),
            Event::Issuing { .. }
            | Event::Issued { .. }
            | Event::IssueFailed { .. }
            | Event::IssueOrphaned { .. }
            | Event::SessionSeen { .. }
            | Event::SessionTerminating { .. }
            | Event::TerminationFailed { .. }
            | Event::SessionOver { .. }
            | Event::LogsRechecked { .. } => Vec::new(),
        }
    }

    /// The reminders of a request that still waits, as many as are due.
    #[must_use]
    pub fn nudges(&self, view: &RequestView, now: Moment) -> Vec<Notice> {
        let (asked_at, until) = match (view.status, &view.extension, &view.state) {
            (StatusWord::Pending, _, state) => (view.asked_at, state.lapses_at),
            (StatusWord::Active, Some(longer), state) if !longer.granted => {
                (longer.asked_at, state.ends_at)
            }
            _ => return Vec::new(),
        };
        let Some(until) = until.filter(|until| now < *until) else {
            return Vec::new();
        };
        if view.route.chat == InChat::None {
            return Vec::new();
        }
        // Of those that were missed, the last one says it all.
        let due = (1..)
            .zip(self.nudges.of(asked_at, until))
            .take_while(|(_, at)| *at <= now);
        let Some((n, at)) = due.last() else {
            return Vec::new();
        };
        let id = format!("{}/nudge/{at}", view.id);
        let told = Told {
            routing: self,
            id: &id,
            view,
        };
        told.answering(What::Nudge { n })
    }

    fn asked_for(&self, id: &str, view: &RequestView) -> Vec<Notice> {
        let told = Told {
            routing: self,
            id,
            view,
        };
        let mut notices = vec![told.requester(What::Card)];
        if view.status == StatusWord::Pending {
            notices.extend(told.answering(What::Card));
        }
        notices
    }

    /// Where the members of these groups are asked.
    fn places(&self, groups: BTreeSet<Group>) -> BTreeSet<Place> {
        let mut places = BTreeSet::new();
        if matches!(self.asked, Asked::Channel | Asked::Both) {
            let channels = groups
                .iter()
                .filter_map(|group| self.channels.get(group).or(self.usual.as_ref()));
            places.extend(channels.map(|channel| Place::Channel {
                channel: channel.clone(),
            }));
        }
        if matches!(self.asked, Asked::Direct | Asked::Both) && !groups.is_empty() {
            places.insert(Place::Members { groups });
        }
        places
    }
}

/// One event, and whom it may be told.
#[derive(Clone, Copy)]
struct Told<'a> {
    routing: &'a Routing,
    id: &'a str,
    view: &'a RequestView,
}

impl Told<'_> {
    fn notice(&self, place: Place, audience: Audience, what: What) -> Notice {
        // The name of an event, the place and what is said are all that tells one from another.
        let named = (self.id, &place, &what, audience == Audience::Requester);
        let key = Digest::of("postern.chat.notice", canonical::encode(&named).as_bytes());
        Notice {
            key,
            place,
            audience,
            what,
        }
    }

    fn requester(&self, what: What) -> Notice {
        let person = self.view.requester.clone();
        self.notice(Place::Person { person }, Audience::Requester, what)
    }

    /// Those who may do something now; where nobody must, those who were asked.
    fn answering(&self, what: What) -> Vec<Notice> {
        let waits: BTreeSet<Group> = self.view.state.waits_for.iter().cloned().collect();
        let groups = if waits.is_empty() {
            self.everybody()
        } else {
            waits
        };
        self.to(groups, &what)
    }

    /// Every group that was or may be asked.
    fn everybody(&self) -> BTreeSet<Group> {
        let view = self.view;
        let longer = view
            .extension
            .iter()
            .flat_map(|longer| &longer.route.stages);
        let stages = view.route.stages.iter().chain(longer);
        let groups = stages.flat_map(|stage| &stage.groups);
        groups.chain(&view.route.reviewers).cloned().collect()
    }

    fn to(&self, groups: BTreeSet<Group>, what: &What) -> Vec<Notice> {
        let places = self.routing.places(groups).into_iter();
        places
            .map(|place| self.notice(place, Audience::Approvers, what.clone()))
            .collect()
    }

    fn alarm(&self, what: What) -> Option<Notice> {
        let channel = self.routing.alarms.clone()?;
        Some(self.notice(Place::Channel { channel }, Audience::Approvers, what))
    }

    /// Every card that stands anywhere is brought up to date.
    fn edits(&self) -> Vec<Notice> {
        let mut notices = vec![self.requester(What::Edit)];
        notices.extend(self.to(self.everybody(), &What::Edit));
        if self.view.ask.break_glass {
            notices.extend(self.alarm(What::Edit));
        }
        notices
    }

    fn with_edits(&self, notices: Vec<Notice>) -> Vec<Notice> {
        let mut all = self.edits();
        all.extend(notices);
        all
    }

    /// It is decided: the requester and everybody who was asked learn what became of it.
    fn decided(&self, comment: Option<Comment>) -> Vec<Notice> {
        let what = What::Outcome { comment };
        let mut notices = vec![self.requester(what.clone())];
        notices.extend(self.to(self.everybody(), &what));
        self.with_edits(notices)
    }
}
