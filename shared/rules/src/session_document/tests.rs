use proptest::prelude::*;

use super::*;

fn spec(key: Option<&KeyId>) -> DocumentSpec<'_> {
    DocumentSpec {
        log_bucket: "postern-logs",
        log_prefix: "sessions",
        kms_key: key,
    }
}

fn every_sort() -> Vec<SessionDocument> {
    let others = [
        SessionDocument::Port {
            host: "db.internal".parse().unwrap(),
            port: NonZeroU16::new(5432).unwrap(),
        },
        SessionDocument::Ssh,
    ];
    let of_users = User::ALL.into_iter().flat_map(|user| {
        let command = SessionDocument::Command {
            name: "restart-nginx".parse().unwrap(),
            line: "sudo systemctl restart nginx".parse().unwrap(),
            user,
        };
        SessionDocument::shells(user).chain([command])
    });
    of_users.chain(others).collect()
}

fn document_for(kind: &AccessKind, seconds: u64) -> String {
    let duration = GrantDuration::from_seconds(seconds).unwrap();
    SessionDocument::for_access(kind, duration, User::Usual).to_string()
}

#[test]
fn a_shell_gets_the_lowest_rung_that_covers_it() {
    for (seconds, name) in [
        (15, "Postern-Shell-15"),
        (900, "Postern-Shell-15"),
        (901, "Postern-Shell-30"),
        (3_600, "Postern-Shell-60"),
        (7_200, "Postern-Shell-120"),
        (14_400, "Postern-Shell-240"),
        (14_401, "Postern-Shell-480"),
        (28_800, "Postern-Shell-480"),
    ] {
        assert_eq!(
            document_for(&AccessKind::Shell {}, seconds),
            name,
            "{seconds}"
        );
    }
}

#[test]
fn an_ask_and_its_document_have_one_name() {
    let kinds = [
        r#"{"type":"command","name":"restart-nginx"}"#,
        r#"{"type":"port","host":"db.internal","port":5432}"#,
        r#"{"type":"ssh"}"#,
    ];
    let of_asks: Vec<String> = kinds
        .iter()
        .map(|kind| document_for(&serde_json::from_str(kind).unwrap(), 60))
        .collect();
    let of_documents: Vec<String> = every_sort()
        .iter()
        .map(|document| document.name().to_string())
        .filter(|name| !name.starts_with("Postern-Shell") && !name.contains("As-"))
        .collect();
    assert_eq!(of_asks, of_documents);
    assert_eq!(
        of_asks,
        [
            "Postern-Command-restart-nginx",
            "Postern-Port-db.internal-5432",
            "Postern-Ssh"
        ]
    );
}

#[test]
fn no_document_takes_a_parameter_that_gives_power() {
    for document in every_sort() {
        let content = document.content(&spec(None));
        let parameters = content.get("parameters").cloned().unwrap_or_default();
        let names: Vec<&String> = parameters
            .as_object()
            .map(|map| map.keys().collect())
            .unwrap_or_default();
        match document {
            SessionDocument::Port { .. } => assert_eq!(names, ["localPortNumber"]),
            SessionDocument::Shell(..) | SessionDocument::Command { .. } | SessionDocument::Ssh => {
                assert!(names.is_empty(), "{content}");
                assert!(!content.to_string().contains("{{"), "{content}");
            }
        }
    }
}

