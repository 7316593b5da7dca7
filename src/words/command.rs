//! Commands that a person types after a `/`: their words, and how to find the command of a line.

use crate::limits::NICK_CHARS_MAX;

/// A command is suggested for a word with at most one wrong letter in this many.
const LETTERS_PER_TYPO: usize = 3;
/// Columns of a name with its arguments in the help.
const USAGE_COLUMNS: usize = 20;

/// A command as people see it. Those of the line door are associated constants, which the terminal
/// client also uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Command {
    /// The word after the `/`, in lower case.
    pub name: &'static str,
    /// Other words for it.
    pub aliases: &'static [&'static str],
    /// The words that follow, as the help shows them; those in brackets may be left out.
    pub arguments: &'static str,
    /// Its description.
    pub help: &'static str,
}

impl Command {
    /// `/help`
    pub const HELP: Self = Self::new("help", &["h", "?"], "", "this list");
    /// `/nick`
    pub const NICK: Self = Self::new("nick", &["name"], "NAME", "take a name");
    /// `/join`
    pub const JOIN: Self = Self::new("join", &["j"], "#ROOM", "go to a room, or begin a new one");
    /// `/leave`
    pub const LEAVE: Self = Self::new("leave", &["part"], "", "go back to #lobby");
    /// `/rooms`
    pub const ROOMS: Self =
        Self::new("rooms", &["list"], "", "list the rooms, and how many are in each");
    /// `/who`
    pub const WHO: Self = Self::new("who", &["names"], "[#ROOM]", "who is in a room");
    /// `/msg`
    pub const MSG: Self =
        Self::new("msg", &["w", "tell"], "NAME TEXT", "write to one person in private");
    /// `/reply`
    pub const REPLY: Self =
        Self::new("reply", &["r"], "TEXT", "answer the person who wrote to you last");
    /// `/me`
    pub const ME: Self = Self::new("me", &[], "TEXT", "say what you do: /me waves");
    /// `/room`
    pub const ROOM: Self = Self::new(
        "room",
        &[],
        "[private|public|readonly|writable|past | no past | keep 30d | keep off | invite NAME | \
         uninvite NAME | delete]",
        "tell the rules of the room, or change them if it is yours",
    );
    /// `/edit`
    pub const EDIT: Self = Self::new("edit", &[], "TEXT", "correct the last thing that you said");
    /// `/delete`
    pub const DELETE: Self = Self::new(
        "delete",
        &[],
        "[NAME]",
        "take back the last thing that you said or, as a moderator, that NAME said here",
    );
    /// `/former`
    pub const FORMER: Self =
        Self::new("former", &[], "NAME", "show a moderator what NAME last corrected here");
    /// `/react`
    pub const REACT: Self =
        Self::new("react", &[], "EMOJI", "react to the last thing that somebody else said");
    /// `/topic`
    pub const TOPIC: Self = Self::new("topic", &[], "[TEXT]", "show or set the room's topic");
    /// `/history`
    pub const HISTORY: Self = Self::new("history", &[], "[N]", "show the latest messages here");
    /// `/search`
    pub const SEARCH: Self =
        Self::new("search", &[], "WORDS", "find messages here with these words");
    /// `/ignore`
    pub const IGNORE: Self =
        Self::new("ignore", &[], "[NAME]", "hide what a person says, or list whom you ignore");
    /// `/unignore`
    pub const UNIGNORE: Self = Self::new("unignore", &[], "NAME", "show what a person says again");
    /// `/quiet`
    pub const QUIET: Self =
        Self::new("quiet", &[], "[on|off]", "hide who joins and leaves, or say whether you do");
    /// `/kick`
    pub const KICK: Self =
        Self::new("kick", &["remove"], "NAME [REASON]", "remove a person from this room");
    /// `/op`
    pub const OP: Self = Self::new("op", &[], "NAME", "make a person an owner of this room");
    /// `/deop`
    pub const DEOP: Self = Self::new("deop", &[], "NAME", "let a person own this room no more");
    /// `/mute`
    pub const MUTE: Self =
        Self::new("mute", &[], "NAME [for 10m] [REASON]", "let a person say nothing");
    /// `/unmute`
    pub const UNMUTE: Self = Self::new("unmute", &[], "NAME", "let a person speak again");
    /// `/ban`
    pub const BAN: Self = Self::new(
        "ban",
        &[],
        "[NAME|ADDRESS] [for 1d] [REASON]",
        "keep a person or an address out, or list who is",
    );
    /// `/unban`
    pub const UNBAN: Self = Self::new("unban", &[], "NAME|ADDRESS", "let them come in again");
    /// `/register`
    pub const REGISTER: Self =
        Self::new("register", &[], "PASSWORD", "make your name yours for good");
    /// `/login`
    pub const LOGIN: Self = Self::new("login", &[], "NAME PASSWORD", "take your registered name");
    /// `/login`, where not everybody may come in
    pub const LOGIN_OR_CODE: Self =
        Self::new("login", &[], "NAME PASSWORD | CODE", "come in by name, or by an invitation");
    /// `/logout`
    pub const LOGOUT: Self = Self::new("logout", &[], "", "be a guest again");
    /// `/devices`
    pub const DEVICES: Self =
        Self::new("devices", &[], "[N]", "list what you are logged in with, or end number N");
    /// `/invite`
    pub const INVITE: Self =
        Self::new("invite", &[], "[N] [TIME]", "make an invitation, for N people and 7d or TIME");
    /// `/invite`, for somebody who has not come in yet.
    pub const ENTER: Self = Self::new("invite", &[], "CODE", "come in by an invitation");
    /// `/quit`
    pub const QUIT: Self = Self::new("quit", &["exit"], "", "leave the chat");

