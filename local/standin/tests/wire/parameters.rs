use aws_sdk_ssm::types::ParameterType as Kind;
use serde_json::json;
use standin::World;
use standin::iam::RoleSpec;
use standin::ssm::ParameterType;

use crate::reach::{self, code, inside};

const NAME: &str = "/postern/key";
const ARN: &str = "arn:aws:ssm:ap-northeast-2:111122223333:parameter/postern/key";

/// A client of a role that may read this one parameter.
fn reader(world: &World) -> aws_sdk_ssm::Client {
    let statement = json!({"Effect": "Allow", "Action": "ssm:GetParameter", "Resource": ARN});
    let policy = json!({"Version": "2012-10-17", "Statement": [statement]});
    world
        .add_role(RoleSpec {
            name: "Reader".to_owned(),
            managed: vec![policy.to_string()],
            ..RoleSpec::default()
        })
        .unwrap();
    let keys = world.function_credentials("Reader", "function").unwrap();
    aws_sdk_ssm::Client::new(&inside(world, keys))
}

#[tokio::test]
async fn a_secret_is_decrypted_for_whoever_asks_for_that() {
    let world = reach::world();
    let ssm = reader(&world);
    let secure = ParameterType::SecureString;
    assert_eq!(world.put_parameter(NAME, secure, "the first value"), 1);
    assert_eq!(world.put_parameter(NAME, secure, "the second value"), 2);
    let read = async |decrypted| {
        let call = ssm.get_parameter().name(NAME).with_decryption(decrypted);
        call.send().await.unwrap().parameter.unwrap()
    };
    let parameter = read(true).await;
    assert_eq!(parameter.value(), Some("the second value"));
    assert_eq!(parameter.arn(), Some(ARN));
    assert_eq!(parameter.r#type(), Some(&Kind::SecureString));
    assert_eq!(parameter.version(), 2);
    assert!(!read(false).await.value().unwrap().contains("value"));
    world.put_parameter(NAME, ParameterType::String, "a text");
    assert_eq!(read(false).await.value(), Some("a text"));
}

#[tokio::test]
async fn a_parameter_is_read_by_who_may_and_where_there_is_one() {
    let world = reach::world();
    let ssm = reader(&world);
    let read = async |name: &str| code(&ssm.get_parameter().name(name).send().await.unwrap_err());
    assert_eq!(read(NAME).await, "ParameterNotFound");
    world.put_parameter("/postern/other", ParameterType::String, "x");
    assert_eq!(read("/postern/other").await, "AccessDeniedException");
    assert_eq!(read("/postern/key/of").await, "AccessDeniedException");
    world.put_parameter(NAME, ParameterType::String, "x");
    assert!(ssm.get_parameter().name(NAME).send().await.is_ok());
    assert!(world.remove_parameter(NAME) && !world.remove_parameter(NAME));
    assert_eq!(read(NAME).await, "ParameterNotFound");
}

#[tokio::test]
async fn a_value_is_in_no_snapshot_and_no_journal() {
    let folder = std::env::temp_dir().join(format!("standin-parameters-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    let world = World::builder()
        .data_dir(Some(folder.clone()))
        .build()
        .unwrap();
    let ssm = reader(&world);
    world.put_parameter(NAME, ParameterType::SecureString, "canary-of-a-secret");
    let call = ssm.get_parameter().name(NAME).with_decryption(true);
    call.send().await.unwrap();
    let journal = format!("{:?}", world.journal());
    assert!(journal.contains("GetParameter") && !journal.contains("canary"));
    let mut files = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains("canary"), "{text}");
        files += 1;
    }
    assert!(files > 0);
    std::fs::remove_dir_all(&folder).unwrap();
}
