//! Values of flags that are names.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use log::LevelFilter;
use mio_chat::chat::{ClusterSecret, StaticFolder};
use mio_chat::limits::{CLUSTER_SECRET_BYTES_MIN, NODE_NAME_BYTES_MAX};
use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// A file of certificates, which was read with the command line.
#[derive(Debug, Clone)]
pub(crate) struct PemFile {
    pub(crate) pem: Vec<u8>,
}

pub(super) fn pem_file(path: &str) -> Result<PemFile, String> {
    fs::read(path).map(|pem| PemFile { pem }).map_err(|error| error.to_string())
}

/// The name of a node stands before a `/` in names of sockets, and between quotes in scripts.
pub(super) fn node_name(name: &str) -> Result<String, String> {
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
pub(super) fn cluster_secret(path: &str) -> Result<SecretFile, String> {
    let text = fs::read(path).map_err(|error| format!("it cannot be read: {error}"))?;
    let secret = ClusterSecret::new(&text).ok_or_else(|| {
        format!(
            "a secret has at least {CLUSTER_SECRET_BYTES_MIN} bytes, as of openssl rand -hex 32"
        )
    })?;
    Ok(SecretFile { path: path.into(), secret })
}

pub(super) fn static_folder(path: &str) -> Result<StaticFolder, String> {
    StaticFolder::open(Path::new(path)).map_err(|error| format!("this is no folder: {error}"))
}

pub(super) fn levels() -> impl TypedValueParser<Value = LevelFilter> {
    PossibleValuesParser::new(["off", "error", "warn", "info", "debug", "trace"])
        .map(|level| LevelFilter::from_str(&level).unwrap_or(LevelFilter::Info))
}
