//! Values of flags.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use log::LevelFilter;
use mio_chat::chat::StaticFolder;
use std::fs;
use std::path::Path;
use std::str::FromStr;

/// A file of certificates, which was read with the command line.
#[derive(Debug, Clone)]
pub(crate) struct PemFile {
    pub(crate) pem: Vec<u8>,
}

pub(super) fn pem_file(path: &str) -> Result<PemFile, String> {
    fs::read(path).map(|pem| PemFile { pem }).map_err(|error| error.to_string())
}

pub(super) fn static_folder(path: &str) -> Result<StaticFolder, String> {
    StaticFolder::open(Path::new(path)).map_err(|error| format!("this is no folder: {error}"))
}

pub(super) fn levels() -> impl TypedValueParser<Value = LevelFilter> {
    PossibleValuesParser::new(["off", "error", "warn", "info", "debug", "trace"])
        .map(|level| LevelFilter::from_str(&level).unwrap_or(LevelFilter::Info))
}
