//! STS: credentials for one recorded issue of one grant.
//!
//! Role session name, source identity and session tag are those of the recorded request, so that
//! every line that AWS logs of the credentials leads back to it (AWS-FACTS 1.9, 1.20).
//!
//! A [`Permit`] mints at most once. A call whose answer was lost may have made credentials, and a
//! second call would make more of them than were recorded, so only what STS says it has not done
//! is tried again: a throttled call. The requester asks anew after anything else, and that is a
//! new issue with a record of its own. Credentials in a lost answer are nobody's.
//!
//! Nothing is traced of the call itself, whatever log level a deployment sets.

use aws_config::SdkConfig;
use aws_sdk_sts::Client;
use aws_sdk_sts::config::retry::{ClassifyRetry, RetryAction};
use aws_sdk_sts::operation::assume_role::{AssumeRoleError, AssumeRoleOutput};
use aws_sdk_sts::types::Tag;
use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::orchestrator::OrchestratorError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use rules::moment::Moment;
use rules::permit::Permit;
use rules::wire::Secret;
use tracing::instrument::WithSubscriber as _;
use tracing::subscriber::NoSubscriber;

use crate::aws::moment;
use crate::fault::{AwsFault, AwsFaultKind};

const SERVICE: &str = "sts";
const ASSUME_ROLE: &str = "AssumeRole";

/// Mints credentials. Only the issue function has a role that may.
#[derive(Debug)]
pub struct Sts {
    client: Client,
}

/// Credentials as STS made them. They must not leave before their issue is recorded as complete.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "minted credentials are recorded, then handed out or dropped"]
pub struct Minted {
    /// The access key id; not a secret, and what AWS's logs show.
    pub access_key_id: String,
    /// The secret access key.
    pub secret: Secret,
    /// The session token; of no fixed length (AWS-FACTS 1.23).
    pub token: Secret,
    /// When STS lets the credentials expire; not the end of the grant.
    pub expires_at: Moment,
    /// How much of what a session may carry is used, in percent, where STS says (AWS-FACTS 1.18,
    /// 1.23). At more than 100, STS refuses.
    pub packed_percent: Option<i32>,
}

impl Sts {
    /// A client for the Regional endpoint of the configuration's Region (AWS-FACTS 1.22).
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        let config = aws_sdk_sts::config::Builder::from(config)
            .retry_classifier(OnlyWhatHadNoEffect)
            .build();
        Self {
            client: Client::from_conf(config),
        }
    }

    /// Mints the credentials that the permit is for.
    ///
    /// # Errors
    /// STS refused, or gave no usable answer; then it may have made credentials that nobody has.
    pub async fn mint(&self, permit: Permit) -> Result<Minted, AwsFault> {
        let request = permit.request().to_string();
        let user = permit
            .run_as()
            .map(|user| (Permit::RUN_AS_TAG, user.as_str()));
        let tags = [(Permit::REQUEST_TAG, request.as_str())]
            .into_iter()
            .chain(user);
        let tags: Vec<Tag> = tags
            .map(|(key, value)| Tag::builder().key(key).value(value).build())
            .collect::<Result<_, _>>()
            .map_err(|_| AwsFault::unsendable(SERVICE, ASSUME_ROLE))?;
        let call = self
            .client
            .assume_role()
            .role_arn(permit.role().to_string())
            .role_session_name(&request)
            .set_external_id(permit.external_id().map(|id| id.as_str().to_owned()))
            .source_identity(permit.source_identity())
            .set_tags(Some(tags))
            .policy(permit.policy().as_json())
            .duration_seconds(permit.seconds())
            .send();
        // At the level TRACE the SDK writes whole responses, and this one is credentials.
        let answer = Box::pin(call)
            .with_subscriber(NoSubscriber::default())
            .await
            .map_err(|error| AwsFault::of(SERVICE, ASSUME_ROLE, &error))?;
        let packed_percent = used(&answer);
        let credentials = answer
            .credentials
            .ok_or_else(|| AwsFault::unreadable(SERVICE, ASSUME_ROLE))?;
        Ok(Minted {
            expires_at: moment(&credentials.expiration),
            access_key_id: credentials.access_key_id,
            secret: Secret::new(credentials.secret_access_key),
            token: Secret::new(credentials.session_token),
            packed_percent,
        })
    }
}

#[expect(
    deprecated,
    reason = "STS replaces `PackedPolicySize` by `SessionTokenUtilization`, and may send only the first"
)]
fn used(answer: &AssumeRoleOutput) -> Option<i32> {
    answer
        .session_token_utilization()
        .or(answer.packed_policy_size())
}

/// Forbids to repeat a call of which it is not known that it had no effect.
#[derive(Debug)]
struct OnlyWhatHadNoEffect;

impl ClassifyRetry for OnlyWhatHadNoEffect {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let Some(Err(error)) = context.output_or_error() else {
            return RetryAction::NoActionIndicated;
        };
        let throttled = OrchestratorError::as_operation_error(error)
            .and_then(|error| error.downcast_ref::<AssumeRoleError>())
            .and_then(ProvideErrorMetadata::code)
            .is_some_and(|code| AwsFaultKind::of_code(code) == Some(AwsFaultKind::Throttled));
        if throttled {
            RetryAction::NoActionIndicated
        } else {
            RetryAction::RetryForbidden
        }
    }

    fn name(&self) -> &'static str {
        "only what had no effect"
    }
}
