//! What people say: the words of the slash command, in whatever chat system they say them.

use rules::caller::Caller;
use rules::chat::words::{self, Words};
use rules::chat::{modal, says};
use rules::names::RequestId;

use super::answering::no;
use super::ear::{Ear, Shown};
use super::{Chat, Trouble};

impl Chat {
    /// Does what somebody says. Gives the request that it changed.
    pub(super) async fn said(
        &self,
        ear: &Ear<'_>,
        text: &str,
    ) -> Result<Option<RequestId>, Trouble> {
        let words = match words::read(text) {
            Ok(words) => words,
            Err(why) => {
                self.answer(ear, says::not_understood(&why)).await;
                return Ok(None);
            }
        };
        let caller = match words {
            Words::Help => {
                self.answer(ear, says::help()).await;
                return Ok(None);
            }
            Words::Link(None) => {
                let page = self.begin_link(ear.user).await?;
                self.answer(ear, says::sign_in(&page)).await;
                return Ok(None);
            }
            Words::Link(Some(code)) => {
                let said = match self.confirm_link(ear.user, &code).await? {
                    Ok(link) => says::linked(&link),
                    Err(why) => says::note(format!("Nothing was linked: {why}.")),
                };
                self.answer(ear, said).await;
                return Ok(None);
            }
            // Whoever gives power away needs none for it.
            Words::Unlink(None) => {
                self.ledger.cut_link(ear.user).await?;
                let said = "Your link is cut. `/postern link` makes a new one.";
                self.answer(ear, says::note(said)).await;
                return Ok(None);
            }
            Words::Links
            | Words::Unlink(Some(_))
            | Words::List
            | Words::Form
            | Words::Request(_) => match self.person(ear).await? {
                Some(caller) => caller,
                None => return Ok(None),
            },
        };
        Box::pin(self.said_by(ear, &caller, words)).await
    }

    /// Does what somebody says of whom it is known who they are.
    async fn said_by(
        &self,
        ear: &Ear<'_>,
        caller: &Caller,
        words: Words,
    ) -> Result<Option<RequestId>, Trouble> {
        let said = match words {
            Words::Links => {
                let mut links = self.links(caller).await?;
                links.retain(|link| link.identity.is_one_with(caller.identity()));
                says::links(&links)
            }
            Words::Unlink(Some(user)) => self.unlinked(ear, caller, user).await?,
            Words::List => match self.listed(caller).await {
                Ok((views, more)) => says::list(&views, more),
                Err(turned) => no(&turned)?,
            },
            Words::Form => return self.offer(ear, caller).await.map(|()| None),
            Words::Request(wish) => return self.ask(ear, caller, wish).await,
            Words::Help | Words::Link(_) | Words::Unlink(None) => return Ok(None),
        };
        self.answer(ear, said).await;
        Ok(None)
    }

    /// The person that a chat user is; whoever is nobody is told how to change that.
    pub(super) async fn person(&self, ear: &Ear<'_>) -> Result<Option<Caller>, Trouble> {
        let link = self.ledger.link(ear.user).await?;
        let caller = link.and_then(|link| link.caller(ear.user, self.now()).ok());
        if caller.is_none() {
            self.answer(ear, says::unlinked()).await;
        }
        Ok(caller)
    }

    /// What may be asked for: in a form, where there are forms.
    async fn offer(&self, ear: &Ear<'_>, caller: &Caller) -> Result<(), Trouble> {
        let offers = match self.desk.targets(caller).await {
            Ok(offers) => offers,
            Err(turned) => {
                self.answer(ear, no(&turned)?).await;
                return Ok(());
            }
        };
        let Some(form) = modal::ask(&offers) else {
            let said = "There is nothing that you may ask for from here now.";
            self.answer(ear, says::note(said)).await;
            return Ok(());
        };
        let said = match self.show(ear, &form).await? {
            Shown::Yes => return Ok(()),
            Shown::No => says::note(
                "Slack has not opened the form. Type it in one line instead, such as \
                 /postern request i-0123456789abcdef0 45m disk full on web-7",
            ),
            Shown::NoForms => says::offers(&offers).unwrap_or_else(says::help),
        };
        self.answer(ear, said).await;
        Ok(())
    }
}
