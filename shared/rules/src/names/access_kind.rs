//! What a grant lets somebody do on its targets.

use std::fmt;
use std::net::IpAddr;
use std::num::NonZeroU16;

use serde::{Deserialize, Serialize};

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
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
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
    fn unknown_fields_of_a_kind_are_refused() {
        for bad in [
            r#"{"type":"shell","user":"root"}"#,
            r#"{"type":"root"}"#,
            r#"{"type":"port","host":"db","port":0}"#,
        ] {
            assert!(serde_json::from_str::<AccessKind>(bad).is_err(), "{bad}");
        }
    }
}
