//! The shapes of the HTTP API, shared by the functions and the command line.
//!
//! What comes in is read strictly: unknown fields are refused, and every name passes through its
//! one door. What goes out is made from the rules' own values.

pub mod bodies;
pub mod bus;
pub mod credentials;
pub mod examination;
pub mod explanation;
pub mod links;
pub mod offers;
pub mod problem;
pub mod readiness;
pub mod trail;
pub mod views;

pub use bodies::{Answer, Approve, Extend, Review};
pub use credentials::{Credentials, ProcessCredentials, Secret};
pub use examination::{Examination, Examined, TargetReadiness};
pub use explanation::{ExplanationView, WouldBe};
pub use links::{LinkList, LinkView};
pub use offers::{KindOffer, Offer, TargetsView};
pub use problem::Problem;
pub use readiness::{AnswerView, CheckView, FindingView, NeedView, ReadinessView};
pub use trail::{EntriesView, EntryView, SessionView, SessionsView};
pub use views::{Health, RequestList, RequestView, RouteView, TargetView};
