//! Slack's Block Kit, as far as Postern uses it: messages and forms as types, so that no text is
//! ever pasted into JSON.
//!
//! Every text passes through [`Text`] and is cut to the most that its place takes; counts are held
//! by whoever puts blocks together, and the official SDK's validators look at all of it in
//! `checks/chat`.

use serde::Serialize;

use super::text;

/// The most characters of the text of a section.
pub const SECTION: usize = 3_000;
/// The most characters of a field of a section.
pub const FIELD: usize = 2_000;
/// The most fields of a section.
pub const FIELDS: usize = 10;
/// The most characters of a header.
pub const HEADER: usize = 150;
/// The most characters on a button, and of an option.
pub const BUTTON: usize = 75;
/// The most characters of the title and of the buttons of a form.
pub const TITLE: usize = 24;
/// The most characters that an empty field shows.
pub const PLACEHOLDER: usize = 150;
/// The most options of a choice.
pub const OPTIONS: usize = 100;
/// The most blocks of a message.
pub const BLOCKS: usize = 50;

/// A text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Text {
    /// Shown as it is.
    PlainText {
        /// The text.
        text: String,
        /// Whether `:words:` become emoji; never.
        emoji: bool,
    },
    /// With Slack's marks in it. All of it is Postern's own, or escaped.
    Mrkdwn {
        /// The text.
        text: String,
        /// Whether addresses and names are left alone; always.
        verbatim: bool,
    },
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Message {
    /// What notifications and readers for the blind say.
    pub text: String,
    /// What is shown.
    pub blocks: Vec<Block>,
    /// Whether addresses in it are fetched and shown; never.
    pub unfurl_links: bool,
    /// The same of pictures.
    pub unfurl_media: bool,
}

/// An answer that one person sees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// `ephemeral`: for nobody else.
    pub response_type: &'static str,
    /// Whether it takes the place of the message that was clicked in; never.
    pub replace_original: bool,
    /// The message.
    #[serde(flatten)]
    pub message: Message,
}

/// A part of a message or form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Block {
    /// A heading.
    Header {
        /// Plain.
        text: Text,
    },
    /// A text, or fields in two columns.
    Section {
        /// The text.
        #[serde(skip_serializing_if = "Option::is_none")]
        text: Option<Text>,
        /// The fields.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        fields: Vec<Text>,
    },
    /// Small print.
    Context {
        /// At most ten.
        elements: Vec<Text>,
    },
    /// Buttons.
    Actions {
        /// At most 25.
        elements: Vec<Element>,
    },
    /// A line.
    Divider {},
    /// Something to fill in.
    Input {
        /// The same as the action id of its element.
        block_id: &'static str,
        /// What is wanted.
        label: Text,
        /// A word of help.
        #[serde(skip_serializing_if = "Option::is_none")]
        hint: Option<Text>,
        /// Whether it may be left empty.
        optional: bool,
        /// Where it is filled in.
        element: Box<Element>,
    },
}

/// Something to click, choose or fill in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Element {
    /// A button.
    Button {
        /// The verb.
        action_id: &'static str,
        /// What is on it.
        text: Text,
        /// What it carries.
        #[serde(skip_serializing_if = "Option::is_none")]
        value: Option<String>,
        /// The page that it leads to.
        #[serde(skip_serializing_if = "Option::is_none")]
        url: Option<String>,
        /// How it looks.
        #[serde(skip_serializing_if = "Option::is_none")]
        style: Option<Style>,
        /// What is asked before it counts.
        #[serde(skip_serializing_if = "Option::is_none")]
        confirm: Option<Confirm>,
    },
    /// A text to fill in.
    PlainTextInput {
        /// Its name.
        action_id: &'static str,
        /// Whether it has several lines; never, because no text of Postern's has.
        multiline: bool,
        /// The least characters.
        #[serde(skip_serializing_if = "Option::is_none")]
        min_length: Option<u16>,
        /// The most characters.
        max_length: u16,
        /// What it holds before.
        #[serde(skip_serializing_if = "Option::is_none")]
        initial_value: Option<String>,
        /// What it shows while it is empty.
        #[serde(skip_serializing_if = "Option::is_none")]
        placeholder: Option<Text>,
    },
    /// One of several options.
    StaticSelect {
        /// Its name.
        action_id: &'static str,
        /// 1 to 100.
        options: Vec<Choice>,
        /// What is chosen before.
        #[serde(skip_serializing_if = "Option::is_none")]
        initial_option: Option<Choice>,
    },
    /// Some of several options.
    MultiStaticSelect {
        /// Its name.
        action_id: &'static str,
        /// 1 to 100.
        options: Vec<Choice>,
        /// How many may be chosen.
        max_selected_items: usize,
        /// What it shows while nothing is chosen.
        placeholder: Text,
    },
}

