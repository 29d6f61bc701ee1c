//! What a grant lets somebody do on its targets.

use std::fmt;
use std::net::IpAddr;
use std::num::NonZeroU16;

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::{made_of, text_name};

text_name!(
    /// The name of a fixed command, as its session document is called: 1 to 64 lower-case letters,
    /// digits or hyphens.
    CommandName,
    "a command name: 1 to 64 lower-case letters, digits or hyphens",
    |text| made_of(text, 1, 64, |c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
);

text_name!(
    /// Where a port forward leads, as seen from the instance: `localhost`, a host name in lower
    /// case or an IPv4 address, of at most 80 characters; never a link-local or metadata address.
    ///
    /// An agent before 3.3.4851.0 forwards to the metadata service (CVE-2026-89049); the name is
    /// refused here whatever the agent's version.
    Host,
    "a host for a port forward: a lower-case name or an IPv4 address, not a link-local or metadata address",
    is_host
);

/// Names that resolve to an instance metadata service.
const METADATA_NAMES: [&str; 3] = ["instance-data", "metadata.google.internal", "metadata"];

fn is_host(text: &str) -> bool {
    let label = |label: &str| {
        made_of(label, 1, 63, |c| {
            c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'
        }) && !label.starts_with('-')
            && !label.ends_with('-')
    };
    if text.len() > 80 || !text.split('.').all(label) {
        return false;
    }
    match text.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) => {
            !(address.is_link_local() || address.is_unspecified() || address.is_multicast())
        }
        // Names of digits and dots only are addresses in another spelling, such as `2852039166`
        // or `169.254.43518`: resolvers read them, so they are refused.
        Ok(IpAddr::V6(_)) => false,
        Err(_) => {
            let last = text.rsplit('.').next().unwrap_or(text);
            let numeric = last.chars().all(|c| c.is_ascii_digit()) || last.starts_with("0x");
            let metadata = METADATA_NAMES.iter().any(|name| {
                text == *name || text.strip_prefix(name).is_some_and(|r| r.starts_with('.'))
            });
            !numeric && !metadata
        }
    }
}

/// What a grant lets somebody do on its targets.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum AccessKind {
    /// An interactive shell; its transcript is logged.
    Shell {},
    /// One fixed command; its output is logged.
    Command {
        /// Which of the deployed command documents.
        #[cfg_attr(feature = "openapi", schema(value_type = String, example = "restart-nginx"))]
        name: CommandName,
    },
    /// A forward to one fixed host and port. Cannot be logged (AWS-FACTS 0.6).
    Port {
        /// Where the forward leads, as seen from the instance.
        #[cfg_attr(feature = "openapi", schema(value_type = String, example = "localhost"))]
        host: Host,
        /// The port there.
        #[cfg_attr(feature = "openapi", schema(value_type = u16, minimum = 1, example = 5432))]
        port: NonZeroU16,
    },
    /// SSH through Session Manager. Cannot be logged (AWS-FACTS 0.6).
    Ssh {},
}

/// The members of an [`AccessKind`] as they are written. The compiler holds the two to each other.
#[derive(Deserialize)]
#[serde(
    remote = "AccessKind",
    tag = "type",
    rename_all = "snake_case",
    deny_unknown_fields
)]
enum Written {
    Shell {},
    Command { name: CommandName },
    Port { host: Host, port: NonZeroU16 },
    Ssh {},
}

/// Reads objects only: what is derived takes a list as well, with the fields by their order, and
/// of what callers send nothing may hang on an order.
impl<'de> Deserialize<'de> for AccessKind {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = AccessKind;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object with the `type` `shell`, `command`, `port` or `ssh`")
            }

            fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<AccessKind, A::Error> {
                Written::deserialize(MapAccessDeserializer::new(members))
            }
        }

        reader.deserialize_map(Object)
    }
}

impl AccessKind {
    /// Whether Session Manager can log what is done. SSH and port forwarding never are.
    #[must_use]
    pub fn loggable(&self) -> bool {
        match self {
            Self::Shell {} | Self::Command { .. } => true,
            Self::Port { .. } | Self::Ssh {} => false,
        }
    }

    /// One word: `shell`, `command`, `port` or `ssh`; also the Cedar action.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Shell {} => "shell",
            Self::Command { .. } => "command",
            Self::Port { .. } => "port",
            Self::Ssh {} => "ssh",
        }
    }
}

