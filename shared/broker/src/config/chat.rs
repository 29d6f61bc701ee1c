//! The settings of chat. Where no chat system is named, there is no chat, and nobody is served.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_config::SdkConfig;
use rules::chat::card::Pages;
use rules::chat::inbound::{Origin, Served};
use rules::chat::link::LinkAge;
use rules::chat::names::{AppId, ChannelId, EnterpriseId, TeamId};
use rules::chat::notice::{Asked, Nudges, Routing};
use rules::claims::Audience;
use rules::names::Group;
use url::Url;

use super::Config;
use super::reading::Reading;
use crate::chat::hook::Hook;
use crate::chat::secrets::Secrets;
use crate::chat::workspace::Workspace;
use crate::chat::{Chat, NoChat, Parts};
use crate::clock::Clock;
use crate::identity::{IdentityConfig, Login, LoginConfig, Verifier};
use crate::in_force::InForce;
use crate::slack::Slack;
use crate::ssm::ParameterName;

const TEAMS: &str = "POSTERN_CHAT_TEAMS";
const ASK: &str = "POSTERN_CHAT_ASK";
const CHANNELS: &str = "POSTERN_CHAT_CHANNELS";
const LINK_FOR: &str = "POSTERN_CHAT_LINK_FOR";
const SLACK: &str = "POSTERN_CHAT_SLACK";
const HOOK: &str = "POSTERN_CHAT_HOOK";
const HOOK_ADDRESS: &str = "POSTERN_CHAT_HOOK_ADDRESS";

/// What chat needs to know.
///
/// | variable | what | default |
/// |---|---|---|
/// | `POSTERN_CHAT_TEAMS` | the workspaces of Slack that are served, with commas between; messages are posted in the first | Slack is not served |
/// | `POSTERN_CHAT_HOOK` | the name of another chat system behind a webhook, `hook-` and letters, digits or `-` | there is none |
/// | `POSTERN_CHAT_HOOK_ADDRESS` | where its bot takes notices | |
/// | `POSTERN_CHAT_APP` | the id of the app in Slack | |
/// | `POSTERN_CHAT_ENTERPRISE` | the organisation that the workspaces are of | none |
/// | `POSTERN_CHAT_SECRETS` | the path of its parameters `button-key`, `signing-secret` and `bot-token` of Slack, `hook-secret` of a webhook, and `client-secret` where the client has one | |
/// | `POSTERN_CHAT_PAGES` | the address of the API, such as `https://access.example.com` | |
/// | `POSTERN_CHAT_CLIENT` | the client that people are logged in by | |
/// | `POSTERN_CHAT_SCOPES` | what such a login asks for | `openid profile` |
/// | `POSTERN_CHAT_LINK_FOR` | how long a link counts: `10m` to `7d` | `12h` |
/// | `POSTERN_CHAT_ASK` | how those are asked who may answer: in a `channel`, by `direct` message, or `both` | `channel` |
/// | `POSTERN_CHAT_CHANNEL` | the channel of groups that have none of their own | none |
/// | `POSTERN_CHAT_CHANNELS` | the channels of groups: a JSON object | `{}` |
/// | `POSTERN_CHAT_ALARMS` | the channel where emergencies and missing logs are told as well | none |
/// | `POSTERN_CHAT_NUDGE_AFTER` | when those are reminded who have not answered; then after twice as long, and so on | `10m` |
/// | `POSTERN_CHAT_NUDGES` | how often at most: 0 to 10 | `3` |
/// | `POSTERN_CHAT_SLACK` | Slack's Web API | `https://slack.com/api` |
/// | `POSTERN_CHAT_HOOKS` | where answers to commands and buttons go | `https://hooks.slack.com` |
#[derive(Debug, Clone)]
pub struct ChatSettings {
    /// Slack, where it is served.
    pub slack: Option<SlackSettings>,
    /// Another chat system, where there is one.
    pub hook: Option<HookSettings>,
    /// Under which path its secrets are.
    pub secrets: ParameterName,
    /// Where its pages are.
    pub pages: Pages,
    /// The client that people are logged in by.
    pub client: Audience,
    /// What such a login asks for.
    pub scopes: String,
    /// How long a link counts.
    pub link_for: LinkAge,
    /// Who is told what where.
    pub routing: Routing,
}

/// What chat needs to know of Slack.
#[derive(Debug, Clone)]
pub struct SlackSettings {
    /// Whom it serves; at least one workspace.
    pub served: Served,
    /// The workspace that messages are posted in, one of those that are served.
    pub home: TeamId,
    /// Its Web API.
    pub api: Url,
    /// Where answers to commands and buttons go.
    pub hooks: Origin,
}

/// What chat needs to know of another chat system.
#[derive(Debug, Clone)]
pub struct HookSettings {
    /// Its name.
    pub name: TeamId,
    /// Where its bot takes notices.
    pub address: Url,
}

