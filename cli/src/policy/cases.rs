//! Files of cases: who asks for what, and what the policies should answer.
//!
//! They are TOML, because people write them by hand: with comments, and with the line of whatever
//! is wrong. What is read here is complete and consistent, so that a case can only pass or fail.

mod written;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};

use rules::ask::{Ask, Targets};
use rules::facts::TargetFacts;
use rules::moment::Moment;
use rules::names::{Group, Person, Target};
use rules::on_call::Rota;
use rules::policy::{DenialKind, PolicyId, PolicySet, Question, Sought};
use toml::Spanned;

use super::spelling::Way;
use crate::input::{self, Unreadable};
use written::{WrittenCase, WrittenFile, WrittenPeople, WrittenPerson};

/// What a file of cases says.
#[derive(Debug)]
pub(super) struct CaseFile {
    /// The policies to test, as the file names them.
    pub(super) policies: Option<PathBuf>,
    /// The cases, in order; never empty.
    pub(super) cases: Vec<Case>,
}

/// One question, and the answer it should have.
#[derive(Debug)]
pub(super) struct Case {
    /// The line it begins on.
    pub(super) line: usize,
    pub(super) name: String,
    pub(super) who: Somebody,
    pub(super) ask: Ask,
    pub(super) facts: Vec<TargetFacts>,
    /// What the file calls the targets.
    pub(super) called: BTreeMap<Target, String>,
    pub(super) at: Moment,
    pub(super) expected: Expected,
}

/// A person, and what is known of them.
#[derive(Debug, Clone)]
pub(super) struct Somebody {
    /// What the file calls them.
    pub(super) name: String,
    pub(super) person: Person,
    pub(super) groups: BTreeSet<Group>,
    pub(super) rotas: BTreeSet<Rota>,
}

impl Case {
    /// What the policies are asked.
    pub(super) fn question(&self) -> Question<'_> {
        Question {
            ask: &self.ask,
            person: &self.who.person,
            groups: &self.who.groups,
            rotas: &self.who.rotas,
            facts: &self.facts,
            at: self.at,
            sought: Sought::Anew,
        }
    }
}

/// What a case expects.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Expected {
    /// This policy offers the way.
    Allow {
        policy: PolicyId,
        /// Where the case does not say, any way is right.
        way: Option<Way>,
    },
    /// There is no way.
    Deny {
        code: &'static str,
        /// Where the case does not say, any policies are right.
        by: Option<BTreeSet<PolicyId>>,
    },
}

/// Reads a file of cases, and the policies that it names where no others are given.
///
/// # Errors
/// One of the two cannot be read.
pub(super) fn open(
    file: &Path,
    policy: Option<PathBuf>,
) -> Result<(CaseFile, PolicySet), Unreadable> {
    let fault = |what: String| Unreadable::Cases {
        path: file.to_owned(),
        what,
    };
    let read = read(&input::text(file)?).map_err(fault)?;
    // A path in the file is meant from where the file is.
    let named = || Some(file.parent()?.join(read.policies.as_ref()?));
    let policy = policy.or_else(named).ok_or_else(|| {
        fault("it names no `policies`; add the line `policies = \"…\"`, or use --policy".to_owned())
    })?;
    let set = input::policies(&policy)?;
    Ok((read, set))
}

/// Reads a file of cases.
///
/// # Errors
/// The first thing that is wrong, with its line.
pub(super) fn read(text: &str) -> Result<CaseFile, String> {
    let written: WrittenFile =
        toml::from_str(text).map_err(|fault| fault.to_string().trim_end().to_owned())?;
    let reading = Reading { text };
    let people = reading.people(written.people)?;
    let mut targets = BTreeMap::new();
    let mut taken: BTreeMap<Target, String> = BTreeMap::new();
    for (number, (name, target)) in (1..).zip(written.targets) {
        let line = reading.line(&target.span());
        let facts = target.into_inner().read(number);
        let facts = facts.map_err(|fault| format!("line {line}: {fault}"))?;
        if let Some(twin) = taken.insert(facts.target.clone(), name.clone()) {
            return Err(format!(
                "line {line}: `{name}` and `{twin}` are one instance"
            ));
        }
        targets.insert(name, facts);
    }
    let world = World {
        reading,
        people,
        targets,
    };
    if written.cases.is_empty() {
        return Err("it has no `[[case]]`, so nothing would be tested".to_owned());
    }
    let cases = written.cases.into_iter().map(|case| world.case(case));
    Ok(CaseFile {
        policies: written.policies,
        cases: cases.collect::<Result<_, _>>()?,
    })
}

