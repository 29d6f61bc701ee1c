//! What goes out to another chat system: notices, and what whoever acted is answered.

use serde::Serialize;

use crate::chat::blocks::{Answer, Block, Element, Text};
use crate::chat::card::{self, Card, Setting};
use crate::chat::notice::{Notice, Place, What};
use crate::names::{Digest, RequestId};
use crate::wire::RequestView;

/// A notice as it goes out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outgoing<'a> {
    /// The same each time that it is sent: it is to be shown once.
    pub id: Digest,
    /// To whom.
    #[serde(flatten)]
    pub place: &'a Place,
    /// What is said.
    #[serde(flatten)]
    pub what: &'a What,
    /// The request in one line.
    pub title: String,
    /// Where it is, in a few words.
    pub status: &'static str,
    /// The request as it stands. Its texts are of other people.
    pub request: &'a RequestView,
    /// What may be pressed. The bot sends `value` back as it is.
    pub buttons: Vec<HookButton>,
}

/// A button.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HookButton {
    /// What to write on it.
    pub text: String,
    /// What to send back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// The page to open instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// What whoever acted is answered, for nobody else's eyes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Reply {
    /// Lines of plain text; of other people's words in them nothing hides or formats.
    pub says: Vec<String>,
    /// What may be opened.
    pub buttons: Vec<HookButton>,
    /// The request that it is about, where something may have changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub request: Option<RequestId>,
}

/// A notice as it goes out; none where the policy keeps the request out of chat.
#[must_use]
pub fn outgoing<'a>(
    notice: &'a Notice,
    view: &'a RequestView,
    setting: &Setting<'_>,
) -> Option<Outgoing<'a>> {
    let audience = notice.audience;
    let message = card::card(&Card { view, audience }, setting)?;
    Some(Outgoing {
        id: notice.key,
        place: &notice.place,
        what: &notice.what,
        title: card::heading(view),
        status: card::state(view).1,
        request: view,
        buttons: buttons(message.blocks),
    })
}

/// What came of something that somebody said or pressed.
#[must_use]
pub fn reply(answers: Vec<Answer>, request: Option<RequestId>) -> Reply {
    let (mut says, mut pressed) = (Vec::new(), Vec::new());
    for answer in answers {
        let blocks = answer.message.blocks;
        says.extend(blocks.iter().flat_map(lines));
        pressed.extend(buttons(blocks));
    }
    Reply {
        says,
        buttons: pressed,
        request,
    }
}

fn lines(block: &Block) -> Vec<String> {
    let texts: Vec<&Text> = match block {
        Block::Header { text } => vec![text],
        Block::Section { text, fields } => text.iter().chain(fields).collect(),
        Block::Context { elements } => elements.iter().collect(),
        Block::Actions { .. } | Block::Divider {} | Block::Input { .. } => Vec::new(),
    };
    texts.into_iter().map(unmarked).collect()
}

/// A text without the marks of Slack. Those that were made harmless before are none of them.
fn unmarked(text: &Text) -> String {
    let marked = match text {
        Text::PlainText { text, .. } => return text.clone(),
        Text::Mrkdwn { text, .. } => text,
    };
    let mut plain = String::new();
    let mut rest = marked.as_str();
    // A date: what clients show that know none.
    while let Some((before, behind)) = rest.split_once("<!date^") {
        plain.push_str(before);
        let (date, after) = behind.split_once('>').unwrap_or((behind, ""));
        plain.push_str(date.rsplit('|').next().unwrap_or_default());
        rest = after;
    }
    plain.push_str(rest);
    plain
        .replace(['*', '`'], "")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
}

fn buttons(blocks: Vec<Block>) -> Vec<HookButton> {
    let elements = blocks.into_iter().filter_map(|block| match block {
        Block::Actions { elements } => Some(elements),
        Block::Header { .. }
        | Block::Section { .. }
        | Block::Context { .. }
        | Block::Divider {}
        | Block::Input { .. } => None,
    });
    let buttons = elements.flatten().filter_map(|element| match element {
        Element::Button {
            text, value, url, ..
        } => Some(HookButton {
            text: text.as_str().to_owned(),
            value,
            url,
        }),
        Element::PlainTextInput { .. }
        | Element::StaticSelect { .. }
        | Element::MultiStaticSelect { .. } => None,
    });
    buttons.collect()
}
