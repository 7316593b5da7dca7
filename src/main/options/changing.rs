//! Settings of the server that can change while it runs.

use super::super::addresses::{Trust, host, origin};
use super::Setting;
use super::values::levels;
use clap::{Args, Command};
use log::LevelFilter;
use mio_chat::limits::{RATE_PER_S, RATE_PER_S_HIGHEST};

/// The settings after SIGHUP, from the command line, the environment and the configuration file.
#[derive(Debug)]
pub(crate) struct Again {
    pub(crate) changing: Changing,
    /// All settings, also those that cannot change.
    pub(crate) settings: Vec<Setting>,
}

/// The settings that SIGHUP changes.
#[derive(Debug, Clone, Args)]
pub(crate) struct Changing {
    /// Origin of other web pages that may connect.
    ///
    /// https://example.org for example; "file://" and "null" are pages from files and without an
    /// origin; repeatable; "*" allows all.
    #[arg(long, value_name = "ORIGIN", env = "MIO_CHAT_ORIGIN", value_delimiter = ',')]
    #[arg(help_heading = "Doors", value_parser = origin)]
    pub(crate) origin: Vec<String>,

    /// Another name of this server for browsers.
    ///
    /// Beside its addresses, localhost and the names of --origin: chat.example, "*.chat.example"
    /// for every name below it, ".chat.example" for both; repeatable; "*" allows all.
    #[arg(long, value_name = "NAME", env = "MIO_CHAT_HOST", value_delimiter = ',')]
    #[arg(help_heading = "Doors", value_parser = host)]
    pub(crate) host: Vec<String>,

    /// Proxies whose headers are trusted.
    ///
    /// X-Forwarded-…, Forwarded and PROXY headers. An address or a network, 10.0.0.0/8; proxies at
    /// a Unix socket are trusted if 127.0.0.1 is; repeatable; "none" trusts nobody.
    #[arg(long, value_name = "CIDR", env = "MIO_CHAT_TRUST_PROXY", value_delimiter = ',')]
    #[arg(default_values = ["127.0.0.0/8", "::1"], help_heading = "Doors")]
    pub(crate) trust_proxy: Vec<Trust>,

    /// Messages per second of one connection.
    ///
    /// After a burst of 5 N. Beyond it the server reads that connection later and loses nothing; 0
    /// is no limit.
    #[arg(long, value_name = "N", env = "MIO_CHAT_RATE", help_heading = "Limits")]
    #[arg(default_value_t = RATE_PER_S)]
    #[arg(value_parser = clap::value_parser!(u32).range(..=i64::from(RATE_PER_S_HIGHEST)))]
    pub(crate) rate: u32,

    /// Level of the log on standard error.
    #[arg(long, value_name = "LEVEL", env = "MIO_CHAT_LOG", default_value = "info")]
    #[arg(ignore_case = true, value_parser = levels(), help_heading = "Log")]
    pub(crate) log: LevelFilter,
}

impl Changing {
    /// Whether the flag `name` is one of these.
    pub(crate) fn has(name: &str) -> bool {
        let all = Self::augment_args(Command::new(""));
        all.get_arguments().any(|arg| arg.get_long() == Some(name))
    }
}
