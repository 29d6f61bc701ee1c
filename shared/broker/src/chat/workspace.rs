//! A workspace of Slack that is served.

use rules::chat::inbound::{NotServed, Sender, Served};
use rules::chat::names::TeamId;

use crate::slack::Slack;

/// A workspace of Slack.
#[derive(Debug)]
pub struct Workspace {
    /// Slack itself.
    pub slack: Slack,
    /// Whom it serves.
    pub served: Served,
    /// The workspace that messages are posted in, one of those that are served.
    pub home: TeamId,
}

impl Workspace {
    /// Whether whoever has sent something is served.
    ///
    /// # Errors
    /// Why not.
    pub fn must_serve(&self, sender: &Sender) -> Result<(), NotServed> {
        self.served.must_serve(sender)
    }
}
