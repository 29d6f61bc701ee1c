//! The witness that a session may be terminated.

use crate::names::{AccountId, Region};

/// Leave to terminate one session: of a grant that is over, or opened past Postern.
///
/// Only a [sweep](crate::sweep) makes one for a grant, and only for a session that is named after
/// the request whose grant is over: ending one grant cannot end another. A
/// [bypass](crate::bypass) makes one where its place wants such sessions ended.
///
/// ```compile_fail
/// fn forge(eviction: rules::eviction::Eviction) -> rules::eviction::Eviction {
///     rules::eviction::Eviction { attempt: 2, ..eviction }
/// }
/// ```
#[derive(Debug, PartialEq, Eq)]
#[must_use = "an eviction that is not carried out leaves a session open"]
pub struct Eviction {
    pub(crate) account: AccountId,
    pub(crate) region: Region,
    pub(crate) session: String,
    pub(crate) attempt: u32,
}

impl Eviction {
    /// The account the session is open in.
    #[must_use]
    pub fn account(&self) -> &AccountId {
        &self.account
    }

    /// The Region the session is open in.
    #[must_use]
    pub fn region(&self) -> &Region {
        &self.region
    }

    /// The id of the session to end.
    #[must_use]
    pub fn session(&self) -> &str {
        &self.session
    }

    /// Which try this is, from 1.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.attempt
    }
}
