//! One ask for one target in Cedar's terms: entities and a request.
//!
//! Everything is checked against the schema as it is built, so a policy that passed validation
//! never meets a value of another type.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use cedar_policy::{
    Context, Entities, Entity, EntityId, EntityTypeName, EntityUid, Request,
    RestrictedExpression as Value, Schema,
};

use super::Question;
use super::zone::Zone;
use crate::facts::TargetFacts;
use crate::names::{AccessKind, Group, Person, Target};

/// The schema of this build and the names of its types.
pub(super) struct Vocabulary {
    pub(super) schema: Schema,
    action: EntityTypeName,
    group: EntityTypeName,
    person: EntityTypeName,
    target: EntityTypeName,
}

#[expect(
    clippy::expect_used,
    reason = "the schema and the names are constants of this crate, and any test that loads a \
              policy set reads them all"
)]
pub(super) static VOCABULARY: LazyLock<Vocabulary> = LazyLock::new(|| {
    let name = |text: &str| text.parse().expect("a name of the schema is well formed");
    Vocabulary {
        schema: include_str!("postern.cedarschema")
            .parse()
            .expect("the schema is well formed"),
        action: name("Postern::Action"),
        group: name("Postern::Group"),
        person: name("Postern::Person"),
        target: name("Postern::Target"),
    }
});

/// What Cedar is asked about one target.
pub(super) struct Inquiry {
    pub(super) entities: Entities,
    pub(super) request: Request,
}

impl Inquiry {
    /// Puts the ask for one target in Cedar's terms.
    ///
    /// # Errors
    /// Cedar's words, where something does not fit the schema: a fault of this crate.
    pub(super) fn new(
        question: &Question<'_>,
        facts: &TargetFacts,
        zone: &Zone,
    ) -> Result<Self, String> {
        let Question {
            ask,
            person,
            groups,
            ..
        } = *question;
        let schema = Some(&VOCABULARY.schema);
        let everyone = [person_entity(person, groups)?, target_entity(facts)?];
        let entities = Entities::from_entities(everyone, schema).map_err(text_of)?;
        let request = Request::new(
            person_uid(person),
            uid(&VOCABULARY.action, ask.kind.word()),
            target_uid(&facts.target),
            context(question, zone)?,
            schema,
        )
        .map_err(text_of)?;
        Ok(Self { entities, request })
    }
}

fn person_entity(person: &Person, groups: &BTreeSet<Group>) -> Result<Entity, String> {
    let attributes = [
        ("iss".to_owned(), text(person.iss.as_str())),
        ("sub".to_owned(), text(person.sub.as_str())),
    ];
    let groups = groups.iter().map(group_uid);
    Entity::new_with_tags(person_uid(person), attributes, groups, []).map_err(text_of)
}

fn target_entity(facts: &TargetFacts) -> Result<Entity, String> {
    let Target {
        account,
        region,
        instance,
    } = &facts.target;
    let attributes = [
        ("account".to_owned(), text(account.as_str())),
        ("region".to_owned(), text(region.as_str())),
        ("instance".to_owned(), text(&instance.to_string())),
        ("platform".to_owned(), text(facts.platform.word())),
    ];
    let name = facts.name().map(|name| ("name".to_owned(), text(name)));
    let last_log = facts
        .last_log
        .as_ref()
        .map(|last| ("last_log".to_owned(), text(last.verdict.as_str())));
    let readiness = facts
        .readiness
        .as_ref()
        .map(|known| ("readiness".to_owned(), text(known.word().as_str())));
    let tags = facts
        .tags
        .iter()
        .map(|(key, value)| (key.clone(), text(value)));
    Entity::new_with_tags(
        target_uid(&facts.target),
        attributes
            .into_iter()
            .chain(name)
            .chain(last_log)
            .chain(readiness),
        [],
        tags,
    )
    .map_err(text_of)
}

fn context(question: &Question<'_>, zone: &Zone) -> Result<Context, String> {
    let ask = question.ask;
    let wall = zone.at(question.at);
    let rotas = question.rotas.iter().map(|rota| text(rota.as_str()));
    let mut pairs = vec![
        (
            "duration_seconds",
            Value::new_long(question.duration().seconds().into()),
        ),
        ("reason", text(ask.reason.as_str())),
        ("now", Value::new_long(question.at.seconds())),
        ("weekday", text(wall.weekday)),
        ("hour", Value::new_long(wall.hour.into())),
        ("minute", Value::new_long(wall.minute.into())),
        ("on_call", Value::new_bool(!question.rotas.is_empty())),
        ("rotas", Value::new_set(rotas)),
        ("break_glass", Value::new_bool(ask.break_glass)),
        ("for_other", Value::new_bool(ask.for_person.is_some())),
    ];
    if let Some(ticket) = &ask.ticket {
        pairs.push(("ticket", text(ticket.as_str())));
    }
    match &ask.kind {
        AccessKind::Shell {} | AccessKind::Ssh {} => {}
        AccessKind::Command { name } => pairs.push(("command", text(name.as_str()))),
        AccessKind::Port { host, port } => {
            pairs.push(("host", text(host.as_str())));
            pairs.push(("port", Value::new_long(port.get().into())));
        }
    }
    let pairs = pairs
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value));
    Context::from_pairs(pairs).map_err(text_of)
}

fn uid(kind: &EntityTypeName, id: &str) -> EntityUid {
    EntityUid::from_type_name_and_id(kind.clone(), EntityId::new(id))
}

pub(super) fn group_uid(group: &Group) -> EntityUid {
    uid(&VOCABULARY.group, group.as_str())
}

pub(super) fn person_uid(person: &Person) -> EntityUid {
    // Neither part can hold a space, so no two people share a name.
    uid(
        &VOCABULARY.person,
        &format!("{} {}", person.iss, person.sub),
    )
}

fn target_uid(target: &Target) -> EntityUid {
    uid(&VOCABULARY.target, &target.to_string())
}

fn text(value: &str) -> Value {
    Value::new_string(value.to_owned())
}

fn text_of(error: impl std::fmt::Display) -> String {
    error.to_string()
}
