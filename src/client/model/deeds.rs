//! Deeds upon a person, by those who keep order: one table for the menu that offers them and for
//! the requests that it makes.

use super::Model;
use super::asked::Asked;
use serde_json::{Value, json};

/// A deed that the menu about a person offers. In its texts `{nick}` is the person, and `{place}`
/// the room shown.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::client) struct MenuDeed {
    /// Its name in the server's answer about what is allowed.
    power: &'static str,
    /// The name of another deed in that answer, in whose place it is not offered.
    unless: Option<&'static str>,
    /// The letter that chooses it.
    pub(in crate::client) letter: char,
    /// Its line in the menu.
    line: &'static str,
    /// The question before it, if it does harm.
    pub(in crate::client) question: Option<Confirmation>,
    /// The request.
    request: &'static str,
    reach: Reach,
    /// A sentence that the server's answer becomes, if no event tells of the deed.
    granted: Option<&'static str>,
}

/// The question whether a deed is meant.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::client) struct Confirmation {
    title: &'static str,
    /// The answer that does it; `None` if the answers say for how long.
    pub(in crate::client) yes: Option<&'static str>,
    /// The beginning of a command that a reason completes.
    command: &'static str,
}

/// The place for which a deed is done.
#[derive(Debug, PartialEq, Eq)]
enum Reach {
    /// The room shown; `on` if the request says whether it begins or ends something.
    Room {
        on: Option<bool>,
    },
    Chat,
}

/// The deeds, in the order of the menu.
pub(in crate::client) static DEEDS: [MenuDeed; 6] = [
    MenuDeed {
        power: "op",
        unless: None,
        letter: 'o',
        line: "Ownership of {place}: give",
        question: None,
        request: "op",
        reach: Reach::Room { on: Some(true) },
        granted: None,
    },
    MenuDeed {
        power: "deop",
        unless: None,
        letter: 'o',
        line: "Ownership of {place}: end",
        question: None,
        request: "op",
        reach: Reach::Room { on: Some(false) },
        granted: None,
    },
    MenuDeed {
        power: "kick",
        unless: None,
        letter: 'k',
        line: "Kick from {place}…",
        question: Some(Confirmation {
            title: "remove {nick} from {place}?",
            yes: Some("Yes; they may come back"),
            command: "/kick {nick} ",
        }),
        request: "kick",
        reach: Reach::Room { on: None },
        granted: None,
    },
    MenuDeed {
        power: "unmute",
        unless: None,
        letter: 'u',
        line: "Unmute them",
        question: None,
        request: "unmute",
        reach: Reach::Chat,
        granted: Some("no longer muted"),
    },
    MenuDeed {
        power: "mute",
        unless: Some("unmute"),
        letter: 'm',
        line: "Mute them…",
        question: Some(Confirmation {
            title: "mute {nick} everywhere?",
            yes: None,
            command: "/mute @{nick} for 1h ",
        }),
        request: "mute",
        reach: Reach::Chat,
        granted: None,
    },
    MenuDeed {
        power: "ban",
        unless: None,
        letter: 'b',
        line: "Ban them…",
        question: Some(Confirmation {
            title: "ban {nick} from this chat?",
            yes: None,
            command: "/ban @{nick} for 1d ",
        }),
        request: "ban",
        reach: Reach::Chat,
        granted: None,
    },
];

impl MenuDeed {
    /// Its line in the menu, or `None` if the person may not do it to `nick` here.
    pub(in crate::client) fn line(&self, nick: &str, model: &Model) -> Option<String> {
        let may = |power| model.may_upon(nick, power);
        if !may(self.power) || self.unless.is_some_and(may) {
            return None;
        }
        match (&self.reach, model.room_here()) {
            (Reach::Room { .. }, None) => None,
            (_, room) => Some(self.line.replace("{place}", &format!("#{}", room.unwrap_or("")))),
        }
    }
}

impl Confirmation {
    /// The heading of the answers; `place` is the room shown, or the chat.
    pub(in crate::client) fn title(&self, nick: &str, place: &str) -> String {
        self.title.replace("{place}", place).replace("{nick}", nick)
    }

    /// The beginning of the command.
    pub(in crate::client) fn command(&self, nick: &str) -> String {
        self.command.replace("{nick}", nick)
    }
}

impl Model {
    /// Asks for a deed upon a person, for some seconds if it is one with an end.
    ///
    /// # Errors
    /// A sentence, if it cannot be asked for now.
    pub(in crate::client) fn do_deed(
        &mut self,
        deed: &MenuDeed,
        nick: &str,
        seconds: Option<u64>,
    ) -> Result<(), String> {
        self.need_server()?;
        let mut body: Value = match &deed.reach {
            Reach::Room { on } => {
                let mut body = json!({"room": self.this_room()?, "nick": nick});
                if let Some(on) = on {
                    body["on"] = json!(on);
                }
                body
            }
            // A name may look like an address.
            Reach::Chat => json!({"nick": format!("@{nick}")}),
        };
        if let Some(seconds) = seconds {
            body["for"] = json!(seconds);
        }
        let asked =
            deed.granted.map_or(Asked::Order, |verb| Asked::Barred { nick: nick.to_owned(), verb });
        self.ask(deed.request, body, asked);
        Ok(())
    }
}
