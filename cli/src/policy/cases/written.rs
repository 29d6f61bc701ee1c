//! The tables of a file of cases, as they are written.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;

use rules::facts::{LastLog, Ping, Platform, TargetFacts};
use rules::log_verdict::LogWord;
use rules::moment::Moment;
use rules::names::duration::read_length;
use rules::names::{
    AccessKind, BadName, GrantDuration, Group, Issuer, Person, Reason, Subject, Target, Ticket,
};
use rules::on_call::Rota;
use rules::policy::PolicyId;
use rules::readiness::{Readiness, ReadinessWord};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use toml::Spanned;
use toml::value::Datetime;

use super::Somebody;
use crate::policy::spelling::Way;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenFile {
    pub(super) policies: Option<PathBuf>,
    #[serde(default)]
    pub(super) people: BTreeMap<String, Spanned<WrittenPerson>>,
    #[serde(default)]
    pub(super) targets: BTreeMap<String, Spanned<WrittenTarget>>,
    #[serde(default, rename = "case")]
    pub(super) cases: Vec<Spanned<WrittenCase>>,
}

/// A file that is read for its people alone.
#[derive(Deserialize)]
pub(super) struct WrittenPeople {
    #[serde(default)]
    pub(super) people: BTreeMap<String, Spanned<WrittenPerson>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenPerson {
    iss: Option<Issuer>,
    sub: Option<Subject>,
    #[serde(default)]
    groups: BTreeSet<Group>,
    /// What they are on call for.
    #[serde(default)]
    rotas: BTreeSet<Rota>,
}

impl WrittenPerson {
    /// The person; by the name of their table where no subject is given.
    pub(super) fn read(self, name: String) -> Result<Somebody, BadName> {
        let person = Person {
            iss: match self.iss {
                Some(iss) => iss,
                None => "https://login.example.com".parse()?,
            },
            sub: match self.sub {
                Some(sub) => sub,
                None => name.clone().try_into()?,
            },
        };
        Ok(Somebody {
            name,
            person,
            groups: self.groups,
            rotas: self.rotas,
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenTarget {
    id: Option<Target>,
    #[serde(default)]
    tags: BTreeMap<String, String>,
    #[serde(default = "linux")]
    platform: Platform,
    /// What became of the log of the last session on it; without, there was none.
    last_log: Option<LogWord>,
    /// Its readiness; without, no doctor is asked.
    readiness: Option<ReadinessWord>,
}

fn linux() -> Platform {
    Platform::Linux
}

impl WrittenTarget {
    /// What is known of the instance; where it has no id, one is made of its number in the file.
    pub(super) fn read(self, number: u32) -> Result<TargetFacts, BadName> {
        // Policies are shown the verdict alone; of which session, and when, is all the same to them.
        let last_log = match self.last_log {
            Some(verdict) => Some(LastLog {
                session: "req-00000000000000000000000000-0000000000000000".parse()?,
                ended_at: Moment::from_millis(0),
                verdict,
            }),
            None => None,
        };
        Ok(TargetFacts {
            target: match self.id {
                Some(target) => target,
                None => format!("111122223333/us-east-1/i-{number:017x}").parse()?,
            },
            tags: self.tags,
            platform: self.platform,
            ping: Ping::Online,
            agent_version: None,
            last_log,
            readiness: self.readiness.map(Readiness::untold),
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenCase {
    pub(super) name: String,
    pub(super) person: Spanned<String>,
    pub(super) targets: Vec<Spanned<String>>,
    pub(super) kind: Kind,
    pub(super) duration: Length,
    #[serde(default = "usual_reason")]
    pub(super) reason: Reason,
    pub(super) ticket: Option<Ticket>,
    #[serde(default)]
    pub(super) break_glass: bool,
    /// In whose name it is asked for, where not in their own.
    #[serde(rename = "for")]
    pub(super) for_person: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) at: At,
    pub(super) allow: Option<PolicyId>,
    pub(super) route: Option<Way>,
    pub(super) deny: Option<String>,
    pub(super) by: Option<BTreeSet<PolicyId>>,
}

#[expect(
    clippy::expect_used,
    reason = "a constant, which every case without a reason reads"
)]
fn usual_reason() -> Reason {
    "a test of the policies".parse().expect("it is a reason")
}

/// A kind of access: its word where that says all, and else a table as the API takes it.
pub(super) struct Kind(pub(super) AccessKind);

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = Kind;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(
                    "`\"shell\"`, `\"ssh\"`, `{ type = \"command\", name = \"…\" }` or \
                     `{ type = \"port\", host = \"…\", port = 5432 }`",
                )
            }

            fn visit_str<E: Error>(self, word: &str) -> Result<Kind, E> {
                match word {
                    "shell" => Ok(Kind(AccessKind::Shell {})),
                    "ssh" => Ok(Kind(AccessKind::Ssh {})),
                    other => Err(E::invalid_value(serde::de::Unexpected::Str(other), &self)),
                }
            }

            fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Kind, A::Error> {
                AccessKind::deserialize(MapAccessDeserializer::new(members)).map(Kind)
            }
        }

        reader.deserialize_any(Either)
    }
}

/// A duration as policies spell it.
#[derive(Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Length(pub(super) GrantDuration);

impl TryFrom<String> for Length {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        read_length(&text)
            .and_then(|length| GrantDuration::from_seconds(length.as_secs()).ok())
            .map(Self)
            .ok_or_else(|| format!("`{text}` is not a duration of `15s` to `8h`, such as `1h30m`"))
    }
}

/// The time of a decision.
#[derive(Deserialize)]
#[serde(try_from = "Datetime")]
pub(super) struct At(pub(super) Moment);

impl Default for At {
    /// Noon of 2026-01-07, a Wednesday: a case must not depend on the day it is run on.
    fn default() -> Self {
        Self(Moment::from_seconds(1_767_787_200))
    }
}

impl TryFrom<Datetime> for At {
    type Error = String;

    fn try_from(time: Datetime) -> Result<Self, String> {
        let time = time.to_string();
        time.parse().map(Self).map_err(|_| {
            format!("`{time}` is not a time with its offset, such as 2026-01-07T12:00:00Z")
        })
    }
}
