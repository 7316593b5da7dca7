//! Tokens of logins, in the user's folder of settings: with one of them the client comes in again
//! as the registered person, without the password. Nobody else may read the file.

use super::address::ServerAddress;
use super::settings::SettingsFile;
use crate::limits::{CLIENT_LOGINS_BYTES_MAX, CLIENT_LOGINS_MAX};
use serde::{Deserialize, Serialize};
use std::io;

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
pub(super) struct Logins(SettingsFile);

impl Logins {
    /// The file in the user's folder of settings.
    ///
    /// # Errors
    /// If the user has none.
    pub(super) fn of_user() -> Result<Self, String> {
        SettingsFile::of_user("logins.json").map(Self)
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
        self.0.write(&serde_json::to_vec_pretty(&all)?)
    }

    fn read(&self) -> io::Result<Vec<KeptLogin>> {
        Ok(serde_json::from_slice(&self.0.read(CLIENT_LOGINS_BYTES_MAX)?)?)
    }
}

impl KeptLogin {
    fn is(&self, chat: &ServerAddress, nick: &str) -> bool {
        self.chat == chat.to_string() && self.nick.to_lowercase() == nick.to_lowercase()
    }
}

#[cfg(test)]
mod tests {
    use super::super::settings::{FILE_MODE, FOLDER_MODE};
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    #[test]
    fn tokens_are_kept_for_their_owner_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("mio-chat/logins.json");
        let logins = Logins(SettingsFile { path });
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
        assert_eq!(mode(&logins.0.path) & 0o777, FILE_MODE);
        assert_eq!(mode(logins.0.path.parent().expect("a folder")) & 0o777, FOLDER_MODE);
        logins.keep(&here, "alice", None).expect("it is written");
        assert_eq!(logins.token(&here, "alice"), None);
        for number in 0..2 * CLIENT_LOGINS_MAX {
            logins.keep(&here, &format!("a{number}"), Some("x")).expect("it is written");
        }
        assert_eq!(logins.read().expect("the file").len(), CLIENT_LOGINS_MAX);
        // Nothing but a list of logins is read.
        fs::write(&logins.0.path, "[{\"chat\": 7}]").expect("a file");
        assert_eq!(logins.token(&here, "alice"), None);
    }
}
