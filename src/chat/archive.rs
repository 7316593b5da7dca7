//! The chat's use of its history: the names of its places, and when it is written and tidied up.

use super::apply::kept;
use super::history::{Change, Posted};
use super::people::reads;
use super::purger::traces;
use super::tell::Notice;
use super::{Cx, journal, rules, tell};
use crate::limits::{HISTORY_LOOK_MS, HISTORY_TIDY_MS};
use mio_socketio::{SocketId, Stopwatch};
use std::rc::Rc;

/// The id of the other person of a private conversation, for the person with the id `me`; `place`
/// is its name in the history: see [`private_place`].
pub(super) fn other_of<'p>(place: &'p str, me: &str) -> Option<&'p str> {
    place.strip_prefix('@')?.split(' ').find(|id| *id != me)
}

/// The ids of the two people of a private conversation; `None` if the place is a room.
pub(super) fn parties(place: &str) -> Option<[&str; 2]> {
    let (one, other) = place.strip_prefix('@')?.split_once(' ')?;
    Some([one, other])
}

/// The id of the reader of a private message that somebody has posted; `None` if the message is
/// gone, and with it the id.
pub(super) fn reader_of(cx: &mut Cx<'_>, author: SocketId, posted: &Posted) -> Option<Rc<str>> {
    if posted.reader.is_some() {
        return posted.reader.clone();
    }
    let me = cx.state.people.get(author)?.id.clone()?;
    let place = cx.state.history.place_of(posted.id)?;
    other_of(&place, &me).map(Rc::from)
}

/// The place in the history of the private messages of two people: a name made of their ids, which
/// nobody else has.
pub(super) fn private_place(one: &str, other: &str) -> Rc<str> {
    let mut ids = [one, other];
    ids.sort_unstable();
    Rc::from(format!("@{} {}", ids[0], ids[1]))
}

/// Writes the messages of the turn, before anybody sees them, and tells everyone if writing fails.
pub(super) fn settle(cx: &mut Cx<'_>) {
    let now_ms = cx.now().ms;
    let watch = cx.state.history.is_due(now_ms).then(Stopwatch::start);
    let change = cx.state.history.settle(now_ms);
    if watch.is_some()
        && let Some(retry_ms) = cx.state.history.retry_in_ms(now_ms)
    {
        // The timer makes a turn then, even if nobody says anything.
        cx.after(retry_ms, |_| ());
    }
    if let Some(watch) = watch {
        cx.state.observed.commits.observe(watch.seconds());
    }
    tell_health(cx, change);
    tidy_up_soon(cx);
}

/// Checks now and then whether the file is where it was. A new file gets the people who are here.
/// A file that could not be read at first is read as soon as that is possible.
pub(super) fn watch(cx: &mut Cx<'_>) {
    let now = cx.now();
    cx.state.begin(now);
    journal::redeem(cx);
    let change = cx.state.history.look(now);
    if change == Some(Change::Renewed) {
        kept::keep_all(cx);
        cx.state.files.begin_anew();
        for room in cx.state.rooms.keys() {
            if let Some(topic) = cx.state.rooms.topic(&room).map(str::to_owned) {
                cx.state.history.keep_topic(room, Some(topic));
            }
        }
        rules::keep_all(cx);
    }
    tell_health(cx, change);
    traces::look(cx);
    reads::write_some(cx);
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

/// Sets a timer for the work that can wait, if there is any.
pub(super) fn tidy_up_soon(cx: &mut Cx<'_>) {
    if !cx.state.tidies && !cx.state.history.is_tidy() {
        cx.state.tidies = true;
        cx.after(HISTORY_TIDY_MS, tidy_up);
    }
}

/// Does some of the work that can wait, and sets the timer for more.
fn tidy_up(cx: &mut Cx<'_>) {
    let watch = Stopwatch::start();
    let now = cx.now();
    let pause_ms = cx.state.history.tidy_up(now);
    cx.state.observed.tidying.observe(watch.seconds());
    cx.state.tidies = !cx.state.history.is_tidy();
    if cx.state.tidies {
        cx.after(pause_ms, tidy_up);
    }
}