/// A kind of access by its word alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum KindWord {
    /// A shell.
    Shell,
    /// Fixed commands.
    Command,
    /// Fixed ports.
    Port,
    /// SSH.
    Ssh,
}

impl KindWord {
    /// The word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Shell => "shell",
            Self::Command => "command",
            Self::Port => "port",
            Self::Ssh => "ssh",
        }
    }

    /// Whether a kind of access is of that word.
    #[must_use]
    pub fn is_of(self, kind: &AccessKind) -> bool {
        self.as_str() == kind.word()
    }
}

impl fmt::Display for AccessKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shell {} | Self::Ssh {} => f.write_str(self.word()),
            Self::Command { name } => write!(f, "command `{name}`"),
            Self::Port { host, port } => write!(f, "port {host}:{port}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_forward_never_leads_to_the_metadata_service() {
        for bad in [
            "169.254.169.254",
            "169.254.170.2",
            "2852039166",
            "169.254.43518",
            "0xa9fea9fe",
            "0xa9.0xfe.0xa9.0xfe",
            "instance-data.ec2.internal",
            "instance-data",
            "metadata.google.internal",
            "fe80::1",
            "[::1]",
            "0.0.0.0",
            "db internal",
            "db..internal",
            "-db",
            "DB",
            "",
        ] {
            assert!(bad.parse::<Host>().is_err(), "{bad}");
        }
        for good in [
            "localhost",
            "db.internal",
            "10.0.3.7",
            "127.0.0.1",
            "orders-1.c9.rds.amazonaws.com",
        ] {
            assert!(good.parse::<Host>().is_ok(), "{good}");
        }
    }

    #[test]
    fn only_shells_and_commands_can_be_logged() {
        let read = |json: &str| serde_json::from_str::<AccessKind>(json).unwrap();
        assert!(read(r#"{"type":"shell"}"#).loggable());
        assert!(read(r#"{"type":"command","name":"restart-nginx"}"#).loggable());
        assert!(!read(r#"{"type":"port","host":"localhost","port":5432}"#).loggable());
        assert!(!read(r#"{"type":"ssh"}"#).loggable());
    }

    #[test]
    fn a_kind_is_read_from_an_object_of_exactly_its_members() {
        let why = |json: &str| {
            let fault = serde_json::from_str::<AccessKind>(json).expect_err(json);
            fault.to_string()
        };
        for (bad, says) in [
            (r#"{"type":"shell","user":"root"}"#, "unknown field `user`"),
            (
                r#"{"type":"command","name":"restart-nginx","args":"x"}"#,
                "unknown field `args`",
            ),
            (
                r#"{"type":"ssh","host":"db","port":22}"#,
                "unknown field `host`",
            ),
            (r#"{"type":"root"}"#, "unknown variant `root`"),
            (r#"{"type":"Shell"}"#, "unknown variant `Shell`"),
            (r#"{"type":"port","host":"db","port":0}"#, "nonzero"),
            (r#"{"type":"port","host":"db"}"#, "missing field `port`"),
            (r#"{"type":"shell","type":"ssh"}"#, "duplicate field `type`"),
            ("{}", "missing field `type`"),
        ] {
            assert!(why(bad).contains(says), "{bad}: {}", why(bad));
        }
        for other in [
            r#"["ssh"]"#,
            r#"["shell"]"#,
            r#"["command","restart-nginx"]"#,
            r#"["command",{"name":"restart-nginx"}]"#,
            r#"["port","localhost",5432]"#,
            "[]",
            r#""ssh""#,
            "null",
            "1",
        ] {
            let said = why(other);
            assert!(
                said.contains("expected an object with the `type`"),
                "{other}: {said}"
            );
        }
    }

    #[test]
    fn a_kind_reads_as_it_is_written() {
        for json in [
            r#"{"type":"shell"}"#,
            r#"{"type":"command","name":"restart-nginx"}"#,
            r#"{"type":"port","host":"localhost","port":5432}"#,
            r#"{"type":"ssh"}"#,
        ] {
            let read: AccessKind = serde_json::from_str(json).unwrap();
            assert_eq!(serde_json::to_string(&read).unwrap(), json);
            // The ledger and the audit trail read it from a tree, and in any order of members.
            let tree: serde_json::Value = serde_json::from_str(json).unwrap();
            assert_eq!(serde_json::from_value::<AccessKind>(tree).unwrap(), read);
        }
        let late = r#"{"port":5432,"type":"port","host":"localhost"}"#;
        assert!(serde_json::from_str::<AccessKind>(late).is_ok());
    }
}