    /// A command with these words.
    pub const fn new(
        name: &'static str,
        aliases: &'static [&'static str],
        arguments: &'static str,
        help: &'static str,
    ) -> Self {
        Self { name, aliases, arguments, help }
    }

    /// How to type it.
    pub fn usage(&self) -> String {
        format!("/{} {}", self.name, self.arguments).trim_end().to_owned()
    }

    fn has_name(&self, name: &str) -> bool {
        self.name == name || self.aliases.contains(&name)
    }

    /// Number of words that must follow: of alternatives, those of the shortest.
    fn words_min(&self) -> usize {
        self.arguments.split(" | ").map(words_needed).min().unwrap_or_default()
    }
}

/// Number of words that are not in brackets.
fn words_needed(arguments: &str) -> usize {
    let mut is_optional = false;
    let words = arguments.split_whitespace().filter(|word| {
        let is_needed = !is_optional && !word.starts_with('[');
        is_optional = (is_optional || word.starts_with('[')) && !word.ends_with(']');
        is_needed
    });
    words.count()
}

/// The reason why a line runs no command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Misuse {
    /// There is no such command.
    Unknown {
        /// The word that was typed, cut to [`NICK_CHARS_MAX`] characters.
        word: String,
        /// The command that may have been meant.
        nearest: Option<&'static str>,
    },
    /// The command lacks words after it.
    Usage(Command),
    /// The word after `for` is no length of time.
    Span,
}

/// A table of commands, each with its handler, in the order of the help.
#[derive(Clone, Copy, Debug)]
pub struct Commands<R: 'static>(pub &'static [(Command, R)]);

