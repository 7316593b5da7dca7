//! Questions of people at any interface, and their answers. A question changes nothing, so it does
//! not go through the journal: it is answered at once from the state.

mod former;
mod rooms;

use super::decide::{self, own_room};
use super::history::{Ban, Conversation, Found, Message, Sought, has_word};
use super::people::{Addressee, Away, People, pseudonym};
use super::refusal::{OrderRefusal, Refusal};
use super::registration::{self, ListedDevice};
use super::request::Asker;
use super::roles::{Power, Rank};
use super::rooms::Member;
use super::words::Which;
use super::{Cx, archive, names, rules, tell};
use crate::limits::{BANS_LISTED_MAX, CONVERSATIONS_MAX};
use mio_socketio::SocketId;
pub(super) use rooms::{RoomSize, RuledRoom};
use std::rc::Rc;

/// A question. A person at the line door need not name a room: they are in only one.
#[derive(Debug)]
pub(super) enum Question<'a> {
    /// Who is in a room? Up to `named_max` of them are named.
    Members { room: Option<&'a str>, named_max: usize },
    /// Which rooms are there?
    Rooms,
    /// What is the topic of the room?
    Topic,
    /// What are the rules of a room that the asker is in?
    Rules { room: Option<&'a str> },
    /// Whom does the asker ignore?
    Ignored,
    /// Which devices does the asker have?
    Devices,
    /// Does the asker see no notices of comings and goings?
    Quiet,
    /// Who is banned or muted?
    Bans,
    /// How may the asker keep order in a room, or in the whole chat; and upon the person of this
    /// name?
    Powers { room: Option<&'a str>, name: Option<&'a str> },
    /// What did this message say before it was corrected?
    Former { which: Which<'a> },
    /// What are the latest messages of a room that the asker is in, or of a private conversation?
    Last(Last<'a>),
    /// Which messages are these?
    Search { scope: Scope<'a>, sought: Sought<'a>, count: usize },
}

/// Up to `count` messages, those before the number `before` if it is given.
#[derive(Debug)]
pub(super) struct Last<'a> {
    pub(super) of: Source<'a>,
    pub(super) before: Option<i64>,
    pub(super) count: usize,
}

/// A room or a conversation whose latest messages are wanted.
#[derive(Debug)]
pub(super) enum Source<'a> {
    Room(Option<&'a str>),
    /// The conversation with the person of this name; `meant` says which person, if it must be
    /// nobody else.
    Private {
        name: &'a str,
        meant: Option<&'a str>,
    },
}

/// The scope of a search.
#[derive(Debug)]
pub(super) enum Scope<'a> {
    /// In one room.
    Room(Option<&'a str>),
    /// In the private conversation with the person of this name; `meant` says which person, if it
    /// must be nobody else.
    Private { name: &'a str, meant: Option<&'a str> },
    /// All rooms that the asker is in, and their private conversations.
    Everywhere,
}

/// The answer to a question.
#[derive(Debug)]
pub(super) enum Answer {
    /// The members of a room, and their number, including those not named.
    Members {
        room: Rc<str>,
        members: Vec<Member>,
        count: usize,
    },
    /// The largest rooms, and the number of all.
    Rooms {
        rooms: Vec<RoomSize>,
        count: usize,
    },
    Topic {
        room: Rc<str>,
        topic: Option<String>,
    },
    Rules(RuledRoom),
    /// The nicks of the people whom the asker ignores.
    Ignored(Vec<Rc<str>>),
    Devices(Vec<ListedDevice>),
    Quiet(bool),
    /// Some bans, and the number of all.
    Bans {
        bans: Vec<Ban>,
        count: usize,
    },
    Powers(Vec<Power>),
    Former(Vec<(i64, String)>),
    Last(Said),
    Search(Hits),
}

/// An earlier message.
#[derive(Debug)]
pub(super) struct Recalled {
    pub(super) message: Message,
    /// If it is private, the nick of the other person.
    pub(super) with: Option<Rc<str>>,
}

/// The latest messages of a place.
#[derive(Debug)]
pub(super) struct Said {
    /// The room; `None` if it is a private conversation.
    pub(super) room: Option<Rc<str>>,
    /// The number of messages wanted.
    pub(super) wanted: usize,
    /// The number found, including those of ignored people.
    pub(super) found: usize,
    /// The messages, oldest first, without those of ignored people.
    pub(super) messages: Vec<Recalled>,
    /// The second of all messages found, even if its author is ignored. A reader asks for one
    /// message more than a page; then this is the first of the page, and marks the end of the
    /// earlier page.
    pub(super) second: Option<Message>,
}

/// The result of a search.
#[derive(Debug)]
pub(super) struct Hits {
    /// The room; `None` if the search was everywhere.
    pub(super) room: Option<Rc<str>>,
    /// The number of messages found, including those of ignored people.
    pub(super) found: usize,
    /// The messages, oldest first, without those of ignored people.
    pub(super) messages: Vec<Recalled>,
    /// Whether the search ended before it had looked at all older messages.
    pub(super) is_cut: bool,
    /// Whether the file could not be read, or not completely.
    pub(super) is_unread: bool,
}

/// Handles a question.
pub(super) fn question(cx: &mut Cx<'_>, asker: Asker, question: Question<'_>) {
    match answer(cx, asker.socket, question) {
        Ok(answer) => tell::reply(cx, asker, tell::Outcome::Answered(answer)),
        Err(refusal) => tell::refused(cx, asker, &refusal),
    }
}

/// Answers a question of the person at `socket`.
fn answer(cx: &mut Cx<'_>, socket: SocketId, question: Question<'_>) -> Result<Answer, Refusal> {
    match question {
        Question::Members { room, named_max } => rooms::members(cx, socket, room, named_max),
        Question::Rooms => Ok(rooms::all(cx, socket)),
        Question::Topic => {
            let room = own_room(cx.state, cx, socket, None)?;
            let topic = cx.state.rooms.topic(&room).map(str::to_owned);
            Ok(Answer::Topic { room, topic })
        }
        Question::Rules { room } => rooms::ruled(cx, socket, room).map(Answer::Rules),
        Question::Ignored => Ok(Answer::Ignored(cx.state.people.ignored(socket))),
        Question::Devices => Ok(Answer::Devices(registration::devices(cx, socket))),
        Question::Quiet => {
            let person = cx.state.people.get(socket).ok_or(Refusal::Gone)?;
            Ok(Answer::Quiet(cx.state.quiet.has(person)))
        }
        Question::Bans => bans(cx, socket),
        Question::Powers { room, name } => {
            decide::powers(cx.state, cx, socket, name, room).map(Answer::Powers)
        }
        Question::Former { which } => former::former(cx, socket, which).map(Answer::Former),
        Question::Last(last) => self::last(cx, socket, last).map(Answer::Last),
        Question::Search { scope, sought, count } => {
            search(cx, socket, scope, sought, count).map(Answer::Search)
        }
    }
}

/// The bans, for people who keep order.
fn bans(cx: &Cx<'_>, socket: SocketId) -> Result<Answer, Refusal> {
    let person = cx.state.people.get(socket).ok_or(Refusal::Gone)?;
    if cx.state.roles.rank(person) == Rank::Nobody {
        return Err(OrderRefusal::NoRole.into());
    }
    let mut bans = cx.state.bans.all();
    let count = bans.len();
    bans.truncate(BANS_LISTED_MAX);
    Ok(Answer::Bans { bans, count })
}

/// The last messages of a room or of a private conversation.
pub(super) fn last(
    cx: &mut Cx<'_>,
    socket: SocketId,
    Last { of, before, count }: Last<'_>,
) -> Result<Said, Refusal> {
    let wanted = count;
    match of {
        Source::Room(room) => {
            let room = own_room(cx.state, cx, socket, room)?;
            has_history(cx)?;
            let last = cx.state.history.last(&room, before, count);
            let mut messages = last.ok_or(Refusal::HistoryUnread)?;
            let hidden_upto = rules::hidden_upto(cx, socket, &room);
            messages.retain(|message| message.id > hidden_upto);
            let (found, second) = (messages.len(), messages.get(1).cloned());
            hide(cx, socket, &mut messages);
            let messages = messages.into_iter().map(|message| Recalled { message, with: None });
            Ok(Said { room: Some(room), wanted, found, messages: messages.collect(), second })
        }
        Source::Private { name, meant } => {
            has_history(cx)?;
            let messages = in_private(cx, socket, (name, meant), before, count)?;
            Ok(Said { room: None, wanted, found: messages.len(), messages, second: None })
        }
    }
}

/// The id of a person, if they have one, and their nick.
fn id_and_nick(people: &People, other: Addressee) -> Option<(Option<Rc<str>>, Rc<str>)> {
    match other {
        Addressee::Here(other) => {
            let person = people.get(other)?;
            Some((person.id.clone(), person.nick.clone()))
        }
        Addressee::Away(Away { id, nick }) => Some((Some(id), nick)),
    }
}

/// The private messages with people who have had the name `name`, or only with the person meant, if
/// the question says who.
fn in_private(
    cx: &mut Cx<'_>,
    socket: SocketId,
    (name, meant): (&str, Option<&str>),
    before: Option<i64>,
    count: usize,
) -> Result<Vec<Recalled>, Refusal> {
    let mut all = Vec::new();
    for Conversation { place, nick } in conversations_with(cx, socket, (name, meant))? {
        let said = cx.state.history.last(&place, before, count).ok_or(Refusal::HistoryUnread)?;
        let said = said.into_iter();
        all.extend(said.map(|message| Recalled { message, with: Some(nick.clone()) }));
    }
    all.sort_unstable_by_key(|it| it.message.id);
    all.drain(..all.len().saturating_sub(count));
    Ok(all)
}

/// The private conversations with people who have had the name `name`, or only with the person
/// meant.
fn conversations_with(
    cx: &mut Cx<'_>,
    socket: SocketId,
    (name, meant): (&str, Option<&str>),
) -> Result<Vec<Conversation>, Refusal> {
    let absent = registration::person_called(cx, name);
    let me = cx.state.people.get(socket).ok_or(Refusal::Gone)?;
    let id = me.id.clone().unwrap_or_default();
    let is_meant = |id: &str| meant.is_none_or(|meant| *pseudonym(id) == *meant);
    let bearer = cx.state.people.addressee(cx.now().ms, name);
    let bearer = bearer.or_else(|| absent.map(|absent| cx.state.people.as_addressee(&absent)));
    let bearer = bearer.filter(
        |it| !matches!(it, Addressee::Here(other) if cx.state.people.is_same(*other, socket)),
    );
    let bearer = bearer.and_then(|it| id_and_nick(&cx.state.people, it));
    let is_bearer = |id: &Option<Rc<str>>| is_meant(id.as_deref().unwrap_or_default());
    // If somebody has this name now, or has just left, or is registered, no earlier holder of it is
    // meant. A person without an id has said nothing in private.
    let conversations = match bearer.filter(|(other, _)| is_bearer(other)) {
        Some((other, nick)) => {
            let places = other.map(|other| archive::private_place(&id, &other));
            places.map(|place| Conversation { place, nick }).into_iter().collect()
        }
        None if names::nick_keys(name).next().is_none() => Vec::new(),
        None => cx.state.history.conversations(&id, 0, Some(name), CONVERSATIONS_MAX),
    };
    let is_meant =
        |place: &str| meant.is_none() || archive::other_of(place, &id).is_some_and(is_meant);
    Ok(conversations.into_iter().filter(|it| is_meant(&it.place)).collect())
}

fn search(
    cx: &mut Cx<'_>,
    socket: SocketId,
    scope: Scope<'_>,
    sought: Sought<'_>,
    count: usize,
) -> Result<Hits, Refusal> {
    let (room, rooms) = match scope {
        Scope::Private { .. } => (None, Vec::new()),
        Scope::Room(room) => {
            let room = own_room(cx.state, cx, socket, room)?;
            (Some(room.clone()), vec![room])
        }
        Scope::Everywhere => {
            (None, cx.rooms(socket).map(|room| cx.state.rooms.shared(room)).collect())
        }
    };
    has_history(cx)?;
    if sought.words.trim().is_empty() {
        return Err(Refusal::NothingToFind);
    }
    if !has_word(sought.words) {
        return Err(Refusal::NoWord);
    }
    let me = cx.state.people.get(socket).ok_or(Refusal::Gone)?;
    let id = me.id.clone().unwrap_or_default();
    let private = match scope {
        Scope::Everywhere => cx.state.history.conversations(&id, 0, None, CONVERSATIONS_MAX),
        Scope::Private { name, meant } => conversations_with(cx, socket, (name, meant))?,
        Scope::Room(_) => Vec::new(),
    };
    let places = rooms.iter().chain(private.iter().map(|it| &it.place));
    let places: Vec<&str> = places.map(Rc::as_ref).collect();
    let now = cx.now();
    let hidden = places.iter().map(|place| (*place, rules::hidden_upto(cx, socket, place)));
    let hidden: Vec<(&str, i64)> = hidden.filter(|(_, upto)| *upto > 0).collect();
    let Found { mut messages, is_cut, is_unread } =
        cx.state.history.search_for(now, &places, &hidden, &sought, count);
    let found = messages.len();
    hide(cx, socket, &mut messages);
    let messages = messages.into_iter().map(|message| {
        let of = private.iter().find(|it| it.place == message.place);
        Recalled { message, with: of.map(|it| it.nick.clone()) }
    });
    Ok(Hits { room, found, messages: messages.collect(), is_cut, is_unread })
}

/// Removes messages of people whom somebody ignores.
fn hide(cx: &Cx<'_>, socket: SocketId, messages: &mut Vec<Message>) {
    let people = &cx.state.people;
    messages.retain(|it| !people.hides(socket, it.sender.as_deref(), &it.author));
}

/// Refuses if there is no history.
fn has_history(cx: &Cx<'_>) -> Result<(), Refusal> {
    match cx.state.history.is_kept() {
        true => Ok(()),
        false => Err(Refusal::NoHistory),
    }
}
