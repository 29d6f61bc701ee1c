//! What Slack sends, read after its signature is known to be good, and strictly: a field that
//! stands twice, a broken escape, a text in another encoding or a member of another type is refused.
//! Members that are not needed are passed over, because Slack adds new ones without notice.
//!
//! What a payload tells of who acts: the user and the workspace they are at home in, the workspace
//! it happened in, the organisation, and the app it is for ([`Sender`]). **What it does not tell**:
//! whether the user is a guest or a bot, whether their account still exists, and their true name.
//! For that, `users.info` must be asked; so a link is made and used only for members whom it shows to
//! be none of these. `user_name` is chosen by the user, and is not read at all.

mod interaction;

use std::collections::BTreeSet;

use serde::Deserialize;

pub use self::interaction::{
    Action, Actions, Closed, Input, Interaction, Submitted, read_interaction,
};
use super::form;
use super::names::{AppId, ChannelId, ChatUser, EnterpriseId, TeamId, TriggerId, UserId};
use crate::names::{BadName, Digest};

/// The most bytes of a body that are looked at; a card with all that Slack sends back of it is far
/// smaller.
pub const LONGEST: usize = 256 * 1_024;

/// Why a signed body is not read any further. It never shows the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// It is larger than anything that Slack sends.
    #[error("the body is larger than 256 KiB")]
    TooLarge,
    /// It is no form, or one that two readers could read in two ways.
    #[error("the body is not a form that can be read in one way only")]
    Form,
    /// A field is missing or is not what it should be.
    #[error("field `{0}` is missing or malformed")]
    Field(&'static str),
    /// The payload is not JSON that two readers read the same.
    #[error("the payload is not JSON that can be read in one way only")]
    Json,
    /// The payload is JSON of another shape.
    #[error("the payload has another shape")]
    Shape,
}

/// Who acts, as far as a payload tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender {
    /// The user, in the workspace they are at home in.
    pub user: ChatUser,
    /// The workspace it happened in; nothing where an app is installed for a whole organisation.
    pub team: Option<TeamId>,
    /// The organisation of that workspace.
    pub enterprise: Option<EnterpriseId>,
    /// The app it is for.
    pub app: AppId,
}

/// What this Postern serves. Nothing in it means nobody.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Served {
    /// The app.
    pub app: Option<AppId>,
    /// The workspaces.
    pub teams: BTreeSet<TeamId>,
    /// The organisation, where the workspaces are of one.
    pub enterprise: Option<EnterpriseId>,
}

/// Somebody whom this Postern does not serve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotServed {
    /// It is for another app.
    #[error("it is for another app")]
    OtherApp,
    /// It happened in another workspace.
    #[error("it comes from another workspace")]
    OtherTeam,
    /// The user is at home in another workspace, and is here by a shared channel.
    #[error("the user is of another workspace")]
    ForeignUser,
    /// It happened in another organisation.
    #[error("it comes from another organisation")]
    OtherEnterprise,
}

impl Served {
    /// Whether somebody is served.
    ///
    /// # Errors
    /// Why not.
    pub fn must_serve(&self, sender: &Sender) -> Result<(), NotServed> {
        if self.app.as_ref() != Some(&sender.app) {
            return Err(NotServed::OtherApp);
        }
        let other = |team: &TeamId| !self.teams.contains(team);
        if sender.team.as_ref().is_some_and(other) {
            return Err(NotServed::OtherTeam);
        }
        if other(&sender.user.team) {
            return Err(NotServed::ForeignUser);
        }
        if sender.enterprise != self.enterprise {
            return Err(NotServed::OtherEnterprise);
        }
        Ok(())
    }
}

/// Where answers may be posted to: a scheme and a host, such as `https://hooks.slack.com`; `http`
/// on a loopback address in the local run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(String);

impl std::str::FromStr for Origin {
    type Err = BadName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || BadName::new(text, "an origin such as `https://hooks.slack.com`");
        let (scheme, host) = text.split_once("://").ok_or_else(bad)?;
        let name = host.split(':').next().unwrap_or(host);
        let plain = !name.is_empty()
            && host.len() <= 255
            && host.matches(':').count() <= 1
            && host
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-:".contains(c));
        let secure =
            scheme == "https" || (scheme == "http" && ["127.0.0.1", "localhost"].contains(&name));
        if plain && secure {
            Ok(Self(text.to_owned()))
        } else {
            Err(bad())
        }
    }
}

/// An address that answers may be posted to, for half an hour. It is a secret, so `Debug` does not
/// show it, and it is had only for the host that is configured.
#[derive(Clone, PartialEq, Eq)]
pub struct ResponseUrl(String);

