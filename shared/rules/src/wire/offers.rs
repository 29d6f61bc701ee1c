//! What callers are shown of what they may ask for.

use serde::{Deserialize, Serialize};

use super::views::{RouteView, TargetView};
use crate::names::AccessKind;

/// Targets the caller may ask for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TargetsView {
    /// The targets, with what each offers to this caller.
    pub targets: Vec<Offer>,
    /// Whether these are all. A place with very many instances is listed in part; targets that are
    /// not listed may be asked for all the same.
    pub complete: bool,
}

/// What one target offers to a caller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Offer {
    /// The target.
    #[serde(flatten)]
    pub target: TargetView,
    /// The kinds of access that a policy offers now, each with its route.
    pub kinds: Vec<KindOffer>,
}

/// One kind of access to one target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct KindOffer {
    /// The kind.
    pub kind: AccessKind,
    /// Whether what is done is logged.
    pub loggable: bool,
    /// What the policy asks for; absent where it is offered in an emergency alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub route: Option<RouteView>,
    /// What the policy asks for in an emergency, with `break_glass`; absent where it offers none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emergency: Option<RouteView>,
}
