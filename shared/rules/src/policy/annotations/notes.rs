//! The annotations of one policy, and where the faults in them go.

use std::collections::BTreeMap;

use cedar_policy::Policy;

use crate::names::BadName;
use crate::policy::fault::{Fault, PolicyFault};

/// One policy's annotations, and where its faults go.
pub(super) struct Notes<'a> {
    /// Taken from the policy once: Cedar parses the name of an annotation that it is asked for, each
    /// time, and that was half of what a set took to load.
    annotations: BTreeMap<&'a str, &'a str>,
    label: &'a str,
    faults: &'a mut Vec<PolicyFault>,
}

impl<'a> Notes<'a> {
    pub(super) fn of(policy: &'a Policy, label: &'a str, faults: &'a mut Vec<PolicyFault>) -> Self {
        Self {
            annotations: policy.annotations().collect(),
            label,
            faults,
        }
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.annotations.contains_key(key)
    }

    pub(super) fn note(&mut self, key: &str, fault: Fault) {
        self.faults
            .push(PolicyFault::of_annotation(self.label, key, fault));
    }

    /// Notes what cannot stand beside an annotation.
    pub(super) fn refuse_beside(&mut self, key: &'static str, others: &[&str]) {
        for other in others {
            if self.has(other) {
                self.note(other, Fault::Excluded(key));
            }
        }
    }

    /// The value; nothing where it is absent, or malformed and noted.
    pub(super) fn optional<T>(
        &mut self,
        key: &str,
        read: fn(&str) -> Result<T, BadName>,
    ) -> Option<T> {
        match read(self.annotations.get(key)?) {
            Ok(value) => Some(value),
            Err(bad) => {
                self.note(key, Fault::Malformed(bad));
                None
            }
        }
    }

    /// The value; nothing where it is absent or malformed, both noted.
    pub(super) fn required<T>(
        &mut self,
        key: &str,
        read: fn(&str) -> Result<T, BadName>,
    ) -> Option<T> {
        if !self.has(key) {
            self.note(key, Fault::Missing);
        }
        self.optional(key, read)
    }

    pub(super) fn refuse_unknown(&mut self, effect: &'static str, known: &[&str]) {
        for key in self.annotations.keys().filter(|key| !known.contains(key)) {
            let known: Vec<String> = known.iter().map(|key| format!("`@{key}`")).collect();
            let fault = Fault::Unknown {
                effect,
                known: known.join(", "),
            };
            self.faults
                .push(PolicyFault::of_annotation(self.label, key, fault));
        }
    }
}
