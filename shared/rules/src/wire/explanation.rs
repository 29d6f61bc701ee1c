//! What callers are shown of what would come of asking.

use serde::{Deserialize, Serialize};

use super::problem::Problem;
use super::views::RouteView;
use crate::life::explain::Explanation;
use crate::moment::Moment;
use crate::names::{AccessKind, Digest, Group};
use crate::policy::Explained;
use crate::refusal::Refusal;
use crate::request::Request;
use crate::status::StatusWord;

/// What would come of asking. Nothing of it is recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ExplanationView {
    /// Whether asking would be taken.
    pub allowed: bool,
    /// The request as it would stand then, where it would be taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub would_be: Option<WouldBe>,
    /// The very answer that asking would have, where it would be refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<Problem>,
    /// Whether what is done can be logged at all.
    pub loggable: bool,
    /// The digest of the policy set in force.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub policy_set: Digest,
    /// What each policy of the set makes of it, by id: which apply, and which clause of the others
    /// says no. What stands in annotations, such as the longest duration, is in the refusal.
    pub policies: Vec<Explained>,
}

/// A request that would be taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WouldBe {
    /// `pending`, or `approved` where the policy says yes by itself.
    pub status: StatusWord,
    /// The policy that offers the access, and what it asks for.
    pub route: RouteView,
    /// The groups whose members would be asked first; the route names all.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
    pub asks: Vec<Group>,
    /// The end of the grant, exclusive, if it were activated as early as it may be.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub ends_at: Moment,
    /// The session document that sessions would have to use.
    pub document: String,
}

impl ExplanationView {
    /// What is shown of an explanation given at `now`; `told` is how a refusal is told elsewhere.
    #[must_use]
    pub fn of(
        explanation: Explanation,
        kind: &AccessKind,
        policy_set: Digest,
        now: Moment,
        told: impl FnOnce(&Refusal) -> Problem,
    ) -> Self {
        let Explanation { outcome, policies } = explanation;
        let would_be = outcome
            .as_ref()
            .ok()
            .map(|request| WouldBe::of(request, now));
        Self {
            allowed: would_be.is_some(),
            would_be,
            refusal: outcome.as_ref().err().map(told),
            loggable: kind.loggable(),
            policy_set,
            policies,
        }
    }
}

impl WouldBe {
    fn of(request: &Request, now: Moment) -> Self {
        let begins = request.ask().starts_at.map_or(now, |at| at.max(now));
        Self {
            status: request.status().word(),
            route: RouteView::from(request.route()),
            asks: request.waits_for().into_iter().collect(),
            ends_at: begins.whole_second().plus(request.total().length()),
            document: request.document().to_string(),
        }
    }
}
