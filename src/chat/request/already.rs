//! The outcome of requests that need no change.

use crate::chat::history::Posted;
use crate::chat::personal::AlreadyPersonal;
use crate::chat::words::AlreadyWords;
use std::rc::Rc;

/// The reason why nothing needs to happen.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::chat) enum Already {
    /// It was said before, under the same key.
    Said(Posted, SaidTo),
    /// They are remembered, or cannot be.
    Remembered,
    /// They do not type.
    Silent,
    /// Others have just been told that they type.
    Typing,
    /// They have read so far.
    Read,
    /// The room has this rule.
    Ruled(Rc<str>),
    /// The person of this name is invited, or in the room.
    MayEnter(Rc<str>),
    /// The earlier message is as they want it.
    Words(AlreadyWords),
    /// They have this name.
    Called(Rc<str>),
    /// They are in this room.
    In(Rc<str>),
    Personal(AlreadyPersonal),
    /// They are logged in under this name.
    LoggedIn(Rc<str>),
}

/// The place of the earlier message.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::chat) enum SaidTo {
    Room(Rc<str>),
    /// A person, by the name that was used now; if its bearer is away, whether they are registered.
    Person(Rc<str>, Option<bool>),
}
