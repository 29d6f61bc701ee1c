//! A policy taken apart into its clauses.
//!
//! Each clause is made a policy of its own, a `permit` with nothing else in it, so that it is
//! Cedar who answers for it.

use cedar_policy::{Authorizer, Policy, PolicyId, PolicySet as Cedar};

use super::tokens::{Token, first_brackets, on_one_line, parted, tokens, unwrapped};
use super::{Clause, Part, Verdict};
use crate::policy::inquiry::Inquiry;

/// A policy and its clauses, ready to be asked about.
pub(super) struct Clauses {
    whole: Alone,
    /// The constraints of the head, where it has them.
    head: Vec<Piece>,
    /// The clauses of each condition, in order.
    conditions: Vec<Vec<Piece>>,
    /// The conditions as they stand: what is told should the clauses ever disagree with the whole.
    undivided: Vec<Clause>,
}

impl Clauses {
    /// Takes a policy apart.
    pub(super) fn of(policy: &Policy) -> Self {
        let tokens = tokens(&policy.to_string());
        // INVARIANT: Cedar has read the policy, so it has a head.
        let (head, conditions) = divided(&tokens).unwrap_or_default();
        let mut undivided: Vec<Clause> = conditions
            .iter()
            .map(|(part, condition)| clause(*part, condition))
            .collect();
        if undivided.is_empty() {
            undivided.push(clause(Part::When, &tokens));
        }
        let head: Vec<Clause> = head
            .iter()
            .filter(|(_, constraint)| constraint.len() > 1)
            .map(|(part, constraint)| clause(*part, constraint))
            .collect();
        let conditions: Vec<Vec<Clause>> = conditions
            .iter()
            .map(|(part, condition)| {
                let clauses = clauses(*part, condition).into_iter();
                clauses.map(|tokens| clause(*part, tokens)).collect()
            })
            .collect();
        // All are read in one go, because a single policy takes Cedar as long as ten together.
        let all = head.iter().chain(conditions.iter().flatten());
        let text: String = all.map(by_itself).collect();
        // INVARIANT: each is a clause of a policy that Cedar has read, so it reads them all, and
        // calls them `policy0`, `policy1`, and so on. Without them the undivided are told.
        let read: Cedar = text.parse().unwrap_or_default();
        let mut numbers = 0_usize..;
        let mut piece = |clause| {
            let id = PolicyId::new(format!("policy{}", numbers.next()?));
            let alone = Alone::of(read.policy(&id)?.clone());
            Some(Piece { clause, alone })
        };
        Self {
            whole: Alone::of(policy.clone()),
            head: head.into_iter().filter_map(&mut piece).collect(),
            conditions: conditions
                .into_iter()
                .map(|condition| condition.into_iter().filter_map(&mut piece).collect())
                .collect(),
            undivided,
        }
    }

    /// What the policy says; the clauses only say why.
    pub(super) fn verdict(&self, inquiry: &Inquiry) -> Verdict {
        match self.whole.answer(inquiry) {
            Answer::Yes => Verdict::Applies {},
            Answer::Fails => Verdict::Fails {},
            Answer::No => {
                let mut clauses = self.against(inquiry);
                if clauses.is_empty() {
                    clauses.clone_from(&self.undivided);
                }
                Verdict::DoesNotApply { clauses }
            }
        }
    }

    /// The clauses that say no.
    fn against(&self, inquiry: &Inquiry) -> Vec<Clause> {
        let mut against: Vec<Clause> = self
            .head
            .iter()
            .filter(|piece| piece.alone.answer(inquiry) == Answer::No)
            .map(|piece| piece.clause.clone())
            .collect();
        if against.iter().all(|clause| clause.part != Part::Action) {
            let firsts = self
                .conditions
                .iter()
                .filter_map(|condition| first_against(condition, inquiry));
            against.extend(firsts.cloned());
        }
        against
    }
}

/// The first clause of a condition that says no. One that fails ends the search: the whole policy
/// does not fail, so that something before it has said no, in the head or in another condition.
fn first_against<'a>(condition: &'a [Piece], inquiry: &Inquiry) -> Option<&'a Clause> {
    for piece in condition {
        match piece.alone.answer(inquiry) {
            Answer::Yes => {}
            Answer::No => return Some(&piece.clause),
            Answer::Fails => return None,
        }
    }
    None
}

