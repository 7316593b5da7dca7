//! Packets in the bodies of requests and responses.

use super::{Carrier, Ending, Engine, Reply, Wire, outgoing};
use crate::base::ConnectionId;
use crate::limits::{FAREWELL_BYTES_MAX, POLL_BYTES_MAX, POLL_PACKETS_MAX, WRITE_SLICES_MAX};
use crate::proto::eio::{self, Outgoing, jsonp};
use crate::proto::ws;
use std::collections::VecDeque;
use std::io::IoSlice;

/// A request with packets from the client.
#[derive(Debug)]
pub struct Posted {
    /// The connection that it comes by.
    pub connection: ConnectionId,
    /// How to answer; not known until all of it is here.
    pub reply: Option<Reply>,
    /// The packets.
    pub body: Vec<u8>,
    /// Whether they are in the binary form.
    pub is_octet_stream: bool,
    /// Bytes of the body whose packets have been handled.
    pub at: usize,
    /// Packets handled.
    pub count: u32,
}

/// What a session that has ended is to be told when it polls once more.
#[derive(Debug)]
pub struct Farewell {
    /// The payload.
    pub body: Vec<u8>,
    /// Whether it is in the binary form.
    pub is_octet_stream: bool,
}

impl Engine {
    /// A poll has come. False if one is waiting already: the client has lost count.
    pub fn poll(&mut self, wire: &mut Wire<'_>, reply: Reply) -> bool {
        let Carrier::Polling { poll, .. } = &mut self.carrier else {
            reply.refuse(wire, 400, 3, "Bad request");
            return true;
        };
        if poll.is_some() {
            reply.bare(wire, 400);
            return false;
        }
        *poll = Some(Box::new(reply));
        self.answer_poll(wire);
        true
    }

    /// The request that has begun the session waits for its first packet.
    pub fn open_poll(&mut self, reply: Reply) {
        if let Carrier::Polling { poll, .. } = &mut self.carrier {
            *poll = Some(Box::new(reply));
        }
    }

    /// A request with packets begins to come by `connection`. False if another has not ended.
    pub fn begin_post(&mut self, connection: ConnectionId) -> bool {
        if self.posted.as_ref().is_some_and(|posted| posted.connection != connection) {
            return false;
        }
        self.posted.get_or_insert_with(|| {
            Box::new(Posted {
                connection,
                reply: None,
                body: Vec::new(),
                is_octet_stream: false,
                at: 0,
                count: 0,
            })
        });
        true
    }

    /// All packets of the client's request have been handled.
    pub fn accept_post(&mut self, wire: &mut Wire<'_>) {
        if let Some(reply) = self.posted.take().and_then(|posted| posted.reply) {
            reply.answer(wire, 200, &[("Content-Type", "text/html")], b"ok");
        }
    }

    /// Whether a request that `connection` brought waits for an answer or is still coming.
    pub fn waits_on(&self, connection: ConnectionId) -> bool {
        let polls = match &self.carrier {
            Carrier::Polling { poll, .. } => poll.as_deref(),
            Carrier::WebSocket(_) => None,
        };
        polls.is_some_and(|reply| reply.connection == connection)
            || self.posted.as_ref().is_some_and(|posted| posted.connection == connection)
    }

    /// Answers a waiting poll, if there is anything to answer.
    pub(super) fn answer_poll(&mut self, wire: &mut Wire<'_>) {
        let Carrier::Polling { poll, probe } = &mut self.carrier else { return };
        // A WebSocket is about to take over: the client ends its polling, however often it asks.
        let noop = probe.as_ref().is_some_and(|probe| probe.is_confirmed);
        if self.queue.is_empty() && !noop {
            return;
        }
        let Some(reply) = poll.take() else { return };
        match self.take_packets(POLL_PACKETS_MAX) {
            Some(frames) => self.write_payload(wire, *reply, &frames, None),
            None => self.write_payload(wire, *reply, &[], Some("6")),
        }
    }

    /// Answers what still waits, or returns what the next poll is to be answered.
    pub(super) fn end_poll(&mut self, wire: &mut Wire<'_>, ending: Ending) -> Option<Farewell> {
        let Carrier::Polling { poll, .. } = &mut self.carrier else { return None };
        let last = match ending {
            Ending::ByClient => "6",
            Ending::ByServer | Ending::Fault | Ending::Shutdown => "1",
        };
        let reply = poll.take();
        match reply {
            Some(reply) => {
                let frames = self.take_packets(POLL_PACKETS_MAX - 1).unwrap_or_default();
                self.write_payload(wire, *reply, &frames, Some(last));
                None
            }
            None if ending == Ending::ByServer => {
                let frames = self.take_last_packets();
                let mut body = Vec::new();
                let is_octet_stream = self.encode(&mut body, &frames, Some(last));
                Some(Farewell { body, is_octet_stream })
            }
            None => None,
        }
    }

