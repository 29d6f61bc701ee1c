//! The bot in chat: calls signed as Slack signs them, over HTTP; a workspace on loopback that hears
//! what the bot says; and a browser that logs people in.

mod asked;
mod bot;
mod cold;
mod hand;
mod hook;
mod links;
mod outages;
mod pages;
mod sdk;
mod signed;
mod story;
mod who;

pub(crate) use self::bot::{Bot, HOOK};
pub(crate) use self::hand::{ANNA, BEN, Browser, Hand};
