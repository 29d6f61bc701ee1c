//! Having an instance examined: who may, and for which kinds of access.

use super::ask::Regime;
use super::offer;
use crate::caller::Caller;
use crate::facts::TargetFacts;
use crate::moment::Moment;
use crate::names::{AccessKind, KindWord, Target};
use crate::offices::Offices;
use crate::place::Place;
use crate::refusal::Refusal;

/// The place of a target that somebody wants examined, and the kinds of access to examine it for:
/// all that the place offers, or those of one word.
///
/// Whoever may ask for something on a target may have it examined, and so may operators and
/// auditors, who have to mend it. To everybody else it does not exist. An agent that is too old for
/// what somebody may ask for is what they must be told of, so it does not hide the target.
///
/// # Errors
/// The place is not served, the target is not known or not the caller's to know of, or the place
/// does not offer that kind of access.
pub fn examine<'a>(
    target: &Target,
    facts: Option<&TargetFacts>,
    kind: Option<KindWord>,
    caller: &Caller,
    regime: Regime<'a>,
    offices: &Offices,
    now: Moment,
) -> Result<(&'a Place, Vec<AccessKind>), Refusal> {
    let (account, region) = (&target.account, &target.region);
    let place = regime
        .places
        .of(account, region)
        .ok_or(Refusal::TargetNotFound)?;
    let facts = facts.ok_or(Refusal::TargetNotFound)?;
    if !offices.sees_all(caller) && !offer::is_offered(facts, caller, place, regime, now) {
        return Err(Refusal::TargetNotFound);
    }
    let offered = place.kinds.iter().cloned();
    let kinds: Vec<AccessKind> = match kind {
        None => offered.collect(),
        Some(word) => offered.filter(|kind| word.is_of(kind)).collect(),
    };
    match (kinds.is_empty(), kind) {
        (true, Some(word)) => Err(Refusal::KindNotOffered {
            kind: word.as_str().to_owned(),
            account: account.clone(),
            region: region.clone(),
        }),
        (_, _) => Ok((place, kinds)),
    }
}
