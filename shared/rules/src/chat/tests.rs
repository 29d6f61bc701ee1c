//! The bot's rules, by tables and properties.
