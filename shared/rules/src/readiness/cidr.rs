//! Blocks of IP addresses and ranges of ports, read strictly.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use crate::names::BadName;

/// A block of IPv4 or IPv6 addresses, such as `10.0.0.0/16`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cidr {
    first: IpAddr,
    length: u8,
}

impl Cidr {
    /// Every IPv4 address.
    pub const ANY_V4: Self = Self {
        first: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        length: 0,
    };
    /// Every IPv6 address.
    pub const ANY_V6: Self = Self {
        first: IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        length: 0,
    };
    /// Blocks in which no public service of AWS has an address.
    const PRIVATE: [Self; 8] = [
        Self::v4([10, 0, 0, 0], 8),
        Self::v4([172, 16, 0, 0], 12),
        Self::v4([192, 168, 0, 0], 16),
        Self::v4([100, 64, 0, 0], 10),
        Self::v4([169, 254, 0, 0], 16),
        Self::v4([127, 0, 0, 0], 8),
        Self::v6(0xfc00, 7),
        Self::v6(0xfe80, 10),
    ];

    const fn v4([a, b, c, d]: [u8; 4], length: u8) -> Self {
        Self {
            first: IpAddr::V4(Ipv4Addr::new(a, b, c, d)),
            length,
        }
    }

    const fn v6(head: u16, length: u8) -> Self {
        Self {
            first: IpAddr::V6(Ipv6Addr::new(head, 0, 0, 0, 0, 0, 0, 0)),
            length,
        }
    }

    /// The block of this address alone.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        Self {
            first: address,
            length: width(address),
        }
    }

    /// Every address of the same family as this one.
    #[must_use]
    pub fn any_like(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(_) => Self::ANY_V4,
            IpAddr::V6(_) => Self::ANY_V6,
        }
    }

    /// Whether it holds every address of its family.
    #[must_use]
    pub fn is_any(self) -> bool {
        self.length == 0
    }

    /// Whether it is one of IPv6 addresses.
    #[must_use]
    pub fn is_v6(self) -> bool {
        self.first.is_ipv6()
    }

    /// Whether it holds private addresses only.
    #[must_use]
    pub fn is_private(self) -> bool {
        Self::PRIVATE.iter().any(|block| block.covers(self))
    }

    /// Whether every address of the other block lies in it.
    #[must_use]
    pub fn covers(self, other: Self) -> bool {
        width(self.first) == width(other.first)
            && self.length <= other.length
            && head(other.first, self.length) == head(self.first, self.length)
    }

    /// Whether the two have an address in common.
    #[must_use]
    pub fn overlaps(self, other: Self) -> bool {
        self.covers(other) || other.covers(self)
    }

    /// Whether the address lies in it.
    #[must_use]
    pub fn contains(self, address: IpAddr) -> bool {
        self.covers(Self::of(address))
    }
}

/// How many bits an address of this family has.
fn width(address: IpAddr) -> u8 {
    match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}

/// The leading bits of an address.
fn head(address: IpAddr, length: u8) -> u128 {
    let bits = match address {
        IpAddr::V4(address) => u128::from(address.to_bits()),
        IpAddr::V6(address) => address.to_bits(),
    };
    let rest = u32::from(width(address).saturating_sub(length));
    bits.checked_shr(rest).unwrap_or(0)
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.first, self.length)
    }
}

impl FromStr for Cidr {
    type Err = BadName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || BadName::new(text, "a block of addresses such as `10.0.0.0/16`");
        let (first, digits) = text.split_once('/').ok_or_else(bad)?;
        let first: IpAddr = first.parse().map_err(|_| bad())?;
        let length: u8 = digits.parse().map_err(|_| bad())?;
        let block = Self { first, length };
        // The address must be the block's first, and the length be written in one way only.
        let begins = length <= width(first)
            && head(first, length)
                .checked_shl(u32::from(width(first).saturating_sub(length)))
                .unwrap_or(0)
                == head(first, width(first));
        if begins && length.to_string() == digits {
            Ok(block)
        } else {
            Err(bad())
        }
    }
}

