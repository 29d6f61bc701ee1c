//! Every reason for which an instance cannot be reached, or its log cannot land.
//!
//! The list is closed. Each finding has one stable code, says in one sentence what is the matter,
//! and names the mend: a sentence, a command with the real ids in it, and a piece of a
//! CloudFormation template. `tests/golden/readiness.md` lists them all.

mod agent;
mod dns;
mod document;
mod endpoint;
mod key;
mod log;
mod role;
mod way_out;

use std::fmt;

use crate::names::Target;
use crate::place::Place;

pub use agent::AgentFault;
pub use dns::DnsFault;
pub use document::DocumentFault;
pub use endpoint::EndpointFault;
pub use key::{KeyFault, KeyUse};
pub use log::LogFault;
pub use role::RoleFault;
pub use way_out::WayOutFault;

/// A reason.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Finding {
    /// The instance or its agent.
    Agent(AgentFault),
    /// The role that the agent acts as.
    Role(RoleFault),
    /// The resolution of names.
    Dns(DnsFault),
    /// An endpoint.
    Endpoint(EndpointFault),
    /// The way out of the instance's subnet.
    WayOut(WayOutFault),
    /// A session document.
    Document(DocumentFault),
    /// The bucket.
    Log(LogFault),
    /// A KMS key.
    Key(KeyFault),
}

/// How a finding is mended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What to do, in one sentence.
    pub next: String,
    /// The command that does it, or that shows what to decide on.
    pub command: String,
    /// A piece of a template that has it so from the start; none where no template says it.
    pub template: Option<String>,
}

/// Where a finding was made.
#[derive(Debug, Clone, Copy)]
pub struct Site<'a> {
    /// The instance.
    pub target: &'a Target,
    /// Its place.
    pub place: &'a Place,
}

impl Finding {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Agent(fault) => fault.code(),
            Self::Role(fault) => fault.code(),
            Self::Dns(fault) => fault.code(),
            Self::Endpoint(fault) => fault.code(),
            Self::WayOut(fault) => fault.code(),
            Self::Document(fault) => fault.code(),
            Self::Log(fault) => fault.code(),
            Self::Key(fault) => fault.code(),
        }
    }

    /// How it is mended.
    #[must_use]
    pub fn fix(&self, site: Site<'_>) -> Fix {
        match self {
            Self::Agent(fault) => fault.fix(site),
            Self::Role(fault) => fault.fix(site),
            Self::Dns(fault) => fault.fix(site),
            Self::Endpoint(fault) => fault.fix(site),
            Self::WayOut(fault) => fault.fix(site),
            Self::Document(fault) => fault.fix(site),
            Self::Log(fault) => fault.fix(site),
            Self::Key(fault) => fault.fix(site),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Agent(fault) => fault.fmt(f),
            Self::Role(fault) => fault.fmt(f),
            Self::Dns(fault) => fault.fmt(f),
            Self::Endpoint(fault) => fault.fmt(f),
            Self::WayOut(fault) => fault.fmt(f),
            Self::Document(fault) => fault.fmt(f),
            Self::Log(fault) => fault.fmt(f),
            Self::Key(fault) => fault.fmt(f),
        }
    }
}

macro_rules! from_fault {
    ($($variant:ident($fault:ty),)*) => {
        $(impl From<$fault> for Finding {
            fn from(fault: $fault) -> Self {
                Self::$variant(fault)
            }
        })*
    };
}

from_fault! {
    Agent(AgentFault),
    Role(RoleFault),
    Dns(DnsFault),
    Endpoint(EndpointFault),
    WayOut(WayOutFault),
    Document(DocumentFault),
    Log(LogFault),
    Key(KeyFault),
}

impl Fix {
    fn new(next: &str, command: String) -> Self {
        Self {
            next: next.to_owned(),
            command,
            template: None,
        }
    }

    fn with(self, template: impl Into<String>) -> Self {
        Self {
            template: Some(template.into()),
            ..self
        }
    }
}

impl Site<'_> {
    /// A command of the AWS CLI in the instance's Region.
    fn aws(self, rest: impl fmt::Display) -> String {
        format!("aws {rest} --region {}", self.target.region)
    }

    /// The ARN partition of the instance's Region.
    fn partition(self) -> &'static str {
        self.target.region.partition().as_str()
    }

    /// Where logs land, as an ARN pattern.
    fn log_objects(self) -> String {
        format!(
            "arn:{}:s3:::{}/{}",
            self.partition(),
            self.place.log_bucket,
            self.place.log_key("*").trim_end_matches(".log")
        )
    }
}

/// A list of names as one argument each.
fn words<T: fmt::Display>(list: &[T]) -> String {
    let words: Vec<String> = list.iter().map(T::to_string).collect();
    words.join(" ")
}

/// A list of names for people.
fn named<T: fmt::Display>(list: &[T]) -> String {
    let names: Vec<String> = list.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

/// A text as one word of a shell command.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@+".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}
