//! Why a nick is not to be had.

use crate::chat::names::Refused;
use std::fmt;
use std::rc::Rc;

/// Why a nick is not to be had.
#[derive(Debug)]
pub(in crate::chat) enum NotHad {
    Refused(Refused),
    /// Somebody is called so, or looks so.
    Taken(Rc<str>),
    /// It is kept for somebody who has just gone, or was called so until then.
    Held(Rc<str>),
}

impl fmt::Display for NotHad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refused) => refused.fmt(f),
            Self::Taken(nick) => write!(f, "{nick} is here already, choose another name"),
            Self::Held(nick) => {
                write!(f, "{nick} was here a moment ago and may come back, choose another name")
            }
        }
    }
}
