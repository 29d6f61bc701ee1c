//! Clicks and forms.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{ResponseUrl, Sender, Unreadable, Who, fields, key};
use crate::chat::names::{ChannelId, Stamp, TriggerId, ViewId};
use crate::names::Digest;
use crate::strict_json;

/// Blocks with rich text in them stand about ten levels deep.
const DEEPEST: u8 = 32;

/// Something that somebody did to a message or a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Interaction {
    /// They clicked something.
    Actions(Actions),
    /// They sent a form off.
    Submitted(Submitted),
    /// They closed a form.
    Closed(Closed),
    /// Something that Postern does not offer. It is acknowledged, and nothing comes of it.
    Other {
        /// Who.
        sender: Sender,
        /// What it is called, cut short.
        kind: String,
    },
}

/// A click.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actions {
    /// Who.
    pub sender: Sender,
    /// What opens a modal.
    pub trigger: TriggerId,
    /// Where the answer may be posted to; none where it was clicked in a form.
    pub response_url: Option<ResponseUrl>,
    /// The channel and the message, where it was clicked in one.
    pub message: Option<(ChannelId, Stamp)>,
    /// What was clicked.
    pub action: Action,
}

/// What was clicked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// Which element.
    pub id: String,
    /// What it carries: the value of a button, or of the option that was chosen.
    pub value: Option<String>,
    /// When.
    pub at: Stamp,
}

/// A form that was sent off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submitted {
    /// Who.
    pub sender: Sender,
    /// The form.
    pub view: ViewId,
    /// Which form it is.
    pub callback: String,
    /// What Postern put into it.
    pub metadata: String,
    /// What was filled in, by the element's action id.
    pub inputs: BTreeMap<String, Input>,
}

/// A form that was closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    /// Who.
    pub sender: Sender,
    /// The form.
    pub view: ViewId,
}

/// What was filled in or chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A text, or the option that was chosen; nothing where it was left empty.
    One(Option<String>),
    /// The options that were chosen.
    Many(Vec<String>),
}

impl Actions {
    /// The same for the same click, however often it comes: by workspace, user, the action's time,
    /// and what was clicked.
    #[must_use]
    pub fn key(&self) -> Digest {
        let Action { id, value, at } = &self.action;
        let value = value.as_deref().unwrap_or_default();
        key(
            "postern.chat.click",
            &self.sender.user,
            &[at.as_str(), id, value],
        )
    }
}

impl Submitted {
    /// The same for the same form with the same in it, however often it comes. A form that comes
    /// back with what was wrong in it, and is sent off again with something else, is another.
    #[must_use]
    pub fn key(&self) -> Digest {
        let mut parts = vec![self.view.as_str(), &self.callback, &self.metadata];
        for (id, input) in &self.inputs {
            parts.push(id);
            match input {
                Input::One(one) => parts.extend(one.as_deref()),
                Input::Many(many) => parts.extend(many.iter().map(String::as_str)),
            }
        }
        key("postern.chat.form", &self.sender.user, &parts)
    }

    /// The text or option of an element; nothing where it is empty or of another kind.
    #[must_use]
    pub fn one(&self, action_id: &str) -> Option<&str> {
        match self.inputs.get(action_id)? {
            Input::One(one) => one.as_deref(),
            Input::Many(_) => None,
        }
    }

    /// The options of an element.
    #[must_use]
    pub fn many(&self, action_id: &str) -> &[String] {
        match self.inputs.get(action_id) {
            Some(Input::Many(many)) => many,
            Some(Input::One(_)) | None => &[],
        }
    }
}

#[derive(Deserialize)]
struct Kind {
    r#type: String,
}

#[derive(Deserialize)]
struct ActionsPayload {
    trigger_id: TriggerId,
    response_url: Option<String>,
    channel: Option<ChannelPart>,
    message: Option<MessagePart>,
    actions: Vec<ActionPart>,
}

#[derive(Deserialize)]
struct ChannelPart {
    id: ChannelId,
}

