//! Flags of the server about people who come in.

use clap::{Args, ValueEnum};
use mio_chat::chat::Access;

/// Flags about who may come in and speak.
#[derive(Debug, Args)]
pub(crate) struct AccessFlags {
    /// The people who may come in and speak.
    ///
    /// "open": anybody. "registered": anybody may read, and only registered people speak. "invite":
    /// only registered people come in, and those with an invitation (mio-chat admin invite). Except
    /// with "open", namespace "/" is closed, because nobody can log in there.
    #[arg(long, value_name = "WHO", env = "MIO_CHAT_ACCESS", default_value = "open")]
    #[arg(value_enum, ignore_case = true, help_heading = "People")]
    pub(crate) access: AccessOption,

    /// Address of the page, for links to it.
    ///
    /// https://chat.example for example. Invitations have it, and the addresses of hooks.
    #[arg(long, value_name = "URL", env = "MIO_CHAT_URL", help_heading = "People")]
    #[arg(value_parser = url)]
    pub(crate) url: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum AccessOption {
    Open,
    Registered,
    Invite,
}

impl From<AccessOption> for Access {
    fn from(option: AccessOption) -> Self {
        match option {
            AccessOption::Open => Self::Open,
            AccessOption::Registered => Self::Registered,
            AccessOption::Invite => Self::Invite,
        }
    }
}

/// An address of a web page.
pub(super) fn url(text: &str) -> Result<String, String> {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let is_good = |rest: &str| {
        let host = rest.split('/').next().unwrap_or_default();
        !host.is_empty() && rest.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#')
    };
    match host.is_some_and(is_good) {
        true => Ok(text.trim_end_matches('/').to_owned()),
        false => Err("expected an address like https://chat.example".to_owned()),
    }
}
