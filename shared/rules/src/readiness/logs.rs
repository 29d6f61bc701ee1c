//! The bucket, and whether the role may write logs to it.
//!
//! The agent refuses a session where it cannot see that the bucket is encrypted (AWS-FACTS 3.3),
//! and tells nobody where an upload fails (AWS-FACTS 0.5): so both are looked at before.

use super::case::{Case, Seat};
use super::check::{Check, CheckName, Found};
use super::facts::{Bucket, Decision, Encryption, Fact, Role};
use super::finding::LogFault;
use super::ids::Permission;
use super::keys::{self, with_role};
use super::network::{Through, way_of_logs};
use super::permissions::{PUT, PUT_ACL, READ_ENCRYPTION, action, bucket_arn, decision, log_object};
use super::policy::{Asked, Context, Says, judge};

/// The checks of this theme, in their order.
pub(super) fn checks(case: Case<'_>) -> Vec<Check> {
    const REST: [CheckName; 4] = [
        CheckName::LogEncryption,
        CheckName::LogEncryptionRead,
        CheckName::LogWrite,
        CheckName::LogKey,
    ];
    let whole = |first: Check, why: &str| {
        let rest = REST.map(|name| Check::not_applicable(name, why));
        std::iter::once(first).chain(rest).collect()
    };
    let name = CheckName::LogBucket;
    if !case.loggable() {
        let why = "what is asked for is never logged";
        return whole(Check::not_applicable(name, why), why);
    }
    match &case.facts.bucket {
        Fact::Unread(need) => {
            let unread = |name| Check::judged(name, super::agent::unread(need), "not read");
            std::iter::once(name).chain(REST).map(unread).collect()
        }
        Fact::Known(None) => {
            let fault = LogFault::BucketMissing {
                bucket: case.place.log_bucket.clone(),
            };
            let first = Check::judged(name, Found::broken(fault), "S3 knows no such bucket");
            whole(first, "there is no bucket")
        }
        Fact::Known(Some(bucket)) => vec![
            exists(case, bucket),
            encryption(case, bucket),
            encryption_read(case, bucket),
            write(case, bucket),
            keys::log(case, bucket),
        ],
    }
}

fn exists(case: Case<'_>, bucket: &Bucket) -> Check {
    let mut found = Found::default();
    let evidence = match found.read(&bucket.owner) {
        Some(owner) => format!("in `{}`, of account `{owner}`", bucket.region),
        None => format!("in `{}`, of an account that was not read", bucket.region),
    };
    let evidence = format!("`{}` {evidence}", case.place.log_bucket);
    Check::judged(CheckName::LogBucket, found, evidence)
}

fn encryption(case: Case<'_>, bucket: &Bucket) -> Check {
    let mut found = Found::default();
    let evidence = match found.read(&bucket.encryption) {
        None => "not read",
        Some(Encryption::Aes256) => "`AES256`",
        Some(Encryption::Kms { .. }) => "`aws:kms`",
        Some(Encryption::Dsse) => {
            found.find(LogFault::Dsse {
                bucket: case.place.log_bucket.clone(),
            });
            "`aws:kms:dsse`"
        }
    };
    Check::judged(CheckName::LogEncryption, found, evidence)
}

/// The role may read how the bucket encrypts.
fn encryption_read(case: Case<'_>, bucket: &Bucket) -> Check {
    let name = CheckName::LogEncryptionRead;
    let role = match with_role(case, name) {
        Ok(role) => role,
        Err(check) => return check,
    };
    let resource = bucket_arn(&case.facts.target, case.place);
    let (mut found, lacking) = may(case, bucket, role, &[READ_ENCRYPTION], &resource);
    if !lacking.is_empty() {
        found.find(LogFault::RoleLacksEncryptionRead {
            role: role.arn.clone(),
            bucket: case.place.log_bucket.clone(),
        });
    }
    Check::judged(
        name,
        found,
        format!("`{READ_ENCRYPTION}` by `{}`", role.arn),
    )
}

