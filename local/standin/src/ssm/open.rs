//! Opening, resuming and ending sessions: `StartSession`, `ResumeSession`, `TerminateSession`,
//! and the data channel between.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::check::{length, required};
use super::node::target_arn;
use super::owned::DEFAULT_DOCUMENT;
use super::session::{EndCause, Opening, Owner, Session};
use super::{State, documents};
use crate::call::{Answer, AwsError, Call, Demand, Handled};
use crate::iam::Caller;
use crate::random;
use crate::s3::Encryption;
use crate::world::World;

/// Session ids end in so many of these (AWS-FACTS 2.1).
const SUFFIX_LENGTH: usize = 26;
const SUFFIX: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Start {
    target: Option<String>,
    document_name: Option<String>,
    reason: Option<String>,
    #[serde(default)]
    parameters: BTreeMap<String, Vec<String>>,
}

/// A request to start that is in order.
struct Wanted {
    target: String,
    target_arn: String,
    document_arn: String,
    reason: Option<String>,
    parameters: BTreeMap<String, Vec<String>>,
}

impl Wanted {
    fn read(call: &Call) -> Result<Self, AwsError> {
        let request: Start = call.json_as()?;
        let target = required("target", request.target)?;
        length("target", &target, 1..=400)?;
        if let Some(reason) = &request.reason {
            length("reason", reason, 1..=256)?;
            if reason.contains('\n') {
                let one_line = "Member must satisfy regular expression pattern: ^.{1,256}$";
                return Err(super::check::violated("reason", reason, one_line));
            }
        }
        for (name, values) in &request.parameters {
            length("parameters.key", name, 1..=255)?;
            for value in values {
                length("parameters.value", value, 1..=65_535)?;
            }
        }
        // Leaving the document out means the account's preferences (AWS-FACTS 1.5).
        let document = request.document_name.as_deref().unwrap_or(DEFAULT_DOCUMENT);
        Ok(Self {
            target_arn: target_arn(&call.region, &call.caller.account, &target),
            document_arn: documents::named(call, "documentName", document)?,
            target,
            reason: request.reason,
            parameters: request.parameters,
        })
    }
}

/// What `StartSession` needs: the target and the document, each with its tags.
///
/// The document is always judged, named or not (AWS-FACTS 0.2). `ssm:SessionDocumentAccessCheck`
/// is in no request context, which is what was seen of AWS: a statement with `BoolIfExists`
/// matches, one with `Bool` never does (AWS-FACTS 1.6).
pub(super) fn start_demands(world: &World, call: &Call) -> Result<Vec<Demand>, AwsError> {
    let wanted = Wanted::read(call)?;
    Ok([&wanted.target_arn, &wanted.document_arn]
        .into_iter()
        .map(|arn| super::with_tags(world, Demand::new("ssm:StartSession", arn), arn))
        .collect())
}

/// Answers `StartSession`.
pub(super) fn start(world: &World, call: &Call) -> Handled {
    let wanted = Wanted::read(call)?;
    let document = documents::find(&world.ssm_state(), call, &wanted.document_arn)?;
    let schema = document.session_schema()?;
    let inputs = schema.bind(&wanted.parameters)?;
    let refused = schema.session_type.is_logged()
        && inputs.s3_encrypted
        && !inputs.s3_bucket.is_empty()
        && !is_encrypted(world, &inputs.s3_bucket);

    let mut state = world.ssm_state();
    let connected = state
        .nodes
        .get(&wanted.target)
        .is_some_and(|node| node.is_in(&call.caller.account, &call.region) && node.is_connected());
    if !connected {
        // Also for a node of another account or Region (AWS-FACTS 1.30).
        let message = format!("{} is not connected.", wanted.target);
        return Err(AwsError::new(400, "TargetNotConnected", message));
    }
    let (owner, prefix) = owner(&call.caller);
    let opening = Opening {
        id: format!("{prefix}-{}", random::text(SUFFIX, SUFFIX_LENGTH)),
        account: call.caller.account.clone(),
        region: call.region.clone(),
        target: wanted.target,
        document: document.name,
        session_type: schema.session_type,
        inputs,
        owner,
        reason: wanted.reason,
        refused,
    };
    let session = Session::start(opening, call.now_millis, &state.habits);
    let answer = channel(&session);
    state.sessions.insert(session.id.clone(), session);
    Ok(Answer::json_1_1(&answer))
}

