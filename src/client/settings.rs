//! Files in the user's folder of settings, which nobody else may read.

use std::env;
use std::fs::{self, DirBuilder, File};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// The mode of the folder, and that of a file.
pub(super) const FOLDER_MODE: u32 = 0o700;
/// See [`FOLDER_MODE`].
pub(super) const FILE_MODE: u32 = 0o600;

/// A file of settings.
#[derive(Debug)]
pub(super) struct SettingsFile {
    pub(super) path: PathBuf,
}

impl SettingsFile {
    /// The file of this name in the user's folder: `$XDG_CONFIG_HOME`, or `.config` at home.
    ///
    /// # Errors
    /// If the user has neither.
    pub(super) fn of_user(name: &str) -> Result<Self, String> {
        let folder = |name| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let settings = folder("XDG_CONFIG_HOME").or_else(|| Some(folder("HOME")?.join(".config")));
        let settings = settings.ok_or("there is no folder for settings: HOME is not set")?;
        Ok(Self { path: settings.join("mio-chat").join(name) })
    }

    /// Its first bytes.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(super) fn read(&self, bytes_max: u64) -> io::Result<Vec<u8>> {
        let mut text = Vec::new();
        File::open(&self.path)?.take(bytes_max).read_to_end(&mut text)?;
        Ok(text)
    }

    /// Writes the file anew, and puts it in the place of the old one once it is whole.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn write(&self, text: &[u8]) -> io::Result<()> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(folder)?;
        let next = self.path.with_extension(format!("{}", std::process::id()));
        let written = File::options().write(true).create_new(true).mode(FILE_MODE).open(&next);
        let written = match written {
            // A client of this number has died in the middle.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                fs::remove_file(&next)?;
                File::options().write(true).create_new(true).mode(FILE_MODE).open(&next)
            }
            written => written,
        };
        written?.write_all(text)?;
        fs::rename(&next, &self.path)
    }
}
