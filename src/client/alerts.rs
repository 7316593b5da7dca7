//! The messages of which the client tells a reader who looks elsewhere, by the bell and a
//! notification: for each conversation all, those that mention the reader, or none. The choices are
//! kept in the user's folder of settings.

use super::address::ServerAddress;
use super::model::{Target, same};
use super::settings::SettingsFile;
use crate::limits::{CLIENT_ALERTS_BYTES_MAX, CLIENT_ALERTS_MAX};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The messages of a conversation of which the reader is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum AlertLevel {
    All,
    /// Only messages that mention the reader, or are to the reader alone.
    Mentions,
    Nothing,
}

impl AlertLevel {
    /// The level that this word means.
    pub(super) fn called(word: &str) -> Option<Self> {
        match word {
            "all" => Some(Self::All),
            "mentions" => Some(Self::Mentions),
            "nothing" => Some(Self::Nothing),
            _ => None,
        }
    }
}

impl fmt::Display for AlertLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::All => "all messages",
            Self::Mentions => "messages that mention you",
            Self::Nothing => "nothing",
        })
    }
}

/// A choice for one conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct KeptAlert {
    /// The chat.
    chat: String,
    /// The conversation, as people see it: `#ops` or `@bob`.
    place: String,
    level: AlertLevel,
}

/// All choices, as they are in the file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct KeptAlerts {
    #[serde(default)]
    is_silent: bool,
    #[serde(default)]
    places: Vec<KeptAlert>,
}

/// The reader's choices for one chat.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Alerts {
    chat: String,
    kept: KeptAlerts,
}

impl Alerts {
    /// The choices in the user's file; the usual ones if there is none that can be read.
    pub(super) fn of_user(chat: &ServerAddress) -> Self {
        Self::read(chat, file().ok().as_ref())
    }

    fn read(chat: &ServerAddress, file: Option<&SettingsFile>) -> Self {
        let text = file.and_then(|file| file.read(CLIENT_ALERTS_BYTES_MAX).ok());
        let kept = text.and_then(|text| serde_json::from_slice(&text).ok());
        Self { chat: chat.to_string(), kept: kept.unwrap_or_default() }
    }

    /// The level of a conversation. Unless it was chosen, the reader is told of mentions and of
    /// private messages.
    pub(super) fn level(&self, target: &Target) -> AlertLevel {
        let place = target.to_string();
        let kept = self.kept.places.iter().find(|kept| self.is_here(kept, &place));
        match (kept, target) {
            (Some(kept), _) => kept.level,
            (None, Target::Room(_)) => AlertLevel::Mentions,
            (None, Target::With(_)) => AlertLevel::All,
        }
    }

    /// Whether the reader is told of a message in a conversation, which may be to the reader.
    pub(super) fn tells(&self, target: &Target, is_for_reader: bool) -> bool {
        match self.level(target) {
            AlertLevel::All => true,
            AlertLevel::Mentions => is_for_reader,
            AlertLevel::Nothing => false,
        }
    }

    /// Chooses the level of a conversation.
    pub(super) fn choose(&mut self, target: &Target, level: AlertLevel) {
        let place = target.to_string();
        let (chat, mut places) = (self.chat.clone(), std::mem::take(&mut self.kept.places));
        places.retain(|kept| !self.is_here(kept, &place));
        places.push(KeptAlert { chat, place, level });
        places.drain(..places.len().saturating_sub(CLIENT_ALERTS_MAX));
        self.kept.places = places;
    }

    /// Whether the bell rings.
    pub(super) const fn has_bell(&self) -> bool {
        !self.kept.is_silent
    }

    /// Lets the bell ring, or not.
    pub(super) const fn ring(&mut self, is_on: bool) {
        self.kept.is_silent = !is_on;
    }

    /// Keeps the choices, with those that another client has kept for other chats.
    ///
    /// # Errors
    /// A sentence, if they cannot be kept.
    pub(super) fn keep(&self) -> Result<(), String> {
        self.write(&file()?)
    }

    fn write(&self, file: &SettingsFile) -> Result<(), String> {
        let text = file.read(CLIENT_ALERTS_BYTES_MAX).unwrap_or_default();
        let mut kept: KeptAlerts = serde_json::from_slice(&text).unwrap_or_default();
        kept.is_silent = self.kept.is_silent;
        kept.places.retain(|it| it.chat != self.chat);
        let own = self.kept.places.iter().filter(|it| it.chat == self.chat);
        kept.places.extend(own.cloned());
        kept.places.drain(..kept.places.len().saturating_sub(CLIENT_ALERTS_MAX));
        let text = serde_json::to_vec_pretty(&kept).map_err(|error| error.to_string())?;
        file.write(&text).map_err(|error| error.to_string())
    }

    fn is_here(&self, kept: &KeptAlert, place: &str) -> bool {
        kept.chat == self.chat && same(&kept.place, place)
    }
}

fn file() -> Result<SettingsFile, String> {
    SettingsFile::of_user("notify.json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_are_kept_for_each_chat_and_bounded() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = SettingsFile { path: folder.path().join("mio-chat/notify.json") };
        let chat = |text: &str| text.parse::<ServerAddress>().expect("an address");
        let (here, there) = (chat("127.0.0.1:5000"), chat("https://chat.example"));
        let (ops, bob) = (Target::Room("ops".into()), Target::With("bob".into()));
        let mut alerts = Alerts::read(&here, Some(&file));
        assert!(alerts.has_bell() && alerts.tells(&bob, true) && !alerts.tells(&ops, false));
        alerts.choose(&ops, AlertLevel::All);
        alerts.choose(&Target::With("BOB".into()), AlertLevel::Nothing);
        alerts.ring(false);
        alerts.write(&file).expect("it is written");
        let mut other = Alerts::read(&there, Some(&file));
        assert!(!other.has_bell() && !other.tells(&ops, false) && other.tells(&bob, true));
        other.choose(&ops, AlertLevel::Nothing);
        other.ring(true);
        other.write(&file).expect("it is written");
        let again = Alerts::read(&here, Some(&file));
        assert!(again.has_bell() && again.tells(&ops, false) && !again.tells(&bob, true));
        for number in 0..2 * CLIENT_ALERTS_MAX {
            alerts.choose(&Target::Room(format!("r{number}")), AlertLevel::Nothing);
        }
        alerts.write(&file).expect("it is written");
        assert_eq!(Alerts::read(&here, Some(&file)).kept.places.len(), CLIENT_ALERTS_MAX);
        // A file of another form is none.
        file.write(b"{\"places\": 7}").expect("it is written");
        assert!(Alerts::read(&here, Some(&file)).has_bell());
    }
}
