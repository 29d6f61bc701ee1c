//! What may be the matter with the resolution of names.

use super::{Fix, Site};
use crate::readiness::ids::VpcId;

/// What is the matter with the resolution of names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum DnsFault {
    /// `enableDnsSupport` is off.
    #[error("DNS support is off in `{vpc}`, so no name is resolved there")]
    SupportOff {
        /// The VPC.
        vpc: VpcId,
    },
    /// `enableDnsHostnames` is off, and endpoints are the only way.
    #[error("DNS hostnames are off in `{vpc}`, so no service's name leads to its endpoint")]
    HostnamesOff {
        /// The VPC.
        vpc: VpcId,
    },
}

impl DnsFault {
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::SupportOff { .. } => "dns-support-off",
            Self::HostnamesOff { .. } => "dns-hostnames-off",
        }
    }

    pub(super) fn fix(&self, site: Site<'_>) -> Fix {
        let template = "Vpc:\n  Type: AWS::EC2::VPC\n  Properties:\n    EnableDnsSupport: true\n    \
                        EnableDnsHostnames: true\n";
        let set = |vpc: &VpcId, switch: &str| {
            site.aws(format_args!(
                "ec2 modify-vpc-attribute --vpc-id {vpc} --{switch} '{{\"Value\":true}}'"
            ))
        };
        match self {
            Self::SupportOff { vpc } => {
                Fix::new("Turn DNS support on.", set(vpc, "enable-dns-support"))
            }
            Self::HostnamesOff { vpc } => {
                Fix::new("Turn DNS hostnames on.", set(vpc, "enable-dns-hostnames"))
            }
        }
        .with(template)
    }
}
