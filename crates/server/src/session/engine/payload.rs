//! Frames of a queue as the payload of an answer.

use super::{Reply, Wire, outgoing};
use mio_wire::eio::{self, Outgoing, jsonp};
use mio_wire::ws;

/// The form of packets in answers to one client.
#[derive(Debug, Clone, Copy)]
pub(super) struct Form {
    pub(super) version: eio::Version,
    /// Whether the client takes no binary messages.
    pub(super) base64: bool,
    /// Whether all texts are JSON.
    pub(super) is_json: bool,
}

impl Form {
    /// Answers a poll with the packets of `frames`, and `last`.
    pub(super) fn answer(
        self,
        wire: &mut Wire<'_>,
        reply: Reply,
        frames: &[u8],
        last: Option<&str>,
    ) {
        let packets = Packets { version: self.version, frames, last };
        let mut body = Vec::new();
        let is_octet_stream =
            eio::encode_payload(&mut body, self.version, self.base64, self.is_json, packets);
        answer_payload(wire, reply, &body, is_octet_stream);
    }
}

/// Answers a poll with a payload.
fn answer_payload(wire: &mut Wire<'_>, reply: Reply, body: &[u8], is_octet_stream: bool) {
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

/// Packets read back out of frames, with one more after them.
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