/// Some parts of a policy, each with what it says.
type Parts<'t> = Vec<(Part, &'t [Token])>;

/// The constraints of a policy's head, and its conditions.
fn divided(mut tokens: &[Token]) -> Option<(Parts<'_>, Parts<'_>)> {
    while let [at, _, annotated @ ..] = tokens
        && at.is("@")
    {
        tokens = match annotated.first() {
            Some(next) if next.is("(") => first_brackets(annotated)?.1,
            Some(_) | None => annotated,
        };
    }
    let (_effect, rest) = tokens.split_first()?;
    let (head, mut rest) = first_brackets(rest)?;
    let head = parted(unwrapped(head, ("(", ")"))?, ",");
    let head = [Part::Principal, Part::Action, Part::Resource]
        .into_iter()
        .zip(head);
    let mut conditions = Vec::new();
    while let Some((word, after)) = rest.split_first()
        && !word.is(";")
    {
        let part = if word.is("unless") {
            Part::Unless
        } else {
            Part::When
        };
        let (condition, after) = first_brackets(after)?;
        conditions.push((part, unwrapped(condition, ("{", "}"))?));
        rest = after;
    }
    Some((head.collect(), conditions))
}

/// The clauses of a condition, in order: every one of them can say no by itself. What an `unless`
/// joins with `||` are such, because one that is true is enough.
fn clauses(part: Part, condition: &[Token]) -> Vec<&[Token]> {
    let mut clauses = Vec::new();
    let mut left_over = vec![condition];
    while let Some(next) = left_over.pop() {
        if let Some(inner) = unwrapped(next, ("(", ")")) {
            left_over.push(inner);
            continue;
        }
        // An `if` takes in everything to its right, and `||` binds less than `&&`.
        let whole = next.first().is_some_and(|first| first.is("if"))
            || (part == Part::When && parted(next, "||").nth(1).is_some());
        let operator = if part == Part::Unless { "||" } else { "&&" };
        let mut parts: Vec<&[Token]> = parted(next, operator).collect();
        if whole || parts.len() < 2 {
            clauses.push(next);
        } else {
            parts.reverse();
            left_over.extend(parts);
        }
    }
    clauses
}

fn clause(part: Part, tokens: &[Token]) -> Clause {
    let text = on_one_line(tokens);
    Clause { part, text }
}

/// One clause, as it is told and as Cedar is asked about it.
struct Piece {
    clause: Clause,
    alone: Alone,
}

/// A policy of nothing but one clause.
fn by_itself(Clause { part, text }: &Clause) -> String {
    match part {
        Part::Principal => format!("permit({text}, action, resource);\n"),
        Part::Action => format!("permit(principal, {text}, resource);\n"),
        Part::Resource => format!("permit(principal, action, {text});\n"),
        Part::When => format!("permit(principal, action, resource) when {{ {text} }};\n"),
        Part::Unless => format!("permit(principal, action, resource) unless {{ {text} }};\n"),
    }
}

/// A policy without others beside it, so that Cedar's answer is that of this one.
struct Alone(Option<Cedar>);

/// Cedar's answer for one policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    /// It applies.
    Yes,
    /// It does not apply.
    No,
    /// It cannot be evaluated.
    Fails,
}

impl Alone {
    fn of(policy: Policy) -> Self {
        // INVARIANT: any policy that is no template makes a set.
        Self(Cedar::from_policies([policy]).ok())
    }

    fn answer(&self, inquiry: &Inquiry) -> Answer {
        let Some(set) = &self.0 else {
            return Answer::Fails;
        };
        let response = Authorizer::new().is_authorized(&inquiry.request, set, &inquiry.entities);
        let diagnostics = response.diagnostics();
        if diagnostics.errors().next().is_some() {
            Answer::Fails
        } else if diagnostics.reason().next().is_some() {
            Answer::Yes
        } else {
            Answer::No
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Clauses {
        Clauses::of(&Policy::parse(None, text).unwrap())
    }

    fn told<'a>(pieces: impl IntoIterator<Item = &'a Piece>) -> Vec<&'a str> {
        let texts = pieces.into_iter().map(|piece| piece.clause.text.as_str());
        texts.collect()
    }

