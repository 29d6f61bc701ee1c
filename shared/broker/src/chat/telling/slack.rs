//! Telling Slack: what is said of one request, where, and once.

use rules::chat::blocks::Message;
use rules::chat::card::{Audience, Card, card};
use rules::chat::notice::{Notice, Place, Routing, What};
use rules::chat::says;
use rules::moment::Moment;
use rules::names::Digest;

use super::Later;
use super::subject::Subject;
use crate::chat::board::{Board, Saying, Standing};
use crate::chat::workspace::Workspace;
use crate::ledger::ChatSystem;
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

/// Slack's board of a request at work.
pub(super) struct Work<'a> {
    subject: Subject<'a>,
    workspace: &'a Workspace,
    board: Board,
    pub(super) troubles: Vec<String>,
}

impl<'a> Work<'a> {
    pub(super) async fn of(subject: Subject<'a>, workspace: &'a Workspace) -> Result<Self, Later> {
        let id = subject.request.id();
        let board = subject.chat.ledger.board(id, ChatSystem::Slack).await?;
        Ok(Self {
            subject,
            workspace,
            board: board.unwrap_or_default(),
            troubles: Vec::new(),
        })
    }
}

impl Work<'_> {
    /// Says what is to be said now. Gives when there is more, of itself.
    pub(super) async fn run(&mut self) -> Result<Option<Moment>, Later> {
        let chat = self.subject.chat;
        let now = chat.now();
        let routing = &chat.settings.routing;
        let outcome = self.say_what_is_new(routing, now).await;
        self.keep().await?;
        outcome.map(|()| self.subject.next_nudge(routing, now))
    }

    async fn say_what_is_new(&mut self, routing: &Routing, now: Moment) -> Result<(), Later> {
        for (n, event) in self.subject.news(self.board.done_to) {
            if let Some(event) = event {
                let notices = routing.notices(&event, &self.subject.view);
                self.say_all(&notices).await?;
            }
            self.board.done_to = n;
        }
        let nudges = routing.nudges(&self.subject.view, now);
        self.say_all(&nudges).await?;
        self.refresh().await
    }

    async fn say_all(&mut self, notices: &[Notice]) -> Result<(), Later> {
        for notice in notices {
            // Cards are brought up to date at the end, all at once.
            if notice.what == What::Edit {
                continue;
            }
            for delivery in self.deliveries(notice).await? {
                if !self.board.said.contains(&delivery.key) {
                    self.say(&delivery).await?;
                }
            }
        }
        Ok(())
    }

    /// Where a notice goes, by the links that count now.
    async fn deliveries<'n>(&self, notice: &'n Notice) -> Result<Vec<Delivery<'n>>, Later> {
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
        let chat = self.subject.chat;
        let now = chat.now();
        let mut all = Vec::new();
        for link in chat.ledger.links().await? {
            let is_meant = match &notice.place {
                Place::Channel { .. } => false,
                Place::Person { person } => link.identity.person == *person,
                Place::Members { groups } => {
                    !link.groups.is_disjoint(groups)
                        && !self.subject.request.is_about(&link.identity)
                }
            };
            let is_here = self.workspace.served.teams.contains(&link.user.team);
            let is_good = link.caller(&link.user, now).is_ok();
            if !is_meant || !is_here || !is_good {
                continue;
            }
            if chat.is_member(self.workspace, &link.user).await? {
                let named = format!("{}\n{}", notice.key, link.user);
                let key = Digest::of("postern.chat.delivery", named.as_bytes());
                all.push(delivery(key, To::User(link.user.user.to_string())));
            }
        }
        Ok(all)
    }

    async fn say(&mut self, delivery: &Delivery<'_>) -> Result<(), Later> {
        let Some(message) = self.message(delivery) else {
            return Ok(());
        };
        let interrupted = self.board.saying.take_if(|one| one.key == delivery.key);
        let posted = match interrupted {
            Some(saying) => match self.find(&saying).await? {
                Some(posted) => Ok(posted),
                None => self.post(saying, &message).await,
            },
            None => {
                let saying = self.saying(delivery).await;
                match saying {
                    Ok(saying) => self.post(saying, &message).await,
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
            Err(Later::Slack(fault @ SlackFault::Refused { .. })) if !fault.is_of_token() => {
                self.troubles
                    .push(format!("{}: {fault}", self.subject.view.id));
            }
            Err(later) => return Err(later),
        }
        self.board.saying = None;
        self.board.said.insert(delivery.key);
        self.keep().await
    }

    async fn saying(&self, delivery: &Delivery<'_>) -> Result<Saying, Later> {
        let channel = match &delivery.to {
            To::Channel(channel) => channel.clone(),
            To::User(user) => {
                let token = self.subject.chat.token().await?;
                self.workspace.slack.open(&token, user).await?
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
    async fn post(&mut self, saying: Saying, message: &Message) -> Result<Posted, Later> {
        self.board.saying = Some(saying.clone());
        self.keep().await?;
        let key = saying.key.hex();
        let slack = &self.workspace.slack;
        let token = self.subject.chat.token().await?;
        let posted = match slack.post(&token, saying.spot(), message, &key).await {
            Err(fault) if fault.is_of_token() => {
                let token = self.subject.chat.secrets.token.again().await?;
                slack.post(&token, saying.spot(), message, &key).await
            }
            posted => posted,
        };
        if posted.as_ref().is_err_and(|fault| !fault.is_unclear()) {
            // It does not stand there, so nobody has to look for it.
            self.board.saying = None;
            self.keep().await?;
        }
        Ok(posted?)
    }

    async fn find(&self, saying: &Saying) -> Result<Option<Posted>, Later> {
        let token = self.subject.chat.token().await?;
        let key = saying.key.hex();
        let found = self.workspace.slack.find(&token, saying.spot(), &key).await;
        Ok(found?)
    }

    /// Every card shows the request as it stands.
    async fn refresh(&mut self) -> Result<(), Later> {
        let mut cards = std::mem::take(&mut self.board.cards);
        let mut gone = Vec::new();
        let mut outcome = Ok(());
        for standing in &mut cards {
            let Some(message) = self.card(standing.audience()) else {
                continue;
            };
            let shows = digest(&message);
            if shows == standing.shows {
                continue;
            }
            let token = match self.subject.chat.token().await {
                Ok(token) => token,
                Err(trouble) => {
                    outcome = Err(trouble.into());
                    break;
                }
            };
            let key = standing.key.hex();
            let posted = standing.posted();
            match self
                .workspace
                .slack
                .update(&token, &posted, &message, &key)
                .await
            {
                Ok(()) => standing.shows = shows,
                Err(fault @ SlackFault::Refused { .. }) if !fault.is_of_token() => {
                    // Somebody has deleted it, or the channel is gone.
                    self.troubles
                        .push(format!("{}: {fault}", self.subject.view.id));
                    gone.push(standing.key);
                }
                Err(fault) => {
                    outcome = Err(fault.into());
                    break;
                }
            }
        }
        cards.retain(|standing| !gone.contains(&standing.key));
        self.board.cards = cards;
        outcome
    }

    async fn keep(&self) -> Result<(), Later> {
        let (chat, id) = (self.subject.chat, self.subject.request.id());
        let kept = chat
            .ledger
            .keep_board(id, ChatSystem::Slack, &self.board, chat.now());
        Ok(kept.await?)
    }

    fn card(&self, audience: Audience) -> Option<Message> {
        let view = &self.subject.view;
        let setting = self.subject.setting(&self.workspace.home);
        card(&Card { view, audience }, &setting)
    }

    fn message(&self, delivery: &Delivery<'_>) -> Option<Message> {
        let view = &self.subject.view;
        let setting = self.subject.setting(&self.workspace.home);
        match delivery.what {
            What::Card => self.card(delivery.audience),
            What::Edit => None,
            What::Nudge { n } => says::nudge(view, *n),
            What::Outcome { comment } => says::outcome(view, comment.as_ref()),
            What::Reminder => says::reminder(view, &setting),
            What::Verdict { session, log } => says::verdict(view, session, *log),
        }
    }
}

fn digest(message: &Message) -> Digest {
    let text = serde_json::to_string(message).unwrap_or_default();
    Digest::of("postern.chat.message", text.as_bytes())
}
