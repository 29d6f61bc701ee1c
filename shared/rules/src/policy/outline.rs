//! What one policy says, for tools that look at a set without asking it anything.

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::{EntityUid, Policy, PrincipalConstraint, ResourceConstraint};
use serde_json::Value;

use super::PolicyId;
use super::annotations::Rule;
use super::inquiry::{VOCABULARY, group_uid, person_uid};
use super::zone::Zone;
use crate::names::{Group, Person};

/// The actions of the schema, and whether Session Manager can log what is done
/// (see [`AccessKind::loggable`](crate::names::AccessKind::loggable)).
const KINDS: [(&str, bool); 4] = [
    ("shell", true),
    ("command", true),
    ("port", false),
    ("ssh", false),
];

/// One policy of a set.
#[derive(Debug, Clone, Copy)]
pub struct Outline<'a> {
    /// Its `@id`.
    pub id: &'a PolicyId,
    /// The line of the text that its `@id` stands on, counted from 1.
    pub line: Option<usize>,
    /// The zone whose clock it goes by.
    pub zone: &'a Zone,
    /// What its annotations say.
    pub rule: &'a Rule,
    pub(super) policy: &'a Policy,
}

impl Outline<'_> {
    /// The one group that a person must be in, where the head of the policy names one.
    #[must_use]
    pub fn group(&self) -> Option<Group> {
        match self.policy.principal_constraint() {
            PrincipalConstraint::In(uid) | PrincipalConstraint::IsIn(_, uid) => {
                uid.id().unescaped().parse().ok()
            }
            PrincipalConstraint::Any | PrincipalConstraint::Eq(_) | PrincipalConstraint::Is(_) => {
                None
            }
        }
    }

    /// Whether the head of the policy lets this person in, who is in these groups. The conditions,
    /// which may look at the person too, are not asked.
    #[must_use]
    pub fn admits(&self, person: &Person, groups: &BTreeSet<Group>) -> bool {
        // A person is in what they are themselves, and in their groups.
        let is_in = |uid: &EntityUid| {
            *uid == person_uid(person) || groups.iter().any(|group| *uid == group_uid(group))
        };
        match self.policy.principal_constraint() {
            PrincipalConstraint::Any | PrincipalConstraint::Is(_) => true,
            PrincipalConstraint::Eq(uid) => uid == person_uid(person),
            PrincipalConstraint::In(uid) | PrincipalConstraint::IsIn(_, uid) => is_in(&uid),
        }
    }

    /// The kinds of access that it can apply to: `shell`, `command`, `port`, `ssh`.
    #[must_use]
    pub fn kinds(&self) -> Vec<&'static str> {
        self.kinds_that(|_| true)
    }

    /// Those of them that Session Manager cannot log.
    #[must_use]
    pub fn unloggable_kinds(&self) -> Vec<&'static str> {
        self.kinds_that(|loggable| !loggable)
    }

    fn kinds_that(&self, wanted: fn(bool) -> bool) -> Vec<&'static str> {
        let applies = |word: &str| {
            self.policy
                .get_valid_request_envs(&VOCABULARY.schema)
                .any(|meant| meant.action().id().unescaped() == word)
        };
        KINDS
            .into_iter()
            .filter(|(word, loggable)| wanted(*loggable) && applies(word))
            .map(|(word, _)| word)
            .collect()
    }

    /// Whether it tells targets apart: by its head, or by a condition that looks at `resource`.
    #[must_use]
    pub fn tells_targets_apart(&self) -> bool {
        match self.policy.resource_constraint() {
            ResourceConstraint::In(_)
            | ResourceConstraint::Eq(_)
            | ResourceConstraint::IsIn(..) => true,
            ResourceConstraint::Any | ResourceConstraint::Is(_) => self
                .parts()
                .get("conditions")
                .is_none_or(|conditions| looks_at(conditions, "resource")),
        }
    }

    /// The kinds that both policies apply to where they name people, targets and conditions alike;
    /// white space and comments do not count. None where they do not.
    #[must_use]
    pub fn same_scope(&self, other: &Self) -> Vec<&'static str> {
        let (own, others) = (self.parts(), other.parts());
        let alike = ["principal", "resource", "conditions"]
            .iter()
            .all(|part| own.contains_key(*part) && own.get(*part) == others.get(*part));
        if !alike {
            return Vec::new();
        }
        let others = other.kinds();
        self.kinds_that(|_| true)
            .into_iter()
            .filter(|kind| others.contains(kind))
            .collect()
    }

    /// The policy in Cedar's JSON form, part by part.
    fn parts(&self) -> BTreeMap<String, Value> {
        match self.policy.to_json() {
            Ok(Value::Object(parts)) => parts.into_iter().collect(),
            // INVARIANT: Cedar writes as JSON every policy that it has read.
            Ok(_) | Err(_) => BTreeMap::new(),
        }
    }
}