#[test]
fn every_document_bounds_its_sessions() {
    for document in every_sort() {
        let content = document.content(&spec(None));
        assert_eq!(content["schemaVersion"], "1.0");
        let inputs = &content["inputs"];
        let minutes: u16 = inputs["maxSessionDuration"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap();
        assert!((1..=999).contains(&minutes), "{minutes}");
        assert_eq!(inputs["idleSessionTimeout"], "20");
        // The schema requires these four.
        assert_eq!(inputs["s3EncryptionEnabled"], true);
        assert_eq!(inputs["cloudWatchEncryptionEnabled"], true);
        assert_eq!(inputs["cloudWatchStreamingEnabled"], false);
        // Whoever asks for a user gets no session as the usual one: there is no default.
        let as_named = document.name().as_str().contains("As-");
        assert_eq!(inputs["runAsEnabled"], as_named);
        assert_eq!(inputs.get("runAsDefaultUser"), None);
    }
}

#[test]
fn what_can_be_logged_is_and_the_rest_names_no_bucket() {
    let key: KeyId = "11111111-2222-3333-4444-555555555555".parse().unwrap();
    for document in every_sort() {
        let content = document.content(&spec(Some(&key)));
        let inputs = &content["inputs"];
        let logged = (
            inputs["s3BucketName"].clone(),
            inputs["s3KeyPrefix"].clone(),
        );
        match document {
            SessionDocument::Shell(..) | SessionDocument::Command { .. } => {
                assert_eq!(logged, ("postern-logs".into(), "sessions".into()));
                assert_eq!(inputs["kmsKeyId"], key.as_str());
            }
            SessionDocument::Port { .. } | SessionDocument::Ssh => {
                assert_eq!(logged, ("".into(), "".into()));
                assert_eq!(inputs.get("kmsKeyId"), None);
            }
        }
    }
}

#[test]
fn a_shell_document_reads_so() {
    let content = SessionDocument::Shell(
        Rung::covering(GrantDuration::from_seconds(60).unwrap()),
        User::Usual,
    )
    .content(&spec(None));
    assert_eq!(
        content,
        json!({
            "schemaVersion": "1.0",
            "description": "Postern: a shell for at most 15 minutes",
            "sessionType": "Standard_Stream",
            "inputs": {
                "s3BucketName": "postern-logs",
                "s3KeyPrefix": "sessions",
                "s3EncryptionEnabled": true,
                "cloudWatchLogGroupName": "",
                "cloudWatchEncryptionEnabled": true,
                "cloudWatchStreamingEnabled": false,
                "runAsEnabled": false,
                "idleSessionTimeout": "20",
                "maxSessionDuration": "15",
            },
        })
    );
}

#[test]
fn a_port_document_pins_host_and_port() {
    let document = SessionDocument::Port {
        host: "db.internal".parse().unwrap(),
        port: NonZeroU16::new(5432).unwrap(),
    };
    assert_eq!(
        document.content(&spec(None))["properties"],
        json!({
            "type": "LocalPortForwarding",
            "host": "db.internal",
            "portNumber": "5432",
            "localPortNumber": "{{ localPortNumber }}",
        })
    );
}

#[test]
fn a_command_line_holds_no_parameter() {
    for bad in ["", " ", "rm {{ path }}", "two\nlines", "{{"] {
        assert!(bad.parse::<CommandLine>().is_err(), "{bad:?}");
    }
    assert!(
        "awk '{ print $1 }' /var/log/x | head"
            .parse::<CommandLine>()
            .is_ok()
    );
}

proptest! {
    #![proptest_config(crate::seeded::cases(256))]

    #[test]
    fn every_ask_has_a_document_and_no_two_destinations_share_one(
        name in "[a-z0-9-]{1,64}",
        host in "[a-z][a-z0-9]{0,20}(-[a-z0-9]{1,20})?(\\.[a-z][a-z0-9-]{0,15}[a-z0-9]){0,2}",
        ports in (1_u16.., 1_u16..),
        seconds in 15_u64..=28_800,
    ) {
        let duration = GrantDuration::from_seconds(seconds).unwrap();
        let rung = Rung::covering(duration);
        prop_assert!(u32::from(rung.minutes()) * 60 >= duration.seconds());
        let command = AccessKind::Command { name: name.parse().unwrap() };
        let document = SessionDocument::for_access(&command, duration, User::Usual);
        prop_assert_eq!(document.as_str(), format!("Postern-Command-{name}"));
        let document = SessionDocument::for_access(&command, duration, User::Named);
        prop_assert_eq!(document.as_str(), format!("Postern-CommandAs-{name}"));

        let host: Host = host.parse().unwrap();
        let port = |port| AccessKind::Port {
            host: host.clone(),
            port: NonZeroU16::new(port).unwrap(),
        };
        let one = SessionDocument::for_access(&port(ports.0), duration, User::Usual);
        let other = SessionDocument::for_access(&port(ports.1), duration, User::Usual);
        prop_assert_eq!(one == other, ports.0 == ports.1);
    }
}

/// What the templates of a deployment are held against (checks/template).
const FACTS: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../checks/template/facts/session-documents.json"
);

/// Every document that the templates offer with all of their options, as `key` makes it.
fn offered(key: Option<&KeyId>) -> Value {
    let spec = DocumentSpec {
        log_bucket: "postern-session-logs",
        log_prefix: "sessions",
        kms_key: key,
    };
    let shells = User::ALL.into_iter().flat_map(SessionDocument::shells);
    let commands = User::ALL.into_iter().map(|user| SessionDocument::Command {
        name: "disk-usage".parse().unwrap(),
        line: "df -h".parse().unwrap(),
        user,
    });
    let forward = SessionDocument::Port {
        host: "localhost".parse().unwrap(),
        port: NonZeroU16::new(5432).unwrap(),
    };
    let documents = shells
        .chain(commands)
        .chain([forward, SessionDocument::Ssh]);
    documents
        .map(|document| (document.name().to_string(), document.content(&spec)))
        .collect::<Map<_, _>>()
        .into()
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "what the templates are held against is a file that the test may write"
)]
fn the_templates_are_held_against_these_documents() {
    let key: KeyId = "0f7a3c5e-1b2d-4e6f-8a9b-0c1d2e3f4a5b".parse().unwrap();
    let said = json!({"without_key": offered(None), "with_key": offered(Some(&key))});
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        let text = serde_json::to_string_pretty(&said).unwrap();
        std::fs::write(FACTS, text + "\n").unwrap();
    }
    let written = std::fs::read_to_string(FACTS).unwrap_or_default();
    assert_eq!(
        serde_json::from_str::<Value>(&written).ok(),
        Some(said),
        "run with UPDATE_GOLDEN=1 if this is meant"
    );
}
