//! Packets in the bodies of requests and responses.

use super::{Carrier, Ending, Engine, Farewell, Form, Reply, Wire, seconds};
use crate::base::{ConnectionId, Destination};
use crate::limits::POLL_PACKETS_MAX;
use crate::session::Request;
use mio_wire::eio::jsonp;

/// A request with packets from the client.
#[derive(Debug)]
pub struct Posted {
    /// The connection that brings it.
    pub connection: ConnectionId,
    /// The way to answer; `None` until all of it is here.
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

impl Engine {
    /// Notes a poll. False if one is waiting already: the client has lost count.
    pub fn poll(&mut self, wire: &mut Wire<'_>, reply: Reply, now_ms: u64) -> bool {
        let Carrier::Polling { poll, polled_s, .. } = &mut self.carrier else {
            reply.refuse(wire, 400, 3, "Bad request");
            return true;
        };
        if poll.is_some() {
            reply.bare(wire, 400);
            return false;
        }
        *polled_s = seconds(now_ms);
        *poll = Some(Box::new(reply));
        self.answer_poll(wire);
        true
    }

    /// Notes that the request that began the session waits for its first packet.
    pub fn open_poll(&mut self, reply: Reply) {
        if let Carrier::Polling { poll, .. } = &mut self.carrier {
            *poll = Some(Box::new(reply));
        }
    }

    /// Notes that a request with packets begins to come over `connection`. False if another has not
    /// ended.
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

    /// Notes that all packets of the client's request have been handled.
    pub fn accept_post(&mut self, wire: &mut Wire<'_>) {
        if let Some(reply) = self.posted.take().and_then(|posted| posted.reply) {
            reply.ok(wire);
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
        let Carrier::Polling { poll, .. } = &mut self.carrier else { return };
        if self.queue.is_empty() {
            return;
        }
        let Some(reply) = poll.take() else { return };
        let frames = self.queue.take(POLL_PACKETS_MAX).unwrap_or_default();
        self.form().answer(wire, *reply, &frames, None);
    }

    /// Answers the waiting poll, and returns the answers for later polls. The queued output comes
    /// first, in as many answers as it takes, and the end in an answer of its own.
    pub(super) fn end_poll(&mut self, wire: &mut Wire<'_>, ending: Ending) -> Option<Farewell> {
        let Carrier::Polling { poll, .. } = &mut self.carrier else { return None };
        let poll = poll.take();
        let last = match ending {
            // The client ends its polling by itself.
            Ending::ByClient => None,
            Ending::ByServer | Ending::Failed | Ending::Fault => Some("1"),
            // Python clients stay away when they are told the end; all clients come back when a
            // poll fails.
            Ending::Shutdown => None,
        };
        let was_polled = poll.is_some();
        let mut farewell = Farewell::new(self.form(), std::mem::take(&mut self.queue), last);
        let is_over = match poll {
            // The next poll comes over another connection.
            Some(reply) if ending == Ending::Shutdown => farewell.answer(wire, reply.closing()),
            Some(reply) => farewell.answer(wire, *reply),
            None => farewell.is_over(),
        };
        let is_owed = match ending {
            Ending::ByServer | Ending::Failed | Ending::Shutdown => true,
            Ending::Fault => was_polled,
            Ending::ByClient => false,
        };
        (is_owed && !is_over).then_some(farewell)
    }

    /// Answers a request that is cut off by the end of the session.
    pub(super) fn end_posted(&mut self, wire: &mut Wire<'_>, ending: Ending) {
        let Some(posted) = self.posted.take() else { return };
        if let Some(reply) = posted.reply {
            match ending {
                // The packets asked for the end, or they have been handled. A client whose request
                // fails does not ask again, and its last output is still to be fetched.
                Ending::ByClient | Ending::ByServer | Ending::Failed | Ending::Shutdown => {
                    reply.ok(wire);
                }
                Ending::Fault => reply.bare(wire, 400),
            }
        }
    }

    /// The form of packets in its answers.
    pub(super) const fn form(&self) -> Form {
        // Messages of an endpoint may be anything.
        Form {
            version: self.version,
            base64: self.base64,
            is_json: matches!(self.target, Destination::SocketIo),
        }
    }
}

/// The packets in a request, and whether they are in the binary form of version 3.
pub fn posted(request: Request) -> (Vec<u8>, bool) {
    let head = request.head();
    let content_type = head.header("content-type").unwrap_or_default();
    let is_octet_stream = content_type.starts_with("application/octet-stream");
    let body = match head.param("j").is_some() {
        true => jsonp::unwrap(request.body()).unwrap_or_default(),
        false => request.into_body(),
    };
    (body, is_octet_stream)
}
