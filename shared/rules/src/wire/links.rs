//! Links between chat users and people, as their owners and operators see them.

use serde::{Deserialize, Serialize};

use crate::chat::ChatUser;
use crate::chat::link::Link;
use crate::moment::Moment;
use crate::names::{Group, Person};

/// Links.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LinkList {
    /// The links.
    pub linked: Vec<LinkView>,
}

/// A chat user who is bound to a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LinkView {
    /// What it is cut by.
    pub id: String,
    /// The chat user.
    pub user: ChatUser,
    /// Whom they act as.
    pub person: Person,
    /// Their name, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The groups that their token named at the login.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
    pub groups: Vec<Group>,
    /// When they signed in.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub made_at: Moment,
    /// Until when it counts, exclusive.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub until: Moment,
}

impl From<&Link> for LinkView {
    fn from(link: &Link) -> Self {
        Self {
            id: format!("{}.{}", link.user.team, link.user.user),
            user: link.user.clone(),
            person: link.identity.person.clone(),
            name: link.name.clone(),
            groups: link.groups.iter().cloned().collect(),
            made_at: link.made_at,
            until: link.until,
        }
    }
}
