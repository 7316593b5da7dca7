//! A connection to a server, for any protocol.

use super::harness::DEADLINE;
use socket2::SockRef;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

/// Reads and writes fail the test if nothing moves for [`DEADLINE`].
pub(crate) struct Stream(pub(crate) BufReader<TcpStream>);

impl Stream {
    pub(crate) fn tcp(&self) -> &TcpStream {
        self.0.get_ref()
    }

    pub(crate) fn send(&self, bytes: impl AsRef<[u8]>) {
        self.try_send(bytes).expect("the server reads");
    }

    pub(crate) fn try_send(&self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        self.tcp().write_all(bytes.as_ref())
    }

    /// Ends our side; the server's goes on.
    pub(crate) fn half_close(&self) {
        self.tcp().shutdown(Shutdown::Write).expect("the connection stands");
    }

    /// Makes it close with a reset instead of an end.
    pub(crate) fn will_reset(&self) {
        let socket = SockRef::from(self.tcp());
        socket.set_linger(Some(Duration::ZERO)).expect("linger can be set");
    }

    /// The bytes up to the next LF, including it, or up to any end.
    pub(crate) fn until_lf(&mut self) -> Vec<u8> {
        let mut line = Vec::new();
        match self.0.read_until(b'\n', &mut line) {
            Ok(_) => line,
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => line,
            Err(error) => panic!("no line after {line:?}: {error}"),
        }
    }

    /// Exactly `count` bytes.
    pub(crate) fn bytes(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count];
        self.0.read_exact(&mut bytes).expect("as many bytes");
        bytes
    }
}

impl From<TcpStream> for Stream {
    fn from(stream: TcpStream) -> Self {
        stream.set_nodelay(true).expect("small segments can be sent");
        stream.set_read_timeout(Some(DEADLINE)).expect("a deadline can be set");
        stream.set_write_timeout(Some(DEADLINE)).expect("a deadline can be set");
        Self(BufReader::new(stream))
    }
}