/// Whether an expression in Cedar's JSON form speaks of a variable.
fn looks_at(expression: &Value, variable: &str) -> bool {
    match expression {
        Value::Object(parts) => parts.iter().any(|(operator, part)| {
            (operator == "Var" && part == variable) || looks_at(part, variable)
        }),
        Value::Array(parts) => parts.iter().any(|part| looks_at(part, variable)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::AccessKind;
    use crate::policy::PolicySet;

    fn set(policies: &[&str]) -> PolicySet {
        let text: String = (0..)
            .zip(policies)
            .map(|(n, policy)| {
                format!("@id(\"{n}\") @auto(\"true\") @max_duration(\"1h\")\n{policy}\n")
            })
            .collect();
        PolicySet::parse(&text).unwrap_or_else(|faults| panic!("{faults}"))
    }

    #[test]
    fn the_kinds_of_the_schema_are_the_kinds_of_access() {
        let kinds = [
            r#"{"type":"shell"}"#,
            r#"{"type":"command","name":"a"}"#,
            r#"{"type":"port","host":"localhost","port":1}"#,
            r#"{"type":"ssh"}"#,
        ]
        .map(|json| serde_json::from_str::<AccessKind>(json).unwrap());
        assert_eq!(
            kinds.each_ref().map(|kind| (kind.word(), kind.loggable())),
            KINDS
        );
        let set = set(&["permit(principal, action, resource);"]);
        let all = set.outlines().next().unwrap();
        assert_eq!(all.kinds(), ["shell", "command", "port", "ssh"]);
        assert_eq!(all.unloggable_kinds(), ["port", "ssh"]);
    }

    #[test]
    fn an_outline_tells_whom_what_and_where_a_policy_is_about() {
        let set = set(&[
            r#"permit(principal in Postern::Group::"a b", action == Postern::Action::"port", resource);"#,
            r#"permit(principal is Postern::Person in Postern::Group::"b", action, resource is Postern::Target)
               when { context.reason like "*resource*" };"#,
            r#"permit(principal, action in [Postern::Action::"shell"], resource)
               unless { principal.sub == "x" || resource.platform == "linux" };"#,
        ]);
        let told: Vec<_> = set
            .outlines()
            .map(|one| {
                let group = one.group().map(|group| group.to_string());
                (
                    one.line,
                    group,
                    one.kinds().len(),
                    one.tells_targets_apart(),
                )
            })
            .collect();
        let group = |name: &str| Some(name.to_owned());
        assert_eq!(
            told,
            [
                (Some(1), group("a b"), 1, false),
                (Some(3), group("b"), 4, false),
                (Some(6), None, 1, true),
            ]
        );
    }

    #[test]
    fn the_head_lets_in_whom_it_names() {
        let set = set(&[
            "permit(principal, action, resource);",
            r#"permit(principal in Postern::Group::"b", action, resource);"#,
            r#"permit(principal is Postern::Person in Postern::Group::"B", action, resource);"#,
            r#"permit(principal == Postern::Person::"https://login.example.com anna", action, resource);"#,
            r#"permit(principal in Postern::Person::"https://login.example.com anna", action, resource);"#,
            r#"permit(principal is Postern::Person, action, resource);"#,
        ]);
        let admits = |sub: &str, groups: &[&str]| -> Vec<bool> {
            let person = Person {
                iss: "https://login.example.com".parse().unwrap(),
                sub: sub.parse().unwrap(),
            };
            let groups = groups.iter().map(|group| group.parse().unwrap()).collect();
            let all = set.outlines();
            all.map(|one| one.admits(&person, &groups)).collect()
        };
        assert_eq!(
            admits("anna", &["b"]),
            [true, true, false, true, true, true]
        );
        assert_eq!(
            admits("ben", &["B"]),
            [true, false, true, false, false, true]
        );
    }

    #[test]
    fn the_same_scope_is_found_whatever_the_spelling() {
        let set = set(&[
            r#"permit(principal, action, resource) when { resource.platform == "linux" };"#,
            r#"permit(principal, action == Postern::Action::"ssh", resource)
               when { // a comment
                   resource.platform   == "linux" };"#,
            r#"permit(principal, action, resource) when { resource.platform == "windows" };"#,
        ]);
        let all: Vec<Outline<'_>> = set.outlines().collect();
        assert_eq!(all[0].same_scope(&all[1]), ["ssh"]);
        assert!(all[0].same_scope(&all[2]).is_empty());
    }
}
