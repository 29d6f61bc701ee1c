//! IAM: the deny list on the access role.
//!
//! IAM takes whole documents and has no conditions on writes: of two writers at once, one loses
//! its entry unnoticed (AWS-FACTS 5.5). Within a process writers go one after another. Across
//! processes a deployment has one writer at a time: the run of the sweeper that holds the lease of
//! the role in the ledger.
//! And since denying again is free where the entry stands, the sweeper asks anew until the
//! credentials have expired, which also repairs an entry that was lost.

use aws_sdk_iam::Client;
use percent_encoding::percent_decode_str;
use rules::deny_list::{Denied, DenyList, NotADenyList};
use rules::moment::Moment;
use rules::names::RequestId;
use rules::place::{Place, Places};
use tokio::sync::Mutex;

use crate::aws::{Accounts, NoCredentials, PerPlace};
use crate::fault::AwsFault;

const SERVICE: &str = "iam";
const GET: &str = "GetRolePolicy";
const PUT: &str = "PutRolePolicy";
const DELETE: &str = "DeleteRolePolicy";
/// The code for a policy, or a role, that is not there; without a role, writing fails too.
const NONE_THERE: &str = "NoSuchEntity";

/// Denies and forgives the credentials of revoked grants.
#[derive(Debug)]
pub struct Iam {
    places: PerPlace<Client>,
    writing: Mutex<()>,
}

/// Why the deny list could not be changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DenyFault {
    /// IAM gave no result.
    #[error(transparent)]
    Aws(#[from] AwsFault),
    /// Somebody else changed the policy; it is left as it is.
    #[error(transparent)]
    NotOurs(#[from] NotADenyList),
}

impl Iam {
    /// Clients for all places.
    ///
    /// # Errors
    /// A place lies in an account without credentials.
    pub fn new(accounts: &Accounts, places: &Places) -> Result<Self, NoCredentials> {
        let places = PerPlace::build(accounts, places, Client::new)?;
        Ok(Self {
            places,
            writing: Mutex::new(()),
        })
    }

    /// Denies everything to the credentials of a request that was taken back at `revoked_at`, until
    /// `expires_at`, when the last of them has expired. Gives what became of it; nothing where that
    /// is past.
    ///
    /// # Errors
    /// IAM gave no result, or the list cannot be written. The credentials may then still open
    /// sessions.
    pub async fn deny(
        &self,
        place: &Place,
        request: RequestId,
        (revoked_at, expires_at): (Moment, Moment),
        now: Moment,
    ) -> Result<Option<Denied>, DenyFault> {
        if expires_at <= now {
            return Ok(None);
        }
        let _turn = self.writing.lock().await;
        let mut list = self.read(place).await?;
        // What has expired makes room first.
        list.prune(now);
        let denied = list.deny(request, revoked_at, expires_at);
        match denied {
            Denied::Already => {}
            Denied::Listed | Denied::WithAllOthers => self.write(place, &list).await?,
        }
        Ok(Some(denied))
    }

    /// Whether there are entries on the list whose credentials have expired anyway.
    ///
    /// # Errors
    /// IAM gave no result, or the policy is not ours.
    pub async fn has_expired(&self, place: &Place, now: Moment) -> Result<bool, DenyFault> {
        Ok(self.read(place).await?.prune(now) > 0)
    }

    /// Takes entries off the list whose credentials have expired anyway, and gives how many.
    ///
    /// # Errors
    /// IAM gave no result, or the policy is not ours.
    pub async fn prune(&self, place: &Place, now: Moment) -> Result<usize, DenyFault> {
        let _turn = self.writing.lock().await;
        let mut list = self.read(place).await?;
        let pruned = list.prune(now);
        if pruned > 0 {
            self.write(place, &list).await?;
        }
        Ok(pruned)
    }

    /// The list as IAM has it; IAM is eventually consistent, so a moment ago may be missing.
    async fn read(&self, place: &Place) -> Result<DenyList, DenyFault> {
        let call = self
            .client(place, GET)?
            .get_role_policy()
            .role_name(place.access_role.name())
            .policy_name(DenyList::POLICY_NAME)
            .send();
        match Box::pin(call).await {
            Ok(answer) => {
                let json = percent_decode_str(answer.policy_document())
                    .decode_utf8()
                    .map_err(|_| NotADenyList)?;
                Ok(DenyList::parse(&json)?)
            }
            Err(error) => match AwsFault::of(SERVICE, GET, &error) {
                fault if fault.code == NONE_THERE => Ok(DenyList::default()),
                fault => Err(fault.into()),
            },
        }
    }

    async fn write(&self, place: &Place, list: &DenyList) -> Result<(), DenyFault> {
        let role = place.access_role.name();
        if list.is_empty() {
            let call = self
                .client(place, DELETE)?
                .delete_role_policy()
                .role_name(role)
                .policy_name(DenyList::POLICY_NAME)
                .send();
            return match Box::pin(call).await {
                Ok(_) => Ok(()),
                Err(error) => match AwsFault::of(SERVICE, DELETE, &error) {
                    fault if fault.code == NONE_THERE => Ok(()),
                    fault => Err(fault.into()),
                },
            };
        }
        let call = self
            .client(place, PUT)?
            .put_role_policy()
            .role_name(role)
            .policy_name(DenyList::POLICY_NAME)
            .policy_document(list.to_json())
            .send();
        Box::pin(call)
            .await
            .map_err(|error| AwsFault::of(SERVICE, PUT, &error))?;
        Ok(())
    }

    fn client(&self, place: &Place, operation: &'static str) -> Result<&Client, AwsFault> {
        self.places
            .of(&place.account, &place.region)
            .ok_or_else(|| AwsFault::not_served(SERVICE, operation))
    }
}
