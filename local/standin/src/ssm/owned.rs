//! The documents that are there without anybody having made them: AWS's own, and the account's
//! preferences as they are before anybody has changed them.

use serde_json::{Value, json};

/// The document of a session that names none.
pub(super) const DEFAULT_DOCUMENT: &str = "SSM-SessionManagerRunShell";

/// The names of AWS's own documents.
pub(super) const NAMES: [&str; 5] = [
    "AWS-StartSSHSession",
    "AWS-StartPortForwardingSession",
    "AWS-StartPortForwardingSessionToRemoteHost",
    "AWS-StartInteractiveCommand",
    COMMAND_DOCUMENT,
];

/// The one document here that is not of type Session; no session can be opened with it.
pub(super) const COMMAND_DOCUMENT: &str = "AWS-RunShellScript";

const PORT: &str =
    "([1-9]|[1-9][0-9]{1,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])";

/// The content of a document that nobody made; `None` for a name that is not one of theirs.
pub(super) fn content(name: &str) -> Option<Value> {
    let port = |default: &str, zero: bool| {
        let pattern = if zero {
            format!("^(0|{PORT})$")
        } else {
            format!("^{PORT}$")
        };
        json!({ "type": "String", "default": default, "allowedPattern": pattern })
    };
    Some(match name {
        "AWS-StartSSHSession" => json!({
            "schemaVersion": "1.0",
            "description": "SSH to a node through Session Manager",
            "sessionType": "Port",
            "parameters": { "portNumber": port("22", false) },
            "properties": { "portNumber": "{{ portNumber }}" },
        }),
        "AWS-StartPortForwardingSession" => json!({
            "schemaVersion": "1.0",
            "description": "Forwards a port of a node",
            "sessionType": "Port",
            "parameters": {
                "portNumber": port("80", false),
                "localPortNumber": port("0", true),
            },
            "properties": {
                "type": "LocalPortForwarding",
                "portNumber": "{{ portNumber }}",
                "localPortNumber": "{{ localPortNumber }}",
            },
        }),
        "AWS-StartPortForwardingSessionToRemoteHost" => json!({
            "schemaVersion": "1.0",
            "description": "Forwards a port of a host that a node reaches",
            "sessionType": "Port",
            "parameters": {
                "host": {
                    "type": "String",
                    "default": "localhost",
                    "allowedPattern": "^[A-Za-z0-9._:-]{3,253}$",
                },
                "portNumber": port("80", false),
                "localPortNumber": port("0", true),
            },
            "properties": {
                "type": "LocalPortForwarding",
                "host": "{{ host }}",
                "portNumber": "{{ portNumber }}",
                "localPortNumber": "{{ localPortNumber }}",
            },
        }),
        "AWS-StartInteractiveCommand" => json!({
            "schemaVersion": "1.0",
            "description": "Runs one command with a terminal",
            "sessionType": "InteractiveCommands",
            "parameters": { "command": { "type": "String" } },
            "properties": {
                "linux": { "commands": "{{ command }}", "runAsElevated": false },
                "macos": { "commands": "{{ command }}", "runAsElevated": false },
                "windows": { "commands": "{{ command }}", "runAsElevated": false },
            },
        }),
        COMMAND_DOCUMENT => json!({
            "schemaVersion": "2.2",
            "description": "Runs a shell script",
            "parameters": { "commands": { "type": "StringList" } },
            "mainSteps": [{
                "action": "aws:runShellScript",
                "name": "runShellScript",
                "inputs": { "runCommand": "{{ commands }}" },
            }],
        }),
        DEFAULT_DOCUMENT => json!({
            "schemaVersion": "1.0",
            "description": "The preferences of Session Manager in this account and Region",
            "sessionType": "Standard_Stream",
            "inputs": {
                "s3BucketName": "",
                "s3KeyPrefix": "",
                "s3EncryptionEnabled": true,
                "cloudWatchLogGroupName": "",
                "cloudWatchEncryptionEnabled": true,
                "cloudWatchStreamingEnabled": true,
                "kmsKeyId": "",
                "runAsEnabled": false,
                "runAsDefaultUser": "",
                "idleSessionTimeout": "20",
                "maxSessionDuration": "",
                "shellProfile": { "windows": "", "linux": "" },
            },
        }),
        _ => return None,
    })
}
