//! The ways between nodes and Redis. Bytes arrive late, in pieces, or after the sender has given
//! the connection up, but those of one direction always in their order: TCP sees to that.

use super::redis::Redis;
use fastrand::Rng;
use mio_chat::chat::Chat;
use mio_socketio::testing::{RemoteEnd, TestServer};
use std::collections::VecDeque;

/// Bytes that a connection on a bad day carries at a time.
const PIECE_BYTES_MAX: usize = 64;

/// How the way from a node to Redis and back is.
#[derive(Debug, Clone, Copy)]
pub struct Weather {
    /// Milliseconds that a piece takes at most.
    pub latency_ms: u64,
    /// Bytes come in small pieces.
    pub trickles: bool,
    /// Nothing arrives at Redis, until then.
    pub deaf_until_ms: u64,
    /// Nothing arrives at the node, until then.
    pub dumb_until_ms: u64,
}

impl Weather {
    pub const FAIR: Self =
        Self { latency_ms: 1, trickles: false, deaf_until_ms: 0, dumb_until_ms: 0 };
}

/// One direction of a connection.
#[derive(Default)]
struct Way {
    pieces: VecDeque<(u64, Vec<u8>)>,
    last_ms: u64,
    /// Nothing goes on, until then.
    stalled_until_ms: u64,
    /// The sender sends nothing more.
    is_ended: bool,
}

struct Connection {
    node: usize,
    /// Which run of the node.
    run: usize,
    end: RemoteEnd,
    /// Its number at Redis.
    client: usize,
    to_redis: Way,
    to_node: Way,
    /// The node has given it up.
    is_left: bool,
}

#[derive(Default)]
pub struct Network {
    all: Vec<Connection>,
    made: usize,
}

impl Way {
    fn send(&mut self, now_ms: u64, bytes: &[u8], weather: Weather, random: &mut Rng) {
        let mut rest = bytes;
        while !rest.is_empty() {
            let count = match weather.trickles {
                true => random.usize(1..=PIECE_BYTES_MAX).min(rest.len()),
                false => rest.len(),
            };
            let (piece, after) = rest.split_at(count);
            let due_ms = now_ms + random.u64(0..=weather.latency_ms);
            // A trickle is slow because of its many pieces; each need not be.
            let due_ms = if weather.trickles { now_ms + random.u64(0..3) } else { due_ms };
            self.last_ms = self.last_ms.max(due_ms);
            self.pieces.push_back((self.last_ms, piece.to_vec()));
            self.last_ms += u64::from(weather.trickles);
            rest = after;
        }
    }

    fn next_ms(&self, held_until_ms: u64) -> Option<u64> {
        let due_ms = self.pieces.front().map(|piece| piece.0);
        let due_ms = due_ms.or(self.is_ended.then_some(self.last_ms));
        due_ms.map(|due_ms| due_ms.max(held_until_ms).max(self.stalled_until_ms))
    }

    fn take(&mut self, now_ms: u64, held_until_ms: u64) -> Option<Vec<u8>> {
        if held_until_ms.max(self.stalled_until_ms) > now_ms {
            return None;
        }
        self.pieces.pop_front_if(|piece| piece.0 <= now_ms).map(|piece| piece.1)
    }

    /// Whether the end of it has arrived.
    fn is_over(&self, now_ms: u64, held_until_ms: u64) -> bool {
        self.is_ended
            && self.pieces.is_empty()
            && held_until_ms.max(self.stalled_until_ms) <= now_ms
    }
}

impl Network {
    /// When the next bytes arrive.
    pub fn next_ms(&self, weather: &[Weather]) -> Option<u64> {
        let next = self.all.iter().flat_map(|it| {
            let weather = weather[it.node];
            [it.to_redis.next_ms(weather.deaf_until_ms), it.to_node.next_ms(weather.dumb_until_ms)]
        });
        next.flatten().min()
    }

    /// Takes what a node has sent, and the connections that it has begun or given up.
    pub fn collect(
        &mut self,
        now_ms: u64,
        (node, run): (usize, usize),
        server: &mut TestServer<Chat>,
        redis: &mut Redis,
        weather: Weather,
        random: &mut Rng,
    ) {
        for end in server.remote_ends() {
            self.made += 1;
            let client = self.made;
            redis.accept(client);
            let (to_redis, to_node) = (Way::default(), Way::default());
            self.all.push(Connection { node, run, end, client, to_redis, to_node, is_left: false });
        }
        for it in self.all.iter_mut().filter(|it| (it.node, it.run) == (node, run) && !it.is_left) {
            let bytes = server.sent_to(it.end);
            it.to_redis.send(now_ms, &bytes, weather, random);
            if !server.is_open(it.end) {
                (it.is_left, it.to_redis.is_ended) = (true, true);
                it.to_redis.last_ms = it.to_redis.last_ms.max(now_ms);
            }
        }
    }