    /// The clauses of a policy for everybody, with these conditions.
    fn clauses_of(conditions: &str) -> Vec<String> {
        let clauses = read(&format!(
            "permit(principal, action, resource) {conditions};"
        ));
        assert!(clauses.head.is_empty());
        let told = told(clauses.conditions.iter().flatten());
        told.into_iter().map(str::to_owned).collect()
    }

    #[test]
    fn a_when_is_divided_at_every_and_and_an_unless_at_every_or() {
        let when = "when { 1 < 2 && (2 < 3 && 3 < 4) && (4 < 5 || 5 < 6) && !(6 < 7 && 7 < 8) }";
        assert_eq!(
            clauses_of(when),
            [
                "1 < 2",
                "2 < 3",
                "3 < 4",
                "4 < 5 || 5 < 6",
                "!(6 < 7 && 7 < 8)"
            ]
        );
        let unless = "unless { 1 < 2 || (2 < 3 || 3 < 4) || 4 < 5 && 5 < 6 || !(6 < 7 || 7 < 8) }";
        assert_eq!(
            clauses_of(unless),
            [
                "1 < 2",
                "2 < 3",
                "3 < 4",
                "4 < 5 && 5 < 6",
                "!(6 < 7 || 7 < 8)"
            ]
        );
    }

    #[test]
    fn what_binds_less_than_the_operator_is_not_divided() {
        for whole in [
            "1 < 2 && 2 < 3 || 3 < 4 && 4 < 5",
            "if 1 < 2 && 2 < 3 then 3 < 4 && 4 < 5 else 5 < 6 && 6 < 7",
            "[1 < 2 && 2 < 3].contains(3 < 4 && 4 < 5)",
            "{a: 1 < 2 && 2 < 3}.a",
            r#""a && b" like "c && \"d && *""#,
        ] {
            assert_eq!(clauses_of(&format!("when {{ {whole} }}")), [whole]);
        }
        let whole = "if 1 < 2 then 2 < 3 else 3 < 4 || 4 < 5";
        assert_eq!(clauses_of(&format!("unless {{ {whole} }}")), [whole]);
        let beside = "(1 < 2) == (2 < 3)";
        assert_eq!(clauses_of(&format!("when {{ ({beside}) }}")), [beside]);
    }

    #[test]
    fn the_head_is_told_where_it_constrains() {
        let clauses = read(
            r#"@permit("(") @a // a comment with "a quote
            forbid(principal is P::A in P::B::"c, (d)",
                action in [Action::"e", Action::"f"], resource) when { true } unless { false };"#,
        );
        assert_eq!(
            told(&clauses.head),
            [
                r#"principal is P::A in P::B::"c, (d)""#,
                r#"action in [Action::"e", Action::"f"]"#
            ]
        );
        assert_eq!(told(clauses.conditions.iter().flatten()), ["true", "false"]);
    }

    #[test]
    fn a_clause_is_one_line_without_comments_and_keeps_its_strings() {
        let condition = "when {\n  \"a  b // c\" // d && e\n    ==\n  \"f\n g\\\"\u{8}\" }";
        assert_eq!(clauses_of(condition), [r#""a  b // c" == "f\n g\"\u{8}""#]);
    }

    #[test]
    fn there_is_something_to_tell_even_if_no_clause_owns_up() {
        let told = |text: &str| -> Vec<String> {
            let undivided = read(text).undivided.into_iter();
            undivided.map(|clause| clause.text).collect()
        };
        let text = "permit(principal, action, resource) when { 1 < 2 && 2 < 3 } unless { 3 < 2 };";
        assert_eq!(told(text), ["1 < 2 && 2 < 3", "3 < 2"]);
        let bare = "permit(principal, action, resource);";
        assert_eq!(told(bare), [bare]);
    }

    #[test]
    fn a_chain_of_any_length_is_divided() {
        let chain = |operator: &str| vec!["1 < 2"; 1_000].join(operator);
        let ands = format!("when {{ {} }}", chain(" && "));
        assert_eq!(clauses_of(&ands).len(), 1_000);
        let ors = format!("when {{ 2 < 3 && ({}) }}", chain(" || "));
        assert_eq!(clauses_of(&ors), ["2 < 3".to_owned(), chain(" || ")]);
    }

    #[test]
    fn cedar_knows_no_escaped_line_break() {
        let text = "permit(principal, action, resource) when { \"a\\\nb\" == \"ab\" };";
        assert!(Policy::parse(None, text).is_err());
    }
}
