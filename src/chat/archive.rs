//! The chat's use of its history: what is kept, what is shown, and when it is tidied up.

use super::history::{Change, Found, Message, Posted, has_word};
use super::people::Addressee;
use super::tell::Notice;
use super::{Cx, api, tell};
use crate::limits::{HISTORY_LOOK_MS, HISTORY_TIDY_MS, SEARCH_LINES_MAX, SHOWN_BYTES_MAX};
use mio_socketio::SocketId;
use mio_socketio::{Stopwatch, visible};
use std::rc::Rc;

/// What is said of a file that cannot be read: that it is empty would be a lie.
pub(super) const UNREAD: &str = "the history cannot be read now";

/// The id of whom something in private is for.
pub(super) fn id_of(cx: &mut Cx<'_>, other: &Addressee) -> Rc<str> {
    match other {
        Addressee::Here(other) => person_id(cx, *other),
        Addressee::Away(away) => away.id.clone(),
    }
}

/// The id of the other of the two who talk at a place, for the one with the id `me`.
pub(super) fn other_of<'p>(place: &'p str, me: &str) -> Option<&'p str> {
    place.strip_prefix('@')?.split(' ').find(|id| *id != me)
}

/// The id of the one for whom somebody has posted something in private; `None` if it is not known
/// any more, as the message is gone.
pub(super) fn reader_of(cx: &mut Cx<'_>, author: SocketId, posted: &Posted) -> Option<Rc<str>> {
    if posted.reader.is_some() {
        return posted.reader.clone();
    }
    let me = cx.state.people.get(author)?.id.clone()?;
    let place = cx.state.history.place_of(posted.id)?;
    other_of(&place, &me).map(Rc::from)
}

/// Where the history keeps what two say in private: under ids that nobody else has.
pub(super) fn private_place(one: &str, other: &str) -> Rc<str> {
    let mut ids = [one, other];
    ids.sort_unstable();
    Rc::from(format!("@{} {}", ids[0], ids[1]))
}

/// By what the history knows somebody in private, and by what a name is kept for them.
pub(super) fn person_id(cx: &mut Cx<'_>, socket: SocketId) -> Rc<str> {
    let known = cx.state.people.get(socket).and_then(|person| person.id.clone());
    known.unwrap_or_else(|| {
        let id: Rc<str> = Rc::from(cx.random_id());
        cx.state.people.identify(socket, id.clone());
        id
    })
}

/// Shows somebody who has come to a room what was said there last.
pub(super) fn replay(cx: &mut Cx<'_>, socket: SocketId, room: &str) {
    let count = cx.state.replay;
    if count > 0 {
        match cx.state.history.last(room, None, count) {
            Some(messages) => show(cx, socket, messages),
            None => cx.send(socket, format_args!("* {UNREAD}")),
        }
    }
}

/// Shows the last `count` messages of somebody's room.
pub(super) fn show_last(cx: &mut Cx<'_>, socket: SocketId, count: u32) {
    let Some(room) = cx.state.people.get(socket).map(|person| person.room.clone()) else { return };
    let Some(messages) = cx.state.history.last(&room, None, count as usize) else {
        return cx.send(socket, format_args!("* {UNREAD}"));
    };
    if messages.is_empty() {
        return cx.send(socket, format_args!("* {}", nothing(cx, &room)));
    }
    show(cx, socket, messages);
}

/// Shows what was said with these words in somebody's room.
pub(super) fn show_found(cx: &mut Cx<'_>, socket: SocketId, words: &str) {
    let Some(room) = cx.state.people.get(socket).map(|person| person.room.clone()) else { return };
    if !cx.state.history.is_kept() {
        return cx.send(socket, format_args!("* {}", nothing(cx, &room)));
    }
    if !has_word(words) {
        return cx.send(socket, format_args!("* there is no word in it to look for"));
    }
    let now = cx.now();
    let found = cx.state.history.search(now, &[&room], words, SEARCH_LINES_MAX);
    let Found { messages, is_cut, is_unread } = found;
    if is_unread {
        cx.send(socket, format_args!("* {UNREAD}"));
    }
    match messages.is_empty() {
        true if is_unread => (),
        true => cx.send(socket, format_args!("* nothing in #{room} has these words")),
        false => show(cx, socket, messages),
    }
    if is_cut {
        cx.send(socket, format_args!("* there was no time to look at all that is older"));
    }
}

