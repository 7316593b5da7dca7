//! A TCP stream that speaks TLS, at either end.

use super::prelude::Prelude;
use super::stream::finish_connecting;
use super::{Transport, Unopened, Wants};
use crate::base::CloseReason;
use crate::limits::{TLS_READ_BYTES, TLS_READS_MAX, TLS_WRITE_BYTES_MAX};
use mio::net::TcpStream;
use mio_wire::tls::{Received, Tls, TlsError};
use std::cell::RefCell;
use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::net::{IpAddr, Shutdown};
use std::sync::Arc;

/// Memory that all streams use, one after another, so that an idle one needs none.
struct Buffers {
    /// Records that have just been read.
    input: Vec<u8>,
    /// Text of several pieces, to be encrypted together.
    text: Vec<u8>,
    /// Records to be written.
    records: Vec<u8>,
}

thread_local! {
    static BUFFERS: RefCell<Buffers> = RefCell::new(Buffers {
        input: vec![0; TLS_READ_BYTES],
        text: Vec::new(),
        records: Vec::new(),
    });
}

/// A TCP stream that speaks TLS.
///
/// The bytes of one write are encrypted and written at once, in as few records as possible. Records
/// that the socket does not take wait here.
///
/// A proxy that passes on a client's TLS may write a header of the PROXY protocol before it. The
/// header is read as the beginning of the text, so that its reader need not know of TLS. The client
/// that it names is told before the handshake begins, so that the work is charged to that client.
#[derive(Debug)]
pub struct TlsStream {
    pub(super) socket: TcpStream,
    /// False while an outgoing connection is being made.
    is_connected: bool,
    tls: Tls,
    /// Records that the socket has not taken.
    unsent: Vec<u8>,
    /// There may be more text without another read.
    has_text: bool,
    /// The last read has emptied the socket, as far as a short read shows that.
    is_drained: bool,
    /// It has stopped reading before the socket was empty.
    has_stopped: bool,
    end: End,
    /// The answer to a client that does not speak TLS.
    plain_answer: Option<Arc<[u8]>>,
    prelude: Prelude,
}

/// The end of our side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// It has not ended.
    Open,
    /// That it has ended is among the unsent records.
    Queued,
    /// The socket is ended too.
    Done,
}

impl TlsStream {
    /// A stream that a client has begun. If it does not speak TLS, it gets `plain_answer`.
    pub(super) const fn accepted(socket: TcpStream, tls: Tls, plain_answer: Arc<[u8]>) -> Self {
        Self::new(socket, tls, true, Some(plain_answer))
    }

    /// A stream to a server, which is being connected.
    pub(super) const fn connecting(socket: TcpStream, tls: Tls) -> Self {
        Self::new(socket, tls, false, None)
    }

    const fn new(
        socket: TcpStream,
        tls: Tls,
        is_connected: bool,
        plain_answer: Option<Arc<[u8]>>,
    ) -> Self {
        Self {
            socket,
            is_connected,
            tls,
            unsent: Vec::new(),
            has_text: false,
            is_drained: false,
            has_stopped: false,
            end: End::Open,
            prelude: match plain_answer {
                Some(_) => Prelude::awaited(),
                None => Prelude::over(),
            },
            plain_answer,
        }
    }

    /// Reads once, unless there is something to be used first. Returns the number of bytes, in
    /// `input`.
    ///
    /// # Errors
    /// That of the socket, and `UnexpectedEof` at its end.
    fn fetch(&mut self, input: &mut [u8]) -> io::Result<usize> {
        if self.has_text {
            // Meanwhile more may have come, of which the poll tells only once.
            self.is_drained = false;
            return Ok(0);
        }
        let early = self.prelude.take_early(input);
        if early > 0 {
            return Ok(early);
        }
        let room = self.prelude.room(input.len());
        let count = self.socket.read(&mut input[..room])?;
        self.is_drained = count < room;
        match count {
            0 => Err(ErrorKind::UnexpectedEof.into()),
            count => Ok(count),
        }
    }

    /// Reads records once and takes their text, or only text that is there already.
    fn take(&mut self, text: &mut [u8], buffers: &mut Buffers) -> io::Result<Received> {
        let count = self.fetch(&mut buffers.input)?;
        if self.prelude.is_awaited() {
            self.prelude.cut(&buffers.input[..count]);
            return Ok(Received { text: 0, has_more: false });
        }
        buffers.records.clear();
        let received = self.tls.receive(&mut buffers.input[..count], text, &mut buffers.records);
        if let Ok(received) = &received {
            self.has_text = received.has_more;
        }
        // An alert is told even if nothing more can be.
        let sent = self.send(&buffers.records);
        match received {
            Err(error) => Err(self.refuse(&error, buffers)),
            Ok(received) => sent.map(|()| received),
        }
    }

    /// The peer does not keep to the protocol.
    fn refuse(&mut self, error: &TlsError, buffers: &mut Buffers) -> io::Error {
        if let Some(answer) = &self.plain_answer
            && *error == TlsError::Plain
        {
            // The answer is lost if the socket is closed with unread input.
            for _ in 0..TLS_READS_MAX {
                if !matches!(self.socket.read(&mut buffers.input), Ok(1..)) {
                    break;
                }
            }
            let _ = self.socket.write(answer);
            let _ = self.socket.shutdown(Shutdown::Write);
        }
        let why = Unopened { word: error.as_str(), text: error.to_string() };
        io::Error::new(ErrorKind::InvalidData, why)
    }

