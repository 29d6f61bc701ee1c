//! Security groups: whether HTTPS passes them.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::Passage;
use crate::readiness::check::Found;
use crate::readiness::cidr::{Cidr, PortRange};
use crate::readiness::facts::{GroupPeer, GroupRule, SecurityGroup};
use crate::readiness::finding::WayOutFault;
use crate::readiness::ids::{GroupId, PrefixListId};

/// The other side of a connection.
#[derive(Debug, Clone, Copy)]
pub(super) enum Far<'a> {
    /// A private address that has these security groups, and the lists that are known to hold
    /// public addresses only.
    Inside {
        address: IpAddr,
        groups: &'a [GroupId],
        public: &'a [&'a PrefixListId],
    },
    /// Public addresses that are not known, and the list that names them, where there is one.
    Outside {
        block: Cidr,
        list: Option<&'a PrefixListId>,
    },
}

/// What groups let in.
pub(super) fn ingress(group: &SecurityGroup) -> &[GroupRule] {
    &group.ingress
}

/// What groups let out.
pub(super) fn egress(group: &SecurityGroup) -> &[GroupRule] {
    &group.egress
}

/// The rules of some groups that are about HTTPS.
fn https<'a>(
    known: &'a BTreeMap<GroupId, SecurityGroup>,
    groups: &'a [GroupId],
    way: fn(&SecurityGroup) -> &[GroupRule],
) -> impl Iterator<Item = &'a GroupRule> {
    groups
        .iter()
        .filter_map(|group| known.get(group))
        .flat_map(way)
        .filter(|rule| {
            rule.traffic
                .ports()
                .is_some_and(|ports| ports.covers(PortRange::HTTPS))
        })
}

/// Whether the groups let HTTPS pass, to or from the other side. The rules of all groups count.
pub(super) fn passage(
    known: &BTreeMap<GroupId, SecurityGroup>,
    groups: &[GroupId],
    way: fn(&SecurityGroup) -> &[GroupRule],
    far: Far<'_>,
) -> Passage {
    let mut doubt = None;
    for rule in https(known, groups, way) {
        match (&rule.peer, far) {
            (GroupPeer::Block(block), Far::Inside { address, .. }) => {
                if block.contains(address) {
                    return Passage::Open;
                }
            }
            (GroupPeer::Group(peer), Far::Inside { groups, .. }) => {
                if groups.contains(peer) {
                    return Passage::Open;
                }
            }
            (GroupPeer::Block(block), Far::Outside { block: all, .. }) => {
                if block.covers(all) {
                    return Passage::Open;
                }
                if block.overlaps(all) && !block.is_private() {
                    doubt = Some(format!("whether the service lies in `{block}`"));
                }
            }
            (GroupPeer::List(peer), Far::Outside { list, .. }) => {
                if list == Some(peer) {
                    return Passage::Open;
                }
                doubt = Some(format!("whether the service is in list `{peer}`"));
            }
            (GroupPeer::List(peer), Far::Inside { public, .. }) if public.contains(&peer) => {}
            (GroupPeer::List(peer), Far::Inside { address, .. }) => {
                doubt = Some(format!("whether `{address}` is in list `{peer}`"));
            }
            (GroupPeer::Group(_), Far::Outside { .. }) => {}
        }
    }
    doubt.map_or(Passage::Closed, Passage::Doubtful)
}

/// The fault of the instance's groups where they let no HTTPS out, to anything.
pub(super) fn closed(
    known: &BTreeMap<GroupId, SecurityGroup>,
    groups: &[GroupId],
) -> Option<WayOutFault> {
    let none = https(known, groups, egress).next().is_none();
    none.then(|| WayOutFault::EgressClosed {
        groups: groups.to_vec(),
    })
}

/// Whether the rules of all these groups are there; what was left out is remembered.
pub(super) fn are_known(
    found: &mut Found,
    known: &BTreeMap<GroupId, SecurityGroup>,
    groups: &[GroupId],
) -> bool {
    let mut left_out = groups
        .iter()
        .filter(|group| !known.contains_key(*group))
        .peekable();
    let all = left_out.peek().is_none();
    left_out.for_each(|group| found.wonder(format!("the rules of `{group}`")));
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::readiness::facts::{Need, Traffic};

    const ADDRESS: &str = "10.0.1.7";

    /// Whether a group with one rule lets out to an address with `sg-22222222`, and to S3.
    fn lets(traffic: Traffic, peer: GroupPeer) -> [Passage; 2] {
        let own: GroupId = "sg-11111111".parse().unwrap();
        let other: GroupId = "sg-22222222".parse().unwrap();
        let list: PrefixListId = "pl-11111111".parse().unwrap();
        let group = SecurityGroup {
            egress: vec![GroupRule { traffic, peer }],
            ..SecurityGroup::default()
        };
        let known = BTreeMap::from([(own.clone(), group)]);
        let inside = Far::Inside {
            address: ADDRESS.parse().unwrap(),
            groups: &[other],
            public: &[],
        };
        let outside = Far::Outside {
            block: Cidr::ANY_V4,
            list: Some(&list),
        };
        [inside, outside].map(|far| passage(&known, std::slice::from_ref(&own), egress, far))
    }

    #[test]
    fn a_rule_lets_pass_what_its_peer_holds() {
        use Passage::{Closed, Open};
        let block = |text: &str| GroupPeer::Block(text.parse().unwrap());
        let tcp = |first, last| Traffic::Tcp(PortRange::new(first, last).unwrap());
        let https = tcp(443, 443);
        for (traffic, peer, expected) in [
            (Traffic::All, block("0.0.0.0/0"), [Open, Open]),
            (https, block("10.0.0.0/16"), [Open, Closed]),
            (https, block("10.1.0.0/16"), [Closed, Closed]),
            (tcp(0, 442), block("0.0.0.0/0"), [Closed, Closed]),
            (tcp(80, 8080), block("10.0.1.7/32"), [Open, Closed]),
            (Traffic::Other, block("0.0.0.0/0"), [Closed, Closed]),
            (https, block("::/0"), [Closed, Closed]),
            (
                https,
                GroupPeer::Group("sg-22222222".parse().unwrap()),
                [Open, Closed],
            ),
            (
                https,
                GroupPeer::Group("sg-33333333".parse().unwrap()),
                [Closed, Closed],
            ),
        ] {
            assert_eq!(lets(traffic, peer.clone()), expected, "{peer:?}");
        }
        let [inside, outside] = lets(https, GroupPeer::List("pl-11111111".parse().unwrap()));
        assert!(matches!(inside, Passage::Doubtful(_)) && outside == Open);
        let [inside, outside] = lets(https, block("52.0.0.0/8"));
        assert!(inside == Closed && matches!(outside, Passage::Doubtful(_)));
    }

    #[test]
    fn rules_that_were_not_read_are_told() {
        let group = "sg-11111111".parse().unwrap();
        let mut found = Found::default();
        assert!(!are_known(&mut found, &BTreeMap::new(), &[group]));
        assert_eq!(
            found.needs,
            [Need::Other("the rules of `sg-11111111`".into())]
        );
    }
}
