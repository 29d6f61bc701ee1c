//! Whether there is anybody to say yes, and to review.
//!
//! A route that nobody can walk to its end is found out on the day that it is needed. With the
//! people at hand it is found out before: each person who may ask must leave distinct others for
//! all the stages. Whoever asks in the name of somebody else leaves out both of them, as the rule
//! in code does.

use std::collections::{BTreeMap, BTreeSet};

use rules::names::Group;
use rules::route::{Consent, Stage};

use super::Finding;
use super::permit::Permit;
use crate::policy::cases::Somebody;

/// So many names are told in one finding; the remedy is the same for all of them.
const MOST_NAMES: usize = 5;

impl Permit<'_> {
    /// Who of these people is left without an approver or a reviewer, and which groups are empty.
    pub(super) fn short_of_people(&self, people: &BTreeMap<String, Somebody>) -> Vec<Finding> {
        let mut findings = Vec::new();
        let asking: BTreeMap<&str, &Somebody> = people
            .iter()
            .filter(|(_, one)| self.policy.admits(&one.person, &one.groups))
            .map(|(name, one)| (name.as_str(), one))
            .collect();
        let empty = self.empty_groups(people);
        if !empty.is_empty() {
            findings.push(self.finding(
                "empty-group",
                format!("nobody is in {}", listed(empty.iter().map(Group::as_str))),
                "correct the name, or put somebody in",
            ));
        }
        let stages = self.stages();
        let alone: Vec<&str> = asking
            .iter()
            .filter(|(_, one)| !can_be_filled(&stages, people, &[one]))
            .map(|(name, _)| *name)
            .collect();
        if !alone.is_empty() {
            let alone = listed(alone.into_iter());
            let (word, what) = match &self.terms.break_glass {
                Some(reviewers) => (
                    "no-reviewer",
                    format!(
                        "where {alone} breaks the glass, nobody else of {} is left to review it",
                        listed(reviewers.iter().map(Group::as_str))
                    ),
                ),
                None => (
                    "no-approver",
                    format!("where {alone} asks, there are not enough other people to say yes"),
                ),
            };
            findings.push(self.finding(word, what, "name a group with more people in it"));
        } else if self.terms.for_others {
            findings.extend(self.pair_without_approver(&asking, &stages, people));
        }
        findings
    }

    /// Two people of whom one may ask in the name of the other, who leave nobody to say yes.
    fn pair_without_approver(
        &self,
        asking: &BTreeMap<&str, &Somebody>,
        stages: &[Stage],
        people: &BTreeMap<String, Somebody>,
    ) -> Option<Finding> {
        let pairs = asking.iter().enumerate().flat_map(|(place, (name, one))| {
            let later = asking.iter().skip(place + 1);
            later.map(move |(other_name, other)| (name, one, other_name, other))
        });
        let mut without =
            pairs.filter(|(_, one, _, other)| !can_be_filled(stages, people, &[one, other]));
        let (name, _, other_name, _) = without.next()?;
        let what = format!(
            "where one of `{name}` and `{other_name}` asks for the other, there are not enough \
             other people to say yes"
        );
        Some(self.finding("no-approver", what, "name a group with more people in it"))
    }

    /// The stages that people fill; a review is one of them here.
    fn stages(&self) -> Vec<Stage> {
        let review = self.terms.break_glass.iter().map(|groups| Stage {
            needed: 1,
            groups: groups.clone(),
        });
        match &self.terms.consent {
            Consent::Automatic => review.collect(),
            Consent::Approvals { stages } => stages.iter().cloned().collect(),
        }
    }

    /// The groups among approvers and reviewers, and in the head, that nobody is in.
    fn empty_groups(&self, people: &BTreeMap<String, Somebody>) -> BTreeSet<Group> {
        let answering = self.stages().into_iter().flat_map(|stage| stage.groups);
        answering
            .chain(self.policy.group())
            .filter(|group| !people.values().any(|one| one.groups.contains(group)))
            .collect()
    }
}

/// Names in backticks, and how many more there are.
fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    let told: Vec<&str> = names.iter().take(MOST_NAMES).map(String::as_str).collect();
    match names.len().saturating_sub(MOST_NAMES) {
        0 => told.join(" or "),
        more => format!("{} or {more} more", told.join(", ")),
    }
}

