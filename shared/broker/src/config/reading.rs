//! Reads settings one by one and keeps all that is wrong with them.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use rules::names::duration::read_length;
use serde::de::DeserializeOwned;

/// Everything that is wrong with a configuration; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faults(Vec<Fault>);

/// One thing that is wrong with a configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{name}`: {what}")]
pub struct Fault {
    /// The environment variable.
    pub name: &'static str,
    /// What is wrong, and what it should be.
    pub what: String,
}

impl Faults {
    /// The faults, in the order of the settings.
    pub fn iter(&self) -> impl Iterator<Item = &Fault> {
        self.0.iter()
    }
}

impl fmt::Display for Faults {
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

impl std::error::Error for Faults {}

/// A reading in progress. Every method gives `None` exactly where it has kept a fault.
pub(super) struct Reading<'a> {
    setting: &'a dyn Fn(&str) -> Option<String>,
    faults: Vec<Fault>,
}

impl<'a> Reading<'a> {
    pub(super) fn new(setting: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self {
            setting,
            faults: Vec::new(),
        }
    }

    /// The value where nothing was wrong, and otherwise all that was.
    pub(super) fn done<T>(self, value: impl FnOnce() -> Option<T>) -> Result<T, Faults> {
        if !self.faults.is_empty() {
            return Err(Faults(self.faults));
        }
        value().ok_or_else(|| {
            // INVARIANT: whatever is missing has left a fault, so this is a fault of the reading.
            let what = "the configuration could not be put together".to_owned();
            Faults(vec![Fault {
                name: "POSTERN",
                what,
            }])
        })
    }

    pub(super) fn fault(&mut self, name: &'static str, what: String) {
        self.faults.push(Fault { name, what });
    }

    /// A setting as it stands; one that is empty counts as not set.
    pub(super) fn value(&self, name: &str) -> Option<String> {
        (self.setting)(name)
            .map(|value| value.trim().to_owned())
            .filter(|value| !value.is_empty())
    }

    pub(super) fn parse<T>(&mut self, name: &'static str, text: &str) -> Option<T>
    where
        T: FromStr<Err: fmt::Display>,
    {
        match text.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                self.fault(name, error.to_string());
                None
            }
        }
    }

    /// A setting without which nothing works.
    pub(super) fn needed<T>(&mut self, name: &'static str) -> Option<T>
    where
        T: FromStr<Err: fmt::Display>,
    {
        match self.value(name) {
            Some(text) => self.parse(name, &text),
            None => {
                self.fault(
                    name,
                    "is not set, and nothing can stand in for it".to_owned(),
                );
                None
            }
        }
    }

    /// A setting that may be left out.
    pub(super) fn optional<T>(&mut self, name: &'static str) -> Option<Option<T>>
    where
        T: FromStr<Err: fmt::Display>,
    {
        match self.value(name) {
            Some(text) => self.parse(name, &text).map(Some),
            None => Some(None),
        }
    }

    /// A setting with a default.
    pub(super) fn parsed_or<T>(&mut self, name: &'static str, usual: &str) -> Option<T>
    where
        T: FromStr<Err: fmt::Display>,
    {
        let text = self.value(name).unwrap_or_else(|| usual.to_owned());
        self.parse(name, &text)
    }

    /// A JSON document without which nothing works.
    pub(super) fn json<T: DeserializeOwned>(&mut self, name: &'static str) -> Option<T> {
        let Some(text) = self.value(name) else {
            self.fault(
                name,
                "is not set, and nothing can stand in for it".to_owned(),
            );
            return None;
        };
        match serde_json::from_str(&text) {
            Ok(value) => Some(value),
            Err(error) => {
                self.fault(name, format!("cannot be read as JSON: {error}"));
                None
            }
        }
    }

    /// A list with commas between; each fault in it is told.
    pub(super) fn list<T>(&mut self, name: &'static str) -> Option<Vec<T>>
    where
        T: FromStr<Err: fmt::Display>,
    {
        let text = self.value(name).unwrap_or_default();
        let items: Vec<Option<T>> = text
            .split(',')
            .map(str::trim)
            .filter(|item| !item.is_empty())
            .map(|item| self.parse(name, item))
            .collect();
        items.into_iter().collect()
    }

    /// A list that must not be empty.
    pub(super) fn needed_list<T>(&mut self, name: &'static str) -> Option<Vec<T>>
    where
        T: FromStr<Err: fmt::Display>,
    {
        let list = self.list(name)?;
        if list.is_empty() {
            self.fault(
                name,
                "is not set, and nothing can stand in for it".to_owned(),
            );
            return None;
        }
        Some(list)
    }

    /// A list with a default.
    pub(super) fn list_or<T>(&mut self, name: &'static str, usual: &[T]) -> Option<Vec<T>>
    where
        T: FromStr<Err: fmt::Display> + Clone,
    {
        let list = self.list(name)?;
        Some(if list.is_empty() {
            usual.to_vec()
        } else {
            list
        })
    }

    /// A whole number within bounds.
    pub(super) fn number(
        &mut self,
        name: &'static str,
        usual: u64,
        bounds: RangeInclusive<u64>,
    ) -> Option<u64> {
        let Some(text) = self.value(name) else {
            return Some(usual);
        };
        let number = text.parse().ok().filter(|number| bounds.contains(number));
        if number.is_none() {
            let (least, most) = (bounds.start(), bounds.end());
            self.fault(
                name,
                format!("`{text}` is not a whole number from {least} to {most}"),
            );
        }
        number
    }

    /// A length of time such as `30s` or `1h30m`.
    pub(super) fn length(&mut self, name: &'static str, usual: Duration) -> Option<Duration> {
        let Some(text) = self.value(name) else {
            return Some(usual);
        };
        let length = read_length(&text);
        if length.is_none() {
            self.fault(
                name,
                format!("`{text}` is not a length of time such as `30s` or `1h30m`"),
            );
        }
        length
    }

    /// A length of time, or `never`, which is none at all.
    pub(super) fn length_or_never(
        &mut self,
        name: &'static str,
        usual: Duration,
    ) -> Option<Duration> {
        match self.value(name).as_deref() {
            Some("never") => Some(Duration::ZERO),
            Some(_) | None => self.length(name, usual),
        }
    }

    /// `true` or `false`, and nothing that only looks like it.
    pub(super) fn switch(&mut self, name: &'static str) -> Option<bool> {
        match self.value(name).as_deref() {
            None | Some("false") => Some(false),
            Some("true") => Some(true),
            Some(other) => {
                self.fault(name, format!("`{other}` is neither `true` nor `false`"));
                None
            }
        }
    }
}

/// The name of a table: 3 to 255 characters of `A-Za-z0-9_.-`.
pub(super) struct TableName(String);

impl FromStr for TableName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
        if (3..=255).contains(&text.len()) && text.chars().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(format!(
                "`{text}` is not a table name: 3 to 255 characters of `A-Za-z0-9_.-`"
            ))
        }
    }
}

impl From<TableName> for String {
    fn from(name: TableName) -> Self {
        name.0
    }
}
