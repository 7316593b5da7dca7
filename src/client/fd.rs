//! Descriptors that are shared with others, whose blocking or not is therefore not ours to choose.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::AsFd;
use rustix::io::{Errno, read, write};
use std::io;

/// What a read brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Read {
    Bytes(usize),
    /// Nothing for now.
    Nothing,
    /// Nothing any more: the end, or a terminal that is gone.
    End,
}

/// Whether a read does not wait.
pub(super) fn is_readable(input: impl AsFd) -> io::Result<bool> {
    wait(&input, PollFlags::IN, Some(&Timespec::default()))
}

/// Reads once.
pub(super) fn read_once(input: impl AsFd, buffer: &mut [u8]) -> io::Result<Read> {
    match read(input, buffer) {
        Ok(0) | Err(Errno::IO) => Ok(Read::End),
        Ok(count) => Ok(Read::Bytes(count)),
        Err(Errno::INTR | Errno::AGAIN) => Ok(Read::Nothing),
        Err(error) => Err(error.into()),
    }
}

/// Writes all of it, past the standard library, whose lock whoever panics may hold.
pub(super) fn write_all(output: impl AsFd, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match write(&output, bytes) {
            Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
            Err(Errno::INTR) => (),
            Err(Errno::AGAIN) => drop(wait(&output, PollFlags::OUT, None)?),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

fn wait(fd: impl AsFd, flags: PollFlags, timeout: Option<&Timespec>) -> io::Result<bool> {
    let mut fds = [PollFd::new(&fd, flags)];
    match poll(&mut fds, timeout) {
        Ok(count) => Ok(count > 0),
        Err(Errno::INTR) => Ok(true),
        Err(error) => Err(error.into()),
    }
}
