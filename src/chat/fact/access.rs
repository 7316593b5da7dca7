//! Facts about invitations.

use crate::chat::history::Token;
use mio_socketio::SocketId;
use std::rc::Rc;

/// A person has come in by an invitation.
#[derive(Debug)]
pub(in crate::chat) struct Invited {
    pub(in crate::chat) by: SocketId,
    /// The hash of its code.
    pub(in crate::chat) code: Token,
    /// Their id, if they can come back.
    pub(in crate::chat) id: Option<Rc<str>>,
}
