//! Notices of people who join, leave or take another name. A small and quiet room is told at once.
//! In a large room, and while many come and go, notices are gathered, so that the cost of an
//! arrival does not grow with the number of members.

use crate::chat::Cx;
use crate::chat::interfaces::text::list::list;
use crate::chat::people::quiet;
use crate::chat::tell::Change;
use crate::limits::{
    NAMES_GREETED_MAX, NOTICE_BURST, NOTICE_GATHER_MS, NOTICE_MEMBERS_MAX, told_after_ms,
};
use mio_socketio::SocketId;
use std::fmt;
use std::rc::Rc;

/// The notices of one room.
#[derive(Debug, Default)]
pub(in crate::chat::interfaces) struct Notices {
    /// The time since which notices are counted, and the number told since.
    since_ms: u64,
    told: u32,
    gathered: Option<Gathered>,
}

/// Notices that wait to be told together.
#[derive(Debug, Default)]
struct Gathered {
    joined: Tally,
    left: Tally,
    renamed: Tally,
    /// The person whom all changes so far are about, if it is one: they need not be told.
    only: Option<SocketId>,
}

/// A count, and the first names, as many as are told.
#[derive(Debug, Default)]
struct Tally {
    count: usize,
    names: Vec<String>,
}

/// Tells the room `key` about a person, who is not told.
pub(super) fn announce(cx: &mut Cx<'_>, key: &str, about: SocketId, change: &Change) {
    let (now_ms, members) = (cx.now().ms, cx.members(key).len());
    if cx.state.stopping || members == 0 {
        return;
    }
    let Some(notes) = cx.state.rooms.notes_mut(key) else { return };
    let notices = &mut notes.lines;
    let is_quiet = !cx.state.gathers_notices && notices.is_quiet(now_ms, members);
    if notices.gathered.is_none() && is_quiet {
        // In a gathered notice the names of ignored people stand among those of others.
        let mut ignorers = cx.state.people.ignorers(about);
        if !matches!(change, Change::Renamed { .. }) {
            ignorers.extend(quiet::in_room(cx, key));
        }
        let own: Vec<SocketId> = cx.state.people.devices(about).collect();
        let to = cx.to(key).except_all(&own).except_all(&ignorers);
        to.send(format_args!("* {change}"));
        return;
    }
    let first = notices.gathered.is_none();
    notices.gathered.get_or_insert_default().add(about, change);
    if first {
        let key: Rc<str> = Rc::from(key);
        cx.after(told_after_ms(members, NOTICE_GATHER_MS), move |cx| tell(cx, &key));
    }
}

/// Tells a room the notices that were gathered for it.
fn tell(cx: &mut Cx<'_>, key: &str) {
    let Some(notes) = cx.state.rooms.notes_mut(key) else { return };
    let Some(gathered) = notes.lines.gathered.take() else { return };
    let quiet = match gathered.renamed.count {
        0 => quiet::in_room(cx, key),
        _ => Vec::new(),
    };
    let only: Vec<SocketId> = match gathered.only {
        Some(only) => cx.state.people.devices(only).collect(),
        None => Vec::new(),
    };
    cx.to(key).except_all(&quiet).except_all(&only).send(format_args!("* {gathered}"));
}

impl Notices {
    /// Counts a notice; returns whether it may be told at once.
    fn is_quiet(&mut self, now_ms: u64, members: usize) -> bool {
        if now_ms >= self.since_ms + NOTICE_GATHER_MS {
            (self.since_ms, self.told) = (now_ms, 0);
        }
        self.told += 1;
        members <= NOTICE_MEMBERS_MAX && self.told <= NOTICE_BURST
    }
}

impl Gathered {
    fn add(&mut self, about: SocketId, change: &Change) {
        let count = self.joined.count + self.left.count + self.renamed.count;
        self.only = (count == 0 || self.only == Some(about)).then_some(about);
        match change {
            Change::Joined(nick) => self.joined.add(nick),
            Change::Left(nick) => self.left.add(nick),
            Change::Renamed { .. } => self.renamed.add(&change.to_string()),
        }
    }
}

impl fmt::Display for Gathered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut comma = "";
        for (tally, verb) in [(&self.joined, " joined"), (&self.left, " left")] {
            if tally.count > 0 {
                write!(f, "{comma}{tally}{verb}")?;
                comma = ", ";
            }
        }
        match self.renamed.count {
            0 => Ok(()),
            count if count == self.renamed.names.len() => write!(f, "{comma}{}", self.renamed),
            count => write!(f, "{comma}{count} took another name"),
        }
    }
}

impl Tally {
    fn add(&mut self, name: &str) {
        self.count += 1;
        if self.names.len() < NAMES_GREETED_MAX {
            self.names.push(name.to_owned());
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.count == self.names.len() {
            f.write_str(&list(&self.names, self.count))
        } else {
            write!(f, "{}", self.count)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_are_named_and_many_counted() {
        let mut gathered = Gathered::default();
        let who = |index| SocketId::new(index, 1);
        gathered.add(who(1), &Change::Joined(Rc::from("carol")));
        assert_eq!((gathered.to_string().as_str(), gathered.only), ("carol joined", Some(who(1))));
        gathered.add(who(2), &Change::Joined(Rc::from("dan")));
        gathered.add(who(3), &Change::Left(Rc::from("bob")));
        assert_eq!(gathered.to_string(), "carol and dan joined, bob left");
        assert_eq!(gathered.only, None);
        for index in 4..14 {
            gathered.add(who(index), &Change::Joined(Rc::from("x")));
        }
        let (old, new) = (Rc::from("guest-1"), Rc::from("eve"));
        gathered.add(who(1), &Change::Renamed { old, new });
        assert_eq!(gathered.to_string(), "12 joined, bob left, guest-1 is now eve");
    }

    #[test]
    fn a_room_is_quiet_until_a_burst() {
        let mut notices = Notices::default();
        for _ in 0..NOTICE_BURST {
            assert!(notices.is_quiet(10, 3));
        }
        assert!(!notices.is_quiet(20, 3));
        assert!(notices.is_quiet(10 + NOTICE_GATHER_MS, 3));
        assert!(!notices.is_quiet(10 + NOTICE_GATHER_MS, NOTICE_MEMBERS_MAX + 1));
    }
}
