//! A connection at the HTTP door: one request after another, each answered before the next.

use super::content::Content;
use super::{Caller, patience_ends_ms};
use crate::base::{NEVER_MS, PeerAddress, SessionId};
use crate::limits::{
    CONTENT_PIECE_MS, HTTP_HEAD_MS, HTTP_INPUT_WAITING_BYTES_MAX, HTTP_KEEP_ALIVE_MS,
    SPARE_REQUEST_MS,
};
use mio_wire::http::{self, Body, Framing, Head, OwnedHead, Refusal};
use mio_wire::proxy::{self, Start};

/// A complete request.
#[derive(Debug)]
pub struct Request {
    head: OwnedHead,
    body: Vec<u8>,
}

impl Request {
    /// Its head, which was read when it came.
    pub fn head(&self) -> Head<'_> {
        self.head.head()
    }

    /// Its body; empty if it has none.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// Bytes of memory that it holds.
    pub const fn held_bytes(&self) -> usize {
        self.head.held_bytes() + self.body.capacity()
    }

    /// Its body, to keep.
    pub fn into_body(self) -> Vec<u8> {
        self.body
    }
}

/// The progress of a request.
#[derive(Debug)]
pub enum Step {
    /// Its head is here and a body follows. Now it can be refused.
    Begun,
    /// All of it is here. Nothing more is read off the connection until it is answered.
    Whole(Request),
}

/// The door by which a connection of HTTP has come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HttpDoor {
    /// The HTTP door.
    Clients,
    /// The HTTP door, when all places were taken. The connection has a place kept for a few routes:
    /// for one request without a body, and for a short time.
    Spare,
    /// The operators' door.
    Operators,
}

/// A connection's requests.
#[derive(Debug)]
pub struct HttpPeer {
    state: State,
    /// Bytes that have not been used yet.
    input: Vec<u8>,
    /// Bytes of the input that contain no end of a head.
    scanned: usize,
    /// The time since which the request, or its body, is awaited.
    since_ms: u64,
    /// Requests answered.
    answered: u32,
    /// The client of the connection, as its address or a proxy's header says. A request may be
    /// another client's.
    pub caller: Caller,
    door: HttpDoor,
    /// Whether it speaks TLS.
    pub is_secure: bool,
    /// The time at which it ends in any case; [`NEVER_MS`] unless its place is a spare one.
    ends_at_ms: u64,
    /// The session that its request is for.
    pub session: Option<SessionId>,
    /// The deadline set for it.
    pub wakes_at_ms: u64,
    /// The time until which it is not read, because its address is over a limit.
    pub held_until_ms: Option<u64>,
    /// The request that waits until then.
    pub held: Option<Request>,
    /// Whether the body that is coming is for a bulk route.
    pub is_bulk: bool,
}

#[derive(Debug)]
enum State {
    /// The first bytes have not been examined, and may be a proxy's header.
    Arriving,
    Head,
    Body {
        request: Request,
        decoder: Body,
    },
    /// A request is being answered.
    Busy,
    /// The head of the answer has gone out, and its content follows piece by piece. Without
    /// `keep_alive` it is the last answer.
    Sending {
        content: Content,
        keep_alive: bool,
    },
}

impl HttpPeer {
    /// A connection accepted at `now_ms`.
    pub fn new(door: HttpDoor, address: PeerAddress, now_ms: u64) -> Self {
        Self {
            state: State::Head,
            input: Vec::new(),
            scanned: 0,
            since_ms: now_ms,
            answered: 0,
            caller: Caller::direct(address),
            door,
            is_secure: false,
            ends_at_ms: match door {
                HttpDoor::Spare => now_ms + SPARE_REQUEST_MS,
                HttpDoor::Clients | HttpDoor::Operators => NEVER_MS,
            },
            session: None,
            wakes_at_ms: NEVER_MS,
            held_until_ms: None,
            held: None,
            is_bulk: false,
        }
    }

