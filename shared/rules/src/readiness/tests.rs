//! Set-ups that are sound, what breaks them, and what is then found.

mod breaks;
mod change;
mod doubts;
mod golden;
mod known;
mod properties;
mod setup;
mod shown;
mod sound;
mod table;
mod unread;

use setup::{Base, Setup};
