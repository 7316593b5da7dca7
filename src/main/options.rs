//! The command line (and `MIO_CHAT_…` in the environment).

mod access;
mod changing;
mod commands;
mod examples;
mod files;
mod line;
mod nodes;
mod setting;
mod values;

pub(crate) use access::{AccessFlags, AccessOption};
pub(crate) use changing::{Again, Changing};
pub(crate) use commands::{
    Admin, AdminCommand, Ban, Client, Export, ExportFormat, HookCommand, ListBans, OnDemand, Purge,
    PurgeAsTold, Replay, ServersConfig, Unban,
};
pub(crate) use files::FilesSent;
pub(crate) use nodes::NodeFlags;
pub(crate) use setting::{Setting, Source};

use super::addresses::Bind;
use super::amounts::{Days, Size};
use super::history::Backup;
use super::logging::LogFormat;
use clap::builder::FalseyValueParser;
use clap::{ArgAction, Args, Parser, Subcommand};
use clap_complete::Shell;
use examples::{CLIENT_EXAMPLES, EXAMPLES};
use mio_chat::chat::StaticFolder;
use mio_chat::limits::{
    CONNECT_MS_HIGHEST, CONNECT_MS_LOWEST, HISTORY_LINES_MAX, IDLE_FLUSH_MS_HIGHEST,
    LINE_BYTES_MAX_HIGHEST, LINE_BYTES_MAX_LOWEST, PAYLOAD_BYTES_MAX_HIGHEST,
    PAYLOAD_BYTES_MAX_LOWEST, PING_MS_HIGHEST, PING_MS_LOWEST, QUEUE_BYTES_MAX_HIGHEST,
    QUEUE_BYTES_MAX_LOWEST, REPLAY_LINES,
};
use mio_socketio::limits::{
    CONNECT_MS, ENGINE_PAYLOAD_BYTES_MAX, ENGINE_PING_INTERVAL_MS, ENGINE_PING_TIMEOUT_MS,
    LINE_BYTES_MAX,
};
use std::path::PathBuf;

