//! Processes beside the server that do slow work for it.

use crate::limits::{WORKER_LINES_BYTES_MAX, WORKER_LOST};
use std::fmt::Debug;
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::process::Child;

/// A process that takes a line for each piece of work, and answers each with a line.
pub trait Worker: Debug {
    /// Gives it a line, which has no LF, without waiting.
    ///
    /// # Errors
    /// If it takes nothing now, or has gone.
    fn give(&mut self, line: &str) -> io::Result<()>;

    /// Its answers since the last call, without their LF, as far as they are there. The line
    /// [`WORKER_LOST`] is no answer: it says that all work which was given before is lost.
    ///
    /// # Errors
    /// If it has gone.
    fn take(&mut self) -> io::Result<Vec<String>>;
}

/// A process at the other end of a pair of sockets. It ends when the server's end is closed.
#[derive(Debug)]
pub struct WorkerProcess {
    way: UnixStream,
    child: Child,
    /// The beginning of a line.
    begun: Vec<u8>,
}

impl WorkerProcess {
    /// Takes a process that reads from the other end of `way` and answers there.
    ///
    /// # Errors
    /// If the system does not let `way` be used without waiting.
    pub fn new(way: UnixStream, child: Child) -> io::Result<Self> {
        way.set_nonblocking(true)?;
        Ok(Self { way, child, begun: Vec::new() })
    }
}

impl Worker for WorkerProcess {
    fn give(&mut self, line: &str) -> io::Result<()> {
        // It may have been killed, and its deputy goes on. The system can forget it now.
        let _ = self.child.try_wait();
        // A stream of Unix takes a short line as a whole, or not at all.
        (&self.way).write_all(format!("{line}\n").as_bytes())
    }

    fn take(&mut self) -> io::Result<Vec<String>> {
        let mut read = [0; 4096];
        while self.begun.len() < WORKER_LINES_BYTES_MAX {
            match (&self.way).read(&mut read) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(count) => self.begun.extend(read.iter().take(count)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => (),
                Err(error) => return Err(error),
            }
        }
        let end = self.begun.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let whole: Vec<u8> = self.begun.drain(..end).collect();
        Ok(String::from_utf8_lossy(&whole).lines().map(str::to_owned).collect())
    }
}

impl Drop for WorkerProcess {
    fn drop(&mut self) {
        // It sees that the way is closed. A server that is guarded may not end it by a signal.
        let _ = self.child.kill();
        let _ = self.child.try_wait();
    }
}

/// Whether a line says that all work which was given before is lost.
pub(super) fn is_lost(line: &str) -> bool {
    line == WORKER_LOST
}
