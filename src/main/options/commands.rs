//! The flags of all commands except `serve` and `check`.

use super::super::amounts::Span;
use super::values::{PemFile, levels, pem_file};
use clap::{Args, Subcommand, ValueEnum};
use log::LevelFilter;
use mio_chat::chat::history::{Banned, ChatRole};
use mio_chat::client::ServerAddress;
use mio_chat::limits::{INVITATION_USES, INVITATION_USES_MAX};
use std::ffi::OsString;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(crate) struct Replay {
    /// A file written by `serve --record`.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Level of the server's log on standard error.
    #[arg(long, value_name = "LEVEL", default_value = "off")]
    #[arg(ignore_case = true, value_parser = levels())]
    pub(crate) log: LevelFilter,
}

#[derive(Debug, Args)]
pub(crate) struct Client {
    /// Address of the chat.
    ///
    /// HOST:PORT of its HTTP door, http://HOST:PORT/PATH or https://HOST.
    #[arg(value_name = "ADDRESS", env = "MIO_CHAT_ADDRESS", default_value = "127.0.0.1:5000")]
    pub(crate) address: ServerAddress,
    /// Authorities for the server's certificate.
    ///
    /// A file in the form of PEM, with the authorities that may sign the certificate, instead of
    /// those that this machine trusts.
    #[arg(long, value_name = "FILE", env = "MIO_CHAT_CA", value_parser = pem_file)]
    pub(crate) ca: Option<PemFile>,
    /// Your nick.
    #[arg(short, long, value_name = "NAME", env = "MIO_CHAT_NICK")]
    pub(crate) nick: Option<String>,
    /// Come in as this registered person.
    ///
    /// The password is asked for at the terminal once. Then the client keeps a token, which nobody
    /// else can read, in mio-chat/logins.json of your folder of settings ($XDG_CONFIG_HOME or
    /// ~/.config); /logout ends it.
    #[arg(long, value_name = "NAME")]
    pub(crate) login: Option<String>,
    /// Come in by an invitation.
    #[arg(long, value_name = "CODE")]
    pub(crate) invite: Option<String>,
    /// The room to speak in.
    #[arg(short, long, value_name = "ROOM", env = "MIO_CHAT_ROOM")]
    pub(crate) room: Option<String>,
    /// Read and write plain lines, even at a terminal.
    #[arg(long)]
    pub(crate) plain: bool,
    /// Print each message as one line of JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// The configuration file of a server, for commands that work on its history.
#[derive(Debug, Args)]
pub(crate) struct ServersConfig {
    /// File of the server's settings, for --db and --url alone.
    ///
    /// The file that the server reads (`serve --config`). Here it says where the history is, and
    /// for links where the page is, unless flags or the environment do.
    #[arg(long, value_name = "FILE", env = "MIO_CHAT_CONFIG")]
    #[allow(dead_code, reason = "it is read together with the command line")]
    config: Option<PathBuf>,
}

/// The page of a server, for commands that print links to it.
#[derive(Debug, Args)]
pub(crate) struct PageUrl {
    /// Address of the page.
    #[arg(long, value_name = "URL", env = "MIO_CHAT_URL", default_value = "http://127.0.0.1:5000")]
    #[arg(value_parser = super::access::url)]
    url: String,
}

impl PageUrl {
    /// Its address, to which a path can be added.
    pub(crate) fn url(&self) -> &str {
        self.url.trim_end_matches('/')
    }
}

#[derive(Debug, Args)]
pub(crate) struct Export {
    /// File of the history.
    #[arg(long, value_name = "PATH", env = "MIO_CHAT_DB", default_value = "mio-chat.db")]
    pub(crate) db: PathBuf,
    #[command(flatten)]
    pub(crate) config: ServersConfig,
    /// Only this room.
    #[arg(long)]
    pub(crate) room: Option<String>,
    /// Lines as at netcat, or JSON with one object on each line.
    #[arg(long, value_enum, default_value_t = ExportFormat::Txt)]
    pub(crate) format: ExportFormat,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum ExportFormat {
    Txt,
    Jsonl,
}

#[derive(Debug, Args)]
pub(crate) struct Purge {
    /// File of the history.
    #[arg(long, value_name = "PATH", env = "MIO_CHAT_DB", default_value = "mio-chat.db")]
    pub(crate) db: PathBuf,
    #[command(flatten)]
    pub(crate) config: ServersConfig,
    /// Only this room.
    #[arg(long)]
    pub(crate) room: Option<String>,
    /// Erase messages older than this many days; 0 erases all.
    #[arg(long, value_name = "DAYS")]
    #[arg(value_parser = clap::value_parser!(u32))]
    pub(crate) older_than: u32,
}

#[derive(Debug, Args)]
pub(crate) struct PurgeAsTold {
    /// File of the history.
    #[arg(long, value_name = "PATH")]
    pub(crate) db: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct OnDemand {
    /// Milliseconds after which the command is killed.
    #[arg(long, value_name = "MS")]
    pub(crate) life: Option<u64>,
    /// Takes the place of the process that has started this one, once that has died.
    #[arg(long)]
    pub(crate) deputy: bool,
    /// The command and its arguments.
    #[arg(last = true, required = true)]
    pub(crate) command: Vec<OsString>,
}

#[derive(Debug, Args)]
pub(crate) struct Ban {
    /// An address (for IPv6, its whole /64) or a network: 192.0.2.7, 2001:db8::1, 198.51.100.0/24.
    #[arg(value_name = "ADDRESS", value_parser = Banned::of_address)]
    pub(crate) network: Banned,
    /// How long: 30m, 12h, 1d, 2w; more than ten years is forever [default: forever].
    #[arg(long = "for", value_name = "TIME")]
    pub(crate) time: Option<Span>,
    /// The reason, shown by `bans` and not to the banned person.
    #[arg(long, value_name = "TEXT")]
    pub(crate) why: Option<String>,
    /// File of the history.
    #[arg(long, value_name = "PATH", env = "MIO_CHAT_DB", default_value = "mio-chat.db")]
    pub(crate) db: PathBuf,
    #[command(flatten)]
    pub(crate) config: ServersConfig,
}

#[derive(Debug, Args)]
pub(crate) struct Unban {
    /// The address, the network or the name, as `bans` shows it.
    #[arg(value_name = "ADDRESS")]
    pub(crate) who: String,
    /// File of the history.
    #[arg(long, value_name = "PATH", env = "MIO_CHAT_DB", default_value = "mio-chat.db")]
    pub(crate) db: PathBuf,
    #[command(flatten)]
    pub(crate) config: ServersConfig,
}

#[derive(Debug, Args)]
pub(crate) struct Admin {
    #[command(subcommand)]
    pub(crate) command: AdminCommand,
    /// File of the history.
    #[arg(long, value_name = "PATH", env = "MIO_CHAT_DB", default_value = "mio-chat.db")]
    #[arg(global = true)]
    pub(crate) db: PathBuf,
    /// File of the server's settings, for --db and --url alone.
    ///
    /// The file that the server reads (`serve --config`). Here it says where the history is, and
    /// for links where the page is, unless flags or the environment do.
    #[arg(long, value_name = "FILE", env = "MIO_CHAT_CONFIG", global = true)]
    #[allow(dead_code, reason = "it is read together with the command line")]
    config: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AdminCommand {
    /// List all registered people, one on each line.
    List,
    /// Give somebody another password, the first line of standard input, and end their devices.
    Passwd {
        /// Their name.
        nick: String,
    },
    /// Make an invitation, with which people come in where not everybody may (--access invite).
    Invite {
        /// Number of people who may come in by it.
        #[arg(long, value_name = "N", default_value_t = INVITATION_USES)]
        #[arg(value_parser = clap::value_parser!(u32).range(1..=i64::from(INVITATION_USES_MAX)))]
        uses: u32,
        /// Time for which it is good: 30m, 12h, 7d, 2w.
        #[arg(long = "for", value_name = "TIME", default_value = "7d")]
        time: Span,
        /// End all earlier invitations instead of making one.
        #[arg(long, conflicts_with_all = ["uses", "time"])]
        end_all: bool,
        #[command(flatten)]
        page: PageUrl,
    },
    /// Addresses at which programs say something in a room.
    Hook {
        #[command(subcommand)]
        command: HookCommand,
    },
    /// Forget that somebody is registered: their names are free.
    Forget {
        /// Their name.
        nick: String,
        /// Also if the chat has no other owner.
        #[arg(long)]
        last_owner: bool,
    },
    /// Print what people who keep order have done in the last 90 days.
    Log {
        /// Only the last 30m, 12h, 7d or 2w.
        #[arg(long, value_name = "TIME")]
        since: Option<Span>,
    },
    /// Let a registered person keep order: an owner, or a moderator.
    Grant {
        /// Their name.
        nick: String,
        /// owner or moderator. An owner may also act on moderators.
        role: ChatRole,
    },
    /// Take a role from somebody.
    Revoke {
        /// Their name.
        nick: String,
        /// owner or moderator.
        role: ChatRole,
        /// Also if the chat has no other owner.
        #[arg(long)]
        last_owner: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum HookCommand {
    /// Make a hook, and print its address, where a POST says something.
    Add {
        /// The name under which it is said, which is nobody else's from now on.
        name: String,
        /// The room in which it is said.
        #[arg(long, value_name = "ROOM", default_value = "lobby")]
        room: String,
        #[command(flatten)]
        page: PageUrl,
    },
    /// List all hooks, one on each line.
    List,
    /// Remove a hook: its address says nothing any more.
    Remove {
        /// Its name.
        name: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct ListBans {
    /// File of the history.
    #[arg(long, value_name = "PATH", env = "MIO_CHAT_DB", default_value = "mio-chat.db")]
    pub(crate) db: PathBuf,
    #[command(flatten)]
    pub(crate) config: ServersConfig,
}
