use super::*;

fn create(world: &World, name: &str, content: &str) -> Result<Value, AwsError> {
    let body = json!({
        "Name": name,
        "Content": content,
        "DocumentType": "Session",
        "DocumentFormat": "JSON",
        "Tags": [{ "Key": "Owner", "Value": "sre" }],
    });
    ask(world, "CreateDocument", body)
}

#[test]
fn a_document_that_was_made_can_be_read_and_used() {
    let world = world();
    let content = shell("logs", "15").to_string();
    let made = create(&world, "Shell-15", &content).unwrap();
    assert_eq!(made["DocumentDescription"]["DocumentType"], "Session");
    let got = ask(&world, "GetDocument", json!({ "Name": "Shell-15" })).unwrap();
    assert_eq!(got["Content"], content);
    assert_eq!(got["DocumentVersion"], "1");
    let told = ask(&world, "DescribeDocument", json!({ "Name": "Shell-15" })).unwrap();
    assert_eq!(told["Document"]["Owner"], ACCOUNT);
    assert_eq!(told["Document"]["HashType"], "Sha256");
    assert_eq!(
        world
            .session(&open(&world, "Shell-15"))
            .unwrap()
            .max_minutes,
        Some(15)
    );
    let arn = "arn:aws:ssm:ap-northeast-2:111122223333:document/Shell-15";
    assert_eq!(world.tags_of(arn)["Owner"], "sre");
}

#[test]
fn documents_that_cannot_be_made_are_refused() {
    let world = world();
    let good = shell("logs", "15").to_string();
    for (name, content, expected) in [
        ("Shell-60", good.as_str(), "DocumentAlreadyExists"),
        ("AWS-Mine", &good, "ValidationException"),
        ("amazonian", &good, "ValidationException"),
        ("a b", &good, "ValidationException"),
        ("Shell-15", "{}", "InvalidDocumentSchemaVersion"),
        ("Shell-15", "no", "InvalidDocumentContent"),
    ] {
        assert_eq!(code(create(&world, name, content)), expected, "{name}");
    }
    let command = json!({ "Name": "Shell-15", "Content": good });
    assert_eq!(
        code(ask(&world, "CreateDocument", command)),
        "ValidationException"
    );
    let bad = world
        .add_document("Shell-15", &json!({}), REGION)
        .unwrap_err();
    assert_eq!(bad.code, "InvalidDocumentSchemaVersion");
}

#[test]
fn what_is_not_there_cannot_be_read() {
    let world = world();
    for operation in ["GetDocument", "DescribeDocument"] {
        assert_eq!(
            code(ask(&world, operation, json!({ "Name": "Unknown" }))),
            "InvalidDocument"
        );
        let second = json!({ "Name": "Shell-60", "DocumentVersion": "2" });
        assert_eq!(
            code(ask(&world, operation, second)),
            "InvalidDocumentVersion"
        );
    }
}

#[test]
fn documents_are_listed_by_owner_and_name_in_pages() {
    let world = world();
    world
        .add_document("Shell-15", &shell("logs", "15"), REGION)
        .unwrap();
    let names = |answer: &Value| -> Vec<String> {
        let list = answer["DocumentIdentifiers"].as_array().unwrap();
        list.iter()
            .map(|one| one["Name"].as_str().unwrap().to_owned())
            .collect()
    };
    let list =
        |filter: Value| ask(&world, "ListDocuments", json!({ "Filters": [filter] })).unwrap();
    let own = list(json!({ "Key": "Owner", "Values": ["Self"] }));
    assert_eq!(names(&own), ["Shell-15", "Shell-60"]);
    let ports = list(json!({ "Key": "Name", "Values": ["AWS-StartPort"] }));
    assert_eq!(
        names(&ports),
        [
            "AWS-StartPortForwardingSession",
            "AWS-StartPortForwardingSessionToRemoteHost"
        ]
    );
    let first = ask(&world, "ListDocuments", json!({ "MaxResults": 1 })).unwrap();
    let token = first["NextToken"].clone();
    let rest = ask(&world, "ListDocuments", json!({ "NextToken": token })).unwrap();
    assert_eq!(names(&first).len() + names(&rest).len(), 7);
    assert!(rest.get("NextToken").is_none());
    let unknown = json!({ "Filters": [{ "Key": "Colour", "Values": ["red"] }] });
    assert_eq!(
        code(ask(&world, "ListDocuments", unknown)),
        "InvalidFilterKey"
    );
}