    /// A connection from a trusted proxy's address, so that it may begin with a proxy's header.
    pub fn behind_proxy(door: HttpDoor, address: PeerAddress, now_ms: u64) -> Self {
        Self { state: State::Arriving, ..Self::new(door, address, now_ms) }
    }

    /// The door by which it has come in.
    pub const fn door(&self) -> HttpDoor {
        self.door
    }

    /// Takes bytes in. False if too many wait after an unanswered request.
    pub fn receive(&mut self, bytes: &[u8], now_ms: u64) -> bool {
        if self.input.is_empty() && matches!(self.state, State::Head) && self.answered > 0 {
            self.since_ms = now_ms;
        }
        self.input.extend_from_slice(bytes);
        !self.is_busy() || self.input.len() <= HTTP_INPUT_WAITING_BYTES_MAX
    }

    /// Takes the next step. `Ok(None)` means that bytes, or the answer to the last request, are
    /// needed. A body may have `body_bytes_max` bytes.
    ///
    /// # Errors
    /// The answer to the client before the connection closes.
    pub fn next(&mut self, body_bytes_max: usize, now_ms: u64) -> Result<Option<Step>, Refusal> {
        match &mut self.state {
            State::Busy | State::Sending { .. } => Ok(None),
            State::Arriving => {
                if self.take_proxy_header()? {
                    self.state = State::Head;
                    return self.next(body_bytes_max, now_ms);
                }
                Ok(None)
            }
            State::Head => {
                let Some(end) = http::head_end(&self.input, &mut self.scanned)? else {
                    return Ok(None);
                };
                let rest = self.input.split_off(end);
                let head = std::mem::replace(&mut self.input, rest);
                self.scanned = 0;
                let head = OwnedHead::parse(head)?;
                let framing = head.head().framing;
                let request = Request { head, body: Vec::new() };
                if framing == Framing::None {
                    self.state = State::Busy;
                    return Ok(Some(Step::Whole(request)));
                }
                if self.door == HttpDoor::Spare && framing != Framing::Length(0) {
                    let why = "the server is full: no request with a body is taken";
                    return Err(Refusal { status: 413, why });
                }
                let decoder = Body::new(framing, body_bytes_max)?;
                self.state = State::Body { request, decoder };
                self.since_ms = now_ms;
                Ok(Some(Step::Begun))
            }
            State::Body { request, decoder } => {
                let mut rest = &*self.input;
                let whole = decoder.decode(&mut rest, &mut request.body)?;
                let taken = self.input.len() - rest.len();
                self.input.drain(..taken);
                if !whole {
                    self.input = Vec::new();
                    return Ok(None);
                }
                match std::mem::replace(&mut self.state, State::Busy) {
                    State::Body { request, .. } => Ok(Some(Step::Whole(request))),
                    State::Arriving | State::Head | State::Busy | State::Sending { .. } => Ok(None),
                }
            }
        }
    }

    /// Takes a proxy's header off the first bytes, if there is one. False if more bytes are needed.
    fn take_proxy_header(&mut self) -> Result<bool, Refusal> {
        match proxy::start(&self.input) {
            Start::More => return Ok(false),
            Start::Nothing => (),
            Start::Header(header) => {
                self.input.drain(..header.bytes);
                self.caller.by_proxy = true;
                self.caller.address = header.source.map_or(self.caller.address, PeerAddress::from);
            }
            Start::Malformed => {
                return Err(Refusal { status: 400, why: "a PROXY header that cannot be read" });
            }
        }
        Ok(true)
    }

    /// Whether the unreadable bytes are the header of a proxy that is not trusted.
    pub fn is_proxy_header(&self) -> bool {
        let is_header = || matches!(proxy::start(&self.input), Start::Header(_) | Start::Malformed);
        self.answered == 0 && matches!(self.state, State::Head) && is_header()
    }

    /// Bytes that have not been used yet.
    pub fn input_bytes(&self) -> usize {
        self.input.len()
    }

