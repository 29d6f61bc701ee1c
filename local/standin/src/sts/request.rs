//! What a caller of `AssumeRole` asks for, read and checked (AWS-FACTS 1.18 to 1.21).

use std::collections::BTreeSet;

use crate::call::{AwsError, Call};
use crate::iam::form::{Form, Parameter, invalid, is_name_character, is_policy_character};
use crate::iam::{Policy, RoleSession};

/// The most characters of the inline policy and of all policy ARNs together.
const MAX_PLAIN: usize = 2_048;

/// The most managed policies and the most tags.
const MAX_POLICY_ARNS: usize = 10;
const MAX_TAGS: usize = 50;

/// What the caller asks for.
pub(super) struct AssumeRole {
    pub(super) role_arn: String,
    pub(super) session_name: String,
    pub(super) policy: Option<Policy>,
    pub(super) policy_arns: Vec<String>,
    pub(super) seconds: i64,
    pub(super) external_id: Option<String>,
    /// The least size of the session token, in bytes.
    pub(super) token_bytes: usize,
    /// What the session will carry: asked for or inherited.
    pub(super) carried: Carried,
}

/// What a session carries for others to see.
#[derive(Default)]
pub(super) struct Carried {
    pub(super) tags: Vec<(String, String)>,
    pub(super) transitive_keys: Vec<String>,
    pub(super) source_identity: Option<String>,
}

impl AssumeRole {
    /// Reads a call.
    pub(super) fn read(call: &Call) -> Result<Self, AwsError> {
        let form = Form::of(call);
        for unoffered in [
            "SerialNumber",
            "TokenCode",
            "ProvidedContexts.member.1.ProviderArn",
        ] {
            if form.optional(unoffered).is_some() {
                return Err(invalid(format!(
                    "the stand-in does not offer `{unoffered}`"
                )));
            }
        }
        let role_arn = form.required("RoleArn")?.length(20..=2_048)?.value();
        if !is_role_arn(role_arn) {
            return Err(invalid(format!("{role_arn} is invalid")));
        }
        let session_name = name(form.required("RoleSessionName")?)?;
        let seconds = match form.optional("DurationSeconds") {
            Some(seconds) => seconds.number(900..=43_200)?,
            None => 3_600,
        };
        let external_id = match form.optional("ExternalId") {
            Some(id) => Some(
                id.length(2..=1_224)?
                    .only(
                        |character| is_name_character(character) || ":/".contains(character),
                        "[\\w+=,.@:\\/-]*",
                    )?
                    .value()
                    .to_owned(),
            ),
            None => None,
        };
        let token_bytes = match form.optional("MinimumSessionTokenSize") {
            Some(size) => usize::try_from(size.number(0..=4_096)?).unwrap_or_default(),
            None => 0,
        };
        let (policy, policy_arns) = policies(&form)?;
        Ok(Self {
            role_arn: role_arn.to_owned(),
            session_name: session_name.to_owned(),
            policy,
            policy_arns,
            seconds,
            external_id,
            token_bytes,
            carried: Carried::read(&form)?.after(call.caller.session())?,
        })
    }
}

impl Carried {
    fn read(form: &Form) -> Result<Self, AwsError> {
        let tags = tags(form)?;
        let transitive_keys: Vec<String> = form
            .members("TransitiveTagKeys")
            .into_iter()
            .filter_map(|mut member| member.remove(""))
            .collect();
        let tagged = |key: &String| tags.iter().any(|(known, _)| same_key(known, key));
        if !transitive_keys.iter().all(tagged) {
            return Err(parameter(
                "The specified transitive tag key must be included in the requested tags.",
            ));
        }
        let source_identity = match form.optional("SourceIdentity") {
            Some(identity) => {
                let identity = name(identity)?;
                if starts_with_aws(identity) {
                    return Err(invalid("SourceIdentity cannot start with aws:"));
                }
                Some(identity.to_owned())
            }
            None => None,
        };
        Ok(Self {
            tags,
            transitive_keys,
            source_identity,
        })
    }

    /// The keys of the tags that pass on, as the tags spell them.
    pub(super) fn transitive(&self) -> BTreeSet<String> {
        self.tags
            .iter()
            .map(|(key, _)| key)
            .filter(|key| self.transitive_keys.iter().any(|one| same_key(one, key)))
            .cloned()
            .collect()
    }

