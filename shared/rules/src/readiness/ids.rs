//! The ids of what surrounds an instance. They are put into commands, so each is read strictly.

use crate::names::{made_of, text_name};

/// Whether the text is the prefix and 8 or 17 hexadecimal digits.
fn is_id(text: &str, prefix: &str) -> bool {
    text.strip_prefix(prefix).is_some_and(|digits| {
        matches!(digits.len(), 8 | 17)
            && digits
                .chars()
                .all(|c| c.is_ascii_digit() || ('a'..='f').contains(&c))
    })
}

text_name!(
    /// A VPC: `vpc-…`.
    VpcId,
    "the id of a VPC",
    |text| is_id(text, "vpc-")
);

text_name!(
    /// A subnet: `subnet-…`.
    SubnetId,
    "the id of a subnet",
    |text| is_id(text, "subnet-")
);

text_name!(
    /// A security group: `sg-…`.
    GroupId,
    "the id of a security group",
    |text| is_id(text, "sg-")
);

text_name!(
    /// A VPC endpoint: `vpce-…`.
    EndpointId,
    "the id of a VPC endpoint",
    |text| is_id(text, "vpce-")
);

text_name!(
    /// A route table: `rtb-…`.
    RouteTableId,
    "the id of a route table",
    |text| is_id(text, "rtb-")
);

text_name!(
    /// A network ACL: `acl-…`.
    AclId,
    "the id of a network ACL",
    |text| is_id(text, "acl-")
);

text_name!(
    /// A list of address blocks: `pl-…`.
    PrefixListId,
    "the id of a prefix list",
    |text| is_id(text, "pl-")
);

text_name!(
    /// A NAT gateway: `nat-…`.
    NatId,
    "the id of a NAT gateway",
    |text| is_id(text, "nat-")
);

text_name!(
    /// What a route leads to, of any kind: `igw-…`, `tgw-…`, `eni-…`.
    RouteTargetId,
    "what a route leads to",
    |text| made_of(text, 1, 128, |c| c.is_ascii_alphanumeric() || "-:/_.".contains(c))
);

text_name!(
    /// An IAM action, such as `ec2:DescribeInstances`.
    Permission,
    "an IAM action such as `ec2:DescribeInstances`",
    |text| {
        text.split_once(':').is_some_and(|(service, action)| {
            made_of(service, 1, 64, |c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
                && made_of(action, 1, 128, |c| c.is_ascii_alphanumeric())
        })
    }
);

text_name!(
    /// The name of an instance profile.
    ProfileName,
    "the name of an instance profile",
    |text| made_of(text, 1, 128, |c| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c))
);

text_name!(
    /// The ARN of a KMS key, such as `arn:aws:kms:eu-west-1:111122223333:key/…`.
    KeyArn,
    "the ARN of a KMS key",
    |text| {
        let parts: Vec<&str> = text.split(':').collect();
        match parts.as_slice() {
            ["arn", partition, "kms", region, account, key] => {
                made_of(partition, 3, 16, |c| c.is_ascii_lowercase() || c == '-')
                    && region.parse::<crate::names::Region>().is_ok()
                    && account.parse::<crate::names::AccountId>().is_ok()
                    && key
                        .strip_prefix("key/")
                        .is_some_and(|id| id.parse::<crate::names::KeyId>().is_ok())
            }
            _ => false,
        }
    }
);

impl KeyArn {
    /// The account that the key belongs to.
    #[must_use]
    pub fn account(&self) -> &str {
        self.as_str().split(':').nth(4).unwrap_or_default()
    }

    /// The id of the key.
    #[must_use]
    pub fn id(&self) -> &str {
        self.as_str().rsplit('/').next().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_strictly() {
        assert!("vpc-0123456789abcdef0".parse::<VpcId>().is_ok());
        assert!("subnet-1234abcd".parse::<SubnetId>().is_ok());
        for bad in [
            "vpc-",
            "vpc-*",
            "sg-0123456789abcdef0",
            "vpc-0123456789ABCDEF0",
            "vpc-1; ls",
        ] {
            assert!(bad.parse::<VpcId>().is_err(), "{bad}");
        }
        assert!("ec2:DescribeVpcs".parse::<Permission>().is_ok());
        assert!("ec2:*".parse::<Permission>().is_err());
        assert!("igw-1$(id)".parse::<RouteTargetId>().is_err());
    }

    #[test]
    fn a_key_knows_its_account_and_id() {
        let text = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
        let key: KeyArn = text.parse().unwrap();
        assert_eq!(key.account(), "111122223333");
        assert_eq!(key.id(), "1234abcd-12ab-34cd-56ef-1234567890ab");
        assert!(text.replace("key/", "alias/").parse::<KeyArn>().is_err());
    }
}
