//! Postern's own session documents: their names and their contents, from one place.
//!
//! A session document decides what a session may do and for how long, whatever the account's
//! preferences say: the agent uses the document's own `inputs` (AWS-FACTS 0.3). So Postern never
//! opens a session with a document that it did not write. Whatever gives power is fixed in the
//! document and nothing is a parameter, with one exception: the local port of a forward, which is
//! chosen and used on the person's own machine.
//!
//! - **Shells** come in a ladder of maximum durations, because the service enforces
//!   `maxSessionDuration` per document and is not known to take it as a parameter (AWS-FACTS 2.13).
//!   A grant gets the lowest rung that covers it, so Session Manager ends a forgotten session even
//!   when Postern is down.
//! - **Commands, ports and SSH** carry the ladder's highest rung: a backstop only. Whether the
//!   service applies it to port sessions is not confirmed; the sweeper ends them either way.
//! - **Another user** than the usual one is named by the credentials, as a session tag, and not by
//!   the document (AWS-FACTS 1.17). Documents of a ladder of their own ask for such a tag; without
//!   one their sessions do not start, so nobody gets in as the usual user instead.
//! - **Logging** is forced for what can be logged, with an encrypted bucket as a condition of the
//!   session's start (AWS-FACTS 3.3). Port and SSH sessions are never logged (AWS-FACTS 0.6); their
//!   documents name no bucket, so that nothing suggests a log.

use std::num::NonZeroU16;

use serde_json::{Map, Value, json};

use crate::ask::Ask;
use crate::names::text::is_plain;
use crate::names::{
    AccessKind, CommandName, DocumentName, GrantDuration, Host, KeyId, made_of, text_name,
};
use crate::place::Place;
use crate::route::Route;

#[cfg(test)]
mod tests;

text_name!(
    /// The command line of a command document: 1 to 1,000 plain characters, without `{{`, which
    /// Session Manager would read as a parameter.
    CommandLine,
    "a command line of 1 to 1000 plain characters, without `{{`",
    |text| made_of(text, 1, 1_000, is_plain) && !text.trim().is_empty() && !text.contains("{{")
);

/// One rung of the ladder of shell documents: a maximum duration in whole minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rung(u16);

impl Rung {
    /// The highest rung.
    pub const HIGHEST: Self = Self(480);
    /// The ladder, from the lowest rung to the highest.
    ///
    /// All have at most three digits: the service's own pattern for the value skips some numbers
    /// between 1040 and 1399, and accepts every one below 1000.
    pub const ALL: [Self; 6] = [
        Self(15),
        Self(30),
        Self(60),
        Self(120),
        Self(240),
        Self::HIGHEST,
    ];

    /// The lowest rung that covers the duration.
    #[must_use]
    pub fn covering(duration: GrantDuration) -> Self {
        Self::ALL
            .into_iter()
            .find(|rung| rung.seconds() >= duration.seconds())
            .unwrap_or(Self::HIGHEST)
    }

    /// Its maximum duration in minutes.
    #[must_use]
    pub fn minutes(self) -> u16 {
        self.0
    }

    fn seconds(self) -> u32 {
        u32::from(self.0) * 60
    }
}

// INVARIANT: every grant fits the ladder, so `covering` always finds a rung.
const _: () = assert!(GrantDuration::MOST == Rung::HIGHEST.0 as u32 * 60);

/// What the documents of one account and Region have in common.
#[derive(Debug, Clone, Copy)]
pub struct DocumentSpec<'a> {
    /// The bucket that logs land in.
    pub log_bucket: &'a str,
    /// The folder in the bucket, without slashes at its ends; may be empty.
    pub log_prefix: &'a str,
    /// The key that session traffic is encrypted with, where there is one.
    pub kms_key: Option<&'a KeyId>,
}

impl<'a> From<&'a Place> for DocumentSpec<'a> {
    fn from(place: &'a Place) -> Self {
        Self {
            log_bucket: &place.log_bucket,
            log_prefix: &place.log_prefix,
            kms_key: place.session_key.as_ref(),
        }
    }
}

/// The operating system's user that a session runs as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum User {
    /// `ssm-user`, who may become root (AWS-FACTS 2.14).
    Usual,
    /// The one whom the credentials name.
    Named,
}

impl User {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Usual, Self::Named];

    /// What it adds to the name of a document.
    fn suffix(self) -> &'static str {
        match self {
            Self::Usual => "",
            Self::Named => "As",
        }
    }
}

/// One of Postern's session documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionDocument {
    /// `Postern-Shell-<minutes>`, or `Postern-ShellAs-<minutes>`.
    Shell(Rung, User),
    /// `Postern-Command-<name>`, or `Postern-CommandAs-<name>`; for Linux and macOS.
    Command {
        /// Its name.
        name: CommandName,
        /// What it runs.
        line: CommandLine,
        /// As whom.
        user: User,
    },
    /// `Postern-Port-<host>-<port>`.
    Port {
        /// Where the forward leads, as seen from the instance.
        host: Host,
        /// The port there.
        port: NonZeroU16,
    },
    /// `Postern-Ssh`.
    Ssh,
}

impl SessionDocument {
    /// Minutes without input after which a session ends (AWS-FACTS 2.13).
    const IDLE_MINUTES: u16 = 20;

    /// The shell documents of a user, from the lowest rung to the highest.
    pub fn shells(user: User) -> impl Iterator<Item = Self> {
        Rung::ALL
            .into_iter()
            .map(move |rung| Self::Shell(rung, user))
    }

