//! Several accounts and Regions: each reached by its operator role, each by itself.

mod doctor;

use std::time::Duration;

use aws_sdk_ssm::config::Region;
use postern_local::account::{ACCESS_ROLE, ACCOUNT, LOG_BUCKET, LOG_PREFIX, REGION};
use postern_local::people::Person::{Anna, Ben};
use rules::names::RequestId;
use rules::status::StatusWord;
use rules::wire::Credentials;
use serde_json::{Value, json};
use standin::Service;
use standin::faults::{FaultKind, FaultRule};
use standin::iam::RoleSpec;
use standin::s3::BucketSpec;
use standin::ssm::NodeSpec;

use crate::scene::{GRANT, Scene};

const MEMBER: &str = "444455556666";
const ELSEWHERE: &str = "us-east-1";
const NODE: &str = "i-0a1b2c3d4e5f60aaa";
const BUCKET: &str = "member-session-logs";
const EXTERNAL_ID: &str = "postern-4f1c";

fn role(name: &str) -> String {
    format!("arn:aws:iam::{MEMBER}:role/{name}")
}

fn places() -> String {
    json!([
        {
            "account": ACCOUNT, "region": REGION, "access_role": ACCESS_ROLE,
            "log_bucket": LOG_BUCKET, "log_prefix": LOG_PREFIX,
        },
        {
            "account": MEMBER, "region": ELSEWHERE, "access_role": role("Access"),
            "operator_role": role("Operator"), "external_id": EXTERNAL_ID,
            "log_bucket": BUCKET, "log_prefix": LOG_PREFIX,
        },
    ])
    .to_string()
}

/// What trusts these function roles, if they say the external id.
fn trust(functions: &[&str], actions: &[&str]) -> String {
    let arns: Vec<String> = functions
        .iter()
        .map(|name| format!("arn:aws:iam::{ACCOUNT}:role/postern/{name}"))
        .collect();
    let hears = json!({"StringEquals": {"sts:ExternalId": EXTERNAL_ID}});
    let mut statements = vec![json!({
        "Effect": "Allow", "Principal": {"AWS": arns}, "Action": "sts:AssumeRole", "Condition": hears,
    })];
    for action in actions {
        statements.push(json!({"Effect": "Allow", "Principal": {"AWS": arns}, "Action": action}));
    }
    json!({"Version": "2012-10-17", "Statement": statements}).to_string()
}

fn allow(actions: &[&str], resource: &str) -> String {
    json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": actions, "Resource": resource}
    ]})
    .to_string()
}

/// A deployment that serves another account as well, as its operators have set it up.
async fn scene() -> Scene {
    scene_with(&[]).await
}

