//! Output that polling clients have still to fetch after their sessions have ended.

use super::{Form, Frames, Reply, Wire};
use crate::base::AccountId;
use crate::limits::{FAREWELLS_BYTES_MAX, FAREWELLS_TO_ADDRESS_MIN, POLL_PACKETS_MAX};
use crate::session::Sid;
use mio_wire::eio::Version;
use std::collections::HashMap;

/// The queued output, and the end after it. The end comes in an answer of its own, because clients
/// act on it before they hand over the events in the same answer.
#[derive(Debug)]
pub struct Farewell {
    form: Form,
    queue: Frames,
    last: Option<&'static str>,
    /// The account for which it is kept; `None` for exempt clients.
    pub account: Option<AccountId>,
    /// The time after which no client is expected to fetch it.
    pub due_ms: u64,
}

impl Farewell {
    pub(super) const fn new(form: Form, queue: Frames, last: Option<&'static str>) -> Self {
        Self { form, queue, last, account: None, due_ms: 0 }
    }

    /// Answers a poll. True if that was all.
    pub fn answer(&mut self, wire: &mut Wire<'_>, reply: Reply) -> bool {
        match self.queue.take(POLL_PACKETS_MAX) {
            Some(frames) => {
                self.form.answer(wire, reply, &frames, None);
                self.is_over()
            }
            None => {
                self.form.answer(wire, reply, &[], Some(self.last.unwrap_or("6")));
                true
            }
        }
    }

    /// Whether nothing is left to send.
    pub(super) const fn is_over(&self) -> bool {
        self.queue.is_empty() && self.last.is_none()
    }

    /// The protocol's version that its client speaks.
    pub const fn version(&self) -> Version {
        self.form.version
    }

    /// Bytes of memory that are its own.
    fn held_bytes(&self) -> usize {
        size_of::<(Sid, Self)>() + self.queue.own_bytes()
    }

    /// Bytes of memory that it may keep alive: it may be the last holder of shared bytes.
    fn weight(&self) -> usize {
        size_of::<(Sid, Self)>() + self.queue.own_bytes().max(self.queue.queued())
    }
}

/// All farewells. Their bytes are bounded in all, and one address may have a share of that.
#[derive(Debug, Default)]
pub struct Farewells {
    by_sid: HashMap<Sid, Farewell>,
    held_bytes: usize,
    weight: usize,
    /// The weight of each address's farewells, if it has any.
    by_account: HashMap<AccountId, usize>,
}

impl Farewells {
    /// Keeps a farewell, unless the total of all farewells, or of those of its address, would be
    /// too large. A single one may be as long as a session's queue.
    pub fn keep(&mut self, sid: Sid, farewell: Farewell) {
        let weight = farewell.weight();
        let of_address = farewell.account.and_then(|id| self.by_account.get(&id)).copied();
        let share = FAREWELLS_BYTES_MAX / FAREWELLS_TO_ADDRESS_MIN;
        if self.weight + weight > FAREWELLS_BYTES_MAX
            || of_address.is_some_and(|others| others + weight > share)
        {
            return;
        }
        self.weight += weight;
        self.held_bytes += farewell.held_bytes();
        if let Some(account) = farewell.account {
            *self.by_account.entry(account).or_default() += weight;
        }
        self.by_sid.insert(sid, farewell);
    }

    /// Takes the farewell for `sid`, to answer with; the caller puts back the rest.
    pub fn take(&mut self, sid: Sid) -> Option<Farewell> {
        let farewell = self.by_sid.remove(&sid)?;
        let weight = farewell.weight();
        self.weight -= weight;
        self.held_bytes -= farewell.held_bytes();
        if let Some(account) = farewell.account
            && let Some(of_address) = self.by_account.get_mut(&account)
        {
            *of_address -= weight;
            if *of_address == 0 {
                self.by_account.remove(&account);
            }
        }
        Some(farewell)
    }

    /// The farewell for `sid`, to look at.
    pub fn get(&self, sid: Sid) -> Option<&Farewell> {
        self.by_sid.get(&sid)
    }

