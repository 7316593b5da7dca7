//! What has happened. A fact has all that is needed to apply it and to tell it, what is relayed
//! with its bytes; its text is borrowed from the request, so that it is not copied on its way.

use super::history::{Record, Token, UNKEPT, What};
use super::people::{Client, Ignored, Target};
use super::refusal::Refusal;
use mio_socketio::{Address, Args, SocketId};
use serde_json::json;
use std::borrow::Cow;
use std::rc::Rc;

/// What has happened.
#[derive(Debug)]
pub(super) enum Fact<'a> {
    Entered(Entered),
    /// Somebody has an id from now on, by which the history knows them in private.
    Identified {
        by: SocketId,
        id: Rc<str>,
    },
    Remembered(Remembered),
    /// Somebody is not remembered once they have gone, and why.
    Passing {
        by: SocketId,
        why: Refusal,
    },
    /// Somebody has ended their token, in whose place is the hash of one that nobody has.
    Forgotten {
        by: SocketId,
        unknown: Token,
    },
    Said(Said<'a>),
    Whispered(Whispered<'a>),
    /// A private message was not sent: the name now belongs to somebody else, the person with this
    /// id, and the author was warned.
    Warned {
        by: SocketId,
        name: &'a str,
        id: Rc<str>,
    },
    TopicSet(TopicSet<'a>),
    Renamed(Renamed),
    Joined(Joined),
    /// Somebody has left a room.
    Left {
        by: SocketId,
        nick: Rc<str>,
        room: Rc<str>,
    },
    Typing(Typing),
    /// Somebody types in namespace `/`, whose clients in a room get the event as it was sent.
    TypingRelayed {
        by: SocketId,
        room: Rc<str>,
        args: Args<'a>,
    },
    Departed(Departed),
    /// Somebody may not stay: their address is banned, until then in Unix milliseconds or for good.
    Banned {
        by: SocketId,
        until_ms: Option<i64>,
    },
    /// Somebody hears no more of a person.
    Ignored {
        by: SocketId,
        ignored: Ignored,
    },
    /// Somebody no longer ignores the person with this nick.
    Unignored {
        by: SocketId,
        nick: Rc<str>,
    },
}

/// The place of a fact in their order.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stamp {
    /// The number of a message; 0 for anything else.
    pub(super) id: i64,
    /// When it happened, in Unix milliseconds.
    pub(super) ts: i64,
    /// When it happened, by the loop's clock.
    pub(super) ms: u64,
}

/// Somebody has come in.
#[derive(Debug)]
pub(super) struct Entered {
    pub(super) by: SocketId,
    pub(super) nick: Rc<str>,
    /// Which guest the newcomer is, if the nick is a new guest's.
    pub(super) guest: Option<u64>,
    /// The rooms that the newcomer is in from now on.
    pub(super) rooms: Vec<Rc<str>>,
    /// The older connection of the same person, which ends. Then others are told nothing.
    pub(super) replaces: Option<Replaced>,
    pub(super) interface: EnteredBy,
}

/// The interface by which somebody has come in, and what is known of them there.
#[derive(Debug)]
pub(super) enum EnteredBy {
    Lines,
    /// Namespace `/`, and the id by which the newcomer was known before.
    Root {
        id: Option<Rc<str>>,
    },
    Chat(Box<Admitted>),
}

/// A connection that another one of the same person takes the place of.
#[derive(Debug)]
pub(super) struct Replaced {
    pub(super) by: SocketId,
    pub(super) rooms: Vec<Rc<str>>,
}

/// Who has come in by namespace `/chat`.
#[derive(Debug)]
pub(super) struct Admitted {
    pub(super) record: Record,
    pub(super) client: Client,
    /// They were known before.
    pub(super) is_back: bool,
    /// They have got another token than the one that they have shown.
    pub(super) has_new_token: bool,
    /// They are kept in the file from now on.
    pub(super) is_first: bool,
    /// Why they are not remembered once they have gone.
    pub(super) passing: Option<Refusal>,
    /// They have another nick than before.
    pub(super) is_renamed: bool,
    /// Tokens that mean nothing any more.
    pub(super) ended: Vec<Token>,
    /// Rooms in which the socket is no more.
    pub(super) left: Vec<Rc<str>>,
    /// Rooms in which the socket is as before; what it missed there it has been sent.
    pub(super) known: Vec<Rc<str>>,
    /// The last message that they have seen, from which on they are sent what they have missed.
    pub(super) since: Option<i64>,
    /// They have come back by Socket.IO's own means; whether all that was missed has been sent.
    pub(super) recovered: Option<bool>,
}

/// Somebody is remembered once they have gone.
#[derive(Debug)]
pub(super) struct Remembered {
    pub(super) by: SocketId,
    /// Their client knows the token: their nick is kept for them.
    pub(super) returns: bool,
    /// They are kept in the file from now on.
    pub(super) is_first: bool,
}

/// Somebody has said something in a room.
#[derive(Debug)]
pub(super) struct Said<'a> {
    pub(super) by: SocketId,
    /// By what the history knows them, if they can come back.
    pub(super) sender: Option<Rc<str>>,
    pub(super) nick: Rc<str>,
    pub(super) room: Rc<str>,
    /// It is what the author does (`/me`).
    pub(super) is_action: bool,
    pub(super) text: &'a str,
    pub(super) key: Option<Key<'a>>,
    /// What the clients of namespace `/` are sent, if that is not the text and its author's name.
    pub(super) relayed: Option<Relayed<'a>>,
}

