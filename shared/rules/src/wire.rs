//! The shapes of the HTTP API, shared by the functions and the command line.
//!
//! What comes in is read strictly: unknown fields are refused, and every name passes through its
//! one door. What goes out is made from the rules' own values.

pub mod bodies;
pub mod credentials;
pub mod problem;
pub mod views;

pub use bodies::{Answer, Approve};
pub use credentials::{Credentials, ProcessCredentials, Secret};
pub use problem::Problem;
pub use views::{
    EntriesView, EntryView, Health, KindOffer, Offer, RequestList, RequestView, SessionView, SessionsView,
    TargetView, TargetsView,
};
