//! Descriptors shared with other processes, so that the client must not make them nonblocking.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::AsFd;
use rustix::io::{Errno, read, write};
use std::io;

/// The result of a read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Read {
    Bytes(usize),
    /// Nothing at the moment.
    Nothing,
    /// Nothing ever again: the end, or a terminal that is gone.
    End,
}

/// Whether a read would return at once.
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

/// Writes everything, without the standard library, whose lock a panicking thread may hold.
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
    loop {
        match poll(&mut fds, timeout) {
            Ok(count) => return Ok(count > 0),
            // A signal says nothing about the descriptor, and a read could wait for ever.
            Err(Errno::INTR) => (),
            Err(error) => return Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::process::{Pid, Signal, kill_process};
    use signal_hook::consts::SIGWINCH;
    use std::process::{Command, Stdio};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    /// Number of signals that come during the check.
    const SIGNALS: usize = 10_000;

    #[test]
    fn a_signal_is_no_input() {
        let own = std::env::current_exe().expect("this test's own binary");
        let mut child = Command::new(own)
            .args(["--exact", "client::fd::tests::asks_under_signals", "--ignored"])
            // There the thread that gets the signals does the check.
            .arg("--test-threads=1")
            .stdout(Stdio::null())
            .spawn()
            .expect("it starts");
        let status = loop {
            if let Some(status) = child.try_wait().expect("it is ours to wait for") {
                break status;
            }
            kill_process(Pid::from_child(&child), Signal::WINCH).expect("it was not waited for");
        };
        assert!(status.success(), "{status}");
    }

    /// Not a test of its own: the test above sends signals to it.
    #[test]
    #[ignore = "needs someone who sends signals"]
    fn asks_under_signals() {
        let has_come = Arc::new(AtomicBool::new(false));
        signal_hook::flag::register(SIGWINCH, Arc::clone(&has_come)).expect("a handler");
        let (input, _output) = io::pipe().expect("a pipe");
        let mut come = 0;
        while come < SIGNALS {
            assert!(!is_readable(&input).expect("it can be asked"), "after {come} signals");
            come += usize::from(has_come.swap(false, Ordering::Relaxed));
        }
    }
}
