//! `postern policy explain`: what each policy makes of a case.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use rules::names::{Group, Target};
use rules::on_call::Rota;
use rules::policy::{
    Clause, Decision, Denial, Effect, Explained, OnTarget, Part, PolicyId, PolicySet, Rule, Verdict,
};

use super::cases::{self, Case};
use super::spelling::length;
use super::test::Got;
use crate::input::Unreadable;
use crate::report::Report;

pub(super) fn run(
    file: &Path,
    policy: Option<PathBuf>,
    wanted: Option<&str>,
) -> Result<Report, Unreadable> {
    let (read, set) = cases::open(file, policy)?;
    let told: Vec<String> = read
        .cases
        .iter()
        .filter(|case| wanted.is_none_or(|wanted| case.name == wanted))
        .map(|case| explained(&set, case))
        .collect();
    match wanted {
        Some(name) if told.is_empty() => {
            let others: Vec<String> = read
                .cases
                .iter()
                .map(|one| format!("  {}", one.name))
                .collect();
            Err(Unreadable::NoCase {
                path: file.to_owned(),
                name: name.to_owned(),
                others: others.join("\n"),
            })
        }
        Some(_) | None => Ok(Report::new(told.join("\n"), true)),
    }
}

/// One case: who asks for what, the answer, and a block for each policy.
fn explained(set: &PolicySet, case: &Case) -> String {
    let question = case.question();
    let decision = set.decide(&question);
    let mut text = format!("{} (line {})\n", case.name, case.line);
    let _ = writeln!(text, "  asks    {}", asks(case));
    match &decision {
        Decision::Allowed { .. } => {
            let _ = writeln!(text, "  answer  {}", Got(&decision));
        }
        Decision::Denied(denial) => {
            let (kind, reasons) = (denial.kind, Vec::new());
            // The policies that it names have a block each.
            let said = Denial { kind, reasons };
            let _ = writeln!(text, "  answer  deny {}: {said}", denial.code());
            let _ = writeln!(text, "  next    {}", denial.next());
        }
    }
    let width = set.ids().map(|id| id.as_str().len()).max().unwrap_or(0);
    let rules: BTreeMap<&PolicyId, &Rule> = set.outlines().map(|one| (one.id, one.rule)).collect();
    text.push('\n');
    for policy in set.explain(&question) {
        let applying = applying(
            set,
            case,
            &decision,
            &policy,
            rules.get(&policy.policy).copied(),
        );
        block(&mut text, &policy, width, &applying, &case.called);
    }
    text
}

/// Who asks for what, on one line.
fn asks(case: &Case) -> String {
    let who = &case.who;
    let groups: Vec<&str> = who.groups.iter().map(Group::as_str).collect();
    let rotas: Vec<&str> = who.rotas.iter().map(Rota::as_str).collect();
    let groups = if groups.is_empty() {
        "no groups".to_owned()
    } else {
        groups.join(", ")
    };
    let on_call = if rotas.is_empty() {
        String::new()
    } else {
        format!("; on call for {}", rotas.join(", "))
    };
    let targets: Vec<&str> = case
        .ask
        .targets
        .iter()
        .map(|one| called(&case.called, one))
        .collect();
    let mut text = format!(
        "{} ({groups}{on_call}): {} on {} for {}",
        who.name,
        case.ask.kind,
        targets.join(", "),
        length(case.ask.duration_seconds.length())
    );
    if let Some(person) = &case.ask.for_person {
        let _ = write!(text, ", in the name of {}", person.sub);
    }
    if case.ask.break_glass {
        text.push_str(", in an emergency");
    }
    let _ = write!(text, ", at {}", case.at.iso_seconds());
    text
}

fn called<'a>(names: &'a BTreeMap<Target, String>, target: &Target) -> &'a str {
    // INVARIANT: the ask of a case is made of the targets that it names.
    names.get(target).map_or("?", String::as_str)
}

/// What it means that a policy applies: its annotations have a say as well.
fn applying(
    set: &PolicySet,
    case: &Case,
    decision: &Decision,
    policy: &Explained,
    rule: Option<&Rule>,
) -> String {
    if let Some(Rule::Forbid(because)) = rule {
        let because = because.as_ref().map(|because| format!(": {because}"));
        return format!("applies, and refuses{}", because.unwrap_or_default());
    }
    if let Decision::Allowed { route } = decision
        && route.policy == policy.policy
    {
        return "applies, and offers the route".to_owned();
    }
    let mut against: Vec<String> = set
        .held_against(&case.question(), &policy.policy)
        .iter()
        .map(ToString::to_string)
        .collect();
    if let Some(Rule::Permit(terms)) = rule
        && case.ask.break_glass
        && terms.break_glass.is_none()
    {
        against.insert(0, "is not for emergencies".to_owned());
    }
    if against.is_empty() {
        "applies".to_owned()
    } else {
        format!("applies, but {}", against.join(", and "))
    }
}

/// A policy and what it says; apart for each target only where that differs.
fn block(
    text: &mut String,
    policy: &Explained,
    width: usize,
    applying: &str,
    names: &BTreeMap<Target, String>,
) {
    let effect = match policy.effect {
        Effect::Permit => "permit",
        Effect::Forbid => "forbid",
    };
    let mut before = format!("  {effect}  {:<width$}  ", policy.policy.as_str());
    let same = same(&policy.targets);
    for (verdict, on) in &same {
        let says = match verdict {
            Verdict::Applies {} => applying,
            Verdict::DoesNotApply { .. } => "does not apply",
            Verdict::Fails {} => "cannot be evaluated, so all is refused",
            Verdict::Unknown {} => "knows nothing of the target, so all is refused",
        };
        let on: Vec<&str> = on.iter().map(|target| called(names, target)).collect();
        let on = if same.len() > 1 {
            format!("{}: ", on.join(", "))
        } else {
            String::new()
        };
        let _ = writeln!(text, "{before}{on}{says}");
        before = " ".repeat(before.len());
        if let Verdict::DoesNotApply { clauses } = verdict {
            for Clause { part, text: clause } in clauses {
                let _ = writeln!(text, "{before}  {:<9}  {clause}", word(*part));
            }
        }
    }
}

/// The targets by what is said of them, in the order in which it is first said.
fn same(targets: &[OnTarget]) -> Vec<(&Verdict, Vec<&Target>)> {
    let mut same: Vec<(&Verdict, Vec<&Target>)> = Vec::new();
    for OnTarget { target, verdict } in targets {
        match same.iter_mut().find(|(said, _)| *said == verdict) {
            Some((_, on)) => on.push(target),
            None => same.push((verdict, vec![target])),
        }
    }
    same
}

fn word(part: Part) -> &'static str {
    match part {
        Part::Principal => "principal",
        Part::Action => "action",
        Part::Resource => "resource",
        Part::When => "when",
        Part::Unless => "unless",
    }
}