    /// Writes records, after those that wait already. Records that the socket does not take wait.
    fn send(&mut self, records: &[u8]) -> io::Result<()> {
        let taken = match self.unsent.is_empty() && !records.is_empty() {
            true => written(self.socket.write(records))?,
            false => 0,
        };
        self.unsent.extend_from_slice(&records[taken..]);
        Ok(())
    }

    /// Writes the records that wait.
    ///
    /// # Errors
    /// `WouldBlock` if the socket has not taken all of them.
    fn send_unsent(&mut self) -> io::Result<()> {
        if !self.unsent.is_empty() {
            let taken = written(self.socket.write(&self.unsent))?;
            self.unsent.drain(..taken);
            if !self.unsent.is_empty() {
                return Err(ErrorKind::WouldBlock.into());
            }
            self.unsent = Vec::new();
        }
        if self.end == End::Queued {
            self.end = End::Done;
            self.socket.shutdown(Shutdown::Write)?;
        }
        Ok(())
    }

    /// Says that nothing more comes.
    fn queue_end(&mut self) -> io::Result<()> {
        let mut records = Vec::new();
        self.tls.end(&mut records).map_err(broken)?;
        self.end = End::Queued;
        self.send(&records)
    }
}

/// Bytes that a socket has taken; none if it is full.
fn written(result: io::Result<usize>) -> io::Result<usize> {
    match result {
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(0),
        result => result,
    }
}

fn broken(error: TlsError) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, error)
}

impl Read for TlsStream {
    fn read(&mut self, text: &mut [u8]) -> io::Result<usize> {
        let header_bytes = self.prelude.read(text);
        if header_bytes > 0 {
            self.is_drained = false;
            return Ok(header_bytes);
        }
        self.has_stopped = false;
        BUFFERS.with_borrow_mut(|buffers| {
            for _ in 0..TLS_READS_MAX {
                if self.tls.is_ended() {
                    return Ok(0);
                }
                let received = self.take(text, buffers)?;
                if received.text > 0 {
                    return Ok(received.text);
                }
            }
            self.has_stopped = true;
            Err(ErrorKind::WouldBlock.into())
        })
    }
}

impl Write for TlsStream {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(text)])
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        if !self.is_open() {
            return Err(ErrorKind::WouldBlock.into());
        }
        self.send_unsent()?;
        BUFFERS.with_borrow_mut(|Buffers { text, records, .. }| {
            let text = match slices {
                [only] => &only[..only.len().min(TLS_WRITE_BYTES_MAX)],
                slices => {
                    text.clear();
                    for slice in slices {
                        let room = TLS_WRITE_BYTES_MAX - text.len();
                        text.extend_from_slice(&slice[..slice.len().min(room)]);
                    }
                    &**text
                }
            };
            records.clear();
            self.tls.send(text, records).map_err(broken)?;
            self.send(records)?;
            Ok(text.len())
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Transport for TlsStream {
    fn wants(&self) -> Wants {
        if !self.is_connected || !self.unsent.is_empty() {
            Wants::Write
        } else if self.tls.is_open() {
            Wants::Nothing
        } else {
            Wants::Read
        }
    }

    fn is_open(&self) -> bool {
        self.tls.is_open()
    }

    fn advance(&mut self) -> io::Result<()> {
        if !self.is_connected {
            finish_connecting(&self.socket)?;
            self.is_connected = true;
            let mut hello = Vec::new();
            self.tls.receive(&mut [], &mut [], &mut hello).map_err(broken)?;
            return self.send(&hello);
        }
        self.send_unsent()?;
        if self.tls.is_open() {
            return Ok(());
        }
        // Text may follow at once, and waits until the connection is open.
        BUFFERS.with_borrow_mut(|buffers| self.take(&mut [], buffers)).map(drop)
    }

    fn has_read_all(&self, _count: usize, _room: usize) -> bool {
        let has_read_header = !self.prelude.has_header();
        self.is_drained && !self.has_text && !self.tls.is_ended() && has_read_header
    }

    fn has_room(&self, _count: usize, _offered: usize) -> bool {
        self.unsent.is_empty()
    }

    fn has_source(&self) -> bool {
        self.prelude.has_source()
    }

    fn take_source(&mut self) -> Option<IpAddr> {
        self.prelude.take_source()
    }

    fn has_more(&self) -> bool {
        self.has_text || self.has_stopped || self.prelude.has_header()
    }

    fn holds_bytes(&self) -> bool {
        true
    }

    fn held_bytes(&self) -> usize {
        self.tls.held_bytes() + self.unsent.capacity() + self.prelude.held_bytes()
    }

    fn end(&mut self) -> io::Result<()> {
        if !self.tls.is_open() {
            return self.socket.shutdown(Shutdown::Write);
        }
        if self.end == End::Open {
            self.queue_end()?;
        }
        match self.send_unsent() {
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(()),
            sent => sent,
        }
    }

    /// A peer that is not told would take its input for incomplete. One that has said nothing may
    /// wait for a greeting, because it does not know of TLS.
    fn gone(&mut self, reason: CloseReason) {
        if let Some(answer) = self.plain_answer.as_ref().filter(|_| self.prelude.is_silent())
            && reason == CloseReason::Timeout
        {
            let _ = self.socket.write(answer);
        }
        if self.tls.is_open() && self.end == End::Open && self.unsent.is_empty() {
            let _ = self.queue_end();
        }
    }
}
