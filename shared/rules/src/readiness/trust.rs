//! Whether the trust policy of a role lets a service hand out its credentials.

use serde_json::{Map, Value};

use super::policy::{Context, Fit, conditions, glob, named, texts};
use crate::names::AccountId;

/// Whether a trust policy lets a service of AWS assume its role for an account; none where that
/// hangs on a condition that cannot be followed from here.
///
/// Services name the account that they act for, so that no role is lent to another one's machines.
#[must_use]
pub fn trusts(policy: &Value, service: &str, account: &AccountId) -> Option<bool> {
    let statements = match policy.get("Statement") {
        Some(Value::Array(list)) => list.iter().collect(),
        Some(one) => vec![one],
        None => Vec::new(),
    };
    let context = Context::default().with("aws:sourceaccount", account.as_str());
    let (mut allows, mut denies) = (Fit::No, Fit::No);
    for statement in statements {
        let fit = fit(statement, service, &context);
        match statement.get("Effect").and_then(Value::as_str) {
            Some("Allow") => allows = allows.max(fit),
            Some(_) | None => denies = denies.max(fit),
        }
    }
    match (denies, allows) {
        (Fit::Yes, _) | (_, Fit::No) => Some(false),
        (Fit::No, Fit::Yes) => Some(true),
        (Fit::Doubt, _) | (Fit::No, Fit::Doubt) => None,
    }
}

fn fit(statement: &Value, service: &str, context: &Context) -> Fit {
    let principal = match statement.get("Principal") {
        Some(Value::String(text)) if text == "*" => Fit::Yes,
        Some(Value::Object(kinds)) => listed(kinds, service),
        Some(_) | None => Fit::Doubt,
    };
    let action = named(statement, "Action", "NotAction", |pattern| {
        glob(&pattern.to_ascii_lowercase(), "sts:assumerole").into()
    });
    let condition = match statement.get("Condition") {
        None => Fit::Yes,
        Some(Value::Object(blocks)) => conditions(blocks, context),
        Some(_) => Fit::Doubt,
    };
    principal.min(action).min(condition)
}

fn listed(kinds: &Map<String, Value>, service: &str) -> Fit {
    let Some(listed) = kinds.get("Service") else {
        return Fit::No;
    };
    match texts(listed) {
        // In China services have a name of their own as well.
        Some(names) => names
            .iter()
            .any(|name| *name == service || name.strip_suffix(".cn") == Some(service))
            .into(),
        None => Fit::Doubt,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn says(statements: &Value) -> Option<bool> {
        let policy = json!({ "Version": "2012-10-17", "Statement": statements });
        let account = "111122223333".parse().unwrap();
        trusts(&policy, "ssm.amazonaws.com", &account)
    }

    fn allow(more: &Value) -> Value {
        let mut statement = json!({
            "Effect": "Allow", "Action": "sts:AssumeRole",
            "Principal": { "Service": ["ec2.amazonaws.com", "ssm.amazonaws.com"] },
        });
        for (name, value) in more.as_object().unwrap() {
            statement[name] = value.clone();
        }
        statement
    }

    #[test]
    fn a_service_is_trusted_where_a_statement_names_it_and_none_denies() {
        let of_account = |account: &str| json!({ "Condition": { "StringEquals": { "aws:SourceAccount": account } } });
        for (more, expected) in [
            (json!({}), Some(true)),
            (json!({ "Action": ["sts:*"] }), Some(true)),
            (json!({ "Action": "sts:TagSession" }), Some(false)),
            (json!({ "Principal": "*" }), Some(true)),
            (
                json!({ "Principal": { "Service": "ec2.amazonaws.com" } }),
                Some(false),
            ),
            (
                json!({ "Principal": { "Service": "ssm.amazonaws.com.cn" } }),
                Some(true),
            ),
            (
                json!({ "Principal": { "AWS": "111122223333" } }),
                Some(false),
            ),
            (of_account("111122223333"), Some(true)),
            (of_account("444455556666"), Some(false)),
            (
                json!({ "Condition": { "ArnLike": { "aws:SourceArn": "arn:aws:ssm:*" } } }),
                None,
            ),
        ] {
            assert_eq!(says(&allow(&more)), expected, "{more}");
        }
        let mut deny = allow(&json!({}));
        deny["Effect"] = "Deny".into();
        assert_eq!(says(&json!([allow(&json!({})), deny.clone()])), Some(false));
        deny["Condition"] = json!({ "Bool": { "aws:Elsewhere": "true" } });
        assert_eq!(says(&json!([allow(&json!({})), deny])), None);
        assert_eq!(says(&json!([])), Some(false));
    }
}