    /// Adds what a session inherits from the session that it is assumed from.
    fn after(mut self, from: Option<&RoleSession>) -> Result<Self, AwsError> {
        let Some(from) = from else { return Ok(self) };
        for key in &from.transitive_keys {
            if self.tags.iter().any(|(known, _)| same_key(known, key)) {
                return Err(parameter(
                    "One of the specified transitive tag keys can't be set because it conflicts \
                     with a transitive tag key from the calling session.",
                ));
            }
        }
        for (key, value) in &from.tags {
            if from.transitive_keys.contains(key) {
                self.tags.push((key.clone(), value.clone()));
                self.transitive_keys.push(key.clone());
            }
        }
        match (&self.source_identity, &from.source_identity) {
            (Some(asked), Some(set)) if asked != set => Err(invalid(
                "The source identity is already set for this assume role session",
            )),
            (Some(_), _) => Ok(self),
            (None, inherited) => {
                self.source_identity.clone_from(inherited);
                Ok(self)
            }
        }
    }
}

/// The inline session policy and the ARNs of managed ones.
fn policies(form: &Form) -> Result<(Option<Policy>, Vec<String>), AwsError> {
    let text = match form.optional("Policy") {
        Some(policy) => Some(
            policy
                .length(1..=MAX_PLAIN)?
                .only(
                    is_policy_character,
                    "[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+",
                )?
                .value(),
        ),
        None => None,
    };
    let mut arns = Vec::new();
    for mut member in form.members("PolicyArns") {
        let arn = member.remove("arn").unwrap_or_default();
        Parameter::new("policyArns", &arn).length(20..=2_048)?;
        arns.push(arn);
    }
    if arns.len() > MAX_POLICY_ARNS {
        return Err(invalid(format!(
            "at most {MAX_POLICY_ARNS} managed policies can be passed"
        )));
    }
    let plain: usize = text
        .iter()
        .copied()
        .chain(arns.iter().map(String::as_str))
        .map(|part| part.chars().count())
        .sum();
    if plain > MAX_PLAIN {
        return Err(invalid(format!(
            "the session policies have {plain} characters together; at most {MAX_PLAIN} are \
             allowed"
        )));
    }
    Ok((text.map(Policy::permissions).transpose()?, arns))
}

fn tags(form: &Form) -> Result<Vec<(String, String)>, AwsError> {
    let mut tags = Vec::new();
    let mut keys = BTreeSet::new();
    for mut member in form.members("Tags") {
        let key = member.remove("Key").unwrap_or_default();
        let value = member.remove("Value").unwrap_or_default();
        Parameter::new("tags.member.key", &key)
            .length(1..=128)?
            .only(is_tag_character, "[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+")?;
        Parameter::new("tags.member.value", &value)
            .length(0..=256)?
            .only(is_tag_character, "[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*")?;
        if starts_with_aws(&key) {
            return Err(invalid(
                "aws: prefixed tag key names are not allowed for external use.",
            ));
        }
        if !keys.insert(key.to_lowercase()) {
            return Err(parameter(
                "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
            ));
        }
        tags.push((key, value));
    }
    if tags.len() > MAX_TAGS {
        return Err(invalid(format!(
            "1 validation error detected: Value at 'tags' failed to satisfy constraint: Member \
             must have length less than or equal to {MAX_TAGS}"
        )));
    }
    Ok(tags)
}

fn name(parameter: Parameter<'_>) -> Result<&str, AwsError> {
    Ok(parameter
        .length(2..=64)?
        .only(is_name_character, "[\\w+=,.@-]*")?
        .value())
}

/// Letters, separators and numbers of any script, and a few signs. The standard library counts
/// some combining marks as letters, which AWS does not.
fn is_tag_character(character: char) -> bool {
    let separator = character.is_whitespace() && !character.is_control();
    character.is_alphanumeric() || separator || "_.:/=+-@".contains(character)
}

fn starts_with_aws(text: &str) -> bool {
    text.get(..4)
        .is_some_and(|start| start.eq_ignore_ascii_case("aws:"))
}

/// Tag keys differ by more than case.
fn same_key(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

fn is_role_arn(arn: &str) -> bool {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    match parts.as_slice() {
        ["arn", "aws", "iam", "", account, resource] => {
            account.len() == 12
                && account.chars().all(|character| character.is_ascii_digit())
                && resource.strip_prefix("role/").is_some_and(|name| {
                    name.split('/').all(|part| !part.is_empty())
                        && name.chars().all(|one| is_name_character(one) || one == '/')
                })
        }
        _ => false,
    }
}

fn parameter(message: &str) -> AwsError {
    AwsError::new(400, "InvalidParameterValue", message)
}
