//! Each kind of denial has one code, and every code is listed.

use super::*;

/// The kind that is listed after this one. The match is exhaustive, so a kind that is new has to be
/// listed.
fn following(kind: DenialKind) -> Option<DenialKind> {
    let longest = 60.try_into().unwrap();
    Some(match kind {
        DenialKind::Forbidden => DenialKind::Unevaluable,
        DenialKind::Unevaluable => DenialKind::TooLong { longest },
        DenialKind::TooLong { .. } => DenialKind::ReasonTooShort { least: 20 },
        DenialKind::ReasonTooShort { .. } => DenialKind::ReasonUnlike,
        DenialKind::ReasonUnlike => DenialKind::TicketUnlike,
        DenialKind::TicketUnlike => DenialKind::NotForOthers,
        DenialKind::NotForOthers => DenialKind::NotUnlogged,
        DenialKind::NotUnlogged => DenialKind::NotExtendable,
        DenialKind::NotExtendable => DenialKind::NoBreakGlass,
        DenialKind::NoBreakGlass => DenialKind::NoGroups,
        DenialKind::NoGroups => DenialKind::NoPolicy,
        DenialKind::NoPolicy => DenialKind::NoRoute,
        DenialKind::NoRoute => return None,
    })
}

#[test]
fn every_kind_has_its_code_in_the_list() {
    let kinds = std::iter::successors(Some(DenialKind::Forbidden), |kind| following(*kind));
    let codes: Vec<&str> = kinds.map(DenialKind::code).collect();
    assert_eq!(codes, DenialKind::CODES);
    let distinct: BTreeSet<&str> = codes.iter().copied().collect();
    assert_eq!(distinct.len(), codes.len());
}