impl Config {
    /// The chat, where there is one. Nothing is read from AWS, Slack or the identity provider yet.
    ///
    /// # Errors
    /// A place lies in an account without credentials, or an address cannot be used.
    pub fn chat(
        &self,
        sdk: &SdkConfig,
        in_force: InForce,
        clock: Clock,
    ) -> Result<Option<Chat>, NoChat> {
        let Some(settings) = &self.chat else {
            return Ok(None);
        };
        let desk = self.desk(sdk, in_force, clock.clone())?;
        let identity = IdentityConfig {
            audiences: BTreeSet::from([settings.client.clone()]),
            ..self.identity.clone()
        };
        let verifier = Verifier::new(identity, clock.clone())?;
        let login = LoginConfig {
            issuer: self.identity.issuer.clone(),
            client: settings.client.clone(),
            redirect: settings.pages.callback(),
            scopes: settings.scopes.clone(),
            allow_loopback_http: self.identity.allow_loopback_http,
        };
        let local = self.identity.allow_loopback_http;
        let workspace = match &settings.slack {
            Some(slack) => Some(Workspace {
                slack: Slack::new(slack.api.clone(), slack.hooks.clone(), local)?,
                served: slack.served.clone(),
                home: slack.home.clone(),
            }),
            None => None,
        };
        let hook = match &settings.hook {
            Some(HookSettings { name, address }) => {
                let nudges = settings.routing.nudges;
                Some(Hook::new(name.clone(), address.clone(), nudges, local)?)
            }
            None => None,
        };
        Ok(Some(Chat::new(Parts {
            settings: settings.clone(),
            terms: self.terms(),
            desk,
            ledger: self.ground.ledger(sdk),
            workspace,
            hook,
            secrets: Secrets::new(sdk, &settings.secrets, &clock)?,
            login: Login::new(login, verifier)?,
            clock,
        })))
    }
}

impl Reading<'_> {
    /// The settings of chat; none where no chat system is named.
    pub(super) fn chat(&mut self, allow_loopback_http: bool) -> Option<Option<ChatSettings>> {
        if self.value(TEAMS).is_none() && self.value(HOOK).is_none() {
            return Some(None);
        }
        let slack = self.slack(allow_loopback_http);
        let hook = self.hook(allow_loopback_http);
        let secrets = self.needed::<ParameterName>("POSTERN_CHAT_SECRETS");
        let pages = self.needed::<Pages>("POSTERN_CHAT_PAGES");
        let client = self.needed::<Audience>("POSTERN_CHAT_CLIENT");
        let scopes = self.parsed_or::<String>("POSTERN_CHAT_SCOPES", "openid profile");
        let link_for = self.length(LINK_FOR, Duration::from_secs(12 * 60 * 60));
        let link_for = match LinkAge::new(link_for?) {
            Ok(age) => Some(age),
            Err(bad) => {
                self.fault(LINK_FOR, bad.to_string());
                None
            }
        };
        let routing = self.routing();
        Some(Some(ChatSettings {
            slack: slack?,
            hook: hook?,
            secrets: secrets?,
            pages: pages?,
            client: client?,
            scopes: scopes?,
            link_for: link_for?,
            routing: routing?,
        }))
    }

    fn slack(&mut self, allow_loopback_http: bool) -> Option<Option<SlackSettings>> {
        if self.value(TEAMS).is_none() {
            return Some(None);
        }
        let teams = self.needed_list::<TeamId>(TEAMS);
        let app = self.needed::<AppId>("POSTERN_CHAT_APP");
        let enterprise = self.optional::<EnterpriseId>("POSTERN_CHAT_ENTERPRISE");
        let api = self.parsed_or::<Url>(SLACK, "https://slack.com/api");
        let judged = api
            .as_ref()
            .map(|api| Slack::judge(api, allow_loopback_http));
        if let Some(Err(bad)) = judged {
            self.fault(SLACK, bad.to_string());
            return None;
        }
        let hooks = self.parsed_or::<Origin>("POSTERN_CHAT_HOOKS", "https://hooks.slack.com");
        let teams = teams?;
        if let Some(team) = teams.iter().find(|team| !team.is_of_slack()) {
            self.fault(TEAMS, format!("`{team}` is no workspace of Slack"));
            return None;
        }
        Some(Some(SlackSettings {
            home: teams.first()?.clone(),
            served: Served {
                app: Some(app?),
                teams: teams.into_iter().collect::<BTreeSet<_>>(),
                enterprise: enterprise?,
            },
            api: api?,
            hooks: hooks?,
        }))
    }

    fn hook(&mut self, allow_loopback_http: bool) -> Option<Option<HookSettings>> {
        let Some(name) = self.optional::<TeamId>(HOOK)? else {
            return Some(None);
        };
        let address = self.needed::<Url>(HOOK_ADDRESS)?;
        if name.is_of_slack() {
            let what = format!("`{name}` is a workspace of Slack, and no `hook-` and a name");
            self.fault(HOOK, what);
            return None;
        }
        if let Err(bad) = Hook::judge(&address, allow_loopback_http) {
            self.fault(HOOK_ADDRESS, bad.to_string());
            return None;
        }
        Some(Some(HookSettings { name, address }))
    }

    fn routing(&mut self) -> Option<Routing> {
        let asked = match self.value(ASK).as_deref() {
            None | Some("channel") => Some(Asked::Channel),
            Some("direct") => Some(Asked::Direct),
            Some("both") => Some(Asked::Both),
            Some(other) => {
                let what = format!("`{other}` is none of `channel`, `direct` and `both`");
                self.fault(ASK, what);
                None
            }
        };
        let channels = match self.value(CHANNELS) {
            None => Some(BTreeMap::new()),
            Some(_) => self.json::<BTreeMap<Group, ChannelId>>(CHANNELS),
        };
        let usual = self.optional::<ChannelId>("POSTERN_CHAT_CHANNEL");
        let alarms = self.optional::<ChannelId>("POSTERN_CHAT_ALARMS");
        let often = Nudges::default();
        let first = self.length("POSTERN_CHAT_NUDGE_AFTER", often.first);
        let most = self.number("POSTERN_CHAT_NUDGES", often.most.into(), 0..=10);
        Some(Routing {
            asked: asked?,
            channels: channels?,
            usual: usual?,
            alarms: alarms?,
            nudges: Nudges {
                first: first?,
                most: u8::try_from(most?).ok()?,
            },
        })
    }
}
