//! A way to access that one policy offers.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::caller::Channel;
use crate::names::{Digest, GrantDuration, Group, OsUser};
use crate::policy::PolicyId;
use crate::refusal::Refusal;

/// What one `permit` offers for one ask: who must say yes, and within which bounds.
///
/// A route comes whole from one policy: duration from one and scope from another never combine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// The `@id` of the policy that offers it.
    pub policy: PolicyId,
    /// The digest of the whole policy set that was in force.
    pub policy_set: Digest,
    /// Who must say yes.
    pub consent: Consent,
    /// The longest grant the policy allows.
    pub max_duration: GrantDuration,
    /// The longest that a grant may become by extension; none is extended without.
    #[serde(deserialize_with = "Option::deserialize")]
    pub extendable_to: Option<GrantDuration>,
    /// How long the request waits for an answer, in whole seconds.
    pub answer_within: Duration,
    /// The operating system's user that sessions run as, where not the usual one.
    #[serde(deserialize_with = "Option::deserialize")]
    pub run_as: Option<OsUser>,
    /// Who reviews the access afterwards, where it is an emergency.
    #[serde(deserialize_with = "Option::deserialize")]
    pub reviewers: Option<BTreeSet<Group>>,
    /// How far people may say yes from chat.
    pub chat: InChat,
}

/// How far people may say yes from chat: the rung of the ladder that a policy stands on. Taking
/// access away, or handing it back, needs no rung.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum InChat {
    /// It is not in chat at all: no card, no button.
    None,
    /// The card leads to a page that takes the yes with a fresh login.
    #[default]
    Login,
    /// A tap on the card is enough.
    Tap,
}

impl InChat {
    /// Every rung, the one that asks least first.
    pub const ALL: [Self; 3] = [Self::Tap, Self::Login, Self::None];

    /// As policies spell it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Login => "login",
            Self::Tap => "tap",
        }
    }

    /// The rung for asking: whoever asks gives nothing to anybody, so a tap will do wherever the
    /// policy is in chat. But asking for an emergency is having it.
    #[must_use]
    pub fn for_asking(self, emergency: bool) -> Self {
        match (self, emergency) {
            (Self::None, _) => Self::None,
            (Self::Login | Self::Tap, true) => Self::Login,
            (Self::Login | Self::Tap, false) => Self::Tap,
        }
    }

    /// The rung for the review of an emergency, the only yes that there is to one: never a tap.
    #[must_use]
    pub fn for_review(self) -> Self {
        self.min(Self::Login)
    }

    /// Whether that way is enough for somebody on this rung.
    ///
    /// # Errors
    /// [`Refusal::NotInChat`] and [`Refusal::ChatNeedsLogin`].
    pub fn takes(self, channel: Channel) -> Result<(), Refusal> {
        match (self, channel) {
            (_, Channel::Api)
            | (Self::Login | Self::Tap, Channel::ChatLogin)
            | (Self::Tap, Channel::ChatTap) => Ok(()),
            (Self::Login, Channel::ChatTap) => Err(Refusal::ChatNeedsLogin),
            (Self::None, Channel::ChatLogin | Channel::ChatTap) => Err(Refusal::NotInChat),
        }
    }
}

/// Who must say yes before a grant exists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Consent {
    /// The policy itself does: `@auto("true")`.
    Automatic,
    /// People do, stage after stage, none of them the requester.
    Approvals {
        /// The stages, in order.
        stages: Stages,
    },
}

/// One to three stages of approval, to be passed in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Stage>", into = "Vec<Stage>")]
pub struct Stages(Vec<Stage>);

/// So many distinct people of these groups.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Stage {
    /// How many, 1 to 5.
    pub needed: u8,
    /// Members of any of these groups may answer; never empty.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
    pub groups: BTreeSet<Group>,
}

/// A list that is no stages of approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there are 1 to 3 stages, each of 1 to 5 people of at least one group")]
pub struct BadStages;

/// How far the approvals given carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing<'a> {
    /// A stage waits for more people.
    Waiting {
        /// Which, from 1.
        number: u8,
        /// The stage.
        stage: &'a Stage,
        /// How many of its people have said yes.
        have: u8,
    },
    /// Every stage is passed.
    Passed,
}

impl Stages {
    /// The most stages.
    pub const MOST: usize = 3;
    /// The most people of one stage.
    pub const MOST_PEOPLE: u8 = 5;

    /// The only stage there is.
    ///
    /// # Errors
    /// No group, or no people or too many of them.
    pub fn one(needed: u8, groups: BTreeSet<Group>) -> Result<Self, BadStages> {
        vec![Stage { needed, groups }].try_into()
    }

