//! Facts, and parts of them, that concern nobody but a person and their devices.

use super::Party;
use crate::chat::history::KeptPerson;
use mio_socketio::SocketId;
use std::rc::Rc;

/// A room, or a private conversation by its other party, that somebody has read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::chat) enum ReadTarget {
    Room(Rc<str>),
    With(Party),
}

/// A person will be remembered after they have gone.
#[derive(Debug)]
pub(in crate::chat) struct Remembered {
    pub(in crate::chat) by: SocketId,
    /// Their client knows the token: their nick is kept for them.
    pub(in crate::chat) returns: bool,
    /// They are kept in the file from now on.
    pub(in crate::chat) is_first: bool,
    /// Their data then, for a server that was started again since they came, and has forgotten
    /// them.
    pub(in crate::chat) record: Option<Box<KeptPerson>>,
}
