//! A place, a policy, some people, and requests in every state of their lives.

use std::time::Duration;

use serde_json::json;

use crate::ask::Ask;
use crate::caller::Caller;
use crate::claims::{self, Expected, Leeway};
use crate::facts::{LastLog, Ping, Platform, TargetFacts};
use crate::life::ask::{Asking, Regime};
use crate::life::extend::{self, Longer};
use crate::life::{answer, ask, end, issue, review};
use crate::log_verdict::LogWord;
use crate::moment::Moment;
use crate::names::{Person, RequestId};
use crate::offices::Offices;
use crate::on_call::OnCall;
use crate::pace::Pace;
use crate::place::{Place, Places};
use crate::policy::PolicySet;
use crate::readiness::Readiness;
use crate::refusal::Refusal;
use crate::request::Request;
use crate::status::StatusWord;
use crate::step::Step;
use crate::sweep;

pub(crate) const WEB: &str = "111122223333/ap-northeast-2/i-00000000000000001";
/// How long the grants here last.
pub(crate) const MINUTE: Duration = Duration::from_secs(60);

/// 2026-11-24T10:00:00Z, when everything begins.
pub(crate) fn start() -> Moment {
    Moment::from_seconds(1_795_514_400)
}

pub(crate) fn after(seconds: u64) -> Moment {
    start().plus(Duration::from_secs(seconds))
}

/// Somebody whose token says who they are and in which groups.
pub(crate) fn caller(sub: &str, groups: &[&str]) -> Caller {
    let expected = Expected {
        issuer: "https://login.example.com".parse().unwrap(),
        audiences: ["postern".parse().unwrap()].into(),
        groups_claim: "groups".parse().unwrap(),
        human_claim: None,
        leeway: Leeway::default(),
    };
    let claims = json!({
        "iss": "https://login.example.com", "aud": "postern", "sub": sub, "name": "Sam",
        "email": "sam@example.com", "groups": groups,
        "iat": start().seconds(), "exp": start().seconds() + 600,
    });
    claims::judge(&claims, &expected, start()).unwrap()
}

/// Somebody of the issuer here.
pub(crate) fn somebody(sub: &str) -> Person {
    Person {
        iss: "https://login.example.com".parse().unwrap(),
        sub: sub.parse().unwrap(),
    }
}

/// Where access is given, and to whom.
pub(crate) struct Scene {
    pub(crate) places: Places,
    pub(crate) policy: PolicySet,
    pub(crate) pace: Pace,
    pub(crate) offices: Offices,
    pub(crate) facts: Vec<TargetFacts>,
}

/// A policy that asks for so many approvals by leads.
pub(crate) fn needing(approvals: u8) -> String {
    format!(
        r#"@id("shell") @approvals("{approvals}") @approvers("leads") @max_duration("1h")
        @extendable_to("2h") @unlogged("true")
        permit (principal in Postern::Group::"engineers", action, resource);"#
    )
}

pub(crate) const AUTOMATIC: &str = r#"@id("auto") @auto("true") @max_duration("1h") @extendable_to("2h") @unlogged("true")
    permit (principal in Postern::Group::"engineers", action, resource);"#;

/// Emergencies, which security reviews.
pub(crate) const EMERGENCY: &str = r#"@id("emergency") @break_glass("true")
    @reviewers("security") @max_duration("1h")
    permit (principal in Postern::Group::"engineers", action, resource);"#;

impl Scene {
    /// One approval by a lead is needed.
    pub(crate) fn new() -> Self {
        Self::under(&needing(1))
    }

    pub(crate) fn under(policy: &str) -> Self {
        let places = json!([{
            "account": "111122223333", "region": "ap-northeast-2",
            "access_role": "arn:aws:iam::111122223333:role/Access", "log_bucket": "session-logs",
            "kinds": [{"type": "shell"}, {"type": "ssh"}],
        }]);
        Self {
            places: serde_json::from_value(places).unwrap(),
            policy: PolicySet::parse(policy).unwrap(),
            pace: Pace::default(),
            offices: Offices {
                operators: ["operators".parse().unwrap()].into(),
                auditors: ["auditors".parse().unwrap()].into(),
            },
            facts: vec![TargetFacts {
                target: WEB.parse().unwrap(),
                tags: [("Name".to_owned(), "web-1".to_owned())].into(),
                platform: Platform::Linux,
                ping: Ping::Online,
                agent_version: Some("3.3.5226.0".to_owned()),
                last_log: Some(LastLog {
                    session: "req-01KAV3M0000123456789ABCDEF-07a16060613c408b5"
                        .parse()
                        .unwrap(),
                    ended_at: start().minus(Duration::from_secs(86_400)),
                    verdict: LogWord::Landed,
                }),
                readiness: Some(Readiness::unknown("permission `ec2:DescribeVpcs`")),
            }],
        }
    }

    pub(crate) fn requester() -> Caller {
        caller("anna", &["engineers"])
    }

    pub(crate) fn approver() -> Caller {
        caller("ben", &["engineers", "leads"])
    }

