//! The messages that a room does not keep: those of before it was deleted, and old ones.

use super::apply::change;
use crate::chat::Cx;
use crate::chat::history::PurgeOrder;
use crate::limits::{ERASE_ROOMS_PER_LOOK, ROOM_GONE_MS};
use std::rc::Rc;

/// Looks at some rooms, in the order of their names and from this one on: at the messages that must
/// be erased, and whether the name of a deleted room is free again. Returns the next room.
pub(in crate::chat) fn look(
    cx: &mut Cx<'_>,
    from: Option<Rc<str>>,
) -> (Option<Rc<str>>, Vec<PurgeOrder>) {
    let now_ms = cx.now().unix_ms.cast_signed();
    let from = from.unwrap_or_default();
    let all = cx.state.rooms.rules_by_room().iter();
    let due = all.filter(|(room, rules)| **room >= from && rules.erased_before(now_ms).is_some());
    let mut due: Vec<Rc<str>> = due.map(|(room, _)| room.clone()).collect();
    due.sort_unstable();
    let next = due.get(ERASE_ROOMS_PER_LOOK).cloned();
    due.truncate(ERASE_ROOMS_PER_LOOK);
    (next, due.iter().filter_map(|room| look_at(cx, room, now_ms)).collect())
}

/// Whether there is a room whose messages are erased one day, or some of them are.
pub(in crate::chat) fn any_erase(cx: &Cx<'_>) -> bool {
    let mut all = cx.state.rooms.rules_by_room().values();
    all.any(|rules| rules.gone_ms > 0 || rules.keep_days.is_some())
}

fn look_at(cx: &mut Cx<'_>, room: &Rc<str>, now_ms: i64) -> Option<PurgeOrder> {
    let rules = cx.state.rooms.rules(room)?;
    let (gone_ms, (before_ms, due_ms)) = (rules.gone_ms, rules.erased_before(now_ms)?);
    let oldest_ms = cx.state.history.oldest_in(room);
    if oldest_ms.is_some_and(|oldest_ms| oldest_ms < due_ms) {
        return Some(PurgeOrder { before_ms, room: Some(room.to_string()) });
    }
    if gone_ms > 0 && now_ms >= gone_ms.saturating_add(ROOM_GONE_MS) {
        change(cx, room, |rules| {
            (rules.is_gone, rules.gone_upto, rules.gone_ms) = (false, 0, 0);
        });
    }
    None
}
