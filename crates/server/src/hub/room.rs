//! One room: its members, and how much of this turn's batches each has got.

use super::Delivery;
use super::batch::{Batch, Gathered, NONE};
use crate::base::{Chunk, Namespace, Route, SocketId, Voice};
use crate::limits::ROOM_BYTES_CHECKED;

#[derive(Debug)]
pub(super) struct Room {
    /// Empty for the room of everyone in a namespace.
    pub(super) name: Box<str>,
    /// Namespaces of members that are, or were, also in another room: the output of both rooms must
    /// come in order.
    shared: Vec<Namespace>,
    /// Bytes of output since the last check whether its members keep up.
    told: usize,
    parts: Vec<Part>,
    members: Vec<Member>,
}

/// The members of a room who hear the same bytes. A part stays as long as its room.
#[derive(Debug)]
struct Part {
    voice: Voice,
    members: u32,
    /// Their output of this turn, if any.
    batch: Option<Batch>,
    /// Their output of the turn that ends, while it is delivered.
    whole: Option<Chunk>,
}

/// A socket in a room. It has a copy of the route, so that a settle walks one array.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) socket: SocketId,
    pub(super) route: Route,
    part: u16,
    /// Bytes of the batch that the member has got already, or that are older than its membership.
    heard: u32,
    /// The runs in the batch that the member does not get: its own, and those of authors it does
    /// not hear.
    first_cut: u32,
    last_cut: u32,
}

impl Member {
    fn reset(&mut self) {
        (self.heard, self.first_cut, self.last_cut) = (0, NONE, NONE);
    }
}

/// The members of a room, in no order. The type has a name, so that `cx.members(room).len()` may be
/// an argument of another call on the same context.
#[derive(Debug, Clone)]
pub struct Members<'a>(std::slice::Iter<'a, Member>);

impl<'a> Members<'a> {
    pub(super) fn new(members: &'a [Member]) -> Self {
        Self(members.iter())
    }
}

