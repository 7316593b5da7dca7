//! Refusals: the reason why a request is not done, as a word for programs and a sentence for
//! people. Each interface says it in its own way.

mod file;

pub(super) use super::access::AccessRefusal;
use super::names::BadName;
pub(super) use super::order::{Ending, OrderRefusal};
pub(super) use super::personal::PersonalRefusal;
pub(super) use super::registration::RegisterRefusal;
pub(super) use super::rules::RoomRefusal;
use super::words::WordsRefusal;
use crate::limits::{
    DEVICES_HERE_MAX, FACT_BYTES_MAX, POST_KEY_BYTES_MAX, ROOMS_PER_CLIENT_MAX, TEXT_BYTES_MAX,
    TOPIC_CHARS_MAX,
};
pub(super) use file::FileRefusal;
use std::fmt;
use std::rc::Rc;

/// The reason why a request is not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The person who asks has gone.
    Gone,
    /// They are banned.
    Banned(Ending),
    /// The arguments have the wrong form.
    Form(String),
    /// There is no request of this name.
    Unknown(String),
    /// Neither a room nor a person is named.
    NoPlace,
    /// A post's key is empty or too long.
    BadKey,
    /// A post's key stands for another post.
    KeyUsed,
    /// There is nothing to say.
    Empty,
    /// A message is too long: it has this many bytes.
    TooLong(usize),
    TopicTooLong,
    /// This server has been cut off from the chat's other servers for too long.
    CutOff,
    /// It is too long to be passed on to the chat's other servers.
    TooLongForNodes,
    /// Their address has used up a budget. The sentence says which, and until when.
    TooMany(String),
    /// The name is not allowed for a nick.
    BadNick(BadName),
    /// Somebody has this name, or one that looks like it.
    Taken(Rc<str>),
    /// It is held for a person who has just gone, or has just taken another name.
    Held(Rc<str>),
    /// It is about registered people.
    Register(RegisterRefusal),
    /// It is about a file to send.
    File(FileRefusal),
    /// It is about a room that is not open to everyone.
    Room(RoomRefusal),
    /// It is about an earlier message.
    Words(WordsRefusal),
    /// Not everybody may come in or speak here.
    Access(AccessRefusal),
    /// It is about keeping order.
    Order(OrderRefusal),
    /// It is about something personal.
    Personal(PersonalRefusal),
    /// The name is not allowed for a room.
    BadRoom(BadName),
    /// The name of a room looks like that of this one.
    LooksLike(Rc<str>),
    /// They are not in this room.
    NotInRoom(Box<str>),
    TooManyRooms,
    /// They are here by as many devices as one person may have.
    TooManyDevices,
    /// A device that is always in one room is in this one, which is the only room of its person.
    LastRoom(Rc<str>),
    /// Nobody has this name.
    Nobody(Box<str>),
    /// A guest of this name has gone, and nothing can wait for them.
    GuestLeft(Rc<str>),
    /// The name now belongs to another person.
    AnotherPerson(Box<str>),
    Yourself,
    /// The mailbox of this absent person is full.
    MailboxFull(Rc<str>),
    /// The person to ignore has just gone.
    JustGone,
    /// Nobody has written to them, so they cannot reply.
    NobodyWrote,
    /// The person who wrote to them has gone.
    WriterLeft,
    /// There is nothing to look for.
    NothingToFind,
    /// There is no word to look for.
    NoWord,
    NoHistory,
    /// The file of the history cannot be read. To say that it is empty would be a lie.
    HistoryUnread,
}

impl Refusal {
    /// The refusal because nobody has this name, which the sentence may shorten.
    pub(super) fn nobody(name: &str) -> Self {
        Self::Nobody(super::names::head(name).into())
    }