/// How a button looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Style {
    /// As the one to click.
    Primary,
    /// As one to think about.
    Danger,
}

/// What is asked before a click counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Confirm {
    /// The heading, at most 100 characters.
    pub title: Text,
    /// The question, at most 300 characters.
    pub text: Text,
    /// Yes.
    pub confirm: Text,
    /// No.
    pub deny: Text,
}

/// An option.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Choice {
    /// What it says.
    pub text: Text,
    /// What it stands for, at most 75 characters.
    pub value: String,
    /// A second line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<Text>,
}

/// A form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Modal {
    /// `modal`.
    pub r#type: &'static str,
    /// Which form it is.
    pub callback_id: &'static str,
    /// What comes back with it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub private_metadata: String,
    /// Its heading.
    pub title: Text,
    /// What sends it off; none where there is nothing to send.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub submit: Option<Text>,
    /// What closes it.
    pub close: Text,
    /// What is in it.
    pub blocks: Vec<Block>,
}

/// What a form is answered with that cannot be taken as it is: what is wrong, by block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Errors {
    /// `errors`.
    pub response_action: &'static str,
    /// What is wrong.
    pub errors: std::collections::BTreeMap<&'static str, String>,
}

impl Text {
    /// A text of other people.
    #[must_use]
    pub fn of_others(text: &str, most: usize) -> Self {
        Self::PlainText {
            text: text::plain(text, most),
            emoji: false,
        }
    }

    /// A text of Postern's own, or one that was made harmless; cut where it is too long.
    #[must_use]
    pub fn own(text: impl Into<String>, most: usize) -> Self {
        Self::PlainText {
            text: cut(text.into(), most),
            emoji: false,
        }
    }

    /// A text of Postern's own with marks in it. What of it is not Postern's own went through
    /// [`text::mrkdwn`].
    #[must_use]
    pub fn marked(text: impl Into<String>) -> Self {
        Self::Mrkdwn {
            text: text.into(),
            verbatim: true,
        }
    }

    /// What it says.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::PlainText { text, .. } | Self::Mrkdwn { text, .. } => text,
        }
    }
}

fn cut(text: String, most: usize) -> String {
    if text::length(&text) <= most {
        return text;
    }
    let mut used = 1;
    let mut short: String = text
        .chars()
        .take_while(|c| {
            used += c.len_utf16();
            used <= most
        })
        .collect();
    short.push('…');
    short
}

impl Message {
    /// A message. Of more blocks than a message takes, those in the middle are left out and that is
    /// said, so that buttons and small print stay.
    #[must_use]
    pub fn new(text: impl Into<String>, mut blocks: Vec<Block>) -> Self {
        if blocks.len() > BLOCKS {
            let end = blocks.split_off(blocks.len() - 3);
            blocks.truncate(BLOCKS - 4);
            blocks.push(Block::small(
                "Not all of it fits here; see the request itself.",
            ));
            blocks.extend(end);
        }
        Self {
            text: cut(text.into(), SECTION),
            blocks,
            unfurl_links: false,
            unfurl_media: false,
        }
    }

    /// The same for one person's eyes.
    #[must_use]
    pub fn ephemeral(self) -> Answer {
        Answer {
            response_type: "ephemeral",
            replace_original: false,
            message: self,
        }
    }
}

impl Block {
    /// A section of one text.
    #[must_use]
    pub fn section(text: Text) -> Self {
        Self::Section {
            text: Some(text),
            fields: Vec::new(),
        }
    }

    /// A section of fields.
    #[must_use]
    pub fn fields(mut fields: Vec<Text>) -> Self {
        fields.truncate(FIELDS);
        Self::Section { text: None, fields }
    }

    /// A heading.
    #[must_use]
    pub fn header(text: impl Into<String>) -> Self {
        let text = Text::own(text, HEADER);
        Self::Header { text }
    }

    /// Small print of Postern's own.
    #[must_use]
    pub fn small(text: impl Into<String>) -> Self {
        let elements = vec![Text::own(text, SECTION)];
        Self::Context { elements }
    }
}
