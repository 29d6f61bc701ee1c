//! What the role of each function may do (THREATS E7): its own part, and nothing of another's.

use aws_credential_types::provider::ProvideCredentials as _;
use postern_local::house::{Function, House};
use standin::Demand;

use crate::outside::house;

const TABLE: &str = "arn:aws:dynamodb:ap-northeast-2:111122223333:table/postern";
const DUE: &str = "arn:aws:dynamodb:ap-northeast-2:111122223333:table/postern/index/due";
const WAITING: &str = "arn:aws:dynamodb:ap-northeast-2:111122223333:table/postern/index/waiting";
const ACCESS: &str = "arn:aws:iam::111122223333:role/postern/PosternAccess";
const ISSUE: &str = "arn:aws:iam::111122223333:role/postern/PosternIssue";
const SESSION: &str = "arn:aws:ssm:ap-northeast-2:111122223333:session/req-01K00000000000000000000000-0a1b2c3d4e5f6a7b8";
const OTHERS_SESSION: &str =
    "arn:aws:ssm:ap-northeast-2:111122223333:session/anna-0a1b2c3d4e5f6a7b8";
const WEB_7: &str = "arn:aws:ec2:ap-northeast-2:111122223333:instance/i-0a1b2c3d4e5f60707";
const LOGS: &str = "arn:aws:s3:::postern-session-logs";
const POLICY: &str = "arn:aws:s3:::postern-config/policy.cedar";
const ON_CALL: &str = "arn:aws:s3:::postern-config/on-call.json";
const OTHER_CONFIG: &str = "arn:aws:s3:::postern-config/other.json";
const CONFIG: &str = "arn:aws:s3:::postern-config";
const KEY: &str = "arn:aws:ssm:ap-northeast-2:111122223333:parameter/postern/on-call-key";
const OTHER_KEY: &str = "arn:aws:ssm:ap-northeast-2:111122223333:parameter/postern/on-call-key-2";
const BUS: &str = "arn:aws:events:ap-northeast-2:111122223333:event-bus/default";
const CHECKPOINT: &str = "arn:aws:s3:::postern-evidence/checkpoints/000000000001.json";
const OTHER_EVIDENCE: &str = "arn:aws:s3:::postern-evidence/other.json";
const LOG: &str = "arn:aws:s3:::postern-session-logs/sessions/some.log";

const DOCTOR: &str = "arn:aws:lambda:ap-northeast-2:111122223333:function:postern-doctor";
const HANDS_OUT: &str = "arn:aws:lambda:ap-northeast-2:111122223333:function:postern-issue";
const TOKEN: &str = "arn:aws:ssm:ap-northeast-2:111122223333:parameter/postern/chat/bot-token";
const OTHER_TOKEN: &str =
    "arn:aws:ssm:ap-northeast-2:111122223333:parameter/postern/chat/bot-token-2";
const CHATOPS: &str = "arn:aws:lambda:ap-northeast-2:111122223333:function:postern-chatops";
const NODE: &str = "arn:aws:iam::111122223333:role/PosternNode";

async fn may(house: &House, function: Function, action: &str, resource: &str) -> bool {
    let keys = house
        .sdk_config(function)
        .credentials_provider()
        .unwrap()
        .provide_credentials()
        .await
        .unwrap();
    let demand = Demand::new(action, resource)
        .with("s3:prefix", "sessions/some.log")
        .with("events:source", "postern");
    house.world().may(keys.access_key_id(), &demand).is_ok()
}

