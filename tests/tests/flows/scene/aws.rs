//! What the holder of issued credentials does with AWS, through the real SDK.

use aws_config::SdkConfig;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_ssm::error::{ProvideErrorMetadata, SdkError};
use postern_local::account::TABLE;
use rules::names::RequestId;
use rules::wire::Credentials;
use standin::iam::Keys;

use super::Scene;

/// AWS's no: its error code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Denied(pub(crate) String);

impl Scene {
    /// Opens a session on an instance with a document, as the holder of the credentials; gives its
    /// id.
    pub(crate) async fn open_session(
        &self,
        credentials: &Credentials,
        instance: &str,
        document: &str,
    ) -> Result<String, Denied> {
        let call = self
            .ssm(credentials)
            .start_session()
            .target(instance)
            .document_name(document)
            .send();
        let answer = Box::pin(call).await.map_err(Denied::by)?;
        Ok(answer.session_id.expect("a session has an id"))
    }

    /// Opens a session on the first target of the grant, with its document.
    ///
    /// # Panics
    /// When AWS says no.
    pub(crate) async fn opened(&self, credentials: &Credentials) -> String {
        let target = credentials.targets.first().expect("a grant has a target");
        let instance = target.instance.to_string();
        let opened = self
            .open_session(credentials, &instance, &credentials.document)
            .await;
        opened.expect("the session opens")
    }

    /// Damages the record of a request beyond reading, as nobody but an administrator of the table
    /// could.
    pub(crate) async fn damage(&self, id: RequestId) {
        let config = self.house().sdk_config_of(&self.world().admin_keys());
        let table = aws_sdk_dynamodb::Client::new(&config.expect("the house reaches AWS"));
        let call = table
            .update_item()
            .table_name(TABLE)
            .key("pk", AttributeValue::S(format!("REQ#{id}")))
            .key("sk", AttributeValue::S("REQ".to_owned()))
            .condition_expression("attribute_exists(doc)")
            .update_expression("SET doc = :damaged")
            .expression_attribute_values(":damaged", AttributeValue::S("{".to_owned()))
            .send();
        Box::pin(call).await.expect("the record is there");
    }

    /// Systems Manager, as the holder of the credentials reaches it.
    pub(crate) fn ssm(&self, credentials: &Credentials) -> aws_sdk_ssm::Client {
        aws_sdk_ssm::Client::new(&self.aws(credentials))
    }

    /// AWS, as the holder of the credentials reaches it.
    pub(crate) fn aws(&self, credentials: &Credentials) -> SdkConfig {
        let keys = Keys {
            access_key_id: credentials.access_key_id.clone(),
            secret_access_key: credentials.secret_access_key.expose().to_owned(),
            session_token: Some(credentials.session_token.expose().to_owned()),
        };
        self.house()
            .sdk_config_of(&keys)
            .expect("the house reaches AWS")
    }
}

impl Denied {
    /// By policy: this caller may not do that.
    pub(crate) fn by_policy() -> Self {
        Self("AccessDeniedException".to_owned())
    }

    /// What an SDK call came to.
    ///
    /// # Panics
    /// When AWS gave no answer.
    pub(crate) fn by<E: ProvideErrorMetadata + std::fmt::Debug, R: std::fmt::Debug>(
        error: SdkError<E, R>,
    ) -> Self {
        let code = error.code().map(str::to_owned);
        Self(code.unwrap_or_else(|| panic!("no answer of AWS: {error:?}")))
    }
}
