//! AWS names: accounts, Regions, roles, documents, and ARNs built from them.
//!
//! An [`Arn`] is only ever built from parsed parts, never pasted together from text, so nothing
//! that a person wrote can widen a policy.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{BadName, InstanceId, RequestId, Target, made_of, serde_as_text, text_name};

text_name!(
    /// An AWS account: 12 digits.
    AccountId,
    "an AWS account of 12 digits",
    |text| made_of(text, 12, 12, |c| c.is_ascii_digit())
);

text_name!(
    /// An AWS Region, such as `ap-northeast-2` or `us-gov-west-1`.
    Region,
    "an AWS Region such as `ap-northeast-2`",
    is_region
);

/// Two letters, one to three words, one number: `ap-northeast-2`, `us-gov-west-1`.
fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let Some(((first, rest), last)) = parts
        .split_first()
        .and_then(|(f, r)| r.split_last().map(|(l, r)| ((f, r), l)))
    else {
        return false;
    };
    made_of(first, 2, 2, |c| c.is_ascii_lowercase())
        && (1..=3).contains(&rest.len())
        && rest
            .iter()
            .all(|word| made_of(word, 2, 12, |c| c.is_ascii_lowercase()))
        && made_of(last, 1, 2, |c| c.is_ascii_digit())
}

text_name!(
    /// The name of an SSM document: 3 to 128 of `[a-zA-Z0-9_.-]` (AWS-FACTS 8.1).
    DocumentName,
    "an SSM document name: 3 to 128 letters, digits or `_.-`",
    |text| made_of(text, 3, 128, |c| c.is_ascii_alphanumeric() || "_.-".contains(c))
);

/// The group of Regions that an ARN names first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Partition {
    /// The commercial Regions.
    Aws,
    /// China.
    AwsCn,
    /// AWS GovCloud (US).
    AwsUsGov,
}

impl Partition {
    /// As an ARN spells it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::AwsCn => "aws-cn",
            Self::AwsUsGov => "aws-us-gov",
        }
    }
}

impl Region {
    /// The partition the Region lies in.
    #[must_use]
    pub fn partition(&self) -> Partition {
        if self.as_str().starts_with("cn-") {
            Partition::AwsCn
        } else if self.as_str().starts_with("us-gov-") {
            Partition::AwsUsGov
        } else {
            Partition::Aws
        }
    }
}

/// The ARN of an IAM role: `arn:aws:iam::111122223333:role/path/Name`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RoleArn {
    partition: Partition,
    account: AccountId,
    /// Between the slashes, without them; empty for the root path.
    path: String,
    name: String,
}

impl RoleArn {
    /// The account the role lives in.
    #[must_use]
    pub fn account(&self) -> &AccountId {
        &self.account
    }

    /// The role's name, without its path.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What SSM reports as the owner of a session that this request opened through the role; the
    /// role's path is not part of it (AWS-FACTS 2.2).
    #[must_use]
    pub fn assumed_by(&self, request: RequestId) -> Arn {
        Arn(format!(
            "arn:{}:sts::{}:assumed-role/{}/{request}",
            self.partition.as_str(),
            self.account,
            self.name
        ))
    }
}

impl fmt::Display for RoleArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "arn:{}:iam::{}:role/",
            self.partition.as_str(),
            self.account
        )?;
        if !self.path.is_empty() {
            write!(f, "{}/", self.path)?;
        }
        f.write_str(&self.name)
    }
}

impl FromStr for RoleArn {
    type Err = BadName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || BadName::new(text, "the ARN of an IAM role");
        let word = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
        let [arn, partition, iam, region, account, resource] = text
            .splitn(6, ':')
            .collect::<Vec<_>>()
            .try_into()
            .map_err(|_| bad())?;
        let partition = match partition {
            "aws" => Partition::Aws,
            "aws-cn" => Partition::AwsCn,
            "aws-us-gov" => Partition::AwsUsGov,
            _ => return Err(bad()),
        };
        let role = resource.strip_prefix("role/").ok_or_else(bad)?;
        let (path, name) = role.rsplit_once('/').unwrap_or(("", role));
        let well_formed = (arn, iam, region) == ("arn", "iam", "")
            && made_of(name, 1, 64, word)
            && (path.is_empty() || path.split('/').all(|part| made_of(part, 1, 512, word)));
        if !well_formed {
            return Err(bad());
        }
        Ok(Self {
            partition,
            account: account.parse().map_err(|_| bad())?,
            path: path.to_owned(),
            name: name.to_owned(),
        })
    }
}

