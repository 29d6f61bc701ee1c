//! Logs that do not land.

use super::*;

fn deny_in_bucket(setup: &mut Setup, condition: serde_json::Value) {
    setup.bucket(|bucket| {
        bucket.policy = Fact::Known(Some(json!({ "Statement": [{
            "Sid": "Fence", "Effect": "Deny", "Principal": "*", "Action": "s3:PutObject",
            "Resource": "arn:aws:s3:::postern-logs/*", "Condition": condition,
        }]})));
    });
}

fn deny_by_key(key: &mut Key) {
    key.policy = json!({ "Statement": [{
        "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::111122223333:role/Keeper" },
        "Action": "kms:*", "Resource": "*",
    }]});
}

pub(in super::super) const LOGS: &[Break] = breaks! {
    Log Endpoints: "there is no bucket" => "log-bucket-missing" ("postern-logs")
        |s| s.facts.bucket = Fact::Known(None);
    Log Endpoints: "the bucket is in another Region" => "log-bucket-in-other-region" ("eu-west-1")
        |s| s.bucket(|bucket| bucket.region = "eu-west-1".parse().unwrap());
    Log Endpoints: "the bucket encrypts twice" => "log-bucket-dsse" ("postern-logs")
        |s| s.bucket(|bucket| bucket.encryption = Fact::Known(Encryption::Dsse));
    Log Endpoints: "the role may not write" => "role-lacks-log-write" ("s3:PutObject")
        |s| s.take("s3:PutObject", "", Decision::ImplicitDeny);
    Log OtherAccount: "the role may not hand over" => "role-lacks-log-write" ("s3:PutObjectAcl")
        |s| s.take("s3:PutObjectAcl", "", Decision::ImplicitDeny);
    Log Hybrid: "the node's role may not write" => "role-lacks-log-write" ("s3:PutObject")
        |s| s.take("s3:PutObject", "", Decision::ExplicitDeny);
    Log Endpoints: "the role may not see the encryption" => "role-lacks-encryption-read"
        ("postern-logs")
        |s| s.take("s3:GetEncryptionConfiguration", "", Decision::ImplicitDeny);
    Log Endpoints: "the bucket wants another endpoint" => "bucket-policy-denies" ("Fence")
        |s| deny_in_bucket(s, json!({
            "StringNotEquals": { "aws:SourceVpce": "vpce-0fedcba9876543210" },
        }));
    Log Nat: "the bucket wants an endpoint, and there is NAT" => "bucket-policy-denies" ("Fence")
        |s| deny_in_bucket(s, json!({
            "StringNotEquals": { "aws:SourceVpce": "vpce-0fedcba9876543210" },
        }));
    Log Endpoints: "the bucket wants another encryption" => "bucket-policy-denies" ("Fence")
        |s| deny_in_bucket(s, json!({
            "StringNotEquals": { "s3:x-amz-server-side-encryption": "AES256" },
        }));
    Log OtherAccount: "the other account allows nothing" => "bucket-policy-silent" ("another account's")
        |s| s.bucket(|bucket| bucket.policy = Fact::Known(None));
    Log OtherAccount: "the other account's own key" => "key-not-across-accounts" ("postern-logs")
        |s| s.bucket(|bucket| {
            bucket.encryption = Fact::Known(Encryption::Kms { key: None });
        });
    Log Endpoints: "the bucket's key is disabled" => "key-disabled" ("of the log bucket")
        |s| s.key(KeyUse::Log, |key| key.enabled = false);
    Reach Endpoints: "the session key is disabled" => "key-disabled" ("of session traffic")
        |s| s.key(KeyUse::Session, |key| key.enabled = false);
    Log Endpoints: "the policy of the bucket's key" => "key-policy-denies" ("of the log bucket")
        |s| s.key(KeyUse::Log, deny_by_key);
    Reach Endpoints: "the policy of the session key" => "key-policy-denies" ("of session traffic")
        |s| s.key(KeyUse::Session, deny_by_key);
    Log Endpoints: "the role may not encrypt" => "role-lacks-key-actions" ("kms:GenerateDataKey")
        |s| s.take("kms:GenerateDataKey", "", Decision::ImplicitDeny);
    Reach Endpoints: "the role may not decrypt sessions" => "role-lacks-key-actions" ("kms:Decrypt")
        |s| s.take("kms:Decrypt", "00000000002", Decision::ImplicitDeny);
    Reach Endpoints: "a document is missing" => "document-missing" ("Postern-Shell-60")
        |s| if let Some(document) = s.facts.documents.get_mut(&"Postern-Shell-60".parse().unwrap()) {
            *document = Fact::Known(None);
        };
    Log Endpoints: "documents name another bucket" => "document-logs-elsewhere" ("postern-logs")
        |s| s.documents(|inputs| inputs.bucket = "other-logs".into());
    Log Endpoints: "documents name another folder" => "document-logs-elsewhere" ("sessions")
        |s| s.documents(|inputs| inputs.prefix.clear());
    Log Endpoints: "documents name no bucket" => "document-logs-elsewhere" ("Postern-Shell-15")
        |s| s.documents(|inputs| inputs.bucket.clear());
    Log Endpoints: "documents take any bucket" => "document-encryption-off" ("Postern-Shell-15")
        |s| s.documents(|inputs| inputs.encryption = false);
    Log Endpoints: "documents name another key" => "document-other-key" ("000000000002")
        |s| s.documents(|inputs| inputs.key = None);
};
