//! What stands around a deployment that runs on an emulator of AWS: the parts that the emulator lacks.
//!
//! The stand-in AWS answers for Systems Manager, STS, IAM and the tags of instances, and the issuer
//! for people's tokens. Neither knows the deployment by itself: what was deployed is told to them,
//! one [`Order`] after the other. `.ci/deployed` does so, by the binary `surroundings`.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Value, json};
use standin::iam::{Keys, RoleSpec};
use standin::journal::Verdict;
use standin::s3::BucketSpec;
use standin::{AwsError, World};

use crate::account;

/// What is to be made or told.
#[derive(Debug, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Order {
    /// A role as it was deployed, with its policies.
    Role {
        /// Its name.
        name: String,
        /// Its path.
        path: String,
        /// Its trust policy.
        trust: Value,
        /// Its own policies.
        policies: Vec<Value>,
        /// The ARN of its permissions boundary, and what it says.
        boundary: Option<(String, Value)>,
        /// The longest session.
        max_session_seconds: u32,
    },
    /// The credentials that the emulator has given to a function.
    Function {
        /// The name of its role.
        role: String,
        /// The name of the session, which is that of the function.
        session: String,
        /// The credentials.
        access_key_id: String,
        /// The credentials.
        secret_access_key: String,
        /// The credentials.
        session_token: String,
    },
    /// A session document as it was to be deployed.
    Document {
        /// Its name.
        name: String,
        /// What it says.
        content: Value,
    },
    /// The bucket that session logs are written to: the agents of the nodes write here.
    Bucket {
        /// Its name.
        name: String,
    },
    /// A line typed into a session.
    Type {
        /// The session.
        session: String,
        /// The line.
        text: String,
    },
    /// Every call so far that policy was asked about, once: caller, call and whether it was allowed.
    Calls {},
}

/// Why an order was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum NotDone {
    /// It is none.
    #[error("it is no order: {0}")]
    Unreadable(#[from] serde_json::Error),
    /// A policy is none.
    #[error(transparent)]
    Policy(#[from] standin::iam::MalformedPolicy),
    /// The stand-in does not take it.
    #[error(transparent)]
    Aws(#[from] AwsError),
    /// There is no such session.
    #[error(transparent)]
    Session(#[from] standin::ssm::NotThere),
}

/// Why there are no surroundings.
#[derive(Debug, thiserror::Error)]
pub enum NoWorld {
    /// The stand-in could not be made.
    #[error(transparent)]
    World(#[from] standin::WorldError),
    /// The role of the instances could not be made.
    #[error(transparent)]
    Role(#[from] standin::iam::MalformedPolicy),
}

/// A world with the instances of the local run in it, in their network, and nothing of any deployment.
///
/// # Errors
/// The stand-in could not be made.
pub fn world() -> Result<World, NoWorld> {
    let world = World::builder()
        .account(account::ACCOUNT)
        .region(account::REGION)
        .build()?;
    for node in account::nodes() {
        world.add_node(node);
    }
    account::network::seed(&world)?;
    Ok(world)
}

/// Carries out the order on a line, and gives what is to be answered.
///
/// # Errors
/// It could not be.
pub fn carry_out(world: &World, line: &str) -> Result<Value, NotDone> {
    match serde_json::from_str(line)? {
        Order::Role {
            name,
            path,
            trust,
            policies,
            boundary,
            max_session_seconds,
        } => {
            let (boundary_arn, boundary) = boundary.unzip();
            let arn = world.add_role(RoleSpec {
                name,
                path,
                trust: trust.to_string(),
                managed: policies.iter().map(Value::to_string).collect(),
                boundary: boundary.map(|document| document.to_string()),
                boundary_arn,
                max_session_seconds,
                ..RoleSpec::default()
            })?;
            Ok(json!({ "arn": arn }))
        }
        Order::Function {
            role,
            session,
            access_key_id,
            secret_access_key,
            session_token,
        } => {
            let keys = Keys {
                access_key_id,
                secret_access_key,
                session_token: Some(session_token),
            };
            world.adopt_function_credentials(keys, &role, &session)?;
            Ok(json!({}))
        }
        Order::Document { name, content } => {
            world.add_document(&name, &content, account::REGION)?;
            Ok(json!({}))
        }
        Order::Bucket { name } => {
            let spec = BucketSpec {
                versioning: true,
                ..BucketSpec::default()
            };
            world.create_bucket(name, spec);
            Ok(json!({}))
        }
        Order::Type { session, text } => {
            world.type_into_session(&session, &text)?;
            Ok(json!({}))
        }
        Order::Calls {} => Ok(json!({ "calls": calls(world) })),
    }
}

/// Caller, action and verdict of the calls so far.
fn calls(world: &World) -> BTreeSet<(String, String, bool)> {
    let journal = world.journal();
    let weighed = journal.into_iter().filter_map(|entry| {
        let allowed = match entry.verdict {
            Verdict::Unasked => return None,
            Verdict::Allowed => true,
            Verdict::Denied => false,
        };
        let call = format!("{}:{}", entry.service.scope(), entry.operation);
        Some((entry.caller?, call, allowed))
    });
    weighed.collect()
}

#[cfg(test)]
mod tests {
    use standin::Demand;

    use super::*;

    fn statement(action: &str, resource: &str) -> Value {
        json!({"Version": "2012-10-17", "Statement":
            [{"Effect": "Allow", "Action": action, "Resource": resource}]})
    }

    #[test]
    fn a_role_that_was_deployed_elsewhere_binds_the_credentials_that_were_given_there() {
        let world = world().unwrap();
        let role = json!({
            "do": "role", "name": "stack-ApiRole-1", "path": "/postern/",
            "trust": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
                "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]},
            "policies": [statement("ssm:*", "*")],
            "boundary": ["arn:aws:iam::111122223333:policy/cap", statement("ssm:DescribeSessions", "*")],
            "max_session_seconds": 3600,
        });
        let answer = carry_out(&world, &role.to_string()).unwrap();
        assert_eq!(
            answer["arn"],
            "arn:aws:iam::111122223333:role/postern/stack-ApiRole-1"
        );
        let mut keys = json!({
            "do": "function", "role": "stack-ApiRole-1", "session": "stack-api",
            "access_key_id": "ASIAELSEWHERE", "secret_access_key": "s", "session_token": "t",
        });
        carry_out(&world, &keys.to_string()).unwrap();
        let may = |action: &str| world.may("ASIAELSEWHERE", &Demand::new(action, "*"));
        assert!(may("ssm:DescribeSessions").is_ok());
        assert!(may("ssm:SendCommand").is_err() && may("s3:ListAllMyBuckets").is_err());
        keys["role"] = json!("another");
        assert!(carry_out(&world, &keys.to_string()).is_err());
    }

    #[test]
    fn what_is_no_order_is_not_carried_out() {
        let world = world().unwrap();
        for line in [
            "",
            "{}",
            r#"{"do": "guess"}"#,
            r#"{"do": "bucket", "name": "logs", "public": true}"#,
            r#"{"do": "type", "session": "nobody-00000000000000000", "text": "df -h"}"#,
            r#"{"do": "document", "name": "Postern-Shell-15", "content": {}}"#,
        ] {
            assert!(carry_out(&world, line).is_err(), "{line}");
        }
        let bucket = r#"{"do": "bucket", "name": "logs"}"#;
        assert_eq!(carry_out(&world, bucket).unwrap(), json!({}));
        assert_eq!(
            carry_out(&world, r#"{"do": "calls"}"#).unwrap(),
            json!({"calls": []})
        );
    }
}
