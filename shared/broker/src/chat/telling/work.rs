//! Working on one board: what is said, where, and once.

use rules::audit::Entry;
use rules::chat::blocks::Message;
use rules::chat::card::{Audience, Card, card};
use rules::chat::notice::{Notice, Place, What};
use rules::chat::says;
use rules::chat::signature::Secrets as Keys;
use rules::moment::Moment;
use rules::names::Digest;
use rules::request::Request;
use rules::status::StatusWord;
use rules::wire::RequestView;
use rules::wire::bus::RequestEvent;

use super::{Later, later};
use crate::chat::board::{Board, Saying, Standing};
use crate::chat::workspace::Workspace;
use crate::chat::{Chat, Trouble};
use crate::slack::{Posted, SlackFault};

/// A message on its way to one conversation.
struct Delivery<'a> {
    key: Digest,
    /// The channel, or the chat user.
    to: To,
    audience: Audience,
    what: &'a What,
}

enum To {
    Channel(String),
    User(String),
}

/// A board at work.
pub(super) struct Work<'a> {
    pub(super) chat: &'a Chat,
    pub(super) board: Board,
    request: Request,
    pub(super) view: RequestView,
    pub(super) keys: Keys,
    pub(super) troubles: Vec<String>,
}

impl<'a> Work<'a> {
    pub(super) fn new(chat: &'a Chat, board: Board, request: Request, keys: Keys) -> Self {
        Self {
            chat,
            board,
            view: RequestView::of_anybody(&request),
            request,
            keys,
            troubles: Vec::new(),
        }
    }
}