    /// Answers a request that is cut off by the end of the session.
    pub(super) fn end_posted(&mut self, wire: &mut Wire<'_>, ending: Ending) {
        let Some(posted) = self.posted.take() else { return };
        if let Some(reply) = posted.reply {
            match ending {
                // It was what its packets asked for, or they have been heard.
                Ending::ByClient | Ending::ByServer => {
                    reply.answer(wire, 200, &[("Content-Type", "text/html")], b"ok");
                }
                Ending::Fault | Ending::Shutdown => reply.bare(wire, 400),
            }
        }
    }

    /// Takes the last few packets off the queue, as bytes of whole frames: why a session ends is
    /// told at its end.
    fn take_last_packets(&mut self) -> Vec<u8> {
        let mut all = Vec::new();
        while let Some(some) = self.take_packets(usize::MAX) {
            all.extend_from_slice(&some);
        }
        let (mut rest, mut starts) = (&*all, VecDeque::new());
        while !rest.is_empty() {
            starts.push_back(all.len() - rest.len());
            if starts.len() >= POLL_PACKETS_MAX {
                starts.pop_front();
            }
            if ws::split_frame(&mut rest).is_none() {
                break;
            }
        }
        let fits = |start: &usize| all.len() - start <= FAREWELL_BYTES_MAX;
        let from = starts.into_iter().find(fits).unwrap_or(all.len());
        all.split_off(from)
    }

    /// Takes up to `count` packets off the queue, as bytes of whole frames.
    pub(super) fn take_packets(&mut self, count: usize) -> Option<Vec<u8>> {
        let mut slices = [IoSlice::new(&[]); WRITE_SLICES_MAX];
        let pieces = self.queue.slices(&mut slices);
        let (mut frames, mut packets) = (Vec::new(), 0);
        'all: for piece in &slices[..pieces] {
            let mut rest: &[u8] = piece;
            while packets < count && frames.len() < POLL_BYTES_MAX {
                let before = rest;
                if ws::split_frame(&mut rest).is_none() {
                    continue 'all;
                }
                frames.extend_from_slice(&before[..before.len() - rest.len()]);
                packets += 1;
            }
            break;
        }
        self.queue.consume(frames.len());
        (packets > 0).then_some(frames)
    }

    pub(super) fn write_payload(
        &self,
        wire: &mut Wire<'_>,
        reply: Reply,
        frames: &[u8],
        last: Option<&str>,
    ) {
        let mut body = Vec::new();
        let is_octet_stream = self.encode(&mut body, frames, last);
        answer_payload(wire, reply, &body, is_octet_stream);
    }

    /// Writes the packets of `frames`, and `last`, as a payload; whether in the binary form.
    fn encode(&self, body: &mut Vec<u8>, frames: &[u8], last: Option<&str>) -> bool {
        let packets = Packets { version: self.version, frames, last };
        // An endpoint's messages are whatever they are.
        let is_json = self.endpoint.is_none();
        eio::encode_payload(body, self.version, self.base64, is_json, packets)
    }
}

/// Answers a poll with a payload.
pub fn answer_payload(wire: &mut Wire<'_>, reply: Reply, body: &[u8], is_octet_stream: bool) {
    let content_type = match is_octet_stream {
        true => "application/octet-stream",
        false => "text/plain; charset=UTF-8",
    };
    let headers = [("Content-Type", content_type), ("X-Content-Type-Options", "nosniff")];
    match &reply.jsonp {
        None => reply.answer(wire, 200, &headers, body),
        Some(index) => {
            let mut script = Vec::new();
            jsonp::wrap(&mut script, index, body);
            let headers = [("Content-Type", "text/javascript; charset=UTF-8"), headers[1]];
            reply.answer(wire, 200, &headers, &script);
        }
    }
}

/// Packets read back out of frames, with one more behind.
#[derive(Clone)]
struct Packets<'a> {
    version: eio::Version,
    frames: &'a [u8],
    last: Option<&'a str>,
}

impl<'a> Iterator for Packets<'a> {
    type Item = Outgoing<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        match ws::split_frame(&mut self.frames) {
            Some((opcode, payload)) => Some(outgoing(self.version, opcode, payload)),
            None => self.last.take().map(|last| Outgoing::Text(last.as_bytes())),
        }
    }
}