    /// Sets the time until which all farewells are kept, and returns their ids, in an order that is
    /// always the same.
    pub fn hurry(&mut self, due_ms: u64) -> Vec<Sid> {
        self.by_sid.values_mut().for_each(|farewell| farewell.due_ms = due_ms);
        let mut sids: Vec<Sid> = self.by_sid.keys().copied().collect();
        sids.sort_unstable();
        sids
    }

    /// Forgets all.
    pub fn forget(&mut self) {
        *self = Self::default();
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.by_sid.is_empty()
    }

    /// Bytes of memory that belong to them alone.
    pub const fn held_bytes(&self) -> usize {
        self.held_bytes
    }

    /// Panics unless there are none, and nothing is counted.
    pub fn check_empty(&self) {
        let is_counted = self.held_bytes > 0 || self.weight > 0 || !self.by_account.is_empty();
        assert!(self.by_sid.is_empty() && !is_counted, "no farewell is left");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Chunk;

    /// Keeps one with `bytes` bytes queued, of its own or shared. True if it was kept.
    fn keep(all: &mut Farewells, number: usize, account: Option<u32>, queue: Frames) -> bool {
        let mut random = [0; Sid::RANDOM_BYTES];
        random[..8].copy_from_slice(&number.to_le_bytes());
        let sid = Sid::new(random);
        let form = Form { version: Version::V4, base64: false, is_json: true };
        let mut farewell = Farewell::new(form, queue, Some("1"));
        farewell.account = account.map(AccountId);
        all.keep(sid, farewell);
        all.get(sid).is_some()
    }

    /// The shortest frame, again and again.
    fn frames(bytes: usize) -> Vec<u8> {
        EMPTY_FRAME.repeat(bytes / EMPTY_FRAME.len())
    }

    fn own(bytes: usize) -> Frames {
        let mut queue = Frames::default();
        queue.append(&frames(bytes));
        queue
    }

    const EMPTY_FRAME: [u8; 2] = [0x82, 0];

    const SHARE: usize = FAREWELLS_BYTES_MAX / FAREWELLS_TO_ADDRESS_MIN;

    #[test]
    fn one_address_cannot_take_the_room_of_others() {
        let mut all = Farewells::default();
        let kept = (0..100).filter(|at| keep(&mut all, *at, Some(1), own(100_000))).count();
        assert_eq!(kept, SHARE / 100_000);
        assert!(keep(&mut all, 100, Some(2), own(100_000)));
        // Exempt clients share the rest.
        let kept = (101..400).filter(|at| keep(&mut all, *at, None, own(100_000))).count();
        assert!(kept > 130, "{kept}");
        assert!(!keep(&mut all, 400, Some(3), own(100_000)));
        for sid in all.hurry(1) {
            assert!(all.take(sid).is_some_and(|farewell| farewell.due_ms == 1));
        }
        all.check_empty();
    }

    #[test]
    fn one_alone_may_be_larger_than_the_share_of_its_address() {
        let mut all = Farewells::default();
        assert!(keep(&mut all, 0, Some(1), own(2 * SHARE)));
        assert!(!keep(&mut all, 1, Some(1), own(EMPTY_FRAME.len())));
        assert!(keep(&mut all, 2, Some(2), own(EMPTY_FRAME.len())));
    }

    #[test]
    fn empty_ones_and_shared_bytes_weigh_too() {
        let mut all = Farewells::default();
        let kept = (0..SHARE).take_while(|at| keep(&mut all, *at, Some(1), own(0))).count();
        assert_eq!(kept, SHARE / size_of::<(Sid, Farewell)>());
        assert_eq!(all.held_bytes(), kept * size_of::<(Sid, Farewell)>());
        let mut all = Farewells::default();
        let chunk = Chunk::new(&frames(100_000));
        let shared = || {
            let mut queue = Frames::default();
            queue.push(&chunk);
            queue
        };
        let kept = (0..100).filter(|at| keep(&mut all, *at, Some(1), shared())).count();
        assert_eq!(kept, SHARE / 100_000);
        // The count of all memory has counted the shared bytes already.
        assert_eq!(all.held_bytes(), kept * size_of::<(Sid, Farewell)>());
    }
}
