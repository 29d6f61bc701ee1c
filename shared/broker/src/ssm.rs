//! Session Manager: which sessions are open, which are over, and the ending of one.
//!
//! A session belongs to a request when both its id and its owner say so: it is named after the
//! request, and it was opened through the place's access role under the request's name (AWS-FACTS
//! 2.1, 2.2). Anything else that is open is *foreign*: opened past Postern, or by a role session
//! that only borrows a request's name.
//!
//! SSM allows a few calls a second for a whole account and Region, shared with everybody else
//! there (AWS-FACTS 0.7, 2.10), so all calls take from one [`CallRate`] per place, and one listing
//! of all that is open, and one of all that is past, serve every request of the place. The SDK
//! repeats nothing here: a repeated call is a call too many that nobody counted. Whoever called
//! looks again.

mod budget;
mod parameter;

use std::collections::BTreeSet;

use aws_config::retry::RetryConfig;
use aws_sdk_ssm::Client;
use aws_sdk_ssm::error::SdkError;
use aws_sdk_ssm::types::{
    AccessType as SdkAccessType, InstanceInformationStringFilter, Session, SessionFilter,
    SessionFilterKey, SessionState,
};
use rules::bypass::{AccessType, OpenSession};
use rules::eviction::Eviction;
use rules::moment::Moment;
use rules::names::SessionId;
use rules::place::{Place, Places, WatchTag};
use rules::session::{ListedSession, ListedState};

use self::budget::Budget;
pub use self::budget::{CallRate, Haste};
pub(crate) use self::parameter::Parameter;
pub use self::parameter::{NotAParameter, ParameterName};
use crate::aws::{Accounts, NoCredentials, PerPlace, moment};
use crate::fault::{AwsFault, AwsFaultKind};

const SERVICE: &str = "ssm";
const DESCRIBE_SESSIONS: &str = "DescribeSessions";
const TERMINATE_SESSION: &str = "TerminateSession";
const DESCRIBE_NODES: &str = "DescribeInstanceInformation";

