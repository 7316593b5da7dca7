//! Tokens of logins, in the user's folder of settings: with one of them the client comes in again
//! as the registered person, without the password. Nobody else may read the file.

use super::address::ServerAddress;
use crate::limits::{CLIENT_LOGINS_BYTES_MAX, CLIENT_LOGINS_MAX};
use serde::{Deserialize, Serialize};
use std::env;
use std::fs::{self, DirBuilder, File};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// The mode of the folder, and that of the file.
const FOLDER_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;

/// A kept login.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct KeptLogin {
    /// The chat.
    chat: String,
    nick: String,
    token: String,
}

/// The tokens of logins, in their file.
#[derive(Debug)]
pub(super) struct Logins {
    path: PathBuf,
}

impl Logins {
    /// The file in the user's folder of settings: `$XDG_CONFIG_HOME`, or `.config` at home.
    ///
    /// # Errors
    /// If the user has neither.
    pub(super) fn of_user() -> Result<Self, String> {
        let folder = |name| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let settings = folder("XDG_CONFIG_HOME").or_else(|| Some(folder("HOME")?.join(".config")));
        let settings = settings.ok_or("there is no folder for logins: HOME is not set")?;
        Ok(Self { path: settings.join("mio-chat/logins.json") })
    }

    /// The token of a login, if one is kept.
    pub(super) fn token(&self, chat: &ServerAddress, nick: &str) -> Option<String> {
        let all = self.read().unwrap_or_default();
        all.into_iter().find(|login| login.is(chat, nick)).map(|login| login.token)
    }

    /// Keeps a token, or forgets it.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub(super) fn keep(
        &self,
        chat: &ServerAddress,
        nick: &str,
        token: Option<&str>,
    ) -> io::Result<()> {
        let mut all = self.read().unwrap_or_default();
        all.retain(|login| !login.is(chat, nick));
        if let Some(token) = token {
            let (chat, nick, token) = (chat.to_string(), nick.to_owned(), token.to_owned());
            all.push(KeptLogin { chat, nick, token });
        }
        all.drain(..all.len().saturating_sub(CLIENT_LOGINS_MAX));
        self.write(&serde_json::to_vec_pretty(&all)?)
    }

    fn read(&self) -> io::Result<Vec<KeptLogin>> {
        let mut text = Vec::new();
        File::open(&self.path)?.take(CLIENT_LOGINS_BYTES_MAX).read_to_end(&mut text)?;
        Ok(serde_json::from_slice(&text)?)
    }

    /// Writes the file anew, and puts it in the place of the old one once it is whole.
    fn write(&self, text: &[u8]) -> io::Result<()> {
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

impl KeptLogin {
    fn is(&self, chat: &ServerAddress, nick: &str) -> bool {
        self.chat == chat.to_string() && self.nick.to_lowercase() == nick.to_lowercase()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn tokens_are_kept_for_their_owner_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let logins = Logins { path: folder.path().join("mio-chat/logins.json") };
        let chat = |text: &str| text.parse::<ServerAddress>().expect("an address");
        let (here, there) = (chat("127.0.0.1:5000"), chat("https://chat.example"));
        assert_eq!(logins.token(&here, "alice"), None);
        logins.keep(&here, "alice", Some("one")).expect("it is written");
        logins.keep(&there, "alice", Some("two")).expect("it is written");
        logins.keep(&here, "Alice", Some("three")).expect("it is written");
        assert_eq!(logins.token(&here, "ALICE").as_deref(), Some("three"));
        assert_eq!(logins.token(&there, "alice").as_deref(), Some("two"));
        assert_eq!(logins.token(&there, "bob"), None);
        let mode = |path: &Path| fs::metadata(path).expect("it is there").permissions().mode();
        assert_eq!(mode(&logins.path) & 0o777, FILE_MODE);
        assert_eq!(mode(logins.path.parent().expect("a folder")) & 0o777, FOLDER_MODE);
        logins.keep(&here, "alice", None).expect("it is written");
        assert_eq!(logins.token(&here, "alice"), None);
        for number in 0..2 * CLIENT_LOGINS_MAX {
            logins.keep(&here, &format!("a{number}"), Some("x")).expect("it is written");
        }
        assert_eq!(logins.read().expect("the file").len(), CLIENT_LOGINS_MAX);
        // Nothing but a list of logins is read.
        fs::write(&logins.path, "[{\"chat\": 7}]").expect("a file");
        assert_eq!(logins.token(&here, "alice"), None);
    }
}
