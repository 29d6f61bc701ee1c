//! Answers that one person sees, and what they asked to see.

use rules::ask::{Ask, Targets};
use rules::caller::Caller;
use rules::chat::blocks::Answer;
use rules::chat::names::UserId;
use rules::chat::words::{Place, Wish};
use rules::chat::{ChatUser, says};
use rules::names::{RequestId, Target};
use rules::status::StatusWord;
use rules::wire::RequestView;

use super::ear::Ear;
use super::{Chat, Trouble};
use crate::desk::{Cause, ListQuery, ListView, Turned};
use crate::fault::AwsFaultKind;

/// How many requests of each sort are looked at for a list.
const LOOKED_AT: usize = 25;

/// A no, as chat says it.
///
/// # Errors
/// What did not work may work later: then it is better tried again than said.
pub(super) fn no(turned: &Turned) -> Result<Answer, Trouble> {
    Ok(match turned {
        Turned::Refused { refusal, .. } => says::refused(refusal),
        Turned::LostRace { .. } => {
            says::note("Others changed the request at the same time. Look again, and decide anew.")
        }
        Turned::KeyReused => says::note("This has been done before; nothing was changed."),
        Turned::NoPolicy(_) => says::note(
            "The policy set cannot be read, so nothing is asked for. Tell the operators of Postern.",
        ),
        Turned::Damaged { .. } => {
            says::note("Postern failed. Tell its operators what you did, and when.")
        }
        Turned::Unavailable {
            cause: Cause::Aws(fault),
            ..
        } => match fault.kind {
            AwsFaultKind::Throttled | AwsFaultKind::Unreachable => {
                return Err(fault.clone().into());
            }
            AwsFaultKind::Denied | AwsFaultKind::Rejected => {
                says::note("AWS refused what Postern needs. Tell its operators.")
            }
        },
        Turned::Unavailable {
            cause: Cause::OutOfTime(_) | Cause::Entropy,
            ..
        } => says::note("It took too long. Look whether it was done before you try again."),
    })
}

impl Chat {
    /// What is open of somebody's, and what waits for them.
    pub(super) async fn listed(&self, caller: &Caller) -> Result<(Vec<RequestView>, bool), Turned> {
        let (mut views, mut more) = (Vec::new(), false);
        for view in [ListView::Waiting, ListView::Mine] {
            let query = ListQuery {
                view,
                status: None,
                limit: LOOKED_AT,
                after: None,
            };
            let list = self.desk.list(caller, &query).await?;
            more |= list.next.is_some();
            views.extend(list.requests);
        }
        views.retain(|view| match view.status {
            StatusWord::Pending | StatusWord::Approved | StatusWord::Active => true,
            StatusWord::Ending
            | StatusWord::Closed
            | StatusWord::Denied
            | StatusWord::Withdrawn
            | StatusWord::Lapsed => false,
        });
        Ok((views, more))
    }

    /// Somebody cuts the link of another chat user where they are.
    pub(super) async fn unlinked(
        &self,
        ear: &Ear<'_>,
        caller: &Caller,
        user: UserId,
    ) -> Result<Answer, Trouble> {
        let team = ear.user.team.clone();
        let user = ChatUser { team, user };
        Ok(match self.unlink(caller, &user).await? {
            true => says::note("The link is cut."),
            false => says::note("There is no such link that you may cut."),
        })
    }

    /// Somebody asks for access.
    pub(super) async fn ask(
        &self,
        ear: &Ear<'_>,
        caller: &Caller,
        wish: Wish,
    ) -> Result<Option<RequestId>, Trouble> {
        let targets = match self.targets(caller, &wish).await {
            Ok(Some(targets)) => targets,
            Ok(None) => {
                let said = "There is no such instance that you may ask for from here. `/postern` \
                            alone shows those that there are.";
                self.answer(ear, says::note(said)).await;
                return Ok(None);
            }
            Err(turned) => {
                self.answer(ear, no(&turned)?).await;
                return Ok(None);
            }
        };
        let ask = Ask {
            targets,
            kind: wish.kind,
            duration_seconds: wish.duration,
            reason: wish.reason,
            ticket: wish.ticket,
            break_glass: false,
            for_person: None,
            starts_at: None,
        };
        match self.desk.ask(caller, ask, ear.key().as_ref()).await {
            Ok(filed) => {
                self.answer(ear, says::asked(&filed.request)).await;
                Ok(Some(filed.request.id))
            }
            Err(turned) => {
                self.answer(ear, no(&turned)?).await;
                Ok(None)
            }
        }
    }

    /// The targets that somebody names. An instance by itself is looked for among those that they may
    /// ask for, so nobody learns of another one that it is there.
    async fn targets(&self, caller: &Caller, wish: &Wish) -> Result<Option<Targets>, Turned> {
        let alone = |place: &Place| matches!(place, Place::Instance(_));
        let offered: Vec<Target> = match wish.targets.iter().any(alone) {
            false => Vec::new(),
            true => {
                let offers = self.desk.targets(caller).await?.targets;
                let targets = offers.into_iter().map(|offer| offer.target.target);
                targets.collect()
            }
        };
        let found = wish.targets.iter().map(|place| match place {
            Place::Target(target) => Some(target.clone()),
            Place::Instance(id) => {
                let mut those = offered.iter().filter(|target| target.instance == *id);
                let first = those.next().cloned();
                first.filter(|_| those.next().is_none())
            }
        });
        let found: Option<Vec<Target>> = found.collect();
        Ok(found.and_then(|found| Targets::try_from(found).ok()))
    }
}
