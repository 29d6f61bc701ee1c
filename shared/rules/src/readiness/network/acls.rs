//! Network ACLs: whether traffic passes them. They keep no state, so answers need an entry too.

use super::Passage;
use crate::readiness::cidr::{Cidr, PortRange};
use crate::readiness::facts::{Direction, NetworkAcl};

/// Whether TCP to all of these ports passes, to or from every address of the other side that a
/// service may have: its one address, or any public one.
pub(super) fn passage(
    acl: &NetworkAcl,
    direction: Direction,
    ports: PortRange,
    far: Cidr,
) -> Passage {
    let mut entries: Vec<_> = acl
        .entries
        .iter()
        .filter(|entry| entry.direction == direction)
        .collect();
    entries.sort_by_key(|entry| entry.number);
    // The ports that no entry has decided on yet.
    let mut left = vec![ports];
    let mut doubt = None;
    for entry in entries {
        let Some(named) = entry.traffic.ports() else {
            continue;
        };
        if !left.iter().any(|ports| ports.common(named).is_some()) {
            continue;
        }
        if entry.block.covers(far) {
            if !entry.allows {
                return Passage::Closed;
            }
            left = left
                .into_iter()
                .flat_map(|ports| ports.without(named))
                .collect();
        } else if entry.block.overlaps(far) && !entry.block.is_private() {
            doubt = Some(format!(
                "whether the service lies in `{}`, which entry {} of `{}` is about",
                entry.block, entry.number, acl.id
            ));
        }
    }
    match doubt {
        Some(doubt) => Passage::Doubtful(doubt),
        None if left.is_empty() => Passage::Open,
        None => Passage::Closed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::readiness::facts::{AclEntry, Traffic};

    fn entry(number: u16, allows: bool, ports: (u16, u16), block: &str) -> AclEntry {
        AclEntry {
            number,
            direction: Direction::In,
            allows,
            traffic: Traffic::Tcp(PortRange::new(ports.0, ports.1).unwrap()),
            block: block.parse().unwrap(),
        }
    }

    fn lets(entries: Vec<AclEntry>, far: &str) -> Passage {
        let acl = NetworkAcl {
            id: "acl-11111111".parse().unwrap(),
            entries,
        };
        let ports = PortRange::new(32_768, 60_999).unwrap();
        passage(&acl, Direction::In, ports, far.parse().unwrap())
    }

    #[test]
    fn the_lowest_number_that_fits_decides() {
        use Passage::{Closed, Open};
        let wide = (1_024, 65_535);
        let any = "0.0.0.0/0";
        for (entries, expected) in [
            (vec![], Closed),
            (vec![entry(100, true, wide, any)], Open),
            (vec![entry(100, true, wide, "10.0.0.0/8")], Open),
            (vec![entry(100, true, wide, "10.1.0.0/16")], Closed),
            (vec![entry(100, true, (49_152, 65_535), any)], Closed),
            (
                vec![
                    entry(110, true, (49_152, 65_535), any),
                    entry(100, true, (1_024, 49_151), any),
                ],
                Open,
            ),
            (
                vec![
                    entry(100, true, wide, any),
                    entry(90, false, (40_000, 40_000), any),
                ],
                Closed,
            ),
            (
                vec![
                    entry(100, true, wide, any),
                    entry(110, false, (40_000, 40_000), any),
                ],
                Open,
            ),
            (
                vec![entry(100, true, wide, any), entry(90, false, (22, 22), any)],
                Open,
            ),
        ] {
            assert_eq!(
                lets(entries.clone(), "10.0.1.7/32"),
                expected,
                "{entries:?}"
            );
        }
    }

    #[test]
    fn entries_about_some_public_addresses_leave_a_doubt() {
        let wide = (1_024, 65_535);
        let deny = |block| {
            vec![
                entry(90, false, wide, block),
                entry(100, true, wide, "0.0.0.0/0"),
            ]
        };
        assert!(matches!(
            lets(deny("52.0.0.0/8"), "0.0.0.0/0"),
            Passage::Doubtful(_)
        ));
        assert_eq!(lets(deny("10.0.0.0/8"), "0.0.0.0/0"), Passage::Open);
        assert_eq!(lets(deny("52.0.0.0/8"), "10.0.1.7/32"), Passage::Open);
    }
}