fn nothing(cx: &Cx<'_>, room: &str) -> String {
    match cx.state.history.is_kept() {
        true => format!("nothing has been said in #{room} yet"),
        false => "no history is kept here".to_owned(),
    }
}

/// Takes out what was said by those whom somebody ignores.
pub(super) fn hide(cx: &Cx<'_>, socket: SocketId, messages: &mut Vec<Message>) {
    let people = &cx.state.people;
    messages.retain(|it| !people.hides(socket, it.sender.as_deref(), &it.author));
}

/// Shows messages, of many long ones the last.
fn show(cx: &mut Cx<'_>, socket: SocketId, mut messages: Vec<Message>) {
    hide(cx, socket, &mut messages);
    let mut bytes = 0;
    let fits = |message: &&Message| {
        bytes += visible(&message.text).len();
        bytes <= SHOWN_BYTES_MAX
    };
    let count = messages.iter().rev().take_while(fits).count();
    let (long, shown) = messages.split_at(messages.len() - count);
    if !long.is_empty() {
        cx.send(socket, format_args!("* {} before these are too long to be shown", long.len()));
    }
    for message in shown {
        cx.send(socket, format_args!("{}", message.as_line()));
    }
}

/// Writes what the turn has brought, before anybody sees it, and tells everyone if it cannot be.
pub(super) fn settle(cx: &mut Cx<'_>) {
    let now_ms = cx.now().ms;
    let watch = cx.state.history.is_due(now_ms).then(Stopwatch::start);
    let change = cx.state.history.settle(now_ms);
    if watch.is_some()
        && let Some(retry_ms) = cx.state.history.retry_in_ms(now_ms)
    {
        // There is a turn then, whether anybody says anything or not.
        cx.after(retry_ms, |_| ());
    }
    if let Some(watch) = watch {
        cx.state.stalls.commits.observe(watch.seconds());
    }
    tell_health(cx, change);
    tidy_up_soon(cx);
}

/// Looks now and then whether the file is where it was. Into another file goes who is here.
pub(super) fn watch(cx: &mut Cx<'_>) {
    let now = cx.now();
    let change = cx.state.history.look(now);
    if change == Some(Change::Renewed) {
        api::keep_all(cx);
        for room in cx.state.rooms.keys() {
            if let Some(topic) = cx.state.rooms.topic(&room).map(str::to_owned) {
                cx.state.history.keep_topic(room, Some(topic));
            }
        }
    }
    tell_health(cx, change);
    cx.after(HISTORY_LOOK_MS, watch);
}

/// Tells everyone that the history's health has changed.
fn tell_health(cx: &mut Cx<'_>, change: Option<Change>) {
    match change {
        Some(Change::Failing) => tell::notice(cx, Notice::Failing),
        Some(Change::Recovered) => tell::notice(cx, Notice::Recovered),
        Some(Change::Renewed) => tell::notice(cx, Notice::Renewed),
        None => (),
    }
}

/// The sentence about the history for a newcomer, if the history fails.
pub(super) fn warning(cx: &Cx<'_>) -> Option<&'static str> {
    cx.state.history.status().is_failing.then_some(Notice::Failing.sentence())
}

/// Sets a timer for what need not be done at once, if there is something.
pub(super) fn tidy_up_soon(cx: &mut Cx<'_>) {
    if !cx.state.tidies && !cx.state.history.is_tidy() {
        cx.state.tidies = true;
        cx.after(HISTORY_TIDY_MS, tidy_up);
    }
}

/// Uses a moment for what need not be done at once, and sets the next one.
fn tidy_up(cx: &mut Cx<'_>) {
    let watch = Stopwatch::start();
    let now = cx.now();
    let pause_ms = cx.state.history.tidy_up(now);
    cx.state.stalls.tidying.observe(watch.seconds());
    cx.state.tidies = !cx.state.history.is_tidy();
    if cx.state.tidies {
        cx.after(pause_ms, tidy_up);
    }
}
