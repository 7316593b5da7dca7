//! Recovery that lasts as long as the server runs: events in a ring, sessions in a map.

use super::recovery::{Audience, Kept, Missed, Recovery, Restored, Saved, SavedRoom};
use crate::base::Now;
use crate::limits::{RECOVERY_BYTES_MAX, RECOVERY_MS, RECOVERY_SESSIONS_MAX};
use std::collections::{BTreeMap, HashMap, VecDeque};

/// Keeps events and sessions in memory, for a limited time and up to a limited size; see
/// [`Builder::recovery`](super::Builder::recovery).
///
/// A client that comes back gets the events of the rooms that it was in last, of each room since
/// the client joined it. It begins anew if an event that it may have missed has been dropped:
/// because there were too many, or because its last event was too long ago and was not the newest
/// of all.
#[derive(Debug)]
pub struct MemoryRecovery {
    window_ms: u64,
    bytes_max: usize,
    sessions_max: usize,
    /// Tells this server's offsets from those of an earlier one; `None` until a client takes part.
    epoch: Option<u64>,
    /// The number of the next event.
    next: u64,
    events: VecDeque<Entry>,
    bytes: usize,
    sessions: HashMap<String, SavedSession>,
    /// Sessions whose clients have gone, the earliest first: the key is the time, and a number that
    /// counts the departures.
    gone: BTreeMap<(u64, u64), String>,
    goings: u64,
}

#[derive(Debug)]
struct SavedSession {
    saved: Saved,
    /// When the client left, and the number of its departure.
    gone: Option<(u64, u64)>,
}

#[derive(Debug)]
struct Entry {
    ms: u64,
    bytes: usize,
    namespace: Box<str>,
    rooms: Hearers,
    except: Vec<Box<str>>,
    except_rooms: Vec<Box<str>>,
    name: Box<str>,
    args: Box<str>,
    attachments: Box<[Vec<u8>]>,
}

#[derive(Debug)]
enum Hearers {
    Everyone,
    Rooms(Vec<Box<str>>),
    Socket(Box<str>),
}

impl Default for MemoryRecovery {
    fn default() -> Self {
        Self {
            window_ms: RECOVERY_MS,
            bytes_max: RECOVERY_BYTES_MAX,
            sessions_max: RECOVERY_SESSIONS_MAX,
            epoch: None,
            next: 1,
            events: VecDeque::new(),
            bytes: 0,
            sessions: HashMap::new(),
            gone: BTreeMap::new(),
            goings: 0,
        }
    }
}

impl MemoryRecovery {
    /// Keeps events for two minutes, as the reference server does, and at most 4 MiB of them.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets for how many milliseconds events, and the sessions of clients that have gone, are kept.
    pub const fn window_ms(mut self, ms: u64) -> Self {
        self.window_ms = ms;
        self
    }

    /// Sets how many bytes of events are kept.
    pub const fn bytes_max(mut self, bytes: usize) -> Self {
        self.bytes_max = bytes;
        self
    }

    /// Sets how many sessions of clients that have gone are kept.
    pub const fn sessions_max(mut self, sessions: usize) -> Self {
        self.sessions_max = sessions;
        self
    }

    /// The bytes of all kept events.
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    /// The number of kept sessions, of connected clients and of those that have gone.
    pub fn sessions(&self) -> usize {
        self.sessions.len()
    }

    fn offset(&self, number: u64) -> String {
        format!("{:x}-{number:x}", self.epoch.unwrap_or_default())
    }

    /// The number of the event that an offset stands for.
    fn number(&self, offset: &str) -> Option<u64> {
        let (epoch, number) = offset.split_once('-')?;
        let epoch = u64::from_str_radix(epoch, 16).ok();
        let number = u64::from_str_radix(number, 16).ok()?;
        (epoch.is_some() && epoch == self.epoch && number < self.next).then_some(number)
    }

    /// Drops events and sessions that are too old or too many.
    fn expire(&mut self, now: Now) {
        let window_ms = self.window_ms;
        let is_old = |ms: u64| now.ms >= ms.saturating_add(window_ms);
        while let Some(entry) = self.events.front() {
            if !is_old(entry.ms) && self.bytes <= self.bytes_max {
                break;
            }
            self.bytes -= entry.bytes;
            self.events.pop_front();
        }
        while let Some(((ms, _), _)) = self.gone.first_key_value() {
            if !is_old(*ms) && self.gone.len() <= self.sessions_max {
                break;
            }
            let first = self.gone.pop_first();
            first.and_then(|(_, pid)| self.sessions.remove(&pid));
        }
    }
}