serde_as_text!(RoleArn);

/// An ARN built from parsed parts, for use in policies and comparisons.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Arn(String);

impl Arn {
    /// The ARN as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// An instance as `ssm:StartSession` names it: EC2's form for `i-…`, SSM's for `mi-…`
    /// (AWS-FACTS 1.3).
    #[must_use]
    pub fn of_target(target: &Target) -> Self {
        let (service, kind) = match target.instance {
            InstanceId::Ec2(_) => ("ec2", "instance"),
            InstanceId::Hybrid(_) => ("ssm", "managed-instance"),
        };
        Self(format!(
            "arn:{}:{service}:{}:{}:{kind}/{}",
            target.region.partition().as_str(),
            target.region,
            target.account,
            target.instance
        ))
    }

    /// A session document that the account owns (AWS-FACTS 1.4).
    #[must_use]
    pub fn of_document(account: &AccountId, region: &Region, name: &DocumentName) -> Self {
        Self(format!(
            "arn:{}:ssm:{region}:{account}:document/{name}",
            region.partition().as_str()
        ))
    }

    /// Every session that this request's grant opens in the account and Region: the session ids of
    /// an assumed role begin with the role session name (AWS-FACTS 1.9, 1.10).
    #[must_use]
    pub fn of_sessions(account: &AccountId, region: &Region, request: RequestId) -> Self {
        Self(format!(
            "arn:{}:ssm:{region}:{account}:session/{request}-*",
            region.partition().as_str()
        ))
    }

    /// Every session of the calling principal by its `aws:userid`, the form of AWS's own samples
    /// (AWS-FACTS 1.10; which of the two forms is evaluated is UNCONFIRMED, 1.13).
    #[must_use]
    pub fn of_own_sessions(account: &AccountId, region: &Region) -> Self {
        Self(format!(
            "arn:{}:ssm:{region}:{account}:session/${{aws:userid}}-*",
            region.partition().as_str()
        ))
    }

    /// A KMS key of the account, by key id.
    #[must_use]
    pub fn of_key(account: &AccountId, region: &Region, key: &KeyId) -> Self {
        Self(format!(
            "arn:{}:kms:{region}:{account}:key/{key}",
            region.partition().as_str()
        ))
    }
}

text_name!(
    /// The id of a KMS key: a UUID, or `mrk-` and 32 hexadecimal digits.
    KeyId,
    "a KMS key id",
    |text| made_of(text, 36, 36, |c| c.is_ascii_hexdigit() || "-mrk".contains(c))
);

text_name!(
    /// What a role of another account wants to hear before it is assumed: 2 to 128 letters, digits
    /// or `+=,.@:/_-`.
    ExternalId,
    "an external id: 2 to 128 letters, digits or `+=,.@:/_-`",
    |text| made_of(text, 2, 128, |c| c.is_ascii_alphanumeric() || "+=,.@:/_-".contains(c))
);

impl fmt::Display for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_are_read_strictly() {
        for good in [
            "ap-northeast-2",
            "us-gov-west-1",
            "us-iso-east-1",
            "eu-central-1",
        ] {
            assert!(good.parse::<Region>().is_ok(), "{good}");
        }
        for bad in [
            "",
            "us",
            "us-east",
            "us-east-1*",
            "US-EAST-1",
            "us-east-1:x",
            "a-b-1",
        ] {
            assert!(bad.parse::<Region>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_role_reads_back_with_its_path() {
        for text in [
            "arn:aws:iam::111122223333:role/PosternAccess",
            "arn:aws-cn:iam::111122223333:role/teams/access/PosternAccess",
        ] {
            assert_eq!(text.parse::<RoleArn>().unwrap().to_string(), text);
        }
        for bad in [
            "arn:aws:iam::111122223333:user/someone",
            "arn:aws:iam::111122223333:role/",
            "arn:aws:iam::111122223333:role/*",
            "arn:aws:iam::1111:role/x",
            "arn:aws:sts::111122223333:role/x",
        ] {
            assert!(bad.parse::<RoleArn>().is_err(), "{bad}");
        }
    }

    #[test]
    fn an_owner_leaves_the_roles_path_out() {
        let role: RoleArn = "arn:aws:iam::111122223333:role/deep/path/Access"
            .parse()
            .unwrap();
        let request: RequestId = "req-01KAV3M0000123456789ABCDEF".parse().unwrap();
        assert_eq!(
            role.assumed_by(request).as_str(),
            "arn:aws:sts::111122223333:assumed-role/Access/req-01KAV3M0000123456789ABCDEF"
        );
    }
}
