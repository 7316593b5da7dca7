//! Refusals of personal requests.

use crate::chat::refusal::Refusal;
use crate::limits::IGNORED_MAX;
use std::fmt;

/// The reason why a personal request is not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::chat) enum PersonalRefusal {
    /// They ignore as many people as one person may.
    TooManyIgnored,
    /// As many people as can be see no notices of comings and goings.
    TooManyQuiet,
}

impl From<PersonalRefusal> for Refusal {
    fn from(why: PersonalRefusal) -> Self {
        Self::Personal(why)
    }
}

impl PersonalRefusal {
    /// The word for programs.
    pub(in crate::chat) const fn code(self) -> &'static str {
        match self {
            Self::TooManyIgnored => "too-many-ignored",
            Self::TooManyQuiet => "too-many",
        }
    }
}

/// The sentence for people.
impl fmt::Display for PersonalRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooManyIgnored => write!(
                f,
                "you ignore {IGNORED_MAX} people already; stop ignoring one of them first"
            ),
            Self::TooManyQuiet => f.write_str("too many people have asked for this"),
        }
    }
}