/// Reads the people of a file; what else stands in it is not looked at.
///
/// # Errors
/// The first thing that is wrong, with its line, or that nobody is named.
pub(super) fn people(text: &str) -> Result<BTreeMap<String, Somebody>, String> {
    let written: WrittenPeople =
        toml::from_str(text).map_err(|fault| fault.to_string().trim_end().to_owned())?;
    if written.people.is_empty() {
        return Err("it has no `[people]`, so nobody could say yes to anything".to_owned());
    }
    Reading { text }.people(written.people)
}

/// The text that spans point into.
struct Reading<'a> {
    text: &'a str,
}

impl Reading<'_> {
    /// The line of a span, counted from 1.
    fn line(&self, span: &Range<usize>) -> usize {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        before.matches('\n').count() + 1
    }

    fn people(
        &self,
        written: BTreeMap<String, Spanned<WrittenPerson>>,
    ) -> Result<BTreeMap<String, Somebody>, String> {
        let read = |(name, person): (String, Spanned<WrittenPerson>)| {
            let line = self.line(&person.span());
            let read = person.into_inner().read(name.clone());
            let read = read.map_err(|fault| format!("line {line}: {fault}"))?;
            Ok((name, read))
        };
        written.into_iter().map(read).collect()
    }
}

/// Who and what the cases of a file may name.
struct World<'a> {
    reading: Reading<'a>,
    people: BTreeMap<String, Somebody>,
    targets: BTreeMap<String, TargetFacts>,
}

impl World<'_> {
    fn case(&self, written: Spanned<WrittenCase>) -> Result<Case, String> {
        let line = self.reading.line(&written.span());
        let case = written.into_inner();
        let who = self.named(&self.people, "people", &case.person)?.clone();
        let for_person = match &case.for_person {
            Some(name) => Some(self.named(&self.people, "people", name)?.person.clone()),
            None => None,
        };
        let facts: Vec<TargetFacts> = case
            .targets
            .iter()
            .map(|name| self.named(&self.targets, "targets", name).cloned())
            .collect::<Result<_, _>>()?;
        let targets: Vec<Target> = facts.iter().map(|known| known.target.clone()).collect();
        let called = targets.iter().cloned().zip(&case.targets);
        let called = called
            .map(|(target, name)| (target, name.get_ref().clone()))
            .collect();
        let in_case = |fault: &dyn std::fmt::Display| format!("line {line}: {fault}");
        let expected = expected(case.allow, case.route, case.deny, case.by)
            .map_err(|fault| in_case(&fault))?;
        Ok(Case {
            line,
            name: case.name,
            who,
            ask: Ask {
                targets: Targets::try_from(targets).map_err(|fault| in_case(&fault))?,
                kind: case.kind.0,
                duration_seconds: case.duration.0,
                reason: case.reason,
                ticket: case.ticket,
                starts_at: None,
                break_glass: case.break_glass,
                for_person,
            },
            facts,
            called,
            at: case.at.0,
            expected,
        })
    }

    /// What stands under a name of a table.
    fn named<'a, T>(
        &self,
        table: &'a BTreeMap<String, T>,
        what: &str,
        name: &Spanned<String>,
    ) -> Result<&'a T, String> {
        table.get(name.get_ref()).ok_or_else(|| {
            let (line, name) = (self.reading.line(&name.span()), name.get_ref());
            format!("line {line}: there is no `[{what}.{name}]`")
        })
    }
}

fn expected(
    allow: Option<PolicyId>,
    way: Option<Way>,
    deny: Option<String>,
    by: Option<BTreeSet<PolicyId>>,
) -> Result<Expected, String> {
    match (allow, deny) {
        (Some(policy), None) if by.is_none() => Ok(Expected::Allow { policy, way }),
        (None, Some(deny)) if way.is_none() => DenialKind::CODES
            .into_iter()
            .find(|code| *code == deny)
            .map(|code| Expected::Deny { code, by })
            .ok_or_else(|| {
                format!(
                    "`deny` is one of {}, not `{deny}`",
                    DenialKind::CODES.join(", ")
                )
            }),
        _ => Err(
            "a case expects either `allow` with the id of a policy, and `route` if it matters, \
             or `deny` with a code, and `by` if it matters"
                .to_owned(),
        ),
    }
}

#[cfg(test)]
mod tests;