async fn scene_with(settings: &[(&'static str, &str)]) -> Scene {
    let places = places();
    let settings: Vec<_> = [("POSTERN_PLACES", places.as_str())]
        .into_iter()
        .chain(settings.iter().copied())
        .collect();
    let scene = Scene::with(&settings).await;
    let world = scene.world();
    for (name, policy) in [
        (
            "PosternApi",
            include_str!("../../../local/run/roles/api.json"),
        ),
        (
            "PosternIssue",
            include_str!("../../../local/run/roles/issue.json"),
        ),
        (
            "PosternSweeper",
            include_str!("../../../local/run/roles/sweeper.json"),
        ),
        (
            "PosternChatops",
            include_str!("../../../local/run/roles/chatops.json"),
        ),
    ] {
        let mut managed = vec![policy.to_owned()];
        managed.push(allow(&["sts:AssumeRole"], &role("Operator")));
        if name == "PosternIssue" {
            let acts = ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"];
            managed.push(allow(&acts, &role("Access")));
        }
        let spec = RoleSpec {
            name: name.to_owned(),
            path: "/postern/".to_owned(),
            managed,
            ..RoleSpec::default()
        };
        world.add_role(spec).unwrap();
    }
    let operates = [
        "ssm:DescribeInstanceInformation",
        "ssm:ListTagsForResource",
        "tag:GetResources",
        "ssm:DescribeSessions",
        "ssm:TerminateSession",
        "s3:ListBucketVersions",
        "iam:GetRolePolicy",
        "iam:PutRolePolicy",
        "iam:DeleteRolePolicy",
    ];
    let opens = [
        "ssm:StartSession",
        "ssm:ResumeSession",
        "ssm:TerminateSession",
    ];
    for (name, trust, policy) in [
        (
            "Operator",
            trust(
                &[
                    "PosternApi",
                    "PosternChatops",
                    "PosternIssue",
                    "PosternSweeper",
                ],
                &[],
            ),
            allow(&operates, "*"),
        ),
        (
            "Access",
            trust(
                &["PosternIssue"],
                &["sts:TagSession", "sts:SetSourceIdentity"],
            ),
            allow(&opens, "*"),
        ),
    ] {
        let spec = RoleSpec {
            account: Some(MEMBER.to_owned()),
            name: name.to_owned(),
            trust,
            managed: vec![policy],
            ..RoleSpec::default()
        };
        world.add_role(spec).unwrap();
    }
    let spec = BucketSpec {
        versioning: true,
        owner: Some(MEMBER.to_owned()),
        region: Some(ELSEWHERE.to_owned()),
        ..BucketSpec::default()
    };
    world.create_bucket(BUCKET, spec);
    let node = NodeSpec {
        account: Some(MEMBER.to_owned()),
        region: Some(ELSEWHERE.to_owned()),
        ..NodeSpec::linux(NODE).tag("Env", "prod")
    };
    world.add_node(node);
    let terms = scene.house().config().terms();
    let place = terms
        .places
        .iter()
        .find(|place| place.account.as_str() == MEMBER);
    let spec = rules::session_document::DocumentSpec::from(place.unwrap());
    let users = rules::session_document::User::Usual;
    for document in rules::session_document::SessionDocument::shells(users) {
        let content = document.content(&spec);
        world
            .add_document_for(MEMBER, document.name().as_str(), &content, ELSEWHERE)
            .unwrap();
    }
    scene
}

impl Scene {
    /// A grant of Anna's on the node of the member account, with its credentials and a session.
    async fn far_away(&self) -> (RequestId, Credentials, String) {
        let ask: Value = json!({
            "targets": [format!("{MEMBER}/{ELSEWHERE}/{NODE}")],
            "kind": {"type": "shell"},
            "duration_seconds": GRANT.as_secs(),
            "reason": "disk full",
        });
        let id = self.as_(Anna).ask(&ask).await.must_be(201).id();
        self.as_(Ben).approve(id).await.must_be(200);
        let credentials = self.credentials(id).await;
        let config = aws_sdk_ssm::config::Builder::from(&self.aws(&credentials))
            .region(Region::new(ELSEWHERE))
            .build();
        let call = aws_sdk_ssm::Client::from_conf(config)
            .start_session()
            .target(NODE)
            .document_name(&credentials.document)
            .send();
        let session = Box::pin(call).await.unwrap().session_id.unwrap();
        (id, credentials, session)
    }

    fn is_over(&self, session: &str) -> bool {
        self.world().session(session).unwrap().status.is_over()
    }
}

#[tokio::test]
async fn a_grant_of_another_account_lives_and_ends_like_any_other() {
    let scene = scene().await;
    let (id, credentials, session) = scene.far_away().await;
    assert_eq!(credentials.region.as_str(), ELSEWHERE);
    scene.as_(Ben).does("revoke", id).await.must_be(200);
    scene.sweep().await;
    assert!(scene.is_over(&session));
    let closed = scene.settle(id).await;
    assert_eq!(closed.sessions[0].log.word().as_str(), "landed");
    let denied = scene.world().calls_of(Service::Iam, "PutRolePolicy");
    let operator = format!("arn:aws:sts::{MEMBER}:assumed-role/Operator/postern-operator");
    assert_eq!(denied[0].caller.as_deref(), Some(operator.as_str()));
    assert_eq!(denied[0].parameters["RoleName"], "Access");
    // Whoever only reads the inventory there may do no more.
    let looks = |call: &&standin::journal::JournalEntry| {
        call.parameters["RoleArn"] == role("Operator") && call.parameters.get("Policy").is_some()
    };
    let assumed = scene.world().calls_of(Service::Sts, "AssumeRole");
    assert!(assumed.iter().filter(looks).count() >= 2, "{assumed:?}");
}

#[tokio::test]
async fn an_instance_of_another_account_is_asked_for_in_chat_by_its_id_alone() {
    let scene = scene().await;
    let anna = scene.linked(crate::chat::ANNA, Anna).await;
    let said = scene
        .says(&anna, &format!("request {NODE} 30m disk full"))
        .await;
    assert!(said.contains("Asked."), "{said}");
    let listed = scene.says(&anna, "list").await;
    assert!(listed.contains("Waits for an answer"), "{listed}");
}

#[tokio::test]
async fn hybrid_nodes_of_another_account_are_listed_with_their_own_tags() {
    let scene = scene().await;
    let node = NodeSpec {
        account: Some(MEMBER.to_owned()),
        region: Some(ELSEWHERE.to_owned()),
        ..NodeSpec::linux("mi-0fedcba9876543210")
            .tag("Name", "rack-9")
            .tag("Env", "prod")
    };
    scene.world().add_node(node);
    let listed = scene.as_(Anna).get("/v1/targets").await.must_be(200);
    assert!(listed.text().contains("rack-9"), "{}", listed.text());
}

#[tokio::test]
async fn what_is_more_than_a_place_has_hands_for_is_left_oldest_first_and_hides_nothing_elsewhere()
{
    let policy = r#"@id("at-once") @auto("true") @max_duration("1h")
        permit (principal, action, resource) when { resource.hasTag("Env") };"#;
    let scene = scene_with(&[("POSTERN_POLICY", policy)]).await;
    let anna = scene.as_(Anna);
    let granted = async |target: String| {
        let ask: Value = json!({
            "targets": [target], "kind": {"type": "shell"},
            "duration_seconds": GRANT.as_secs(), "reason": "disk full",
        });
        let id = anna.ask(&ask).await.must_be(201).id();
        anna.does("credentials", id).await.must_be(200);
        scene.advance(Duration::from_millis(10));
        id
    };
    let mut far = Vec::new();
    for _ in 0..205 {
        far.push(granted(format!("{MEMBER}/{ELSEWHERE}/{NODE}")).await);
    }
    let near = granted(crate::scene::target(postern_local::account::WEB_7)).await;
    scene.advance(GRANT + Duration::from_secs(40));
    let report = scene.sweep().await;
    // All have ended; what is to be looked at over there is more than the run takes in hand.
    assert_eq!((report.events["ended"], report.due), (206, 206));
    assert_eq!(report.backlog, 5, "{report:?}");
    assert_eq!(scene.status(near).await, StatusWord::Closed);
    for (n, id) in far.iter().enumerate() {
        let left = n >= 200;
        assert_eq!(scene.status(*id).await == StatusWord::Ending, left, "{n}");
    }
    let report = scene.sweep().await;
    assert_eq!((report.backlog, report.events["closed"]), (0, 5));
}

#[tokio::test]
async fn an_account_that_cannot_be_reached_delays_its_own_work_only_and_is_told() {
    for kind in [
        FaultKind::Fail {
            status: 403,
            code: "AccessDenied".to_owned(),
        },
        FaultKind::Hang,
    ] {
        let scene = scene().await;
        let (id, _, far) = scene.far_away().await;
        let (near, credentials) = scene.active().await;
        let session = scene.opened(&credentials).await;
        for id in [id, near] {
            scene.as_(Ben).does("revoke", id).await.must_be(200);
        }
        // As if the role were gone, or nobody answered: for all that is called there.
        let sts = FaultRule::always(Service::Sts, "AssumeRole", kind.clone());
        let sts = sts.body_contains("Operator");
        let ssm = FaultRule::always(Service::Ssm, "DescribeSessions", kind);
        let rules =
            [sts, ssm.body_contains("\u{0}")].map(|rule| scene.world().faults().inject(rule));
        // The credentials of the operator role that the sweeper has are over.
        scene.advance(Duration::from_secs(60));
        let began = std::time::Instant::now();
        let report = scene.sweep_in_trouble().await;
        assert!(scene.is_over(&session), "{report:?}");
        assert!(!scene.is_over(&far));
        assert!(!report.troubles.is_empty());
        assert!(began.elapsed() < Duration::from_secs(60));
        for rule in rules {
            scene.world().faults().remove(rule);
        }
        scene.advance(Duration::from_secs(10));
        scene.sweep().await;
        assert!(scene.is_over(&far));
        scene.settle(near).await;
        scene.settle(id).await;
        assert_eq!(scene.status(id).await, StatusWord::Closed);
    }
}