/// A chat server on one thread and one poll loop.
#[derive(Debug, Parser)]
#[command(version, about, before_long_help = EXAMPLES, args_conflicts_with_subcommands = true)]
pub(crate) struct Options {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) serve: Serve,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve the chat (the default subcommand).
    #[command(before_long_help = EXAMPLES)]
    Serve(Box<Serve>),
    /// Say what "serve" would run with, and what is unsafe about it.
    ///
    /// It takes the flags of "serve", opens no door and changes nothing. Exit code 1 if anything is
    /// unsafe.
    #[command(mut_args(|arg| arg.hide(true)))]
    Check(Box<Serve>),
    /// Write out the messages of rooms, oldest first; works while a server runs.
    Export(Export),
    /// Erase old messages, private ones too; works while a server runs.
    Purge(Purge),
    /// Write a consistent copy of the whole history to a file; works while a server runs.
    Backup(Backup),
    /// Ban an address or a network; works while a server runs.
    Ban(Ban),
    /// Lift the ban on an address or a network.
    Unban(Unban),
    /// List all bans, one network on each line.
    Bans(ListBans),
    /// List registered people, give them roles or passwords, forget them, while a server runs.
    Admin(Admin),
    /// Chat in this terminal, or read and write plain lines.
    #[command(before_long_help = CLIENT_EXAMPLES)]
    Client(Client),
    /// Print completions for a shell.
    Completions {
        /// The shell.
        #[arg(value_enum)]
        shell: Shell,
    },
    /// Print the manual page.
    Man,
    /// Run a recorded server again, without any door, and compare its output with the record.
    #[command(hide = true)]
    Replay(Replay),
    /// Purge a file as the server at the other end of standard input says, while it goes on.
    #[command(hide = true)]
    PurgeAsTold(PurgeAsTold),
    /// Hash passwords for the server at the other end of standard input.
    #[command(hide = true)]
    HashPasswords,
    /// Run a command whenever the server at the other end of standard input has something for it.
    #[command(hide = true)]
    OnDemand(OnDemand),
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Line door, for netcat.
    ///
    /// An address, HOST:PORT or unix:PATH; repeatable; "none" closes the door.
    #[arg(short, long, value_name = "ADDR", env = "MIO_CHAT_BIND", value_delimiter = ',')]
    #[arg(default_value = "127.0.0.1:55555", help_heading = "Doors")]
    pub(crate) bind: Vec<Bind>,

    /// HTTP door: page, Socket.IO, WebSocket.
    ///
    /// An address, HOST:PORT or unix:PATH; repeatable; "none" closes the door.
    #[arg(long, value_name = "ADDR", env = "MIO_CHAT_HTTP", value_delimiter = ',')]
    #[arg(default_value = "127.0.0.1:5000", help_heading = "Doors")]
    pub(crate) http: Vec<Bind>,

    /// Line door over TLS.
    ///
    /// An address, HOST:PORT, for openssl s_client, ncat --ssl and programs; repeatable.
    #[arg(long, value_name = "ADDR", env = "MIO_CHAT_BIND_TLS", value_delimiter = ',')]
    #[arg(help_heading = "Doors", requires = "tls_cert", conflicts_with = "record")]
    pub(crate) bind_tls: Vec<Bind>,

    /// HTTP door over TLS: https and wss.
    ///
    /// An address, HOST:PORT; repeatable. If the HTTP door is open too, its page leads here.
    #[arg(long, value_name = "ADDR", env = "MIO_CHAT_HTTPS", value_delimiter = ',')]
    #[arg(help_heading = "Doors", requires = "tls_cert", conflicts_with = "record")]
    pub(crate) https: Vec<Bind>,

    /// Certificate for TLS, in the form of PEM.
    ///
    /// After it come those that lead to an authority. The file is read again when it changes, and
    /// after SIGHUP.
    #[arg(long, value_name = "FILE", env = "MIO_CHAT_TLS_CERT", help_heading = "Doors")]
    #[arg(requires = "tls_key")]
    pub(crate) tls_cert: Option<PathBuf>,

    /// Key of the certificate, in the form of PEM.
    ///
    /// ECDSA, RSA or Ed25519.
    #[arg(long, value_name = "FILE", env = "MIO_CHAT_TLS_KEY", help_heading = "Doors")]
    #[arg(requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,

    /// Separate door for /metrics, /healthz and /readyz.
    ///
    /// An address; repeatable. This door answers even when the server is full. With it, or with
    /// "none", the HTTP door has no /metrics.
    #[arg(long, value_name = "ADDR", env = "MIO_CHAT_METRICS", value_delimiter = ',')]
    #[arg(help_heading = "Doors")]
    pub(crate) metrics: Vec<Bind>,

    /// Show /metrics at the HTTP door to everyone.
    ///
    /// Otherwise only this machine sees them.
    #[arg(long, env = "MIO_CHAT_OPEN_METRICS", action = ArgAction::SetTrue)]
    #[arg(help_heading = "Doors", value_parser = FalseyValueParser::new())]
    pub(crate) open_metrics: bool,

    /// Compress long messages on WebSockets.
    ///
    /// For clients that offer it, such as browsers, and what they send too (permessage-deflate).
    #[arg(long, env = "MIO_CHAT_DEFLATE", action = ArgAction::SetTrue)]
    #[arg(help_heading = "Doors", value_parser = FalseyValueParser::new())]
    pub(crate) deflate: bool,

    /// Folder of web pages of your own, shown at /.
    ///
    /// The chat's page is then at /chat/. If they load the client from /socket.io/, copy
    /// socket.io/client-dist of npm to DIR/socket.io.
    #[arg(long = "static", value_name = "DIR", env = "MIO_CHAT_STATIC", help_heading = "Doors")]
    #[arg(conflicts_with_all = ["plain", "record"], value_parser = values::static_folder)]
    pub(crate) static_folder: Option<StaticFolder>,

    /// Only relay lines between clients.
    ///
    /// Each line goes, exactly as sent, to every other client.
    #[arg(long, env = "MIO_CHAT_PLAIN", action = ArgAction::SetTrue, help_heading = "Doors")]
    #[arg(value_parser = FalseyValueParser::new())]
    pub(crate) plain: bool,

    /// Milliseconds of silence that end a line.
    ///
    /// Input without a newline is treated as a line after this silence; 0 turns it off.
    #[arg(long, value_name = "MS", env = "MIO_CHAT_IDLE_FLUSH", help_heading = "Doors")]
    #[arg(default_value_t = 0)]
    #[arg(value_parser = clap::value_parser!(u64).range(..=IDLE_FLUSH_MS_HIGHEST))]
    pub(crate) idle_flush: u64,

    /// File of the history (SQLite).
    ///
    /// "none" keeps no history.
    #[arg(long, value_name = "PATH", env = "MIO_CHAT_DB", default_value = "mio-chat.db")]
    #[arg(help_heading = "History")]
    pub(crate) db: PathBuf,

    /// Largest size of the history's file.
    ///
    /// 500M, 2G; "none" is no limit. Beyond it the oldest messages are deleted.
    #[arg(long, value_name = "SIZE", env = "MIO_CHAT_HISTORY_MAX", default_value = "1G")]
    #[arg(help_heading = "History")]
    pub(crate) history_max: Size,

    /// Days after which messages are deleted.
    ///
    /// "none" keeps them.
    #[arg(long, value_name = "DAYS", env = "MIO_CHAT_KEEP", default_value = "none")]
    #[arg(help_heading = "History")]
    pub(crate) keep: Days,

    /// Lines of history shown on entering a room.
    ///
    /// At the line door.
    #[arg(long, value_name = "N", env = "MIO_CHAT_REPLAY", default_value_t = REPLAY_LINES)]
    #[arg(help_heading = "History")]
    #[arg(value_parser = clap::value_parser!(u32).range(..=i64::from(HISTORY_LINES_MAX)))]
    pub(crate) replay: u32,

    #[command(flatten)]
    pub(crate) nodes: NodeFlags,

    /// Make every message survive a power cut.
    ///
    /// This takes one fsync for each turn of the loop.
    #[arg(long, env = "MIO_CHAT_DURABLE", action = ArgAction::SetTrue)]
    #[arg(help_heading = "History", value_parser = FalseyValueParser::new())]
    pub(crate) durable: bool,

    /// Simultaneous clients.
    ///
    /// [default: 10000, or what the limit of open files allows]
    #[arg(long, value_name = "N", env = "MIO_CHAT_MAX_CLIENTS", help_heading = "Limits")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) max_clients: Option<u32>,

    /// Simultaneous connections from one address.
    ///
    /// For IPv6, from one /64. The limits on its new connections and its sessions grow with it.
    /// This machine is exempt. [default: 64, or a quarter of --max-clients]
    #[arg(long, value_name = "N", env = "MIO_CHAT_PER_ADDRESS", help_heading = "Limits")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) per_address: Option<u32>,

    /// Memory for all clients together.
    ///
    /// 512M for example; beyond it the clients that hold most are closed.
    #[arg(long, value_name = "SIZE", env = "MIO_CHAT_MAX_MEMORY", help_heading = "Limits")]
    #[arg(default_value = "256M")]
    pub(crate) max_memory: Size,

    /// Longest line in bytes.
    #[arg(long, value_name = "BYTES", env = "MIO_CHAT_MAX_LINE", help_heading = "Limits")]
    #[arg(default_value_t = LINE_BYTES_MAX as u32)]
    #[arg(value_parser = clap::value_parser!(u32)
        .range(LINE_BYTES_MAX_LOWEST as i64..=LINE_BYTES_MAX_HIGHEST as i64))]
    pub(crate) max_line: u32,

    /// Longest body, message and packet in bytes.
    ///
    /// HTTP bodies, WebSocket messages and Socket.IO packets.
    #[arg(long, value_name = "BYTES", env = "MIO_CHAT_MAX_PAYLOAD", help_heading = "Limits")]
    #[arg(default_value_t = ENGINE_PAYLOAD_BYTES_MAX as u32)]
    #[arg(value_parser = clap::value_parser!(u32)
        .range(PAYLOAD_BYTES_MAX_LOWEST as i64..=PAYLOAD_BYTES_MAX_HIGHEST as i64))]
    pub(crate) max_payload: u32,

    /// Unsent bytes that one connection may hold.
    ///
    /// Beyond it the connection is closed as slow-client; twice as many are allowed in a single
    /// burst, four times when polling. [default: 1048576, or --max-payload if that is more]
    #[arg(long, value_name = "BYTES", env = "MIO_CHAT_MAX_QUEUE", help_heading = "Limits")]
    #[arg(value_parser = clap::value_parser!(u32)
        .range(QUEUE_BYTES_MAX_LOWEST as i64..=QUEUE_BYTES_MAX_HIGHEST as i64))]
    pub(crate) max_queue: Option<u32>,

    /// Milliseconds for joining a namespace.
    ///
    /// A Socket.IO client has this time, including its auth function.
    #[arg(long, value_name = "MS", env = "MIO_CHAT_CONNECT_TIMEOUT", help_heading = "Limits")]
    #[arg(default_value_t = CONNECT_MS)]
    #[arg(value_parser = clap::value_parser!(u64).range(CONNECT_MS_LOWEST..=CONNECT_MS_HIGHEST))]
    pub(crate) connect_timeout: u64,

    /// Milliseconds between heartbeats.
    ///
    /// Of Socket.IO clients and plain WebSockets.
    #[arg(long, value_name = "MS", env = "MIO_CHAT_PING_INTERVAL", help_heading = "Limits")]
    #[arg(default_value_t = ENGINE_PING_INTERVAL_MS)]
    #[arg(value_parser = clap::value_parser!(u64).range(PING_MS_LOWEST..=PING_MS_HIGHEST))]
    pub(crate) ping_interval: u64,

    /// Milliseconds for the answer to a heartbeat.
    ///
    /// Without an answer the client's session ends.
    #[arg(long, value_name = "MS", env = "MIO_CHAT_PING_TIMEOUT", help_heading = "Limits")]
    #[arg(default_value_t = ENGINE_PING_TIMEOUT_MS)]
    #[arg(value_parser = clap::value_parser!(u64).range(PING_MS_LOWEST..=PING_MS_HIGHEST))]
    pub(crate) ping_timeout: u64,

    #[command(flatten)]
    pub(crate) files_sent: FilesSent,
    #[command(flatten)]
    pub(crate) access: AccessFlags,
    #[command(flatten)]
    pub(crate) changing: Changing,

    /// Form of the lines on standard error.
    ///
    /// Text, or JSON with one object on each line.
    #[arg(long, value_name = "FORMAT", env = "MIO_CHAT_LOG_FORMAT", default_value = "text")]
    #[arg(value_enum, ignore_case = true, help_heading = "Log")]
    pub(crate) log_format: LogFormat,

    /// Record the run in a new file.
    ///
    /// All input and output, for "mio-chat replay FILE"; the file holds everything that people say.
    /// Needs --db none.
    #[arg(long, value_name = "FILE", env = "MIO_CHAT_RECORD", help_heading = "Log")]
    pub(crate) record: Option<PathBuf>,

    /// File with settings, in the form of TOML.
    ///
    /// Each key is a flag without its hyphens. Flags and variables of the environment come before
    /// it.
    #[arg(long, value_name = "FILE", env = "MIO_CHAT_CONFIG", help_heading = "Configuration")]
    pub(crate) config: Option<PathBuf>,

    /// User to become once all doors are open, if root starts the server.
    ///
    /// A name, or numbers as UID or UID:GID. Without it root is refused at addresses that other
    /// machines reach.
    #[arg(long, value_name = "NAME", env = "MIO_CHAT_USER", help_heading = "Configuration")]
    pub(crate) user: Option<String>,

    /// Keep the rights that a running server does not need.
    ///
    /// Rights to files, connections and system calls, for debuggers and tracers.
    #[arg(long, env = "MIO_CHAT_NO_SANDBOX", action = ArgAction::SetTrue)]
    #[arg(help_heading = "Configuration", value_parser = FalseyValueParser::new())]
    pub(crate) no_sandbox: bool,

    /// All settings that have a value, and flags that are set.
    #[arg(skip)]
    pub(crate) settings: Vec<Setting>,
}

#[cfg(test)]
mod tests;
