//! Personal requests.

use std::rc::Rc;

/// A personal request.
#[derive(Debug, Clone, Copy)]
pub(in crate::chat) enum AskedPersonal<'a> {
    /// To ignore a person.
    Ignore { name: &'a str },
    /// To stop ignoring a person.
    Unignore { name: &'a str },
    /// To see no notices of comings and goings, or to see them again.
    Quiet { is_on: bool },
}

impl<'a> AskedPersonal<'a> {
    /// The name of the person who needs an id for this. If they have none, they get one.
    pub(in crate::chat) const fn of_somebody(self) -> Option<&'a str> {
        match self {
            Self::Ignore { name } => Some(name),
            Self::Unignore { .. } | Self::Quiet { .. } => None,
        }
    }

    /// Whether the asker needs an id. If they have none, they get one.
    pub(in crate::chat) const fn needs_id(self) -> bool {
        match self {
            Self::Quiet { .. } => true,
            Self::Ignore { .. } | Self::Unignore { .. } => false,
        }
    }
}

/// The reason why nothing personal needs to happen.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::chat) enum AlreadyPersonal {
    /// They ignore the person of this name.
    Ignored(Rc<str>),
    /// They ignore nobody of this name.
    NotIgnored(Box<str>),
    /// They see no notices of comings and goings, or they see them.
    Quiet(bool),
}
