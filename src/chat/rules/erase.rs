//! The messages that a room does not keep: those of before it was deleted, and old ones.

use super::RoomRules;
use super::apply::change;
use crate::chat::Cx;
use crate::chat::history::PurgeOrder;
use crate::limits::{ERASE_ROOMS_PER_LOOK, ROOM_GONE_MS, ROOM_KEEP_SLACK_MS};
use std::rc::Rc;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

impl RoomRules {
    /// Whether the room does not keep all messages.
    pub(super) const fn erases(&self) -> bool {
        self.gone_ms > 0 || self.keep_days.is_some()
    }

    /// The messages that must be erased now, if the first one in the file has this number and
    /// time. Those of before a deletion are known by their numbers: the clock of the server at
    /// which the room was begun anew may be behind. Old messages are worth a purge once they are
    /// some time too old.
    fn must_erase(&self, room: &str, (id, ts): (i64, i64), now_ms: i64) -> Option<PurgeOrder> {
        if self.gone_ms > 0 && id <= self.gone_upto {
            return Some(PurgeOrder::upto(self.gone_upto, room.to_owned()));
        }
        let before_ms = now_ms.saturating_sub(i64::from(self.keep_days?) * DAY_MS);
        let is_due = ts < before_ms.saturating_sub(ROOM_KEEP_SLACK_MS);
        is_due.then(|| PurgeOrder::before(before_ms, Some(room.to_owned())))
    }
}

/// Looks at some rooms, in the order of their names and from this one on: at the messages that must
/// be erased, and whether the name of a deleted room is free again. Returns the next room.
pub(in crate::chat) fn look(
    cx: &mut Cx<'_>,
    from: Option<Rc<str>>,
) -> (Option<Rc<str>>, Vec<PurgeOrder>) {
    let now = cx.now();
    let now_ms = cx.state.history.erases_ms(now);
    let due = cx.state.rooms.rules_by_room().erasing_from(from.unwrap_or_default());
    let mut rooms: Vec<Rc<str>> = due.take(ERASE_ROOMS_PER_LOOK + 1).cloned().collect();
    let next = rooms.split_off(ERASE_ROOMS_PER_LOOK.min(rooms.len())).pop();
    (next, rooms.iter().filter_map(|room| look_at(cx, room, now_ms)).collect())
}

/// Whether there is a room whose messages are erased one day, or some of them are.
pub(in crate::chat) fn any_erase(cx: &Cx<'_>) -> bool {
    cx.state.rooms.rules_by_room().erasing_from(Rc::default()).next().is_some()
}

fn look_at(cx: &mut Cx<'_>, room: &Rc<str>, now_ms: i64) -> Option<PurgeOrder> {
    let rules = cx.state.rooms.rules(room)?;
    let first = cx.state.history.first_in(room);
    let order = first.and_then(|first| rules.must_erase(room, first, now_ms));
    let gone_ms = rules.gone_ms;
    if order.is_none() && gone_ms > 0 && now_ms >= gone_ms.saturating_add(ROOM_GONE_MS) {
        change(cx, room, |rules| {
            (rules.is_gone, rules.gone_upto, rules.gone_ms) = (false, 0, 0);
        });
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_begun_anew_keeps_its_messages_if_the_clock_of_its_deletion_was_ahead() {
        let now_ms = 100 * DAY_MS;
        let gone = RoomRules { gone_upto: 7, gone_ms: now_ms + 60_000, ..RoomRules::default() };
        let upto = Some(PurgeOrder::upto(7, "den".to_owned()));
        assert_eq!(gone.must_erase("den", (7, now_ms + 90_000), now_ms), upto);
        assert_eq!(gone.must_erase("den", (8, now_ms), now_ms), None);
        // Once the messages of before are erased, it keeps those of two days.
        let kept = RoomRules { keep_days: Some(2), ..gone };
        assert_eq!(kept.must_erase("den", (7, now_ms), now_ms), upto);
        let before = Some(PurgeOrder::before(98 * DAY_MS, Some("den".to_owned())));
        assert_eq!(kept.must_erase("den", (8, 97 * DAY_MS), now_ms), before);
        assert_eq!(kept.must_erase("den", (8, 98 * DAY_MS - 1), now_ms), None);
    }
}