    pub(crate) fn regime(&self) -> Regime<'_> {
        Regime {
            places: &self.places,
            policy: &self.policy,
            on_call: OnCall::nobody(),
            pace: &self.pace,
        }
    }

    /// An ask for a minute of that kind of access to the one target.
    pub(crate) fn ask_for(kind: &str) -> Ask {
        serde_json::from_value(json!({
            "targets": [WEB], "kind": {"type": kind}, "duration_seconds": MINUTE.as_secs(),
            "reason": "disk full on web-1",
        }))
        .unwrap()
    }

    pub(crate) fn asking<'a>(&self, caller: &'a Caller, ask: Ask) -> Asking<'a> {
        let id = RequestId::new(start(), [7; 10]);
        Asking {
            id,
            caller,
            ask,
            facts: self.facts.clone(),
            waiting: 0,
            unreviewed: None,
        }
    }

    pub(crate) fn ask(&self, caller: &Caller) -> Result<Step, Refusal> {
        ask::ask(
            self.asking(caller, Self::ask_for("shell")),
            self.regime(),
            start(),
        )
    }

    /// The requester asks for a shell, otherwise changed.
    pub(crate) fn try_asking(&self, change: impl FnOnce(&mut Ask)) -> Result<Step, Refusal> {
        let anna = Self::requester();
        let mut ask = Self::ask_for("shell");
        change(&mut ask);
        ask::ask(self.asking(&anna, ask), self.regime(), start())
    }

    pub(crate) fn asked_with(&self, change: impl FnOnce(&mut Ask)) -> Request {
        self.try_asking(change).unwrap().request().clone()
    }

    /// The place has the documents by which sessions run as another user.
    pub(crate) fn runs_as(&mut self) {
        let places = self.places.iter().map(|place| Place {
            run_as: true,
            ..place.clone()
        });
        self.places = places.collect::<Vec<Place>>().try_into().unwrap();
    }

    /// The requester's request, pending or, where the policy says so, approved.
    pub(crate) fn asked(&self) -> Request {
        self.ask(&Self::requester()).unwrap().request().clone()
    }

    pub(crate) fn approve(
        &self,
        request: &Request,
        caller: &Caller,
        now: Moment,
    ) -> Result<Step, Refusal> {
        let shown = request.shown();
        answer::approve(request, caller, shown, None, &self.offices, &self.pace, now)
    }

    pub(crate) fn approved(&self) -> Request {
        self.approve(&self.asked(), &Self::approver(), start())
            .unwrap()
            .request()
            .clone()
    }

    pub(crate) fn begin(
        &self,
        request: &Request,
        caller: &Caller,
        now: Moment,
    ) -> Result<issue::Begun, Refusal> {
        self.begin_or_not(request, caller, now)
            .map_err(|not| not.refusal)
    }

    pub(crate) fn begin_or_not(
        &self,
        request: &Request,
        caller: &Caller,
        now: Moment,
    ) -> Result<issue::Begun, Box<issue::NotBegun>> {
        issue::begin(
            request,
            caller,
            &self.facts,
            self.regime(),
            &self.offices,
            now,
        )
    }

    /// Active, with an issue that has begun and has no outcome.
    pub(crate) fn issuing(&self) -> Request {
        let begun = self
            .begin(&self.approved(), &Self::requester(), start())
            .unwrap();
        begun.step.request().clone()
    }

    /// Active, with one issue complete.
    pub(crate) fn active(&self) -> Request {
        let expires_at = start().plus(Duration::from_secs(900));
        let step = issue::complete(&self.issuing(), 1, "AKIDEXAMPLE", expires_at, start());
        step.unwrap().request().clone()
    }

    /// The requester wants a minute more.
    pub(crate) fn extend(
        &self,
        request: &Request,
        caller: &Caller,
        now: Moment,
    ) -> Result<Step, Refusal> {
        let longer = Longer {
            by: MINUTE,
            reason: "the repair takes longer".parse().unwrap(),
        };
        let facts = self.facts.clone();
        extend::extend(
            request,
            caller,
            longer,
            facts,
            self.regime(),
            &self.offices,
            now,
        )
    }

    /// Active, with an extension that waits for an answer.
    pub(crate) fn extending(&self) -> Request {
        let step = self.extend(&self.active(), &Self::requester(), start());
        step.unwrap().request().clone()
    }

    /// An emergency under [`EMERGENCY`], approved by itself.
    pub(crate) fn broken(&self) -> Request {
        self.asked_with(|ask| ask.break_glass = true)
    }

    /// An emergency that is over.
    pub(crate) fn over(&self) -> Request {
        let step = end::release(&self.broken(), &Self::requester(), &self.offices, start());
        step.unwrap().request().clone()
    }

    pub(crate) fn review(
        &self,
        request: &Request,
        caller: &Caller,
        now: Moment,
    ) -> Result<Step, Refusal> {
        let comment = "read the transcript".parse().unwrap();
        review::review(request, caller, comment, &self.offices, now)
    }

    pub(crate) fn revoke(
        &self,
        request: &Request,
        caller: &Caller,
        now: Moment,
    ) -> Result<Step, Refusal> {
        end::revoke(request, caller, None, &self.offices, now)
    }

    /// A request in that status, reached the shortest way.
    pub(crate) fn in_status(&self, status: StatusWord) -> Request {
        let offices = &self.offices;
        let step = match status {
            StatusWord::Pending => return self.asked(),
            StatusWord::Approved => return self.approved(),
            StatusWord::Active => return self.active(),
            StatusWord::Ending => self
                .revoke(&self.active(), &Self::approver(), start())
                .unwrap(),
            StatusWord::Closed => self
                .revoke(&self.approved(), &Self::approver(), start())
                .unwrap(),
            StatusWord::Denied => {
                answer::deny(&self.asked(), &Self::approver(), None, offices, start()).unwrap()
            }
            StatusWord::Withdrawn => {
                answer::withdraw(&self.asked(), &Self::requester(), offices, start()).unwrap()
            }
            StatusWord::Lapsed => {
                let request = self.asked();
                let late = request.due_at(&self.pace).unwrap();
                sweep::due(&request, late, &self.pace).unwrap()
            }
        };
        assert_eq!(step.request().status().word(), status);
        step.request().clone()
    }
}
