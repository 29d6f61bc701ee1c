//! Session Manager: which sessions are open, which are over, and the ending of one.
//!
//! A session belongs to a request when both its id and its owner say so: it is named after the
//! request, and it was opened through the place's access role under the request's name (AWS-FACTS
//! 2.1, 2.2). Anything else that is open is *foreign*: opened past Postern, or by a role session
//! that only borrows a request's name.
//!
//! SSM allows a few calls a second for a whole account and Region, shared with everybody else
//! there (AWS-FACTS 0.7, 2.10), so all calls take from one [`CallRate`] per place, and one listing
//! of all that is open serves every request of the place. Retries wait by the SDK's own backoff.

mod budget;
mod parameter;

use aws_sdk_ssm::Client;
use aws_sdk_ssm::error::SdkError;
use aws_sdk_ssm::types::{Session, SessionFilter, SessionFilterKey, SessionState};
use rules::eviction::Eviction;
use rules::names::{RequestId, SessionId};
use rules::place::{Place, Places};
use rules::session::{ListedSession, ListedState};

use self::budget::Budget;
pub use self::budget::CallRate;
pub(crate) use self::parameter::Parameter;
pub use self::parameter::{NotAParameter, ParameterName};
use crate::aws::{Accounts, NoCredentials, PerPlace, moment};
use crate::fault::{AwsFault, AwsFaultKind};

const SERVICE: &str = "ssm";
const DESCRIBE_SESSIONS: &str = "DescribeSessions";
const TERMINATE_SESSION: &str = "TerminateSession";

/// The most sessions on a page (AWS-FACTS 2.3).
const PAGE: i32 = 200;
/// The most pages of one listing: at two calls a second, half a minute of them.
const MOST_PAGES: usize = 60;

/// Lists and ends sessions.
#[derive(Debug)]
pub struct Ssm {
    places: PerPlace<Reached>,
}

#[derive(Debug)]
struct Reached {
    client: Client,
    budget: Budget,
}

/// Sessions as SSM lists them. Listings lag behind by an unknown number of seconds (AWS-FACTS
/// 2.11).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Listing {
    /// The sessions of requests, in no promised order, each once.
    pub sessions: Vec<ListedSession>,
    /// How many others were listed.
    pub foreign: usize,
    /// Whether the listing was read to its end. What half a listing lacks is not gone.
    pub complete: bool,
    /// What cut the listing short, where a call failed after others had brought something.
    pub cut_short_by: Option<AwsFault>,
}

impl Ssm {
    /// Clients for all places, each place with a call rate of its own.
    ///
    /// # Errors
    /// A place lies in an account without credentials.
    pub fn new(
        accounts: &Accounts,
        places: &Places,
        rate: CallRate,
    ) -> Result<Self, NoCredentials> {
        let places = PerPlace::build(accounts, places, |config| Reached {
            client: Client::new(config),
            budget: Budget::new(rate),
        })?;
        Ok(Self { places })
    }

    /// Every session that is open in a place.
    ///
    /// # Errors
    /// The first page could not be had. A later fault gives what was read until then.
    pub async fn active(&self, place: &Place) -> Result<Listing, AwsFault> {
        Box::pin(self.list(place, &SessionState::Active, None)).await
    }

    /// The sessions of one request that SSM counts as past, of the last 30 days (AWS-FACTS 2.4).
    ///
    /// # Errors
    /// The first page could not be had. A later fault gives what was read until then.
    pub async fn history(&self, place: &Place, request: RequestId) -> Result<Listing, AwsFault> {
        let owner = SessionFilter::builder()
            .key(SessionFilterKey::Owner)
            .value(place.access_role.assumed_by(request).as_str())
            .build()
            .map_err(|_| AwsFault::unsendable(SERVICE, DESCRIBE_SESSIONS))?;
        Box::pin(self.list(place, &SessionState::History, Some(owner))).await
    }

    /// Tells SSM to end a session. That it was told does not mean that the session is gone; only
    /// a listing shows that.
    ///
    /// # Errors
    /// SSM throttled, denied, or gave no usable answer. That there is no such session is no fault:
    /// what SSM answers about sessions that are over or unknown is not documented (AWS-FACTS 2.8),
    /// so every rejection means "see the listing".
    pub async fn terminate(&self, eviction: Eviction) -> Result<(), AwsFault> {
        let reached = self
            .places
            .of(eviction.account(), eviction.region())
            .ok_or_else(|| AwsFault::not_served(SERVICE, TERMINATE_SESSION))?;
        reached.budget.take().await;
        let call = reached
            .client
            .terminate_session()
            .session_id(eviction.session().to_string())
            .send();
        match Box::pin(call).await {
            Ok(_) => Ok(()),
            Err(error) => {
                let fault = AwsFault::of(SERVICE, TERMINATE_SESSION, &error);
                let answered = matches!(error, SdkError::ServiceError(_));
                if answered && fault.kind == AwsFaultKind::Rejected {
                    Ok(())
                } else {
                    Err(fault)
                }
            }
        }
    }

    /// Reads a listing page by page. A page may be empty and still have a successor.
    async fn list(
        &self,
        place: &Place,
        state: &SessionState,
        filter: Option<SessionFilter>,
    ) -> Result<Listing, AwsFault> {
        let reached = self
            .places
            .of(&place.account, &place.region)
            .ok_or_else(|| AwsFault::not_served(SERVICE, DESCRIBE_SESSIONS))?;
        let filters = filter.map(|filter| vec![filter]);
        let mut listing = Listing::default();
        let mut token: Option<String> = None;
        for page in 0..MOST_PAGES {
            reached.budget.take().await;
            let call = reached
                .client
                .describe_sessions()
                .state(state.clone())
                .set_filters(filters.clone())
                .max_results(PAGE)
                .set_next_token(token.take())
                .send();
            let answer = match call.await {
                Ok(answer) => answer,
                Err(error) => {
                    let fault = AwsFault::of(SERVICE, DESCRIBE_SESSIONS, &error);
                    if page == 0 {
                        return Err(fault);
                    }
                    listing.cut_short_by = Some(fault);
                    break;
                }
            };
            for session in answer.sessions() {
                listing.take(read(session, place, state));
            }
            token = answer.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                listing.complete = true;
                break;
            }
        }
        Ok(listing)
    }
}

impl Listing {
    /// Takes in one line. Pages shift while sessions come and go, so a line may come twice.
    fn take(&mut self, line: Option<ListedSession>) {
        match line {
            None => self.foreign = self.foreign.saturating_add(1),
            Some(session) if self.sessions.iter().any(|known| known.id == session.id) => {}
            Some(session) => self.sessions.push(session),
        }
    }
}

/// A session of a request of this place, or `None` for any other.
fn read(session: &Session, place: &Place, state: &SessionState) -> Option<ListedSession> {
    let id: SessionId = session.session_id()?.parse().ok()?;
    let owner = session.owner()?;
    if owner != place.access_role.assumed_by(id.request()).as_str() {
        return None;
    }
    Some(ListedSession {
        // A session must not be missed for want of a detail. No session is older than its request.
        started_at: session.start_date().map_or(id.request().made_at(), moment),
        owner: owner.to_owned(),
        instance: session.target().unwrap_or_default().to_owned(),
        document: session.document_name().unwrap_or_default().to_owned(),
        state: if *state == SessionState::Active {
            ListedState::Active
        } else {
            ListedState::History {
                ended_at: session.end_date().map(moment),
            }
        },
        id,
    })
}