impl ResponseUrl {
    fn read(text: &str) -> Option<Self> {
        let plain = (1..=1_000).contains(&text.len())
            && text
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "/:._-".contains(c))
            && !text.contains("/..")
            && !text.contains("/./");
        plain.then(|| Self(text.to_owned()))
    }

    /// The address, where it is one of that host. Slack sends no other; whoever does wants Postern
    /// to call somewhere.
    #[must_use]
    pub fn at(&self, origin: &Origin) -> Option<&str> {
        let path = self.0.strip_prefix(origin.0.as_str())?;
        path.starts_with('/').then_some(self.0.as_str())
    }
}

impl std::fmt::Debug for ResponseUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ResponseUrl(hidden)")
    }
}

/// A slash command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlashCommand {
    /// Who.
    pub sender: Sender,
    /// In which channel.
    pub channel: ChannelId,
    /// The command, `/postern` or what it was named.
    pub command: String,
    /// What was typed behind it, as it was sent.
    pub text: String,
    /// Where the answer may be posted to.
    pub response_url: ResponseUrl,
    /// What opens a modal.
    pub trigger: TriggerId,
}

impl SlashCommand {
    /// The same for the same command, however often it comes.
    #[must_use]
    pub fn key(&self) -> Digest {
        key(
            "postern.chat.command",
            &self.sender.user,
            &[self.trigger.as_str()],
        )
    }
}

/// The same for the same parts of the same user.
fn key(domain: &'static str, user: &ChatUser, parts: &[&str]) -> Digest {
    let all = (user.team.as_str(), user.user.as_str(), parts);
    Digest::of(domain, crate::canonical::encode(&all).as_bytes())
}

/// Reads the body of a slash command.
///
/// # Errors
/// What is wrong with it.
pub fn read_command(body: &[u8]) -> Result<SlashCommand, Unreadable> {
    let mut fields = fields(body)?;
    let mut take = |name| fields.remove(name).ok_or(Unreadable::Field(name));
    let team: TeamId = name(&take("team_id")?, "team_id")?;
    let user: UserId = name(&take("user_id")?, "user_id")?;
    if !team.is_of_slack() || !user.is_of_slack() {
        return Err(Unreadable::Field("user_id"));
    }
    let app = name(&take("api_app_id")?, "api_app_id")?;
    let enterprise = match take("enterprise_id").ok().filter(|id| !id.is_empty()) {
        Some(id) => Some(name(&id, "enterprise_id")?),
        None => None,
    };
    let command = take("command")?;
    if !command.starts_with('/') || command.len() > 64 {
        return Err(Unreadable::Field("command"));
    }
    Ok(SlashCommand {
        channel: name(&take("channel_id")?, "channel_id")?,
        text: take("text")?,
        response_url: ResponseUrl::read(&take("response_url")?)
            .ok_or(Unreadable::Field("response_url"))?,
        trigger: name(&take("trigger_id")?, "trigger_id")?,
        command,
        sender: Sender {
            user: ChatUser {
                team: team.clone(),
                user,
            },
            team: Some(team),
            enterprise,
            app,
        },
    })
}

fn fields(body: &[u8]) -> Result<std::collections::BTreeMap<String, String>, Unreadable> {
    if body.len() > LONGEST {
        return Err(Unreadable::TooLarge);
    }
    form::read(body).ok_or(Unreadable::Form)
}

fn name<T: std::str::FromStr>(text: &str, field: &'static str) -> Result<T, Unreadable> {
    text.parse().map_err(|_| Unreadable::Field(field))
}

/// The members of a payload that say who acts.
#[derive(Deserialize)]
struct Who {
    user: WhoUser,
    team: Option<WhoTeam>,
    enterprise: Option<WhoEnterprise>,
    api_app_id: AppId,
}

#[derive(Deserialize)]
struct WhoUser {
    id: UserId,
    team_id: Option<TeamId>,
}

#[derive(Deserialize)]
struct WhoTeam {
    id: TeamId,
}

#[derive(Deserialize)]
struct WhoEnterprise {
    id: EnterpriseId,
}

impl Who {
    fn sender(self) -> Result<Sender, Unreadable> {
        let team = self.team.map(|team| team.id);
        let home = self.user.team_id.or_else(|| team.clone());
        let home = home.filter(TeamId::is_of_slack).ok_or(Unreadable::Shape)?;
        if !self.user.id.is_of_slack() {
            return Err(Unreadable::Shape);
        }
        Ok(Sender {
            user: ChatUser {
                team: home,
                user: self.user.id,
            },
            team,
            enterprise: self.enterprise.map(|one| one.id),
            app: self.api_app_id,
        })
    }
}
