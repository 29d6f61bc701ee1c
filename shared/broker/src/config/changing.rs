//! The settings of what changes while a function runs: the policy set, and who is on call.

use std::sync::Arc;
use std::time::Duration;

use rules::policy::PolicySet;

use super::reading::Reading;
use crate::on_call::FeedPlace;
use crate::policies::PolicyObject;
use crate::s3::ObjectPlace;
use crate::ssm::ParameterName;

const TEXT: &str = "POSTERN_POLICY";
const FILE: &str = "POSTERN_POLICY_FILE";
const OBJECT: &str = "POSTERN_POLICY_OBJECT";
const REFRESH: &str = "POSTERN_POLICY_REFRESH";
const KEEP: &str = "POSTERN_POLICY_KEEP";
const FEED: &str = "POSTERN_ON_CALL_OBJECT";
const KEY: &str = "POSTERN_ON_CALL_KEY_PARAMETER";

/// Where the policy set comes from.
#[derive(Debug, Clone)]
pub(super) enum PolicySource {
    /// It came with the function, and is valid.
    Bundled(Arc<PolicySet>),
    /// It stands in S3, and may be anything.
    Object(PolicyObject),
}

impl Reading<'_> {
    /// The policy set: its text in one variable, its file in another, or its object in a third.
    pub(super) fn policy(&mut self) -> Option<PolicySource> {
        let refresh = self.length(REFRESH, Duration::from_secs(60));
        let keep = self.length(KEEP, Duration::from_secs(24 * 60 * 60));
        let mut set = [TEXT, FILE, OBJECT]
            .into_iter()
            .filter_map(|name| Some((name, self.value(name)?)));
        let (first, second) = (set.next(), set.next());
        let (name, value) = match (first, second) {
            (Some(only), None) => only,
            (None, _) => {
                let what = format!("is not set, and neither is `{FILE}` nor `{OBJECT}`");
                self.fault(TEXT, what);
                return None;
            }
            (Some((name, _)), Some((other, _))) => {
                self.fault(
                    name,
                    format!("is set, and so is `{other}`; set one of them"),
                );
                return None;
            }
        };
        if name == OBJECT {
            let place = self.parse::<ObjectPlace>(name, &value);
            let (refresh, keep) = (refresh?, keep?);
            if keep < refresh {
                let what = "a set is kept for longer than one round; make it `POSTERN_POLICY_REFRESH` or longer";
                self.fault(KEEP, what.to_owned());
                return None;
            }
            return Some(PolicySource::Object(PolicyObject {
                place: place?,
                refresh,
                keep,
            }));
        }
        let text = if name == FILE {
            self.file(name, &value)?
        } else {
            value
        };
        match PolicySet::parse(&text) {
            Ok(policy) => Some(PolicySource::Bundled(Arc::new(policy))),
            Err(faults) => {
                for fault in faults.iter() {
                    self.fault(name, fault.to_string());
                }
                None
            }
        }
    }

    fn file(&mut self, name: &'static str, path: &str) -> Option<String> {
        match std::fs::read_to_string(path) {
            Ok(text) => Some(text),
            Err(error) => {
                self.fault(name, format!("`{path}` cannot be read: {error}"));
                None
            }
        }
    }

    /// Where it is told who is on call: an object and the key of its signature, or neither.
    pub(super) fn on_call(&mut self) -> Option<Option<FeedPlace>> {
        let object = self.optional::<ObjectPlace>(FEED);
        let key = self.optional::<ParameterName>(KEY);
        match (object?, key?) {
            (Some(object), Some(key)) => Some(Some(FeedPlace { object, key })),
            (None, None) => Some(None),
            (Some(_), None) => {
                self.fault(
                    KEY,
                    format!("is not set, and `{FEED}` is; set both or none"),
                );
                None
            }
            (None, Some(_)) => {
                self.fault(
                    FEED,
                    format!("is not set, and `{KEY}` is; set both or none"),
                );
                None
            }
        }
    }
}
