//! Flags about the files that people send.

use super::super::amounts::Bytes;
use super::super::serve::keeps_history;
use super::Serve;
use clap::Args;
use mio_chat::limits::{FILE_BYTES_MAX, FILES_BYTES_MAX};
use std::path::PathBuf;

/// The folder for the files that people send, beside the history's file.
const BESIDE: &str = "-files";

/// The settings of files that people send.
#[derive(Debug, Args)]
pub(crate) struct FilesSent {
    /// Folder for the files that people send.
    ///
    /// It is made if it is not there; "none" takes no files. Only with a history. [default: that of
    /// --db with -files at its end]
    #[arg(long, value_name = "DIR", env = "MIO_CHAT_FILES", help_heading = "Files")]
    pub(crate) files: Option<PathBuf>,

    /// Largest file that a person can send.
    ///
    /// 500K, 10M.
    #[arg(long, value_name = "SIZE", env = "MIO_CHAT_MAX_FILE", help_heading = "Files")]
    #[arg(default_value_t = Bytes(FILE_BYTES_MAX))]
    pub(crate) max_file: Bytes,

    /// Room for all files that people send.
    ///
    /// 500M, 20G. One person gets a tenth of it.
    #[arg(long, value_name = "SIZE", env = "MIO_CHAT_FILES_MAX", help_heading = "Files")]
    #[arg(default_value_t = Bytes(FILES_BYTES_MAX))]
    pub(crate) files_max: Bytes,
}

impl Serve {
    /// The folder for the files that people send; `None` if none are taken.
    pub(crate) fn files_folder(&self) -> Option<PathBuf> {
        if !keeps_history(self) {
            return None;
        }
        match &self.files_sent.files {
            Some(folder) => (folder.as_os_str() != "none").then(|| folder.clone()),
            None => {
                let mut folder = self.db.clone().into_os_string();
                folder.push(BESIDE);
                Some(folder.into())
            }
        }
    }
}
