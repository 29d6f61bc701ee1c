//! The chat bot: all of it that decides, and none of it that does.
//!
//! Chat is a place where anybody may write and where everything looks alike, so nothing of it is
//! believed for how it looks:
//!
//! - **Who.** A chat user has no power until a login binds them to a person ([`link`]). The person
//!   then has what they have anyway, less what the ladder keeps from chat
//!   ([`InChat`](crate::route::InChat)): a [`Caller`](crate::caller::Caller) carries the way by
//!   which they call, so no rule can forget to ask.
//! - **From where.** A call is believed by its signature over the raw bytes ([`signature`]), and
//!   read only then, strictly ([`inbound`]).
//! - **What.** A button carries what was shown, signed ([`button`]); a word is read by a small
//!   grammar ([`words`]).
//! - **Shown how.** Text of other people is made harmless ([`text`]) before it stands in a message
//!   ([`card`], [`says`], [`modal`]) of typed blocks ([`blocks`]).
//! - **Told whom.** [`notice`] says which event comes to which message for whom, and when it is said
//!   again.
//!
//! A second chat system needs none of Slack's forms: [`webhook`] is plain signed JSON in and out.

pub mod blocks;
pub mod button;
pub mod card;
mod form;
pub mod inbound;
pub mod link;
pub mod modal;
pub mod names;
pub mod notice;
pub mod says;
pub mod signature;
pub mod text;
pub mod webhook;
pub mod words;

#[cfg(test)]
mod tests;

pub use names::ChatUser;
