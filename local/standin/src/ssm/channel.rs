//! `ssmmessages:OpenDataChannel`: the second permission that a client needs since plugin
//! 1.2.764.0 (AWS-FACTS 0.1). No channel is offered, only the judgement of who may open one.

use std::collections::BTreeMap;

use subtle::ConstantTimeEq as _;

use super::open;
use crate::call::{AwsError, Demand};
use crate::iam;
use crate::world::World;

impl World {
    /// Whether the holder of these credentials may open the data channel of a session, over TLS
    /// and now. It judges only; the session stays as it is.
    ///
    /// Which resource is judged is not settled (AWS-FACTS 1.13): see
    /// [`SessionHabits::data_channel_judged_on_any`](super::SessionHabits).
    ///
    /// # Errors
    /// `UnrecognizedClientException` or `ExpiredTokenException` for the credentials, `AccessDenied`
    /// by policy, `DoesNotExistException` for a session that is not alive.
    pub fn open_data_channel(
        &self,
        access_key_id: &str,
        session_token: Option<&str>,
        session_id: &str,
    ) -> Result<(), AwsError> {
        let now = self.now_millis();
        let unrecognized = || {
            let message = "The security token included in the request is invalid.";
            AwsError::new(400, "UnrecognizedClientException", message)
        };
        let key = iam::known_key(self, access_key_id).ok_or_else(unrecognized)?;
        let same_token = match (&key.session_token, session_token) {
            (Some(known), Some(given)) => bool::from(known.as_bytes().ct_eq(given.as_bytes())),
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        };
        if !same_token {
            return Err(unrecognized());
        }
        if key.expires_at_millis.is_some_and(|expires| now >= expires) {
            let message = "The security token included in the request is expired";
            return Err(AwsError::new(400, "ExpiredTokenException", message));
        }
        let account = &key.caller.account;
        let (demand, alive) = {
            let state = self.ssm_state();
            // The caller says nothing of a Region: a channel's endpoint is that of its session.
            let session = state
                .sessions
                .get(session_id)
                .filter(|one| one.account == *account);
            let region = session.map_or(self.region(), |one| one.region.as_str());
            let action = "ssmmessages:OpenDataChannel";
            let on_arn = open::on_session(&state, account, region, action, session_id);
            let demand = if state.habits.data_channel_judged_on_any {
                Demand {
                    resource: "*".to_owned(),
                    context: BTreeMap::new(),
                    ..on_arn
                }
            } else {
                on_arn
            };
            let demand = demand
                .with("aws:RequestedRegion", region)
                .with("aws:SecureTransport", "true");
            (demand, session.is_some_and(|one| one.is_usable(now)))
        };
        iam::authorize(self, &key.caller, &demand, now)?;
        if alive {
            Ok(())
        } else {
            Err(open::does_not_exist(session_id))
        }
    }
}