/// Whether distinct people, none of those left out, can fill every place of every stage.
fn can_be_filled(
    stages: &[Stage],
    people: &BTreeMap<String, Somebody>,
    left_out: &[&&Somebody],
) -> bool {
    let others: Vec<&Somebody> = people
        .values()
        .filter(|one| !left_out.iter().any(|out| out.person == one.person))
        .collect();
    let places = stages
        .iter()
        .flat_map(|stage| std::iter::repeat_n(stage, stage.needed.into()));
    let mut seated: BTreeMap<usize, &Stage> = BTreeMap::new();
    for place in places {
        if !seat(place, &others, &mut seated, &mut BTreeSet::new()) {
            return false;
        }
    }
    true
}

/// Finds somebody for one more place, moving those who are seated where that helps. What it says is
/// exact: where no way of moving frees anybody, there is no assignment (augmenting paths).
fn seat<'a>(
    place: &'a Stage,
    others: &[&Somebody],
    seated: &mut BTreeMap<usize, &'a Stage>,
    tried: &mut BTreeSet<usize>,
) -> bool {
    for (number, one) in others.iter().enumerate() {
        if place.groups.is_disjoint(&one.groups) || !tried.insert(number) {
            continue;
        }
        let free = match seated.get(&number).copied() {
            None => true,
            Some(held) => seat(held, others, seated, tried),
        };
        if free {
            seated.insert(number, place);
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::cases;

    fn stage(needed: u8, groups: &[&str]) -> Stage {
        Stage {
            needed,
            groups: groups.iter().map(|group| group.parse().unwrap()).collect(),
        }
    }

    fn people(written: &[(&str, &[&str])]) -> BTreeMap<String, Somebody> {
        let lines = written
            .iter()
            .map(|(name, groups)| format!("people.{name} = {{ groups = {groups:?} }}\n"));
        cases::people(&lines.collect::<String>()).unwrap()
    }

    fn fits(stages: &[Stage], written: &[(&str, &[&str])], left_out: &str) -> bool {
        let people = people(written);
        let out: Vec<&Somebody> = people.get(left_out).into_iter().collect();
        can_be_filled(stages, &people, &out.iter().collect::<Vec<_>>())
    }

    #[test]
    fn nobody_fills_two_places_and_whoever_asks_fills_none() {
        let both: &[(&str, &[&str])] = &[("a", &["leads", "security"]), ("b", &["leads"])];
        let stages = [stage(1, &["leads"]), stage(1, &["security"])];
        assert!(fits(&stages, both, ""));
        assert!(!fits(&stages, both, "a"));
        assert!(!fits(&stages, both, "b"));
        assert!(!fits(&[stage(2, &["leads"])], &[("a", &["leads"])], ""));
        assert!(fits(&[], &[("a", &[])], "a"));
    }

    #[test]
    fn people_are_moved_until_everybody_fits() {
        // The first who comes is needed at the last stage, and so on down the row.
        let row: &[(&str, &[&str])] = &[("a", &["x", "y", "z"]), ("b", &["x", "y"]), ("c", &["x"])];
        let stages = [stage(1, &["x"]), stage(1, &["y"]), stage(1, &["z"])];
        assert!(fits(&stages, row, ""));
        let reversed = [stage(1, &["z"]), stage(1, &["y"]), stage(1, &["x"])];
        assert!(fits(&reversed, row, ""));
        assert!(!fits(&[stage(2, &["z", "y"]), stage(1, &["y"])], row, ""));
    }

    #[test]
    fn the_assignment_is_exact() {
        // Against every way of seating five people at two stages, tried one by one.
        let names = ["a", "b", "c", "d", "e"];
        for bits in 0_u32..1 << 10 {
            let groups: Vec<Vec<&str>> = (0..5)
                .map(|n| {
                    let held = [("x", bits >> n & 1), ("y", bits >> (5 + n) & 1)];
                    held.iter()
                        .filter(|(_, bit)| *bit == 1)
                        .map(|(group, _)| *group)
                        .collect()
                })
                .collect();
            let written: Vec<(&str, &[&str])> = names
                .iter()
                .zip(&groups)
                .map(|(name, groups)| (*name, groups.as_slice()))
                .collect();
            // Each of the five sits at `x`, at `y`, or nowhere.
            let by_trial = (0_u32..243).any(|way| {
                let mut left = way;
                let mut count = [0, 0];
                groups.iter().all(|held| {
                    let at = left % 3;
                    left /= 3;
                    match at {
                        0 => true,
                        1 => {
                            count[0] += 1;
                            held.contains(&"x")
                        }
                        _ => {
                            count[1] += 1;
                            held.contains(&"y")
                        }
                    }
                }) && count == [2, 2]
            });
            let stages = [stage(2, &["x"]), stage(2, &["y"])];
            assert_eq!(fits(&stages, &written, ""), by_trial, "{written:?}");
        }
    }
}
