//! Answers to questions, in words, and the state of a room as a newcomer sees it.

use super::list::list;
use super::{TextDevice, order, personal, registration, rules, words};
use crate::chat::Cx;
use crate::chat::history::Message;
use crate::chat::mail::Mail;
use crate::chat::minute::Minute;
use crate::chat::questions::{self, Answer, Hits, Last, Recalled, RoomSize, Said, Source};
use crate::chat::refusal::Refusal;
use crate::chat::rooms::{self, Member};
use crate::chat::tell::own;
use crate::limits::{NAMES_GREETED_MAX, QUEUE_TO_MESSAGES_MIN, SHOWN_BYTES_MAX};
use mio_socketio::{SocketId, tight, visible};

/// Answers a question.
pub(super) fn answered(cx: &mut Cx<'_>, at: TextDevice, answer: Answer) {
    match answer {
        Answer::Members { room, count: 0, .. } => {
            at.tell(cx, format_args!("nobody is in #{room}"));
        }
        Answer::Members { room, members, count } => {
            let mut names: Vec<String> = members.iter().map(named).collect();
            names.sort_unstable();
            at.tell(cx, format_args!("in #{room}: {}", list(&names, count)));
        }
        Answer::Rooms { rooms, count } => show_rooms(cx, at, &rooms, count),
        Answer::Topic { topic: Some(topic), .. } => show_topic(cx, at, &topic),
        Answer::Topic { room, topic: None } => {
            at.tell(cx, format_args!("#{room} has no topic; /topic TEXT sets one"));
        }
        Answer::Ignored(nicks) => personal::list(cx, at, &nicks),
        Answer::Rules(ruled) => rules::show(cx, at, &ruled),
        Answer::Quiet(is_on) => personal::tell_quiet(cx, at, is_on),
        Answer::Devices(devices) => registration::list(cx, at, &devices),
        Answer::Bans { bans, count } => order::list(cx, at, &bans, count),
        Answer::Former(texts) => words::show_former(cx, at, &texts),
        // Only programs that offer acts ask this.
        Answer::Powers(_) => (),
        Answer::Last(Said { room: Some(room), found: 0, .. }) => {
            at.tell(cx, format_args!("nothing has been said in #{room} yet"));
        }
        Answer::Last(Said { messages, .. }) => show(cx, at, &messages),
        Answer::Search(hits) => show_hits(cx, at, &hits),
    }
}

fn show_rooms(cx: &mut Cx<'_>, at: TextDevice, rooms: &[RoomSize], count: usize) {
    for RoomSize { room, topic, members } in rooms {
        let topic = topic.as_ref().map_or_else(String::new, |it| format!("  {}", tight(it)));
        at.tell(cx, format_args!("#{room} {members}{topic}"));
    }
    if count > rooms.len() {
        at.tell(cx, format_args!("and {} more", count - rooms.len()));
    }
}

fn show_topic(cx: &mut Cx<'_>, at: TextDevice, topic: &str) {
    at.tell(cx, format_args!("topic: {}", tight(topic)));
}

fn show_hits(cx: &mut Cx<'_>, at: TextDevice, hits: &Hits) {
    let Hits { room, found, messages, is_cut, is_unread } = hits;
    if *is_unread {
        at.tell(cx, format_args!("{}", Refusal::HistoryUnread));
    }
    match room {
        Some(room) if *found == 0 && !is_unread => {
            at.tell(cx, format_args!("nothing in #{room} has these words"));
        }
        _ => show(cx, at, messages),
    }
    if *is_cut {
        at.tell(cx, format_args!("there was no time to search all older messages"));
    }
}

/// The number of the last texts that have up to `bytes_max` bytes together.
fn fitting<'t>(texts: impl DoubleEndedIterator<Item = &'t str>, bytes_max: usize) -> usize {
    let mut bytes = 0;
    let fits = |text: &&str| {
        bytes += visible(text).len();
        bytes <= bytes_max
    };
    texts.rev().take_while(fits).count()
}

