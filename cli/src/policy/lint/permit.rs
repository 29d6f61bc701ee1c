//! What the text of one permit, or of two, decides.

use rules::names::Group;
use rules::policy::{Outline, Terms, Wanted};
use rules::route::{Consent, InChat};

use super::Finding;
use crate::policy::spelling::length;
use crate::report::counted;

/// Access that nobody said yes to, for longer than this, in seconds, is told.
const LONG: u32 = 60 * 60;
/// Kinds that cannot be logged need so many people: one to ask is not enough to remember.
const UNLOGGED_NEEDS: u8 = 2;

/// A permit and its terms.
#[derive(Clone, Copy)]
pub(super) struct Permit<'a> {
    pub(super) policy: Outline<'a>,
    pub(super) terms: &'a Terms,
}

impl Permit<'_> {
    /// How many people must say yes.
    fn approvals(&self) -> u8 {
        match &self.terms.consent {
            Consent::Automatic => 0,
            Consent::Approvals { stages } => stages.people(),
        }
    }

    pub(super) fn finding(
        &self,
        word: &'static str,
        what: String,
        remedy: &'static str,
    ) -> Finding {
        Finding {
            place: Some((self.policy.id.clone(), self.policy.line)),
            word,
            what,
            remedy,
        }
    }

    /// The kinds of access that it offers: what its head says, and what its annotations let be.
    fn kinds(&self) -> Vec<&'static str> {
        let unlogged = self.policy.unloggable_kinds();
        let offered = |kind: &&str| self.terms.unlogged || !unlogged.contains(kind);
        self.policy.kinds().into_iter().filter(offered).collect()
    }

    /// The kinds that both offer in the same scope, by the same clock, and to the same kind of ask:
    /// an emergency is never answered by an ordinary permit, nor the other way round.
    fn shared(&self, other: &Self) -> Vec<&'static str> {
        let emergency = |permit: &Self| permit.terms.break_glass.is_some();
        if emergency(self) != emergency(other) || self.policy.zone != other.policy.zone {
            return Vec::new();
        }
        let (own, others) = (self.kinds(), other.kinds());
        let scope = self.policy.same_scope(&other.policy);
        let both = |kind: &&str| own.contains(kind) && others.contains(kind);
        scope.into_iter().filter(both).collect()
    }

    pub(super) fn unlogged(&self) -> Option<Finding> {
        let kinds = self.policy.unloggable_kinds();
        (self.terms.unlogged && !kinds.is_empty() && self.approvals() < UNLOGGED_NEEDS).then(|| {
            let enough = match self.approvals() {
                0 => "nobody has to say yes".to_owned(),
                some => format!("{} is enough", counted(some.into(), "approval")),
            };
            let what = format!("{} cannot be logged, and {enough}", kinds.join(" and "));
            self.finding(
                "unlogged",
                what,
                "ask for two approvals, or name other kinds",
            )
        })
    }

    /// Whether a tap in chat is enough for what leaves no trace.
    pub(super) fn tapped_unlogged(&self) -> Option<Finding> {
        let kinds = self.policy.unloggable_kinds();
        let tapped = self.terms.chat == InChat::Tap && self.terms.unlogged && !kinds.is_empty();
        tapped.then(|| {
            let kinds = kinds.join(" and ");
            self.finding(
                "tapped-unlogged",
                format!("{kinds} cannot be logged, and a tap in chat says yes to it"),
                "leave `@chat` out, so that a yes takes a login",
            )
        })
    }

    /// Whether all that it names is what only `@unlogged` would let it offer.
    pub(super) fn unreachable_kinds(&self) -> Option<Finding> {
        self.kinds().is_empty().then(|| {
            let kinds = self.policy.kinds().join(" and ");
            self.finding(
                "unreachable-kinds",
                format!("{kinds} cannot be logged, so without `@unlogged` it offers nothing"),
                "add `@unlogged(\"true\")`, or name other kinds",
            )
        })
    }

    pub(super) fn long_automatic(&self) -> Option<Finding> {
        let long = self.terms.consent == Consent::Automatic
            && self.terms.break_glass.is_none()
            && self.terms.max_duration.seconds() > LONG;
        long.then(|| {
            let most = length(self.terms.max_duration.length());
            self.finding(
                "long-automatic",
                format!("nobody has to say yes to access for {most}"),
                "allow an hour at most, or ask for an approval",
            )
        })
    }

    pub(super) fn long_emergency(&self) -> Option<Finding> {
        let long = self.terms.break_glass.is_some() && self.terms.max_duration.seconds() > LONG;
        long.then(|| {
            let most = length(self.terms.max_duration.length());
            self.finding(
                "long-emergency",
                format!("whoever breaks the glass has access for {most} before anybody looks"),
                "allow an hour at most; whoever needs longer can ask in the meantime",
            )
        })
    }

    pub(super) fn self_review(&self) -> Option<Finding> {
        let reviewers = self.terms.break_glass.as_ref()?;
        let group: Group = self.policy.group()?;
        (reviewers.len() == 1 && reviewers.contains(&group)).then(|| {
            self.finding(
                "self-review",
                format!("the people of `{group}` break the glass and review each other"),
                "name another group among the reviewers",
            )
        })
    }

    pub(super) fn same_group(&self) -> Option<Finding> {
        let Consent::Approvals { stages } = &self.terms.consent else {
            return None;
        };
        let group: Group = self.policy.group()?;
        let groups = stages.groups();
        (groups.len() == 1 && groups.contains(&group)).then(|| {
            self.finding(
                "same-group",
                format!("the people of `{group}` approve each other, and nobody else is asked"),
                "name another group among the approvers",
            )
        })
    }

    pub(super) fn everywhere(&self) -> Option<Finding> {
        (!self.policy.tells_targets_apart()).then(|| {
            self.finding(
                "every-instance",
                "no condition looks at `resource`, so it applies to every instance".to_owned(),
                "add one, such as on a tag",
            )
        })
    }

    /// Whether another permit offers all that this one does for fewer approvals.
    pub(super) fn never_chosen(&self, permits: &[Self]) -> Option<Finding> {
        let better = permits.iter().find(|other| {
            other.approvals() < self.approvals()
                && gives_all_of(other.terms, self.terms)
                && !self.kinds().is_empty()
                && self.shared(other) == self.kinds()
        })?;
        let what = format!("`{}` offers the same for fewer approvals", better.policy.id);
        Some(self.finding("never-chosen", what, "remove one of the two"))
    }

    /// Whether nothing but the id decides against this permit; told once for two policies.
    pub(super) fn tie(&self, other: &Self) -> Option<Finding> {
        let kinds = self.shared(other);
        let tied = !kinds.is_empty()
            && other.policy.id < self.policy.id
            && other.approvals() == self.approvals();
        tied.then(|| {
            let what = format!(
                "for {} it has the scope and the approvals of `{}`, and the first id wins",
                kinds.join(" and "),
                other.policy.id
            );
            self.finding("tie", what, "join the two, or tell them apart")
        })
    }
}

/// Whether whoever may have what `less` offers may have as much of what `more` offers.
fn gives_all_of(more: &Terms, less: &Terms) -> bool {
    let easy = more.wanted == less.wanted || more.wanted == Wanted::default();
    easy && more.max_duration >= less.max_duration
        && more.extendable_to >= less.extendable_to
        && (more.for_others || !less.for_others)
        && more.run_as == less.run_as
        && more.chat >= less.chat
}
