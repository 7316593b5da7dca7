//! The changes of the rules of rooms, here and in the file.

use super::{LetIn, RoomRules, Rule, RuleMade, RulesFact};
use crate::chat::fact::Stamp;
use crate::chat::history::LoggedDeed;
use crate::chat::tell::listing;
use crate::chat::{Chat, Cx};
use mio_socketio::SocketId;
use std::rc::Rc;

/// Makes the change of a fact.
pub(in crate::chat) fn apply(cx: &mut Cx<'_>, stamp: Stamp, fact: &RulesFact) {
    log_keeper(cx, stamp, fact);
    match fact {
        RulesFact::RuleMade(made) => make(cx, made),
        RulesFact::LetIn(LetIn { room, id, is_on, .. }) => invite(cx, room, id, *is_on),
    }
}

/// Logs that a keeper of order has changed a room which is not theirs. Owners make the rules of
/// their own rooms as they like.
fn log_keeper(cx: &mut Cx<'_>, stamp: Stamp, fact: &RulesFact) {
    let (by, is_own, room) = match fact {
        RulesFact::RuleMade(RuleMade { by, is_own, room, .. })
        | RulesFact::LetIn(LetIn { by, is_own, room, .. }) => (*by, *is_own, room),
    };
    if is_own.unwrap_or_else(|| owns(cx, by, room)) {
        return;
    }
    let (nick, room, what, target) = match fact {
        RulesFact::RuleMade(RuleMade { nick, room, rule, .. }) => {
            (nick, room, "room", command(*rule))
        }
        RulesFact::LetIn(LetIn { nick, room, guest, is_on, .. }) => {
            let what = if *is_on { "room invite" } else { "room uninvite" };
            (nick, room, what, guest.to_string())
        }
    };
    let (moderator, what, room) = (nick.to_string(), what.to_owned(), room.to_string());
    let deed = LoggedDeed { ts: stamp.ts, moderator, what, target, room, ..LoggedDeed::default() };
    cx.state.history.log_deed(deed);
}

/// Whether the person at `by` owns a room, as far as this server knows.
fn owns(cx: &Cx<'_>, by: SocketId, room: &str) -> bool {
    let id = cx.state.people.get(by).and_then(|person| person.id.as_deref());
    id.is_some_and(|id| cx.state.roles.owns(id, room))
}

/// The words after `/room` that make a rule.
fn command(rule: Rule) -> String {
    let word = match rule {
        Rule::Private(true) => "private",
        Rule::Private(false) => "public",
        Rule::Readonly(true) => "readonly",
        Rule::Readonly(false) => "writable",
        Rule::Past(true) => "past",
        Rule::Past(false) => "no past",
        Rule::Keep(None) => "keep off",
        Rule::Keep(Some(days)) => return format!("keep {days}d"),
    };
    word.to_owned()
}

/// Makes a rule of a room, here and in the file.
fn make(cx: &mut Cx<'_>, made: &RuleMade) {
    let RuleMade { room, rule, members, maker, .. } = made;
    change(cx, room, |rules| {
        rules.maker = rules.maker.take().or_else(|| maker.clone());
        rules.make(*rule, members);
    });
}

/// Invites a person to a private room, or takes that back. They see what is said from here on.
pub(in crate::chat) fn invite(cx: &mut Cx<'_>, room: &Rc<str>, id: &Rc<str>, is_on: bool) {
    let since = cx.state.history.last_id();
    match is_on {
        true if cx.state.rooms.is_private(room) => {
            change(cx, room, |rules| rules.invite(id, since));
        }
        false if cx.state.rooms.rules(room).is_some_and(|rules| rules.invites(id)) => {
            change(cx, room, |rules| {
                rules.invited.remove(id);
            });
        }
        _ => (),
    }
}

/// A person who owned a private room stays invited to it, and has seen all of it.
pub(in crate::chat) fn keep_member(cx: &mut Cx<'_>, room: &Rc<str>, id: &Rc<str>) {
    if cx.state.rooms.is_private(room) {
        change(cx, room, |rules| rules.invite(id, 0));
    }
}

/// A guest has logged in: the person whom they are has their invitations to these rooms.
pub(in crate::chat) fn hand_over(cx: &mut Cx<'_>, rooms: &[Rc<str>], guest: &str, id: &Rc<str>) {
    for room in rooms {
        let since = cx.state.rooms.rules(room).and_then(|it| it.invited.get(guest).copied());
        if let Some(since) = since {
            change(cx, room, |rules| rules.invite(id, since));
        }
    }
}

/// A room is deleted: its messages are hidden from here on, and erased in a while.
pub(in crate::chat) fn delete(cx: &mut Cx<'_>, maker: Option<&Rc<str>>, room: &Rc<str>, ms: i64) {
    let upto = cx.state.history.last_id();
    cx.state.rooms.set_topic(room.clone(), None);
    cx.state.history.keep_topic(room.clone(), None);
    change(cx, room, |rules| {
        let maker = rules.maker.take().or_else(|| maker.cloned());
        let gone = RoomRules { is_gone: true, gone_upto: upto, gone_ms: ms, ..Default::default() };
        *rules = RoomRules { maker, ..gone };
    });
}

/// An owner of a deleted room is in it again.
pub(in crate::chat) fn begin_anew(cx: &mut Cx<'_>, room: &Rc<str>) {
    if cx.state.rooms.is_gone(room) {
        change(cx, room, |rules| rules.is_gone = false);
    }
}

pub(super) fn change(cx: &mut Cx<'_>, room: &Rc<str>, change: impl FnOnce(&mut RoomRules)) {
    let mut rules = cx.state.rooms.rules(room).cloned().unwrap_or_default();
    change(&mut rules);
    let rules = Some(rules).filter(RoomRules::are_any);
    let json = rules.as_ref().and_then(|rules| serde_json::to_string(rules).ok());
    let was_private = cx.state.rooms.is_private(room);
    cx.state.rooms.change_rules(room, rules);
    match (was_private, cx.state.rooms.is_private(room)) {
        (false, true) => listing::note_hidden(cx, room),
        // If nobody is there, it may be a private room that was deleted long ago.
        (true, false) if cx.members(room).len() > 0 => listing::note(cx, room),
        (true, _) | (false, false) => (),
    }
    cx.state.history.keep_rules(room.clone(), json);
}

/// Gives the history the rules of all rooms, because another file has taken the place of the last
/// one.
pub(in crate::chat) fn keep_all(cx: &mut Cx<'_>) {
    let Chat { rooms, history, .. } = cx.state;
    for (room, rules) in rooms.rules_by_room().iter() {
        history.keep_rules(room.clone(), serde_json::to_string(rules).ok());
    }
}