    /// The head of the request whose body is coming.
    pub fn begun(&self) -> Option<Head<'_>> {
        match &self.state {
            State::Body { request, .. } => Some(request.head()),
            State::Arriving | State::Head | State::Busy | State::Sending { .. } => None,
        }
    }

    /// Notes that the last request is answered, so that the next one may come.
    pub fn answered(&mut self, now_ms: u64) {
        self.state = State::Head;
        self.session = None;
        self.since_ms = now_ms;
        self.answered = self.answered.saturating_add(1);
        if self.input.is_empty() {
            self.input = Vec::new();
        }
    }

    /// The bytes after a request that made this connection speak another protocol.
    pub fn into_input(self) -> Vec<u8> {
        self.input
    }

    /// Bytes of memory that it holds.
    pub fn held_bytes(&self) -> usize {
        let request = match &self.state {
            State::Body { request, .. } => request.held_bytes(),
            State::Arriving | State::Head | State::Busy | State::Sending { .. } => 0,
        };
        let held = self.held.as_ref().map_or(0, Request::held_bytes);
        self.input.capacity() + request + held
    }

    /// The time since which it is idle between two requests; `None` if it is not.
    pub fn rests_since_ms(&self) -> Option<u64> {
        (matches!(self.state, State::Head) && self.input.is_empty()).then_some(self.since_ms)
    }

    /// It is read again from now on. Input that was kept out in the meantime counts as in time.
    pub fn resume(&mut self, now_ms: u64) {
        self.held_until_ms = None;
        self.since_ms = self.since_ms.max(now_ms);
    }

    /// Whether a request waits for its answer.
    pub const fn is_busy(&self) -> bool {
        matches!(self.state, State::Busy | State::Sending { .. })
    }

    /// Sends an answer's content piece by piece from now on.
    pub fn begin_sending(&mut self, content: Content, keep_alive: bool, now_ms: u64) {
        self.state = State::Sending { content, keep_alive };
        self.since_ms = now_ms;
    }

    /// The content that is being sent. The client has time for its next piece from now on.
    pub fn content(&mut self, now_ms: u64) -> Option<&mut Content> {
        let State::Sending { content, .. } = &mut self.state else { return None };
        self.since_ms = now_ms;
        Some(content)
    }

    /// Whether an answer's content is being sent.
    pub const fn is_sending(&self) -> bool {
        matches!(self.state, State::Sending { .. })
    }

    /// The client sends no more requests, so the answer that is being sent is the last one.
    pub fn send_last(&mut self) {
        if let State::Sending { keep_alive, .. } = &mut self.state {
            *keep_alive = false;
        }
    }

    /// Whether the connection goes on after the answer that is being sent.
    pub const fn keeps_alive(&self) -> bool {
        matches!(self.state, State::Sending { keep_alive: true, .. })
    }

    /// Whether it has bytes that may complete a request.
    pub fn has_input(&self) -> bool {
        !self.is_busy() && !self.input.is_empty()
    }

    /// Whether a request has begun and not ended.
    pub fn is_in_request(&self) -> bool {
        !matches!(self.state, State::Arriving | State::Head) || !self.input.is_empty()
    }

    /// When the wait for the client ends; `None` while the client waits for the server.
    pub fn due_ms(&self) -> Option<u64> {
        let due_ms = match &self.state {
            State::Sending { .. } => self.since_ms + CONTENT_PIECE_MS,
            _ if self.is_busy() || self.held_until_ms.is_some() => NEVER_MS,
            State::Body { request, .. } => patience_ends_ms(self.since_ms, request.body.len()),
            State::Head if self.answered > 0 && self.input.is_empty() => {
                self.since_ms + HTTP_KEEP_ALIVE_MS
            }
            State::Arriving | State::Head | State::Busy => self.since_ms + HTTP_HEAD_MS,
        };
        Some(due_ms.min(self.ends_at_ms)).filter(|due_ms| *due_ms != NEVER_MS)
    }
}