    /// The stages, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Stage> {
        self.0.iter()
    }

    /// How many people all stages need together.
    #[must_use]
    pub fn people(&self) -> u8 {
        self.0
            .iter()
            .map(|stage| stage.needed)
            .fold(0, u8::saturating_add)
    }

    /// Every group that answers at any stage.
    #[must_use]
    pub fn groups(&self) -> BTreeSet<Group> {
        self.0
            .iter()
            .flat_map(|stage| stage.groups.iter().cloned())
            .collect()
    }

    /// How far approvals by people of these groups carry, in the order in which they were given.
    ///
    /// An approval counts for the stage that waits when it is given, and for no other: who speaks
    /// too early has not spoken for a later stage. The caller sees to it that no two are of one
    /// person.
    #[must_use]
    pub fn standing<'a>(
        &self,
        approvals: impl IntoIterator<Item = &'a BTreeSet<Group>>,
    ) -> (Standing<'_>, u8) {
        let mut stages = (1..).zip(&self.0);
        let (mut waiting, mut have, mut counted) = (stages.next(), 0, 0_u8);
        for groups in approvals {
            let Some((_, stage)) = waiting else { break };
            if stage.groups.is_disjoint(groups) {
                continue;
            }
            counted = counted.saturating_add(1);
            have += 1;
            if have >= stage.needed {
                (waiting, have) = (stages.next(), 0);
            }
        }
        let standing = match waiting {
            Some((number, stage)) => Standing::Waiting {
                number,
                stage,
                have,
            },
            None => Standing::Passed,
        };
        (standing, counted)
    }
}

impl TryFrom<Vec<Stage>> for Stages {
    type Error = BadStages;

    fn try_from(stages: Vec<Stage>) -> Result<Self, Self::Error> {
        let sound = |stage: &Stage| {
            (1..=Self::MOST_PEOPLE).contains(&stage.needed) && !stage.groups.is_empty()
        };
        if (1..=Self::MOST).contains(&stages.len()) && stages.iter().all(sound) {
            Ok(Self(stages))
        } else {
            Err(BadStages)
        }
    }
}

impl From<Stages> for Vec<Stage> {
    fn from(stages: Stages) -> Self {
        stages.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn groups(names: &[&str]) -> BTreeSet<Group> {
        names.iter().map(|name| name.parse().unwrap()).collect()
    }

    /// One lead, then two of security or of the directors.
    fn two_stages() -> Stages {
        vec![
            Stage {
                needed: 1,
                groups: groups(&["leads"]),
            },
            Stage {
                needed: 2,
                groups: groups(&["security", "directors"]),
            },
        ]
        .try_into()
        .unwrap()
    }

    /// The number of the stage that waits and how many it has; zero where all are passed.
    fn standing(approvals: &[&[&str]]) -> (u8, u8) {
        let approvals: Vec<BTreeSet<Group>> = approvals.iter().map(|names| groups(names)).collect();
        match two_stages().standing(&approvals).0 {
            Standing::Waiting { number, have, .. } => (number, have),
            Standing::Passed => (0, 0),
        }
    }

    #[test]
    fn stages_are_passed_in_order() {
        assert_eq!(standing(&[]), (1, 0));
        assert_eq!(standing(&[&["leads"]]), (2, 0));
        assert_eq!(standing(&[&["leads"], &["security"]]), (2, 1));
        assert_eq!(
            standing(&[&["leads"], &["security"], &["directors"]]),
            (0, 0)
        );
    }

    #[test]
    fn who_speaks_before_their_stage_has_not_spoken_for_it() {
        assert_eq!(standing(&[&["security"], &["directors"]]), (1, 0));
        assert_eq!(standing(&[&["security"], &["leads"]]), (2, 0));
    }

    #[test]
    fn one_person_counts_for_one_stage_however_many_groups_they_are_in() {
        assert_eq!(standing(&[&["leads", "security", "directors"]]), (2, 0));
    }

    #[test]
    fn a_stage_without_people_or_groups_is_none() {
        assert!(Stages::one(0, groups(&["leads"])).is_err());
        assert!(Stages::one(6, groups(&["leads"])).is_err());
        assert!(Stages::one(1, groups(&[])).is_err());
        assert!(Stages::try_from(Vec::new()).is_err());
        let stage = Stage {
            needed: 1,
            groups: groups(&["leads"]),
        };
        assert!(Stages::try_from(vec![stage; 4]).is_err());
    }
}
