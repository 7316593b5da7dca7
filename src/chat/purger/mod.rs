//! The process that erases messages of the history, or their traces, while the server goes on. It
//! was started before the server gave up the right to start any, and waits for orders.

pub(super) mod purges;
pub(super) mod traces;

use super::history::PurgeOrder;
use crate::limits::{PURGE_ANSWER_BYTES_MAX, PURGE_ANSWERS_OLD_MAX};
pub(super) use purges::OrderedPurges;
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::process::Child;
pub(super) use traces::TraceEraser;

/// The process that purges the history while the server goes on, and the way to it. It ends
/// when the way is closed, and so with the server; the next server begins its purge again.
#[derive(Debug)]
pub struct Purger {
    way: UnixStream,
    child: Child,
}

impl Purger {
    /// The answer to a purge that is done. Any other answer is the reason why it has failed.
    pub const DONE: &'static str = "done";

    /// Takes a process that reads orders from the other end of `way`, one a line, and answers each
    /// with a line of at most [`PURGE_ANSWER_BYTES_MAX`] bytes.
    ///
    /// # Errors
    /// If the system does not let `way` be read without waiting.
    pub fn new(way: UnixStream, child: Child) -> io::Result<Self> {
        way.set_nonblocking(true)?;
        Ok(Self { way, child })
    }

    /// Orders a purge of all these at one time.
    pub(super) fn begin(&mut self, orders: &[PurgeOrder]) -> Result<(), NotPurged> {
        // It may have been killed, and its deputy goes on. The system can forget it now.
        let _ = self.child.try_wait();
        // It may have told its end while it had nothing to do.
        let is_old = |end: &Option<_>| matches!(end, Some(Ok(()) | Err(NotPurged::Failed(_))));
        let ends = std::iter::repeat_with(|| self.end()).take(PURGE_ANSWERS_OLD_MAX);
        ends.take_while(is_old).for_each(drop);
        // Nothing else is on its way, so the line is taken as a whole.
        let line = format!("{}\n", PurgeOrder::line(orders));
        (&self.way).write_all(line.as_bytes()).map_err(NotPurged::from)
    }

    /// The end of the purge that was ordered, or the reason why it is not done; `None` if it goes
    /// on.
    pub(super) fn end(&self) -> Option<Result<(), NotPurged>> {
        // An answer is written at once, and so it is read at once.
        let mut answer = [0; PURGE_ANSWER_BYTES_MAX];
        let count = match (&self.way).read(&mut answer) {
            Ok(0) => return Some(Err(NotPurged::Gone)),
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return None,
            Err(error) => return Some(Err(error.into())),
        };
        let answer = String::from_utf8_lossy(answer.get(..count).unwrap_or_default());
        Some(match answer.trim_end() {
            Self::DONE => Ok(()),
            why => Err(NotPurged::Failed(why.to_owned())),
        })
    }
}

/// The reason why a purge is not done.
#[derive(Debug)]
pub(super) enum NotPurged {
    /// Nothing can purge any more before the server starts again.
    Gone,
    /// It has failed, and may be tried again.
    Failed(String),
}

impl From<io::Error> for NotPurged {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            ErrorKind::BrokenPipe | ErrorKind::ConnectionReset => Self::Gone,
            _ => Self::Failed(error.to_string()),
        }
    }
}

impl Drop for Purger {
    fn drop(&mut self) {
        // It sees that the way is closed. A server that is guarded may not end it by a signal.
        let _ = self.child.kill();
        let _ = self.child.try_wait();
    }
}