/// Somebody has said something to one person.
#[derive(Debug)]
pub(super) struct Whispered<'a> {
    pub(super) by: SocketId,
    pub(super) author: Party,
    /// Where the reader is; `None` if they are away, and get it when they come back.
    pub(super) to: Option<SocketId>,
    pub(super) reader: Party,
    /// The name by which the author has called the reader, if they have.
    pub(super) called: Option<&'a str>,
    pub(super) is_action: bool,
    pub(super) text: &'a str,
    pub(super) key: Option<Key<'a>>,
    /// The reader knows another person by the author's name.
    pub(super) is_stranger: bool,
    /// The address against which it counts that something waits for one who is away.
    pub(super) from: Option<Address>,
}

/// One of two who talk in private.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Party {
    pub(super) id: Rc<str>,
    pub(super) nick: Rc<str>,
    /// They can come back, and then know with whom they talked.
    pub(super) returns: bool,
}

/// A room has another topic, or none.
#[derive(Debug)]
pub(super) struct TopicSet<'a> {
    pub(super) by: SocketId,
    pub(super) nick: Rc<str>,
    pub(super) room: Rc<str>,
    pub(super) topic: Option<&'a str>,
}

/// Somebody has taken another name.
#[derive(Debug)]
pub(super) struct Renamed {
    pub(super) by: SocketId,
    pub(super) old: Rc<str>,
    pub(super) new: Rc<str>,
    /// The rooms that hear of it.
    pub(super) rooms: Vec<Rc<str>>,
}

/// Somebody has come to a room.
#[derive(Debug)]
pub(super) struct Joined {
    pub(super) by: SocketId,
    pub(super) nick: Rc<str>,
    pub(super) room: Rc<str>,
    /// The room that they have left for it, at the line door.
    pub(super) from: Option<Rc<str>>,
}

/// Somebody types, or does so no more.
#[derive(Debug)]
pub(super) struct Typing {
    pub(super) by: SocketId,
    pub(super) nick: Rc<str>,
    /// Where they type no more.
    pub(super) ended: Option<Target>,
    /// Where they type now.
    pub(super) target: Option<Target>,
    /// Others have not been told just now that they do.
    pub(super) is_news: bool,
}

/// Somebody has gone.
#[derive(Debug)]
pub(super) struct Departed {
    pub(super) by: SocketId,
    pub(super) nick: Rc<str>,
    pub(super) rooms: Vec<Rc<str>>,
    /// They may come back, and their name is kept for them.
    pub(super) returns: bool,
}

/// By what a post is known again if its author sends it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Key<'a> {
    pub(super) key: &'a str,
    pub(super) what: What,
}

/// What clients of namespace `/` are sent, who do not get a message in words.
#[derive(Debug)]
pub(super) enum Relayed<'a> {
    /// Everyone gets what somebody has sent, as it is.
    Args(Args<'a>),
    /// A text with its author's name.
    Words {
        words: String,
        /// It is longer than what other interfaces show.
        is_long: bool,
        /// It is for everyone, and not for one room.
        is_for_all: bool,
    },
}

impl Fact<'_> {
    /// Who has done it.
    pub(super) const fn by(&self) -> SocketId {
        match self {
            Self::Entered(Entered { by, .. })
            | Self::Remembered(Remembered { by, .. })
            | Self::Identified { by, .. }
            | Self::Passing { by, .. }
            | Self::Forgotten { by, .. }
            | Self::Said(Said { by, .. })
            | Self::Whispered(Whispered { by, .. })
            | Self::Warned { by, .. }
            | Self::TopicSet(TopicSet { by, .. })
            | Self::Renamed(Renamed { by, .. })
            | Self::Joined(Joined { by, .. })
            | Self::Left { by, .. }
            | Self::Typing(Typing { by, .. })
            | Self::TypingRelayed { by, .. }
            | Self::Departed(Departed { by, .. })
            | Self::Banned { by, .. }
            | Self::Ignored { by, .. }
            | Self::Unignored { by, .. } => *by,
        }
    }

    /// Whether it is a message, which has a number.
    pub(super) const fn is_message(&self) -> bool {
        matches!(self, Self::Said(_) | Self::Whispered(_))
    }
}

impl Admitted {
    /// Who is here already, as another node is told of them.
    pub(super) const fn here(record: Record, client: Client, since: Option<i64>) -> Self {
        Self {
            record,
            client,
            is_back: true,
            has_new_token: false,
            is_first: false,
            passing: None,
            is_renamed: false,
            ended: Vec::new(),
            left: Vec::new(),
            known: Vec::new(),
            since,
            recovered: None,
        }
    }

    /// They cannot be remembered once they have gone.
    pub(super) fn pass(&mut self, why: Refusal) {
        (self.record.is_known, self.record.returns) = (false, self.is_back);
        (self.is_first, self.passing) = (false, Some(why));
    }
}

impl Relayed<'_> {
    /// What the history keeps of it, if that is not the text and its author's name: JSON.
    pub(super) fn kept(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Args(args) if args.attachments().is_empty() && !args.is_empty() => {
                Some(Cow::Borrowed(args.json()))
            }
            Self::Args(_) => Some(Cow::Borrowed(UNKEPT)),
            Self::Words { words, is_long: true, .. } => Some(Cow::Owned(json!(words).to_string())),
            Self::Words { .. } => None,
        }
    }
}