impl Iterator for Members<'_> {
    type Item = SocketId;

    fn next(&mut self) -> Option<SocketId> {
        self.0.next().map(|member| member.socket)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl ExactSizeIterator for Members<'_> {}

impl Room {
    pub(super) const fn new(name: Box<str>) -> Self {
        Self { name, shared: Vec::new(), told: 0, parts: Vec::new(), members: Vec::new() }
    }

    pub(super) fn members(&self) -> &[Member] {
        &self.members
    }

    pub(super) fn voice(&self, member: &Member) -> Voice {
        self.parts[usize::from(member.part)].voice
    }

    pub(super) fn is_speaking(&self) -> bool {
        self.parts.iter().any(|part| part.batch.is_some())
    }

    /// Notes that a member of `namespace` is in another room too.
    pub(super) fn share(&mut self, namespace: Namespace) {
        if !self.is_shared(namespace) {
            self.shared.push(namespace);
        }
    }

    pub(super) fn is_shared(&self, namespace: Namespace) -> bool {
        self.shared.contains(&namespace)
    }

    pub(super) fn has_audience(&self, namespace: Namespace) -> bool {
        self.parts.iter().any(|part| part.voice.namespace == namespace && part.members > 0)
    }

    /// Adds a member, which hears the batch from here on, and returns its number.
    pub(super) fn add(&mut self, socket: SocketId, route: Route, voice: Voice) -> u32 {
        let (part, heard) = self.part_for(voice);
        self.members.push(Member { socket, route, part, heard, first_cut: NONE, last_cut: NONE });
        (self.members.len() - 1) as u32
    }

    /// Counts one more member in the part for `voice`. Returns its place, and the length of its
    /// batch so far.
    fn part_for(&mut self, voice: Voice) -> (u16, u32) {
        let found = self.parts.iter().position(|part| part.voice == voice);
        let at = found.unwrap_or_else(|| {
            self.parts.push(Part { voice, members: 0, batch: None, whole: None });
            self.parts.len() - 1
        });
        let part = &mut self.parts[at];
        part.members += 1;
        (at as u16, part.batch.as_ref().map_or(0, Batch::len))
    }

    /// Lets a member, which has got all its bytes so far, hear another voice from here on.
    pub(super) fn revoice(&mut self, at: u32, voice: Voice) {
        let Some(part) = self.members.get(at as usize).map(|member| member.part) else { return };
        self.parts[usize::from(part)].members -= 1;
        let (part, heard) = self.part_for(voice);
        let member = &mut self.members[at as usize];
        member.reset();
        (member.part, member.heard) = (part, heard);
    }

    /// Removes a member. Returns the socket that takes over its number, if there is one.
    pub(super) fn remove(&mut self, at: u32) -> Option<SocketId> {
        let member = self.members.swap_remove(at as usize);
        self.parts[usize::from(member.part)].members -= 1;
        self.members.get(at as usize).map(|member| member.socket)
    }

    pub(super) fn reroute(&mut self, at: u32, route: Route) {
        if let Some(member) = self.members.get_mut(at as usize) {
            member.route = route;
        }
    }

    /// When the turn settles, sends the members of `namespace`, except those with the numbers
    /// `except`, the output that `render` appends for their voice. Returns how much was gathered.
    pub(super) fn post(
        &mut self,
        namespace: Namespace,
        except: &[u32],
        spare: &mut Vec<Batch>,
        mut render: impl FnMut(Voice, &mut Vec<u8>),
    ) -> Gathered {
        let mut gathered = Gathered::default();
        for (at, part) in self.parts.iter_mut().enumerate() {
            if part.voice.namespace != namespace || part.members == 0 {
                continue;
            }
            let batch = part.batch.get_or_insert_with(|| spare.pop().unwrap_or_default());
            let start = batch.len();
            render(part.voice, batch.bytes());
            let bytes = (batch.len() - start) as usize;
            let copies = bytes.saturating_mul(part.members as usize);
            gathered.add(Gathered { bytes, copies });
            for number in except {
                let member = self.members.get_mut(*number as usize);
                let Some(member) = member.filter(|it| usize::from(it.part) == at) else { continue };
                member.last_cut = batch.cut(start, member.last_cut);
                if member.first_cut == NONE {
                    member.first_cut = member.last_cut;
                }
            }
        }
        self.told += gathered.bytes;
        gathered
    }

    /// Whether it had so much output that somebody must check whether its members keep up; true
    /// only once.
    pub(super) const fn take_heavy(&mut self) -> bool {
        let is_heavy = self.told >= ROOM_BYTES_CHECKED;
        if is_heavy {
            self.told = 0;
        }
        is_heavy
    }

    /// Delivers a copy of the bytes that the member at `at` has not got yet.
    pub(super) fn catch_up(&mut self, at: u32, delivery: &mut impl Delivery) {
        let Some(member) = self.members.get_mut(at as usize) else { return };
        let Some(batch) = &self.parts[usize::from(member.part)].batch else { return };
        for part in batch.parts(member.heard, member.first_cut) {
            let bytes = &batch.as_bytes()[part.start as usize..part.end as usize];
            delivery.copy(member.route, bytes);
        }
        member.reset();
        member.heard = batch.len();
    }

    /// Delivers to each member the bytes that it has not got yet. `done` gets the batches.
    pub(super) fn settle(&mut self, delivery: &mut impl Delivery, mut done: impl FnMut(Batch)) {
        for part in &mut self.parts {
            part.whole = part.batch.as_ref().map(|batch| Chunk::new(batch.as_bytes()));
        }
        for member in &mut self.members {
            let part = &self.parts[usize::from(member.part)];
            let (Some(whole), Some(batch)) = (&part.whole, &part.batch) else { continue };
            if member.heard == 0 && member.first_cut == NONE {
                delivery.share(member.route, whole);
                continue;
            }
            for part in batch.parts(member.heard, member.first_cut) {
                delivery.share(member.route, &whole.slice(part));
            }
            member.reset();
        }
        self.drop_batches(&mut done);
    }

    /// Ends this turn's batches without delivering them.
    pub(super) fn drop_batches(&mut self, done: &mut impl FnMut(Batch)) {
        for part in &mut self.parts {
            part.whole = None;
            part.batch.take().into_iter().for_each(&mut *done);
        }
    }

    /// Panics unless the parts count their members.
    pub(super) fn check_invariants(&self) {
        for (at, part) in self.parts.iter().enumerate() {
            let members = self.members.iter().filter(|member| usize::from(member.part) == at);
            assert_eq!(members.count(), part.members as usize, "a part counts its members");
        }
    }
}
