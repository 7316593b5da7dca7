//! Requests for invitations.

use crate::chat::history::Token;

/// To make an invitation, of which the asker gets the code.
#[derive(Debug)]
pub(in crate::chat) struct AskedInvitation {
    pub(in crate::chat) uses: u32,
    /// Milliseconds for which it is good.
    pub(in crate::chat) for_ms: i64,
    /// The hash of its code.
    pub(in crate::chat) code: Token,
}
