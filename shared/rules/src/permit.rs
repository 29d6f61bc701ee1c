//! The witness that credentials may be minted.

use crate::moment::Moment;
use crate::names::{ExternalId, OsUser, RequestId, RoleArn};
use crate::session_policy::SessionPolicy;

/// Leave to mint credentials once, for one recorded issue of one grant.
///
/// Only [`life::issue::begin`](crate::life::issue::begin) makes one, and it is consumed by the
/// minting: it is neither `Clone` nor `Copy`.
///
/// ```compile_fail
/// fn forge(permit: rules::permit::Permit) -> rules::permit::Permit {
///     rules::permit::Permit { issue: 2, ..permit }
/// }
/// ```
///
/// ```compile_fail
/// fn twice(permit: rules::permit::Permit) -> (rules::permit::Permit, rules::permit::Permit) {
///     (permit.clone(), permit)
/// }
/// ```
///
/// The same shapes compile for a type with open doors, so it is the doors that hold above:
///
/// ```
/// #[derive(Clone)]
/// struct Open { issue: u32, other: u32 }
/// fn forge(open: Open) -> Open {
///     Open { issue: 2, ..open }
/// }
/// assert_eq!(forge(Open { issue: 1, other: 3 }.clone()).other, 3);
/// ```
#[derive(Debug)]
#[must_use = "a permit that is not used leaves an issue without an outcome"]
pub struct Permit {
    pub(crate) request: RequestId,
    pub(crate) issue: u32,
    pub(crate) role: RoleArn,
    pub(crate) external_id: Option<ExternalId>,
    pub(crate) source_identity: String,
    pub(crate) run_as: Option<OsUser>,
    pub(crate) policy: SessionPolicy,
    pub(crate) seconds: i32,
    pub(crate) ends_at: Moment,
}

impl Permit {
    /// The shortest credentials STS gives, in seconds (AWS-FACTS 0.4).
    pub const LEAST_SECONDS: i32 = 900;
    /// The longest credentials of a chained role, in seconds (AWS-FACTS 0.4).
    pub const MOST_SECONDS: i32 = 3_600;
    /// The session tag that carries the request id.
    pub const REQUEST_TAG: &str = "postern:request";
    /// The session tag that names the user sessions run as (AWS-FACTS 1.17).
    pub const RUN_AS_TAG: &str = "SSMSessionRunAs";

    /// How long to ask credentials for, so that they cover what is left of the grant.
    pub(crate) fn seconds_for(ends_at: Moment, now: Moment) -> i32 {
        let left = ends_at.since(now).as_secs().saturating_add(1);
        i32::try_from(left)
            .unwrap_or(i32::MAX)
            .clamp(Self::LEAST_SECONDS, Self::MOST_SECONDS)
    }

    /// The request; also the role session name.
    #[must_use]
    pub fn request(&self) -> RequestId {
        self.request
    }

    /// Which issue of the grant this is.
    #[must_use]
    pub fn issue(&self) -> u32 {
        self.issue
    }

    /// The access role to assume.
    #[must_use]
    pub fn role(&self) -> &RoleArn {
        &self.role
    }

    /// What the role wants to hear before it is assumed, where it wants to hear anything.
    #[must_use]
    pub fn external_id(&self) -> Option<&ExternalId> {
        self.external_id.as_ref()
    }

    /// The person, as STS takes it.
    #[must_use]
    pub fn source_identity(&self) -> &str {
        &self.source_identity
    }

    /// The operating system's user that sessions run as, where not the usual one.
    #[must_use]
    pub fn run_as(&self) -> Option<&OsUser> {
        self.run_as.as_ref()
    }

    /// The inline session policy.
    #[must_use]
    pub fn policy(&self) -> &SessionPolicy {
        &self.policy
    }

    /// `DurationSeconds`: 900 to 3,600.
    #[must_use]
    pub fn seconds(&self) -> i32 {
        self.seconds
    }

    /// The grant's end, exclusive.
    #[must_use]
    pub fn ends_at(&self) -> Moment {
        self.ends_at
    }
}
