//! Who may become the access role, how, and what it comes to (THREATS E7, E8).

use aws_sdk_sts::error::ProvideErrorMetadata as _;
use aws_sdk_sts::types::Tag;
use postern_local::account::ACCESS_ROLE;
use postern_local::house::{Function, House};
use standin::Demand;

use crate::outside::house;

const REQUEST: &str = "req-01K00000000000000000000000";

/// How the role is assumed; each test changes one thing.
struct Assumed {
    by: Function,
    name: &'static str,
    source: Option<&'static str>,
    tags: Vec<(&'static str, &'static str)>,
}

impl Default for Assumed {
    /// As `issue` does it.
    fn default() -> Self {
        Self {
            by: Function::Issue,
            name: REQUEST,
            source: Some("anna"),
            tags: vec![("postern:request", REQUEST)],
        }
    }
}

impl Assumed {
    /// The access key id, or the code of the refusal.
    async fn of(self, house: &House) -> Result<String, String> {
        let tags = self
            .tags
            .iter()
            .map(|(key, value)| Tag::builder().key(*key).value(*value).build().unwrap());
        let call = aws_sdk_sts::Client::new(house.sdk_config(self.by))
            .assume_role()
            .role_arn(ACCESS_ROLE)
            .role_session_name(self.name)
            .set_source_identity(self.source.map(str::to_owned))
            .set_tags(Some(tags.collect()))
            .send();
        match Box::pin(call).await {
            Ok(answer) => Ok(answer.credentials.unwrap().access_key_id),
            Err(error) => Err(error.code().unwrap_or_default().to_owned()),
        }
    }
}

#[tokio::test]
async fn only_issue_and_only_for_one_request_of_one_person() {
    let (house, _) = house().await;
    assert!(Assumed::default().of(&house).await.is_ok());
    let as_deploy = Assumed {
        tags: vec![("postern:request", REQUEST), ("SSMSessionRunAs", "deploy")],
        ..Assumed::default()
    };
    assert!(as_deploy.of(&house).await.is_ok());
    let near_misses = [
        (
            "another function",
            Assumed {
                by: Function::Api,
                ..Assumed::default()
            },
        ),
        (
            "the sweeper",
            Assumed {
                by: Function::Sweeper,
                ..Assumed::default()
            },
        ),
        (
            "a name that is no request",
            Assumed {
                name: "anna",
                ..Assumed::default()
            },
        ),
        (
            "no person",
            Assumed {
                source: None,
                ..Assumed::default()
            },
        ),
        (
            "no request tag",
            Assumed {
                tags: vec![],
                ..Assumed::default()
            },
        ),
        (
            "a request tag that is no request",
            Assumed {
                tags: vec![("postern:request", "all")],
                ..Assumed::default()
            },
        ),
        (
            "a tag that nobody set",
            Assumed {
                tags: vec![
                    ("postern:request", REQUEST),
                    ("SSMSessionRunWith", "deploy"),
                ],
                ..Assumed::default()
            },
        ),
        (
            "root on the node by a tag",
            Assumed {
                tags: vec![("postern:request", REQUEST), ("SSMSessionRunAs", "root")],
                ..Assumed::default()
            },
        ),
    ];
    for (what, assumed) in near_misses {
        assert_eq!(
            assumed.of(&house).await,
            Err("AccessDenied".to_owned()),
            "{what}"
        );
    }
}

#[tokio::test]
async fn the_access_role_can_do_nothing_but_session_actions() {
    let (house, _) = house().await;
    // Without a session policy, which `issue` never does, so that the role itself is seen.
    let key = Assumed::default().of(&house).await.unwrap();
    let arn = |rest: &str| format!("arn:aws:ssm:ap-northeast-2:111122223333:{rest}");
    let table = [
        (
            "ssm:StartSession",
            "arn:aws:ec2:ap-northeast-2:111122223333:instance/i-0a1b2c3d4e5f60707".to_owned(),
            true,
        ),
        (
            "ssm:StartSession",
            "arn:aws:ec2:ap-northeast-2:444455556666:instance/i-0a1b2c3d4e5f60707".to_owned(),
            false,
        ),
        ("ssm:StartSession", arn("document/Postern-Shell-30"), true),
        (
            "ssm:StartSession",
            arn("document/SSM-SessionManagerRunShell"),
            false,
        ),
        (
            "ssm:StartSession",
            "arn:aws:ssm:ap-northeast-2::document/AWS-StartSSHSession".to_owned(),
            false,
        ),
        (
            "ssm:TerminateSession",
            arn(&format!("session/{REQUEST}-0a1b2c3d4e5f6a7b8")),
            true,
        ),
        (
            "ssm:TerminateSession",
            arn("session/anna-0a1b2c3d4e5f6a7b8"),
            false,
        ),
        ("ssm:DescribeSessions", "*".to_owned(), false),
        ("ssm:SendCommand", arn("document/AWS-RunShellScript"), false),
        ("ssm:GetParameter", arn("parameter/secret"), false),
        ("sts:AssumeRole", ACCESS_ROLE.to_owned(), false),
        (
            "s3:GetObject",
            "arn:aws:s3:::postern-session-logs/sessions/some.log".to_owned(),
            false,
        ),
        (
            "dynamodb:GetItem",
            "arn:aws:dynamodb:ap-northeast-2:111122223333:table/postern".to_owned(),
            false,
        ),
        ("ec2:RunInstances", "*".to_owned(), false),
    ];
    for (action, resource, expected) in table {
        let found = house
            .world()
            .may(&key, &Demand::new(action, &resource))
            .is_ok();
        assert_eq!(found, expected, "{action} on {resource}");
    }
}