    /// The document that a grant of this ask and route opens its sessions with.
    ///
    /// It covers whatever the grant may become by extension: the maximum of a session is that of the
    /// document it began with, and a session goes on when its grant is extended.
    #[must_use]
    pub fn for_grant(ask: &Ask, route: &Route) -> DocumentName {
        let longest = route.extendable_to.unwrap_or(ask.duration_seconds);
        let user = match route.run_as {
            Some(_) => User::Named,
            None => User::Usual,
        };
        Self::for_access(&ask.kind, longest, user)
    }

    /// The document of access of this kind, duration and user.
    #[must_use]
    pub fn for_access(kind: &AccessKind, duration: GrantDuration, user: User) -> DocumentName {
        match kind {
            AccessKind::Shell {} => shell(Rung::covering(duration), user),
            AccessKind::Command { name } => command(name, user),
            AccessKind::Port { host, port } => forward(host, *port),
            AccessKind::Ssh {} => ssh(),
        }
    }

    /// Every document that grants of this kind and user may open their sessions with.
    #[must_use]
    pub fn names_for(kind: &AccessKind, user: User) -> Vec<DocumentName> {
        match kind {
            AccessKind::Shell {} => Self::shells(user).map(|shell| shell.name()).collect(),
            AccessKind::Command { name } => vec![command(name, user)],
            AccessKind::Port { host, port } => vec![forward(host, *port)],
            AccessKind::Ssh {} => vec![ssh()],
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> DocumentName {
        match self {
            Self::Shell(rung, user) => shell(*rung, *user),
            Self::Command {
                name,
                line: _,
                user,
            } => command(name, *user),
            Self::Port { host, port } => forward(host, *port),
            Self::Ssh => ssh(),
        }
    }

    /// Its content: a session document of schema version 1.0 (AWS-FACTS 3.8), to be created with
    /// the document type `Session`.
    #[must_use]
    pub fn content(&self, spec: &DocumentSpec<'_>) -> Value {
        match self {
            Self::Shell(rung, user) => json!({
                "schemaVersion": "1.0",
                "description": format!("Postern: a shell for at most {} minutes", rung.minutes()),
                "sessionType": "Standard_Stream",
                "inputs": inputs(Some(spec), *rung, *user),
            }),
            Self::Command { name, line, user } => json!({
                "schemaVersion": "1.0",
                "description": format!("Postern: the fixed command {name}"),
                "sessionType": "InteractiveCommands",
                "inputs": inputs(Some(spec), Rung::HIGHEST, *user),
                "properties": {
                    "linux": { "commands": line.as_str(), "runAsElevated": false },
                    "macos": { "commands": line.as_str(), "runAsElevated": false },
                },
            }),
            Self::Port { host, port } => json!({
                "schemaVersion": "1.0",
                "description": format!("Postern: a forward to {host}:{port}"),
                "sessionType": "Port",
                "inputs": inputs(None, Rung::HIGHEST, User::Usual),
                "parameters": {
                    "localPortNumber": {
                        "type": "String",
                        "description": "The port to listen on, on your own machine; 0 for any",
                        "default": "0",
                        "allowedPattern": "^[0-9]{1,5}$",
                    },
                },
                "properties": {
                    "type": "LocalPortForwarding",
                    "host": host.as_str(),
                    "portNumber": port.to_string(),
                    "localPortNumber": "{{ localPortNumber }}",
                },
            }),
            Self::Ssh => json!({
                "schemaVersion": "1.0",
                "description": "Postern: SSH to the instance's own port 22",
                "sessionType": "Port",
                "inputs": inputs(None, Rung::HIGHEST, User::Usual),
                "properties": { "portNumber": "22" },
            }),
        }
    }
}

/// The preferences of a session; `logging` is absent for what cannot be logged.
///
/// The four flags are required by the schema (AWS-FACTS 3.8). The agent does not encrypt port
/// sessions with the key either (AWS-FACTS 1.16).
fn inputs(logging: Option<&DocumentSpec<'_>>, rung: Rung, user: User) -> Value {
    let mut inputs = Map::new();
    let mut set = |key: &str, value: Value| inputs.insert(key.to_owned(), value);
    set(
        "s3BucketName",
        logging.map_or("", |spec| spec.log_bucket).into(),
    );
    set(
        "s3KeyPrefix",
        logging.map_or("", |spec| spec.log_prefix).into(),
    );
    set("s3EncryptionEnabled", true.into());
    set("cloudWatchLogGroupName", "".into());
    set("cloudWatchEncryptionEnabled", true.into());
    set("cloudWatchStreamingEnabled", false.into());
    set("runAsEnabled", (user == User::Named).into());
    set(
        "idleSessionTimeout",
        SessionDocument::IDLE_MINUTES.to_string().into(),
    );
    set("maxSessionDuration", rung.minutes().to_string().into());
    if let Some(key) = logging.and_then(|spec| spec.kms_key) {
        set("kmsKeyId", key.as_str().into());
    }
    Value::Object(inputs)
}

fn shell(rung: Rung, user: User) -> DocumentName {
    named(&format!(
        "Postern-Shell{}-{}",
        user.suffix(),
        rung.minutes()
    ))
}

fn command(name: &CommandName, user: User) -> DocumentName {
    named(&format!("Postern-Command{}-{name}", user.suffix()))
}

fn forward(host: &Host, port: NonZeroU16) -> DocumentName {
    named(&format!("Postern-Port-{host}-{port}"))
}

fn ssh() -> DocumentName {
    named("Postern-Ssh")
}

#[expect(
    clippy::expect_used,
    reason = "a command name has at most 64 characters and a host 80, all of them allowed in a \
              document name of at most 128; a property test holds this"
)]
fn named(name: &str) -> DocumentName {
    name.parse()
        .expect("the parts of a document name are well formed")
}
