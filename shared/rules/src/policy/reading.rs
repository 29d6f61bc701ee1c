//! Reading a policy text: everything that is wrong with it is told at once.

use std::collections::BTreeMap;

use cedar_policy::ffi::DetailedError;
use cedar_policy::{Policy, PolicySet as Cedar, ValidationMode, ValidationWarning, Validator};

use super::annotations::{self, Annotated};
use super::fault::{Fault, PolicyFault, PolicyFaults};
use super::inquiry::VOCABULARY;
use super::lines::{self, Lines};
use super::zone::Zone;
use super::{Known, PolicyId, PolicySet};
use crate::names::Digest;

impl PolicySet {
    /// Reads a policy text. An empty one is a set that permits nothing.
    ///
    /// # Errors
    /// Every fault of the text, each with its policy and annotation: what is not Cedar or not in
    /// the schema, policies that can never apply, templates, annotations that are unknown, missing
    /// or malformed, and ids used twice.
    pub fn parse(text: &str) -> Result<Self, PolicyFaults> {
        let mut faults = Vec::new();
        if let Some(line) = lines::too_deep(text) {
            // Its parts cannot be looked at before it is mended.
            return Err(PolicyFaults::of_depth(line));
        }
        let read: Cedar = match text.parse() {
            Ok(read) => read,
            Err(errors) => {
                let errors: cedar_policy::ParseErrors = errors;
                faults.extend(errors.iter().map(|error| {
                    PolicyFault::of_cedar(None, DetailedError::from(error), text, Fault::Syntax)
                }));
                Cedar::new()
            }
        };
        let policies = in_order(&read);
        let mut cedar: BTreeMap<Zone, Cedar> = BTreeMap::new();
        let mut known = BTreeMap::new();
        let standing = Lines::of(text);
        for (place, (label, policy)) in &policies {
            let before = faults.len();
            if let Some(Annotated { id, zone, rule }) =
                annotations::read(policy, label, &mut faults)
            {
                let named = (*policy)
                    .clone()
                    .new_id(cedar_policy::PolicyId::new(id.as_str()));
                let added = cedar.entry(zone.clone()).or_default().add(named);
                let line = standing.line(*place, Some("id"));
                let twin = known.insert(id, Known { zone, line, rule });
                if twin.is_some() || added.is_err() {
                    faults.push(PolicyFault::of_annotation(label, "id", Fault::DuplicateId));
                }
            }
            for fault in faults.iter_mut().skip(before) {
                fault.line = standing.line(*place, fault.annotation.as_deref());
            }
        }
        faults.extend(read.templates().map(|template| PolicyFault {
            policy: Some(template.annotation("id").unwrap_or("template").to_owned()),
            annotation: None,
            line: standing.line(place_in_text(template.id()), None),
            fault: Fault::Template,
        }));
        faults.extend(invalid(&read, &policies, text));
        let digest = Digest::of("postern.policy-set", text.as_bytes());
        PolicyFaults::none_or(
            faults,
            Self {
                cedar,
                known,
                digest,
            },
        )
    }
}

/// The policies by their place in the text, each with the label that faults call it by.
fn in_order(read: &Cedar) -> BTreeMap<usize, (String, &Policy)> {
    read.policies()
        .map(|policy| {
            let place = place_in_text(policy.id());
            let id = policy
                .annotations()
                .find(|(key, _)| *key == "id")
                .and_then(|(_, id)| id.parse::<PolicyId>().ok());
            let label = id.map_or_else(|| format!("#{}", place.saturating_add(1)), String::from);
            (place, (label, policy))
        })
        .collect()
}

/// Cedar calls the policies of a text `policy0`, `policy1`, and so on.
fn place_in_text(id: &cedar_policy::PolicyId) -> usize {
    let id: &str = id.as_ref();
    id.strip_prefix("policy")
        .and_then(|n| n.parse().ok())
        .unwrap_or(usize::MAX)
}

/// What Cedar's validator has against the policies.
fn invalid(
    read: &Cedar,
    policies: &BTreeMap<usize, (String, &Policy)>,
    text: &str,
) -> Vec<PolicyFault> {
    let result = Validator::new(VOCABULARY.schema.clone()).validate(read, ValidationMode::Strict);
    let errors = result
        .validation_errors()
        .map(|error| (error.policy_id(), DetailedError::from(error)));
    let warnings = result
        .validation_warnings()
        .filter(|warning| !mere_mixture(warning))
        .map(|warning| (warning.policy_id(), DetailedError::from(warning)));
    let mut faults: Vec<(usize, PolicyFault)> = errors
        .chain(warnings)
        .map(|(id, error)| {
            let place = place_in_text(id);
            let label = policies.get(&place).map(|(label, _)| label.clone());
            (
                place,
                PolicyFault::of_cedar(label, error, text, Fault::Invalid),
            )
        })
        .collect();
    faults.sort_by_key(|(place, fault)| (*place, fault.line));
    faults.into_iter().map(|(_, fault)| fault).collect()
}

/// A warning counts as a fault: a policy that can never apply protects nobody, and invisible
/// characters make it read as something else. Scripts mixed in one string are let pass, because
/// Hangul beside Latin letters is an ordinary group name.
fn mere_mixture(warning: &ValidationWarning) -> bool {
    matches!(
        warning,
        ValidationWarning::MixedScriptString(_) | ValidationWarning::MixedScriptIdentifier(_)
    )
}