#[derive(Deserialize)]
struct MessagePart {
    ts: Stamp,
}

#[derive(Deserialize)]
struct ActionPart {
    action_id: String,
    action_ts: Stamp,
    value: Option<String>,
    selected_option: Option<OptionPart>,
}

#[derive(Deserialize)]
struct OptionPart {
    value: String,
}

#[derive(Deserialize)]
struct ViewPayload {
    view: View,
}

#[derive(Deserialize)]
struct View {
    id: ViewId,
    #[serde(default)]
    callback_id: String,
    #[serde(default)]
    private_metadata: String,
    state: Option<State>,
}

#[derive(Deserialize)]
struct State {
    values: BTreeMap<String, BTreeMap<String, InputPart>>,
}

#[derive(Deserialize)]
struct InputPart {
    value: Option<String>,
    selected_option: Option<OptionPart>,
    selected_options: Option<Vec<OptionPart>>,
}

impl From<InputPart> for Input {
    fn from(part: InputPart) -> Self {
        match part.selected_options {
            Some(options) => Self::Many(options.into_iter().map(|one| one.value).collect()),
            None => Self::One(part.value.or(part.selected_option.map(|one| one.value))),
        }
    }
}

/// Reads the body of an interaction: a form whose only field is `payload`.
///
/// # Errors
/// What is wrong with it.
pub fn read_interaction(body: &[u8]) -> Result<Interaction, Unreadable> {
    let mut fields = fields(body)?;
    let payload = fields
        .remove("payload")
        .filter(|_| fields.is_empty())
        .ok_or(Unreadable::Field("payload"))?;
    let payload = strict_json::object(payload.as_bytes(), DEEPEST).map_err(|_| Unreadable::Json)?;
    let Kind { r#type: kind } = part(&payload)?;
    let sender = part::<Who>(&payload)?.sender()?;
    match kind.as_str() {
        "block_actions" => actions(sender, &payload).map(Interaction::Actions),
        "view_submission" => submitted(sender, &payload).map(Interaction::Submitted),
        "view_closed" => {
            let ViewPayload { view } = part(&payload)?;
            let view = view.id;
            Ok(Interaction::Closed(Closed { sender, view }))
        }
        other => Ok(Interaction::Other {
            sender,
            kind: other.chars().take(40).collect(),
        }),
    }
}

/// The members of an object that a part is made of.
fn part<T: DeserializeOwned>(payload: &Map<String, Value>) -> Result<T, Unreadable> {
    T::deserialize(payload).map_err(|_| Unreadable::Shape)
}

fn actions(sender: Sender, payload: &Map<String, Value>) -> Result<Actions, Unreadable> {
    let read: ActionsPayload = part(payload)?;
    // One click is one action. Of several, nobody could say which was meant.
    let [action] = <[ActionPart; 1]>::try_from(read.actions).map_err(|_| Unreadable::Shape)?;
    let response_url = match read.response_url {
        Some(url) => Some(ResponseUrl::read(&url).ok_or(Unreadable::Field("response_url"))?),
        None => None,
    };
    Ok(Actions {
        sender,
        trigger: read.trigger_id,
        response_url,
        message: read
            .channel
            .zip(read.message)
            .map(|(channel, message)| (channel.id, message.ts)),
        action: Action {
            id: action.action_id,
            value: action.value.or(action.selected_option.map(|one| one.value)),
            at: action.action_ts,
        },
    })
}

fn submitted(sender: Sender, payload: &Map<String, Value>) -> Result<Submitted, Unreadable> {
    let ViewPayload { view } = part(payload)?;
    let mut inputs = BTreeMap::new();
    for (id, input) in view
        .state
        .into_iter()
        .flat_map(|state| state.values)
        .flat_map(|(_, block)| block)
    {
        if inputs.insert(id, Input::from(input)).is_some() {
            return Err(Unreadable::Shape);
        }
    }
    Ok(Submitted {
        sender,
        view: view.id,
        callback: view.callback_id,
        metadata: view.private_metadata,
        inputs,
    })
}