impl Entry {
    fn new(ms: u64, event: &Kept<'_>) -> Self {
        let own = |all: &[&str]| all.iter().map(|one| Box::from(*one)).collect();
        let mut entry = Self {
            ms,
            bytes: 0,
            namespace: Box::from(event.namespace),
            rooms: match event.audience {
                Audience::Everyone => Hearers::Everyone,
                Audience::Rooms(rooms) => Hearers::Rooms(own(rooms)),
                Audience::Socket(sid) => Hearers::Socket(Box::from(sid)),
            },
            except: own(event.except),
            except_rooms: own(event.except_rooms),
            name: Box::from(event.name),
            args: Box::from(event.args),
            attachments: Box::from(event.attachments),
        };
        entry.bytes = entry.size();
        entry
    }

    /// About how many bytes it takes.
    fn size(&self) -> usize {
        let own = |all: &[Box<str>]| -> usize {
            all.iter().map(|one| one.len() + size_of::<Box<str>>()).sum()
        };
        let heard = match &self.rooms {
            Hearers::Everyone => 0,
            Hearers::Rooms(rooms) => own(rooms),
            Hearers::Socket(sid) => sid.len(),
        };
        let attached = |bytes: &Vec<u8>| bytes.len() + size_of::<Vec<u8>>();
        let attachments: usize = self.attachments.iter().map(attached).sum();
        let texts = self.namespace.len() + self.name.len() + self.args.len();
        size_of::<Self>()
            + heard
            + own(&self.except)
            + own(&self.except_rooms)
            + texts
            + attachments
    }

    /// Whether this event, number `number`, was for a client that has been in its rooms since the
    /// numbers that `session` has.
    fn is_for(&self, session: &Saved, number: u64, rooms: &HashMap<&str, u64>) -> bool {
        let was_in = |name: &str| rooms.get(name).is_some_and(|since| *since < number);
        let is_in = |names: &[Box<str>]| names.iter().any(|name| was_in(name));
        let is_heard = match &self.rooms {
            Hearers::Everyone => true,
            Hearers::Rooms(names) => is_in(names),
            Hearers::Socket(sid) => **sid == *session.sid,
        };
        is_heard
            && *self.namespace == *session.namespace
            && !self.except.iter().any(|sid| **sid == *session.sid)
            && !is_in(&self.except_rooms)
    }

    fn missed(&self, offset: String) -> Missed {
        Missed {
            name: self.name.clone().into_string(),
            args: self.args.clone().into_string(),
            attachments: self.attachments.to_vec(),
            offset,
        }
    }
}

impl<S> Recovery<S> for MemoryRecovery {
    fn keep(&mut self, _: &mut S, now: Now, event: &Kept<'_>) -> String {
        if self.epoch.is_none() {
            // No client could come back, so no client is told the offset.
            return String::new();
        }
        let entry = Entry::new(now.ms, event);
        self.bytes += entry.bytes;
        self.events.push_back(entry);
        self.next += 1;
        self.expire(now);
        self.offset(self.next - 1)
    }

    fn newest(&mut self, _: &mut S, now: Now) -> String {
        self.epoch.get_or_insert(now.unix_ms);
        self.offset(self.next - 1)
    }

    fn save(&mut self, _: &mut S, _: Now, session: &Saved) {
        let saved = SavedSession { saved: session.clone(), gone: None };
        let before = self.sessions.insert(session.pid.clone(), saved);
        if let Some(gone) = before.and_then(|before| before.gone) {
            self.gone.remove(&gone);
        }
    }

    fn gone(&mut self, _: &mut S, now: Now, pid: &str, for_good: bool) {
        let Some(session) = self.sessions.get_mut(pid) else { return };
        if let Some(gone) = session.gone.take() {
            self.gone.remove(&gone);
        }
        if for_good {
            self.sessions.remove(pid);
            return;
        }
        self.goings += 1;
        let going = (now.ms, self.goings);
        session.gone = Some(going);
        self.gone.insert(going, pid.to_owned());
        self.expire(now);
    }

    fn restore(
        &mut self,
        _: &mut S,
        now: Now,
        pid: &str,
        offset: Option<&str>,
    ) -> Option<Restored> {
        self.expire(now);
        let session = &self.sessions.get(pid)?.saved;
        // Events from before this session began were for an earlier client with the same id.
        let since = self.number(&session.since)?;
        let got = offset.map_or(Some(since), |offset| self.number(offset))?.max(since);
        let first = self.next - self.events.len() as u64;
        let skipped = usize::try_from((got + 1).checked_sub(first)?).ok()?;
        let since = |room: &SavedRoom| self.number(&room.since).unwrap_or_default();
        let rooms = session.rooms.iter().map(|room| (&*room.name, since(room))).collect();
        let events = self.events.iter().zip(first..).skip(skipped);
        let missed = events
            .filter(|(entry, number)| entry.is_for(session, *number, &rooms))
            .map(|(entry, number)| entry.missed(self.offset(number)));
        Some(Restored { missed: missed.collect(), saved: session.clone() })
    }
}

#[cfg(test)]
mod tests;