impl<R: Copy> Commands<R> {
    /// The command after the `/` of a line, its handler, and the text after it.
    ///
    /// # Errors
    /// There is no command of this name, or it needs more words.
    pub fn find<'a>(&self, line: &'a str) -> Result<(Command, R, &'a str), Misuse> {
        let (word, rest) = split_word(line);
        // No command's name is longer.
        let name: String = word.chars().take(NICK_CHARS_MAX + 1).collect();
        let name = name.to_lowercase();
        let Some((command, run)) = self.0.iter().find(|(command, _)| command.has_name(&name))
        else {
            let word = word.chars().take(NICK_CHARS_MAX).collect();
            return Err(Misuse::Unknown { word, nearest: self.nearest(&name) });
        };
        let words_min = command.words_min();
        if rest.split_whitespace().take(words_min).count() < words_min {
            return Err(Misuse::Usage(*command));
        }
        Ok((*command, *run, rest))
    }

    /// The names of all, without aliases.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map(|(command, _)| command.name)
    }

    /// A line for each.
    pub fn help(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(|(command, _)| {
            let aliases: String =
                command.aliases.iter().map(|alias| format!(" /{alias}")).collect();
            let also = if aliases.is_empty() { "" } else { "; also" };
            format!("{:<USAGE_COLUMNS$} {}{also}{aliases}", command.usage(), command.help)
        })
    }

    fn nearest(&self, name: &str) -> Option<&'static str> {
        let letters = name.chars().count();
        let near = self
            .0
            .iter()
            .flat_map(|(command, _)| std::iter::once(&command.name).chain(command.aliases))
            .filter(|known| letters.abs_diff(known.len()) <= known.len() / LETTERS_PER_TYPO)
            .map(|known| (strsim::damerau_levenshtein(known, name), *known))
            .filter(|(typos, known)| *typos <= known.len() / LETTERS_PER_TYPO)
            .min();
        near.map(|(_, known)| known)
    }
}

/// The first word, and the text after the white space that follows it.
pub fn split_word(text: &str) -> (&str, &str) {
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    (word, rest.trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMANDS: Commands<u8> =
        Commands(&[(Command::WHO, 1), (Command::MSG, 2), (Command::HISTORY, 3)]);

    fn unknown(word: &str, nearest: Option<&'static str>) -> Option<Misuse> {
        Some(Misuse::Unknown { word: word.to_owned(), nearest })
    }

    #[test]
    fn a_line_finds_its_command_by_name_or_alias() {
        assert_eq!(COMMANDS.find("who"), Ok((Command::WHO, 1, "")));
        assert_eq!(COMMANDS.find("NAMES  #go now "), Ok((Command::WHO, 1, "#go now ")));
        assert_eq!(COMMANDS.find("w bob hi  there"), Ok((Command::MSG, 2, "bob hi  there")));
    }

    #[test]
    fn words_in_brackets_may_be_left_out() {
        assert!(COMMANDS.find("history").is_ok());
        assert_eq!((Command::BAN.words_min(), Command::MUTE.words_min()), (0, 1));
        assert_eq!((Command::ROOM.words_min(), Command::UNBAN.words_min()), (0, 1));
        for line in ["msg", "msg bob", "tell  bob  "] {
            assert_eq!(COMMANDS.find(line), Err(Misuse::Usage(Command::MSG)), "{line}");
        }
        assert_eq!(Command::MSG.usage(), "/msg NAME TEXT");
        assert_eq!(Command::QUIT.usage(), "/quit");
    }

    #[test]
    fn what_is_unknown_is_proposed_what_is_near() {
        assert_eq!(COMMANDS.find("hsitory 5").err(), unknown("hsitory", Some("history")));
        assert_eq!(COMMANDS.find("dance").err(), unknown("dance", None));
        assert_eq!(COMMANDS.find("").err(), unknown("", None));
        let long = "é".repeat(5_000);
        let word: String = long.chars().take(NICK_CHARS_MAX).collect();
        assert_eq!(COMMANDS.find(&long).err(), unknown(&word, None));
    }

    #[test]
    fn the_help_tells_of_each() {
        let help: Vec<_> = COMMANDS.help().collect();
        assert_eq!(help[1], "/msg NAME TEXT       write to one person in private; also /w /tell");
        assert_eq!(COMMANDS.names().collect::<Vec<_>>(), ["who", "msg", "history"]);
    }
}
