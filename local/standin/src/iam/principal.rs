//! The `Principal` element of trust policies.

use super::Caller;
use super::json::Json;
use super::policy::MalformedPolicy;

/// Whom a statement of a trust policy is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Principals(Vec<Principal>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Principal {
    /// `*`.
    Everyone,
    /// An account: whoever in it has the permission from its own policies.
    Account(String),
    /// A role, a session of a role, or a user.
    Arn(String),
    /// A service or an identity provider; no caller here is one.
    Outside,
}

impl Principals {
    /// Whether the caller is among them.
    pub(super) fn include(&self, caller: &Caller) -> bool {
        self.0.iter().any(|principal| match principal {
            Principal::Everyone => true,
            Principal::Account(account) => *account == caller.account,
            Principal::Arn(arn) => *arn == caller.arn() || *arn == caller.principal_arn(),
            Principal::Outside => false,
        })
    }

    /// Reads the element.
    pub(super) fn read(value: Json) -> Result<Self, MalformedPolicy> {
        let by_kind = match value {
            Json::Text(text) if text == "*" => return Ok(Self(vec![Principal::Everyone])),
            Json::Object(by_kind) => by_kind,
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::Text(_) | Json::List(_) => {
                return Err(invalid("the element is neither `*` nor an object"));
            }
        };
        let mut principals = Vec::new();
        for (kind, named) in by_kind {
            let named = match named {
                Json::List(list) => list,
                Json::Null | Json::Bool(_) | Json::Number(_) | Json::Text(_) | Json::Object(_) => {
                    vec![named]
                }
            };
            for one in named {
                let Json::Text(text) = one else {
                    return Err(invalid(&format!("\"{kind}\" is not a text")));
                };
                principals.push(Principal::read(&kind, &text)?);
            }
        }
        if principals.is_empty() {
            return Err(MalformedPolicy(
                "Missing required field Principal".to_owned(),
            ));
        }
        Ok(Self(principals))
    }
}

impl Principal {
    fn read(kind: &str, text: &str) -> Result<Self, MalformedPolicy> {
        let wrong = || invalid(&format!("\"{kind}\":\"{text}\""));
        match kind {
            "AWS" => Self::aws(text).ok_or_else(wrong),
            "Service" | "Federated" if !text.is_empty() && !text.contains(['*', '?']) => {
                Ok(Self::Outside)
            }
            _ => Err(wrong()),
        }
    }

    /// `*`, an account, or an ARN that is spelled out: wildcards mean nothing inside one.
    fn aws(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Self::Everyone);
        }
        if is_account(text) {
            return Some(Self::Account(text.to_owned()));
        }
        if text.contains(['*', '?', '$']) {
            return None;
        }
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let ["arn", _, service, "", account, resource] = parts.as_slice() else {
            return None;
        };
        if !is_account(account) {
            return None;
        }
        let known = match *service {
            "iam" if *resource == "root" => return Some(Self::Account((*account).to_owned())),
            "iam" => resource.starts_with("role/") || resource.starts_with("user/"),
            "sts" => resource
                .strip_prefix("assumed-role/")
                .is_some_and(|rest| rest.split('/').filter(|part| !part.is_empty()).count() == 2),
            _ => false,
        };
        known.then(|| Self::Arn(text.to_owned()))
    }
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.chars().all(|character| character.is_ascii_digit())
}

fn invalid(what: &str) -> MalformedPolicy {
    MalformedPolicy(format!("Invalid principal in policy: {what}"))
}