/// Whether the agent takes a bucket for encrypted; it does not know dual-layer encryption
/// (AWS-FACTS 3.3).
fn is_encrypted(world: &World, bucket: &str) -> bool {
    match world.bucket_encryption(bucket) {
        Some(Encryption::Aes256 | Encryption::Kms { .. }) => true,
        Some(Encryption::KmsDsse { .. }) | None => false,
    }
}

/// The owner of a session that this caller opens, and what its id starts with: the session name
/// of a role, without the role (AWS-FACTS 1.9), or the name of a user.
fn owner(caller: &Caller) -> (Owner, String) {
    let arn = caller.arn();
    let name = arn.rsplit(['/', ':']).next().unwrap_or_default().to_owned();
    (
        Owner {
            arn,
            user_id: caller.user_id(),
        },
        name,
    )
}

/// The members that open a data channel.
fn channel(session: &Session) -> Value {
    json!({
        "SessionId": session.id,
        "TokenValue": random::text(random::SECRET, 200),
        "StreamUrl": format!(
            "wss://ssmmessages.{}.amazonaws.com/v1/data-channel/{}?role=publish_subscribe",
            session.region, session.id
        ),
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct BySession {
    session_id: Option<String>,
}

fn session_id(call: &Call) -> Result<String, AwsError> {
    let request: BySession = call.json_as()?;
    let id = required("sessionId", request.session_id)?;
    length("sessionId", &id, 1..=96)?;
    Ok(id)
}

/// What `ResumeSession` and `TerminateSession` need: the session, with the two tags of its own
/// (AWS-FACTS 1.11, 1.12).
pub(super) fn session_demand(world: &World, call: &Call) -> Result<Demand, AwsError> {
    let action = format!("ssm:{}", call.operation);
    let id = session_id(call)?;
    let state = world.ssm_state();
    Ok(on_session(
        &state,
        &call.caller.account,
        &call.region,
        &action,
        &id,
    ))
}

/// A demand on a session's ARN.
pub(super) fn on_session(
    state: &State,
    account: &str,
    region: &str,
    action: &str,
    id: &str,
) -> Demand {
    let demand = Demand::new(
        action,
        format!("arn:aws:ssm:{region}:{account}:session/{id}"),
    );
    match state.session(account, region, id) {
        Some(session) => demand
            .with(
                "ssm:resourceTag/aws:ssmmessages:session-id",
                session.owner.user_id.clone(),
            )
            .with(
                "ssm:resourceTag/aws:ssmmessages:target-id",
                session.target.clone(),
            ),
        None => demand,
    }
}

pub(super) fn does_not_exist(id: &str) -> AwsError {
    AwsError::new(
        400,
        "DoesNotExistException",
        format!("Session {id} does not exist."),
    )
}

/// Answers `ResumeSession`: a new token, unless the session is over or ending.
pub(super) fn resume(world: &World, call: &Call) -> Handled {
    let id = session_id(call)?;
    let mut state = world.ssm_state();
    let state = &mut *state;
    let session = state
        .sessions
        .get_mut(&id)
        .filter(|session| session.is_in(&call.caller.account, &call.region))
        .filter(|session| session.is_usable(call.now_millis))
        .ok_or_else(|| does_not_exist(&id))?;
    session.connect(call.now_millis, &state.habits);
    Ok(Answer::json_1_1(&channel(session)))
}

/// Answers `TerminateSession`.
pub(super) fn terminate(world: &World, call: &Call) -> Handled {
    let id = session_id(call)?;
    let mut state = world.ssm_state();
    let state = &mut *state;
    let session = state
        .sessions
        .get_mut(&id)
        .filter(|session| session.is_in(&call.caller.account, &call.region))
        .filter(|session| {
            session
                .status_at(call.now_millis)
                .is_some_and(|now| !now.is_over())
        });
    match session {
        Some(session) => session.end(call.now_millis, EndCause::Terminated, &state.habits),
        None if state.habits.terminating_the_gone_fails => return Err(does_not_exist(&id)),
        None => {}
    }
    Ok(Answer::json_1_1(&json!({ "SessionId": id })))
}
