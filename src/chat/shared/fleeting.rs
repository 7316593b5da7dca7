//! Fleeting facts, which need not be known later: that people type. Nodes publish them to each
//! other, outside the stream. A lost one ends by itself at each node after a while.

use super::ThisNode;
use super::asks::ask;
use super::socket_name::SocketName;
use crate::chat::fact::{Fact, NOBODY, Party, ReadTarget, Stamp, Typing};
use crate::chat::people::{Person, Target};
use crate::chat::request::Asker;
use crate::chat::{Cx, journal};
use crate::limits::{FLEETING_AHEAD_MAX, FLEETING_BYTES_MAX};
use mio_socketio::{Args, SocketId};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::rc::Rc;

/// The kind of thing that is signed.
const FLEETING: &str = "fleeting";

/// A published fact.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Fleeting<'a> {
    /// A person in namespace `/chat` types at this place, or has stopped if there is none.
    Types { by: SocketName, place: Option<WrittenTarget> },
    /// A person has read a room, or a conversation, up to a message.
    Read { by: SocketName, target: WrittenRead, id: i64 },
    /// A person in namespace `/` types. The clients there get the event as it was sent.
    Relayed {
        by: SocketName,
        room: Rc<str>,
        #[serde(borrow)]
        args: Cow<'a, str>,
    },
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum WrittenTarget {
    Room(Rc<str>),
    Person(SocketName),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum WrittenRead {
    Room(Rc<str>),
    With { id: Rc<str>, nick: Rc<str> },
}

/// Tells other nodes of a fact, if it is a fleeting one of this node's people.
pub(super) fn publish(cx: &mut Cx<'_>, fact: &Fact<'_>) {
    let by = fact.by();
    let Some(node) = cx.state.journal.node().filter(|_| !cx.is_stand_in(by)) else { return };
    if !node.is_whole() || node.published >= FLEETING_AHEAD_MAX {
        return;
    }
    let Some(told) = told(cx, node, fact) else { return };
    // Nothing in it can fail to be written.
    let text = serde_json::to_string(&told).unwrap_or_default();
    if text.len() > FLEETING_BYTES_MAX {
        return;
    }
    let text = match &node.secret {
        None => text,
        Some(secret) => {
            let parts = [&*node.channel, &*text].map(str::as_bytes);
            format!("{} {text}", secret.sign(FLEETING, parts))
        }
    };
    ask(cx, |node, cx| {
        node.published += usize::from(node.broker.get().publish(cx, &text));
    });
}

/// A fact in the form in which it is published; `None` if it is not a fleeting one, or no news.
fn told<'f>(cx: &Cx<'_>, node: &ThisNode, fact: &'f Fact<'_>) -> Option<Fleeting<'f>> {
    let by = fact.by();
    let name = |socket| node.name_of(socket);
    Some(match fact {
        // Others know it already.
        Fact::Typing(Typing { target: Some(_), is_news: false, .. }) => return None,
        Fact::Typing(Typing { target, .. }) => {
            let place = target.as_ref().map(|target| match target {
                Target::Room(room) => WrittenTarget::Room(room.clone()),
                Target::Private(other) => WrittenTarget::Person(name(*other)),
            });
            Fleeting::Types { by: name(by), place }
        }
        // Guests with one device have nobody to tell.
        Fact::Read { target, id, .. } if is_read_elsewhere(cx, by) => {
            let target = match target {
                ReadTarget::Room(room) => WrittenRead::Room(room.clone()),
                ReadTarget::With(Party { id, nick, .. }) => {
                    WrittenRead::With { id: id.clone(), nick: nick.clone() }
                }
            };
            Fleeting::Read { by: name(by), target, id: *id }
        }
        Fact::TypingRelayed { room, args, .. } if args.attachments().is_empty() => {
            Fleeting::Relayed { by: name(by), room: room.clone(), args: args.json().into() }
        }
        Fact::Read { .. } | Fact::TypingRelayed { .. } => return None,
        // They are in the stream, or concern this node alone.
        Fact::Entered(_)
        | Fact::Identified { .. }
        | Fact::Remembered(_)
        | Fact::Passing { .. }
        | Fact::Forgotten { .. }
        | Fact::Said(_)
        | Fact::Whispered(_)
        | Fact::Warned { .. }
        | Fact::Rules(_)
        | Fact::Words(_)
        | Fact::TopicSet(_)
        | Fact::Renamed(_)
        | Fact::Joined(_)
        | Fact::Left { .. }
        | Fact::Departed(_)
        | Fact::Expelled { .. }
        | Fact::Personal(_)
        | Fact::Registration(_)
        | Fact::Access(_)
        | Fact::HookMade { .. }
        | Fact::HookRemoved { .. }
        | Fact::Order(_)
        | Fact::Ordered(_) => return None,
    })
}