    /// The word for programs.
    pub(super) const fn code(&self) -> &'static str {
        match self {
            Self::Gone | Self::Form(_) | Self::NoPlace | Self::BadKey => "bad-request",
            Self::Banned(_) => "banned",
            Self::Unknown(_) => "unknown-event",
            Self::KeyUsed => "key-used",
            Self::Empty | Self::NothingToFind | Self::NoWord => "empty",
            Self::CutOff => "cut-off",
            Self::TooLong(_) | Self::TopicTooLong | Self::TooLongForNodes => "too-long",
            Self::TooMany(_) => "too-many",
            Self::BadNick(_) => "bad-nick",
            Self::Taken(_) | Self::Held(_) => "nick-taken",
            Self::Register(why) => why.code(),
            Self::File(why) => why.code(),
            Self::Room(why) => why.code(),
            Self::Words(why) => why.code(),
            Self::Access(why) => why.code(),
            Self::Order(why) => why.code(),
            Self::Personal(why) => why.code(),
            Self::BadRoom(_) | Self::LooksLike(_) => "bad-room",
            Self::NotInRoom(_) => "not-in-room",
            Self::TooManyRooms => "too-many-rooms",
            Self::TooManyDevices => "too-many-devices",
            Self::LastRoom(_) => "last-room",
            Self::Nobody(_)
            | Self::GuestLeft(_)
            | Self::JustGone
            | Self::NobodyWrote
            | Self::WriterLeft => "no-such-person",
            Self::AnotherPerson(_) => "another-person",
            Self::Yourself => "yourself",
            Self::MailboxFull(_) => "mailbox-full",
            Self::NoHistory => "no-history",
            Self::HistoryUnread => "history-unread",
        }
    }
}

/// The sentence for people.
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gone => f.write_str("you are not here any more"),
            Self::Banned(ending) => write!(f, "you are banned{ending}"),
            Self::Form(sentence) | Self::TooMany(sentence) => f.write_str(sentence),
            Self::Unknown(name) => write!(f, "there is no request called {name}"),
            Self::NoPlace => f.write_str("a room or a person is needed"),
            Self::BadKey => write!(f, "a key has 1 to {POST_KEY_BYTES_MAX} bytes"),
            Self::KeyUsed => {
                f.write_str("this key was used for another message; a new message needs a new key")
            }
            Self::Empty => f.write_str("there is nothing to say"),
            Self::TooLong(len) => {
                write!(f, "a message has at most {TEXT_BYTES_MAX} bytes, this one has {len}")
            }
            Self::CutOff => f.write_str(
                "this server is cut off from the chat's other servers, and this may not have been \
                 done; try again in a while",
            ),
            Self::TooLongForNodes => {
                let most = FACT_BYTES_MAX / 1024;
                write!(f, "this is too long for the chat's other servers, which take {most} KiB")
            }
            Self::TopicTooLong => write!(f, "a topic has at most {TOPIC_CHARS_MAX} characters"),
            Self::BadNick(refused) | Self::BadRoom(refused) => refused.fmt(f),
            Self::Taken(nick) => write!(f, "{nick} is here already, choose another name"),
            Self::Held(nick) => {
                write!(f, "{nick} was here a moment ago and may come back, choose another name")
            }
            Self::Register(why) => why.fmt(f),
            Self::File(why) => why.fmt(f),
            Self::Room(why) => why.fmt(f),
            Self::Words(why) => why.fmt(f),
            Self::Access(why) => why.fmt(f),
            Self::Order(why) => why.fmt(f),
            Self::Personal(why) => why.fmt(f),
            Self::LooksLike(key) => write!(f, "that looks like #{key}, choose another name"),
            Self::NotInRoom(room) => write!(f, "you are not in #{room}; join it first"),
            Self::TooManyRooms => {
                write!(f, "nobody is in more than {ROOMS_PER_CLIENT_MAX} rooms at a time")
            }
            Self::TooManyDevices => write_devices(f),
            Self::LastRoom(room) => write!(
                f,
                "you are in #{room} by netcat too, which is always in a room; join another first"
            ),
            Self::Nobody(name) => write!(f, "nobody here is called {name}"),
            Self::GuestLeft(nick) => write_left(f, nick),
            Self::AnotherPerson(name) => {
                write!(f, "{name} is another person now, not the one you talked with")
            }
            Self::Yourself => f.write_str("that is you"),
            Self::MailboxFull(nick) => write!(
                f,
                "{nick} is away, and too many messages wait for them already; try again when they \
                 are back"
            ),
            Self::JustGone => f.write_str("they have just gone"),
            Self::NobodyWrote => f.write_str("nobody has written to you yet"),
            Self::WriterLeft => f.write_str("the person who wrote to you has left"),
            Self::NothingToFind => f.write_str("there is nothing to look for"),
            Self::NoWord => f.write_str("a search needs at least one word"),
            Self::NoHistory => f.write_str("no history is kept here"),
            Self::HistoryUnread => f.write_str("the history cannot be read now"),
        }
    }
}

fn write_left(f: &mut fmt::Formatter<'_>, nick: &str) -> fmt::Result {
    write!(f, "{nick} has left and has no account, so nothing is kept for them")
}

fn write_devices(f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "you are here by {DEVICES_HERE_MAX} devices already; close one of them first")
}
