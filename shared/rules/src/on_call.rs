//! Who is on call, by rota.
//!
//! Being on call comes and goes by the hour, so it stands in no group of a token. Postern is told
//! by a signed [`Feed`]; policies see it as `context.on_call` and `context.rotas`. Where no feed is
//! configured, or none that can be trusted is at hand, nobody is on call.

mod feed;
pub(crate) mod keys;

use std::collections::{BTreeMap, BTreeSet};

pub use self::feed::{BadFeed, Feed};
pub use self::keys::{BadKeys, Keys};
use crate::names::text::is_plain;
use crate::names::{Person, made_of, text_name};

text_name!(
    /// The name of a rota, such as `payments`: 1 to 64 plain characters.
    Rota,
    "the name of a rota: 1 to 64 characters, without control or invisible characters",
    |text| made_of(text, 1, 64, is_plain) && text.trim() == text
);

/// Who is on call now.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OnCall {
    rotas: BTreeMap<Rota, BTreeSet<Person>>,
}

impl OnCall {
    /// Nobody is on call.
    #[must_use]
    pub fn nobody() -> &'static Self {
        static NOBODY: OnCall = OnCall {
            rotas: BTreeMap::new(),
        };
        &NOBODY
    }

    /// These people are, by rota.
    #[must_use]
    pub fn of(rotas: BTreeMap<Rota, BTreeSet<Person>>) -> Self {
        Self { rotas }
    }

    /// The rotas that a person is on call for; none where they are not on call.
    #[must_use]
    pub fn rotas_of(&self, person: &Person) -> BTreeSet<Rota> {
        self.rotas
            .iter()
            .filter(|(_, people)| people.contains(person))
            .map(|(rota, _)| rota.clone())
            .collect()
    }
}
