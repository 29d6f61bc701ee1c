//! From nothing to a yes.

use rules::names::Group;
use rules::readiness::Readiness;
use rules::status::StatusWord;
use rules::wire::{RequestList, TargetView};

use super::{
    Amiss, GRANT_SECONDS, Person, RequestId, RequestView, Teller, json, must, nothing, path_of,
    short, time_of_day,
};
use crate::account::{ACCOUNT, REGION, WEB_7};

impl Teller<'_> {
    pub(super) async fn anna_asks(&mut self) -> Result<RequestView, Amiss> {
        self.step("Anna, an engineer, asks for a shell on web-7, a production instance.")
            .await?;
        let ask = json!({
            "targets": [format!("{ACCOUNT}/{REGION}/{WEB_7}")],
            "kind": {"type": "shell"},
            "duration_seconds": GRANT_SECONDS,
            "reason": "disk full on web-7",
        });
        let answer = self.sends(Person::Anna, "/v1/requests", &ask).await?;
        answer.must_be(201)?;
        let asked: RequestView = answer.read()?;
        must(
            asked.status == StatusWord::Pending,
            "the status pending",
            asked.status,
        )?;
        let stages: Vec<String> = asked
            .route
            .stages
            .iter()
            .map(|stage| {
                let groups: Vec<&str> = stage.groups.iter().map(Group::as_str).collect();
                format!("{} of {}", stage.needed, groups.join(", "))
            })
            .collect();
        let says = format!(
            "{} is pending: policy `{}` wants approval by {}.",
            asked.id,
            asked.route.policy,
            stages.join(", then "),
        );
        self.taken(&answer, 201, &says)?;
        let ready = |target: &TargetView| target.readiness == Some(Readiness::Ready {});
        must(
            asked.targets.iter().all(ready),
            "an instance that is ready",
            "another answer of the doctor",
        )?;
        self.screen
            .more("The doctor has looked at web-7: it can be reached, and its log will land.")?;
        if let Some(at) = asked.state.lapses_at {
            let says = format!("Nothing is open yet. It lapses at {} UTC.", time_of_day(at));
            self.screen.more(&says)?;
        }
        Ok(asked)
    }

    pub(super) async fn nobody_answers_their_own(
        &mut self,
        asked: &RequestView,
    ) -> Result<(), Amiss> {
        self.step("She cannot say yes to herself, whatever a policy says, and others see nothing.")
            .await?;
        let yes = json!({"shown": asked.shown});
        let answer = self
            .sends(Person::Anna, &path_of(asked.id, "/approve"), &yes)
            .await?;
        self.refused(&answer, 403, &["self-approval"])?;
        let answer = self
            .sends(Person::Anna, &path_of(asked.id, "/credentials"), &nothing())
            .await?;
        self.refused(&answer, 409, &["wrong-status"])?;
        let answer = self.reads(Person::Cleo, &path_of(asked.id, "")).await?;
        self.refused(&answer, 404, &["request-not-found"])
    }

    pub(super) async fn ben_approves(&mut self, id: RequestId) -> Result<(), Amiss> {
        self.step("Ben, a lead, finds it in his list and says yes to exactly what he was shown.")
            .await?;
        let answer = self.reads(Person::Ben, "/v1/requests?view=waiting").await?;
        answer.must_be(200)?;
        let list: RequestList = answer.read()?;
        let Some(waiting) = list.requests.iter().find(|request| request.id == id) else {
            return must(
                false,
                "the request in the list",
                format!("{} others", list.requests.len()),
            );
        };
        let says = format!(
            "{}: {} for {} s, because \"{}\"; Ben may {}.",
            waiting.requester_name.as_deref().unwrap_or("somebody"),
            waiting.ask.kind,
            GRANT_SECONDS,
            waiting.ask.reason,
            waiting.you_may.join(" or "),
        );
        self.taken(&answer, 200, &says)?;
        self.screen.more(&format!(
            "The digest of all that he is shown is {}…; a yes to anything else is void.",
            short(&waiting.shown)
        ))?;
        let yes = json!({"shown": waiting.shown, "comment": "go ahead"});
        let answer = self
            .sends(Person::Ben, &path_of(id, "/approve"), &yes)
            .await?;
        answer.must_be(200)?;
        let approved: RequestView = answer.read()?;
        must(
            approved.status == StatusWord::Approved,
            "the status approved",
            approved.status,
        )?;
        self.taken(
            &answer,
            200,
            "Approved. No credentials exist yet, and no clock runs.",
        )
    }
}
