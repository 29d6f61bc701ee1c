//! Keys of KMS: the bucket's, and that of session traffic.

use super::case::{Case, Seat};
use super::check::{Check, CheckName, Found};
use super::facts::{Bucket, Decision, Encryption, Fact, Key, Role};
use super::finding::{KeyFault, KeyUse};
use super::permissions::{acting, action, decision};
use super::policy::{Asked, Context, Says, judge};

/// The agent can use the key of session traffic (AWS-FACTS 1.16).
pub(super) fn session(case: Case<'_>) -> Check {
    let name = CheckName::SessionKey;
    if case.place.session_key.is_none() || !case.loggable() {
        return Check::not_applicable(name, "session traffic is not encrypted with a key");
    }
    let Some(key) = &case.facts.session_key else {
        let mut found = Found::default();
        found.wonder("the key that the place names for session traffic");
        return Check::judged(name, found, "not read");
    };
    match with_role(case, name) {
        Err(check) => check,
        Ok(role) => {
            let context = Context::default().without("kms:viaservice");
            judged(name, key, KeyUse::Session, role, context)
        }
    }
}

/// The agent can use the key of the bucket.
pub(super) fn log(case: Case<'_>, bucket: &Bucket) -> Check {
    let name = CheckName::LogKey;
    let mut found = Found::default();
    let key = match found.read(&bucket.encryption) {
        None => return Check::judged(name, found, "not read"),
        Some(Encryption::Aes256) => {
            return Check::not_applicable(name, "S3 keeps the key itself");
        }
        Some(Encryption::Dsse) => {
            return Check::not_applicable(name, "not reached: the agent refuses the bucket");
        }
        Some(Encryption::Kms { key }) => key,
    };
    let role = match with_role(case, name) {
        Ok(role) => role,
        Err(check) => return check,
    };
    let Some(key) = key else {
        if let Some(owner) = found.read(&bucket.owner)
            && owner != role.arn.account()
        {
            found.find(KeyFault::NotAcrossAccounts {
                bucket: case.place.log_bucket.clone(),
            });
        }
        return Check::judged(name, found, "the key that AWS keeps for S3 in the account");
    };
    let via = format!("s3.{}.amazonaws.com", bucket.region);
    let context = Context::default().with("kms:viaservice", via);
    judged(name, key, KeyUse::Log, role, context)
}

/// The role that the agent acts as, or the check as it stands without one.
pub(super) fn with_role(case: Case<'_>, name: CheckName) -> Result<&Role, Check> {
    if let Seat::Nowhere = case.seat() {
        return Err(Check::not_applicable(name, "there is no instance"));
    }
    match acting(case) {
        Ok((role, _)) => Ok(role),
        Err(found) => Err(Check::judged(name, found, "no role is known")),
    }
}

fn judged(
    name: CheckName,
    key: &Fact<Key>,
    purpose: KeyUse,
    role: &Role,
    context: Context,
) -> Check {
    let mut found = Found::default();
    let Some(key) = found.read(key) else {
        return Check::judged(name, found, "not read");
    };
    found.join(usable(key, purpose, role, context));
    Check::judged(name, found, format!("key `{}`", key.arn.id()))
}

/// A key's policy has the first word: it allows the role, or leaves it to the account's own
/// policies, or says nothing, which denies.
fn usable(key: &Key, purpose: KeyUse, role: &Role, context: Context) -> Found {
    if !key.enabled {
        return Found::broken(KeyFault::Disabled {
            key: key.arn.clone(),
            purpose,
        });
    }
    let context = context
        .with("kms:calleraccount", role.arn.account().as_str())
        .with("aws:principalarn", role.arn.to_string())
        .with("aws:principalaccount", role.arn.account().as_str());
    let own = key.arn.account() == role.arn.account().as_str();
    let mut found = Found::default();
    let (mut lacking, mut denied) = (Vec::new(), false);
    for name in purpose.actions() {
        let says = judge(
            &key.policy,
            &Asked {
                role: Some(&role.arn),
                action: name,
                resource: key.arn.as_str(),
                context: &context,
            },
        );
        let answer = decision(role, name, key.arn.as_str());
        match (says, answer) {
            (Says::Denies(_) | Says::Nothing, _) => denied = true,
            (_, Ok(Decision::ExplicitDeny)) => lacking.push(action(name)),
            (Says::Doubtful(statement), _) => found.wonder(format!(
                "what statement `{statement}` in the policy of key `{}` comes to",
                key.arn.id()
            )),
            (Says::Allows { direct: true }, Ok(Decision::ImplicitDeny)) if own => {}
            (Says::Allows { .. }, Ok(Decision::ImplicitDeny)) => lacking.push(action(name)),
            (Says::Allows { .. }, Ok(Decision::Allowed)) => {}
            (Says::Allows { .. }, Err(need)) => found.need(need),
        }
    }
    if denied {
        found.find(KeyFault::PolicyDenies {
            key: key.arn.clone(),
            purpose,
            role: role.arn.clone(),
        });
    }
    if !lacking.is_empty() {
        found.find(KeyFault::RoleLacksActions {
            key: key.arn.clone(),
            purpose,
            role: role.arn.clone(),
            actions: lacking,
        });
    }
    found
}