/// The role may write logs.
fn write(case: Case<'_>, bucket: &Bucket) -> Check {
    let name = CheckName::LogWrite;
    let role = match with_role(case, name) {
        Ok(role) => role,
        Err(check) => return check,
    };
    let actions: &[&'static str] = match &bucket.owner {
        Fact::Known(owner) if owner != role.arn.account() => &[PUT, PUT_ACL],
        Fact::Known(_) | Fact::Unread(_) => &[PUT],
    };
    let resource = log_object(&case.facts.target, case.place);
    let (mut found, lacking) = may(case, bucket, role, actions, &resource);
    if !lacking.is_empty() {
        found.find(LogFault::RoleLacksWrite {
            role: role.arn.clone(),
            bucket: case.place.log_bucket.clone(),
            actions: lacking,
        });
    }
    let evidence = format!("{} by `{}`", actions.join(", "), role.arn);
    Check::judged(name, found, evidence)
}

/// Whether role and bucket agree to some actions; and which of them the role itself lacks.
///
/// Within one account either of the two may allow; across accounts both have to.
fn may(
    case: Case<'_>,
    bucket: &Bucket,
    role: &Role,
    actions: &[&'static str],
    resource: &str,
) -> (Found, Vec<Permission>) {
    let mut found = Found::default();
    let name = &case.place.log_bucket;
    let (Some(owner), Some(policy)) = (found.read(&bucket.owner), found.read(&bucket.policy))
    else {
        return (found, Vec::new());
    };
    let own = owner == role.arn.account();
    let context = context(case, bucket, role);
    let mut lacking = Vec::new();
    for one in actions {
        let asked = Asked {
            role: Some(&role.arn),
            action: one,
            resource,
            context: &context,
        };
        let says = policy
            .as_ref()
            .map_or(Says::Nothing, |policy| judge(policy, &asked));
        match (says, decision(role, one, resource)) {
            (Says::Denies(statement), _) => found.find(LogFault::PolicyDenies {
                bucket: name.clone(),
                statement,
            }),
            (_, Ok(Decision::ExplicitDeny)) => lacking.push(action(one)),
            (Says::Doubtful(statement), _) => found.wonder(format!(
                "what statement `{statement}` in the policy of `{name}` comes to"
            )),
            (Says::Allows { direct: true }, Ok(Decision::ImplicitDeny)) if own => {}
            (_, Ok(Decision::ImplicitDeny)) => lacking.push(action(one)),
            (Says::Nothing, Ok(Decision::Allowed)) if !own => found.find(LogFault::PolicySilent {
                bucket: name.clone(),
                role: role.arn.clone(),
            }),
            (Says::Allows { .. } | Says::Nothing, Ok(Decision::Allowed)) => {}
            (Says::Allows { .. } | Says::Nothing, Err(need)) => found.need(need),
        }
    }
    (found, lacking)
}

/// What is known of the agent's calls to the bucket (AWS-FACTS 3.2).
fn context(case: Case<'_>, bucket: &Bucket, role: &Role) -> Context {
    let mut context = Context::default()
        .with("aws:securetransport", "true")
        .with("aws:principalarn", role.arn.to_string())
        .with("aws:principalaccount", role.arn.account().as_str())
        .with("aws:principalisawsservice", "false")
        .with("aws:viaawsservice", "false")
        .with("s3:x-amz-acl", "bucket-owner-full-control");
    if let Fact::Known(owner) = &bucket.owner {
        context = context.with("aws:resourceaccount", owner.as_str());
    }
    let header = match &bucket.encryption {
        Fact::Known(Encryption::Aes256) => Some("AES256"),
        Fact::Known(Encryption::Kms { .. }) => Some("aws:kms"),
        Fact::Known(Encryption::Dsse) | Fact::Unread(_) => None,
    };
    if let Some(header) = header {
        context = context.with("s3:x-amz-server-side-encryption", header);
    }
    match way_of_logs(case) {
        Through::Endpoint(id) => {
            context = context
                .with("aws:sourcevpce", id.as_str())
                .without("aws:sourceip");
            match case.seat() {
                Seat::Instance(instance) => context.with("aws:sourcevpc", instance.vpc.as_str()),
                Seat::Hybrid | Seat::Nowhere | Seat::Unread(_) => context,
            }
        }
        Through::Internet => context.without("aws:sourcevpce").without("aws:sourcevpc"),
        Through::Nothing => context,
    }
}
