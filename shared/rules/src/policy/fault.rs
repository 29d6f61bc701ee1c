//! What is wrong with a policy text, said so that its author can find and mend it.

use std::fmt;

use cedar_policy::ffi::DetailedError;

use super::lines::DEEPEST;
use crate::names::BadName;

/// Everything that is wrong with a policy text; never empty.
///
/// All faults come together, so that a text is mended in one go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyFaults(Vec<PolicyFault>);

impl PolicyFaults {
    /// The value where there are no faults, and otherwise the faults.
    pub(super) fn none_or<T>(faults: Vec<PolicyFault>, value: T) -> Result<T, Self> {
        if faults.is_empty() {
            Ok(value)
        } else {
            Err(Self(faults))
        }
    }

    /// The one fault of a text that is nested too deep to be parsed.
    pub(super) fn of_depth(line: usize) -> Self {
        Self(vec![PolicyFault {
            policy: None,
            annotation: None,
            line: Some(line),
            fault: Fault::TooDeep(DEEPEST),
        }])
    }

    /// The faults: first what a policy's annotations say wrong, in the order of the text, then
    /// what the schema does not know.
    pub fn iter(&self) -> impl Iterator<Item = &PolicyFault> {
        self.0.iter()
    }
}

impl fmt::Display for PolicyFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, fault) in self.0.iter().enumerate() {
            if n > 0 {
                f.write_str("\n")?;
            }
            fault.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for PolicyFaults {}

/// One thing wrong with a policy text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyFault {
    /// The policy: its `@id`, or `#3` for the third one of the text where it has none. Nothing
    /// where the text could not be divided into policies.
    pub policy: Option<String>,
    /// The annotation, without its `@`, where the fault lies in one.
    pub annotation: Option<String>,
    /// The line of the text, counted from 1, where it is known.
    pub line: Option<usize>,
    /// What is wrong.
    pub fault: Fault,
}

/// What can be wrong with a policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The text is not Cedar.
    #[error("{0}")]
    Syntax(String),
    /// Brackets or conditions stand too deep in each other.
    #[error(
        "brackets and conditions stand more than {0} deep in each other, or more than {0} `&&` and \
         `||` join them; write lists of names as a set, and ask it with `contains`"
    )]
    TooDeep(usize),
    /// Cedar's validator refuses it: it speaks of something that the schema does not know, or can
    /// never apply.
    #[error("{0}")]
    Invalid(String),
    /// It has `?principal` or `?resource`.
    #[error("templates are not supported; write the principal and the resource out")]
    Template,
    /// A required annotation is not there.
    #[error("is missing")]
    Missing,
    /// A permit says neither that it is automatic nor who approves.
    #[error(r#"a permit needs `@auto("true")`, or `@approvals` together with `@approvers`, or `@stages`"#)]
    NoConsent,
    /// An annotation's value cannot be read.
    #[error("{0}")]
    Malformed(BadName),
    /// An annotation that such a policy may not carry.
    #[error("is not an annotation of a {effect}; it may carry {known}")]
    Unknown {
        /// `permit` or `forbid`.
        effect: &'static str,
        /// The annotations that it may carry.
        known: String,
    },
    /// Two annotations that exclude each other.
    #[error("cannot stand beside `@{0}`")]
    Excluded(&'static str),
    /// An extension that would lengthen nothing.
    #[error("must be longer than `@max_duration`")]
    NoLonger,
    /// Reviewers of what nobody reviews.
    #[error("goes with `@break_glass` only")]
    WithoutBreakGlass,
    /// A tap where it can be none: an emergency is never said yes to by one, and what a policy says
    /// yes to by itself waits for nobody.
    #[error("`tap` cannot stand beside `@{0}`; leave it out, or write `login` or `none`")]
    NoTap(&'static str),
    /// Another policy has the same id.
    #[error("is the id of another policy too")]
    DuplicateId,
}

impl PolicyFault {
    /// A fault that Cedar found; `text` is the whole policy text.
    pub(super) fn of_cedar(
        policy: Option<String>,
        error: DetailedError,
        text: &str,
        fault: fn(String) -> Fault,
    ) -> Self {
        let start = error.source_locations.first().map(|label| label.loc.start);
        let line = start
            .and_then(|start| text.get(..start))
            .map(|before| before.matches('\n').count() + 1);
        // Cedar's own name for the policy says nothing to its author.
        let message = error
            .message
            .strip_prefix("for policy `")
            .and_then(|rest| rest.split_once("`, "))
            .map_or(error.message.as_str(), |(_, message)| message);
        let message = match error.help {
            Some(help) => format!("{message} ({help})"),
            None => message.to_owned(),
        };
        Self {
            policy,
            annotation: None,
            line,
            fault: fault(message),
        }
    }

    /// A fault in one annotation of a policy.
    pub(super) fn of_annotation(policy: &str, annotation: &str, fault: Fault) -> Self {
        Self {
            policy: Some(policy.to_owned()),
            annotation: Some(annotation.to_owned()),
            line: None,
            fault,
        }
    }
}

impl fmt::Display for PolicyFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = [
            self.line.map(|line| format!("line {line}")),
            self.policy
                .as_ref()
                .map(|policy| format!("policy `{policy}`")),
            self.annotation
                .as_ref()
                .map(|annotation| format!("`@{annotation}`")),
        ];
        let place: Vec<String> = place.into_iter().flatten().collect();
        if place.is_empty() {
            self.fault.fmt(f)
        } else {
            write!(f, "{}: {}", place.join(", "), self.fault)
        }
    }
}
