//! Flags of a server that is one of many nodes, and of its broker, Redis.

use super::super::amounts::Size;
use super::super::sandbox::{Connects, folders};
use super::values::{PemFile, pem_file};
use clap::Args;
use mio_chat::chat::{BrokerSettings, ClusterSecret, JournalSettings, Nodes, RedisSettings};
use mio_chat::limits::{CLUSTER_SECRET_BYTES_MIN, NODE_NAME_BYTES_MAX, REDIS_KEEP};
use mio_socketio::redis::Redis;
use rustix::system::uname;
use std::fs;
use std::path::PathBuf;

/// Flags about the chat's other servers.
#[derive(Debug, Args)]
pub(crate) struct NodeFlags {
    /// Redis that joins several servers into one chat.
    ///
    /// Redis or Valkey: redis://127.0.0.1:6379/0, rediss://HOST:6379 over TLS,
    /// redis+unix:///run/redis.sock.
    #[arg(long, value_name = "URL", env = "MIO_CHAT_REDIS", help_heading = "Nodes")]
    #[arg(value_parser = Redis::at, conflicts_with_all = ["plain", "record"])]
    pub(crate) redis: Option<Redis>,

    /// Authorities for the certificate of Redis.
    ///
    /// A file in the form of PEM, with the authorities that may sign the certificate of Redis
    /// (rediss://), instead of those that this machine trusts.
    #[arg(long, value_name = "FILE", env = "MIO_CHAT_REDIS_CA", help_heading = "Nodes")]
    #[arg(requires = "redis", value_parser = pem_file)]
    pub(crate) redis_ca: Option<PemFile>,

    /// This server's name, unique in the chat.
    ///
    /// [default: the name of the machine]
    #[arg(long, value_name = "NAME", env = "MIO_CHAT_NODE", help_heading = "Nodes")]
    #[arg(requires = "redis", value_parser = node_name)]
    pub(crate) node: Option<String>,

    /// Prefix of all keys in Redis.
    ///
    /// All servers of a chat have one prefix.
    #[arg(long, value_name = "NAME", env = "MIO_CHAT_REDIS_PREFIX", help_heading = "Nodes")]
    #[arg(default_value = "mio-chat")]
    pub(crate) redis_prefix: String,

    /// File with a secret that all servers of the chat share.
    ///
    /// With it they sign all that they tell each other through Redis. Anything else is passed over.
    #[arg(long, value_name = "FILE", env = "MIO_CHAT_CLUSTER_SECRET", help_heading = "Nodes")]
    #[arg(requires = "redis", value_parser = cluster_secret)]
    pub(crate) cluster_secret: Option<SecretFile>,

    /// Entries to keep in the stream in Redis, at least.
    ///
    /// A server that was away for longer has a hole in its history.
    #[arg(long, value_name = "N", env = "MIO_CHAT_REDIS_KEEP", help_heading = "Nodes")]
    #[arg(default_value_t = REDIS_KEEP, value_parser = clap::value_parser!(u64).range(1_000..))]
    pub(crate) redis_keep: u64,

    /// Most memory for that stream in Redis, about.
    ///
    /// 500M, 2G; "none" is no limit. Beyond it the oldest entries go.
    #[arg(long, value_name = "SIZE", env = "MIO_CHAT_REDIS_KEEP_BYTES", default_value = "1G")]
    #[arg(help_heading = "Nodes")]
    pub(crate) redis_keep_bytes: Size,
}

impl NodeFlags {
    /// The settings of the journal.
    pub(crate) fn settings(&self) -> JournalSettings {
        let Some(broker) = self.broker() else { return JournalSettings::Own };
        JournalSettings::Nodes(Box::new(Nodes {
            broker,
            name: self.node.clone().unwrap_or_else(name_of_machine),
            secret: self.cluster_secret.as_ref().map(|file| file.secret.clone()),
        }))
    }

    /// The connections to the broker.
    pub(crate) fn connects(&self) -> Option<Connects> {
        let redis = self.redis.as_ref()?;
        match redis.socket() {
            Some(socket) => Some(Connects::Unix(folders(socket))),
            None => redis.port().map(Connects::Tcp),
        }
    }

    /// The broker of the chat; `None` for a server that is alone.
    fn broker(&self) -> Option<BrokerSettings> {
        let redis = self.redis.clone()?;
        Some(BrokerSettings::Redis(RedisSettings {
            redis: match &self.redis_ca {
                Some(ca) => redis.authorities(ca.pem.clone()),
                None => redis,
            },
            prefix: self.redis_prefix.clone(),
            keep: self.redis_keep,
            keep_bytes: self.redis_keep_bytes.0.unwrap_or(u64::MAX),
        }))
    }
}

fn name_of_machine() -> String {
    let host = uname().nodename().to_string_lossy().into_owned();
    let is_good = |char: &char| char.is_ascii_alphanumeric() || matches!(char, '-' | '_' | '.');
    let name: String = host.chars().filter(is_good).take(NODE_NAME_BYTES_MAX).collect();
    if name.is_empty() { "node".to_owned() } else { name }
}

/// The name of a node stands before a `/` in names of sockets, and between quotes in scripts.
fn node_name(name: &str) -> Result<String, String> {
    let is_good = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    match (1..=NODE_NAME_BYTES_MAX).contains(&name.len()) && name.bytes().all(is_good) {
        true => Ok(name.to_owned()),
        false => Err(format!("a name has 1 to {NODE_NAME_BYTES_MAX} letters, digits and - _ .")),
    }
}

/// A file with the secret that nodes share, which was read with the command line.
#[derive(Debug, Clone)]
pub(crate) struct SecretFile {
    pub(crate) path: PathBuf,
    pub(crate) secret: ClusterSecret,
}

/// Reads the secret that nodes share. The file is not named in an error, in case it is the secret.
fn cluster_secret(path: &str) -> Result<SecretFile, String> {
    let text = fs::read(path).map_err(|error| format!("it cannot be read: {error}"))?;
    let secret = ClusterSecret::new(&text).ok_or_else(|| {
        format!(
            "a secret has at least {CLUSTER_SECRET_BYTES_MIN} bytes, as of openssl rand -hex 32"
        )
    })?;
    Ok(SecretFile { path: path.into(), secret })
}