/// A range of ports, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortRange {
    first: u16,
    last: u16,
}

impl PortRange {
    /// Every port.
    pub const ALL: Self = Self {
        first: 0,
        last: u16::MAX,
    };
    /// HTTPS.
    pub const HTTPS: Self = Self {
        first: 443,
        last: 443,
    };

    /// From the first to the last; none where they are the wrong way round.
    #[must_use]
    pub const fn new(first: u16, last: u16) -> Option<Self> {
        if first <= last {
            Some(Self { first, last })
        } else {
            None
        }
    }

    /// Whether every port of the other range lies in it.
    #[must_use]
    pub fn covers(self, other: Self) -> bool {
        self.first <= other.first && other.last <= self.last
    }

    /// The ports that the two have in common.
    #[must_use]
    pub fn common(self, other: Self) -> Option<Self> {
        Self::new(self.first.max(other.first), self.last.min(other.last))
    }

    /// What is left of it without the ports of the other range.
    pub fn without(self, other: Self) -> impl Iterator<Item = Self> {
        let below = other
            .first
            .checked_sub(1)
            .and_then(|last| Self::new(self.first, last.min(self.last)));
        let above = other
            .last
            .checked_add(1)
            .and_then(|first| Self::new(first.max(self.first), self.last));
        below.into_iter().chain(above)
    }
}

impl fmt::Display for PortRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.first, self.last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(text: &str) -> Cidr {
        text.parse().unwrap()
    }

    #[test]
    fn a_block_is_read_in_its_one_spelling() {
        for good in [
            "0.0.0.0/0",
            "10.0.0.0/16",
            "10.0.1.7/32",
            "::/0",
            "2600:1f00::/24",
        ] {
            assert_eq!(block(good).to_string(), good);
        }
        for bad in [
            "",
            "10.0.0.0",
            "10.0.0.1/16",
            "10.0.0.0/33",
            "10.0.0.0/+8",
            "10.0.0.0/08",
            "010.0.0.0/8",
            "10.0.0/8",
            "::1/64",
            "::/129",
            "10.0.0.0/8 ",
            "10.0.0.0/-1",
        ] {
            assert!(bad.parse::<Cidr>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_block_covers_what_lies_in_it() {
        for (outer, inner, covers) in [
            ("0.0.0.0/0", "10.0.0.0/8", true),
            ("10.0.0.0/16", "10.0.255.0/24", true),
            ("10.0.0.0/16", "10.1.0.0/24", false),
            ("10.0.0.0/24", "10.0.0.0/16", false),
            ("0.0.0.0/0", "::/0", false),
            ("::/0", "fd00::/8", true),
        ] {
            assert_eq!(block(outer).covers(block(inner)), covers, "{outer} {inner}");
        }
        assert!(block("10.0.0.0/24").overlaps(block("10.0.0.0/16")));
        assert!(!block("10.0.0.0/24").overlaps(block("10.0.1.0/24")));
        assert!(block("10.20.0.0/16").is_private() && block("fd00::/8").is_private());
        assert!(!block("0.0.0.0/0").is_private() && !block("52.0.0.0/8").is_private());
    }

    #[test]
    fn ports_are_taken_out_of_a_range() {
        let range = |first, last| PortRange::new(first, last).unwrap();
        let left = |a: PortRange, b| a.without(b).map(|r| r.to_string()).collect::<Vec<_>>();
        assert_eq!(left(range(10, 20), range(12, 15)), ["10-11", "16-20"]);
        assert_eq!(left(range(10, 20), range(0, 15)), ["16-20"]);
        assert_eq!(left(range(10, 20), range(30, 40)), ["10-20"]);
        assert_eq!(left(range(10, 20), PortRange::ALL), [""; 0]);
        assert_eq!(PortRange::new(2, 1), None);
    }
}
