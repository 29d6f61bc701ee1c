//! Binding a chat user to a person by a login, and a login to say yes to one request.
//!
//! Both go to the identity provider by the same client and come back to the same address, where the
//! state tells them apart. Of a login for a request the browser keeps a cookie that the address does
//! not hold: an address that was begun by somebody else ends with them.

use rules::caller::{Caller, Channel};
use rules::chat::ChatUser;
use rules::chat::link::{Attempt, Code, Link, NotLinked, Stage, State, Verifier};
use rules::moment::Moment;
use rules::names::RequestId;
use rules::wire::Secret;
use serde::{Deserialize, Serialize};
use url::Url;

use super::{Chat, Trouble, random};
use crate::identity::{Asking, LoginFault};
use crate::ledger::LedgerFault;

/// How long a login for a request may take, and then how long its page may be looked at.
const LOGIN: std::time::Duration = std::time::Duration::from_secs(10 * 60);

/// What a state stands for.
#[derive(Serialize, Deserialize)]
#[serde(tag = "for", rename_all = "snake_case", deny_unknown_fields)]
enum Purpose {
    /// To bind a chat user.
    Link {
        /// Whom.
        user: ChatUser,
    },
    /// To answer a request.
    Answer {
        /// Which.
        request: RequestId,
        /// What the login must prove to know.
        verifier: Verifier,
        /// The cookie of the browser that began it.
        browser: String,
    },
}

/// Somebody who has logged in to answer one request, until they have. Their token is read again
/// then: nobody is made a caller by what stands in a table.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {
    request: RequestId,
    browser: String,
    verifier: Verifier,
    token: Secret,
}

/// What has come of a login.
#[derive(Debug)]
pub enum Back {
    /// The page shows this code, for the chat user to say.
    Code(Code),
    /// Somebody may answer a request now.
    Answer {
        /// Which.
        request: RequestId,
        /// Who, by the page.
        caller: Box<Caller>,
        /// What their answer is sent with.
        ticket: String,
    },
}