/// The most sessions on a page (AWS-FACTS 2.3).
const PAGE: i32 = 200;
/// The most nodes on a page.
const NODE_PAGE: i32 = 50;
/// The most pages of one listing: at two calls a second, less than a minute of them.
const MOST_PAGES: usize = 100;

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
    /// The others.
    pub foreign: Vec<OpenSession>,
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
            client: Client::from_conf(
                aws_sdk_ssm::config::Builder::from(config)
                    .retry_config(RetryConfig::disabled())
                    .build(),
            ),
            budget: Budget::new(rate),
        })?;
        Ok(Self { places })
    }

    /// Every session that is open in a place.
    ///
    /// # Errors
    /// The first page could not be had. A later fault gives what was read until then.
    pub async fn active(&self, place: &Place, haste: Haste) -> Result<Listing, AwsFault> {
        Box::pin(self.list(place, &SessionState::Active, None, haste)).await
    }

    /// Waits until a call of this haste would not have to wait. Others may be faster all the same.
    pub async fn ready(&self, place: &Place, haste: Haste) {
        if let Some(reached) = self.places.of(&place.account, &place.region) {
            reached.budget.ready(haste).await;
        }
    }

    /// The sessions that SSM counts as past, of those that were opened since then and of the last 30
    /// days (AWS-FACTS 2.4). One listing serves all requests of the place: filters apply after paging,
    /// so a listing for each would read as many pages for each (AWS-FACTS 2.3).
    ///
    /// # Errors
    /// The first page could not be had. A later fault gives what was read until then.
    pub async fn past(&self, place: &Place, since: Moment) -> Result<Listing, AwsFault> {
        let since = SessionFilter::builder()
            .key(SessionFilterKey::InvokedAfter)
            .value(since.iso_seconds())
            .build()
            .map_err(|_| AwsFault::unsendable(SERVICE, DESCRIBE_SESSIONS))?;
        let history = SessionState::History;
        Box::pin(self.list(place, &history, Some(since), Haste::CanWait)).await
    }

    /// The nodes of a place that carry a tag, by their ids.
    ///
    /// # Errors
    /// The listing could not be read to its end.
    pub async fn tagged(
        &self,
        place: &Place,
        tag: &WatchTag,
    ) -> Result<BTreeSet<String>, AwsFault> {
        let reached = self
            .places
            .of(&place.account, &place.region)
            .ok_or_else(|| AwsFault::not_served(SERVICE, DESCRIBE_NODES))?;
        // A filter by tag goes with no other (AWS-FACTS 4.8).
        let filter = InstanceInformationStringFilter::builder()
            .key(format!("tag:{}", tag.key))
            .values(&tag.value)
            .build()
            .map_err(|_| AwsFault::unsendable(SERVICE, DESCRIBE_NODES))?;
        let mut ids = BTreeSet::new();
        let mut token: Option<String> = None;
        for _ in 0..MOST_PAGES {
            reached.budget.take(Haste::CanWait).await;
            let call = reached
                .client
                .describe_instance_information()
                .filters(filter.clone())
                .max_results(NODE_PAGE)
                .set_next_token(token.take())
                .send();
            let answer = Box::pin(call)
                .await
                .map_err(|error| AwsFault::of(SERVICE, DESCRIBE_NODES, &error))?;
            let found = answer.instance_information_list.into_iter().flatten();
            ids.extend(found.filter_map(|node| node.instance_id));
            token = answer.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(ids);
            }
        }
        Err(AwsFault::unreadable(SERVICE, DESCRIBE_NODES))
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
        reached.budget.take(Haste::Urgent).await;
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
        haste: Haste,
    ) -> Result<Listing, AwsFault> {
        let reached = self
            .places
            .of(&place.account, &place.region)
            .ok_or_else(|| AwsFault::not_served(SERVICE, DESCRIBE_SESSIONS))?;
        let filters = filter.map(|filter| vec![filter]);
        let mut listing = Listing::default();
        let mut token: Option<String> = None;
        for page in 0..MOST_PAGES {
            reached.budget.take(haste).await;
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
    fn take(&mut self, line: Line) {
        match line {
            Line::Ours(session) => {
                if !self.sessions.iter().any(|known| known.id == session.id) {
                    self.sessions.push(session);
                }
            }
            Line::Foreign(session) => {
                if !self.foreign.iter().any(|known| known.id == session.id) {
                    self.foreign.push(session);
                }
            }
        }
    }
}

/// One line of a listing.
enum Line {
    /// A session of a request of this place.
    Ours(ListedSession),
    /// Any other.
    Foreign(OpenSession),
}

fn read(session: &Session, place: &Place, state: &SessionState) -> Line {
    let owner = session.owner().unwrap_or_default().to_owned();
    let instance = session.target().unwrap_or_default().to_owned();
    let document = session.document_name().unwrap_or_default().to_owned();
    let id: Option<SessionId> = session.session_id().and_then(|id| id.parse().ok());
    let ours = id.filter(|id| owner == place.access_role.assumed_by(id.request()).as_str());
    let Some(id) = ours else {
        return Line::Foreign(OpenSession {
            id: session.session_id().unwrap_or_default().to_owned(),
            owner,
            instance,
            document,
            started_at: session.start_date().map_or(Moment::from_millis(0), moment),
            access: match session.access_type() {
                Some(SdkAccessType::Justintime) => AccessType::JustInTime,
                // What SSM calls neither is no way in that Postern knows to be watched over.
                Some(_) | None => AccessType::Standard,
            },
        });
    };
    Line::Ours(ListedSession {
        // A session must not be missed for want of a detail. No session is older than its request.
        started_at: session.start_date().map_or(id.request().made_at(), moment),
        owner,
        instance,
        document,
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