/// Shows messages; if they are long, only the last of them.
fn show(cx: &mut Cx<'_>, at: TextDevice, messages: &[Recalled]) {
    let count = fitting(messages.iter().map(|it| &*it.message.text), SHOWN_BYTES_MAX);
    let (long, shown) = messages.split_at(messages.len() - count);
    if !long.is_empty() {
        at.tell(cx, format_args!("older messages left out as too long: {}", long.len()));
    }
    for Recalled { message, .. } in shown {
        at.earlier(cx, format_args!("{}", message.as_line()));
    }
}

/// Shows a room to a person who has entered it: its topic, and its latest messages.
pub(super) fn show_room(cx: &mut Cx<'_>, at: TextDevice, room: &str) {
    if let Some(topic) = cx.state.rooms.topic(room).map(str::to_owned) {
        show_topic(cx, at, &topic);
    }
    let count = cx.state.replay;
    if count == 0 {
        return;
    }
    let last = Last { of: Source::Room(Some(room)), before: None, count };
    match questions::last(cx, at.socket, last) {
        Ok(Said { messages, .. }) => show(cx, at, &messages),
        Err(Refusal::NoHistory) => (),
        Err(refusal) => super::tell::refused(cx, at, &refusal),
    }
}

/// A member by their nick, with the programs that they use.
fn named(member: &Member) -> String {
    match &*member.doors {
        [] => member.nick.to_string(),
        doors => format!("{} ({})", member.nick, doors.join(", ")),
    }
}

/// The other people in a room: ` with alice, bob and 3 others.`
pub(super) fn company(cx: &Cx<'_>, key: &str, socket: SocketId) -> String {
    let others = rooms::count(cx, key).saturating_sub(1);
    if others == 0 {
        return ". Nobody else is here yet.".to_owned();
    }
    let people = &cx.state.people;
    let names = rooms::persons(cx, key).filter(|other| !people.is_same(*other, socket));
    let names = names.filter_map(|other| Some(&*people.get(other)?.nick));
    let names: Vec<&str> = names.take(NAMES_GREETED_MAX).collect();
    format!(" with {}.", list(&names, others))
}

/// The other devices of the person at `socket`, `a browser and a terminal` for example; `None` if
/// there are none.
pub(super) fn elsewhere(cx: &Cx<'_>, socket: SocketId) -> Option<String> {
    let mut doors: Vec<&str> = Vec::new();
    for other in own::others(cx, socket) {
        let Some(device) = cx.state.people.device(other) else { continue };
        let door = device.interface.in_words(device);
        if !doors.contains(&door) {
            doors.push(door);
        }
    }
    (!doors.is_empty()).then(|| list(&doors, doors.len()))
}

/// Gives a person who has just come the private messages that have waited for them, as many of the
/// newest as fit.
pub(in crate::chat::interfaces) fn give(cx: &mut Cx<'_>, at: TextDevice, mail: &Mail) {
    let Mail { messages, older } = mail;
    // They come besides the latest messages of a room.
    let bytes_max = SHOWN_BYTES_MAX.min(cx.queue_bytes_max() / QUEUE_TO_MESSAGES_MIN);
    let fits = fitting(messages.iter().map(|(message, _)| &*message.text), bytes_max);
    let (long, messages) = messages.split_at(messages.len() - fits);
    let older = older + long.len();
    match messages.len() + older {
        1 => at.tell(cx, format_args!("while you were away, one message came for you:")),
        all => {
            at.tell(cx, format_args!("while you were away, {all} messages came for you:"));
        }
    }
    if older > 0 {
        at.tell(cx, format_args!("the page shows the first {older} of them"));
    }
    for (Message { ts, is_action, text, .. }, nick) in messages {
        let (text, star) = (tight(text), if *is_action { "*" } else { "" });
        at.earlier(cx, format_args!("[{}] <{nick} -> you> {star}{text}{star}", Minute(*ts)));
    }
}
