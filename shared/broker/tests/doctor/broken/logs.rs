//! Logs, keys and session documents.

use serde_json::{Value, json};
use standin::s3::{BucketSpec, Encryption};

use super::{Break, breaks};
use crate::house::{BUCKET, House, LOG_KEY, REGION, SESSION_KEY, agent_policy, without};

fn take(house: &House, actions: &[&str]) {
    house.add_role("ec2.amazonaws.com", &without(agent_policy(), actions));
}

fn fence(house: &House, condition: &Value) {
    let policy = json!({ "Statement": [{
        "Sid": "Fence", "Effect": "Deny", "Principal": "*", "Action": "s3:PutObject",
        "Resource": format!("arn:aws:s3:::{BUCKET}/*"), "Condition": condition,
    }]});
    let change = |_: &mut Encryption, old: &mut Option<String>| *old = Some(policy.to_string());
    house.world.change_bucket(BUCKET, change).unwrap();
}

fn keeper() -> Value {
    json!({ "Statement": [{
        "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::111122223333:role/Keeper" },
        "Action": "kms:*", "Resource": "*",
    }]})
}

pub(super) const LOGS: &[Break] = breaks! {
    Log Endpoints: "there is no bucket" => "log-bucket-missing" (BUCKET)
        |h| h.world.remove_bucket(BUCKET);
    Log Endpoints: "the bucket is in another Region" => "log-bucket-in-other-region" ("eu-west-1")
        |h| {
            h.world.remove_bucket(BUCKET);
            h.world.create_bucket(BUCKET, BucketSpec {
                region: Some("eu-west-1".to_owned()),
                ..BucketSpec::default()
            });
        };
    Log Endpoints: "the bucket encrypts twice" => "log-bucket-dsse" (BUCKET)
        |h| {
            let key_id = h.key_arn(LOG_KEY);
            let twice = Encryption::KmsDsse { key_id };
            h.world.change_bucket(BUCKET, |old, _| *old = twice).unwrap();
        };
    Log Endpoints: "the role may not write" => "role-lacks-log-write" ("s3:PutObject")
        |h| take(h, &["s3:PutObject"]);
    Log Endpoints: "the role may not see the encryption" => "role-lacks-encryption-read" (BUCKET)
        |h| take(h, &["s3:GetEncryptionConfiguration"]);
    Log Endpoints: "the bucket wants another endpoint" => "bucket-policy-denies" ("Fence")
        |h| fence(h, &json!({
            "StringNotEquals": { "aws:SourceVpce": "vpce-0fedcba9876543210" },
        }));
    Log Nat: "the bucket wants an endpoint, and there is NAT" => "bucket-policy-denies" ("Fence")
        |h| fence(h, &json!({
            "StringNotEquals": { "aws:SourceVpce": "vpce-0fedcba9876543210" },
        }));
    Log Endpoints: "the bucket's key is disabled" => "key-disabled" ("of the log bucket")
        |h| h.set_key(LOG_KEY, "Disabled", &h.open_key_policy());
    Log Endpoints: "the bucket's key will be deleted" => "key-disabled" ("of the log bucket")
        |h| h.set_key(LOG_KEY, "PendingDeletion", &h.open_key_policy());
    Reach Endpoints: "the session key is disabled" => "key-disabled" ("of session traffic")
        |h| h.set_key(SESSION_KEY, "Disabled", &h.open_key_policy());
    Log Endpoints: "the policy of the bucket's key" => "key-policy-denies" ("of the log bucket")
        |h| h.set_key(LOG_KEY, "Enabled", &keeper());
    Reach Endpoints: "the policy of the session key" => "key-policy-denies" ("of session traffic")
        |h| h.set_key(SESSION_KEY, "Enabled", &keeper());
    Log Endpoints: "the role may not encrypt" => "role-lacks-key-actions" ("kms:GenerateDataKey")
        |h| take(h, &["kms:GenerateDataKey"]);
    Reach Endpoints: "a document is missing" => "document-missing" ("Postern-Shell-60")
        |h| h.world.remove_document("Postern-Shell-60", REGION);
    Log Endpoints: "documents name another bucket" => "document-logs-elsewhere" (BUCKET)
        |h| h.add_documents(|inputs| inputs["s3BucketName"] = "other-logs".into());
    Log Endpoints: "documents name another folder" => "document-logs-elsewhere" ("sessions")
        |h| h.add_documents(|inputs| inputs["s3KeyPrefix"] = "".into());
    Log Endpoints: "documents take any bucket" => "document-encryption-off" ("Postern-Shell-15")
        |h| h.add_documents(|inputs| inputs["s3EncryptionEnabled"] = false.into());
    Log Endpoints: "documents name another key" => "document-other-key" (SESSION_KEY)
        |h| h.add_documents(|inputs| inputs["kmsKeyId"] = "".into());
};