/// Why nobody has logged in.
#[derive(Debug, thiserror::Error)]
pub enum NotLoggedIn {
    /// It is over, was used, or is another browser's.
    #[error("this login is over, or was begun elsewhere")]
    Over,
    /// The identity provider said no, or what it said is not good.
    #[error("the identity provider has not logged anybody in: {0}")]
    Login(#[from] LoginFault),
    /// Something did not work.
    #[error(transparent)]
    Trouble(#[from] Trouble),
}

/// A login that begins.
#[derive(Debug)]
pub struct Gone {
    /// Where the browser is sent.
    pub to: Url,
    /// The cookie that it keeps meanwhile.
    pub browser: Option<String>,
}

impl From<LedgerFault> for NotLoggedIn {
    fn from(fault: LedgerFault) -> Self {
        Self::Trouble(fault.into())
    }
}

impl Chat {
    /// A chat user wants to be bound. Gives the page to sign in on.
    pub(super) async fn begin_link(&self, user: &ChatUser) -> Result<String, Trouble> {
        let now = self.clock.now();
        let (state, verifier) = (State::of(random()?), Verifier::of(random()?));
        let attempt = Attempt::begin(user.clone(), &state, verifier, now);
        self.ledger.keep_attempt(&attempt).await?;
        let purpose = Purpose::Link { user: user.clone() };
        self.ledger
            .keep_login(state.as_str(), &purpose, attempt.ends_at)
            .await?;
        Ok(self.settings.pages.link(&state))
    }

    /// The page to sign in on was opened.
    ///
    /// # Errors
    /// The attempt is over, or the provider cannot be asked.
    pub async fn link_page(&self, state: &State) -> Result<Gone, NotLoggedIn> {
        let now = self.clock.now();
        let attempt = self.attempt_of(state, now).await?;
        match attempt.stage {
            Stage::Begun {} => {}
            Stage::SignedIn { .. } => return Err(NotLoggedIn::Over),
        }
        let verifier = &attempt.verifier;
        let to = self.login.address(Asking { state, verifier }).await?;
        Ok(Gone { to, browser: None })
    }

    async fn attempt_of(&self, state: &State, now: Moment) -> Result<Attempt, NotLoggedIn> {
        let purpose = self.ledger.login::<Purpose>(state.as_str(), now).await?;
        let Some(Purpose::Link { user }) = purpose else {
            return Err(NotLoggedIn::Over);
        };
        let attempt = self.ledger.attempt(&user, now).await?;
        // Only the newest one counts.
        let newest = attempt.filter(|attempt| attempt.state == state.key());
        newest.ok_or(NotLoggedIn::Over)
    }

    /// Somebody wants to answer a request with a login.
    ///
    /// # Errors
    /// The provider cannot be asked, or the ledger failed.
    pub async fn answer_page(&self, request: RequestId) -> Result<Gone, NotLoggedIn> {
        let (state, verifier) = (State::of(random()?), Verifier::of(random()?));
        let browser = hex::encode(random::<32>()?);
        let asking = Asking {
            state: &state,
            verifier: &verifier,
        };
        let to = self.login.address(asking).await?;
        let purpose = Purpose::Answer {
            request,
            verifier,
            browser: browser.clone(),
        };
        let until = self.clock.now().plus(LOGIN);
        self.ledger
            .keep_login(state.as_str(), &purpose, until)
            .await?;
        let browser = Some(browser);
        Ok(Gone { to, browser })
    }

    /// The browser is back from the provider. A state is good once.
    ///
    /// # Errors
    /// Why nobody has logged in.
    pub async fn back(
        &self,
        state: &State,
        code: &str,
        browser: Option<&str>,
    ) -> Result<Back, NotLoggedIn> {
        let now = self.clock.now();
        let known = self.ledger.login::<Purpose>(state.as_str(), now).await?;
        match known {
            None => Err(NotLoggedIn::Over),
            Some(Purpose::Link { .. }) => {
                let attempt = self.attempt_of(state, now).await?;
                self.must_take(state, now).await?;
                let (caller, _) = self.redeem(code, state, &attempt.verifier).await?;
                let shown = Code::of(random()?);
                let signed_in = attempt.signed_in(state, &caller, &shown, now);
                let signed_in = signed_in.map_err(|_| NotLoggedIn::Over)?;
                match self
                    .ledger
                    .change_attempt(&attempt, Some(&signed_in))
                    .await?
                {
                    true => Ok(Back::Code(shown)),
                    false => Err(NotLoggedIn::Over),
                }
            }
            Some(Purpose::Answer {
                request,
                verifier,
                browser: began,
            }) => {
                if browser != Some(began.as_str()) {
                    return Err(NotLoggedIn::Over);
                }
                self.must_take(state, now).await?;
                let (caller, token) = self.redeem(code, state, &verifier).await?;
                let caller = caller.by(Channel::ChatLogin);
                let ticket = hex::encode(random::<32>()?);
                let known = Known {
                    request,
                    browser: began,
                    verifier,
                    token,
                };
                let until = now.plus(LOGIN);
                self.ledger.keep_login(&ticket, &known, until).await?;
                Ok(Back::Answer {
                    request,
                    caller: Box::new(caller),
                    ticket,
                })
            }
        }
    }

    /// Whoever has logged in for a request, by the ticket of the page; good once.
    pub(super) async fn known_by(
        &self,
        ticket: &str,
        browser: Option<&str>,
    ) -> Result<(RequestId, Caller), NotLoggedIn> {
        let now = self.clock.now();
        let known = self.ledger.login::<Known>(ticket, now).await?;
        let fits = |known: &Known| browser == Some(known.browser.as_str());
        let known = known.filter(fits).ok_or(NotLoggedIn::Over)?;
        if self
            .ledger
            .take_login::<Known>(ticket, now)
            .await?
            .is_none()
        {
            return Err(NotLoggedIn::Over);
        }
        let caller = self.login.again(&known.token, &known.verifier).await?;
        Ok((known.request, caller.by(Channel::ChatLogin)))
    }

    async fn must_take(&self, state: &State, now: Moment) -> Result<(), NotLoggedIn> {
        let taken = self.ledger.take_login::<Purpose>(state.as_str(), now);
        taken.await?.map(drop).ok_or(NotLoggedIn::Over)
    }

    async fn redeem(
        &self,
        code: &str,
        state: &State,
        verifier: &Verifier,
    ) -> Result<(Caller, Secret), NotLoggedIn> {
        // A client without a secret has no such parameter.
        let secret = match self.secrets.client.current().await {
            Ok(secret) => Some(secret),
            Err(fault) if fault.code == "ParameterNotFound" => None,
            Err(fault) => return Err(Trouble::from(fault).into()),
        };
        let asked = Asking { state, verifier };
        let now = self.clock.now();
        let redeemed = self.login.redeem(code, asked, secret.as_deref(), now);
        Ok(Box::pin(redeemed).await?)
    }

    /// The chat user says the code of the page.
    pub(super) async fn confirm_link(
        &self,
        user: &ChatUser,
        code: &Code,
    ) -> Result<Result<Link, NotLinked>, Trouble> {
        let now = self.clock.now();
        let Some(attempt) = self.ledger.attempt(user, now).await? else {
            return Ok(Err(NotLinked::Over));
        };
        let age = self.settings.link_for;
        let confirmed = attempt.confirmed(user, code, age, now);
        let next = match &confirmed {
            Err(NotLinked::WrongCode(Some(next))) => Some(next.as_ref()),
            Ok(_) | Err(NotLinked::WrongCode(None)) => None,
            Err(NotLinked::Over | NotLinked::OtherStep | NotLinked::OtherUser) => {
                return Ok(confirmed);
            }
        };
        // Two at the same time count as one try each, or one of them does not count at all.
        if !self.ledger.change_attempt(&attempt, next).await? {
            return Ok(Err(NotLinked::OtherStep));
        }
        if let Ok(link) = &confirmed {
            self.ledger.keep_link(link).await?;
        }
        Ok(confirmed)
    }
}
