//! Acting in another account: the credentials of its operator role.

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{
    ProvideCredentials, Result, SharedCredentialsProvider, future,
};
use aws_sdk_sts::Client;
use rules::names::{ExternalId, RoleArn};
use tracing::instrument::WithSubscriber as _;
use tracing::subscriber::NoSubscriber;

/// What the credentials say of themselves in logs.
const NAME: &str = "operator role";
/// The role session name: CloudTrail shows it in the other account.
const SESSION: &str = "postern-operator";
/// The longest that a role may be assumed for by a role (AWS-FACTS 1.21).
const SECONDS: i32 = 3_600;

/// What a function has to do in other accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Duty {
    /// To read the inventory, and nothing else: the role is assumed with a session policy that
    /// allows no more, so that what may talk about access and hand it out cannot end it.
    Look,
    /// To read what an instance and its surroundings are, and nothing else.
    Examine,
    /// To list and end sessions, look for logs and deny credentials: all that the role may do.
    Operate,
}

impl Duty {
    /// The session policy, where there is one.
    fn policy(self) -> Option<&'static str> {
        match self {
            Self::Look => Some(
                r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ssm:DescribeInstanceInformation","ssm:ListTagsForResource","tag:GetResources"],"Resource":"*"}]}"#,
            ),
            Self::Examine => Some(
                r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ec2:DescribeInstances","ec2:DescribeVpcs","ec2:DescribeVpcAttribute","ec2:DescribeDhcpOptions","ec2:DescribeVpcEndpoints","ec2:DescribeNetworkInterfaces","ec2:DescribeRouteTables","ec2:DescribeNatGateways","ec2:DescribeSecurityGroups","ec2:DescribeNetworkAcls","ssm:DescribeInstanceInformation","ssm:GetConnectionStatus","ssm:GetServiceSetting","ssm:GetDocument","s3:ListBucket","s3:GetEncryptionConfiguration","s3:GetBucketPolicy","iam:GetInstanceProfile","iam:GetRole","iam:SimulatePrincipalPolicy","kms:DescribeKey","kms:GetKeyPolicy"],"Resource":"*"}]}"#,
            ),
            Self::Operate => None,
        }
    }
}

/// The configuration of `home` with the credentials of a role of another account.
pub(super) fn config(
    home: &SdkConfig,
    role: &RoleArn,
    external_id: Option<&ExternalId>,
    duty: Duty,
) -> SdkConfig {
    let provider = Operator {
        sts: Client::new(home),
        role: Arc::from(role.to_string()),
        external_id: external_id.map(|id| Arc::from(id.as_str())),
        duty,
    };
    home.to_builder()
        .credentials_provider(SharedCredentialsProvider::new(provider))
        .build()
}

/// Assumes the role. Clients keep the credentials until shortly before they expire.
#[derive(Debug)]
struct Operator {
    sts: Client,
    role: Arc<str>,
    external_id: Option<Arc<str>>,
    duty: Duty,
}

impl ProvideCredentials for Operator {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.assume())
    }
}

impl Operator {
    async fn assume(&self) -> Result {
        let call = self
            .sts
            .assume_role()
            .role_arn(self.role.as_ref())
            .role_session_name(SESSION)
            .set_external_id(self.external_id.as_deref().map(str::to_owned))
            .set_policy(self.duty.policy().map(str::to_owned))
            .duration_seconds(SECONDS)
            .send();
        // At the level TRACE the SDK writes whole responses, and this one is credentials.
        let answer = Box::pin(call)
            .with_subscriber(NoSubscriber::default())
            .await
            .map_err(CredentialsError::provider_error)?;
        let keys = answer
            .credentials
            .ok_or_else(|| CredentialsError::unhandled("an answer without credentials"))?;
        let seconds = u64::try_from(keys.expiration.secs()).unwrap_or(0);
        Ok(Credentials::new(
            keys.access_key_id,
            keys.secret_access_key,
            Some(keys.session_token),
            Some(UNIX_EPOCH + Duration::from_secs(seconds)),
            NAME,
        ))
    }
}