    /// A node has died: what it has sent still arrives.
    pub fn bury(&mut self, node: usize, run: usize) {
        for it in self.all.iter_mut().filter(|it| (it.node, it.run) == (node, run)) {
            (it.is_left, it.to_redis.is_ended) = (true, true);
        }
    }

    /// Redis hears what has arrived.
    pub fn bring_to_redis(
        &mut self,
        now_ms: u64,
        weather: &[Weather],
        redis: &mut Redis,
        random: &mut Rng,
    ) {
        random.shuffle(&mut self.all);
        for it in &mut self.all {
            let held_until_ms = weather[it.node].deaf_until_ms;
            while let Some(bytes) = it.to_redis.take(now_ms, held_until_ms) {
                redis.receive(it.client, &bytes);
            }
            if it.to_redis.is_over(now_ms, held_until_ms) {
                redis.close(it.client);
            }
            let bytes = redis.take_output(it.client);
            it.to_node.send(now_ms, &bytes, weather[it.node], random);
        }
        self.all.retain(|it| !it.is_left || redis.has(it.client));
    }

    /// A node hears what has arrived. True if something has.
    pub fn bring_to_node(
        &mut self,
        now_ms: u64,
        node: usize,
        server: &mut TestServer<Chat>,
        weather: Weather,
    ) -> bool {
        let mut has_come = false;
        for it in self.all.iter_mut().filter(|it| it.node == node && !it.is_left) {
            while let Some(bytes) = it.to_node.take(now_ms, weather.dumb_until_ms) {
                server.send_from(it.end, &bytes);
                has_come = true;
            }
            if it.to_node.is_over(now_ms, weather.dumb_until_ms) {
                server.disconnect(it.end);
                it.is_left = true;
                has_come = true;
            }
        }
        has_come
    }

    /// Whether something arrives at a node now.
    pub fn comes_to(&self, now_ms: u64, node: usize, weather: Weather) -> bool {
        let mut own = self.all.iter().filter(|it| it.node == node && !it.is_left);
        own.any(|it| it.to_node.next_ms(weather.dumb_until_ms).is_some_and(|at| at <= now_ms))
    }

    /// Redis has died: what it has sent still arrives, and then the end.
    pub fn end_all(&mut self, now_ms: u64, redis: &Redis) {
        for it in self.all.iter_mut().filter(|it| !redis.has(it.client)) {
            it.to_node.is_ended = true;
            it.to_node.last_ms = it.to_node.last_ms.max(now_ms);
            it.to_redis.pieces.clear();
        }
        self.all.retain(|it| !it.is_left);
    }

    /// Nothing stands still any more.
    pub fn heal(&mut self, now_ms: u64) {
        for it in &mut self.all {
            for way in [&mut it.to_redis, &mut it.to_node] {
                way.stalled_until_ms = way.stalled_until_ms.min(now_ms);
            }
        }
    }

    /// One connection of a node breaks. Redis gets what is under way to it, or does not, and the
    /// node nothing more.
    pub fn cut(&mut self, node: usize, server: &mut TestServer<Chat>, random: &mut Rng) {
        let own: Vec<usize> = (0..self.all.len()).filter(|at| self.all[*at].node == node).collect();
        let Some(at) = random.choice(own) else { return };
        let it = &mut self.all[at];
        if random.bool() {
            let left = random.usize(..=it.to_redis.pieces.len());
            it.to_redis.pieces.truncate(left);
        }
        if !it.is_left {
            server.cut(it.end);
        }
        (it.is_left, it.to_redis.is_ended) = (true, true);
        it.to_node = Way::default();
    }

    /// One direction of a connection stands still for a while, as after a loss of packets.
    pub fn stall(&mut self, node: usize, until_ms: u64, random: &mut Rng) {
        let own = self.all.iter_mut().filter(|it| it.node == node && !it.is_left);
        if let Some(it) = random.choice(own.collect::<Vec<_>>()) {
            let way = if random.bool() { &mut it.to_redis } else { &mut it.to_node };
            way.stalled_until_ms = until_ms;
        }
    }
}