/// Action, resource, and whether `api`, `issue`, the sweeper, the doctor and `chatops` may.
const TABLE_OF_POWERS: [(&str, &str, [bool; 5]); 57] = [
    ("dynamodb:GetItem", TABLE, [true, true, true, false, true]),
    ("dynamodb:PutItem", TABLE, [true, true, true, false, true]),
    (
        "dynamodb:DeleteItem",
        TABLE,
        [true, false, true, false, true],
    ),
    ("dynamodb:Query", TABLE, [true, true, true, false, true]),
    ("dynamodb:Query", DUE, [false, false, true, false, false]),
    ("dynamodb:Query", WAITING, [true, false, false, false, true]),
    ("dynamodb:Scan", TABLE, [false, false, false, false, false]),
    (
        "dynamodb:DeleteTable",
        TABLE,
        [false, false, false, false, false],
    ),
    (
        "dynamodb:UpdateTable",
        TABLE,
        [false, false, false, false, false],
    ),
    (
        "ssm:DescribeInstanceInformation",
        "*",
        [true, true, true, true, true],
    ),
    ("tag:GetResources", "*", [true, true, false, true, true]),
    ("sts:AssumeRole", ACCESS, [false, true, false, false, false]),
    ("sts:TagSession", ACCESS, [false, true, false, false, false]),
    ("sts:AssumeRole", ISSUE, [false, false, false, false, false]),
    (
        "ssm:StartSession",
        WEB_7,
        [false, false, false, false, false],
    ),
    (
        "ssm:ResumeSession",
        SESSION,
        [false, false, false, false, false],
    ),
    (
        "ssm:SendCommand",
        WEB_7,
        [false, false, false, false, false],
    ),
    (
        "ssm:DescribeSessions",
        "*",
        [false, false, true, false, false],
    ),
    (
        "ssm:TerminateSession",
        SESSION,
        [false, false, true, false, false],
    ),
    (
        "ssm:TerminateSession",
        OTHERS_SESSION,
        [false, false, false, false, false],
    ),
    (
        "s3:ListBucketVersions",
        LOGS,
        [false, false, true, false, false],
    ),
    ("s3:GetObject", LOG, [false, false, false, false, false]),
    ("s3:PutObject", LOG, [false, false, false, false, false]),
    (
        "s3:DeleteObjectVersion",
        LOG,
        [false, false, false, false, false],
    ),
    ("s3:GetObject", POLICY, [true, true, false, true, true]),
    ("s3:GetObject", ON_CALL, [true, true, false, true, true]),
    (
        "s3:GetObject",
        OTHER_CONFIG,
        [false, false, false, false, false],
    ),
    (
        "s3:GetObjectVersion",
        POLICY,
        [false, false, false, false, false],
    ),
    ("s3:ListBucket", CONFIG, [false, false, false, false, false]),
    ("s3:PutObject", POLICY, [false, false, false, false, false]),
    ("s3:PutObject", ON_CALL, [false, false, false, false, false]),
    ("ssm:GetParameter", KEY, [true, true, false, true, true]),
    (
        "ssm:GetParameter",
        OTHER_KEY,
        [false, false, false, false, false],
    ),
    ("ssm:PutParameter", KEY, [false, false, false, false, false]),
    (
        "iam:PutRolePolicy",
        ACCESS,
        [false, false, true, false, false],
    ),
    (
        "iam:PutRolePolicy",
        ISSUE,
        [false, false, false, false, false],
    ),
    (
        "iam:UpdateAssumeRolePolicy",
        ACCESS,
        [false, false, false, false, false],
    ),
    (
        "iam:DeleteRolePermissionsBoundary",
        ACCESS,
        [false, false, false, false, false],
    ),
    ("iam:PassRole", ACCESS, [false, false, false, false, false]),
    ("events:PutEvents", BUS, [false, false, true, false, false]),
    (
        "s3:PutObject",
        CHECKPOINT,
        [false, false, true, false, false],
    ),
    (
        "s3:GetObject",
        CHECKPOINT,
        [false, false, true, false, false],
    ),
    (
        "s3:DeleteObjectVersion",
        CHECKPOINT,
        [false, false, false, false, false],
    ),
    (
        "s3:PutObjectRetention",
        CHECKPOINT,
        [false, false, false, false, false],
    ),
    (
        "s3:PutObject",
        OTHER_EVIDENCE,
        [false, false, false, false, false],
    ),
    (
        "lambda:InvokeFunction",
        DOCTOR,
        [true, false, false, false, true],
    ),
    (
        "lambda:InvokeFunction",
        HANDS_OUT,
        [false, false, false, false, false],
    ),
    (
        "ec2:DescribeInstances",
        "*",
        [false, false, false, true, false],
    ),
    (
        "ec2:DescribeVpcEndpoints",
        "*",
        [false, false, false, true, false],
    ),
    (
        "ec2:ModifyVpcEndpoint",
        "*",
        [false, false, false, false, false],
    ),
    (
        "iam:SimulatePrincipalPolicy",
        NODE,
        [false, false, false, true, false],
    ),
    (
        "iam:PutRolePolicy",
        NODE,
        [false, false, false, false, false],
    ),
    (
        "s3:GetEncryptionConfiguration",
        LOGS,
        [false, false, false, true, false],
    ),
    (
        "s3:PutEncryptionConfiguration",
        LOGS,
        [false, false, false, false, false],
    ),
    (
        "ssm:GetParameter",
        TOKEN,
        [false, false, false, false, true],
    ),
    (
        "ssm:GetParameter",
        OTHER_TOKEN,
        [false, false, false, false, false],
    ),
    (
        "lambda:InvokeFunction",
        CHATOPS,
        [false, false, false, false, true],
    ),
];

#[tokio::test]
async fn every_function_may_do_its_own_part_and_nothing_else() {
    let (house, _) = house().await;
    for (action, resource, expected) in TABLE_OF_POWERS {
        let mut found = [false; 5];
        for (may_it, function) in found.iter_mut().zip(Function::ALL) {
            *may_it = may(&house, function, action, resource).await;
        }
        assert_eq!(
            found, expected,
            "{action} on {resource}: api, issue, sweeper, doctor, chatops"
        );
    }
}
