use serde_json::json;

use super::*;
use crate::ssm::owned;

pub(in crate::ssm) fn shell(bucket: &str, minutes: &str) -> Value {
    json!({
        "schemaVersion": "1.0",
        "description": "a shell",
        "sessionType": "Standard_Stream",
        "inputs": {
            "s3BucketName": bucket,
            "s3KeyPrefix": "jit",
            "s3EncryptionEnabled": true,
            "cloudWatchLogGroupName": "",
            "cloudWatchEncryptionEnabled": true,
            "cloudWatchStreamingEnabled": false,
            "runAsEnabled": false,
            "idleSessionTimeout": "20",
            "maxSessionDuration": minutes,
        },
    })
}

fn code(content: &Value) -> String {
    match Schema::read(&content.to_string()) {
        Ok(_) => "ok".to_owned(),
        Err(error) => error.code.into_owned(),
    }
}

#[test]
fn a_shell_document_says_where_its_log_goes_and_how_long_it_lasts() {
    let schema = Schema::read(&shell("logs", "60").to_string()).unwrap();
    assert_eq!(schema.session_type, SessionType::StandardStream);
    assert_eq!(
        schema.inputs,
        Inputs {
            s3_bucket: "logs".to_owned(),
            s3_prefix: "jit".to_owned(),
            s3_encrypted: true,
            max_minutes: Some(60),
            idle_minutes: Some(20),
        }
    );
}

#[test]
fn the_maximum_follows_the_services_own_pattern() {
    let good = [
        "", "1", "9", "10", "480", "999", "1000", "1039", "1100", "1439", "1440",
    ];
    let bad = [
        "0",
        "01",
        "1040",
        "1099",
        "1399",
        "1441",
        "1500",
        "2000",
        "60m",
        "{{ max }}",
        " 60",
    ];
    for minutes in good {
        assert_eq!(code(&shell("logs", minutes)), "ok", "{minutes}");
    }
    for minutes in bad {
        assert_eq!(
            code(&shell("logs", minutes)),
            "InvalidDocumentContent",
            "{minutes}"
        );
    }
}

#[test]
fn the_idle_timeout_is_a_text_of_1_to_60() {
    for (minutes, expected) in [
        (json!("1"), "ok"),
        (json!("60"), "ok"),
        (json!("61"), "InvalidDocumentContent"),
        (json!("0"), "InvalidDocumentContent"),
        (json!("+5"), "InvalidDocumentContent"),
        (json!(20), "InvalidDocumentContent"),
    ] {
        let mut document = shell("logs", "60");
        document["inputs"]["idleSessionTimeout"] = minutes.clone();
        assert_eq!(code(&document), expected, "{minutes}");
    }
}

#[test]
fn what_the_schema_does_not_know_or_misses_is_refused() {
    type Change = fn(&mut Value);
    let changes: [(&str, Change); 9] = [
        ("InvalidDocumentSchemaVersion", |document| {
            document["schemaVersion"] = json!("2.2")
        }),
        ("InvalidDocumentContent", |document| {
            document["sessionType"] = json!("Shell")
        }),
        ("InvalidDocumentContent", |document| {
            document["extra"] = json!(1)
        }),
        ("InvalidDocumentContent", |document| {
            document["inputs"]["extra"] = json!("1")
        }),
        ("InvalidDocumentContent", |document| {
            document["inputs"]["runAsEnabled"] = json!("no")
        }),
        ("InvalidDocumentContent", |document| {
            document["inputs"]["s3BucketName"] = json!(null)
        }),
        ("InvalidDocumentContent", |document| {
            document.as_object_mut().unwrap().remove("inputs");
        }),
        ("InvalidDocumentContent", |document| {
            document["inputs"]
                .as_object_mut()
                .unwrap()
                .remove("runAsEnabled");
        }),
        ("InvalidDocumentContent", |document| {
            document["inputs"]["s3KeyPrefix"] = json!("{{ undeclared }}");
        }),
    ];
    for (expected, change) in changes {
        let mut document = shell("logs", "60");
        change(&mut document);
        assert_eq!(code(&document), expected, "{document}");
    }
    assert_eq!(
        Schema::read("[]").unwrap_err().code,
        "InvalidDocumentContent"
    );
    let large = shell(&"x".repeat(65 * 1024), "60").to_string();
    assert_eq!(
        Schema::read(&large).unwrap_err().code,
        "MaxDocumentSizeExceeded"
    );
}

#[test]
fn ports_and_commands_need_their_properties() {
    let document = |kind: &str, properties: Value| json!({ "schemaVersion": "1.0", "sessionType": kind, "properties": properties });
    let port = json!({ "portNumber": "5432", "type": "LocalPortForwarding", "host": "db" });
    assert_eq!(code(&document("Port", port.clone())), "ok");
    assert_eq!(
        code(&document("Port", json!({ "host": "db" }))),
        "InvalidDocumentContent"
    );
    assert_eq!(
        code(&document("Port", json!({ "portNumber": 22 }))),
        "InvalidDocumentContent"
    );
    let command = json!({ "linux": { "commands": "uptime" } });
    assert_eq!(code(&document("InteractiveCommands", command)), "ok");
    assert_eq!(
        code(&document("InteractiveCommands", port)),
        "InvalidDocumentContent"
    );
}

#[test]
fn every_session_document_that_is_there_from_the_start_is_in_order() {
    for name in owned::NAMES.into_iter().chain([owned::DEFAULT_DOCUMENT]) {
        let expected = match name {
            owned::COMMAND_DOCUMENT => "InvalidDocumentSchemaVersion",
            _ => "ok",
        };
        assert_eq!(code(&owned::content(name).unwrap()), expected, "{name}");
    }
}

#[test]
fn parameters_are_held_to_their_declaration() {
    let content = owned::content("AWS-StartPortForwardingSessionToRemoteHost").unwrap();
    let schema = Schema::read(&content.to_string()).unwrap();
    let bind = |name: &str, values: &[&str]| {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        schema
            .bind(&BTreeMap::from([(name.to_owned(), values)]))
            .map(|_| ())
    };
    assert!(bind("portNumber", &["65535"]).is_ok());
    for (name, values) in [
        ("portNumber", &["65536"][..]),
        ("portNumber", &["22; rm"]),
        ("portNumber", &["22", "23"]),
        ("portNumber", &[]),
        ("port", &["22"]),
    ] {
        assert_eq!(
            bind(name, values).unwrap_err().code,
            "ValidationException",
            "{values:?}"
        );
    }
    let command = owned::content("AWS-StartInteractiveCommand").unwrap();
    let command = Schema::read(&command.to_string()).unwrap();
    assert_eq!(
        command.bind(&BTreeMap::new()).unwrap_err().code,
        "ValidationException"
    );
}

#[test]
fn the_agent_puts_parameters_into_the_log_prefix() {
    let mut document = shell("logs", "60");
    document["parameters"] = json!({ "team": { "type": "String", "default": "all" } });
    document["inputs"]["s3KeyPrefix"] = json!("jit/{{team}}/{{ team }}/x");
    let schema = Schema::read(&document.to_string()).unwrap();
    assert_eq!(
        schema.bind(&BTreeMap::new()).unwrap().s3_prefix,
        "jit/all/all/x"
    );
    let given = BTreeMap::from([("team".to_owned(), vec!["ops".to_owned()])]);
    assert_eq!(schema.bind(&given).unwrap().s3_prefix, "jit/ops/ops/x");
}