/// Whether other nodes must know how far a person has read: another device may be there, or one
/// may come there later.
fn is_read_elsewhere(cx: &Cx<'_>, by: SocketId) -> bool {
    let people = &cx.state.people;
    let is_registered = people.get(by).is_some_and(|person| person.is_registered);
    is_registered || people.devices(by).nth(1).is_some()
}

/// The broker has passed a fact on, or has lost it.
pub(super) fn published(cx: &mut Cx<'_>) {
    if let Some(node) = cx.state.journal.node_mut() {
        node.published = node.published.saturating_sub(1);
    }
}

/// Another node, or this one, has published something.
pub(super) fn heard(cx: &mut Cx<'_>, text: &[u8]) {
    let Some(node) = cx.state.journal.node().filter(|node| node.is_whole()) else { return };
    if text.len() > FLEETING_BYTES_MAX {
        return;
    }
    let told = std::str::from_utf8(text).ok().and_then(|text| signed(node, text));
    let told = told.and_then(|text| serde_json::from_str(text).ok());
    let socket = |name: &_| node.stand_ins.socket(&node.home, name);
    let fact = match &told {
        Some(Fleeting::Types { by, place }) => {
            let place = place.as_ref().map(|place| match place {
                WrittenTarget::Room(room) => Target::Room(room.clone()),
                WrittenTarget::Person(name) => Target::Private(socket(name).unwrap_or(NOBODY)),
            });
            socket(by).and_then(|by| types(cx, by, place))
        }
        Some(Fleeting::Read { by, target, id }) => socket(by).map(|by| {
            let target = match target {
                WrittenRead::Room(room) => ReadTarget::Room(room.clone()),
                WrittenRead::With { id, nick } => {
                    let (id, nick) = (id.clone(), nick.clone());
                    ReadTarget::With(Party { id, nick, returns: true })
                }
            };
            Fact::Read { by, target, id: *id }
        }),
        Some(Fleeting::Relayed { by, room, args }) => {
            socket(by).and_then(|by| relays(cx, by, room, args))
        }
        None => None,
    };
    // Facts that this node has published have happened here.
    if let Some(fact) = fact.filter(|fact| cx.is_stand_in(fact.by())) {
        let now = cx.now();
        let stamp = Stamp { id: 0, ts: now.unix_ms.cast_signed(), ms: now.ms };
        journal::happened(cx, Asker::nobody(fact.by()), stamp, &fact);
    }
}

/// The published text without its signature; `None` if the signature is not right.
fn signed<'t>(node: &ThisNode, text: &'t str) -> Option<&'t str> {
    let Some(secret) = &node.secret else { return Some(text) };
    let (signature, text) = text.split_once(' ')?;
    let parts = [&*node.channel, text].map(str::as_bytes);
    secret.has_signed(signature.as_bytes(), FLEETING, parts).then_some(text)
}

/// The fact that a person types at a place, or has stopped; `None` if that is not news, or not
/// possible.
fn types(cx: &Cx<'_>, by: SocketId, target: Option<Target>) -> Option<Fact<'static>> {
    let person = cx.state.people.get(by)?;
    let visit = cx.state.people.visit(by)?;
    let before = visit.typing.as_ref().map(|typing| typing.target.clone());
    let is_there = |target: &Target| match target {
        Target::Room(room) => cx.rooms(by).any(|own| *own == **room),
        Target::Private(_) => true,
    };
    if !target.as_ref().is_none_or(is_there) {
        return None;
    }
    let ended = before.filter(|before| Some(before) != target.as_ref());
    let is_news = target.is_some() || ended.is_some();
    let nick = person.nick.clone();
    is_news.then_some(Fact::Typing(Typing { by, nick, ended, target, is_news }))
}

/// The fact that a person in namespace `/` types; `None` if the arguments are not such an event.
fn relays<'a>(cx: &Cx<'_>, by: SocketId, room: &Rc<str>, args: &'a str) -> Option<Fact<'a>> {
    let is_there = |_: &Person| cx.rooms(by).any(|own| *own == **room);
    cx.state.people.get(by).filter(|person| is_there(person))?;
    let args = Args::new(args, &[]).ok()?;
    Some(Fact::TypingRelayed { by, room: room.clone(), args })
}
