//! The kinds of programs that devices are.

use serde::{Deserialize, Serialize};

/// The kind of program that a device is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::chat) enum Client {
    Web,
    Terminal,
    App,
}

impl Client {
    pub(in crate::chat) fn called(name: Option<&str>) -> Self {
        match name {
            Some("web") => Self::Web,
            Some("terminal") => Self::Terminal,
            _ => Self::App,
        }
    }

    /// The word for it in lists of members and in logs.
    pub(in crate::chat) const fn as_str(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Terminal => "terminal",
            Self::App => "app",
        }
    }
}