impl Work<'_> {
    /// Says all that is to be said, in every chat system. What one does not take holds up no other.
    pub(super) async fn run(&mut self) -> Result<Option<Moment>, Later> {
        let chat = self.chat;
        let entries = chat.ledger.entries(self.request.id()).await?;
        let now = chat.now();
        let in_slack = match &chat.workspace {
            Some(workspace) => Box::pin(self.tell_slack(workspace, &entries, now)).await,
            None => Ok(()),
        };
        let in_hook = match &chat.hook {
            Some(hook) => Box::pin(self.tell_hook(hook, &entries, now)).await,
            None => Ok(()),
        };
        self.keep().await?;
        in_slack.and(in_hook)?;
        Ok(self.next_nudge(now))
    }

    /// What has happened since that entry, as far as the request that is told of knows it.
    pub(super) fn news(&self, entries: &[Entry], since: u64) -> Vec<(u64, Option<RequestEvent>)> {
        let head = self.request.head().n;
        let Some(first) = entries.first() else {
            return Vec::new();
        };
        let new = entries
            .iter()
            .filter(|entry| entry.n > since && entry.n <= head);
        new.map(|entry| (entry.n, RequestEvent::of(first, entry)))
            .collect()
    }

    async fn tell_slack(
        &mut self,
        workspace: &Workspace,
        entries: &[Entry],
        now: Moment,
    ) -> Result<(), Later> {
        let routing = &self.chat.settings.routing;
        for (n, event) in self.news(entries, self.board.done_to) {
            if let Some(event) = event {
                let notices = routing.notices(&event, &self.view);
                self.say_all(workspace, &notices).await?;
            }
            self.board.done_to = n;
        }
        let nudges = routing.nudges(&self.view, now);
        self.say_all(workspace, &nudges).await?;
        self.refresh(workspace).await
    }

    async fn say_all(&mut self, workspace: &Workspace, notices: &[Notice]) -> Result<(), Later> {
        for notice in notices {
            // Cards are brought up to date at the end, all at once.
            if notice.what == What::Edit {
                continue;
            }
            for delivery in self.deliveries(workspace, notice).await? {
                if !self.board.said.contains(&delivery.key) {
                    self.say(workspace, &delivery).await?;
                }
            }
        }
        Ok(())
    }

    /// Where a notice goes, by the links that count now.
    async fn deliveries<'n>(
        &self,
        workspace: &Workspace,
        notice: &'n Notice,
    ) -> Result<Vec<Delivery<'n>>, Later> {
        let delivery = |key, to| Delivery {
            key,
            to,
            audience: notice.audience,
            what: &notice.what,
        };
        if let Place::Channel { channel } = &notice.place {
            let to = To::Channel(channel.to_string());
            return Ok(vec![delivery(notice.key, to)]);
        }
        let now = self.chat.now();
        let mut all = Vec::new();
        for link in self.chat.ledger.links().await? {
            let is_meant = match &notice.place {
                Place::Channel { .. } => false,
                Place::Person { person } => link.identity.person == *person,
                Place::Members { groups } => {
                    !link.groups.is_disjoint(groups) && !self.request.is_about(&link.identity)
                }
            };
            let is_here = workspace.served.teams.contains(&link.user.team);
            let is_good = link.caller(&link.user, now).is_ok();
            if !is_meant || !is_here || !is_good {
                continue;
            }
            let is_member = match self.chat.is_member(workspace, &link.user).await {
                Err(Trouble::Slack(fault)) => return Err(later(fault)),
                asked => asked?,
            };
            if is_member {
                let named = format!("{}\n{}", notice.key, link.user);
                let key = Digest::of("postern.chat.delivery", named.as_bytes());
                all.push(delivery(key, To::User(link.user.user.to_string())));
            }
        }
        Ok(all)
    }

    async fn say(&mut self, workspace: &Workspace, delivery: &Delivery<'_>) -> Result<(), Later> {
        let Some(message) = self.message(workspace, delivery) else {
            return Ok(());
        };
        let interrupted = self.board.saying.take_if(|one| one.key == delivery.key);
        let posted = match interrupted {
            Some(saying) => match self.find(workspace, &saying).await? {
                Some(posted) => Ok(posted),
                None => self.post(workspace, saying, &message).await,
            },
            None => {
                let saying = self.saying(workspace, delivery).await;
                match saying {
                    Ok(saying) => self.post(workspace, saying, &message).await,
                    Err(later) => Err(later),
                }
            }
        };
        match posted {
            Ok(posted) => {
                if *delivery.what == What::Card {
                    self.board.cards.push(Standing {
                        key: delivery.key,
                        of_requester: delivery.audience == Audience::Requester,
                        channel: posted.channel,
                        ts: posted.ts,
                        shows: digest(&message),
                    });
                }
            }
            // What Slack refuses once it refuses every time; it must not hold up all the rest.
            Err(Later::Slack(fault @ SlackFault::Refused { .. }, _)) if !fault.is_of_token() => {
                self.troubles.push(format!("{}: {fault}", self.view.id));
            }
            Err(later) => return Err(later),
        }
        self.board.saying = None;
        self.board.said.insert(delivery.key);
        self.keep().await
    }

    async fn saying(
        &self,
        workspace: &Workspace,
        delivery: &Delivery<'_>,
    ) -> Result<Saying, Later> {
        let channel = match &delivery.to {
            To::Channel(channel) => channel.clone(),
            To::User(user) => {
                let token = self.chat.token().await?;
                let opened = workspace.slack.open(&token, user).await;
                opened.map_err(later)?
            }
        };
        // Under the card, where many read; in a conversation with one person by itself.
        let is_card = *delivery.what == What::Card;
        let card = self
            .board
            .cards
            .iter()
            .rfind(|card| card.channel == channel);
        let under = match (&delivery.to, is_card) {
            (To::Channel(_), false) => card.map(|card| card.ts.clone()),
            (To::Channel(_), true) | (To::User(_), _) => None,
        };
        Ok(Saying {
            key: delivery.key,
            channel,
            under,
        })
    }

    /// Posts a message, and puts that on record before.
    async fn post(
        &mut self,
        workspace: &Workspace,
        saying: Saying,
        message: &Message,
    ) -> Result<Posted, Later> {
        self.board.saying = Some(saying.clone());
        self.keep().await?;
        let key = saying.key.hex();
        let slack = &workspace.slack;
        let token = self.chat.token().await?;
        let posted = match slack.post(&token, saying.spot(), message, &key).await {
            Err(fault) if fault.is_of_token() => {
                let token = self.chat.secrets.token.again().await?;
                slack.post(&token, saying.spot(), message, &key).await
            }
            posted => posted,
        };
        if posted.as_ref().is_err_and(|fault| !fault.is_unclear()) {
            // It does not stand there, so nobody has to look for it.
            self.board.saying = None;
            self.keep().await?;
        }
        posted.map_err(later)
    }

    async fn find(&self, workspace: &Workspace, saying: &Saying) -> Result<Option<Posted>, Later> {
        let token = self.chat.token().await?;
        let key = saying.key.hex();
        let found = workspace.slack.find(&token, saying.spot(), &key).await;
        found.map_err(later)
    }

    /// Every card shows the request as it stands.
    async fn refresh(&mut self, workspace: &Workspace) -> Result<(), Later> {
        let mut cards = std::mem::take(&mut self.board.cards);
        let mut gone = Vec::new();
        let mut outcome = Ok(());
        for standing in &mut cards {
            let Some(message) = self.card(workspace, standing.audience()) else {
                continue;
            };
            let shows = digest(&message);
            if shows == standing.shows {
                continue;
            }
            let token = match self.chat.token().await {
                Ok(token) => token,
                Err(trouble) => {
                    outcome = Err(trouble.into());
                    break;
                }
            };
            let key = standing.key.hex();
            let posted = standing.posted();
            match workspace
                .slack
                .update(&token, &posted, &message, &key)
                .await
            {
                Ok(()) => standing.shows = shows,
                Err(fault @ SlackFault::Refused { .. }) if !fault.is_of_token() => {
                    // Somebody has deleted it, or the channel is gone.
                    self.troubles.push(format!("{}: {fault}", self.view.id));
                    gone.push(standing.key);
                }
                Err(fault) => {
                    outcome = Err(later(fault));
                    break;
                }
            }
        }
        cards.retain(|standing| !gone.contains(&standing.key));
        self.board.cards = cards;
        outcome
    }

    pub(super) async fn keep(&self) -> Result<(), Later> {
        let (id, now) = (self.request.id(), self.chat.now());
        Ok(self.chat.ledger.keep_board(id, &self.board, now).await?)
    }

    fn card(&self, workspace: &Workspace, audience: Audience) -> Option<Message> {
        let view = &self.view;
        let setting = self.chat.setting(&self.keys, &workspace.home);
        card(&Card { view, audience }, &setting)
    }

    fn message(&self, workspace: &Workspace, delivery: &Delivery<'_>) -> Option<Message> {
        let view = &self.view;
        let setting = self.chat.setting(&self.keys, &workspace.home);
        match delivery.what {
            What::Card => self.card(workspace, delivery.audience),
            What::Edit => None,
            What::Nudge { n } => says::nudge(view, *n),
            What::Outcome { comment } => says::outcome(view, comment.as_ref()),
            What::Reminder => says::reminder(view, &setting),
            What::Verdict { session, log } => says::verdict(view, session, *log),
        }
    }

    /// When those who may answer are reminded next.
    fn next_nudge(&self, now: Moment) -> Option<Moment> {
        let view = &self.view;
        let (asked_at, until) = match (view.status, &view.extension) {
            (StatusWord::Pending, _) => (view.asked_at, view.state.lapses_at),
            (StatusWord::Active, Some(longer)) if !longer.granted => {
                (longer.asked_at, view.state.ends_at)
            }
            (_, Some(_) | None) => return None,
        };
        let nudges = &self.chat.settings.routing.nudges;
        nudges.of(asked_at, until?).find(|at| *at > now)
    }
}

fn digest(message: &Message) -> Digest {
    let text = serde_json::to_string(message).unwrap_or_default();
    Digest::of("postern.chat.message", text.as_bytes())
}
